package pages

import (
	"embed"
	"html/template"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"kansbot/internal/chat"
)

//go:embed web
var web embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"address": address,
	"clean":   chat.Clean,
	"parts":   parts,
	"under":   func(level int, m chat.Message) leveled { return leveled{level, m} },
}).ParseFS(web, "web/*.html"))

// leveled is a message whose headings are of that level.
type leveled struct {
	Level int
	Body  chat.Message
}

// A part is some text, which with Whole stays on one line.
type part struct {
	Text  string
	Whole bool
}

// whole is what reads badly in two: the code of a case, minutes.
var whole = regexp.MustCompile(`\b[A-Z]-\d{3,4}\b|\(\d{1,3} min\)`)

func parts(text string) (all []part) {
	text = chat.Clean(text)
	done := 0
	for _, at := range whole.FindAllStringIndex(text, -1) {
		all = append(all, part{text[done:at[0]], false}, part{text[at[0]:at[1]], true})
		done = at[1]
	}
	return append(all, part{text[done:], false})
}

type pageView struct {
	language
	chat.Page
	Secret string
}

// Says is what the page says below its title.
func (v pageView) Says() chat.Message { return says(v.Page) }

// Ends is the sentence about when the link does.
func (v pageView) Ends() string { return v.ends(v.Until) }

// says is the body without a heading that only repeats the title.
func says(p chat.Page) chat.Message {
	if len(p.Body) > 0 && p.Body[0].Kind == chat.Heading && plain(p.Body[0].Text) == chat.Clean(p.Title) {
		return p.Body[1:]
	}
	return p.Body
}

func plain(spans []chat.Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(chat.Clean(s.Text))
	}
	return b.String()
}

type sayView struct {
	language
	What string
}

// English says the same in the other language.
func (v sayView) English() sayView { return sayView{english, v.What} }

// Title and Text are what there is to say.
func (v sayView) Title() string { return v.T(v.What) }
func (v sayView) Text() string  { return v.T(v.What + ".text") }

type screenView struct {
	Language language
	chat.Screen
	At int64 // now, in milliseconds
}

func (v screenView) T(name string, args ...any) string { return v.Language.T(name, args...) }

// Timed reports whether there is a point with a time of its own.
func (v screenView) Timed() bool { return !v.Over && !v.Ends.IsZero() }

// Until is "tot 13:52".
func (v screenView) Until() string { return v.T("ends", v.Ends.Format("15:04")) }

// slug makes a plain file name of a title.
func slug(title string) string {
	var b strings.Builder
	for _, c := range norm.NFD.String(strings.ToLower(title)) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteRune(c)
		case unicode.Is(unicode.Mn, c): // é is e with an accent
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	s := b.String()
	if s = strings.Trim(s[:min(len(s), 60)], "-"); s == "" {
		return "kansbot"
	}
	return s
}
