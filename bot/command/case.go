package command

import (
	"cmp"
	"slices"
	"strings"

	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// monthsKept is how long what Kansbot keeps of a case stays after it was closed.
const monthsKept = 3

// knownCase finds a case by its code.
func (r *Request) knownCase(code string) (team.Case, error) {
	c, found, err := store.Cases.Get(r.tx, r.team.ID, code)
	if err == nil && !found {
		err = team.Wrong("casus", "case.none", "understood", code, "example", "/signaal lijst")
	}
	return c, err
}

// caseOf is the case of that code; zero when there is none.
func (r *Request) caseOf(code string) team.Case {
	c, _, err := store.Cases.Get(r.tx, r.team.ID, code)
	r.broken = cmp.Or(r.broken, err)
	return c
}

// keepCase saves a case, counts what was changed of its goal, and sets its
// moments: when to look whether that is nearer, and when what is kept of it goes.
// What the channel shows of it follows. Every change of a case goes through here.
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
	if c.Evaluate == old.Evaluate && c.Parents != old.Parents {
		body, err := r.evaluationAsked(c)
		if err = cmp.Or(err, r.refresh(r.key("evaluate", c.Asked), body)); err != nil {
			return err
		}
	}
	if c.Erase != old.Erase {
		if err := r.timeCase("erase", c, c.Erase, schedule.Clock{}); err != nil {
			return err
		}
	}
	if c.Goal != old.Goal || !slices.Equal(c.Evaluations, old.Evaluations) {
		c.Version++
	}
	if err := store.PutCase(r.tx, r.team.ID, c); err != nil {
		return err
	}
	switch {
	case old.Code != "" && c.Parents != old.Parents:
		if !mayFollow(old) && mayFollow(c) {
			if err := r.takeUp(c); err != nil {
				return err
			}
		}
		return r.refreshParents(c.Code)
	case c.Evaluate != old.Evaluate:
		return r.refreshPlanned()
	}
	return nil
}

// takeUp lets a case that was spoken of without its parents knowing wait for a
// Kans!overleg again, now that they do, unless it was closed; one that is still
// going on opens it anew.
func (r *Request) takeUp(c team.Case) error {
	signals, err := r.anonymousOn(c)
	if err != nil || c.Anonymous == 0 || !c.Closed.IsZero() {
		return err
	}
	for _, s := range signals {
		s.Status, s.Meeting = team.Waiting, 0
		if err := store.PutSignal(r.tx, r.team.ID, s); err != nil {
			return err
		}
	}
	waiting, err := store.SignalsOn(r.tx, r.team.ID, c.Code)
	if err != nil {
		return err
	}
	m, i, found, err := r.itemOn(c.Code, waiting)
	if err != nil || !found || m.Nr != c.Anonymous || m.Agenda[i].State != team.ItemDiscussed {
		return err
	}
	m.Agenda[i].State, m.Agenda[i].By = team.ItemOpen, ""
	return store.PutMeeting(r.tx, r.team.ID, m)
}

// anonymousOn are the signals on a case that were spoken of without its parents
// knowing.
func (r *Request) anonymousOn(c team.Case) ([]team.Signal, error) {
	signals, err := store.SignalsOn(r.tx, r.team.ID, c.Code)
	return slices.DeleteFunc(signals, func(s team.Signal) bool { return s.Status != team.Discussed || s.Meeting != c.Anonymous }), err
}

// untold are the signals on cases that were spoken of, and of which the parents
// still have to hear.
func (r *Request) untold() (list []team.Signal, err error) {
	cases, err := store.CasesUntold(r.tx, r.team.ID)
	if err != nil {
		return nil, err
	}
	for _, c := range cases {
		signals, err := r.anonymousOn(c)
		if err != nil {
			return nil, err
		}
		list = append(list, signals...)
	}
	return list, nil
}

// refreshParents brings all that the channel shows of where the parents of a
// case stand up to date. Its evaluation may be on an agenda without a signal
// that waits.
func (r *Request) refreshParents(code string) error {
	signals, err := store.SignalsOn(r.tx, r.team.ID, code)
	if err != nil {
		return err
	}
	signals = slices.DeleteFunc(signals, func(s team.Signal) bool { return s.Status != team.Waiting })
	return cmp.Or(r.refreshPostsOf(signals), r.refreshPlanned(), r.refreshRunning(team.Signal{Code: code}))
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

// putSignal stores a signal. Where its parents stand its case says, if it has
// one; that opens again when it was closed. It tells how the case was, and
// whether it was known.
func (r *Request) putSignal(s team.Signal) (was team.Case, known bool, err error) {
	parents := s.Parents
	if s.Code != "" {
		s.Parents = ""
	}
	if err := store.PutSignal(r.tx, r.team.ID, s); err != nil || s.Code == "" {
		return was, true, err
	}
	was, known, err = store.Cases.Get(r.tx, r.team.ID, s.Code)
	if err != nil {
		return was, known, err
	}
	c := was
	if !known {
		c = team.Case{Code: s.Code, Created: r.now.UTC()}
	}
	c.Parents = parents
	if !was.Closed.IsZero() {
		if c, err = r.reopened(c); err != nil {
			return was, known, err
		}
	}
	return was, known, r.keepCase(c)
}

// reopened is a closed case that goes on: what it wants to reach is evaluated
// again, and what told that it was closed says so.
func (r *Request) reopened(c team.Case) (team.Case, error) {
	c.Closed, c.Erase = team.Date{}, team.Date{}
	if c.Goal != "" {
		day, err := r.evaluationDay()
		if err != nil {
			return c, err
		}
		c.EvaluateOn(day)
	}
	return c, r.refresh(r.key("evaluated", c.Told), r.view().Evaluated(c))
}

// issueCode gives out the next code that nobody has used yet.
func (r *Request) issueCode(letter string) (string, error) {
	for {
		n, err := store.Next(r.tx, "case", r.team.ID, letter)
		if err != nil {
			return "", err
		}
		code := letter + "-" + pad(n)
		taken, err := store.Taken(r.tx, r.team.ID, code)
		if err != nil || !taken {
			return code, err
		}
	}
}

// erased reports whether a code was that of a case of which nothing is kept.
func (r *Request) erased(code string) (bool, error) {
	if code == "" || r.caseOf(code).Code != "" {
		return false, nil
	}
	return store.Taken(r.tx, r.team.ID, code)
}

// onCase names a case in the audit trail.
func onCase(code string) string { return "case " + code }
