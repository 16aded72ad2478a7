package schedule

import (
	"slices"
	"strings"
	"unicode/utf8"

	"kansbot/internal/team"
)

// CutDate takes the date off a sentence that says by when:
//
//	vraagt om tips voor de klas voor 12 feb   ->  vraagt om tips voor de klas
//	plant overdracht uiterlijk 5 feb; gelukt  ->  plant overdracht; gelukt
//
// A date after "uiterlijk" counts wherever it stands, else one at the end, else
// one inside the sentence after "voor", "before" or "by". A time behind it goes
// along with it. The rest is as it was typed, but for the punctuation around the
// cut. Nothing like a date gives found = false; what must be a date but cannot be
// one, "voor 30 feb", gives the *team.Problem of ParseDate, and is cut off all the
// same.
//
// It rather misses a date than invents one: "do" and "zo" are words, 7/8 is a
// group, and vrijdag in "elke vrijdag" or "het gesprek van vrijdag" is no
// deadline.
func CutDate(text string, today team.Date) (rest string, d team.Date, found bool, err error) {
	s := newScript(text, today)
	var best deadline
	for i := 0; i < len(s.tokens); {
		m, ok := s.date(i)
		if !ok {
			i++
			continue
		}
		if c := s.deadline(i, m); c.rank > best.rank {
			best = c
		}
		i = m.end
	}
	switch {
	case best.rank == 0:
		return text, team.Date{}, false, nil
	case best.problem != nil:
		return s.without(best.first, best.end), team.Date{}, false, best.problem
	}
	return s.without(best.first, best.end), best.date, true, nil
}

// A deadline is a date in a sentence with the words that introduce it; the
// higher its rank the surer, 0 is none.
type deadline struct {
	match
	first int
	rank  int
}

func (s script) deadline(i int, m match) deadline {
	d := deadline{match: m, first: i}
	for s.introducedBy(&d.first) {
	}
	introduction := func(words ...string) bool {
		return slices.ContainsFunc(s.tokens[d.first:i], func(t token) bool { return slices.Contains(words, t.text) })
	}
	if _, end, ok := s.clock(m.end); ok {
		d.end = end
	}
	last := d.end == len(s.tokens)
	switch {
	case m.trust == alone, m.trust == introduced && (d.first == i || m.problem != nil), !s.standsFree(i, m.end), s.belongsElsewhere(d.first, i):
	case introduction("uiterlijk"):
		d.rank = 3
	case last:
		d.rank = 2
	case m.trust == sure && introduction("voor", "by", "before"):
		d.rank = 1
	}
	return d
}

// introducedBy moves first to the introduction before it, if there is one.
func (s script) introducedBy(first *int) bool {
	switch i := *first; {
	case s.is(i-1, introductions...):
		*first = i - 1
	case s.has(i-3, "tot", "en", "met"):
		*first = i - 3
	case s.has(i-2, "t", "m") && s.gap(i-1) == "/":
		*first = i - 2
	default:
		return false
	}
	return true
}

// standsFree reports that the tokens are words of their own: not the end of
// V-12, nor the beginning of vrijdag-middag.
func (s script) standsFree(i, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(s.source[:s.tokens[i].start])
	after := firstRune(s.source[s.tokens[end-1].end:])
	return (s.tokens[i].start == 0 || strings.ContainsRune(" \t\r\n\u00a0([\"„“‘',;:", before)) &&
		(s.tokens[end-1].end == len(s.source) || strings.ContainsRune(" \t\r\n\u00a0)]\"”’'.,;:!?", after))
}

// belongsElsewhere reports that the words before a date give it another
// meaning: a day that recurs or was, or the number of a group.
func (s script) belongsElsewhere(first, i int) bool {
	if s.is(i-1, "van", "sinds", "na", "rond", "vanaf", "tussen", "en", "of", "de", "hele", "goede", "afgelopen", "vorige", "laatste",
		"since", "from", "after", "and", "or", "the", "last", "good", "'s") {
		return true
	}
	for k := first - 3; k < i; k++ {
		if s.is(k, "elke", "elk", "iedere", "ieder", "every", "each") {
			return true
		}
	}
	return digit(firstRune(s.at(i))) && s.is(i-1, "groep", "groepen", "groepje", "klas", "leerjaar", "unit", "fase", "kern", "blok", "les", "week",
		"punt", "nr", "nummer", "actie", "casus", "signaal", "pagina", "blz", "group", "class", "grade", "lesson", "item", "case", "page", "k", "v")
}

// without is the source without the tokens from i up to j, and without the
// punctuation that this leaves hanging.
func (s script) without(i, j int) string {
	before := s.source[:s.tokens[i].start]
	after := s.source[s.tokens[j-1].end:]
	opened, closed := strings.TrimRight(before, " \"„“‘'("), strings.TrimLeft(after, " \"”’')")
	if opened != strings.TrimRight(before, " ") && closed != strings.TrimLeft(after, " ") {
		before, after = opened, closed
		if after != "" && !strings.ContainsRune(".,;:!?", firstRune(after)) {
			after = " " + after
		}
	}
	before = strings.TrimRight(before, " \t\r\n\u00a0,;:-–—")
	if strings.Trim(after, " \t\r\n\u00a0.,;:!?") == "" {
		return before
	}
	if before == "" {
		return strings.TrimLeft(after, " \t\r\n\u00a0.,;:!?-–—")
	}
	return before + after
}
