package schedule

import (
	"slices"
	"strings"
	"time"

	"kansbot/internal/team"
)

// trust says where in a longer text a date is surely one.
type trust int

const (
	sure       trust = iota // anywhere
	introduced              // after "voor" and the like: 1-2 may be two groups
	alone                   // with nothing beside it: "do" is a day and a verb
)

// A match is a date read from a script. A problem means that the words have
// the shape of a date but are none.
type match struct {
	date    team.Date
	end     int
	trust   trust
	anyYear bool   // none was typed
	name    string // of the public holiday that was typed
	problem *team.Problem
}

// introductions may stand before a date without changing it.
var introductions = []string{"voor", "uiterlijk", "op", "per", "tot", "by", "before", "on", "due", "until"}

// date reads the longest date at i that is not in the past nor over two years
// ahead.
func (s script) date(i int) (match, bool) {
	m, ok := s.anyDate(i)
	if ok {
		m = s.bounded(m, i, s.today)
	}
	return m, ok
}

// anyDate is date, whenever it is.
func (s script) anyDate(i int) (match, bool) {
	for _, read := range []func(int) (match, bool){s.holiday, s.namedDay, s.calendarDay, s.dayInWeek, s.fromNow, s.weekday} {
		if m, ok := read(i); ok {
			if s.has(m.end, "a", "s") { // aanstaande
				m.end += 2
			}
			return m, true
		}
	}
	return match{}, false
}

// bounded is m, which begins at i, with a problem when it lies before oldest or
// over two years ahead.
func (s script) bounded(m match, i int, oldest team.Date) match {
	horizon := team.Date{Year: s.today.Year + 2, Month: s.today.Month, Day: s.today.Day}
	switch {
	case !m.date.Valid():
	case m.date.Before(oldest):
		m.problem = s.wrongDay("past", m.date, s.language(i, m.end))
	case m.date.After(horizon):
		m.problem = s.wrongDay("far", m.date, s.language(i, m.end))
	}
	return m
}

// namedDay reads today, tomorrow and the day after, and those that are over.
func (s script) namedDay(i int) (match, bool) {
	j := s.skip(i, "the")
	switch {
	case s.is(i, "vandaag", "today"):
		return match{date: s.today, end: i + 1}, true
	case s.is(i, "morgen", "tomorrow"):
		return match{date: s.today.AddDays(1), end: i + 1}, true
	case s.is(i, "gisteren", "yesterday"):
		return match{date: s.today.AddDays(-1), end: i + 1}, true
	case s.is(i, "eergisteren"):
		return match{date: s.today.AddDays(-2), end: i + 1}, true
	case s.is(i, "overmorgen"):
		return match{date: s.today.AddDays(2), end: i + 1}, true
	case s.has(j, "day", "after", "tomorrow"):
		return match{date: s.today.AddDays(2), end: j + 3}, true
	}
	return match{}, false
}

// week reads which week: this one (0), the next (1), over 2 weken (2).
func (s script) week(i int) (ahead, end int, ok bool) {
	switch {
	case !s.is(i+1, "week"):
	case s.is(i, "deze", "this"):
		return 0, i + 2, true
	case s.is(i, "volgende", "komende", "next", "coming"):
		return 1, i + 2, true
	}
	if n, ok := s.number(i + 1); ok && s.is(i, "over", "binnen", "in", "within") && s.is(i+2, "week", "weken", "weeks") {
		return n, i + 3, true
	}
	return 0, i, false
}

// inWeek is a day in the week, Monday to Sunday, so many weeks ahead.
func (s script) inWeek(ahead int, day time.Weekday) team.Date {
	monday := -(int(s.today.Weekday()) + 6) % 7
	return s.today.AddDays(monday + 7*ahead + (int(day)+6)%7)
}

// dayInWeek reads volgende week vrijdag, vrijdag over 2 weken, eind volgende
// week.
func (s script) dayInWeek(i int) (match, bool) {
	if day, ok := weekdays[s.at(i)]; ok {
		if ahead, end, ok := s.week(s.skip(i+1, "van", "of")); ok {
			return match{date: s.inWeek(ahead, time.Weekday(day)), end: end}, true
		}
	}
	if ahead, end, ok := s.week(i); ok {
		end = s.skip(end, "op", "on")
		if day, ok := weekdays[s.at(end)]; ok && fullDay(s.at(end)) {
			return match{date: s.inWeek(ahead, time.Weekday(day)), end: end + 1}, true
		}
	}
	if j := s.skip(i, "het", "the"); s.is(j, "eind", "einde", "end") {
		j = s.skip(j+1, "van", "of")
		if s.is(j, "de", "the") && s.is(j+1, "week") {
			return match{date: s.inWeek(0, time.Friday), end: j + 2}, true
		}
		if ahead, end, ok := s.week(j); ok {
			return match{date: s.inWeek(ahead, time.Friday), end: end}, true
		}
	}
	return match{}, false
}

