package slack

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"kansbot/adapters/slack/slacktest"
	"kansbot/bot/view/viewtest"
	"kansbot/internal/chat"
	"kansbot/internal/text"
)

// inSlack gives the people in a sample ids as Slack has them; Hugo is gone.
func inSlack(body chat.Message) chat.Message {
	ids := func(spans []chat.Span) []chat.Span {
		out := append([]chat.Span{}, spans...)
		for i, s := range out {
			if s.User != "" && s.User != "hugo" {
				out[i].User = "U0" + strings.ToUpper(s.User)
			}
		}
		return out
	}
	out := append(chat.Message{}, body...)
	for i, b := range out {
		out[i].Text = ids(b.Text)
		out[i].Items = nil
		for _, item := range b.Items {
			out[i].Items = append(out[i].Items, ids(item))
		}
	}
	return out
}

// goldenView is a view as JSON, with a line for each block.
func goldenView(t fataler, view any) string {
	t.Helper()
	var whole struct{ Blocks []json.RawMessage }
	data := encode(t, view)
	if err := json.Unmarshal(data, &whole); err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(whole.Blocks))
	for i, b := range whole.Blocks {
		lines[i] = letters(b)
	}
	blocks := letters(encode(t, whole.Blocks))
	return strings.Replace(letters(data), blocks, "[\n"+strings.Join(lines, ",\n")+"\n]", 1) + "\n"
}

func TestSampleGoldens(t *testing.T) {
	viewtest.Golden(t, "testdata/golden", *update, func(lang text.Lang, s viewtest.Sample) string {
		m := inSlack(s.Body)
		r := render(m)
		sendable(t, m, r)
		if t.Failed() {
			t.Fatalf("%s: %s %s", lang, s.Kind, s.Name)
		}
		return golden(t, r)
	})
}

func TestHomeGoldens(t *testing.T) {
	for _, lang := range text.Langs {
		files := map[string]string{}
		for _, s := range viewtest.Samples(lang) {
			if !strings.HasPrefix(s.Name, "Home") {
				continue
			}
			m := inSlack(s.Body)
			page := home(m)
			for _, problem := range slacktest.CheckView(encode(t, page)) {
				t.Errorf("%s: %s %s: %s", lang, s.Kind, s.Name, problem)
			}
			harmlessBlocks(t, m, encode(t, page.Blocks))
			files[s.Kind] += fmt.Sprintf("===== %s\n%s\n", s.Name, goldenView(t, page))
		}
		for kind, got := range files {
			compare(t, filepath.Join("testdata", "golden", "home", fmt.Sprintf("%s-%s.golden", lang, kind)), got)
		}
	}
}

// forms are the forms as the bot asks them, by the names of their texts.
var forms = []struct {
	name   string
	fields []chat.Field
}{
	{"signal", []chat.Field{
		{Name: "casus", Kind: chat.One, Options: answers(28)},
		{Name: "soort", Kind: chat.One, Options: answers(4)},
		{Name: "gezien", Kind: chat.Lines, Max: 500},
		{Name: "helpt", Kind: chat.Lines, Max: 500, Optional: true},
		{Name: "nodig", Kind: chat.Lines, Max: 500, Optional: true},
		{Name: "cirkel", Kind: chat.Many, Options: answers(8), Optional: true},
		{Name: "ouders", Kind: chat.One, Options: answers(5)},
		{Name: "haast", Kind: chat.One, Options: answers(2)},
		{Name: "groep", Kind: chat.One, Options: answers(4), Optional: true},
		{Name: "thema", Kind: chat.Line, Max: 40, Optional: true},
	}},
	{"action", []chat.Field{
		{Name: "wie", Kind: chat.One, Options: answers(12)},
		{Name: "wat", Kind: chat.Line, Max: 140},
		{Name: "datum", Kind: chat.Line},
		{Name: "gelukt", Kind: chat.Line, Max: 140, Optional: true},
		{Name: "casus", Kind: chat.Many, Options: answers(26)},
	}},
	{"team", []chat.Field{{Name: "naam", Kind: chat.Line, Max: 60}, {Name: "regio", Kind: chat.One, Options: answers(3)}, {Name: "voorzitter", Kind: chat.One, Options: answers(12), Optional: true}}},
	{"card", []chat.Field{{Name: "rol", Kind: chat.One, Options: answers(9)}, {Name: "wat", Kind: chat.Lines, Max: 300}, {Name: "bereik", Kind: chat.Line, Max: 100}}},
	{"postpone", []chat.Field{{Name: "datum", Kind: chat.Line}}},
}

func sampleForm(lang text.Lang, kind, name string, fields []chat.Field) chat.Form {
	id := "form." + name
	f := chat.Form{ID: "f-" + name, Title: lang.Say(id), Submit: lang.Say(id + ".submit")}
	if lang.Has(id + ".intro") {
		f.Intro = lang.Say(id + ".intro")
	}
	typed := map[string]string{"ordinary": "samen de eerste som maken", "long": strings.Repeat("samen de eerste som maken & nog een ", 100), "hostile": hostile}[kind]
	for _, field := range fields {
		field.Label = cmp.Or(lang.Say(id+"."+field.Name), field.Name)
		if lang.Has(id + "." + field.Name + ".hint") {
			field.Hint = lang.Say(id + "." + field.Name + ".hint")
		}
		field.Value = []string{typed}
		if len(field.Options) > 0 {
			field.Value = []string{"k1", "k0", "weg"}
		}
		field.Options = append([]chat.Option{}, field.Options...)
		for i := range field.Options {
			if kind != "ordinary" {
				field.Options[i].Label = typed[:40] + fmt.Sprint(" ", i)
			}
		}
		f.Fields = append(f.Fields, field)
	}
	if kind == "hostile" {
		f.Title, f.Intro, f.Submit = hostile, hostile, hostile
	}
	return f
}

func TestModalGoldens(t *testing.T) {
	for _, lang := range text.Langs {
		for _, kind := range viewtest.Kinds {
			var b strings.Builder
			for _, form := range forms {
				view := modal(sampleForm(lang, kind, form.name, form.fields))
				acceptable(t, view)
				harmlessBlocks(t, nil, encode(t, plainBlocks(view)))
				fmt.Fprintf(&b, "===== %s\n%s\n", form.name, goldenView(t, view))

				if form.name != "signal" {
					continue
				}
				again := corrected(sentIn(t, view, map[string][]string{form.fields[0].Name: {"k0", "x"}}), map[string]string{form.fields[0].Name: lang.Say("problem.action.when"), "": hostile})
				acceptable(t, again)
				fmt.Fprintf(&b, "===== %s, corrected\n%s\n", form.name, goldenView(t, again))
			}
			m := chat.Message{{Kind: chat.Text, Text: words(lang.Say("plan.none"))}, {Kind: chat.Note, Text: words(hostile)}}
			view := page("Kansbot", m, "Sluiten")
			acceptable(t, view)
			fmt.Fprintf(&b, "===== page\n%s", goldenView(t, view))
			compare(t, filepath.Join("testdata", "golden", "modal", fmt.Sprintf("%s-%s.golden", lang, kind)), b.String())
		}
	}
}
