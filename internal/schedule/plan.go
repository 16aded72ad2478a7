package schedule

import (
	"fmt"
	"strings"
	"time"

	"kansbot/internal/team"
)

// A plan is as much of a rhythm as has been said: what ParseRhythm fills in
// part by part, and what Words writes.
type plan struct {
	today team.Date
	lang  string

	once          bool
	every         bool // "elke", which alone is no interval
	rule               // weeks and months are 0 when not said
	typedInterval string
	hasDay        bool
	time          Clock
	hasTime       bool
	typedTime     string
	from          team.Date     // the first date, or the only one
	fromDay       bool          // from was said to the day, so that it tells the weekday
	announced     bool          // from was said with "vanaf"
	problem       *team.Problem // of from
	unread        []int         // the tokens that could not be read
	rest          string        // their text
}

// in picks the language of the plan.
func (p plan) in(nl, en string) string {
	if p.lang == english {
		return en
	}
	return nl
}

// say writes the plan, in the order in which it reads best.
func (p plan) say() string {
	var parts []string
	add := func(nl, en string, args ...any) { parts = append(parts, fmt.Sprintf(p.in(nl, en), args...)) }

	day, nth := "", ordinalNames[p.lang][p.nth]
	if p.hasDay {
		day = dayNames[p.lang][p.day]
	}
	switch {
	case p.once:
		add("eenmalig", "once")
	case p.weeks == 1:
		add("elke week", "every week")
	case p.weeks != 0:
		add("elke %d weken", "every %d weeks", p.weeks)
	case p.months == 1 && nth != "" && day != "":
		add("elke %s %s van de maand", "every %s %s of the month", nth, day)
		day = ""
	case p.months == 1:
		add("elke maand", "every month")
	case p.months != 0:
		add("elke %d maanden", "every %d months", p.months)
	}
	switch {
	case day != "" && nth != "":
		add("op de %s %s", "on the %s %s", nth, day)
	case day != "":
		add("op %s", "on %s", day)
	}
	date := FormatDate(p.lang, p.from, true)
	if p.single() && date != "" {
		parts = append(parts, date)
	}
	if p.hasTime {
		add("om %s", "at %s", p.time)
	}
	if !p.single() && date != "" {
		_, date, _ = strings.Cut(date, " ") // the weekday has been said
		add("vanaf %s", "from %s", date)
	}
	return strings.Join(parts, " ")
}

// single reports that nothing has been said to make the date a first one.
func (p plan) single() bool {
	return p.once || p.fromDay && !p.announced && p.weeks == 0 && p.months == 0 && p.nth == 0
}

// Words is the Rhythm in words, in Dutch unless lang is "en". ParseRhythm reads
// them back as the same Rhythm. They are empty for the zero Rhythm.
func (r Rhythm) Words(lang string) string {
	switch {
	case r.IsZero():
		return ""
	case r.Cron != "":
		return "cron: " + r.Cron
	}
	p := plan{lang: known(lang), time: r.Time, hasTime: true, from: r.Start}
	if r.Rule == "" {
		p.once = true
		return p.say()
	}
	var err error
	if p.rule, err = parseRule(r.Rule); err != nil {
		return r.Rule
	}
	p.hasDay = true
	return p.say()
}

// rhythm is the Rhythm that has been said, or the first thing wrong with it.
func (p plan) rhythm() (Rhythm, error) {
	p = p.implied()
	if p.problem != nil {
		return Rhythm{}, p.wrongDate()
	}
	interval := p.weeks != 0 || p.months != 0
	switch {
	case !interval && !p.once && !p.hasDay && !p.hasTime && p.from.IsZero():
		return Rhythm{}, p.wrong("unclear", "")
	case p.once && p.from.IsZero():
		return Rhythm{}, p.wrong("day", p.in("welke datum", "which date"))
	case p.once && (interval || p.hasDay):
		return Rhythm{}, p.wrong("unclear", "")
	case p.once:
	case !interval || !p.possibleInterval():
		return Rhythm{}, p.wrong("interval", p.in("hoe vaak", "how often"))
	case !p.hasDay:
		return Rhythm{}, p.wrong("day", p.in("welke dag", "which day"))
	case p.months != 0 && (p.nth == 0 || p.nth > 4):
		return Rhythm{}, p.wrong("day", p.in("welke in de maand", "which one in the month"))
	case p.weeks != 0 && p.nth != 0:
		return Rhythm{}, p.wrong("unclear", "")
	}
	switch {
	case !p.hasTime || !p.possibleTime():
		return Rhythm{}, p.wrong("time", p.in("hoe laat", "what time"))
	case p.rest != "":
		return Rhythm{}, p.wrong("unclear", "")
	case p.once:
		return Rhythm{Start: p.from, Time: p.time}, nil
	case p.from.IsZero():
		p.from = p.today
	}
	return Rhythm{Rule: p.rule.String(), Start: p.first(p.from), Time: p.time}, nil
}

// implied adds what goes without saying. "Elke tweede dinsdag" is not among it:
// to one that is twice a month, to another once.
func (p plan) implied() plan {
	switch none := p.weeks == 0 && p.months == 0; {
	case p.once:
	case none && p.nth == 0 && p.every && p.hasDay:
		p.weeks = 1
	case none && p.nth != 0 && (p.nth < 2 || !p.every):
		p.months = 1
	case !none && !p.hasDay && p.fromDay:
		p.day, p.hasDay = p.from.Weekday(), true
	}
	return p
}

func (p plan) possibleInterval() bool {
	return p.weeks >= 0 && p.weeks <= maxWeeks && p.months >= 0 && p.months <= maxMonths
}

func (p plan) possibleTime() bool { return meetingTime(p.time) == p.time }

// wrong is the Problem with the plan: what of it was understood, what was not,
// and a line that says it right.
func (p plan) wrong(code, missing string) *team.Problem {
	understood, rest := p, []string{p.rest}
	if !p.possibleInterval() {
		understood.weeks, understood.months = 0, 0
		rest = append(rest, p.typedInterval)
	}
	if p.hasTime && !p.possibleTime() {
		understood.hasTime = false
		rest = append(rest, p.typedTime)
	}
	return team.Wrong("ritme", "rhythm."+code, "got", understood.say(), "missing", missing,
		"rest", strings.TrimSpace(strings.Join(rest, " ")), "example", p.repaired().say())
}

// wrongDate is the Problem with a date in the plan, with the whole line as its
// example.
func (p plan) wrongDate() *team.Problem {
	args := []string{"example", p.repaired().say()}
	for name, value := range p.problem.Args {
		if name != "example" {
			args = append(args, name, value)
		}
	}
	return team.Wrong("ritme", p.problem.Code, args...)
}

// repaired is a whole plan as near as possible to p.
func (p plan) repaired() plan {
	p.once = p.single()
	if !p.hasTime {
		p.time = usualTime
	}
	p.time, p.hasTime = meetingTime(p.time), true
	if p.once {
		p.rule, p.hasDay = rule{}, false
		if p.from.IsZero() {
			p.from = script{today: p.today}.someday(team.Date{})
		}
		return p
	}
	switch {
	case p.months != 0 || p.nth != 0 && p.weeks == 0:
		p.months = min(max(p.months, 1), maxMonths)
		if p.nth == 0 {
			p.nth = 1
		} else if p.nth > 4 {
			p.nth = -1
		}
	case p.weeks != 0:
		p.weeks, p.nth = min(max(p.weeks, 1), maxWeeks), 0
	default:
		p.weeks = 6
	}
	if !p.hasDay {
		p.day, p.hasDay = time.Tuesday, true
	}
	return p
}
