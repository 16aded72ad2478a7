package viewtest

import (
	"kansbot/bot/view"
	"kansbot/internal/team"
)

// aboutPeople is who comes to a meeting, who leads it and who writes.
func (w *world) aboutPeople() {
	m := w.answered()
	m.Chair, m.Notes, m.Stands = "bram", "chantal", map[string]string{"fenna": "gerard"}
	free := m
	free.Chair, free.Notes, free.Present, free.Stands = "fenna", "", nil, nil
	w.post("Today, a stand-in", w.Today(m, w.people, nil, nil))
	away := m
	away.Present, away.Stands = map[string]bool{"anna": false, "bram": false, "fenna": false}, nil
	w.post("Today, three roles missing", w.Today(away, w.people, nil, nil))
	w.post("Soon, in turn", w.Soon(m))
	w.ask("Answered", w.Answered("bram", free, m))
	w.ask("Answered, with a stand-in", w.Answered("fenna", m, m))
	w.ask("Answered, the turn passed on", w.Answered("fenna", free, m))
	w.post("StandsIn", w.StandsIn("fenna", m))
	w.post("StandsNoMore", w.StandsNoMore("fenna", m))
	w.post("NoStandIn", w.NoStandIn("bram", m))
	for _, job := range team.Jobs {
		name := ", " + string(job)
		w.post("Card"+name, w.Card(m, job))
		w.post("Turn"+name, w.Turn(m, job))
		w.post("TakenOver"+name, w.TakenOver(m, job))
		w.ask("HasJob"+name, w.HasJob(m, job))
	}
	w.post("TakenOver, by nobody", w.TakenOver(free, team.Notes))
	w.post("NoLeader", w.NoLeader(m))
	quorate := w.View
	quorate.Team.Quorum = 4
	w.post("TooFew", quorate.TooFew(m, 3, w.today.AddDays(1)))
	w.post("TooFew, one", quorate.TooFew(m, 1, w.today.AddDays(1)))
	w.post("TooFew, none", quorate.TooFew(m, 0, w.today.AddDays(1)))
	w.post("Enough", w.Enough(m))
	w.post("GoesOn", w.GoesOn(m, "bram"))
	w.post("Begun", w.Begun(m))
	w.ask("WithoutButtons", view.WithoutButtons(w.Agenda(m, w.agenda(), w.byNr())))
	w.ask("Chosen", w.Chosen(m, w.signals[0], []int{2, 3}, w.byNr()))
	w.ask("Chosen, and it fits", w.Chosen(m, w.signals[0], nil, nil))
	opinions := []team.Opinion{{Mark: 4, Line: w.seen}, {Mark: 5}, {Mark: 3, Line: w.needed}, {Mark: 4}}
	w.ask("Opinions, few", w.Opinions(opinions[:3], nil))
	w.ask("Opinions", w.Opinions(opinions, opinions))
	// Everybody's first meeting, of one person.
	alone := w.View
	alone.Team.Chair = ""
	w.post("Agenda, alone", alone.Agenda(w.next, team.BuildAgenda(team.Backlog{}, 75), nil))
	w.ask("Overview, nobody leads", alone.Overview(w.next, true, 0, 0))
}
