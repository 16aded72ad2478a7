// Package view turns the domain into messages. It is pure: no store, no
// platform, no clock.
//
// What goes into a channel shows code, kind, elements, status, who is next,
// date and the action sentence, and nothing else: channel history, push
// previews and exports are out of our hands. Functions that show free text say
// so; their result is for the member who asked.
package view

import (
	"slices"
	"strings"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// View is what every message needs to know of its kernteam.
type View struct {
	Lang   text.Lang
	Zone   *time.Location
	Date   team.Date // today: what is far from it is shown with its year; zero for never
	Circle []team.Element
	Team   team.Kernteam
	Member team.Members
	CaseOf func(code string) team.Case
	Pages  bool // browsers can reach ours
}

// Spans fills in a text. A chat.Span argument keeps its style; everything else
// becomes plain words, bold where the text says so.
func Spans(lang text.Lang, id string, args ...any) []chat.Span {
	var spans []chat.Span
	for _, p := range lang.Parts(id, args...) {
		style := chat.Plain
		if p.Bold {
			style = chat.Bold
		}
		switch arg := p.Arg.(type) {
		case nil:
			spans = append(spans, chat.Span{Style: style, Text: p.Text})
		case chat.Span:
			spans = append(spans, arg)
		case []chat.Span:
			spans = append(spans, arg...)
		case string:
			spans = append(spans, chat.Span{Style: style, Text: arg})
		default:
			spans = append(spans, chat.Span{Style: style, Text: text.Plain(arg)})
		}
	}
	return spans
}

// Para, Note and Heading are one text in a block of that kind.
func Para(lang text.Lang, id string, args ...any) chat.Block {
	return chat.Block{Kind: chat.Text, Text: Spans(lang, id, args...)}
}

func Note(lang text.Lang, id string, args ...any) chat.Block {
	return chat.Block{Kind: chat.Note, Text: Spans(lang, id, args...)}
}

func Heading(lang text.Lang, id string, args ...any) chat.Block {
	return chat.Block{Kind: chat.Heading, Text: Spans(lang, id, args...)}
}

// Copied is a line to copy.
func Copied(line string) chat.Block {
	return chat.Block{Kind: chat.Copy, Text: []chat.Span{{Text: line}}}
}

// Problem tells the asker what was understood, what was not, and what to type
// instead.
func Problem(lang text.Lang, p *team.Problem) chat.Message {
	message := chat.Message{{Kind: chat.Text, Text: problemSpans(lang, p)}}
	if p.Args["got"] != "" {
		message = append(message, Note(lang, "problem.got", "got", p.Args["got"]))
	}
	if p.Args["rest"] != "" {
		message = append(message, Note(lang, "problem.rest", "rest", p.Args["rest"]))
	}
	if p.Args["example"] != "" {
		message = append(message, Para(lang, "problem.example"), Copied(p.Args["example"]))
	}
	return message
}

// ProblemLine is Problem in one line, for under a field.
func ProblemLine(lang text.Lang, p *team.Problem) string {
	line := ""
	for _, span := range problemSpans(lang, p) {
		line += span.Text
	}
	// An example of a whole command is no example for a field.
	if example := p.Args["example"]; example != "" && !strings.HasPrefix(example, "/") {
		line += " " + lang.Say("problem.fieldexample", "example", example)
	}
	return line
}

func problemSpans(lang text.Lang, p *team.Problem) []chat.Span {
	args := make([]any, 0, 2*len(p.Args))
	for name, value := range p.Args {
		args = append(args, name, value)
	}
	return Spans(lang, "problem."+p.Code, args...)
}

// mention is a member, so that they are notified.
func (v View) mention(user string) chat.Span {
	m := v.Member(user)
	return chat.Span{Style: chat.Mention, User: user, Text: v.name(m)}
}

// chair is the chair, so that they are notified; false when nobody is.
func (v View) chair() (chat.Span, bool) {
	if !v.Member(v.Team.Chair).Here {
		return chat.Span{Style: chat.Bold, Text: v.say("team.word")}, false
	}
	return v.mention(v.Team.Chair), true
}

// name is a member by name, without notifying.
func (v View) name(m team.Member) string {
	switch {
	case m.Name != "":
		return m.Name
	case m.Handle != "":
		return m.Handle
	}
	return v.Lang.Say("someone")
}

// Name is who a user id is.
func (v View) Name(user string) string { return v.name(v.Member(user)) }

func (v View) say(id string, args ...any) string { return v.Lang.Say(id, args...) }

func (v View) para(id string, args ...any) chat.Block { return Para(v.Lang, id, args...) }

func (v View) note(id string, args ...any) chat.Block { return Note(v.Lang, id, args...) }

// day is "dinsdag 12 januari".
func (v View) day(d team.Date) string {
	return schedule.FormatDate(string(v.Lang), d, schedule.OtherYear(d, v.Date))
}

// short is "di 12 jan".
func (v View) short(d team.Date) string {
	short := schedule.ShortDate(string(v.Lang), d)
	if schedule.OtherYear(d, v.Date) {
		short += " " + itoa(d.Year)
	}
	return short
}

// When is "dinsdag 12 januari om 13:30".
func (v View) When(t time.Time) string {
	t = t.In(v.Zone)
	return v.say("when", "day", v.day(team.DateOf(t)), "time", t.Format("15:04"))
}

func (v View) buttons(buttons ...chat.Button) chat.Block {
	return chat.Block{Kind: chat.Buttons, Buttons: buttons}
}

func (v View) button(do, id string, tone chat.Tone) chat.Button {
	return chat.Button{Do: do, Label: v.say(id), Tone: tone}
}

// WithoutButtons is a message where its buttons would not count: in a reply, or
// directly to somebody who may be in more than one kernteam.
func WithoutButtons(m chat.Message) chat.Message {
	return slices.DeleteFunc(slices.Clone(m), func(b chat.Block) bool { return b.Kind == chat.Buttons })
}

// Choices are lines to type next: label text id, line, label text id, line.
func (v View) Choices(pairs ...string) chat.Block {
	block := chat.Block{Kind: chat.Choices}
	for i := 0; i+1 < len(pairs); i += 2 {
		block.Choices = append(block.Choices, chat.Choice{Label: v.say(pairs[i]), Line: pairs[i+1]})
	}
	return block
}

// element is an element's label; its key when the configuration lost it.
func (v View) element(key string) string {
	for _, e := range v.Circle {
		if e.Key == key {
			return e.Label
		}
	}
	return key
}
