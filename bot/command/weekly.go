package command

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"kansbot/bot/view"
	"kansbot/internal/outbox"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// The kinds of moment of the overview on Mondays: weeklyDue is a kernteam's, and
// sets a weekDue for each member for whom there is something. So somebody in
// many kernteams gets one overview.
const (
	weeklyDue = "weekly"
	weekDue   = "week"
)

func (r *Request) weeklyID() string { return "weekly/" + r.team.ID }

// timeWeekly sets the kernteam's next moment; one that is past waits for its
// turn.
func (r *Request) timeWeekly() error {
	d, set, err := store.Scheduled(r.tx, r.weeklyID())
	if err != nil || set && !d.At.After(r.now) {
		return err
	}
	at := r.nextWeekly()
	if set && d.At.Equal(at) {
		return r.broken
	}
	return cmp.Or(r.broken, store.Schedule(r.tx, store.Due{ID: r.weeklyID(), At: at, Kind: weeklyDue}))
}

// nextWeekly is the beginning of the first school day of a week, the first such
// moment after now.
func (r *Request) nextWeekly() time.Time {
	monday := r.today().AddDays(-(int(r.today().Weekday()) + 6) % 7)
	for ; ; monday = monday.AddDays(7) {
		first := r.calendar().NextSchoolDay(monday)
		if at := r.calendar().At(first, schedule.DayStart); at.After(r.now) && first.Before(monday.AddDays(7)) {
			return at
		}
	}
}

// weekly is a kernteam's moment. A machine that was off catches up on the same
// day, while people are at work.
func weekly(r *Request, d store.Due) error {
	k, found, err := store.Kernteams.Get(r.tx, strings.TrimPrefix(d.ID, "weekly/"))
	if err != nil || !found {
		return err
	}
	t := r.inTeam(k)
	day := team.DateOf(d.At.In(t.zone()))
	switch {
	case !t.calendar().SchoolDay(day): // since it was set
	case day != t.today() || !t.atWork():
		err = t.did("weekly.missed", "team")
	default:
		err = t.callMembers()
	}
	return cmp.Or(err, t.broken, t.timeWeekly())
}

// callMembers sets the moment of each member for whom there is something this
// week, unless they have their overview from another kernteam.
func (r *Request) callMembers() error {
	members, err := r.here()
	if err != nil {
		return err
	}
	for _, m := range members {
		w, err := r.weekOf(m)
		if err != nil {
			return err
		}
		if w.Empty() {
			continue
		}
		if _, sent, err := outbox.Get(r.tx, r.weekID(m.User)); err != nil || sent {
			if err != nil {
				return err
			}
			continue
		}
		if err := store.Schedule(r.tx, store.Due{ID: r.weekID(m.User), At: r.now, Kind: weekDue, Team: r.team.ID}); err != nil {
			return err
		}
	}
	return nil
}

// weekID is of the moment and of the post: one for a person and a week.
func (r *Request) weekID(user string) string { return r.weekPlace() + user + r.weekName() }

func (r *Request) weekPlace() string { return "week/" + r.team.Platform + "/" + r.team.Workspace + "/" }

func (r *Request) weekName() string {
	year, week := r.now.ISOWeek()
	return fmt.Sprintf("/%d-W%02d", year, week)
}

// weekOf is what the kernteam has for one of its members this week, less what a
// thread asked them today; nothing for who is away or wants no overview.
func (r *Request) weekOf(m team.Member) (w view.Week, err error) {
	w = view.Week{View: r.view(), Today: r.today()}
	if !m.Here || m.Muted || m.Absent(r.today()) {
		return w, nil
	}
	if w.Mine, err = store.OpenActionsOf(r.tx, r.team.ID, m.User); err != nil {
		return w, err
	}
	away, err := r.coveredBy(m.User)
	if err != nil {
		return w, err
	}
	for _, other := range away {
		open, err := store.OpenActionsOf(r.tx, r.team.ID, other.User)
		if err != nil {
			return w, err
		}
		w.Covered = append(w.Covered, open...)
	}
	unasked := func(a team.Action) bool { return r.askedToday(a) || !r.mayMention(a) }
	w.Mine, w.Covered = slices.DeleteFunc(w.Mine, unasked), slices.DeleteFunc(w.Covered, unasked)
	meetings, err := r.toCome()
	sunday := r.today().AddDays((7 - int(r.today().Weekday())) % 7)
	w.Meetings = slices.DeleteFunc(meetings, func(meeting team.Meeting) bool {
		return r.day(meeting).After(sunday) || meeting.Start.Before(r.now)
	})
	return w, err
}

// weekFor sends one person what all their kernteams have for them this week.
func weekFor(r *Request, d store.Due) error {
	user, thisWeek := strings.CutSuffix(strings.TrimPrefix(d.ID, r.weekPlace()), r.weekName())
	if !thisWeek || team.DateOf(d.At.In(r.zone())) != r.today() || !r.atWork() {
		return r.did("weekly.missed", "team")
	}
	teams, err := store.KernteamsOf(r.tx, r.team.Platform, r.team.Workspace, user)
	if err != nil {
		return err
	}
	var weeks []view.Week
	for _, k := range teams {
		t := r.inTeam(k)
		m := t.member(user)
		if m.Muted {
			return nil // wherever it was said
		}
		w, err := t.weekOf(m)
		if err = cmp.Or(err, t.broken); err != nil {
			return err
		}
		if !w.Empty() {
			weeks = append(weeks, w)
		}
	}
	if len(weeks) == 0 {
		return nil
	}
	return r.direct(d.ID, user, view.Weekly(weeks))
}

// teamMute switches the asker's overview off with "aan", on with "uit", and else
// to the other, for all their kernteams in this workspace.
func teamMute(r *Request, typed string) (answer, error) {
	muted := !r.me.Muted
	switch word := sentence(typed); {
	case isWord(word, "aan", "on"):
		muted = true
	case isWord(word, "uit", "off"):
		muted = false
	case word != "":
		return answer{}, team.Wrong("", "mute", "understood", word, "example", "/kernteam stil aan")
	}
	teams, err := store.KernteamsOf(r.tx, r.team.Platform, r.team.Workspace, r.me.User)
	if err != nil {
		return answer{}, err
	}
	for _, k := range teams {
		t := r.inTeam(k)
		t.me = t.member(r.me.User)
		m := t.me
		m.Muted = muted
		if err := cmp.Or(t.putMember(m), t.broken); err != nil {
			return answer{}, err
		}
	}
	if muted {
		return answer{body: r.say("mute.on")}, nil
	}
	return answer{body: r.say("mute.off")}, nil
}