// fromNow reads over drie dagen, in 2 weeks, over een maand.
func (s script) fromNow(i int) (match, bool) {
	n, ok := s.number(i + 1)
	if !ok || !s.is(i, "over", "binnen", "in", "within") {
		return match{}, false
	}
	m := match{end: i + 3}
	switch s.at(i + 2) {
	case "dag", "dagen", "day", "days":
		m.date = s.today.AddDays(n)
	case "week", "weken", "weeks":
		m.date = s.today.AddDays(7 * n)
	case "maand", "maanden", "month", "months":
		m.date = inMonth(s.today.Year, int(s.today.Month)+n, s.today.Day)
	case "jaar", "year", "years":
		m.date = inMonth(s.today.Year+n, int(s.today.Month), s.today.Day)
	default:
		return match{}, false
	}
	return m, true
}

// inMonth is the day of the month, or the last one of a shorter month; month 13
// is January of the next year.
func inMonth(year, month, day int) team.Date {
	first := team.DateOf(time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC))
	for d := (team.Date{Year: first.Year, Month: first.Month, Day: day}); ; d.Day-- {
		if d.Valid() {
			return d
		}
	}
}

// fullDay tells vrijdag and Friday from vr and fri.
func fullDay(name string) bool { return len(name) >= len("friday") }

// weekday reads a day on its own, always after today. "Volgende vrijdag" means
// this week's to one and next week's to another, so it is a problem.
func (s script) weekday(i int) (match, bool) {
	j := s.skip(i, "komende", "aanstaande", "aankomende", "deze", "coming", "this", "volgende", "next")
	day, ok := weekdays[s.at(j)]
	if !ok {
		return match{}, false
	}
	m := match{date: s.today.AddDays(1 + (day+13-int(s.today.Weekday()))%7), end: j + 1, trust: alone}
	if fullDay(s.at(j)) {
		m.trust = sure
	}
	if s.is(i, "volgende", "next") {
		lang := s.language(i, m.end)
		name := dayNames[lang][day]
		m.problem = wrongDate("unclear", name, map[string]string{dutch: "volgende week " + name, english: name + " next week"}[lang])
		m.problem.Args["rest"] = s.text(i, m.end)
	}
	return m, true
}

// calendarDay reads a day of a month, with or without its weekday and year.
func (s script) calendarDay(i int) (match, bool) {
	j := i
	_, named := weekdays[s.at(i)]
	if named {
		j++
	}
	w, ok := s.written(j)
	if !ok {
		return match{}, false
	}
	if named {
		w.trust = sure
	}
	m := match{end: w.end, trust: w.trust, anyYear: w.year == 0}
	if m.anyYear {
		w.year = s.likelyYear(w.month, w.day)
	}
	return s.exact(m, w, i, j), true
}

// recent is for how many days a day that was typed without a year is the one that
// is over, which is a mistake, and not that of next year: in June "22 februari" is
// the next one.
const recent = 60

// likelyYear is the year of a day that was typed without one. The day need not
// exist in it.
func (s script) likelyYear(month, day int) int {
	if month < 1 || month > 12 {
		return s.today.Year
	}
	year, from := s.today.Year-1, s.today.AddDays(-recent)
	for inMonth(year, month, min(max(day, 1), 31)).Before(from) {
		year++
	}
	return year
}

// needsYear reports that d would be taken for another day without its year.
func (s script) needsYear(d team.Date) bool { return s.likelyYear(int(d.Month), d.Day) != d.Year }

