package privacy

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed reword.yaml
var rewordFile []byte

// suggestion is what to say instead of some wordings.
type suggestion struct {
	Key    string
	Typed  []string
	NL, EN string

	typed []phrase
}

var suggestions = sync.OnceValue(func() []suggestion {
	var list []suggestion
	if err := yaml.UnmarshalWithOptions(rewordFile, &list, yaml.Strict()); err != nil {
		panic(fmt.Sprintf("privacy: reword.yaml: %v", err))
	}
	for i := range list {
		for _, typed := range list[i].Typed {
			list[i].typed = append(list[i].typed, newPhrase(typed))
		}
	}
	return list
})

// Reword finds wording that puts a diagnosis, a budget or a verdict before
// what the child needs, and gives the key of at most one Suggestion. What
// somebody is quoted as saying does not count.
//
// It is a friendly hint for the asker alone: it never blocks, and since the
// key tells what was typed, it belongs in no channel and no log.
func Reword(text string) (key string, found bool) {
	list := entries(withoutQuotes(text))
	for _, s := range suggestions() {
		for _, p := range s.typed {
			if p.in(list) {
				return s.Key, true
			}
		}
	}
	return "", false
}

// Suggestion is the wording for a key of Reword, in "en" or else Dutch; empty
// for an unknown key.
func Suggestion(lang, key string) string {
	for _, s := range suggestions() {
		if s.Key == key {
			if lang == "en" {
				return s.EN
			}
			return s.NL
		}
	}
	return ""
}

const quotes = "\"'“”„‟«»‘’‚"

// quoted is a stretch between quotes that are closed. A single quote opens
// only before a word, so not in 's ochtends, and closes only after one, so not
// in ADHD'er.
var quoted = regexp.MustCompile(`"[^"]*"|[“„‟][^“”„‟]*[“”]|«[^»]*»|` +
	`\B['‘‚](?:[^\sstnSTN'’]|[stnSTN][^\s'’])(?:[^'’\n]|['’]\pL)*?['’]\B`)

func withoutQuotes(text string) string {
	if !strings.ContainsAny(text, quotes) {
		return text
	}
	return quoted.ReplaceAllString(text, " . ")
}
