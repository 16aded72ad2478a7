package schedule

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kansbot/internal/team"
)

// ParseFree reads days that a school has of its own, in Dutch or English, with
// or without a label before or after them:
//
//	8 feb t/m 12 feb carnaval
//	8-12 feb
//	studiedag di 3 maart
//	toch open 26 apr
//	goede vrijdag
//
// "Tot" and "until" include the day that they name, as schools mean them. A
// year that is left out makes it the next such days, or those that have begun
// and go on today; what is just over is past. They are at most nine weeks.
//
// Its errors are *team.Problem at "vrij": free.unclear, free.order (the last
// day comes first), free.long, and the date.* of ParseDate, which have
// "understood" and the like. All have "got", the days that were understood, and
// "rest", each of which may be empty, in the typed language, and an "example"
// that ParseFree accepts.
func ParseFree(text string, today team.Date) (Period, error) {
	if utf8.RuneCountInString(text) > maxText {
		return Period{}, script{today: today, lang: dutch}.notFree("unclear", span{}, "")
	}
	s := newScript(text, today).apart()
	s.lang = s.language(0, len(s.tokens))
	p, err := s.free()
	if err != nil { // Koningsdag 27 april: the name is the label
		s.nameless = true
		p, err = s.free()
	}
	return p, err
}

func (s script) free() (Period, error) {
	var days span
	var unread []int
	for i := 0; i < len(s.tokens); {
		if _, end, ok := s.name(i); ok && s.nameless {
			for ; i < end; i++ {
				unread = append(unread, i)
			}
			continue
		}
		if found, ok := s.span(i); ok && days.end == 0 {
			days, i = found, found.end
			continue
		}
		unread = append(unread, i)
		i++
	}
	unread = slices.DeleteFunc(unread, func(i int) bool { return i == days.start-1 && s.is(i, "van", "op", "on", "from") && days.end > 0 })
	unread, days.open = s.opening(unread)
	label := printed(s.texts(unread))
	switch {
	case days.end == 0 || !s.isLabel(unread, days):
		return Period{}, s.notFree("unclear", days, label)
	case days.problem() != nil:
		return Period{}, s.notFree("", days, "")
	case days.short() && days.first.date == days.last.date && slices.ContainsFunc(unread, func(i int) bool { return s.is(i, "week", "weken", "weeks") }):
		return Period{}, s.notFree("unclear", s.schoolWeek(days), label)
	case days.short() && days.first.date == days.last.date:
		return days.period(cmp.Or(label, printed(days.first.name))), nil
	case days.short():
		return days.period(label), nil
	}
	if _, ok := s.turned(days); ok || days.last.date.Before(days.first.date) {
		return Period{}, s.notFree("order", days, "")
	}
	return Period{}, s.notFree("long", days, "")
}

// printed is text on one line, with single spaces.
func printed(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
}

// schoolWeek is Monday to Friday of the week that a single day is in, or after
// the weekend that it is in; the day itself when that is too far ahead.
func (s script) schoolWeek(day span) span {
	week, d := day, day.first.date
	if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
		d = d.AddDays(2)
	}
	week.first.date = d.AddDays(-(int(d.Weekday()) + 6) % 7)
	week.last.date = week.first.date.AddDays(4)
	if s.bounded(week.last, 0, s.today).problem != nil {
		return day
	}
	return week
}

// A span is a period as typed in tokens start to end, with its first and its
// last day, which are the same for a single one.
type span struct {
	start, end  int
	first, last match
	open        bool
}

func (d span) period(label string) Period {
	return Period{First: d.first.date, Last: d.last.date, Open: d.open, Label: label}
}

func (d span) problem() *team.Problem {
	if d.first.problem != nil {
		return d.first.problem
	}
	return d.last.problem
}

// short reports that the days are in order and not too many.
func (d span) short() bool {
	n := d.first.date.DaysUntil(d.last.date)
	return n >= 0 && n < longest
}

