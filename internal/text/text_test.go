package text

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"golang.org/x/text/unicode/norm"
)

// written is a language as its file has it: per id its text under "other", and
// under "one" when it has a plural.
func written(t testing.TB, lang Lang) map[string]map[string]string {
	t.Helper()
	file, err := files.ReadFile(string(lang) + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]any
	if err := yaml.Unmarshal(file, &texts); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]map[string]string, len(texts))
	for id, value := range texts {
		all[id] = map[string]string{}
		switch value := value.(type) {
		case string:
			all[id]["other"] = value
		case map[string]any:
			for form, s := range value {
				all[id][form], _ = s.(string)
			}
		default:
			t.Errorf("%s.yaml: %s is a %T", lang, id, value)
		}
	}
	return all
}

var namePattern = regexp.MustCompile(`\{([^{}]*)\}`)

// names are the {names} in all forms of a text.
func names(forms map[string]string) []string {
	found := map[string]bool{}
	for _, s := range forms {
		for _, m := range namePattern.FindAllStringSubmatch(s, -1) {
			found[m[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func TestLanguagesSayTheSame(t *testing.T) {
	nl, en := written(t, NL), written(t, EN)
	for id := range en {
		if nl[id] == nil {
			t.Errorf("%s is in English only", id)
		}
	}
	for id, dutch := range nl {
		english := en[id]
		if english == nil {
			t.Errorf("%s is in Dutch only", id)
			continue
		}
		if a, b := names(dutch), names(english); !slices.Equal(a, b) {
			t.Errorf("%s has %v in Dutch and %v in English", id, a, b)
		}
		if words := namePattern.ReplaceAllString(dutch["other"], ""); dutch["other"] == english["other"] && len(strings.Fields(words)) > 3 {
			t.Errorf("%s is not translated: %q", id, dutch["other"])
		}
	}
}

func TestEveryText(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]+$`)
	for _, lang := range Langs {
		for id, forms := range written(t, lang) {
			one, plural := forms["one"]
			if forms["other"] == "" || plural && one == "" || len(forms) > 2 || len(forms) == 2 && !plural {
				t.Errorf("%s: %s has the forms %q, want other, or one and other", lang, id, forms)
			}
			if plural && (one == forms["other"] || !slices.Contains(names(forms), "n")) {
				t.Errorf("%s: %s needs no plural: %q", lang, id, forms)
			}
			if other := names(map[string]string{"": forms["other"]}); !slices.Equal(other, names(forms)) {
				t.Errorf("%s: %s: other lacks a name of %v", lang, id, names(forms))
			}
			for form, s := range forms {
				where := string(lang) + ": " + id + "." + form
				if strings.TrimSpace(s) != s && !slices.Contains([]string{"action.gain", "letter.gain", "letter.done", "minutes.until"}, id) || strings.ContainsAny(s, "\n\t\r") || !norm.NFC.IsNormalString(s) {
					t.Errorf("%s is not one trimmed, composed line: %q", where, s)
				}
				if strings.Count(s, "**")%2 != 0 || strings.ContainsAny(alone.ReplaceAllString(strings.ReplaceAll(s, "**", ""), ""), "*_~`<>\\\"") {
					t.Errorf("%s has markup other than ** in pairs: %q", where, s)
				}
				if strings.ContainsAny(namePattern.ReplaceAllString(s, ""), "{}") {
					t.Errorf("%s has a lone brace: %q", where, s)
				}
				for _, n := range names(map[string]string{"": s}) {
					if !name.MatchString(n) {
						t.Errorf("%s has a {%s}", where, n)
					}
				}
				for i, stretch := range strings.Split(s, "**") {
					if i%2 == 1 && (stretch == "" || strings.TrimSpace(stretch) != stretch) {
						t.Errorf("%s has %q in bold", where, stretch)
					}
				}
				if lang == NL && strings.Contains(strings.ToLower(s), "melding") {
					t.Errorf("%s says melding, which is a report to Veilig Thuis: %q", where, s)
				}
			}
		}
	}
}

// alone is an asterisk that is a word of its own, as in a cron line.
var alone = regexp.MustCompile(`(^| )\*( \*)*( |$)`)

// Room that every platform has: see chat.Form, chat.Option and chat.Button.
func TestTextsFit(t *testing.T) {
	for _, tt := range []struct {
		ids   string
		bytes int
		runes int
	}{
		{ids: `form\.[a-z]+(\.[a-z]+)?`, bytes: 24},
		{ids: `form\.[a-z]+\.[a-z]+\.hint`, bytes: 150},
		{ids: `(case\.(new|preschool|none)|lang|region|schooltype|role|kind|group|haste|parents|action\.workagenda).*`, bytes: 75},
		{ids: `(button\..*|choice\..*|greeting\.button)`, runes: 30},
	} {
		pattern, matched := regexp.MustCompile(`^`+tt.ids+`$`), 0
		for _, lang := range Langs {
			for id, forms := range written(t, lang) {
				if !pattern.MatchString(id) || strings.HasSuffix(id, ".intro") {
					continue
				}
				matched++
				s := forms["other"]
				if tt.bytes > 0 && len(s) > tt.bytes {
					t.Errorf("%s: %s has %d bytes, want at most %d: %q", lang, id, len(s), tt.bytes, s)
				}
				if n := len([]rune(s)); tt.runes > 0 && n > tt.runes {
					t.Errorf("%s: %s has %d characters, want at most %d: %q", lang, id, n, tt.runes, s)
				}
			}
		}
		if matched == 0 {
			t.Errorf("no text is called %s", tt.ids)
		}
	}
}

