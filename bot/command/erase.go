package command

import (
	"slices"
	"strconv"
	"strings"

	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// eraseDue erases a closed case on its day, whatever day that is.
func eraseDue(r *Request, d store.Due) error {
	c, found, err := r.dueCase(d)
	if err != nil || !found || c.Erase.IsZero() || c.Erase.After(r.today()) {
		return err
	}
	return r.erase(c)
}

// erase takes away all that Kansbot keeps of a case: what was typed about it,
// the agreements, and what every post of ours says of it. Only its code stays,
// in the audit trail and as one that is not given out again.
func (r *Request) erase(c team.Case) error {
	e := eraser{code: c.Code, told: map[string]bool{}, signals: map[int]bool{}, actions: map[int]bool{}}
	if err := r.eraseRecords(c, &e); err != nil {
		return err
	}
	if err := r.eraseFromMeetings(&e); err != nil {
		return err
	}
	if err := r.erasePosts(&e); err != nil {
		return err
	}
	if err := r.refreshHomes(); err != nil {
		return err
	}
	return r.did("case.erase", onCase(c.Code))
}

// eraser is what may not be left of a case.
type eraser struct {
	code    string
	told    map[string]bool // its successes, which agendas tell without its code
	signals map[int]bool
	actions map[int]bool
}

// names tells whether a stretch of text has the code of the case.
func (e *eraser) names(text string) bool { return slices.Contains(codes(text), e.code) }

// tells reports that as well of its successes: the words alone may be about
// another.
func (e *eraser) tells(text string) bool { return e.told[text] || e.names(text) }

// owns reports whether a post is about a signal or an action of the case alone.
func (e *eraser) owns(key, id string) bool {
	kind, rest, _ := strings.Cut(key, "/")
	rest, ours := strings.CutPrefix(rest, id+"/")
	first, _, _ := strings.Cut(rest, "/")
	nr, err := strconv.Atoi(first)
	switch {
	case !ours || err != nil:
		return false
	case kind == "signal":
		return e.signals[nr]
	}
	return slices.Contains(ofActions, kind) && e.actions[nr]
}

func (r *Request) eraseRecords(c team.Case, e *eraser) error {
	for _, v := range c.Evaluations {
		if v.Success != "" {
			e.told[v.Success] = true
		}
	}
	signals, err := store.SignalsOn(r.tx, r.team.ID, c.Code)
	if err != nil {
		return err
	}
	for _, s := range signals {
		e.signals[s.Nr] = true
		if err := store.DropSignal(r.tx, r.team.ID, s); err != nil {
			return err
		}
	}
	actions, err := r.actionsOn(c.Code)
	if err != nil {
		return err
	}
	for _, a := range actions {
		e.actions[a.Nr] = true
		if err := store.Unschedule(r.tx, r.key("action", a.Nr)); err != nil {
			return err
		}
		if err := store.DropAction(r.tx, r.team.ID, a); err != nil {
			return err
		}
		if err := r.refreshHandover(a.Owner); err != nil {
			return err
		}
	}
	for _, kind := range []string{"evaluate", "erase"} {
		if err := store.Unschedule(r.tx, r.caseDue(kind, c.Code)); err != nil {
			return err
		}
	}
	return store.DropCase(r.tx, r.team.ID, c.Code)
}

// actionsOn are all actions on a case, done or not.
func (r *Request) actionsOn(code string) ([]team.Action, error) {
	all, err := store.Actions.All(r.tx, r.team.ID)
	return slices.DeleteFunc(all, func(a team.Action) bool { return a.Code != code }), err
}

// eraseFromMeetings empties the places that a case has on agendas: the items
// stay, so that those after them stay where they are.
func (r *Request) eraseFromMeetings(e *eraser) error {
	waiting, err := r.leftPoints()
	if err != nil {
		return err
	}
	if waiting = e.pointsLeft(waiting); len(waiting) > 0 {
		if err := r.leavePoints(waiting...); err != nil {
			return err
		}
	}
	all, err := store.Meetings.All(r.tx, r.team.ID)
	if err != nil {
		return err
	}
	for _, m := range all {
		m.Points = e.pointsLeft(m.Points)
		m.Over = slices.DeleteFunc(m.Over, func(nr int) bool { return e.signals[nr] })
		agreed := len(m.Actions)
		m.Actions = slices.DeleteFunc(m.Actions, func(nr int) bool { return e.actions[nr] })
		m.Erased += agreed - len(m.Actions)
		for i := range m.Agenda {
			e.empty(&m.Agenda[i])
		}
		if err := store.PutMeeting(r.tx, r.team.ID, m); err != nil {
			return err
		}
		if m.Status == team.Running && m.Now < len(m.Agenda) && m.Agenda[m.Now].Kind == team.ErasedItem {
			if err := r.timeItem(m); err != nil {
				return err
			}
		}
		if m.Status != team.Planned {
			continue
		}
		if err := r.refreshMeeting(m); err != nil {
			return err
		}
	}
	return nil
}

func (e *eraser) pointsLeft(points []team.Point) []team.Point {
	return slices.DeleteFunc(points, func(p team.Point) bool { return e.told[p.Text] })
}

// empty makes an item that was about the case one about nothing. One that was
// about a signal on another case too is about that one.
func (e *eraser) empty(item *team.AgendaItem) {
	item.Actions = slices.DeleteFunc(item.Actions, func(nr int) bool { return e.actions[nr] })
	before := item.Signals()
	after := slices.DeleteFunc(slices.Clone(before), func(nr int) bool { return e.signals[nr] })
	switch {
	case item.Code == e.code, len(before) > 0 && len(after) == 0, e.told[item.Text]:
		*item = team.AgendaItem{Kind: team.ErasedItem, Minutes: item.Minutes, State: team.ItemDiscussed}
	case len(after) < len(before):
		item.About(after)
	}
}

// shared are the kinds of post that are about more than one case, or none.
var shared = []string{"meeting", "minutes", "own", "agenda", "today", "summer", "week", "handover", "cover", "notice", "lookback"}

// ofActions are the kinds whose keys have the number of an action.
var ofActions = []string{"action", "remind", "given", "help", helpChair, helpContact, "calling", "callback"}

// erasePosts edits what was posted about a case, in the channel and directly,
// and what still waits to be. What is about more than this keeps the rest.
func (r *Request) erasePosts(e *eraser) error {
	posts, err := outbox.Of(r.tx, r.team.ID)
	if err != nil {
		return err
	}
	members, err := r.members()
	if err != nil {
		return err
	}
	for user := range members { // what somebody gets over all their kernteams
		own, err := outbox.Of(r.tx, r.team.Platform+"/"+r.team.Workspace+"/"+user)
		if err != nil {
			return err
		}
		posts = append(posts, own...)
	}
	for _, p := range posts {
		kind, _, _ := strings.Cut(p.Post.Key, "/")
		var body chat.Message
		switch {
		case e.owns(p.Post.Key, r.team.ID), kind == lateDue && view.Names(p.Post.Body, e.tells):
		case slices.Contains(shared, kind) && view.Names(p.Post.Body, e.tells):
			body = r.view().Without(p.Post.Body, e.tells, e.line)
			if kind == "own" && r.view().Emptied(body) { // there is nothing to remind of
				body = nil
			}
		case !view.Names(p.Post.Body, e.names):
			continue
		case namesOthers(p.Post.Body, e.code):
			body = r.view().Without(p.Post.Body, e.names, e.line)
		}
		if len(body) == 0 {
			body = r.view().Erased()
		}
		if err := r.replace(p.Post.Key, body); err != nil {
			return err
		}
	}
	return nil
}

// line tells whether a line of a list is about the case: one with the code of
// another is about that, whatever its words.
func (e *eraser) line(spans []chat.Span) bool {
	others := slices.ContainsFunc(spans, func(s chat.Span) bool { return len(otherCodes(s.Text, e.code)) > 0 })
	return slices.ContainsFunc(spans, func(s chat.Span) bool { return e.names(s.Text) || !others && e.told[s.Text] })
}

// namesOthers reports whether a message names another case too.
func namesOthers(body chat.Message, code string) bool {
	return view.Names(body, func(text string) bool { return len(otherCodes(text, code)) > 0 })
}

// refreshHomes brings the home pages of the members up to date at once.
func (r *Request) refreshHomes() error {
	members, err := r.members()
	if err != nil {
		return err
	}
	for user := range members {
		to := chat.To{Platform: r.team.Platform, Workspace: r.team.Workspace, User: user, Home: true}
		if err := homeChanges(r, store.Due{ID: homeKey(to)}); err != nil {
			return err
		}
	}
	return nil
}
