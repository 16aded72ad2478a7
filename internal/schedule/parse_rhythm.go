package schedule

import (
	"strings"
	"time"
	"unicode/utf8"

	"kansbot/internal/team"
)

// ParseRhythm reads when the Kans!overleg recurs, in Dutch or English, the
// parts in any order:
//
//	elke 6 weken op dinsdag om 13:30 vanaf 12 januari
//	eerste dinsdag van de maand om 13.30 uur
//	eenmalig 12 feb 13:30
//	cron: 30 13 * * 2
//
// Without "vanaf" the first occurrence is the first that fits on or after
// today, whatever the time of day.
//
// Its errors are *team.Problem at "ritme": rhythm.interval, rhythm.day and
// rhythm.time (that part is missing or impossible), rhythm.cron,
// rhythm.unclear, and the date.* of ParseDate. They have "understood",
// "missing" and "rest", each of which may be empty, in the typed language, and
// an "example" that ParseRhythm accepts.
func ParseRhythm(text string, today team.Date) (Rhythm, error) {
	if utf8.RuneCountInString(text) > maxText {
		return Rhythm{}, plan{today: today, lang: dutch}.wrong("unclear", "")
	}
	s := newScript(text, today)
	if s.is(0, "cron") {
		return readCron(text[s.tokens[0].end:], today)
	}
	return s.plan().rhythm()
}

// plan reads all that the script says of a rhythm.
func (s script) plan() plan {
	s.lang = s.language(0, len(s.tokens))
	p := plan{today: s.today, lang: s.lang}
	for i := range s.tokens {
		p.once = p.once || s.once(i)
	}
	for i := 0; i < len(s.tokens); {
		end := s.part(&p, i)
		if end == i {
			p.unread = append(p.unread, i)
			end++
		}
		i = end
	}
	p.rest = s.texts(p.unread)
	return p
}

// part adds the part at i to the plan, and answers i when there is none that
// has not been said before.
func (s script) part(p *plan, i int) (end int) {
	if j := s.startWord(i); j > i && p.from.IsZero() {
		return s.start(p, j)
	}
	if end := s.until(i); end > i {
		for ; i < end; i++ {
			p.unread = append(p.unread, i)
		}
		return end
	}
	if c, end, ok := s.clock(i); ok && !p.hasTime {
		p.time, p.typedTime, p.hasTime = c, s.text(i, end), true
		return end
	}
	if m, ok := s.ownDate(p.once, i); ok && p.from.IsZero() {
		p.setFrom(s.bounded(m, i, p.oldest()))
		return m.end
	}
	if r, end, ok := s.interval(i); ok {
		switch {
		case p.weeks == 0 && p.months == 0:
			p.weeks, p.months, p.typedInterval = r.weeks, r.months, s.text(i, end)
			return end
		case r.months == 1 && p.months != 0: // om de maand de eerste dinsdag van de maand
			return end
		}
		return i
	}
	if n, j, ok := s.ordinal(i); ok && !p.hasDay {
		if day, _, ok := s.dayName(j); ok {
			p.nth, p.day, p.hasDay = n, day, true
			if n > 4 { // not every month has one
				p.unread = append(p.unread, i)
			}
			return j + 1
		}
	}
	if s.is(i, "other", "andere") && !p.hasDay && p.weeks == 0 {
		if day, _, ok := s.dayName(i + 1); ok {
			p.weeks, p.day, p.hasDay = 2, day, true
			return i + 2
		}
	}
	if day, many, ok := s.dayName(i); ok && !p.hasDay {
		p.day, p.hasDay = day, true
		p.every = p.every || many
		return i + 1
	}
	if s.is(i, "elke", "elk", "iedere", "ieder", "every", "each") {
		p.every = true
		return i + 1
	}
	if n, ok := s.number(i); ok && n == 1 && s.is(i+1, "keer", "x", "maal", "time") {
		return i + 2
	}
	if s.once(i) && p.once {
		return i + 1
	}
	return s.skip(i, "op", "on", "om", "at", "de", "the", "van", "vd", "of", "in", "per", "eens", "eenmaal", "once")
}

// once reports a word that makes a rhythm a single date. "Once a month" and
// "eenmaal per 6 weken" are not.
func (s script) once(i int) bool {
	return s.is(i, "eenmalig", "eenmalige", "eenmaal", "once") &&
		!s.is(i+1, "per", "in", "elke", "iedere", "de", "every", "each", "a")
}

// startWord steps over what announces the first date.
func (s script) startWord(i int) int {
	j := i
	switch {
	case s.has(i, "met", "ingang", "van"):
		j = i + 3
	case s.is(i, "vanaf", "sinds", "ingaande", "beginnend", "from", "since", "starting", "beginning"):
		j = s.skip(i+1, "from")
	}
	if j > i {
		j = s.skip(j, "op", "on")
	}
	return j
}

// until steps over a date at which it should end, which no rhythm does by itself.
func (s script) until(i int) (end int) {
	j := i
	switch {
	case s.has(i, "tot", "en", "met"):
		j = i + 3
	case s.has(i, "t", "m") && s.gap(i+1) == "/":
		j = i + 2
	case s.is(i, "tot", "until", "till", "to", "through"):
		j = i + 1
	}
	if m, ok := s.anyDate(j); ok && j > i {
		return m.end
	}
	return i
}

