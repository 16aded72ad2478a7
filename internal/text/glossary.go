package text

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/goccy/go-yaml"
	"golang.org/x/text/unicode/norm"
)

// Term is a word that school and youth care both use, and mean differently.
type Term struct {
	Key    string
	Word   string // as shown
	School string // what education means by it
	Care   string // what youth care and the municipality mean by it
	Say    string // one plain line to say instead
}

// MaxSuggestions is the most that Lookup suggests.
const MaxSuggestions = 5

// Lookup finds the term that words name or hold ("wat is een TLV?"), in any
// language and whatever the capitals, accents, spaces and plural. The term
// comes in lang. A slip of the pen in a longer word is found when only one
// term is near.
//
// When nothing or more than one term fits, suggestions are words to choose
// from, the nearest first; there may be none.
func Lookup(lang Lang, words string) (term Term, suggestions []string, found bool) {
	g := glossary()
	parts := lettered(words)
	whole := strings.Join(parts, "")

	hits := g.inside(parts)
	if len(hits) == 0 {
		var slip bool
		if hits, slip = g.near(whole); slip {
			return g.terms[hits[0]].in(lang), nil, true
		}
		for _, part := range parts {
			if len(part) >= slipLength && part != whole {
				more, _ := g.near(part)
				hits = append(hits, more...)
			}
		}
	} else if len(hits) == 1 {
		return g.terms[hits[0]].in(lang), nil, true
	}
	for _, i := range hits {
		word := g.terms[i].in(lang).Word
		if !slices.Contains(suggestions, word) && len(suggestions) < MaxSuggestions {
			suggestions = append(suggestions, word)
		}
	}
	return Term{}, suggestions, false
}

// Terms are the words of all terms, in the alphabet's order.
func Terms(lang Lang) []string {
	g := glossary()
	words := make([]string, len(g.terms))
	for i, t := range g.terms {
		words[i] = t.in(lang).Word
	}
	slices.SortFunc(words, func(a, b string) int { return strings.Compare(letters(a), letters(b)) })
	return words
}

//go:embed glossary.yaml
var glossaryFile []byte

type entry struct {
	Key     string
	Aliases []string
	NL, EN  meaning
}

type meaning struct{ Word, School, Care, Say string }

func (e entry) in(lang Lang) Term {
	m := e.NL
	if lang == EN {
		m = e.EN
	}
	return Term{e.Key, m.Word, m.School, m.Care, m.Say}
}

// names are all the ways to write a term, as bare letters.
func (e entry) names() []string {
	names := []string{letters(e.Key)}
	for _, written := range append([]string{e.NL.Word, e.EN.Word}, e.Aliases...) {
		for _, name := range strings.FieldsFunc(written, func(r rune) bool { return strings.ContainsRune("()/,", r) }) {
			if name := letters(name); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

type index struct {
	terms  []entry
	names  [][]string     // per term
	byName map[string]int // name -> term
}

var glossary = sync.OnceValue(func() index {
	var g index
	if err := yaml.UnmarshalWithOptions(glossaryFile, &g.terms, yaml.Strict()); err != nil {
		panic(fmt.Sprintf("text: glossary.yaml: %v", err))
	}
	g.byName = make(map[string]int)
	for i, t := range g.terms {
		g.names = append(g.names, t.names())
		for _, name := range g.names[i] {
			g.byName[name] = i
			g.byName[skeleton(name)] = i
		}
	}
	for i, names := range g.names { // a real name goes before another's skeleton
		for _, name := range names {
			g.byName[name] = i
		}
	}
	return g
})

// find looks one name up, also as a plural or a bent form.
func (g index) find(name string) (int, bool) {
	if i, ok := g.byName[name]; ok {
		return i, true
	}
	for _, ending := range []string{"", "s", "en", "n", "e", "es"} {
		stem, ok := strings.CutSuffix(name, ending)
		if !ok || len(stem) < 2 {
			continue
		}
		for _, form := range []string{stem, skeleton(stem)} {
			if i, ok := g.byName[form]; ok {
				return i, true
			}
		}
	}
	return 0, false
}

// skeleton takes away what Dutch spelling doubles or not between singular and
// plural: signaal - signalen, casus - casussen.
func skeleton(name string) string {
	if len(name) < 5 {
		return name
	}
	return string(slices.Compact([]rune(name)))
}

// inside are the terms that stand in the words, the longest name at each place.
func (g index) inside(parts []string) []int {
	var hits []int
	for from := 0; from < len(parts); from++ {
		for to := len(parts); to > from; to-- {
			if i, ok := g.find(strings.Join(parts[from:to], "")); ok {
				if !slices.Contains(hits, i) {
					hits = append(hits, i)
				}
				from = to - 1
				break
			}
		}
	}
	return hits
}

// slipLength is from how many letters a word with a slip of the pen counts as
// that word. In shorter words a letter makes too much difference: regio, regie.
const slipLength = 6

// near are the terms that look like a name, the nearest first; slip says that
// the first can only be a slip of the pen.
func (g index) near(name string) (hits []int, slip bool) {
	if len(name) < 3 {
		return nil, false
	}
	limit := 1
	if len(name) >= 8 {
		limit = 2
	}
	const partly = 3
	distance := make(map[int]int)
	count := make([]int, partly+1)
	for i, names := range g.names {
		best := partly + 1
		for _, known := range names {
			switch d := edits(name, known); {
			case d <= limit:
				best = min(best, d)
			case strings.Contains(known, name):
				best = min(best, partly)
			}
		}
		if best <= partly {
			distance[i] = best
			count[best]++
			hits = append(hits, i)
		}
	}
	slices.SortStableFunc(hits, func(a, b int) int { return distance[a] - distance[b] })
	slip = len(hits) > 0 && len(name) >= slipLength && distance[hits[0]] <= limit && count[distance[hits[0]]] == 1
	return hits, slip
}

// edits is the number of letters to add, drop, replace or swap with the next
// one to get from a to b, or a larger number when it is over 2.
func edits(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > 2 || len(y)-len(x) > 2 {
		return 3
	}
	row := func() []int { return make([]int, len(y)+1) }
	before, above, current := row(), row(), row()
	for j := range above {
		above[j] = j
	}
	for i := range x {
		current[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			current[j+1] = min(above[j+1]+1, current[j]+1, above[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				current[j+1] = min(current[j+1], before[j-1]+1)
			}
		}
		before, above, current = above, current, before
	}
	return above[len(y)]
}

// lettered are the first words of what was typed, as bare letters and digits.
// No term has more words than that.
func lettered(words string) []string {
	const most, longest = 12, 60
	var parts []string
	for field := range strings.FieldsSeq(words) {
		if len(parts) == most {
			break
		}
		if part := letters(field); part != "" && len(part) <= longest {
			parts = append(parts, part)
		}
	}
	return parts
}

// letters is s in lower case, without accents and all that is no letter or digit.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, norm.NFKD.String(strings.ToLower(s)))
}
