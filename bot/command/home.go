package command

import (
	"cmp"
	"reflect"
	"strings"

	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// opened answers somebody who turns to Kansbot directly: what is theirs to do
// and when they meet, over all their kernteams.
func (r *Request) opened() (answer, error) {
	e := r.event
	teams, err := store.KernteamsOf(r.tx, e.Platform, e.Workspace, e.User.ID)
	if err != nil {
		return answer{}, err
	}
	if len(teams) == 0 {
		return answer{body: chat.Message{view.Para(r.lang, "home.none")}}, nil
	}
	body, err := r.eachHome(teams, e.User.ID, func(t *Request, mine []team.Action, next team.Meeting) (chat.Message, error) {
		return t.view().Home(mine, next, t.today()), nil
	})
	return answer{body: body}, err
}

// eachHome shows what each kernteam has for one of its members.
func (r *Request) eachHome(teams []team.Kernteam, user string, show func(*Request, []team.Action, team.Meeting) (chat.Message, error)) (chat.Message, error) {
	var body chat.Message
	for _, k := range teams {
		t := r.inTeam(k)
		mine, err := store.OpenActionsOf(t.tx, k.ID, user)
		if err != nil {
			return nil, err
		}
		next, _, err := t.nextMeeting()
		if err != nil {
			return nil, err
		}
		shown, err := show(t, mine, next)
		if err = cmp.Or(err, t.broken); err != nil {
			return nil, err
		}
		body = append(body, shown...)
	}
	return body, nil
}

// visited makes the asker's home page, or makes it anew.
func (r *Request) visited() (answer, error) {
	e := r.event
	to := chat.To{Platform: e.Platform, Workspace: e.Workspace, User: e.User.ID, Home: true}
	body, err := r.home(to)
	if err != nil {
		return answer{}, err
	}
	if _, found, err := outbox.Get(r.tx, homeKey(to)); err != nil || found {
		return answer{}, r.refresh(homeKey(to), body)
	}
	if err := store.Homed.Put(r.tx, struct{}{}, e.Platform, e.Workspace); err != nil {
		return answer{}, err
	}
	return answer{}, outbox.Put(r.tx, chat.Post{Key: homeKey(to), To: to, Body: body})
}

func homeKey(to chat.To) string { return "home/" + to.Platform + "/" + to.Workspace + "/" + to.User }

// home is what somebody's kernteams have for them, as many as a page can show.
func (r *Request) home(to chat.To) (chat.Message, error) {
	teams, err := store.KernteamsOf(r.tx, to.Platform, to.Workspace, to.User)
	if err != nil {
		return nil, err
	}
	if len(teams) == 0 {
		return chat.Message{view.Para(r.lang, "home.none")}, nil
	}
	return r.eachHome(teams[:min(len(teams), maxAtHome)], to.User, func(t *Request, mine []team.Action, next team.Meeting) (chat.Message, error) {
		signals, err := store.OpenSignals(t.tx, t.team.ID)
		return t.view().HomePage(mine, signals, next, t.today()), err
	})
}

// maxAtHome is how many kernteams a home page shows.
const maxAtHome = 30

// The kinds of moment at which home pages change: homesDue is a kernteam's, and
// sets a homeDue for each member with a page. So somebody in many kernteams
// that all have news gets one new page.
const (
	homesDue = "homes"
	homeDue  = "home"
)

// touched remembers that the home pages of the kernteam's members may have to
// change; where nobody has one, that is nothing.
func (r *Request) touched() error {
	if r.team.ID == "" || !r.news {
		return nil
	}
	_, homed, err := store.Homed.Get(r.tx, r.team.Platform, r.team.Workspace)
	if err != nil || !homed {
		return err
	}
	return store.Schedule(r.tx, store.Due{ID: "homes/" + r.team.ID, At: r.now, Kind: homesDue, Team: r.team.ID})
}

func homesChange(r *Request, _ store.Due) error {
	members, err := store.Members.All(r.tx, r.team.ID)
	if err != nil {
		return err
	}
	for _, m := range members {
		key := homeKey(chat.To{Platform: r.team.Platform, Workspace: r.team.Workspace, User: m.User})
		_, found, err := outbox.Get(r.tx, key)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		if err := store.Schedule(r.tx, store.Due{ID: key, At: r.now, Kind: homeDue}); err != nil {
			return err
		}
	}
	return nil
}

// homeChanges brings one home page up to date.
func homeChanges(r *Request, d store.Due) error {
	post, found, err := outbox.Get(r.tx, d.ID)
	if err != nil || !found {
		return err
	}
	body, err := r.home(post.Post.To)
	if err != nil || reflect.DeepEqual(body, post.Post.Body) {
		return err
	}
	return r.replace(d.ID, body)
}

// atHome takes a press on a home page: of which kernteam it is, the button
// says.
func (r *Request) atHome(subject string) (do string, err error) {
	id, do, _ := strings.Cut(subject, " ")
	k, found, err := store.Kernteams.Get(r.tx, id)
	if err != nil {
		return "", err
	}
	if !found {
		return "", team.Wrong("", "button.gone")
	}
	r.in(k)
	if r.me = r.member(r.event.User.ID); !r.me.Here {
		return "", team.Wrong("", "notmember")
	}
	return do, nil
}
