package view

import (
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// Signal is what the channel may know of a signal.
func (v View) Signal(s team.Signal, m team.Meeting) chat.Message {
	title := v.para("signal.title", "nr", s.Nr, "about", v.about(s), "facts", v.facts(s))
	switch s.Status {
	case team.Withdrawn:
		return chat.Message{v.para("signal.gone", "nr", s.Nr)}
	case team.Discussed:
		if m.Nr == 0 {
			return chat.Message{title, v.note("signal.settled")}
		}
		return chat.Message{title, v.note("signal.discussed", "when", v.When(m.Start))}
	}
	if !v.hasParents(s) {
		return chat.Message{title, {Kind: chat.Note, Text: []chat.Span{{Text: v.onAgenda(m)}}}}
	}
	return chat.Message{title, v.note("signal.parents", "parents", v.parents(s), "agenda", v.onAgenda(m))}
}

func (v View) onAgenda(m team.Meeting) string {
	switch {
	case m.Nr == 0:
		return v.say("signal.nodate")
	case m.Status == team.Running:
		return v.say("signal.now")
	}
	return v.say("signal.agenda", "when", v.When(m.Start))
}

// about is what the channel knows a signal by.
func (v View) about(s team.Signal) string {
	if s.Code != "" {
		return s.Code
	}
	if s.Theme != "" {
		return v.say("about.theme", "theme", s.Theme)
	}
	return v.say("about.group", "group", v.say("group."+string(s.Group)))
}

// facts are kind, group or theme beside a code, elements and haste.
func (v View) facts(s team.Signal) string {
	facts := []string{v.say("kind." + string(s.Kind))}
	if s.Group != "" && (s.Code != "" || s.Theme != "") {
		facts = append(facts, v.say("group."+string(s.Group)))
	}
	for _, key := range s.Elements {
		facts = append(facts, v.element(key))
	}
	if s.Urgent {
		facts = append(facts, v.say("haste.eerder"))
	}
	return strings.Join(facts, " · ")
}

// hasParents: where parents stand says something of a case; of a group or a
// theme only when somebody said so.
func (v View) hasParents(s team.Signal) bool { return s.Code != "" || s.Parents != team.NotYet }

func (v View) parents(s team.Signal) string { return v.say("parents." + string(v.caseOf(s).Parents)) }

// Logged tells the reporter how it went on.
func (v View) Logged(s team.Signal, m team.Meeting, fresh bool) chat.Message {
	message := chat.Message{v.para("signal.logged", "nr", s.Nr, "about", v.about(s), "agenda", v.onAgenda(m))}
	kind := v.say("kind." + string(s.Kind))
	if v.hasParents(s) {
		message = append(message, v.note("signal.kind.parents", "kind", kind, "parents", v.parents(s)))
	} else {
		message = append(message, v.note("signal.kind", "kind", kind))
	}
	if fresh {
		message = append(message, v.note("signal.fresh", "code", s.Code))
	}
	return append(message, v.note("signal.private", "nr", s.Nr))
}

// Signals is a list without free text.
func (v View) Signals(signals []team.Signal) chat.Message {
	if len(signals) == 0 {
		return chat.Message{v.para("signals.none")}
	}
	return append(v.signalList(signals, maxItems), v.note("signals.note"))
}

// signalList shows the newest.
func (v View) signalList(signals []team.Signal, most int) chat.Message {
	var items [][]chat.Span
	for _, s := range signals[max(0, len(signals)-most):] {
		items = append(items, Spans(v.Lang, "signals.item", "nr", s.Nr, "about", v.about(s), "facts", v.facts(s),
			"status", v.say("status."+string(s.Status)), "day", v.short(team.DateOf(s.At.In(v.Zone)))))
	}
	message := chat.Message{v.para("signals.title", "n", len(signals)), {Kind: chat.Bullets, Items: items}}
	if len(signals) > most {
		message = append(message, v.note("list.more", "n", len(signals)-most))
	}
	return message
}

// maxItems is how many lines of a list fit on a screen that somebody reads.
const maxItems = 50

// SignalText shows the free text of a signal: for the member who asks only.
func (v View) SignalText(s team.Signal) chat.Message {
	return append(v.signalText(s), v.note("signal.only"))
}

func (v View) signalText(s team.Signal) chat.Message {
	message := chat.Message{
		v.para("signal.title", "nr", s.Nr, "about", v.about(s), "facts", v.facts(s)),
	}
	var items [][]chat.Span
	for _, part := range []struct{ id, text string }{{"signal.seen", s.Seen}, {"signal.helps", s.Helps}, {"signal.needed", s.Needed}} {
		if part.text != "" {
			items = append(items, Spans(v.Lang, part.id, "text", part.text))
		}
	}
	if len(items) > 0 {
		message = append(message, chat.Block{Kind: chat.Bullets, Items: items})
	}
	return append(message,
		v.note("signal.facts", "parents", v.parents(s), "status", v.say("status."+string(s.Status)), "name", v.Name(s.By), "day", v.day(team.DateOf(s.At.In(v.Zone)))))
}

// Kansencirkel explains the elements, with the hashtag to type for each.
func (v View) Kansencirkel(c team.Circle) chat.Message {
	list := chat.Block{Kind: chat.Bullets}
	for _, e := range c.Elements {
		list.Items = append(list.Items, []chat.Span{{Style: chat.Bold, Text: "#" + e.Key}, {Text: " " + e.Label + ". " + e.Question}})
	}
	return chat.Message{v.para("circle", "name", c.Name), list, v.note("circle.source", "source", c.Source)}
}

// Danger is the fixed answer to words that may be about a child in danger.
// Numbers: Veilig Thuis 0800-2000 is free and open day and night.
func (v View) Danger(command string) chat.Message {
	return chat.Message{
		v.para("danger.title"),
		{Kind: chat.Bullets, Items: [][]chat.Span{
			Spans(v.Lang, "danger.now"), Spans(v.Lang, "danger.home"), Spans(v.Lang, "danger.code"), Spans(v.Lang, "danger.file"),
		}},
		v.para("danger.wait"),
		v.note("danger.again", "command", command),
	}
}

// DangerLine is Danger in a form that stays open.
func (v View) DangerLine() string { return v.say("danger.line") }

// Reworded suggests, to the asker only, to say what is needed.
func (v View) Reworded(suggestion string) chat.Message {
	return chat.Message{v.note("reworded", "suggestion", suggestion)}
}
