package slack

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

// account is somebody in a workspace.
type account struct {
	chat.Person
	locale   string
	bot      bool // or deleted
	stranger bool // from another organisation, by a shared channel
}

const (
	accountFresh = time.Hour // no news tells us of a change
	rosterFresh  = 10 * time.Minute
)

// crowd is from how many members on a channel is nobody's team, bots included.
const crowd = 250

// perPage is as much as Slack advises to ask at once.
const perPage = 200

// asked is what came of a request in a turn. It remembers when Slack asks for a
// slower pace.
func (a *Adapter) asked(w *workspace, t turn, err error) error {
	err = checked(err)
	if f := (*fault)(nil); errors.As(err, &f) && f.limited() {
		now := a.now()
		w.pace.block(t, now, now.Add(f.wait()))
	}
	return err
}

// lookUp makes a request that waits for its turn.
func (a *Adapter) lookUp(ctx context.Context, w *workspace, method string, patient bool, ask func() error) error {
	t, err := w.pace.wait(ctx, method, patient, a.now)
	if err != nil {
		return err
	}
	return a.asked(w, t, ask())
}

// know asks Slack whose token this is, and from then on finds the workspace by
// its team; it asks until that has worked once.
func (a *Adapter) know(ctx context.Context, w *workspace) (*self, error) {
	if me := w.self.Load(); me != nil {
		return me, nil
	}
	var who *slack.AuthTestResponse
	if err := a.lookUp(ctx, w, authTest, false, func() (err error) {
		who, err = w.api.AuthTestContext(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	if who.TeamID == "" || who.UserID == "" {
		return nil, unreadable()
	}
	me := &self{team: who.TeamID, teamName: who.Team, user: who.UserID, bot: who.BotID}
	a.mu.Lock()
	defer a.mu.Unlock()
	if first := a.teams[me.team]; first == nil {
		a.teams[me.team] = w
	} else if first != w {
		a.log.Warn("two tokens for one workspace, one is enough", "workspace", me.team)
	}
	w.self.Store(me)
	return me, nil
}

// installation finds where a team's messages go, asking those tokens that have
// not told yet. Nothing was sent when it fails.
func (a *Adapter) installation(ctx context.Context, team string) (*workspace, *self, error) {
	failed := &chat.Failure{After: time.Minute, Err: errors.New("slack: no token for this workspace")}
	w, found := a.workspace(team)
	for _, other := range a.installations() {
		if found {
			break
		}
		if _, err := a.know(ctx, other); err != nil {
			failed = failure(err)
		}
		w, found = a.workspace(team)
	}
	if !found {
		return nil, nil, &chat.Failure{Outcome: chat.NotSent, After: failed.After, Here: true, Err: failed.Err}
	}
	return w, w.self.Load(), nil
}

func (a *Adapter) installations() (all []*workspace) {
	for _, app := range a.apps {
		all = append(all, app.workspaces...)
	}
	return all
}

// user is somebody's account, at most an hour old.
func (a *Adapter) user(ctx context.Context, w *workspace, id string) (account, error) {
	return a.account(ctx, w, id, false)
}

func (a *Adapter) account(ctx context.Context, w *workspace, id string, patient bool) (account, error) {
	if known, ok := w.users.Get(id, a.now().Add(-accountFresh)); ok {
		return known, nil
	}
	me, err := a.know(ctx, w)
	if err != nil {
		return account{}, err
	}
	var u *slack.User
	if err := a.lookUp(ctx, w, usersInfo, patient, func() (err error) {
		u, err = w.api.GetUserInfoContext(ctx, id, slack.GetUserInfoOptionIncludeLocale(true))
		return err
	}); err != nil {
		return account{}, err
	}
	if u.ID == "" {
		return account{}, unreadable()
	}
	known := accountOf(u, me.team)
	w.users.Put(id, known, a.now())
	return known, nil
}

// slackbot is a program that Slack does not call a bot.
const slackbot = "USLACKBOT"

func accountOf(u *slack.User, team string) account {
	known := account{
		Person: chat.Person{ID: u.ID, Handle: handleOf(u), Name: u.Name},
		locale: u.Locale,
		bot:    u.IsBot || u.Deleted || u.ID == slackbot,
		// In an Enterprise organisation one account is in several teams.
		stranger: u.IsStranger || u.TeamID != "" && u.TeamID != team && !slices.Contains(u.Enterprise.Teams, team),
	}
	for _, name := range []string{u.Profile.DisplayName, u.Profile.RealName, u.RealName} {
		if name != "" {
			known.Name = name
		}
	}
	return known
}

// typable is a name that can follow an @ as one word.
var typable = regexp.MustCompile(`^[\pL\pN]([\pL\pN._-]*[\pL\pN_])?$`)

// handleOf is what people see after an @, when they can type it; else the name
// that is unique in the workspace, or in the end the id.
func handleOf(u *slack.User) string {
	for _, name := range []string{u.Profile.DisplayName, u.Name} {
		if typable.MatchString(name) {
			return name
		}
	}
	return u.ID
}

// direct is the channel between the bot and one person, made when need be. It
// waits for nobody's turn.
func (a *Adapter) direct(ctx context.Context, w *workspace, user string) (string, error) {
	if id, ok := w.directs.Get(user, time.Time{}); ok {
		return id, nil
	}
	t := turn{lane: user, method: conversationsOpen}
	if pause := w.pace.take(t, a.now()); pause > 0 {
		return "", waits(pause)
	}
	c, _, _, err := w.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{user}})
	if err := a.asked(w, t, err); err != nil {
		return "", err
	}
	if c == nil || c.ID == "" {
		return "", unreadable()
	}
	w.directs.Put(user, c.ID, a.now())
	return c.ID, nil
}

// roster are the ids of all who are in a channel, at most some minutes old.
func (a *Adapter) roster(ctx context.Context, w *workspace, channel string) ([]string, error) {
	if ids, ok := w.rosters.Get(channel, a.now().Add(-rosterFresh)); ok {
		return ids, nil
	}
	return a.members(ctx, w, channel, false)
}

// members asks who is in a channel, the bot included.
func (a *Adapter) members(ctx context.Context, w *workspace, channel string, patient bool) ([]string, error) {
	asked := a.now()
	var ids, page []string
	params := slack.GetUsersInConversationParameters{ChannelID: channel, Limit: perPage}
	for more := true; more; more = params.Cursor != "" {
		if err := a.lookUp(ctx, w, conversationsMembers, patient, func() (err error) {
			page, params.Cursor, err = w.api.GetUsersInConversationContext(ctx, &params)
			return err
		}); err != nil {
			return nil, err
		}
		ids = append(ids, page...)
	}
	if len(ids) == 0 {
		return nil, unreadable()
	}
	w.rosters.Put(channel, ids, asked)
	return ids, nil
}

// people are the members of a channel that count: no bots, no strangers. Of a
// crowd there are none. It always asks: whoever calls it heard of a change, and a
// roster that was asked for just before may have come in just after.
func (a *Adapter) people(ctx context.Context, w *workspace, channel string) ([]chat.Person, error) {
	ids, err := a.members(ctx, w, channel, true)
	if err != nil {
		return nil, err
	}
	if len(ids) > crowd {
		a.log.Warn("too many people for a kernteam", "channel", channel, "members", len(ids))
		return nil, nil
	}
	var people []chat.Person
	for _, id := range ids {
		who, err := a.account(ctx, w, id, true)
		if c := codeOf(err); c == "user_not_found" || c == "user_not_visible" {
			continue // from elsewhere
		}
		if err != nil {
			return nil, err
		}
		if !who.bot && !who.stranger {
			people = append(people, who.Person)
		}
	}
	return people, nil
}

// channels are the ids of the channels that the bot is in, without archived ones
// and direct conversations.
func (a *Adapter) channels(ctx context.Context, w *workspace) ([]string, error) {
	me, err := a.know(ctx, w)
	if err != nil {
		return nil, err
	}
	var ids []string
	var page []slack.Channel
	params := slack.GetConversationsForUserParameters{
		Types: []string{"public_channel", "private_channel"}, ExcludeArchived: true, Limit: perPage, TeamID: me.team,
	}
	for more := true; more; more = params.Cursor != "" {
		if err := a.lookUp(ctx, w, usersConversations, true, func() (err error) {
			page, params.Cursor, err = w.api.GetConversationsForUserContext(ctx, &params)
			return err
		}); err != nil {
			return nil, err
		}
		for _, c := range page {
			ids = append(ids, c.ID)
		}
	}
	return ids, nil
}