// apart is s with the token of 8-12 feb, and that of 8/2-12/2, made into two.
func (s script) apart() script {
	var tokens []token
	for i, t := range s.tokens {
		first, last, two := strings.Cut(t.text, "-")
		_, okF := plain(first, 2)
		_, okL := plain(last, 2)
		inMonth := okF && okL && (months[s.at(i+1)] > 0 || englishMonths[s.at(i-1)] > 0)
		inYear := strings.Contains(first, "/") && strings.Contains(last, "/") && !strings.Contains(last, "-")
		if at := strings.IndexByte(s.source[t.start:t.end], '-'); two && (inMonth || inYear) {
			tokens = append(tokens, token{text: first, start: t.start, end: t.start + at, glued: t.glued})
			t = token{text: last, start: t.start + at + 1, end: t.end}
		}
		tokens = append(tokens, t)
	}
	s.tokens = tokens
	return s
}

// span reads a day or a period at i.
func (s script) span(i int) (span, bool) {
	for _, read := range []func(int) (span, bool){s.monthFirst, s.monthLast, s.twoDates} {
		if d, ok := read(i); ok {
			d.start, d.end = i, d.last.end
			return d, true
		}
	}
	return span{}, false
}

// through steps over what stands between the first day and the last.
func (s script) through(i int) (end int, ok bool) {
	switch {
	case s.has(i, "tot", "en", "met"):
		return i + 3, true
	case s.has(i, "t", "m") && s.gap(i+1) == "/":
		return i + 2, true
	case s.is(i, "tot", "tm", "to", "until", "till", "through"):
		return i + 1, true
	}
	return i, slices.Contains([]string{"-", "–", "—"}, s.gap(i))
}

// twoDates reads one date, or 8 feb t/m 12 feb.
func (s script) twoDates(i int) (span, bool) {
	first, ok := s.anyDate(i)
	if !ok {
		return span{}, false
	}
	j, more := s.through(first.end)
	from := s
	if first.problem == nil && first.date.After(s.today) {
		from.today = first.date
	}
	last, ok := s.anyDate(j)
	if again, _ := from.calendarDay(j); again.anyYear {
		last = again // 21 dec t/m 3 jan
	}
	if !more || !ok {
		first = s.bounded(first, i, s.today)
		return span{first: first, last: first}, true
	}
	days := span{first: first, last: s.bounded(last, j, s.today)}
	if first.anyYear && last.problem == nil {
		days.first = s.before(i, first, last.date)
	}
	if first.problem == nil && last.problem == nil && !days.short() { // 8 feb t/m vrijdag
		from := s
		from.today = first.date
		again, _ := from.anyDate(j)
		if later := (span{first: first, last: s.bounded(again, j, s.today)}); later.short() {
			return later, true
		}
	}
	return days, true
}

// before is the day of a month at i in the last year in which it does not come
// after end: 28 dec t/m 3 jan has begun when today is 2 January.
func (s script) before(i int, m match, end team.Date) match {
	for year := end.Year; year >= end.Year-1; year-- {
		s.today = team.Date{Year: year, Month: m.date.Month, Day: m.date.Day}
		if s.today.Valid() && !s.today.After(end) {
			m, _ = s.anyDate(i)
			break
		}
	}
	return m
}

// monthLast reads 8-12 feb, ma 8 t/m vr 12 februari 2027.
func (s script) monthLast(i int) (span, bool) {
	number := i
	if _, named := weekdays[s.at(i)]; named {
		number++
	}
	number = s.skip(number, "de", "the")
	day, ok := plain(s.at(number), 2)
	j, more := s.through(s.skipSuffix(number + 1))
	last, okLast := s.calendarDay(j)
	if !ok || !more || !okLast {
		return span{}, false
	}
	w := writtenDay{year: last.date.Year, month: int(last.date.Month), day: day, end: last.end}
	return span{first: s.exact(match{}, w, i, number), last: s.bounded(last, j, s.today)}, true
}

// monthFirst reads February 8-12, 2027.
func (s script) monthFirst(i int) (span, bool) {
	month := englishMonths[s.at(i)]
	day, ok := plain(s.at(i+1), 2)
	j, more := s.through(s.skipSuffix(i + 2))
	lastDay, okLast := plain(s.at(j), 2)
	end := s.skipSuffix(j + 1)
	if month == 0 || !ok || !more || !okLast || months[s.at(end)] > 0 {
		return span{}, false
	}
	w := writtenDay{month: month, day: lastDay}
	if w.year, w.end = s.year(end); w.year == 0 {
		w.year = s.likelyYear(w.month, w.day)
	}
	last := s.bounded(s.exact(match{end: w.end}, w, i, i), i, s.today)
	w.day = day
	return span{first: s.exact(match{}, w, i, i), last: last}, true
}

