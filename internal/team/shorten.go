package team

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Shorten takes out of a sentence what says nothing, until it has at most limit
// characters: filler words first, long ways to say something short after them.
// A sentence that fits stays as it is. What is left means the same: words with
// a capital, digits, codes and @handles are never touched. ok reports that it
// fits; else shorter is as short as it gets.
func Shorten(sentence string, limit int, lang string) (shorter string, ok bool) {
	fits := func() bool { return utf8.RuneCountInString(shorter) <= limit }
	if shorter = sentence; fits() {
		return shorter, true
	}
	words := strings.Fields(sentence)
	for before := -1; before != len(words); { // one trim may make room for another
		before = len(words)
		for _, t := range trims[lang] {
			if shorter = strings.Join(words, " "); fits() {
				return shorter, true
			}
			words = t.apply(words)
		}
	}
	shorter = strings.Join(words, " ")
	return shorter, fits()
}

// A trim is a phrase that can go, or be said in fewer characters.
type trim struct {
	words, by []string
	first     bool     // at the beginning of the sentence only
	after     []string // not after one of these words,
	before    []string // nor before one of these: there it means something else
	infinite  bool     // "te" goes with it: gaat proberen om X te bellen -> gaat X bellen
}

// trims by language, the surest first.
var trims = map[string][]trim{
	"nl": {
		drop("even").not("een de elke om te zo", "vaak lang veel groot goed hard snel ver hoog oud breed belangrijk week weken dag dagen"),
		drop("eventjes"),
		drop("eens").not("het niet weer ook nog minstens hooguit opnieuw", "per in om met over elke iedere"),
		drop("eigenlijk"),
		drop("sowieso"),
		drop("hopelijk"),
		drop("zo snel mogelijk"),
		drop("zo spoedig mogelijk"),
		drop("z.s.m."),
		drop("z.s.m"),
		drop("zsm"),
		drop("op korte termijn"),
		drop("in principe"),
		drop("eventueel"),
		say("zal gaan", "gaat"),
		say("zal proberen om", "gaat").infinitive(),
		say("gaat proberen om", "gaat").infinitive(),
		say("gaat proberen", "gaat").infinitive(),
		say("zorgt er voor dat", "zorgt dat"),
		say("zorgt ervoor dat", "zorgt dat"),
		say("er voor zorgen dat", "zorgen dat"),
		say("ervoor zorgen dat", "zorgen dat"),
		say("met betrekking tot", "over"),
		say("ten aanzien van", "over"),
		say("ten behoeve van", "voor"),
		say("door middel van", "met"),
		say("aan de hand van", "met"),
		say("in overleg met", "met"),
		say("samen met", "met"),
		say("op dit moment", "nu"),
		say("een aantal", "enkele"),
		say("vanwege het feit dat", "omdat"),
		say("met als doel om", "om"),
		say("met als doel", "voor"),
		say("en dergelijke", "e.d."),
		say("onder andere", "o.a."),
		say("bijvoorbeeld", "bv."),
		say("tot en met", "t/m"),
	},
	"en": {
		drop("just").not("a the only", "as about under over before after enough like"),
		drop("actually"),
		drop("basically"),
		drop("really").not("not", ""),
		drop("please"),
		drop("hopefully"),
		drop("as soon as possible"),
		drop("asap"),
		drop("in principle"),
		drop("possibly").not("as cannot not", ""),
		say("is going to try to", "will"),
		say("will be trying to", "will"),
		say("will try to", "will"),
		say("is going to", "will"),
		say("makes sure that", "makes sure"),
		say("make sure that", "make sure"),
		say("in order to", "to"),
		say("with regard to", "about"),
		say("with respect to", "about"),
		say("in relation to", "about"),
		say("due to the fact that", "because"),
		say("for the purpose of", "for"),
		say("by means of", "with"),
		say("in consultation with", "with"),
		say("together with", "with"),
		say("at the moment", "now"),
		say("at this moment", "now"),
		say("a number of", "some").not("such", ""),
		say("for example", "e.g."),
		say("and so on", "etc."),
		drop("will").atStart(),
	},
}

func drop(phrase string) trim { return trim{words: strings.Fields(phrase)} }

func say(phrase, by string) trim { return trim{words: strings.Fields(phrase), by: strings.Fields(by)} }

func (t trim) not(after, before string) trim {
	t.after, t.before = strings.Fields(after), strings.Fields(before)
	return t
}

func (t trim) infinitive() trim { t.infinite = true; return t }

func (t trim) atStart() trim { t.first = true; return t }

// apply takes the phrase out wherever it stands.
func (t trim) apply(words []string) []string {
	for i := 0; i < len(words); i++ {
		if !t.at(words, i) {
			continue
		}
		end := i + len(t.words)
		rest := words[end:]
		if t.infinite {
			te, found := toInfinitive(rest)
			if !found {
				continue
			}
			rest = slices.Delete(slices.Clone(rest), te, te+1)
		}
		mark := strings.TrimPrefix(words[end-1], t.words[len(t.words)-1])
		words = slices.Concat(words[:i], t.by, rest)
		if last := i + len(t.by) - 1; last >= 0 {
			words[last] = stopped(words[last], mark)
		}
	}
	return words
}

// at reports that the phrase stands at word i, and means nothing else there.
func (t trim) at(words []string, i int) bool {
	end := i + len(t.words)
	if end > len(words) || t.first && i > 0 {
		return false
	}
	for k, want := range t.words {
		word, mark := words[i+k], ""
		if k == len(t.words)-1 && word != want {
			word, mark = bare(word)
		}
		if word != want || strings.ContainsAny(mark, `"')`) {
			return false
		}
	}
	if i > 0 && slices.Contains(t.after, words[i-1]) {
		return false
	}
	if end < len(words) {
		next, _ := bare(words[end])
		return !slices.Contains(t.before, next)
	}
	return len(words) > len(t.words)
}

// bare is a word without the punctuation behind it.
func bare(word string) (bare, mark string) {
	bare = strings.TrimRight(word, `,.;:!?"')`)
	return bare, word[len(bare):]
}

// stopped is a word with one mark behind it: its own, if it has one.
func stopped(word, mark string) string {
	if _, has := bare(word); has != "" {
		return word
	}
	return word + mark
}

// toInfinitive is the first "te" before a verb: "niet te lang te wachten" has
// it before wachten.
func toInfinitive(words []string) (i int, found bool) {
	for i := range len(words) - 1 {
		verb, _ := bare(words[i+1])
		if words[i] == "te" && len(verb) > 3 && strings.HasSuffix(verb, "n") && strings.ToLower(verb) == verb {
			return i, true
		}
	}
	return 0, false
}
