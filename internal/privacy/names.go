package privacy

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode"

	"github.com/goccy/go-yaml"
)

// class is what a word says about whether it, or the word beside it, is a name.
type class uint8

const (
	ordinary class = iota
	firstName
	lastName
	particle // van, der
	naming   // heet, genaamd
	relative // moeder, leerling
	title    // mevrouw, familie
	role     // juf, IB'er
	institution
	other // no name, though it may have a capital
)

//go:embed names.yaml
var namesFile []byte

type lexicon struct {
	class   map[string]class
	things  map[string]bool
	endings []string // of institutions
}

var theLexicon = sync.OnceValue(func() lexicon {
	var lists map[string]string
	if err := yaml.UnmarshalWithOptions(namesFile, &lists, yaml.Strict()); err != nil {
		panic(fmt.Sprintf("privacy: names.yaml: %v", err))
	}
	l := lexicon{class: make(map[string]class), things: make(map[string]bool), endings: strings.Fields(lists["endings"])}
	for list, c := range map[string]class{
		"first": firstName, "last": lastName, "particles": particle, "naming": naming, "relatives": relative,
		"titles": title, "roles": role, "institutions": institution, "others": other,
	} {
		for w := range strings.FieldsSeq(lists[list]) {
			l.class[w] = c
		}
	}
	for w := range strings.FieldsSeq(lists["things"]) {
		l.things[w] = true
	}
	return l
})

// of is the class of a folded word. Emma's is Emma; Anne-Fleur is Anne.
func (l lexicon) of(folded string, capital bool) class {
	folded = strings.TrimSuffix(folded, "'s")
	if c, ok := l.class[folded]; ok || !capital {
		return c
	}
	for _, ending := range l.endings {
		if strings.HasSuffix(folded, ending) {
			return institution
		}
	}
	if first, _, double := strings.Cut(folded, "-"); double && l.class[first] == firstName {
		return firstName
	}
	return ordinary
}

// reader is a guard that looks for names.
type reader struct {
	*guard
	lexicon lexicon
	class   []class // per token
	name    []bool  // per token: could be a part of somebody's name
	prose   bool    // capitals are rare, so they mean something
}

// names finds what is likely a person's name: a common first name; a word with
// a capital after "heet", "moeder" or "mevrouw"; two such words in a row, or a
// common surname after "van der" or initials.
func (g *guard) names() {
	r := reader{guard: g, lexicon: theLexicon(), class: make([]class, len(g.tokens)), name: make([]bool, len(g.tokens))}
	capitals, count := 0, 0
	for i, t := range g.tokens {
		if t.kind != word {
			continue
		}
		capital := isCapitalised(g.original(i))
		r.class[i] = r.lexicon.of(g.folded[i], capital)
		r.name[i] = capital && r.class[i] <= lastName && !g.used[i] &&
			!(g.glued(i) && (g.is(i-1, number) || g.isMark(i-1, "@#/_"))) &&
			!(g.glued(i+1) && (g.is(i+1, number) || g.isMark(i+1, "@/_")))
		count++
		if capital {
			capitals++
		}
	}
	r.prose = count < 4 || capitals*2 <= count
	for i := 0; i < len(g.tokens); i++ {
		if !g.is(i, word) || g.used[i] {
			continue
		}
		if from, to, ok := r.nameAt(i); ok {
			g.report(Name, from, to)
			i = to
		}
	}
}

// nameAt is the name that word i starts or announces.
func (r *reader) nameAt(i int) (from, to int, ok bool) {
	switch r.class[i] {
	case naming:
		return r.afterNaming(i)
	case relative:
		return r.nameFrom(i + 1)
	case title:
		if r.letters(i) <= 4 && r.isMark(i+1, ".") { // fam. and such
			return r.nameFrom(i + 2)
		}
		return r.nameFrom(i + 1)
	}
	if before := i - 1; r.adjacent(i) && r.is(before, word) && (r.class[before] == role || r.class[before] == institution) {
		return 0, 0, false
	}
	switch {
	case r.name[i] && r.class[i] == firstName:
		if isMonth(r.folded[i]) && r.is(i-1, number) {
			return 0, 0, false
		}
		to = r.end(i)
		return i, to, !(r.adjacent(to+1) && r.class[to+1] == institution && isUpper(r.original(to+1)))
	case r.name[i]:
		return r.twoNames(i)
	case r.initial(i):
		const most = 5
		next := i + 2
		for n := 1; n < most && r.initial(next); n++ {
			next += 2
		}
		surname := r.afterParticles(next)
		return i, surname, r.nameHere(surname) && (surname > next || r.class[surname] == lastName)
	case r.class[i] == particle && !r.startsSentence(i):
		surname := r.afterParticles(i + 1)
		return i, surname, isTussenvoegsel(r.folded[i]) && r.nameHere(surname) && r.class[surname] == lastName
	}
	return 0, 0, false
}

