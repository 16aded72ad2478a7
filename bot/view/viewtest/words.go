package viewtest

import (
	"strings"

	"kansbot/internal/team"
	"kansbot/internal/text"
)

// words are what people filled in or typed, and how many of everything there
// are.
type words struct {
	kind                string
	team, school, town  string
	people              []team.Member
	what, gain, points  []string
	theme, rhythm       string
	label               string // of the school's own days
	seen, helps, needed string // of signals
	helped              string // of actions that are done
	goal                string // of a case
	typed, rest, better string // of a mistake
	endless             string // what somebody typed where nothing limits it
	few, many           int    // how many actions somebody has, and there are
}

// secrets are what no channel may see.
func (w words) secrets() []string {
	list := []string{w.seen, w.helps, w.needed, w.helped, w.goal}
	for _, m := range w.people {
		if m.Does != "" {
			list = append(list, m.Does, m.Reach)
		}
	}
	return list
}

func ordinary(lang text.Lang) words {
	w := words{
		kind: "ordinary", team: "Kernteam De Zwaan", school: "De Zwaan", town: "Zwanendam", few: 3, many: 3,
		people: []team.Member{
			{User: "anna", Handle: "anna", Name: "Anna de Groot", Role: team.IB, Org: "De Zwaan", Does: "ik denk mee over de klas", Reach: "maandag en donderdag", Here: true},
			{User: "bram", Handle: "bram", Name: "Bram Visser", Role: team.Teacher, Org: "De Zwaan", Here: true},
			{User: "chantal", Handle: "chantal", Name: "Chantal Mol", Role: team.CJG, Here: true},
			{User: "fenna", Handle: "fenna", Name: "Fenna Bos", Role: team.Municipality, Org: "gemeente Zwanendam", Here: true},
			{User: "gerard", Handle: "gerard", Here: true},
		},
		what:   []string{"vraagt de logopedist om tips voor de klas", "begint elke taak samen", "nodigt ouders uit voor koffie"},
		gain:   []string{"de tips in de klas hangen", "", "er drie ouders komen"},
		points: []string{"ouderavond over schermtijd", "fietsenstalling"},
		theme:  "toetsspanning", rhythm: "elke 6 weken op dinsdag om 13:30", label: "carnaval",
		seen: "begint niet aan een taak als het moeilijk lijkt", helps: "samen de eerste som maken", needed: "iemand die even naast hem zit",
		helped: "de platen op tafel hielpen", goal: "drie rustige ochtenden per week", typed: "belt de school", rest: "als het uitkomt", better: "/actie @emre belt de school voor vr 12 feb",
	}
	if lang == text.EN {
		w.people[0].Does, w.people[0].Reach = "I think along about the class", "Monday and Thursday"
		w.people[3].Org = "town of Zwanendam"
		w.what = []string{"asks the speech therapist for tips for the class", "begins each task together", "invites parents for coffee"}
		w.gain = []string{"the tips hang in the classroom", "", "three parents come"}
		w.points = []string{"parents' evening about screen time", "bicycle shed"}
		w.theme, w.rhythm = "test stress", "every 6 weeks on Tuesday at 13:30"
		w.label = "carnival"
		w.seen, w.helps, w.needed = "does not start a task when it looks hard", "doing the first sum together", "somebody who sits down with him"
		w.goal = "three calm mornings a week"
		w.helped, w.typed, w.rest, w.better = "the pictures on the table helped", "calls the school", "when it suits", "/actie @emre calls the school by Fri 12 Feb"
	}
	return w
}

// long is as long as Kansbot lets it be, or longer than that where a platform
// decides.
func long(lang text.Lang) words {
	w := ordinary(lang)
	w.kind, w.few, w.many = "long", 5, 52
	w.team, w.school, w.town = stretch(w.team, 60), stretch(w.school, 80), stretch(w.town, 60)
	for i := range w.people {
		m := &w.people[i]
		m.Name, m.Org, m.Does, m.Reach = stretch("Wilhelmina "+m.Name, 60), stretch("samenwerkingsverband", 60), stretch("ik denk mee", 300), stretch("maandag", 100)
	}
	for i := range w.what {
		w.what[i], w.gain[i] = stretch(w.what[i], 140), stretch("dat lukt", 140)
	}
	for i := range w.points {
		w.points[i] = stretch(w.points[i], 140)
	}
	w.theme, w.label = stretch(w.theme, 40), stretch(w.label, 60)
	w.seen, w.helps, w.needed, w.helped = stretch(w.seen, 500), stretch(w.helps, 500), stretch(w.needed, 500), stretch(w.helped, 300)
	w.goal = stretch(w.goal, 280)
	w.typed, w.rest, w.better = stretch(w.typed, 140), stretch(w.rest, 140), "/actie @emre "+stretch(w.typed, 140)
	w.endless = stretch(w.typed, 3000)
	return w
}

// stretch is text n characters long.
func stretch(text string, n int) string {
	return string([]rune(strings.Repeat(text+" ", n/len([]rune(text))+1))[:n-1]) + "."
}

// nasty is what somebody may type to get more out of a platform than text.
var nasty = []string{
	"**vet** _cursief_ ~~weg~~ `code`", "@channel @here @all", "<!channel> <!here|x> <@U123>", "<script>alert(1)</script><b>&amp;",
	"[klik](https://kwaad.example) ![x](http://kwaad.example/x.png)", "https://kwaad.example www.kwaad.example kwaad.nl/pad", ":smile: 👩‍🏫 :100:",
	"\u202eomgekeerd\u202c \u200fمريم\u200e", "een\r\n\r\n# twee\n- drie\n> vier\n1. vijf\n```\nzes", "| a | b |\n|---|---|", "\x00\x1b[31m\a\u2028\u0085", "{name} {n} {{.}}", "https://kwaad.example|klik>",
}

func hostile(lang text.Lang) words {
	w := ordinary(lang)
	w.kind = "hostile"
	turn := 0
	spoil := func(s string) string {
		turn++
		return s + " " + nasty[turn%len(nasty)] + " " + nasty[(turn+5)%len(nasty)]
	}
	w.team, w.school, w.town, w.theme = spoil(w.team), spoil(w.school), spoil(w.town), spoil(w.theme)
	for i := range w.people {
		m := &w.people[i]
		m.Name, m.Org, m.Does, m.Reach = spoil(m.User), spoil("org"), spoil("ik doe"), spoil("bereik")
	}
	for _, list := range [][]string{w.what, w.gain, w.points} {
		for i := range list {
			list[i] = spoil(list[i])
		}
	}
	w.label = spoil(w.label)
	all := strings.Join(nasty, " ")
	w.seen, w.helps, w.needed, w.helped, w.goal = w.seen+all, w.helps+all, w.needed+all, w.helped+all, w.goal+all
	w.typed, w.rest, w.better = all, nasty[1], "/actie "+all
	w.endless = string([]rune(strings.Repeat(all, 10))[:3000])
	return w
}
