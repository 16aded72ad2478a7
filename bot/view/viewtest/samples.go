package viewtest

import (
	"fmt"
	"slices"
	"time"

	"kansbot/bot/view"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// world is a kernteam some weeks under way, in somebody's words.
type world struct {
	view.View
	words
	today   team.Date
	signals []team.Signal
	actions []team.Action
	next    team.Meeting
	made    []Sample
}

var amsterdam = func() *time.Location {
	loc, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic("viewtest: " + err.Error())
	}
	return loc
}()

func newWorld(lang text.Lang, w words) *world {
	at := time.Date(2027, time.January, 5, 9, 0, 0, 0, amsterdam)
	v := &world{words: w, today: team.Date{Year: 2027, Month: time.January, Day: 12}}
	v.View = view.View{
		Lang: lang, Zone: amsterdam, Member: v.member, CaseOf: v.caseOf, Pages: true,
		Team: team.Kernteam{ID: "1", Name: w.team, School: w.school, Municipality: w.town, Region: "midden", Lang: string(lang), Zone: amsterdam.String(), Chair: "anna", Minutes: 75},
		Circle: []team.Element{
			{Key: "leren", Label: "Leren en groeien"}, {Key: "erbij", Label: "Erbij horen"}, {Key: "geborgen", Label: "Geborgen"},
		},
	}
	kinds := []team.SignalKind{team.Worry, team.Chance, team.Worry, team.Success, team.Handover}
	for i := range max(8, w.many) {
		s := team.Signal{
			Nr: i + 1, Code: fmt.Sprintf("K-%03d", i+1), Kind: kinds[i%len(kinds)], Elements: [][]string{{"leren"}, {"erbij", "leren"}, nil}[i%3],
			Seen: w.seen, Helps: w.helps, Needed: w.needed, Parents: team.ParentsAll[i%len(team.ParentsAll)],
			Urgent: i%4 == 2, Status: team.Waiting, By: w.people[i%len(w.people)].User, At: at.AddDate(0, 0, -i%7),
		}
		switch i % 8 {
		case 2:
			s.Elements = []string{"leren", "erbij", "geborgen"}
		case 4:
			s.Code, s.Group = fmt.Sprintf("V-%03d", i), "voorschool"
		case 5:
			s.Code, s.Theme, s.Elements = "", w.theme, nil
		case 6:
			s.Code, s.Group = "", "bovenbouw"
		case 7:
			s.Theme, s.Group = w.theme, "onderbouw"
		}
		v.signals = append(v.signals, s)
	}
	for i := range max(3, w.many) {
		a := team.Action{
			Nr: i + 1, Owner: w.people[i%len(w.people)].User, By: "anna", Text: w.what[i%len(w.what)], Gain: w.gain[i%len(w.gain)],
			Due: v.today.AddDays(3*i - 4), Meeting: 1, Status: team.ToDo, Created: at,
		}
		if i%3 != 2 {
			a.Code = fmt.Sprintf("K-%03d", i+1)
		}
		v.actions = append(v.actions, a)
	}
	v.next = team.Meeting{Nr: 2, Start: time.Date(2027, time.January, 12, 13, 30, 0, 0, amsterdam), Status: team.Planned}
	for _, p := range w.points {
		v.next.Points = append(v.next.Points, team.Point{Nr: len(v.next.Points) + 1, Text: p, By: "bram"})
	}
	return v
}

// member knows who is in the kernteam; "hugo" has never been.
func (w *world) member(user string) team.Member {
	for _, m := range w.people {
		if m.User == user {
			return m
		}
	}
	return team.Member{User: user}
}

// byNr are the signals as an agenda wants them.
func (w *world) byNr() map[int]team.Signal {
	signals := map[int]team.Signal{}
	for _, s := range w.signals {
		signals[s.Nr] = s
	}
	return signals
}

// answered is the next meeting with some who said whether they come.
func (w *world) answered() team.Meeting {
	m := w.next
	m.Present = map[string]bool{"bram": true, "chantal": true, "fenna": false}
	return m
}

// held is a meeting in which the first case was discussed.
func (w *world) held() team.Meeting {
	m := w.next
	m.Status, m.Agenda, m.Over = team.Held, w.agenda().Items, w.agenda().Carried
	for i := range m.Agenda {
		m.Agenda[i].State = []team.ItemState{team.ItemDiscussed, team.ItemCarried}[i%2]
	}
	return m
}

func (w *world) agenda() team.Agenda {
	late := slices.DeleteFunc(slices.Clone(w.actions), func(a team.Action) bool { return !a.Late(w.today) })
	return team.BuildAgenda(team.Backlog{Signals: w.signals, Late: late, Points: w.next.Points}, w.Team.Minutes)
}

// settled is the first action, done by Bram.
func (w *world) settled() team.Action {
	a := w.actions[0]
	a.Status, a.DoneBy, a.Helped, a.Done = team.Done, "bram", w.helped, w.next.Start
	return a
}

func (w *world) term() text.Term {
	term, _, _ := text.Lookup(w.Lang, "regie")
	if w.kind != "ordinary" {
		term.School, term.Care, term.Say = w.typed, w.rest, w.rest
	}
	return term
}

// wrong is a mistake in all that somebody can be told of it.
func (w *world) wrong(code string) *team.Problem {
	return team.Wrong("wat", code, "got", w.typed, "rest", w.rest, "understood", w.typed, "example", w.better, "members", w.rest, "found", w.rest)
}
