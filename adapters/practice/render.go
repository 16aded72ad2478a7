package practice

import (
	"embed"
	"html/template"
	"maps"
	"slices"
	"strings"
	"unicode"

	"kansbot/internal/chat"
)

//go:embed web
var web embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{"inert": inert}).ParseFS(web, "web/*.html"))

// inert takes out what HTML escaping leaves in: characters that turn the
// direction of the text around them, and control characters.
func inert(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '\u202a' && c <= '\u202e', c >= '\u2066' && c <= '\u2069', c == '\u200e', c == '\u200f', c == '\u061c':
			return -1
		case c != '\n' && unicode.IsControl(c):
			return -1
		}
		return c
	}, s)
}

type formView struct {
	*page
	*OpenForm
	Fields []fieldView
	Wrong  string // for the form as a whole
}

type fieldView struct {
	*page
	chat.Field
	Values  []string
	Problem string
	Focus   bool
}

// viewForm puts the reader at the first field with a problem, else at the
// first field.
func viewForm(p *page, f *OpenForm) *formView {
	v := &formView{page: p, OpenForm: f}
	focus, placed := 0, 0
	for i, field := range f.Form.Fields {
		problem := f.Problems[field.Name]
		if problem != "" {
			if placed == 0 {
				focus = i
			}
			placed++
		}
		v.Fields = append(v.Fields, fieldView{page: p, Field: field, Values: f.Values[field.Name], Problem: problem})
	}
	if len(v.Fields) > 0 {
		v.Fields[focus].Focus = true
	}
	var elsewhere []string // problems of no field that is shown
	for _, name := range slices.Sorted(maps.Keys(f.Problems)) {
		if !slices.ContainsFunc(f.Form.Fields, func(field chat.Field) bool { return field.Name == name }) {
			elsewhere = append(elsewhere, f.Problems[name])
		}
	}
	if v.Wrong = strings.Join(elsewhere, " "); v.Wrong == "" && placed > 0 {
		v.Wrong = p.T("form.wrong")
	}
	return v
}

func (f fieldView) Text() string { return strings.Join(f.Values, "\n") }

func (f fieldView) Has(key string) bool { return slices.Contains(f.Values, key) }

// Group reports whether the field is several inputs under one legend.
func (f fieldView) Group() bool {
	return f.Kind == chat.Many || f.Kind == chat.One && len(f.Options) <= 5
}

func (f fieldView) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, "hint-"+f.Name)
	}
	if f.Problem != "" {
		ids = append(ids, "wrong-"+f.Name)
	}
	return strings.Join(ids, " ")
}

// Initials are the first letters of the first and the last word of the name.
func (p Person) Initials() string {
	words := strings.Fields(inert(p.Name))
	var s string
	for i, w := range words {
		if i == 0 || i == len(words)-1 {
			s += string([]rune(w)[:1])
		}
	}
	return strings.ToUpper(s)
}

// title is a few words that name a post: its heading, or how it begins.
func title(m chat.Message) string {
	for _, kind := range []chat.Kind{chat.Heading, chat.Text} {
		for _, b := range m {
			if b.Kind == kind {
				return shorten(plain(b.Text), 60)
			}
		}
	}
	return "…"
}

func plain(spans []chat.Span) string {
	var s strings.Builder
	for _, span := range spans {
		s.WriteString(span.Text)
	}
	return inert(s.String())
}

func shorten(s string, n int) string {
	if c := []rune(s); len(c) > n {
		return strings.TrimSpace(string(c[:n])) + "…"
	}
	return s
}
