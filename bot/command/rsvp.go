package command

import (
	"cmp"
	"errors"
	"maps"
	"regexp"
	"slices"

	"kansbot/bot/view"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

func meetingComing(r *Request, typed string) (answer, error) {
	m, err := r.rsvpFor(line(typed), "/kansoverleg aanwezig ")
	if err != nil {
		return answer{}, err
	}
	return r.rsvp(m, true, "")
}

// meetingAway also takes who comes instead: "afwezig @dewi". Of why, it keeps
// nothing: that may be about somebody's health.
func meetingAway(r *Request, typed string) (answer, error) {
	prefix, stand := "/kansoverleg afwezig ", ""
	handle, rest := cutMention(line(typed))
	if handle != "" {
		who, err := r.who(handle)
		if err != nil {
			return answer{}, err
		}
		prefix, stand = prefix+"@"+handle+" ", who.User
	}
	when, more, err := r.whenAway(rest)
	if err != nil {
		return answer{}, err
	}
	m, err := r.rsvpFor(when, prefix)
	if err != nil {
		return answer{}, err
	}
	a, err := r.rsvp(m, false, stand)
	if err == nil && more {
		a.body = append(a.body, view.Note(r.lang, "rsvp.why"))
	}
	return a, err
}

// whenAway is the part of a line that says which meeting it is about: a day that
// it is or begins with, or that of a meeting somewhere in it; else empty. more
// reports whether it says anything else.
func (r *Request) whenAway(typed string) (when string, more bool, err error) {
	if _, _, _, unclear := schedule.ParseMoment(onDay.ReplaceAllString(typed, ""), r.today()); typed == "" || unclear == nil {
		return typed, false, nil
	}
	day, first := schedule.FindDate(typed, r.today())
	_, meets, err := r.plannedOn(day)
	switch {
	case first && day.IsZero():
		return typed, false, err
	case first || meets:
		return r.dayToType(day), true, err
	}
	return "", true, err
}

var onDay = regexp.MustCompile(`(?i)^(?:op|voor|on|for)\s+`)

// rsvpFor is the next meeting, or the one on the day that was typed.
func (r *Request) rsvpFor(typed, prefix string) (team.Meeting, error) {
	next, found, err := r.nextMeeting()
	if err != nil {
		return next, err
	}
	if !found {
		if _, running, err := r.running(); err != nil || running {
			return next, cmp.Or[error](err, team.Wrong("", "meeting.begun"))
		}
		return r.planned()
	}
	if typed == "" {
		return next, nil
	}
	day, at, hasTime, err := schedule.ParseMoment(onDay.ReplaceAllString(typed, ""), r.today())
	if p := (*team.Problem)(nil); err != nil && !errors.As(err, &p) {
		return next, err
	}
	m, found, failed := r.openMeeting(func(m team.Meeting) bool {
		start := m.Start.In(r.zone())
		return m.Status == team.Planned && r.day(m) == day && (!hasTime || schedule.Clock{Hour: start.Hour(), Minute: start.Minute()} == at)
	})
	if failed != nil || err == nil && found {
		return m, failed
	}
	return next, team.Wrong("datum", "rsvp.day", "understood", typed, "when", r.view().When(next.Start), "example", prefix+r.dayToType(r.day(next)))
}

func pressComing(r *Request, s string) (answer, error) { return r.pressRSVP(s, true) }

func pressAway(r *Request, s string) (answer, error) { return r.pressRSVP(s, false) }

func (r *Request) pressRSVP(s string, coming bool) (answer, error) {
	m, err := r.pressedMeeting(s)
	if err != nil {
		return answer{}, err
	}
	return r.rsvp(m, coming, "")
}

// pressedMeeting is the planned meeting that a button about one belongs to. Who
// presses when it has begun or is over gets that for an answer.
func (r *Request) pressedMeeting(s string) (team.Meeting, error) {
	nrs := subject(s)
	if len(nrs) == 0 {
		return team.Meeting{}, team.Wrong("", "button.gone")
	}
	m, found, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(nrs[0]))
	if err != nil || found && m.Status == team.Planned {
		return m, err
	}
	switch {
	case found && m.Status == team.Running:
		return m, team.Wrong("", "meeting.begun")
	case found && m.Status == team.Skipped:
		return m, team.Wrong("", "meeting.off")
	}
	return m, team.Wrong("", "meeting.over")
}

// rsvp notes who comes; stand is who comes instead of the asker, or empty.
func (r *Request) rsvp(m team.Meeting, coming bool, stand string) (answer, error) {
	me := r.me.User
	switch {
	case stand == me && stand != "":
		return answer{}, team.Wrong("wie", "stand.self", "example", "/kansoverleg afwezig @wie")
	case stand != "" && !m.Comes(r.member(stand), r.day(m)):
		return answer{}, team.Wrong("wie", "stand.absent", "name", r.view().Name(stand), "example", "/kansoverleg afwezig")
	}
	was := m
	m.Present = withAnswer(m.Present, me, coming)
	switch m.Stands = maps.Clone(m.Stands); {
	case coming:
		delete(m.Stands, me)
	case stand != "" && m.Stands == nil:
		m.Stands = map[string]string{me: stand}
	case stand != "":
		m.Stands[me] = stand
	}
	m, err := r.keepPeople(was, m)
	if err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.rsvp", on("meeting", m.Nr)); err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Answered(me, was, m)}, nil
}

// tellStands tells who stands in for somebody, or need not any more, and who
// loses their stand-in. Another day asks everybody anew; of one that is over,
// nobody need hear.
func (r *Request) tellStands(was, m team.Meeting) error {
	members, err := r.members()
	if err != nil {
		return err
	}
	for _, user := range slices.Sorted(maps.Keys(members)) {
		before, now := was.Stands[user], m.Stands[user]
		if before == now {
			continue
		}
		stand := func(who string) string { return r.key("stand", m.Nr, user, who) }
		lost := r.key("nostand", m.Nr, user)
		if now != "" {
			err = cmp.Or(r.unsay(lost), r.tell(stand(now), now, m, r.view().StandsIn(user, m)))
		}
		switch {
		case before == "" || err != nil:
		case r.day(was).Before(r.today()):
			err = cmp.Or(r.unsay(lost), r.unsay(stand(before)))
		case now == "" && !m.Present[user] && members[user].Here && m.Start.Equal(was.Start):
			err = cmp.Or(r.unsay(stand(before)), r.tell(lost, user, m, r.view().NoStandIn(before, m)))
		default:
			err = cmp.Or(r.unsay(lost), r.untell(stand(before), before, was, r.view().StandsNoMore(user, was)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// attended is the meeting with who is away that day among those who do not come.
func (r *Request) attended(m team.Meeting) (team.Meeting, error) {
	members, err := r.here()
	if err != nil {
		return m, err
	}
	for _, member := range members {
		if _, answered := m.Present[member.User]; !answered && !m.Comes(member, r.day(m)) {
			m.Present = withAnswer(m.Present, member.User, false)
		}
	}
	return m, nil
}

// withAnswer is a copy of who comes, with one more answer.
func withAnswer(present map[string]bool, user string, coming bool) map[string]bool {
	answers := map[string]bool{user: coming}
	for other, comes := range present {
		if other != user {
			answers[other] = comes
		}
	}
	return answers
}
