package command

import (
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// An evaluation comes six to eight school weeks after the goal was set.
const (
	evaluateAfter  = 6
	evaluateWithin = 8
)

// evaluationDay is when to look whether a goal of today is nearer: the first
// Kans!overleg six to eight school weeks on, else the first school day then.
func (r *Request) evaluationDay() (team.Date, error) {
	first := r.calendar().AddSchoolWeeks(r.today(), evaluateAfter)
	last := r.calendar().AddSchoolWeeks(r.today(), evaluateWithin)
	open, err := store.OpenMeetings(r.tx, r.team.ID)
	if err != nil {
		return first, err
	}
	best := first
	found := false
	consider := func(d team.Date) {
		if !d.Before(first) && !last.Before(d) && (!found || d.Before(best)) {
			best, found = d, true
		}
	}
	for _, m := range open {
		if m.Status == team.Planned {
			consider(r.day(m))
		}
	}
	rhythm, has, err := store.Rhythms.Get(r.tx, r.team.ID)
	if err != nil || !has {
		return best, err
	}
	s, err := rhythm.Schedule(r.zone())
	if err != nil {
		return best, err
	}
	for at := s.Next(r.now); !at.IsZero() && !team.DateOf(at).After(last); at = s.Next(at) {
		if day := team.DateOf(at.In(r.zone())); r.calendar().SchoolDay(day) {
			consider(day)
		}
	}
	return best, nil
}
