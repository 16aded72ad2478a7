package command

import (
	"cmp"
	"slices"

	"kansbot/internal/chat"
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
	planned, err := r.toCome()
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
	for _, m := range planned {
		consider(r.day(m))
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

const (
	// evaluationLate is after how many school days the chair hears that nobody
	// evaluated. From then on the case simply stands on every agenda.
	evaluationLate = 5
	// evaluationSoon is within how many days a Kans!overleg is soon enough to
	// evaluate in.
	evaluationSoon = 7
	// evaluationNext is within how many days another is the next one.
	evaluationNext = 366
)

// evaluationDue asks, on the day, whether a goal is nearer; later on, it tells
// the chair that nobody said. What is on the agenda of a Kans!overleg is not asked
// beside it: then it is looked at again each school morning, for that one may move
// or be skipped.
func evaluationDue(r *Request, d store.Due) error {
	c, found, err := r.dueCase(d)
	if err != nil || !found || c.Evaluate.IsZero() {
		return err
	}
	if asleep, err := r.asleep(d); err != nil || asleep {
		return err
	}
	if !mayFollow(c) { // nothing is asked until the parents know, and agree
		return r.tomorrow(d)
	}
	spoken, err := r.spokenSince(c)
	if err != nil {
		return err
	}
	within := evaluationSoon
	if spoken { // and carried over, to whenever the next one is
		within = evaluationNext
	}
	meets, err := r.meets(within)
	if err != nil {
		return err
	}
	if meets {
		return r.tomorrow(d)
	}
	if c.Asked == 0 {
		if c.Asked, err = store.Next(r.tx, "evaluate", r.team.ID); err != nil {
			return err
		}
		if err := r.keepCase(c); err != nil {
			return err
		}
	}
	if late := d.Nr > 0; late {
		return r.unevaluated(c)
	}
	if !spoken {
		if err := r.askEvaluation(c); err != nil {
			return err
		}
	}
	d.Nr = 1
	d.At = r.calendar().At(r.calendar().AddSchoolDays(r.today(), evaluationLate), schedule.DayStart)
	return store.Schedule(r.tx, d)
}

// spokenSince: a Kans!overleg on the day to evaluate a case, or later, discussed
// that or carried it over.
func (r *Request) spokenSince(c team.Case) (bool, error) {
	held, err := r.held()
	return slices.ContainsFunc(held, func(m team.Meeting) bool {
		return !r.day(m).Before(c.Evaluate) && slices.ContainsFunc(m.Agenda, func(item team.AgendaItem) bool { return item.Code == c.Code })
	}), err
}

// meets: a Kans!overleg is going on, or planned within so many days.
func (r *Request) meets(within int) (bool, error) {
	_, meets, err := r.openMeeting(func(m team.Meeting) bool {
		day := r.day(m)
		return m.Status == team.Running || !day.Before(r.today()) && !r.today().AddDays(within).Before(day)
	})
	return meets, err
}

func (r *Request) askEvaluation(c team.Case) error {
	body, err := r.evaluationAsked(c)
	if err != nil {
		return err
	}
	return r.post(r.key("evaluate", c.Asked), "", body)
}

// evaluationAsked is the question, for who last saw something of the child.
func (r *Request) evaluationAsked(c team.Case) (chat.Message, error) {
	signals, err := store.SignalsOn(r.tx, r.team.ID, c.Code)
	if err != nil {
		return nil, err
	}
	who := ""
	if len(signals) > 0 {
		who = r.standIn(slices.MaxFunc(signals, func(a, b team.Signal) int { return a.At.Compare(b.At) }).By)
	}
	return r.view().AskEvaluation(c, cmp.Or(who, r.standIn(r.team.Chair))), nil
}

// unevaluated tells the chair, once.
func (r *Request) unevaluated(c team.Case) error {
	chair := r.standIn(r.team.Chair)
	if chair == "" {
		return nil
	}
	return r.direct(r.key("unevaluated", c.Asked), chair, r.view().Unevaluated(c))
}
