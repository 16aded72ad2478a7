package command

import (
	"cmp"
	"slices"
	"time"

	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// summerDue is the kind of the moment on the last school day before the summer.
const summerDue = "summer"

// summerAhead is how many days before a summer holiday its moment is set. Until
// then nothing has to follow when a holiday or a region changes.
const summerAhead = 90

// housekeeping is done once a day: it forgets the events of past days, the links
// that are over and the opinions that nobody sees any more, and sets the moments
// of a summer that comes near and of the next overview.
func housekeeping(r *Request, d store.Due) error {
	if err := store.ForgetSeen(r.tx, r.now); err != nil {
		return err
	}
	if err := store.ForgetLinks(r.tx, r.now); err != nil {
		return err
	}
	if err := store.Schedule(r.tx, store.Due{ID: d.ID, At: r.now.Add(24 * time.Hour), Kind: d.Kind}); err != nil {
		return err
	}
	teams, err := store.Kernteams.All(r.tx)
	if err != nil {
		return err
	}
	for _, k := range teams {
		t := r.inTeam(k)
		if err := cmp.Or(t.forgetOpinions(), t.nearSummer(), t.timeWeekly()); err != nil {
			return err
		}
	}
	return nil
}

func (r *Request) nearSummer() error {
	_, set, err := store.Scheduled(r.tx, r.summerID())
	if err != nil || set {
		return err
	}
	last, summer, found := r.lastMorning()
	if r.broken != nil || !found || r.today().DaysUntil(summer.First) > summerAhead || !last.After(r.now) {
		return r.broken
	}
	return store.Schedule(r.tx, store.Due{ID: r.summerID(), At: last, Kind: summerDue, Team: r.team.ID, Nr: summer.First.Year})
}

func (r *Request) summerID() string { return "summer/" + r.team.ID }

// lastMorning is the beginning of the last school day before the next summer
// holiday.
func (r *Request) lastMorning() (last time.Time, summer schedule.Holiday, found bool) {
	day, summer, found := r.freeDays().LastBeforeSummer(r.today())
	if !found {
		return last, summer, false
	}
	return r.calendar().At(day, schedule.DayStart), summer, true
}

// retimeSummer moves the moment along with the last school day.
func (r *Request) retimeSummer() error {
	d, set, err := store.Scheduled(r.tx, r.summerID())
	if err != nil || !set {
		return err
	}
	last, summer, found := r.lastMorning()
	if !found || summer.First.Year != d.Nr {
		return store.Unschedule(r.tx, d.ID)
	}
	d.At = last
	return store.Schedule(r.tx, d)
}

// beforeSummer tells the channel, on the last school day before the summer,
// what goes along to the next school year. That nobody was told, because the
// machine was off, is on record.
func beforeSummer(r *Request, d store.Due) error {
	last, summer, found := r.lastMorning()
	working := later(r.calendar().Working(r.now), last)
	switch {
	case !found || summer.First.Year != d.Nr || !team.DateOf(working).Before(summer.First):
		return r.did("summer.missed", "team")
	case working.After(r.now):
		d.At = working
		return store.Schedule(r.tx, d)
	}
	signals, err := store.OpenSignals(r.tx, r.team.ID)
	if err != nil {
		return err
	}
	actions, err := store.OpenActions(r.tx, r.team.ID)
	if err != nil {
		return err
	}
	actions = slices.DeleteFunc(actions, func(a team.Action) bool { return !r.mayMention(a) })
	goals, err := store.CasesToEvaluate(r.tx, r.team.ID)
	goals = slices.DeleteFunc(goals, func(c team.Case) bool { return !mayFollow(c) })
	if err != nil || len(signals)+len(actions)+len(goals) == 0 {
		return err
	}
	return r.post(r.key("summer", summer.First.Year), "", r.view().Summer(signals, goals, actions, r.today()))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
