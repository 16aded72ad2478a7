package command

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// maxTold is how much of an agreement somebody can write: more than it may
// have, so that the answer can help to shorten it.
const maxTold = 300

// short refuses an agreement that is more than one sentence to repeat, with what
// to write instead. What it counts is what people write together: who does what,
// and when it worked.
func (r *Request) short(a team.Action) error {
	n := length(a.Text, a.Gain)
	if n <= maxAction {
		return nil
	}
	shorter := a
	field, at, other := "wat", &shorter.Text, &shorter.Gain
	if length(a.Text) <= maxAction {
		field, at, other = "gelukt", other, at
	}
	*at, _ = team.Shorten(*at, maxAction-length(*other), string(r.lang))
	_, form := r.event.Act.(chat.Submitted)
	if !form { // which shows an example for one field
		*other, _ = team.Shorten(*other, maxAction-length(*at), string(r.lang))
	}
	over := length(*at, *other) - maxAction
	counted := []string{"n", strconv.Itoa(n), "max", strconv.Itoa(maxAction), "over", strconv.Itoa(over)}
	p := team.Wrong(field, "action.long", counted...)
	if over > 0 {
		first := firstOfTwo(shorter.Text, maxAction)
		if field != "wat" || first == "" {
			return team.Wrong(field, "action.over", counted...)
		}
		p = team.Wrong(field, "action.two", counted...)
		if shorter.Text = first; length(first, shorter.Gain) > maxAction {
			shorter.Gain = "" // left for the form, which keeps it
		}
	}
	if form {
		return p.With("example", *at)
	}
	return p.With("example", r.actionLine("@"+r.member(a.Owner).Handle, shorter))
}

// length is how many characters texts have together.
func length(texts ...string) (n int) {
	for _, s := range texts {
		n += utf8.RuneCountInString(s)
	}
	return n
}

// betweenTwo finds where a second agreement may begin: behind "en" with the
// verb of somebody who does something, and behind a semicolon.
var betweenTwo = regexp.MustCompile(`\s*;|,?\s+(?:en\s+(\pL+t)|and\s+(\pL+s))\s`)

// firstOfTwo is as much of a sentence as is one agreement and fits; empty when
// it does not fall apart.
func firstOfTwo(s string, limit int) string {
	for _, at := range betweenTwo.FindAllStringSubmatchIndex(s, -1) {
		if verb := s[max(at[2], at[4], 0):at[1]]; isWord(sentence(verb), "het", "dat", "met", "niet", "uit", "wat", "this", "its", "parents") {
			continue
		}
		if first := sentence(s[:at[0]]); first != "" && utf8.RuneCountInString(first) <= limit {
			return first
		}
	}
	return ""
}

// deed is what somebody does, to read behind their name: "ik leg" is "legt", "I
// will call" is "will call", and "Praat met" is "praat met".
func (r *Request) deed(s string) string {
	s = sentence(s)
	word, rest := firstWord(s)
	verb, after := firstWord(rest)
	switch said := fold(word); {
	case contracted[said] != "":
		return strings.TrimSpace(contracted[said] + " " + rest)
	case said == "i" && verb != "":
		return strings.TrimSpace(doesIt(verb) + " " + after)
	case said != "ik":
		return r.small(s)
	}
	switch other := ofAnother[fold(verb)]; {
	case other != "":
		verb = other
	case verb != "" && !sameOfAnother.MatchString(verb):
		verb += "t"
	}
	return strings.TrimSpace(verb + " " + after)
}

// contracted is what is said of another for an "I" with its verb.
var contracted = map[string]string{"i'll": "will", "i'm": "is", "i'd": "would"}

// doesIt is an English verb behind "I" as it is of another: "call" is "calls".
func doesIt(verb string) string {
	last := consonantY.FindString(verb)
	switch other := ofAnotherInEnglish[fold(verb)]; {
	case other != "":
		return other
	case last != "":
		return strings.TrimSuffix(verb, "y") + "ies"
	case hissing.MatchString(verb):
		return verb + "es"
	}
	return verb + "s"
}

var (
	consonantY = regexp.MustCompile(`[^aeiou]y$`)
	hissing    = regexp.MustCompile(`(?:s|x|z|ch|sh|o)$`)
)

// ofAnotherInEnglish are the words behind "I" that take no s.
var ofAnotherInEnglish = map[string]string{
	"am": "is", "have": "has", "was": "was", "will": "will", "would": "would", "can": "can", "could": "could", "may": "may", "might": "might",
	"must": "must", "shall": "shall", "should": "should", "had": "had", "did": "did", "also": "also", "and": "and",
}

// saidOfMyself finds a sentence that goes on behind "@ik" as it would behind "ik":
// "@ik bel de ouders". What may be a noun is a verb before an article.
var saidOfMyself = regexp.MustCompile(`(?i)^(?:` +
	`(?:bel|vraag|maak|stuur|schrijf|zoek|regel|bespreek|neem|geef|kijk|lees|haal|breng|leg|zet|spreek|help|oefen|kies|ga|heb|doe|kom|loop|blijf|hou|houd|` +
	`probeer|informeer|organiseer|observeer|evalueer|bied|bereid)|` +
	`(?:mail|app|plan|check|print|bezoek|nodig|overleg|werk|deel|meld|pak|koop|volg|vul|bewaar|praat)\s+(?:de|het|een|alle|mijn|met))\s`)

// small is a text without the capital that begins a sentence. That of an
// abbreviation or of a colleague's name stays.
func (r *Request) small(s string) string {
	word, _ := firstWord(s)
	_, n := utf8.DecodeRuneInString(word)
	if tail := word[n:]; tail == "" || tail != strings.ToLower(tail) {
		return s
	}
	members, err := r.members()
	r.broken = cmp.Or(r.broken, err)
	name := strings.TrimSuffix(strings.Trim(word, ".,:;"), "'s")
	for _, m := range members {
		if m.Called(name) {
			return s
		}
	}
	return strings.ToLower(word[:n]) + s[n:]
}

// sameOfAnother finds the verbs that are the same of another: they end in a t, or
// are of the past, as "wilde".
var sameOfAnother = regexp.MustCompile(`(?i)(?:t|de|te)$`)

// ofAnother is what is said of another, where that is not the verb of "ik" with a
// t behind it; or where the word is no verb.
var ofAnother = map[string]string{
	"ben": "is", "heb": "heeft", "ga": "gaat", "sta": "staat", "sla": "slaat", "hou": "houdt", "rij": "rijdt",
	"kan": "kan", "zal": "zal", "wil": "wil", "mag": "mag", "update": "updatet",
	"zou": "zou", "had": "had", "was": "was", "werd": "werd", "wou": "wou", "kon": "kon", "ging": "ging", "kwam": "kwam",
	"deed": "deed", "gaf": "gaf", "nam": "nam", "zag": "zag", "sprak": "sprak", "vond": "vond", "stond": "stond", "bleef": "bleef", "kreeg": "kreeg",
	"en": "en", "zelf": "zelf", "ook": "ook", "samen": "samen",
}

// actionLine is the line that makes an action.
func (r *Request) actionLine(who string, a team.Action) string {
	line := "/actie " + who + " " + a.Text + " " + r.lang.Say("action.by", "date", r.dayToType(a.Due))
	if a.Code != "" {
		line += " " + a.Code
	}
	if a.Gain != "" {
		line += r.lang.Say("action.line.gain", "gain", a.Gain)
	}
	return line
}
