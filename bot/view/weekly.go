package view

import (
	"slices"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// Week is what one kernteam has for one of its members in a week.
type Week struct {
	View
	Today    team.Date
	Mine     []team.Action // open
	Covered  []team.Action // open, of members for whom they stand in
	Meetings []team.Meeting
}

// Empty reports that nothing is late or due soon: the rest can wait, and of a
// Kans!overleg the channel hears.
func (w Week) Empty() bool {
	return !slices.ContainsFunc(slices.Concat(w.Mine, w.Covered), w.presses)
}

func (w Week) presses(a team.Action) bool { return !a.Due.After(w.Today.AddDays(soon)) }

// maxWeek is how many actions, and how many meetings, an overview shows, and
// soon how many days ahead.
const (
	maxWeek = 12
	soon    = 7
)

// Weekly is the overview of Monday, over all kernteams of one person: what is
// late or due within a week, and when they meet.
func Weekly(weeks []Week) chat.Message {
	v := weeks[0].View
	message := chat.Message{Heading(v.Lang, "week.title")}
	section := func(title chat.Block, actions func(Week) []team.Action) {
		items, others := urgent(weeks, actions)
		if len(items) > 0 {
			message = append(message, title, chat.Block{Kind: chat.Bullets, Items: items})
		}
		if others > 0 {
			message = append(message, v.para("week.others", "n", others))
		}
	}
	section(v.para("week.mine"), func(w Week) []team.Action { return w.Mine })
	section(v.para("week.covered"), func(w Week) []team.Action { return w.Covered })
	if meetings := meetingItems(weeks); len(meetings) > 0 {
		message = append(message, v.para("week.meetings"), chat.Block{Kind: chat.Bullets, Items: meetings})
	}
	return append(message, v.note("week.note"))
}

// urgent are the actions that are late or due soon, the oldest first, and how
// many others there are.
func urgent(weeks []Week, actions func(Week) []team.Action) (items [][]chat.Span, others int) {
	type line struct {
		due  team.Date
		item []chat.Span
	}
	var lines []line
	for _, w := range weeks {
		for _, a := range actions(w) {
			if !w.presses(a) {
				others++
				continue
			}
			item := w.actionItems([]team.Action{a}, w.Today).Items[0]
			lines = append(lines, line{a.Due, append(item, of(weeks, w)...)})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.due.Compare(b.due) })
	for _, l := range lines[:min(len(lines), maxWeek)] {
		items = append(items, l.item)
	}
	return items, others + len(lines) - len(items)
}

func meetingItems(weeks []Week) (items [][]chat.Span) {
	type line struct {
		meeting team.Meeting
		week    Week
	}
	var lines []line
	for _, w := range weeks {
		for _, m := range w.Meetings {
			lines = append(lines, line{m, w})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.meeting.Start.Compare(b.meeting.Start) })
	for _, l := range lines[:min(len(lines), maxWeek)] {
		items = append(items, append([]chat.Span{{Text: l.week.When(l.meeting.Start)}}, of(weeks, l.week)...))
	}
	return items
}

// of says of which kernteam something is, to who is in several.
func of(weeks []Week, w Week) []chat.Span {
	if len(weeks) == 1 {
		return nil
	}
	return []chat.Span{{Text: " (" + w.Team.Name + ")"}}
}
