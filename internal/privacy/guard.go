// Package privacy guards what may come in: text that would tell which child or
// parent it is about (Check), text about acute unsafety (Acute), and wording
// that puts a diagnosis, a budget or a verdict before what the child needs
// (Reword).
//
// It only looks. It keeps nothing, and what it found is in the asker's own
// text: show that to the asker, never log it.
package privacy

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"kansbot/internal/team"
)

// Kind is what a Finding seems to be.
type Kind string

const (
	BSN     Kind = "bsn" // citizen service number; also an education number after its label
	Birth   Kind = "birth"
	Phone   Kind = "phone"
	Address Kind = "address" // postcode with house number
	Email   Kind = "email"
	IBAN    Kind = "iban"
	Name    Kind = "name"
)

// Kinds are all kinds there are.
var Kinds = []Kind{BSN, Birth, Phone, Address, Email, IBAN, Name}

// Finding is a stretch text[Start:End], in bytes, that should not be there.
type Finding struct {
	Kind       Kind
	Start, End int
	// Certain findings must be taken out. The asker may overrule the others
	// after seeing them.
	Certain bool
}

// Check finds what could identify a child or its family, in the order of the
// text and without overlap. today tells a birth date from the date of a plan.
//
// It catches slips, not somebody set on getting past it: a first name that is
// not common, an initial, a street without postcode or a nickname pass.
func Check(text string, today team.Date) []Finding {
	g := newGuard(text, today)
	g.codes()
	g.emails()
	g.ibans()
	g.dates()
	g.addresses()
	g.clocks()
	g.phones()
	g.bsns()
	g.names()
	slices.SortFunc(g.found, func(a, b Finding) int { return cmp.Compare(a.Start, b.Start) })
	return g.found
}

// guard is one text being checked. What one check has recognised is used, so
// that the next does not take it for something else.
type guard struct {
	text   string
	today  team.Date
	tokens []token
	digits []byte
	used   []bool   // per token
	folded []string // per token: a word in plain lower case
	groups []group
	found  []Finding
}

func newGuard(text string, today team.Date) *guard {
	g := &guard{text: text, today: today}
	g.tokens, g.digits = scan(text)
	g.used = make([]bool, len(g.tokens))
	g.folded = make([]string, len(g.tokens))
	for i, t := range g.tokens {
		if t.kind == word {
			g.folded[i] = fold(text[t.start:t.end])
		}
	}
	g.groups = g.group()
	return g
}

// use marks tokens from up to and including to as recognised.
func (g *guard) use(from, to int) {
	for i := from; i <= to; i++ {
		g.used[i] = true
	}
}

// report is use for what must not stay.
func (g *guard) report(kind Kind, from, to int) {
	g.use(from, to)
	g.found = append(g.found, Finding{kind, g.tokens[from].start, g.tokens[to].end, kind != Name})
}

// is reports whether token i exists and is of kind k.
func (g *guard) is(i int, k kind) bool {
	return i >= 0 && i < len(g.tokens) && g.tokens[i].kind == k
}

// isMark reports whether token i is one of these marks.
func (g *guard) isMark(i int, marks string) bool {
	if !g.is(i, mark) {
		return false
	}
	for _, m := range marks {
		if g.tokens[i].mark == m {
			return true
		}
	}
	return false
}

// glued reports whether token i follows the one before without white space.
func (g *guard) glued(i int) bool { return i > 0 && i < len(g.tokens) && !g.tokens[i].gap }

// letters is the number of letters of token i.
func (g *guard) letters(i int) int { return utf8.RuneCountInString(g.folded[i]) }
