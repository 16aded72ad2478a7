package viewtest

import (
	"kansbot/bot/view"
	"kansbot/internal/schedule"
	"kansbot/internal/team"
)

func (w *world) aboutFollowUp() {
	a := w.actions[1]
	a.Snoozed = w.today.AddDays(3)
	w.post("Reminder, later", w.Reminder(a, view.StepLater, w.today))
	w.post("Later", w.Later(a, "bram"))
	w.ask("Snoozed", w.Snoozed(a))
	w.post("PassedOn", w.PassedOn(a, "anna"))
	w.post("Given, taken", w.Given(a, a.Owner))
	w.post("Reopened", w.Reopened(a, "bram"))
	w.ask("Done", w.Done(team.Action{Nr: 2}))
	w.ask("AllDone", w.AllDone([]team.Action{{Nr: 1}, {Nr: 2}, {Nr: 7}}))
	w.ask("Done, helped", w.Done(w.settled()))
	w.post("HelpCalled", w.HelpCalled(a, "bram", "chantal"))
	w.post("Calling", w.Calling("bram", "chantal"))
	w.post("CallsYou", w.CallsYou(a, "chantal"))

	w.post("HandOver", w.HandOver("hugo", w.actions, w.today))
	w.post("HandOver, one", w.HandOver("hugo", w.actions[:1], w.today))
	w.post("HandOver, nothing left", w.HandOver("hugo", nil, w.today))
	w.post("HandOver, back", w.HandOver("bram", w.actions, w.today))
	w.post("LeftBehind", w.LeftBehind("hugo", w.actions, w.today))

	// Bram is away, and Chantal stands in; so does nobody for Anna.
	away := func(user string) team.Member {
		m := w.member(user)
		switch user {
		case "bram":
			m.Away, m.Cover = w.today.AddDays(4), "chantal"
		case "anna":
			m.Away = w.today.AddDays(4)
		}
		return m
	}
	v := w.View
	v.Member, v.Team.Contact = away, "fenna"
	var people []team.Member
	for _, m := range w.people {
		people = append(people, away(m.User))
	}
	theirs, hers := w.actions[1], w.actions[0]
	w.ask("Who, some away", v.Who(people, w.today))
	w.ask("Kernteam, contact person", v.Kernteam(people, w.next))
	w.ask("Away", v.Away(away("anna"), w.actions, people[:1], w.today))
	w.ask("Away, somebody stands in", v.Away(away("bram"), w.actions, nil, w.today))
	w.ask("Away, nothing open", v.Away(away("bram"), nil, nil, w.today))
	w.ask("BackTo", w.BackTo(w.actions, w.today))
	w.ask("BackTo, one", w.BackTo(w.actions[:1], w.today))
	w.post("CoverAsked", v.CoverAsked(away("bram"), w.actions, w.today))
	w.post("CoverAsked, nothing open", v.CoverAsked(away("bram"), nil, w.today))
	w.post("CoverOver", v.CoverOver(w.Member("bram")))
	w.post("CoverOver, by somebody else", v.CoverOver(away("bram")))
	w.post("Reminder, somebody stands in", v.Reminder(theirs, schedule.StepAhead, w.today))
	w.post("Reminder, away", v.Reminder(hers, schedule.StepLate, w.today))
	w.post("ChairReminder, both away", v.ChairReminder(theirs, w.today))
	w.ask("WhileAway", v.WhileAway(away("bram"), w.today))

	week := view.Week{View: v, Today: w.today, Mine: w.actions, Covered: w.actions[1:w.few], Meetings: []team.Meeting{w.next}}
	other := week
	other.Covered, other.Meetings = nil, nil
	w.post("Weekly", view.Weekly([]view.Week{week}))
	w.post("Weekly, two kernteams", view.Weekly([]view.Week{week, other}))
	w.post("Weekly, a meeting only", view.Weekly([]view.Week{{View: v, Today: w.today, Meetings: week.Meetings}}))
}