// exact is m with the day w, of which the year is known. It has a problem when
// there is no such day, or when the weekday at token i is another; the day
// itself was typed from token j on.
func (s script) exact(m match, w writtenDay, i, j int) match {
	lang := s.language(i, w.end)
	m.date = w.in(w.year)
	weekday, named := weekdays[s.at(i)]
	if !m.date.Valid() {
		better := s.instead(w)
		m.problem = wrongDate("none", s.text(j, w.end), FormatDate(lang, better, !m.anyYear || s.needsYear(better)))
	} else if named && m.date.Weekday() != time.Weekday(weekday) {
		full := FormatDate(lang, m.date, true)
		actual := dayNames[lang][m.date.Weekday()]
		m.problem = wrongDate("weekday", strings.TrimPrefix(full, actual+" "), full)
		m.problem.Args["typed"], m.problem.Args["actual"] = dayNames[lang][weekday], actual
	}
	return m
}

// A writtenDay is a date as typed, which need not exist; year 0 was left out.
type writtenDay struct {
	year, month, day int
	end              int
	trust            trust
}

func (w writtenDay) in(year int) team.Date {
	return team.Date{Year: year, Month: time.Month(w.month), Day: w.day}
}

// written reads 12 feb, de 12e februari 2027, feb 12, 12-02-2027, 12/2, 2027-02-12.
func (s script) written(i int) (writtenDay, bool) {
	if w, ok := numeric(s.at(i)); ok {
		w.end = i + 1
		return w, true
	}
	if month := englishMonths[s.at(i)]; month > 0 {
		if day, ok := plain(s.at(i+1), 2); ok && s.near(i+1) {
			w := writtenDay{month: month, day: day, end: s.skipSuffix(i + 2)}
			w.year, w.end = s.year(w.end)
			return w, true
		}
	}
	number := s.skip(i, "de", "the")
	day, ok := plain(s.at(number), 2)
	j := s.skipSuffix(number + 1)
	if ordinal := j > number+1; ordinal {
		j = s.skip(j, "van", "of")
	} else if number > i {
		return writtenDay{}, false
	}
	month := months[s.at(j)]
	if !ok || month == 0 || !s.near(j) {
		return writtenDay{}, false
	}
	w := writtenDay{month: month, day: day}
	w.year, w.end = s.year(j + 1)
	return w, true
}

// near reports that no punctuation parts token i from the one before it, other
// than that of 12-feb-2027, 1. mei, feb 12, 2027 and 12 feb '27.
func (s script) near(i int) bool {
	return slices.Contains([]string{"", "-", ".", ",", "'", "’"}, s.gap(i))
}

// skipSuffix steps over the end of an ordinal number: 1e, 2de, 12th.
func (s script) skipSuffix(i int) int {
	if s.glued(i) {
		return s.skip(i, "e", "de", "ste", "st", "nd", "rd", "th")
	}
	return i
}

// year reads 2027 or 27. Two digits are a year only when nothing follows but a
// time: "12 feb 20 stoelen" has none.
func (s script) year(i int) (year, end int) {
	if !s.near(i) {
		return 0, i
	}
	if y, ok := plain(s.at(i), 4); ok && len(s.at(i)) == 4 {
		return y, i + 1
	}
	y, ok := plain(s.at(i), 2)
	_, _, isTime := s.clock(i)
	_, _, thenTime := s.clock(i + 1)
	last := i+1 >= len(s.tokens) || thenTime || s.gap(i+1) != ""
	if ok && len(s.at(i)) == 2 && !isTime && last {
		return 2000 + y, i + 1
	}
	return 0, i
}

// numeric reads one token, the day before the month, the year first or last.
func numeric(text string) (writtenDay, bool) {
	at := strings.IndexAny(text, "-/.")
	if at < 0 {
		return writtenDay{}, false
	}
	sep := text[at : at+1]
	parts := strings.Split(text, sep)
	if len(parts) == 3 && len(parts[0]) == 4 {
		slices.Reverse(parts)
	}
	day, okD := plain(parts[0], 2)
	month, okM := plain(parts[1], 2)
	if !okD || !okM {
		return writtenDay{}, false
	}
	w := writtenDay{month: month, day: day}
	switch {
	case len(parts) == 2 && sep == "-":
		w.trust = introduced
		return w, true
	case len(parts) == 2 && sep == "/":
		w.trust = alone
		return w, true
	case len(parts) == 3:
		year, ok := plain(parts[2], 4)
		switch {
		case len(parts[2]) == 2:
			year += 2000
		case len(parts[2]) != 4 || year == 0:
			ok = false
		}
		w.year = year
		return w, ok
	}
	return writtenDay{}, false
}
