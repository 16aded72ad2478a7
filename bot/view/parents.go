package view

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/team"
)

// Letter is what parents may read of one Kans!overleg. Its texts name nobody
// and hold no codes; they are in the words of who wrote them.
type Letter struct {
	Day      team.Date
	Agreed   []Promise
	Helped   []string
	Evaluate team.Date // when to look again; zero when there is no such day, or it is over
	Ask      team.Role // of whom the parents can ask what they want to know
}

// Promise is an agreement in a Letter.
type Promise struct {
	Role       team.Role
	Text, Gain string
	Due        team.Date
	Done       bool
}

// Letter speaks to the parents: no names but roles, and dates in full.
func (v View) Letter(l Letter) chat.Message {
	message := chat.Message{v.para("letter.hello"), v.para("letter.met", "day", v.full(l.Day), "school", v.Team.School)}
	if len(l.Agreed) == 0 {
		message = append(message, v.para("letter.none"))
	} else {
		list := chat.Block{Kind: chat.Bullets}
		for _, p := range l.Agreed {
			list.Items = append(list.Items, v.promise(p))
		}
		message = append(message, v.para("letter.agreed"), list)
	}
	if len(l.Helped) > 0 {
		list := chat.Block{Kind: chat.Bullets}
		for _, helped := range l.Helped {
			list.Items = append(list.Items, []chat.Span{{Text: capital(helped)}})
		}
		message = append(message, v.para("letter.helped"), list)
	}
	if !l.Evaluate.IsZero() {
		message = append(message, v.para("letter.evaluate", "day", v.full(l.Evaluate)))
	}
	return append(message, v.para("letter.ask", "who", v.Someone(l.Ask)), v.para("letter.bye", "school", v.Team.School))
}

var space = chat.Span{Text: " "}

func (v View) promise(p Promise) []chat.Span {
	who := capital(v.Someone(p.Role))
	first, _, _ := strings.Cut(strings.ToLower(p.Text), " ")
	id, what := "letter.promise", p.Text
	if first == "ik" || first == "i" { // said by themselves, as the verb shows
		id, what = "letter.said", capital(p.Text)
	}
	spans := Spans(v.Lang, id, "who", who, "what", what, "day", v.full(p.Due))
	if p.Gain != "" {
		spans = append(append(spans, space), Spans(v.Lang, "letter.gain", "gain", p.Gain)...)
	}
	if p.Done {
		spans = append(append(spans, space), Spans(v.Lang, "letter.done")...)
	}
	return spans
}

// Someone is a member for parents: "de leerkracht".
func (v View) Someone(role team.Role) string {
	if role == team.NoRole {
		role = team.OtherRole
	}
	return v.say("letter.role." + string(role))
}

// LetterToCopy is a letter for the asker to copy, with words in it that still
// need explaining and what may be said instead.
func (v View) LetterToCopy(letter chat.Message, jargon []string) chat.Message {
	message := chat.Message{v.note("letter.read")}
	if len(jargon) > 0 {
		message = append(message, v.note("letter.jargon", "words", strings.Join(jargon, " ")))
	}
	return append(message, Copied(plain(letter)))
}

// plain is a message in paragraphs and lists of plain text.
func plain(m chat.Message) string {
	line := func(spans []chat.Span) (s string) {
		for _, span := range spans {
			s += span.Text
		}
		return s
	}
	var parts []string
	for _, b := range m {
		if b.Kind != chat.Bullets {
			parts = append(parts, line(b.Text))
			continue
		}
		var items []string
		for _, item := range b.Items {
			items = append(items, "- "+line(item))
		}
		parts = append(parts, strings.Join(items, "\n"))
	}
	return strings.Join(parts, "\n\n")
}

// full is "dinsdag 12 januari 2027".
func (v View) full(d team.Date) string { return schedule.FormatDate(string(v.Lang), d, true) }

func capital(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[n:]
}
