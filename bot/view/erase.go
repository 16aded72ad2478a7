package view

import (
	"slices"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// Erased replaces a post about a case of which nothing is kept any more.
func (v View) Erased() chat.Message { return chat.Message{v.note("erase.post")} }

// Emptied reports whether nothing is left in the lists of what Without made.
func (v View) Emptied(body chat.Message) bool {
	erased := Spans(v.Lang, "erase.item")
	return !slices.ContainsFunc(body, func(b chat.Block) bool {
		return slices.ContainsFunc(b.Items, func(item []chat.Span) bool { return !slices.Equal(item, erased) })
	})
}

// Withdrawn tells who erased a case what is left to do.
func (v View) Withdrawn(c team.Case) chat.Message {
	return chat.Message{v.para("erase.now", "code", c.Code), v.para("erase.elsewhere")}
}

// Names reports whether a message has a stretch of text, or a button, that is
// among what names tells.
func Names(body chat.Message, names func(string) bool) bool {
	span := func(s chat.Span) bool { return names(s.Text) }
	return slices.ContainsFunc(body, func(b chat.Block) bool {
		return slices.ContainsFunc(b.Text, span) ||
			slices.ContainsFunc(b.Items, func(item []chat.Span) bool { return slices.ContainsFunc(item, span) }) ||
			slices.ContainsFunc(b.Buttons, func(button chat.Button) bool { return names(button.Do) })
	})
}

// Without is a post about more than one case without what names tells: a line
// of a list that line tells says that it is erased, a name among others is left out, and a
// sentence about nothing else goes.
func (v View) Without(body chat.Message, names func(string) bool, line func([]chat.Span) bool) chat.Message {
	var left chat.Message
	for _, b := range body {
		b.Items = slices.Clone(b.Items)
		for i, item := range b.Items {
			if line(item) {
				b.Items[i] = Spans(v.Lang, "erase.item")
			}
		}
		b.Buttons = slices.DeleteFunc(slices.Clone(b.Buttons), func(button chat.Button) bool { return names(button.Do) })
		if b.Kind == chat.Buttons && len(b.Buttons) == 0 {
			continue
		}
		about := false
		b.Text = slices.Clone(b.Text)
		for i, s := range b.Text {
			if !names(s.Text) {
				continue
			}
			list := strings.Split(s.Text, ", ")
			others := slices.DeleteFunc(slices.Clone(list), names)
			about = about || len(others) == 0 || len(others) == len(list)
			b.Text[i].Text = strings.Join(others, ", ")
		}
		if !about {
			left = append(left, b)
		}
	}
	return left
}
