package viewtest

import (
	"kansbot/bot/view"
	"kansbot/internal/team"
)

func (w *world) aboutMinutes() {
	w.post("Minutes", w.Minutes(w.record()))
	w.post("MinutesButtons", w.MinutesButtons(w.held(), true))
	w.ask("Letters", w.Letters(w.held(), []string{"K-001", "V-004"}))
	nothing := view.Record{Meeting: team.Meeting{Nr: 3, Start: w.next.Start, Status: team.Held}, First: w.today}
	w.post("Minutes, nothing agreed", w.Minutes(nothing))
	later := w.record()
	later.Actions = append([]team.Action{w.settled()}, later.Actions[1:]...)
	later.Actions[1].Help, later.Actions[1].First = true, w.today
	w.ask("MinutesNow", w.MinutesNow(later, w.today.AddDays(1)))
	w.ask("Helped", w.Helped([]team.Action{w.settled()}))
	w.post("Own", w.Own(w.held(), w.actions[:w.few]))
	w.post("Own, one", w.Own(w.held(), w.actions[:1]))
	w.ask("PageAt", w.PageAt("https://kansbot.example.org/pagina/abc_-1"))

	letter := view.Letter{Day: w.today, Helped: []string{w.helped}, Evaluate: w.today.AddDays(42), Ask: team.IB}
	for i, a := range w.actions[:w.few] {
		letter.Agreed = append(letter.Agreed, view.Promise{Role: w.Member(a.Owner).Role, Text: a.Text, Gain: a.Gain, Due: a.Due, Done: i == 0})
	}
	w.ask("LetterToCopy", w.LetterToCopy(w.Letter(letter), []string{w.typed}))
	said := view.Letter{Day: w.today, Agreed: []view.Promise{{Role: team.Health, Text: "ik " + w.typed, Due: w.today}}}
	w.ask("Letter, said", w.Letter(said))
	w.ask("Letter, nothing agreed", w.Letter(view.Letter{Day: w.today, Ask: team.NoRole}))
	w.ask("Problem, letter", view.Problem(w.Lang, team.Wrong("", "letter.notyet", "code", "K-001")))
}

// record is a meeting in which much happened.
func (w *world) record() view.Record {
	m := w.held()
	m.Present, m.Stands, m.Notes = map[string]bool{"bram": true, "fenna": false}, map[string]string{"fenna": "gerard"}, "bram"
	evaluated := func(code string, outcomes ...team.Outcome) team.Case {
		c := team.Case{Code: code, Need: w.needed, Goal: w.seen}
		if outcomes[len(outcomes)-1] == team.Continue {
			c.Evaluate = w.today.AddDays(42)
		}
		for i, o := range outcomes {
			c.Evaluations = append(c.Evaluations, team.Evaluation{Day: w.today.AddDays(7 * (i + 1 - len(outcomes))), Scale: 4 + i, Outcome: o, Helped: w.helped})
		}
		c.Evaluations[len(outcomes)-1].Meeting = m.Nr
		return c
	}
	return view.Record{
		Meeting: m, Chair: "anna", First: w.today, Signals: w.byNr(), Actions: append([]team.Action(nil), w.actions[:w.few]...),
		Cases: []team.Case{
			evaluated("K-011", team.Begins), evaluated("K-014", team.Begins, team.Continue), evaluated("K-015", team.Begins, team.Celebrated),
			evaluated("K-017", team.Close),
		},
		Waits: []string{"K-016"},
	}
}
