package schedule

import (
	"strings"
	"unicode/utf8"

	"kansbot/internal/team"
)

// maxText is the longest date or rhythm that is read, in runes.
const maxText = 200

// ParseDate reads one date in Dutch or English: vrijdag (the next one, never
// today), overmorgen, volgende week vrijdag, over 2 weken, 12 feb, do 12
// februari 2027, 12-02-2027, 12/2, 2027-02-12, Koningsdag. The day comes before
// the month. Without a year it is the next such day, but past when that was
// recently.
//
// Its errors are *team.Problem at "datum": date.none (no such day), date.past,
// date.far (over two years ahead), date.weekday (with "typed" and "actual") and
// date.unclear (with "rest"). All have "understood" and an "example" that
// ParseDate accepts.
func ParseDate(words string, today team.Date) (team.Date, error) {
	if utf8.RuneCountInString(words) > maxText {
		return team.Date{}, script{today: today}.unclear(team.Date{}, dutch, "")
	}
	s := newScript(words, today)
	s.lang = s.language(0, len(s.tokens))
	i := 0
	for s.is(i, introductions...) {
		i++
	}
	m, ok := s.date(i)
	switch {
	case m.problem != nil:
		return team.Date{}, m.problem
	case !ok:
		return team.Date{}, s.unclear(team.Date{}, s.lang, strings.TrimSpace(words))
	case m.end < len(s.tokens):
		return team.Date{}, s.unclear(m.date, s.lang, s.text(m.end, len(s.tokens)))
	}
	return m.date, nil
}

// ParseMoment reads a date as ParseDate does, with or without a time of day,
// in either order: 12 feb 14:00, morgen om 9 uur. A time must lie in the hours
// of a Kans!overleg, 07:00 to 22:00; otherwise the Problem is date.time.
func ParseMoment(words string, today team.Date) (day team.Date, at Clock, hasTime bool, err error) {
	if utf8.RuneCountInString(words) > maxText {
		return team.Date{}, Clock{}, false, script{today: today}.unclear(team.Date{}, dutch, "")
	}
	s := newScript(words, today)
	s.lang = s.language(0, len(s.tokens))
	var unread []int
	var typed string // the time
	for i := 0; i < len(s.tokens); {
		if c, end, ok := s.clock(i); ok && !hasTime {
			at, hasTime, typed, i = c, true, s.text(i, end), end
			continue
		}
		if m, ok := s.date(i); ok && day.IsZero() {
			if m.problem != nil {
				return team.Date{}, Clock{}, false, s.withTime(m.problem, i, m.end)
			}
			day, i = m.date, m.end
			continue
		}
		if !s.is(i, introductions...) {
			unread = append(unread, i)
		}
		i++
	}
	if day.IsZero() || unread != nil {
		return team.Date{}, Clock{}, false, s.unclear(day, s.lang, s.texts(unread))
	}
	if possible := meetingTime(at); hasTime && possible != at {
		return team.Date{}, Clock{}, false, wrongDate("time", typed, FormatDate(s.lang, day, true)+" "+possible.String())
	}
	return day, at, hasTime, nil
}

// FindDate is the first day that a longer text is surely about, as in "ik kan niet
// op 12 feb", and not one until or from which something lasts; zero when there is
// none. first reports whether the text begins with that day, or with a time or a
// day that cannot be.
func FindDate(text string, today team.Date) (day team.Date, first bool) {
	s := newScript(text, today)
	start := 0
	for s.is(start, introductions...) {
		start++
	}
	_, _, first = s.clock(start)
	for i := start; i < len(s.tokens); i++ {
		m, ok := s.date(i)
		switch {
		case !ok, m.trust == alone, !s.standsFree(i, m.end), s.belongsElsewhere(i, i), s.is(i-1, "tot", "met", "m", "until", "till"):
		case m.problem != nil:
			return team.Date{}, first || i == start
		default:
			return m.date, first || i == start
		}
	}
	return team.Date{}, first
}

// withTime is a Problem with the date at tokens i up to j, of which the example
// has the time that stands elsewhere, if one does.
func (s script) withTime(p *team.Problem, i, j int) *team.Problem {
	for k := 0; k < len(s.tokens); k++ {
		if c, end, ok := s.clock(k); ok && (end <= i || k >= j) {
			return p.With("example", p.Args["example"]+" "+meetingTime(c).String())
		}
	}
	return p
}

// usualTime stands in an example where nothing was said.
var usualTime = Clock{13, 30}

// meetingTime is c, or when no Kans!overleg can begin then, what was probably
// meant: 2:00 in the afternoon.
func meetingTime(c Clock) Clock {
	for _, c := range []Clock{c, {c.Hour + 12, c.Minute}} {
		if c.valid() && c.within(earliest, latest) {
			return c
		}
	}
	return usualTime
}

// instead is a day that exists in place of one that does not: 28 February for
// the 30th, 13 February for 2/13.
func (s script) instead(w writtenDay) team.Date {
	if w.month > 12 && w.day >= 1 && w.day <= 12 {
		w.month, w.day = w.day, w.month
	}
	if w.month < 1 || w.month > 12 {
		return s.someday(team.Date{})
	}
	d := inMonth(w.year, w.month, min(max(w.day, 1), 31))
	if !d.Before(s.today) && w.year <= s.today.Year+1 {
		return d
	}
	return s.nearest(d)
}

// nextOn is the first such day from today on.
func (s script) nextOn(month, day int) team.Date {
	d := inMonth(s.today.Year, month, day)
	if d.Before(s.today) {
		d = inMonth(s.today.Year+1, month, day)
	}
	return d
}

// someday is d, or a day to show in an example.
func (s script) someday(d team.Date) team.Date {
	if d.IsZero() {
		return s.today.AddDays(14)
	}
	return d
}

// nearby is how many days ahead the day may be that somebody meant who wrote
// another year; else they meant a day like it next week.
const nearby = 60

// nearest is the day that was probably meant with d, which is over or too far
// ahead.
func (s script) nearest(d team.Date) team.Date {
	better := s.nextOn(int(d.Month), d.Day)
	if d.Before(s.today) && s.today.DaysUntil(better) > nearby {
		better = s.today.AddDays(1 + (int(d.Weekday())+13-int(s.today.Weekday()))%7)
	}
	return better
}

func (s script) wrongDay(code string, d team.Date, lang string) *team.Problem {
	better := s.nearest(d)
	return wrongDate(code, FormatDate(lang, d, true), FormatDate(lang, better, s.needsYear(better)))
}

func (s script) unclear(understood team.Date, lang, rest string) *team.Problem {
	p := wrongDate("unclear", FormatDate(lang, understood, true), FormatDate(lang, s.someday(understood), true))
	p.Args["rest"] = rest
	return p
}

func wrongDate(code, understood, example string) *team.Problem {
	return team.Wrong("datum", "date."+code, "understood", understood, "example", example)
}