// afterNaming is the name after a word such as "heet" at token i, unless that
// is about a thing.
func (r *reader) afterNaming(i int) (from, to int, ok bool) {
	const near = 4
	for j := i - 1; j >= 0 && j >= i-near; j-- {
		if r.lexicon.things[r.folded[j]] {
			return 0, 0, false
		}
	}
	next := i + 1
	if r.isMark(next, ":") || r.is(next, word) && r.folded[next] == "is" {
		next++
	}
	if r.adjacent(next) && r.class[next] == firstName { // also without a capital
		return next, r.end(next), true
	}
	return r.nameFrom(next)
}

// nameFrom is the name that starts at token i, perhaps with "van der".
func (r *reader) nameFrom(i int) (from, to int, ok bool) {
	first := r.afterParticles(i)
	if !r.nameHere(first) {
		return 0, 0, false
	}
	return i, r.end(first), true
}

// twoNames is a first name that we do not know, with a surname. At the start
// of a sentence and after an article the first capital says little, so there
// the surname must be a common one; and so it must where all words have one.
func (r *reader) twoNames(i int) (from, to int, ok bool) {
	surname := r.afterParticles(i + 1)
	if !r.nameHere(surname) || r.adjacent(surname+1) && r.class[surname+1] == institution {
		return 0, 0, false
	}
	thing := surname == i+1 && r.is(i-1, word) && isBeforeThings(r.folded[i-1])
	if (!r.prose || r.startsSentence(i) || thing) && r.class[surname] != lastName {
		return 0, 0, false
	}
	return i, r.end(i), true
}

// adjacent reports whether token i is a word after white space on the same line.
func (r *reader) adjacent(i int) bool {
	return r.is(i, word) && r.tokens[i].gap && !r.tokens[i].line
}

// nameHere reports whether an adjacent token i could be a part of a name.
func (r *reader) nameHere(i int) bool { return r.adjacent(i) && r.name[i] }

// afterParticles is the first token from i on that is not "van", "der" and such.
func (r *reader) afterParticles(i int) int {
	const most = 3
	for n := 0; n < most && r.adjacent(i) && r.class[i] == particle; n++ {
		i++
	}
	return i
}

// end is the last token of the name that goes on from token i.
func (r *reader) end(i int) int {
	const most = 4
	for n := 0; n < most; n++ {
		next := r.afterParticles(i + 1)
		if !r.nameHere(next) {
			break
		}
		i = next
	}
	return i
}

// initial reports whether token i is one capital with a full stop.
func (r *reader) initial(i int) bool {
	return r.is(i, word) && !r.used[i] && r.letters(i) == 1 && isUpper(r.original(i)) && r.isMark(i+1, ".") && r.glued(i+1)
}

func (r *reader) startsSentence(i int) bool {
	return i == 0 || r.tokens[i].line || r.isMark(i-1, ".!?:;|>*•\"“”„«") || r.isMark(i-1, "-") && r.tokens[i].gap
}

func isTussenvoegsel(folded string) bool {
	switch folded {
	case "van", "von", "vd", "de", "den", "der", "ter", "ten":
		return true
	}
	return false
}

// isBeforeThings reports whether what follows is hardly ever a person: an
// article or a preposition of place.
func isBeforeThings(folded string) bool {
	switch folded {
	case "de", "het", "een", "t", "deze", "dit", "die", "dat", "ons", "onze", "in", "op", "te", "naar", "uit", "the", "a", "an", "this", "that", "our", "at", "on", "to":
		return true
	}
	return false
}

func isUpper(s string) bool {
	for _, r := range s {
		return unicode.IsUpper(r)
	}
	return false
}

// isCapitalised reports whether a word is written as names are: Emma,
// Anne-Fleur, O'Neill, IJsbrand, McNeill; not GGD or ParnasSys.
func isCapitalised(s string) bool {
	lower, start := false, true // start: of the word or of a part of it
	for i, r := range s {
		switch {
		case start:
			if i == 0 && !unicode.IsUpper(r) {
				return false
			}
			start = false
		case unicode.IsUpper(r):
			if !(i == 1 && s[:2] == "IJ") && !(i == 2 && s[:2] == "Mc") {
				return false
			}
		case unicode.IsLetter(r):
			lower = true
		default:
			if p := plain(r); p == '-' || p == '\'' {
				start = true
			}
		}
	}
	return lower
}
