package privacy

import (
	"slices"
	"strings"
	"time"

	"kansbot/internal/team"
)

// A date this long ago is taken for a birth date: the youngest children that a
// kernteam speaks of are about two, the oldest adults are not yet 110.
const (
	minAge = 2
	maxAge = 110
)

// dates finds birth dates: any date after a word such as "geboren", and
// elsewhere a full date that is long ago, unless it tells since when something
// is. Other dates are used up, so that no one takes 12-02-2027 for a number.
func (g *guard) dates() {
	for i := 0; i < len(g.tokens); i++ {
		t := g.tokens[i]
		if g.used[i] || t.kind == mark || t.kind == word && !isMonth(g.folded[i]) {
			continue
		}
		date, last := g.dateAt(i)
		born := g.announced(i)
		if born && last < 0 {
			last = g.shortDateAt(i)
		}
		switch {
		case last < 0:
			continue
		case born, g.longAgo(date) && !g.since(i):
			g.report(Birth, i, last)
		default:
			g.use(i, last)
		}
		i = last
	}
}

func (g *guard) longAgo(d team.Date) bool {
	return d.Year > g.today.Year-maxAge && !d.After(team.Date{Year: g.today.Year - minAge, Month: g.today.Month, Day: g.today.Day})
}

// announced reports whether token i comes shortly after a word for birth, in
// the same sentence.
func (g *guard) announced(i int) bool {
	const near = 7
	for j := i - 1; j >= 0 && j >= i-near && !g.is(j, number); j-- {
		switch bare(g.folded[j]) {
		case "geb", "gebdatum", "geboren", "geboortedag", "geboortedatum", "birthdate", "birthday", "birth", "born", "dob":
			return true
		}
		if g.isMark(j, ".!?") && !(j > 0 && g.folded[j-1] == "geb") {
			return false
		}
	}
	return false
}

// since reports whether token i is since when, or until when, something is.
func (g *guard) since(i int) bool {
	if i == 0 {
		return false
	}
	switch g.folded[i-1] {
	case "sinds", "vanaf", "per", "tot", "since", "from", "until":
		return true
	}
	return false
}

// dateAt is the date that starts at token i, and the token where it ends; -1
// when there is none.
func (g *guard) dateAt(i int) (team.Date, int) {
	if g.is(i, word) {
		return g.monthFirst(i)
	}
	if date, last := g.numericDate(i); last >= 0 {
		return date, last
	}
	day, month, next := g.dayMonth(i)
	if next < 0 {
		return team.Date{}, -1
	}
	year, last := g.yearAt(next)
	return valid(year, month, day, last)
}

// numericDate is 12-05-2015, 12/5/2015, 12.05.15, 12 05 2015 or 2015-05-12.
func (g *guard) numericDate(i int) (team.Date, int) {
	k := g.groupOf(i)
	if k+2 >= len(g.groups) {
		return team.Date{}, -1
	}
	a, b, c := g.groups[k], g.groups[k+1], g.groups[k+2]
	if a.link == 0 || a.link != b.link || !strings.ContainsRune("-/. ", a.link) || g.linkBefore(k) == a.link || c.link == a.link {
		return team.Date{}, -1
	}
	switch la, lb, lc := len(a.digits), len(b.digits), len(c.digits); {
	case la == 4 && lb <= 2 && lc <= 2:
		return valid(value(a.digits), time.Month(value(b.digits)), value(c.digits), c.token)
	case la <= 2 && lb <= 2 && lc == 4:
		return valid(value(c.digits), time.Month(value(b.digits)), value(a.digits), c.token)
	case la == 2 && lb == 2 && lc == 2 && a.link != ' ':
		return valid(g.century(value(c.digits)), time.Month(value(b.digits)), value(a.digits), c.token)
	}
	return team.Date{}, -1
}

