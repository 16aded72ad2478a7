package viewtest

import (
	"time"

	"kansbot/bot/view"
	"kansbot/internal/team"
)

// caseOf is the case of a code: of K-003 goal and need are known, of the others
// only where the parents stand.
func (w *world) caseOf(code string) team.Case {
	c := team.Case{Code: code}
	for _, s := range w.signals {
		if s.Code == code {
			c.Parents = s.Parents
		}
	}
	if code == "K-003" {
		c.Helps, c.Need, c.Goal, c.Evaluate = w.helps, w.needed, w.goal, w.today.AddDays(51)
		c.Evaluations = []team.Evaluation{{Day: w.today, Scale: 4}}
	}
	return c
}

// running is the next meeting, going on for five minutes about what is item i.
func (w *world) running(items []team.AgendaItem, i int) team.Meeting {
	m := w.next
	m.Status, m.Agenda, m.Now, m.NowSince = team.Running, items, i, m.Start.Add(5*time.Minute)
	return m
}

// talk is about one signal, or about a case to evaluate.
func (w *world) talk(item team.AgendaItem) view.Talk {
	t := view.Talk{Meeting: w.running([]team.AgendaItem{{Kind: team.Welcome, Minutes: 3}, item}, 0), Index: 1, Leader: "anna"}
	for _, nr := range item.Signals() {
		t.Signals = append(t.Signals, w.signals[nr-1])
	}
	return t
}

func (w *world) aboutTalks() {
	agenda := w.agenda()
	for _, s := range w.signals {
		if !w.caseOf(s.Code).MayDiscuss() {
			agenda.Parents = append(agenda.Parents, s.Nr)
		}
	}
	m := w.running(agenda.Items, 1)
	w.post("Started", w.Started(m, agenda, w.byNr()))
	m.Now = len(agenda.Items)
	w.post("Started, after the last point", w.Started(m, agenda, w.byNr()))
	m.Status = team.Held
	w.post("Started, over", w.Started(m, agenda, w.byNr()))
	every := team.Agenda{Items: []team.AgendaItem{
		{Kind: team.Celebrate, Minutes: 5, Text: w.points[0], By: "bram"},
		{Kind: team.EvaluateItem, Minutes: 5, Code: "K-003"},
		{Kind: team.Transfers, Minutes: 5, Signal: 1},
		{Kind: team.StandingPoint, Minutes: 3, Text: w.points[0]},
	}, Parents: []int{1, 5}}
	w.post("Agenda, of all kinds", w.Agenda(w.next, every, w.byNr()))

	w.post("LookBack", w.LookBack(m, agenda))
	postponed := w.actions[0]
	postponed.First, postponed.Due, postponed.Help = postponed.Due, w.today.AddDays(7), true
	agenda.Late = []team.Action{w.settled(), postponed}
	w.post("LookBack, as it goes on", w.LookBack(m, agenda))

	item := team.AgendaItem{Kind: team.CaseItem, Minutes: 12, Signal: 3, Also: []int{8}}
	t := w.talk(item)
	w.post("Case", w.Case(t))
	t.Meeting.Now, t.Agreed, t.Leader = 1, 2, t.Signals[0].By
	w.post("Case, now, the leader's own", w.Case(t))
	t.Meeting.Shown, t.Meeting.Notes = true, "bram"
	w.post("Case, on the screen", w.Case(t))
	for _, other := range []struct {
		name string
		nr   int
	}{{"anonymous", 1}, {"parents object", 5}, {"a theme", 6}} {
		w.post("Case, "+other.name, w.Case(w.talk(team.AgendaItem{Kind: team.CaseItem, Minutes: 12, Signal: other.nr})))
	}
	twice := w.View
	twice.CaseOf = func(code string) team.Case { return team.Case{Code: code, Parents: team.NotYet, Anonymous: 1} }
	w.post("Case, anonymous before", twice.Case(w.talk(team.AgendaItem{Kind: team.CaseItem, Minutes: 12, Signal: 1})))
	for _, state := range []team.ItemState{team.ItemDiscussed, team.ItemCarried} {
		t.Meeting.Agenda[1].State, t.Meeting.Agenda[1].By = state, "bram"
		w.post("Case, "+string(state), w.Case(t))
		t.Meeting.Agenda[1].By = ""
		w.post("Case, "+string(state)+" by the clock", w.Case(t))
	}
	t.Signals[0].Status = team.Withdrawn
	w.post("Case, withdrawn", w.Case(t))
	evaluation := w.talk(team.AgendaItem{Kind: team.EvaluateItem, Minutes: 5, Code: "K-003"})
	w.post("Case, to evaluate", w.Case(evaluation))
	w.post("Case, to evaluate, parents object", w.Case(w.talk(team.AgendaItem{Kind: team.EvaluateItem, Minutes: 5, Code: w.signals[4].Code})))

	t = w.talk(item)
	t.Meeting.Now = 1
	w.post("TooLong", w.TooLong(t, false))
	w.post("TooLong, again", w.TooLong(t, true))
	w.post("Extended", w.Extended(t, "bram"))
	w.post("TookLong", w.TookLong(t))
	for _, item := range []team.AgendaItem{
		{Kind: team.LookBack, Minutes: 10}, {Kind: team.ThemeItem, Minutes: 3, Text: "erbij"}, {Kind: team.StandingPoint, Minutes: 3, Text: w.points[0]},
		{Kind: team.Celebrate, Minutes: 5, Signal: 4}, {Kind: team.Spare, Minutes: 5},
	} {
		w.post("TooLong, "+string(item.Kind), w.TooLong(w.talk(item), false))
	}
	own := w.talk(team.AgendaItem{Kind: team.OwnPoint, Minutes: 5, Text: w.points[0], By: "bram"})
	w.post("TooLong, own", w.TooLong(own, false))
	w.post("TooLong, again, on to the next", w.TooLong(w.talk(team.AgendaItem{Kind: team.LookBack, Minutes: 10}), true))
	own.Meeting.Agenda[1].State = team.ItemCarried
	w.post("TookLong, carried", w.TookLong(own))

	held := w.held()
	held.Actions = []int{7}
	w.ask("Finished", w.Finished(held, w.byNr()))
	w.ask("Finished, all of it", w.Finished(team.Meeting{}, nil))
	w.ask("Written", w.Written(w.talk(item)))
	w.ask("Written, to evaluate", w.Written(evaluation))
	w.ask("Goal", w.Goal(w.caseOf("K-003")))
	w.ask("Goal, none", w.Goal(team.Case{Code: "K-001"}))
	w.ask("GoalSet", w.GoalSet(w.caseOf("K-003")))
}
