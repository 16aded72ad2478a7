// Package text holds every sentence that Kansbot says, in Dutch and English,
// and the words of the field. It knows languages and plurals, not the domain.
//
// A text may hold {names} to fill in and **bold** stretches, nothing else.
package text

import (
	"embed"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Lang is a language that Kansbot speaks.
type Lang string

const (
	NL Lang = "nl"
	EN Lang = "en"
)

// Langs are all languages, the default first.
var Langs = []Lang{NL, EN}

// Of is the language for a locale such as "en-US"; Dutch when it is not known.
func Of(locale string) Lang {
	if strings.HasPrefix(strings.ToLower(locale), "en") {
		return EN
	}
	return NL
}

//go:embed nl.yaml en.yaml
var files embed.FS

// forms are a text for one and for more, which are often the same.
type forms struct{ one, more string }

var texts = load()

func load() map[Lang]map[string]forms {
	bundle := i18n.NewBundle(language.Dutch)
	bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	all := make(map[Lang]map[string]forms, len(Langs))
	for _, lang := range Langs {
		file, err := bundle.LoadMessageFileFS(files, string(lang)+".yaml")
		if err != nil {
			panic(fmt.Sprintf("text: %s.yaml: %v", lang, err))
		}
		localizer := i18n.NewLocalizer(bundle, string(lang))
		form := func(id string, n int) string {
			// The error stands for a text that is the same for one and more; what
			// comes with it is that text.
			s, _ := localizer.Localize(&i18n.LocalizeConfig{MessageID: id, PluralCount: n})
			return s
		}
		all[lang] = make(map[string]forms, len(file.Messages))
		for _, m := range file.Messages {
			all[lang][m.ID] = forms{form(m.ID, 1), form(m.ID, 2)}
		}
	}
	return all
}

// Has reports whether there is a text with this id.
func (l Lang) Has(id string) bool {
	_, found := l.texts()[id]
	return found
}

// Say is the text with the arguments filled in: name, value, name, value. An
// int argument named "n" chooses between one and more.
func (l Lang) Say(id string, args ...any) string {
	var b strings.Builder
	for _, p := range l.Parts(id, args...) {
		if p.Arg != nil {
			b.WriteString(Plain(p.Arg))
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

// Part is a stretch of a text: either its own words or an argument.
type Part struct {
	Text string
	Bold bool
	Arg  any
}

// Parts is Say for who needs to know which stretches were filled in. An
// unknown id shows as itself, an unknown name as {name}: tests forbid both.
func (l Lang) Parts(id string, args ...any) []Part {
	forms, found := l.texts()[id]
	if !found {
		return []Part{{Text: id}}
	}
	template := forms.more
	values := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		name := args[i].(string)
		values[name] = args[i+1]
		if name == "n" && args[i+1] == 1 {
			template = forms.one
		}
	}
	return parse(template, values)
}

func (l Lang) texts() map[string]forms {
	if all, ok := texts[l]; ok {
		return all
	}
	return texts[NL]
}

func parse(template string, values map[string]any) []Part {
	var parts []Part
	bold := false
	for i, stretch := range strings.Split(template, "**") {
		bold = i%2 == 1
		for stretch != "" {
			before, rest, open := strings.Cut(stretch, "{")
			name, after, closed := strings.Cut(rest, "}")
			value, known := values[name]
			if !open || !closed || !known {
				parts = append(parts, Part{Text: stretch, Bold: bold})
				break
			}
			if before != "" {
				parts = append(parts, Part{Text: before, Bold: bold})
			}
			parts = append(parts, Part{Arg: value, Bold: bold})
			stretch = after
		}
	}
	return parts
}

// Plain is an argument in words.
func Plain(arg any) string { return fmt.Sprint(arg) }
