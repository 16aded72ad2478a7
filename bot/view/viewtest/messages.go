package viewtest

import (
	"time"

	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// post adds a message for the channel or for somebody's direct conversation.
func (w *world) post(name string, body chat.Message) {
	w.made = append(w.made, Sample{w.kind, name, true, body})
}

// ask adds a message for who asked.
func (w *world) ask(name string, body chat.Message) {
	w.made = append(w.made, Sample{w.kind, name, false, body})
}

func (w *world) samples() []Sample {
	w.blocks()
	w.kernteam()
	w.aboutSignals()
	w.aboutMeetings()
	w.aboutPeople()
	w.aboutTalks()
	w.aboutActions()
	w.aboutHolidays()
	w.aboutFollowUp()
	w.aboutMinutes()
	w.aboutPages()
	w.aboutEvaluations()
	return w.made
}

func (w *world) blocks() {
	lang := w.Lang
	w.ask("Para", chat.Message{view.Para(lang, "signal.changed", "nr", w.typed)})
	w.ask("Note", chat.Message{view.Note(lang, "plan.by", "name", w.Name("anna"))})
	w.ask("Heading", chat.Message{view.Heading(lang, "home.title", "name", w.Team.Name)})
	w.ask("Copied", chat.Message{view.Copied(w.better)})
	w.ask("Choices", chat.Message{w.Choices("choice.agenda", "/kansoverleg agenda", "choice.help", w.better)})
	w.ask("Problem", view.Problem(lang, w.wrong("action.when")))
	if w.endless != "" {
		w.ask("Problem, endless", view.Problem(lang, team.Wrong("", "command", "understood", w.endless)))
	}
	w.ask("Problem, quoted", view.Problem(lang, w.wrong("term")))
	w.ask("Problem, members", view.Problem(lang, w.wrong("who")))
	w.ask("Problem, private", view.Problem(lang, w.wrong("private.name")))
}

func (w *world) kernteam() {
	lang := w.Lang
	w.post("Greeting", view.Greeting(lang))
	w.post("Greeted", view.Greeted(lang))
	w.post("Founded", w.Founded())
	w.ask("Kernteam", w.Kernteam(w.people, w.next))
	w.ask("Kernteam, alone", w.Kernteam(w.people[:1], team.Meeting{}))
	w.ask("Who", w.Who(w.people, w.today))
	w.post("NewChair", w.NewChair(w.people[1]))
	w.ask("Home", w.Home(w.actions[:w.few], w.next, w.today))
	w.ask("Home, nothing", w.Home(nil, team.Meeting{}, w.today))
	w.post("HomePage", w.HomePage(w.actions, w.signals, w.next, w.today))
	w.post("HomePage, nothing", w.HomePage(nil, nil, team.Meeting{}, w.today))
	w.post("Buried", w.Buried())
	w.ask("Terms", w.Terms(text.Terms(lang)))
	w.ask("Term", w.Term(w.term()))
}

func (w *world) aboutSignals() {
	for _, nr := range []int{1, 3, 5, 6, 7, 8} {
		s := w.signals[nr-1]
		name := map[int]string{1: "", 3: ", urgent", 5: ", preschool", 6: ", theme", 7: ", group", 8: ", all"}[nr]
		w.post("Signal"+name, w.Signal(s, w.next))
	}
	s := w.signals[0]
	w.post("Signal, no date", w.Signal(s, team.Meeting{}))
	w.post("Signal, now", w.Signal(s, team.Meeting{Nr: 2, Status: team.Running}))
	s.Status, s.Meeting = team.Discussed, 2
	w.post("Signal, discussed", w.Signal(s, w.next))
	gone := w.signals[0]
	gone.Status = team.Withdrawn
	w.post("Signal, withdrawn", w.Signal(gone, w.next))
	w.ask("Logged", w.Logged(w.signals[0], w.next, false))
	w.ask("Logged, new code", w.Logged(w.signals[0], team.Meeting{}, true))
	w.ask("Signals", w.Signals(w.signals))
	w.ask("Signals, one", w.Signals(w.signals[:1]))
	w.ask("Signals, none", w.Signals(nil))
	w.ask("SignalText", w.SignalText(w.signals[0]))
	w.ask("SignalText, withdrawn", w.SignalText(team.Signal{Nr: 1, Code: "K-001", Kind: team.Worry, Parents: team.NotYet, Status: team.Withdrawn, By: "hugo", At: w.signals[0].At}))
	w.ask("Kansencirkel", w.Kansencirkel(team.Circle{Name: "Kansencirkel", Source: w.rest, Elements: w.Circle}))
	w.ask("Danger", w.Danger("/signaal"))
	w.ask("Reworded", w.Reworded(w.rest))
}

func (w *world) aboutMeetings() {
	later := w.next
	later.Start = later.Start.AddDate(0, 0, 42)
	w.post("Planned", w.Planned("anna", w.rhythm, time.Time{}, w.next))
	w.post("Planned, instead", w.Planned("anna", w.rhythm, w.next.Start.AddDate(0, 0, -7), w.next))
	w.post("Once", w.Once("anna", w.next))
	w.post("Moved", w.Moved("anna", w.next.Start, later))
	w.post("Gone", w.Gone(w.next, later))
	w.post("Skipped", w.Skipped("hugo", w.next, later, true))
	w.post("Skipped, no next", w.Skipped("anna", w.next, team.Meeting{}, false))
	w.post("NeverStarted", w.NeverStarted(w.next, later, true))
	w.post("NotHeld, still to come", w.NotHeld(w.next, w.next.Start.AddDate(0, 0, -1)))
	w.post("NotHeld, past", w.NotHeld(w.next, later.Start))
	w.post("NextDate", chat.Message{w.NextDate(w.next)})

	w.ask("Overview", w.Overview(w.next, true, 3, 1))
	running := w.next
	running.Status = team.Running
	w.ask("Overview, going on", w.Overview(running, true, 0, 0))
	w.ask("Overview, no date", w.Overview(team.Meeting{}, false, 1, 12))

	w.post("Agenda", w.Agenda(w.answered(), w.agenda(), w.byNr()))
	w.ask("Points", w.Points(w.next, []team.Point{w.next.Points[0], w.next.Points[len(w.next.Points)-1]}))
	w.post("Agenda, empty", w.Agenda(w.next, team.BuildAgenda(team.Backlog{}, 75), nil))
	w.post("Agenda, going on", w.Agenda(running, w.agenda(), w.byNr()))
	w.post("AskPoints", w.AskPoints(w.next))
	w.post("Today", w.Today(w.answered(), w.people, nil, nil))
	w.post("Today, nobody answered", w.Today(w.next, w.people, w.agenda().Items, w.byNr()))
	w.post("Soon", w.Soon(w.next))
	w.post("Late", append(w.AskPoints(w.next), w.Late(w.next.Start)))

	alone := w.View
	alone.Team.Chair = ""
	w.post("Soon, no chair", alone.Soon(w.next))
	w.post("HelpAsked, no chair", alone.HelpAsked(w.actions[0], "bram", w.today))
	w.post("ChairReminder, no chair", alone.ChairReminder(w.actions[0], w.today))
}

func (w *world) aboutActions() {
	a := w.actions[1]
	w.post("Action", w.Action(a))
	w.post("Action, without a case", w.Action(w.actions[2]))
	a.Help = true
	w.post("Action, help asked", w.Action(a))
	w.post("Action, done", w.Action(w.settled()))
	w.post("Settled", w.Settled(w.settled()))
	w.post("Postponed", w.Postponed(a, "bram"))
	w.ask("Made", w.Made(a))
	w.ask("NewDate", w.NewDate(a))
	w.post("Given", w.Given(a, "anna"))
	for _, step := range []string{schedule.StepAhead, schedule.StepDue, schedule.StepLate} {
		w.post("Reminder, "+step, w.Reminder(a, step, a.Due))
	}
	w.post("Reminder, due while it slept", w.Reminder(a, schedule.StepDue, a.Due.AddDays(2)))
	shifted := a
	shifted.Agreed = a.Due.AddDays(-1)
	w.post("Reminder, due on a free day", w.Reminder(shifted, schedule.StepDue, a.Due))
	w.post("Shifted", w.Shifted(shifted, shifted.Agreed, schedule.Reason{Own: schedule.Period{First: shifted.Agreed, Label: w.theme}}))
	w.post("Shifted, back again", w.Shifted(a, a.Due, schedule.Reason{}))
	w.post("ChairReminder", w.ChairReminder(a, w.today))
	w.post("ChairReminder, own action", w.ChairReminder(w.actions[0], w.today))
	left := w.actions[1]
	left.Owner = "hugo"
	w.post("ChairReminder, owner left", w.ChairReminder(left, w.today))
	w.post("Reminder, owner left", w.Reminder(left, schedule.StepDue, left.Due))
	w.post("HelpAsked", w.HelpAsked(a, "bram", w.today))
	w.post("HelpAsked, by the chair", w.HelpAsked(a, "anna", w.today))
	w.post("HelpLine", w.HelpLine(a, "bram", 1))
	w.ask("Actions", w.Actions(w.actions, w.today))
	w.ask("Actions, one with help", w.Actions([]team.Action{a}, w.today))
	w.ask("Actions, none", w.Actions(nil, w.today))
	w.ask("Mine", w.Mine(w.actions[:w.few], w.today))
	w.ask("Mine, none", w.Mine(nil, w.today))
	w.ask("WorkAgenda", w.WorkAgenda(w.actions[:w.few], w.today))
	w.ask("WorkAgenda, none", w.WorkAgenda(nil, w.today))
}

func (w *world) aboutHolidays() {
	day := func(month time.Month, day int) team.Date { return team.Date{Year: 2027, Month: month, Day: day} }
	holidays := []schedule.Holiday{
		{Name: "Voorjaarsvakantie", Region: w.Team.Region, First: day(2, 20), Last: day(2, 28)},
		{Name: "Meivakantie", Region: w.Team.Region, First: day(4, 24), Last: day(5, 2), Binding: true},
	}
	own := []schedule.Period{
		{Nr: 1, First: day(2, 8), Last: day(2, 12), Label: w.label},
		{Nr: 3, First: day(4, 26), Last: day(4, 26), Open: true},
	}
	w.ask("FreeDays", w.FreeDays(own, holidays))
	w.ask("FreeDays, none", w.FreeDays(nil, nil))

	m := w.next
	m.Instead = m.Start.AddDate(0, 0, 3)
	holiday, mine := schedule.Reason{Holiday: holidays[0]}, schedule.Reason{Own: own[0]}
	w.post("Proposal", w.Proposal(m, holiday, w.today.AddDays(1)))
	w.post("Proposal, an own day", w.Proposal(m, mine, w.today.AddDays(1)))
	w.post("Agreed", w.Agreed(m, mine, "bram"))
	w.post("Agreed, by starting", w.Agreed(m, schedule.Reason{Public: schedule.KingsDay}, ""))
	asked := w.today.AddDays(-1)
	w.ask("Deadline", chat.Message{w.Deadline(asked, holiday, w.today)})
	w.ask("Deadline, weekend", chat.Message{w.Deadline(asked, schedule.Reason{Weekend: true}, w.today)})
	w.ask("Deadline, own day", chat.Message{w.Deadline(asked, mine, w.today)})
	w.ask("Deadline, own day without a label", chat.Message{w.Deadline(asked, schedule.Reason{Own: own[1]}, w.today)})
	overdue := w.caseOf("K-003")
	overdue.Code, overdue.Evaluate = "K-001", w.today.AddDays(-1)
	w.post("Summer", w.Summer(w.signals, []team.Case{overdue, w.caseOf("K-003")}, w.actions, w.today))
	w.post("Summer, one action", w.Summer(nil, nil, w.actions[:1], w.today))
}