func TestOf(t *testing.T) {
	for locale, want := range map[string]Lang{"": NL, "nl": NL, "nl-BE": NL, "fr": NL, "en": EN, "EN": EN, "en-US": EN, "en_GB": EN} {
		if got := Of(locale); got != want {
			t.Errorf("Of(%q) = %s, want %s", locale, got, want)
		}
	}
}

func TestSay(t *testing.T) {
	for _, tt := range []struct {
		lang Lang
		id   string
		args []any
		want string
	}{
		{NL, "point.added", []any{"when", "dinsdag"}, "Je punt staat op de agenda van dinsdag."},
		{EN, "point.added", []any{"when", "Tuesday"}, "Your point is on the agenda of Tuesday."},
		{"fr", "point.added", []any{"when", "mardi"}, "Je punt staat op de agenda van mardi."},
		{NL, "actions.title", []any{"n", 0}, "0 open acties:"},
		{NL, "actions.title", []any{"n", 1}, "1 open actie:"},
		{NL, "actions.title", []any{"n", 2}, "2 open acties:"},
		{EN, "actions.title", []any{"n", 1}, "1 open action:"},
		{NL, "agenda.minutes", []any{"n", 1}, "(1 min)"}, // the same for one and more
		{NL, "agenda.minutes", []any{"n", 5}, "(5 min)"},
		{NL, "problem.long", []any{"n", "160", "max", "140"}, "Dat is te lang: 160 tekens. Hooguit 140, dan blijft het leesbaar."},
		{NL, "overview.next", []any{"when", "{when} **nu**"}, "Het volgende Kans!overleg is {when} **nu**."},
		{NL, "reach", nil, "Bereikbaar: {how}"},
		{NL, "no.such.text", []any{"n", 1}, "no.such.text"},
	} {
		if got := tt.lang.Say(tt.id, tt.args...); got != tt.want {
			t.Errorf("%s.Say(%q, %v) = %q, want %q", tt.lang, tt.id, tt.args, got, tt.want)
		}
	}
}

func TestParts(t *testing.T) {
	who := struct{ id int }{7}
	got := NL.Parts("action.made", "nr", 3, "name", who, "day", "vrijdag")
	want := []Part{
		{Text: "Actie "}, {Arg: 3, Bold: true}, {Text: " staat op naam van "}, {Arg: who}, {Text: ", uiterlijk "}, {Arg: "vrijdag"}, {Text: "."},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestHas(t *testing.T) {
	for _, lang := range Langs {
		if !lang.Has("own") || !lang.Has("form.team") || lang.Has("form.team.school.hint") || lang.Has("") {
			t.Errorf("%s.Has: got %v %v %v %v", lang, lang.Has("own"), lang.Has("form.team"), lang.Has("form.team.school.hint"), lang.Has(""))
		}
	}
}

// Whatever the template and the arguments hold: the arguments come back as they
// went in, and the rest of the template is neither lost nor read twice.
func FuzzParts(f *testing.F) {
	for _, forms := range []map[string]map[string]string{written(f, NL), written(f, EN)} {
		for _, id := range []string{"action.sentence", "own", "signal.title", "help.kansoverleg.9"} {
			f.Add(forms[id]["other"], "who", "what", "{what} **{n}** {{", "*")
		}
	}
	f.Add("**{a", "a", "", "", "}")
	f.Add("{a}{b}**{a}****", "a", "b", "{b}", "**")
	f.Add("{{a}} {\xff} {}", "a", "", "\xff", "x")
	f.Fuzz(func(t *testing.T, template, name, other, value, second string) {
		values := map[string]any{other: second, name: value}
		var joined strings.Builder
		for _, p := range parse(template, values) {
			switch p.Arg {
			case nil:
				if p.Text == "" {
					t.Errorf("an empty part in %q", template)
				}
				joined.WriteString(p.Text)
			case values[name]:
				joined.WriteString("{" + name + "}")
			case values[other]:
				joined.WriteString("{" + other + "}")
			default:
				t.Errorf("%q became %q", []string{value, second}, p.Arg)
			}
		}
		if want := strings.ReplaceAll(template, "**", ""); value != second && joined.String() != want {
			t.Errorf("parse(%q) = %q, want %q", template, joined.String(), want)
		}
	})
}

func BenchmarkSay(b *testing.B) {
	for b.Loop() {
		NL.Say("actions.title", "n", 3)
	}
}
