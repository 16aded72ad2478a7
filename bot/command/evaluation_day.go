package command

import (
	"slices"
	"strings"

	"kansbot/internal/schedule"
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

// monthsKept is how long what Kansbot keeps of a case stays after it was closed.
const monthsKept = 3

// keepCase saves a case and sets its moments: when to look whether the goal is
// nearer, and when what is kept of it goes. Every change of a case goes through
// here.
func (r *Request) keepCase(c team.Case) error {
	r.news = true
	old, _, err := store.Cases.Get(r.tx, r.team.ID, c.Code)
	if err != nil {
		return err
	}
	if c.Evaluate != old.Evaluate {
		for _, kind := range []string{"evaluate", "unevaluated"} {
			if err := r.refresh(r.key(kind, old.Asked), r.view().EvaluationAnswered(c, r.me.User)); err != nil {
				return err
			}
		}
		c.Asked = 0
		if err := r.timeCase("evaluate", c, c.Evaluate, schedule.DayStart); err != nil {
			return err
		}
	}
	if c.Erase != old.Erase {
		if err := r.timeCase("erase", c, c.Erase, schedule.Clock{}); err != nil {
			return err
		}
	}
	return store.PutCase(r.tx, r.team.ID, c)
}

// timeCase sets a moment of a case on a day; without a day there is none.
func (r *Request) timeCase(kind string, c team.Case, day team.Date, at schedule.Clock) error {
	id := r.caseDue(kind, c.Code)
	if day.IsZero() {
		return store.Unschedule(r.tx, id)
	}
	return store.Schedule(r.tx, store.Due{ID: id, At: r.calendar().At(day, at), Team: r.team.ID, Kind: kind})
}

func (r *Request) caseDue(kind, code string) string { return kind + "/" + r.team.ID + "/" + code }

// dueCase is the case that a due moment is about.
func (r *Request) dueCase(d store.Due) (team.Case, bool, error) {
	return store.Cases.Get(r.tx, r.team.ID, d.ID[strings.LastIndex(d.ID, "/")+1:])
}

// evaluationLate is after how many school days the chair hears that nobody
// evaluated. From then on the case simply stands on every agenda.
const evaluationLate = 5

// evaluationDue asks, on the day, whether a goal is nearer. What is on the
// agenda of that day is not asked beside it.
func evaluationDue(r *Request, d store.Due) error {
	c, found, err := r.dueCase(d)
	if err != nil || !found || c.Evaluate.IsZero() {
		return err
	}
	if asleep, err := r.asleep(d); err != nil || asleep {
		return err
	}
	if late := d.Nr > 0; late {
		return r.unevaluated(c)
	}
	_, meets, err := r.openMeeting(func(m team.Meeting) bool { return r.day(m) == r.today() })
	if err != nil {
		return err
	}
	if c.Asked, err = store.Next(r.tx, "evaluate", r.team.ID); err != nil {
		return err
	}
	if !meets {
		if err := r.askEvaluation(c); err != nil {
			return err
		}
	}
	if err := r.keepCase(c); err != nil {
		return err
	}
	d.Nr = 1
	d.At = r.calendar().At(r.calendar().AddSchoolDays(r.today(), evaluationLate), schedule.DayStart)
	return store.Schedule(r.tx, d)
}

func (r *Request) askEvaluation(c team.Case) error {
	signals, err := store.SignalsOn(r.tx, r.team.ID, c.Code)
	if err != nil {
		return err
	}
	who := r.team.Chair
	if len(signals) > 0 {
		if by := slices.MaxFunc(signals, func(a, b team.Signal) int { return a.At.Compare(b.At) }).By; r.member(by).Here {
			who = by
		}
	}
	return r.post(r.key("evaluate", c.Asked), "", r.view().AskEvaluation(c, who))
}

// unevaluated tells the chair, once.
func (r *Request) unevaluated(c team.Case) error {
	if !r.hasChair() {
		return nil
	}
	return r.direct(r.key("unevaluated", c.Asked), r.team.Chair, r.view().Unevaluated(c))
}