// opening takes out of the unread tokens what says that school is open after
// all, and "vrij", which goes without saying. An "open dag" is none.
func (s script) opening(unread []int) (rest []int, open bool) {
	stress := []string{"toch", "wel", "gewoon", "still", "niet", "not"}
	for _, i := range unread {
		switch {
		case s.is(i, "open") && !s.is(i+1, "dag", "dagen", "huis", "day", "days", "house"), s.is(i, "school") && s.is(i-1, stress...):
			open = !s.is(i-1, "niet", "not")
			for ; len(rest) > 0 && rest[len(rest)-1] == i-1 && (s.is(i-1, stress...) || s.is(i-1, "is", "school", "anyway")); i-- {
				rest = rest[:len(rest)-1]
			}
		case s.is(i, "anyway") && open, s.is(i, "vrij", "free") && !s.is(i-1, "niet", "geen", "not", "no"):
		default:
			rest = append(rest, i)
		}
	}
	return rest, open
}

// isLabel reports that the unread tokens can be a label: they stand together,
// and in them is no number but 2e, no day of the week, nothing that goes on or
// takes back what the days say.
func (s script) isLabel(unread []int, days span) bool {
	onwards := []string{"vanaf", "from", "since", "tot", "tm", "until", "till"}
	if days.first.end == days.last.end && (s.is(days.start-1, onwards...) || s.has(days.start-2, "t", "m")) {
		return false
	}
	linking := append(onwards, "en", "of", "and", "or", "behalve", "except", "to", "through", "t", "m", "a")
	for n, i := range unread {
		_, isDay := weekdays[s.at(i)]
		outer := n == 0 || n == len(unread)-1 || i == days.start-1 || i == days.end
		switch {
		case n > 0 && unread[n-1] != i-1,
			digit(firstRune(s.at(i))) && (n == len(unread)-1 || s.skipSuffix(i+1) == i+1),
			isDay && fullDay(s.at(i)) && !s.inName(i),
			outer && s.is(i, linking...),
			s.is(i, "elke", "elk", "iedere", "ieder", "every", "each", "vrij", "free"),
			days.open && s.is(i, "niet", "geen", "not", "no", "dicht", "gesloten", "closed", "anyway"):
			return false
		}
	}
	return true
}

// notFree is the Problem with the days, or that with one of their dates, with
// an example as near to them as possible.
func (s script) notFree(code string, days span, rest string) *team.Problem {
	got := ""
	if days.end > 0 && days.problem() == nil && days.short() {
		got = days.period("").Words(s.lang)
	}
	example := s.repaired(days).period("").Words(s.lang)
	if p := days.problem(); p != nil && code == "" {
		p = p.With("got", got, "example", example)
		p.Field = "vrij"
		return p
	}
	return team.Wrong("vrij", "free."+code, "got", got, "rest", rest, "example", example)
}

// repaired is a span without problems.
func (s script) repaired(days span) span {
	if days.end == 0 {
		days.first.date = s.someday(team.Date{})
		days.last.date = days.first.date.AddDays(4)
		return days
	}
	for _, m := range []*match{&days.first, &days.last} {
		if m.problem == nil {
			continue
		}
		if better, err := ParseDate(m.problem.Args["example"], s.today); err == nil {
			m.date = better
		}
	}
	if days.short() {
		return days
	}
	if turned, ok := s.turned(days); ok {
		return turned
	}
	if longest := days.first.date.AddDays(longest - 1); days.last.date.After(longest) && s.bounded(match{date: longest}, 0, s.today).problem == nil {
		days.last.date = longest
		return days
	}
	days.first = days.last
	return days
}

// turned is the span with its last day first, when that makes sense of it.
func (s script) turned(days span) (span, bool) {
	first, last := days.last.date, days.first.date
	if last.Before(first) { // the last day was thought to be in the next year
		last.Year++
	}
	days.first.date, days.last.date = first, last
	later := s.bounded(match{date: last}, 0, s.today).problem != nil
	return days, last.Valid() && days.short() && !later
}