// start reads an announced first date: a day, vanaf volgende week, vanaf september.
func (s script) start(p *plan, i int) (end int) {
	p.announced = true
	m, ok := s.anyDate(i)
	if month := months[s.at(i)]; !ok && month > 0 {
		m.date = team.Date{Year: s.today.Year, Month: time.Month(month), Day: 1}
		if m.date.Month < s.today.Month {
			m.date.Year++
		}
		year, end := s.year(i + 1)
		if m.end, ok = end, true; year > 0 {
			m.date = team.Date{Year: year, Month: time.Month(month), Day: 1}
		}
	}
	if ok {
		p.setFrom(s.bounded(m, i, p.oldest()))
		return m.end
	}
	if ahead, end, ok := s.week(i); ok {
		p.setFrom(s.bounded(match{date: s.inWeek(ahead, time.Monday)}, i, p.oldest()))
		p.fromDay = false
		return end
	}
	p.problem = s.unclear(team.Date{}, p.lang, s.text(i, i+1))
	return min(i+1, len(s.tokens))
}

// ownDate reads a date that nothing announces. In a rhythm that recurs a mere
// weekday is not one.
func (s script) ownDate(once bool, i int) (match, bool) {
	if once {
		return s.anyDate(i)
	}
	return s.calendarDay(i)
}

// setFrom takes the date of m, or when there is something wrong with that, the
// one proposed instead.
func (p *plan) setFrom(m match) {
	p.from, p.fromDay, p.problem = m.date, true, m.problem
	if m.problem != nil {
		p.from, _ = ParseDate(m.problem.Args["example"], p.today)
	}
}

// oldest is the first date that the plan may have: today, but a rhythm that
// recurs may have begun long ago.
func (p *plan) oldest() team.Date {
	if p.announced && !p.once {
		return p.today.AddDays(-10 * 365)
	}
	return p.today
}

// interval reads how often: 6 weken, wekelijks, om de week, a month. One that is
// out of bounds is still not 0.
func (s script) interval(i int) (r rule, end int, ok bool) {
	n, j := 1, i
	switch {
	case s.has(i, "om", "de", "week"), s.has(i, "om", "de", "maand"):
		n, j = 2, i+2
	case s.is(i, "andere", "tweede", "other", "second"):
		n, j = 2, i+1
	case s.is(i, "fortnight", "fortnightly"):
		return rule{weeks: 2}, i + 1, true
	default:
		word := strings.TrimSuffix(s.at(i), "e")
		if count, found := strings.CutSuffix(word, "wekelijks"); found && numbers[count] > 0 {
			return rule{weeks: numbers[count]}, i + 1, true
		}
		if count, ok := s.number(i); ok {
			n, j = count, i+1
		}
	}
	if n == 0 {
		n = -1
	}
	switch strings.TrimSuffix(s.at(j), "e") {
	case "week", "weken", "weeks", "wekelijks", "weekly":
		return rule{weeks: n}, j + 1, true
	case "maand", "maanden", "month", "months", "maandelijks", "monthly":
		return rule{months: n}, j + 1, true
	}
	return rule{}, i, false
}

// ordinal reads eerste, 1e, first, 1st, laatste.
func (s script) ordinal(i int) (n, end int, ok bool) {
	if n, ok := ordinals[s.at(i)]; ok {
		return n, i + 1, true
	}
	n, ok = plain(s.at(i), 1)
	end = s.skipSuffix(i + 1)
	return n, end, ok && n >= 1 && n <= 5 && end > i+1
}

// dayName reads dinsdag, di, dinsdags, Tuesdays; many for the last two.
func (s script) dayName(i int) (day time.Weekday, many, ok bool) {
	text := s.at(i)
	if d, ok := weekdays[text]; ok {
		return time.Weekday(d), false, true
	}
	for _, plural := range []string{"s", "en"} {
		name, found := strings.CutSuffix(text, plural)
		if d, ok := weekdays[name]; ok && found && fullDay(name) {
			return time.Weekday(d), true, true
		}
	}
	return 0, false, false
}

// readCron reads the five fields after "cron".
func readCron(text string, today team.Date) (Rhythm, error) {
	const quotes = "`\"'“”„‘’:= "
	text = strings.Trim(strings.TrimSpace(text), quotes)
	wrong := func(code string, example cronSpec) error {
		return team.Wrong("ritme", code, "understood", "", "missing", "", "rest", text, "example", "cron: "+example.String())
	}
	spec, err := parseCron(text)
	if err != nil || !spec.fires(today) {
		example := cronSpec{time: usualTime, days: "* * 2"}
		if f := strings.Fields(text); len(f) == 5 {
			f[0], f[1] = "30", "13"
			if spec, err := parseCron(strings.Join(f, " ")); err == nil && spec.fires(today) {
				example = spec
			}
		}
		return Rhythm{}, wrong("rhythm.cron", example)
	}
	if possible := meetingTime(spec.time); possible != spec.time {
		spec.time = possible
		return Rhythm{}, wrong("rhythm.time", spec)
	}
	return Rhythm{Cron: spec.String(), Time: spec.time}, nil
}