// dayMonth is 12 mei, 12e mei or 12th of May; next is the token after it.
func (g *guard) dayMonth(i int) (day int, month time.Month, next int) {
	t := g.tokens[i]
	if t.kind != number || t.to-t.from > 2 {
		return 0, 0, -1
	}
	next = i + 1
	if g.is(next, word) && g.glued(next) {
		switch g.folded[next] {
		case "e", "ste", "de", "st", "nd", "rd", "th":
			next++
		}
	}
	if g.isMark(next, "-") || g.is(next, word) && g.folded[next] == "of" {
		next++
	}
	if !g.is(next, word) {
		return 0, 0, -1
	}
	month, ok := months[g.folded[next]]
	if !ok {
		return 0, 0, -1
	}
	return value(g.digits[t.from:t.to]), month, next + 1
}

// monthFirst is May 12, 2015.
func (g *guard) monthFirst(i int) (team.Date, int) {
	month := months[g.folded[i]]
	if !g.is(i+1, number) {
		return team.Date{}, -1
	}
	t := g.tokens[i+1]
	if t.to-t.from > 2 {
		return team.Date{}, -1
	}
	next := i + 2
	if g.is(next, word) && g.glued(next) {
		next++
	}
	year, last := g.yearAt(next)
	return valid(year, month, value(g.digits[t.from:t.to]), last)
}

// yearAt is the year at token i, after at most one mark: 2015, ". 2015" or '15.
func (g *guard) yearAt(i int) (year, last int) {
	apostrophe := false
	if g.isMark(i, ".,-'") {
		apostrophe = g.isMark(i, "'")
		i++
	}
	if !g.is(i, number) {
		return 0, -1
	}
	t := g.tokens[i]
	switch digits := g.digits[t.from:t.to]; {
	case isYear(digits):
		return value(digits), i
	case apostrophe && len(digits) == 2:
		return g.century(value(digits)), i
	}
	return 0, -1
}

// shortDateAt is where a date without a year, or without anything between its
// parts, ends. It counts only after a word for birth.
func (g *guard) shortDateAt(i int) int {
	if !g.is(i, number) {
		return -1
	}
	if _, _, next := g.dayMonth(i); next >= 0 {
		return next - 1
	}
	k := g.groupOf(i)
	a := g.groups[k]
	if len(a.digits) == 8 || len(a.digits) == 6 {
		day, month := value(a.digits[:2]), value(a.digits[2:4])
		if _, last := valid(2000, time.Month(month), day, i); last >= 0 {
			return i
		}
	}
	if k+1 < len(g.groups) && a.link != 0 && a.link != ' ' {
		b := g.groups[k+1]
		if _, last := valid(2000, time.Month(value(b.digits)), value(a.digits), b.token); last >= 0 {
			return last
		}
	}
	return -1
}

// groupOf is the group of the number at token i.
func (g *guard) groupOf(i int) int {
	k, _ := slices.BinarySearchFunc(g.groups, i, func(gr group, i int) int { return gr.token - i })
	return k
}

// century is the full year for one of two digits: not in the future.
func (g *guard) century(year int) int {
	year += g.today.Year / 100 * 100
	if year > g.today.Year {
		year -= 100
	}
	return year
}

// valid is the date with last, or -1 when the calendar does not know it.
func valid(year int, month time.Month, day, last int) (team.Date, int) {
	date := team.Date{Year: year, Month: month, Day: day}
	if last < 0 || !date.Valid() {
		return team.Date{}, -1
	}
	return date, last
}

func isMonth(folded string) bool {
	_, ok := months[folded]
	return ok
}

var months = map[string]time.Month{
	"januari": 1, "january": 1, "jan": 1,
	"februari": 2, "february": 2, "feb": 2, "febr": 2,
	"maart": 3, "march": 3, "mrt": 3, "mar": 3,
	"april": 4, "apr": 4,
	"mei": 5, "may": 5,
	"juni": 6, "june": 6, "jun": 6,
	"juli": 7, "july": 7, "jul": 7,
	"augustus": 8, "august": 8, "aug": 8,
	"september": 9, "sep": 9, "sept": 9,
	"oktober": 10, "october": 10, "okt": 10, "oct": 10,
	"november": 11, "nov": 11,
	"december": 12, "dec": 12,
}
