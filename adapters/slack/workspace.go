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
	accountFresh = 24 * time.Hour // for when the news of a change got lost
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
	t := w.pace.lookUp(method)
	if err := w.pace.wait(ctx, t, patient, a.now); err != nil {
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

// installation finds where a team's messages go. Receive finds out whose the
// tokens are, each in its own time.
func (a *Adapter) installation(team string) (*workspace, *self, error) {
	if w, found := a.workspace(team); found {
		return w, w.self.Load(), nil
	}
	after := time.Minute
	if slices.ContainsFunc(a.installations(), func(w *workspace) bool { return w.self.Load() == nil }) {
		after = 5 * time.Second // it may be this one
	}
	return nil, nil, &chat.Failure{Outcome: chat.NotSent, After: after, Err: errors.New("slack: no token for this workspace")}
}

func (a *Adapter) installations() (all []*workspace) {
	for _, app := range a.apps {
		all = append(all, app.workspaces...)
	}
	return all
}

// user is somebody's account, at most a day old.
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
	if patient && w.unknown.Add(1) == manyUnknown {
		if err := a.list(ctx, w, me); err != nil {
			a.log.Warn("accounts not listed: looked up one by one", "workspace", me.team, "err", err)
		}
		if known, ok := w.users.Get(id, a.now().Add(-accountFresh)); ok {
			return known, nil
		}
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

// manyUnknown is after how many accounts it is quicker to read all that there
// are, once: Slack gives accounts one by one at 100 in a minute, and from the list
// at 4,000.
const manyUnknown = 100

// list reads all accounts of the workspace.
func (a *Adapter) list(ctx context.Context, w *workspace, me *self) error {
	pages := w.api.GetUsersPaginated(slack.GetUsersOptionLimit(perPage), slack.GetUsersOptionTeamID(me.team), slack.GetUsersOptionIncludeLocale(true))
	for {
		asked := a.now()
		if err := a.lookUp(ctx, w, usersList, true, func() (err error) {
			pages, err = pages.Next(ctx)
			return err
		}); err != nil {
			return err
		}
		for _, u := range pages.Users {
			if u.ID != "" {
				w.users.Put(u.ID, accountOf(&u, me.team), asked)
			}
		}
		if pages.Cursor == "" {
			return nil
		}
	}
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

// conversation is what a person's direct messages are sent to: their channel with
// the bot, or who does not have one yet, for whom Slack opens it.
func (w *workspace) conversation(user string) string {
	if channel, known := w.directs.Get(user, time.Time{}); known {
		return channel
	}
	return user
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

// roster are the ids of all who are in a channel, at most some minutes old; older
// when others have their turn to ask first.
func (a *Adapter) roster(ctx context.Context, w *workspace, channel string) ([]string, error) {
	if ids, ok := w.rosters.Get(channel, a.now().Add(-rosterFresh)); ok {
		return ids, nil
	}
	ids, err := a.members(ctx, w, channel, false)
	if errors.Is(err, errTurn) {
		if known, ok := w.rosters.Get(channel, time.Time{}); ok {
			return known, nil
		}
	}
	return ids, err
}

// members asks who is in a channel, the bot included. Of a crowd it gives no
// more than shows that it is one.
func (a *Adapter) members(ctx context.Context, w *workspace, channel string, patient bool) ([]string, error) {
	asked := a.now()
	var ids, page []string
	params := slack.GetUsersInConversationParameters{ChannelID: channel, Limit: perPage}
	for more := true; more; more = params.Cursor != "" && len(ids) <= crowd {
		if err := a.lookUp(ctx, w, conversationsMembers, patient, func() (err error) {
			page, params.Cursor, err = w.api.GetUsersInConversationContext(ctx, &params)
			return err
		}); err != nil {
			return nil, err
		}
		if page == nil {
			return nil, unreadable()
		}
		ids = append(ids, page...)
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
		a.log.Warn("too many people for a kernteam", "channel", channel)
		return nil, nil
	}
	var people []chat.Person
	for _, id := range ids {
		who, err := a.account(ctx, w, id, true)
		if elsewhere(err) {
			continue
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

// elsewhere says that somebody is from another organisation, as Slack does not
// show us who they are.
func elsewhere(err error) bool {
	code := codeOf(err)
	return code == "user_not_found" || code == "user_not_visible"
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
