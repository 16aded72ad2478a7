package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"kansbot/internal/schedule"
	"kansbot/internal/team"
)

// lives is a day of that year: what came in is read and answered, now and then
// somebody sees something in a child, and on the day of a Kans!overleg they meet.
func (y *schoolYear) lives(day team.Date) {
	y.until(day, schedule.Clock{Hour: 8, Minute: 31})
	y.answers()
	if !y.days.SchoolDay(day) {
		return
	}
	y.until(day, schedule.Clock{Hour: 12})
	y.sees(day)
	if next := y.finds("/kansoverleg"); strings.Contains(next, schedule.FormatDate("nl", day, false)) {
		y.until(day, schedule.Clock{Hour: 13, Minute: 30})
		y.answers()
		y.meets()
	}
	y.until(day, schedule.Clock{Hour: 16})
	y.answers()
}

// sees is a signal every other week, each time of somebody else.
func (y *schoolYear) sees(day team.Date) {
	if day.Weekday() != 3 || y.signals*14 > y.started.DaysUntil(day) {
		return
	}
	y.signals++
	what := []string{
		"begint niet aan een taak als het moeilijk lijkt | nodig: een begin dat lukt | ouders: geïnformeerd #leren",
		"speelt vaak alleen | helpt: vaste maatjes | nodig: een plek in de groep | ouders: akkoord #erbij",
		"is moe op maandag | nodig: rust aan het begin van de week | ouders: geïnformeerd #gezond",
		"durft nu zelf om hulp te vragen | ouders: akkoord #succes",
		"gumt alles uit | nodig: oefenen met fouten maken #leren", // the parents do not know yet
	}
	y.types(five[y.signals%len(five)], "/signaal nieuw "+what[y.signals%len(what)])
}

var (
	withButtons = regexp.MustCompile(`\[([^\]]+)\]`)
	called      = regexp.MustCompile(`@([a-z]+)`)
)

// answers is what people do about what they find.
func (y *schoolYear) answers() {
	for {
		y.mu.Lock()
		fresh := y.fresh
		y.fresh = nil
		y.mu.Unlock()
		if len(fresh) == 0 {
			return
		}
		for _, a := range fresh {
			y.answer(asRead(a.body), a)
		}
	}
}

func (y *schoolYear) answer(text string, a arrival) {
	has := func(button string) bool {
		return slices.ContainsFunc(withButtons.FindAllStringSubmatch(text, -1), func(m []string) bool { return m[1] == button })
	}
	first, _, _ := strings.Cut(text, "\n")
	who := "anna"
	if m := called.FindStringSubmatch(first); m != nil && slices.Contains(five, m[1]) {
		who = m[1]
	}
	switch {
	case strings.HasPrefix(text, "Agenda Kans!overleg"):
		for i, user := range five {
			button := "Ik ben erbij"
			if (y.meetings+i)%7 == 6 {
				button = "Ik ben er niet"
			}
			y.presses(user, first, button)
		}
	case has("Is goed"):
		y.presses("anna", first, "Is goed")
	case has("Ik zit voor"):
		y.presses("bram", first, "Ik zit voor")
	case has("Evalueren") && !a.thread:
		y.presses(who, first, "Evalueren")
		y.sends(who, "schaal=7", "verder=doorgaan")
	case !strings.Contains(text, "eraan:") && !strings.Contains(text, "dag:") && !strings.Contains(text, "hiermee:") || !has("Klaar"):
	case strings.Contains(text, "dit komt eraan") && y.reminders%3 != 0:
		y.reminders++
	case has("Later") && y.reminders%5 == 1:
		y.reminders++
		y.presses(who, first, "Later")
	case y.reminders%11 == 7:
		y.reminders++
		y.presses(who, first, "Hulp nodig")
	default:
		y.reminders++
		y.presses(who, first, "Klaar")
	}
}

// meets is a Kans!overleg: each point as it comes, one agreement or two on each
// child, and what was agreed found back in one step.
func (y *schoolYear) meets() {
	y.meetings++
	y.types("anna", "/kansoverleg start")
	y.mu.Lock()
	replies := y.fresh
	y.fresh = nil
	y.mu.Unlock()
	var agreed []string
	for _, a := range replies {
		text := asRead(a.body)
		first, _, _ := strings.Cut(text, "\n")
		switch {
		case !a.thread:
			continue
		case strings.Contains(text, "[Evalueren]"):
			y.presses("anna", first, "Evalueren")
			y.sends("anna", "schaal=8", "verder="+[]string{"afsluiten", "vieren", "doorgaan"}[y.agreed%3])
			continue
		case !strings.Contains(text, "[Besproken]"):
			continue
		case strings.Contains(text, "[Doel en schaal]"):
			brings := five[y.agreed%len(five)]
			y.presses(brings, first, "Doel en schaal")
			y.sends(brings, "nodig=een begin dat lukt", "doel=begint drie keer per dag zelf", "schaal=4")
		}
		y.agreed++
		what := fmt.Sprintf("zet stap %d en vertelt hoe het ging", y.agreed)
		agreed = append(agreed, what)
		y.presses("dewi", first, "Actie maken")
		y.sends("dewi", "wie="+five[y.agreed%len(five)], "wat="+what, fmt.Sprintf("datum=over %d weken", 1+y.agreed%3), "gelukt=het kind merkt het")
		y.presses("anna", first, "Besproken")
	}
	// Beside the children, the work of the team itself.
	for range 2 {
		y.agreed++
		what := fmt.Sprintf("zet stap %d voor de hele school", y.agreed)
		agreed = append(agreed, what)
		y.types("chantal", fmt.Sprintf("/actie @%s %s voor over 2 weken", five[y.agreed%len(five)], what))
	}
	y.types("anna", "/kansoverleg afronden")
	minutes, list := y.finds("/kansoverleg verslag"), y.finds("/actie lijst")
	for _, what := range agreed {
		if !strings.Contains(minutes, what) || !strings.Contains(list, what) {
			y.t.Errorf("%s is not in the minutes and the list of meeting %d:\n%s\n%s", what, y.meetings, minutes, list)
		}
	}
}
