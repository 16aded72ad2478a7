package view

import (
	"slices"
	"strings"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// Planned tells the channel when the Kans!overleg is from now on.
func (v View) Planned(user string, rhythm string, m team.Meeting) chat.Message {
	return chat.Message{
		Heading(v.Lang, "plan.title"),
		v.para("plan.rhythm", "rhythm", rhythm, "when", v.When(m.Start)),
		v.note("plan.by", "name", v.Name(user)),
	}
}

// Once tells the channel of one more Kans!overleg.
func (v View) Once(user string, m team.Meeting) chat.Message {
	return chat.Message{v.para("plan.once", "when", v.When(m.Start)), v.note("plan.by", "name", v.Name(user))}
}

// Moved tells the channel that a meeting is on another date.
func (v View) Moved(user string, was time.Time, m team.Meeting) chat.Message {
	return chat.Message{v.para("plan.moved", "was", v.When(was), "when", v.When(m.Start)), v.note("plan.by", "name", v.Name(user))}
}

// Gone replaces what was posted about a date that moved.
func (v View) Gone(was, m team.Meeting) chat.Message {
	return chat.Message{v.para("plan.moved", "was", v.When(was.Start), "when", v.When(m.Start))}
}

// Skipped tells the channel that a meeting is off.
func (v View) Skipped(user string, m, next team.Meeting, found bool) chat.Message {
	return chat.Message{
		v.para("plan.skipped", "when", v.When(m.Start)), v.nextOrNone(next, found), v.note("plan.by", "name", v.Name(user)),
	}
}

// NeverStarted tells the channel that nobody started a meeting.
func (v View) NeverStarted(m, next team.Meeting, found bool) chat.Message {
	return chat.Message{v.para("meeting.notstarted", "when", v.When(m.Start)), v.nextOrNone(next, found)}
}

// NotHeld replaces what was posted about a meeting that is off.
func (v View) NotHeld(m team.Meeting, now time.Time) chat.Message {
	if m.Start.Before(now) {
		return chat.Message{v.para("meeting.was", "when", v.When(m.Start))}
	}
	return chat.Message{v.para("meeting.off", "when", v.When(m.Start))}
}

func (v View) nextOrNone(next team.Meeting, found bool) chat.Block {
	if !found {
		return v.para("overview.nodate")
	}
	return v.NextDate(next)
}

// NextDate says when the next one is.
func (v View) NextDate(next team.Meeting) chat.Block {
	return v.para("overview.next", "when", v.When(next.Start))
}

// Overview is the Kans!overleg at a glance, for who asks.
func (v View) Overview(m team.Meeting, found bool, signals, actions int) chat.Message {
	message := chat.Message{Heading(v.Lang, "overview.title")}
	choices := []string{"choice.plan", "/kansoverleg plan"}
	switch {
	case found && m.Status == team.Running:
		message = append(message, v.para("overview.running", "when", v.When(m.Start)))
		choices = []string{"choice.finish", "/kansoverleg afronden"}
	case found:
		message = append(message, v.NextDate(m))
		choices = []string{"choice.agenda", "/kansoverleg agenda", "choice.in", "/kansoverleg aanwezig", "choice.out", "/kansoverleg afwezig"}
	default:
		message = append(message, v.para("overview.nodate"))
	}
	return append(message,
		v.para("overview.signals", "n", signals), v.para("overview.actions", "n", actions),
		v.Choices(append(choices, "choice.actions", "/actie lijst", "choice.help", "/kansoverleg help")...))
}

// Agenda is the agenda of a meeting to come, with who is in.
func (v View) Agenda(m team.Meeting, a team.Agenda, signals map[int]team.Signal) chat.Message {
	message := chat.Message{Heading(v.Lang, "agenda.title", "when", v.When(m.Start)), v.agendaItems(a.Items, signals)}
	message = append(message, v.carried(a.Carried, signals)...)
	if line := v.attendance(m); line != "" {
		message = append(message, chat.Block{Kind: chat.Note, Text: []chat.Span{{Text: line}}})
	}
	return append(message, v.rsvp(m)...)
}

func (v View) agendaItems(items []team.AgendaItem, signals map[int]team.Signal) chat.Block {
	block := chat.Block{Kind: chat.Numbers}
	for _, item := range items {
		block.Items = append(block.Items, v.agendaItem(item, signals))
	}
	return block
}

func (v View) agendaItem(item team.AgendaItem, signals map[int]team.Signal) []chat.Span {
	s := signals[item.Signal]
	var what []chat.Span
	switch item.Kind {
	case team.Celebrate:
		what = Spans(v.Lang, "agenda.succes", "about", v.about(s))
	case team.LookBack:
		what = Spans(v.Lang, "agenda.terugblik", "n", len(item.Actions))
	case team.CaseItem:
		id := "agenda.casus"
		if s.Parents == team.NotYet && v.hasParents(s) {
			id = "agenda.anoniem"
		}
		what = Spans(v.Lang, id, "about", v.about(s), "facts", v.facts(s))
	case team.Transfers:
		what = Spans(v.Lang, "agenda.overdracht", "about", v.about(s))
	case team.ThemeItem:
		what = Spans(v.Lang, "agenda.thema", "theme", v.element(item.Text))
	case team.OwnPoint:
		what = Spans(v.Lang, "agenda.punt", "text", item.Text, "name", v.Name(item.By))
	default:
		what = Spans(v.Lang, "agenda."+string(item.Kind))
	}
	return append(what, chat.Span{Text: " " + v.say("agenda.minutes", "n", item.Minutes)})
}

// carried names what does not fit this time: moved on, for all to see.
func (v View) carried(nrs []int, signals map[int]team.Signal) chat.Message {
	if len(nrs) == 0 {
		return nil
	}
	return chat.Message{v.para("agenda.carried", "list", v.abouts(nrs, signals))}
}

func (v View) abouts(nrs []int, signals map[int]team.Signal) string {
	var list []string
	for _, nr := range nrs {
		if about := v.about(signals[nr]); !slices.Contains(list, about) {
			list = append(list, about)
		}
	}
	return strings.Join(list, ", ")
}

// attendance is who comes and who does not, by name.
func (v View) attendance(m team.Meeting) string {
	var in, out []string
	for _, user := range sortedUsers(m.Present) {
		if m.Present[user] {
			in = append(in, v.Name(user))
		} else {
			out = append(out, v.Name(user))
		}
	}
	var line []string
	if len(in) > 0 {
		line = append(line, v.say("attendance.in", "names", strings.Join(in, ", ")))
	}
	if len(out) > 0 {
		line = append(line, v.say("attendance.out", "names", strings.Join(out, ", ")))
	}
	return strings.Join(line, " ")
}

// rsvp asks who comes, until the meeting begins.
func (v View) rsvp(m team.Meeting) chat.Message {
	if m.Status != team.Planned {
		return nil
	}
	nr := itoa(m.Nr)
	return chat.Message{v.buttons(v.button("meeting.in "+nr, "button.in", chat.Primary), v.button("meeting.out "+nr, "button.out", chat.Neutral))}
}

// AskPoints asks the channel what should be on the agenda.
func (v View) AskPoints(m team.Meeting) chat.Message {
	return chat.Message{
		v.para("ask.points", "when", v.When(m.Start)),
		{Kind: chat.Bullets, Items: [][]chat.Span{Spans(v.Lang, "ask.signal"), Spans(v.Lang, "ask.point")}},
	}
}

// Today reminds the channel on the day itself: who is in, and whose voice will
// be missing, by role.
//
// It carries the agenda where that was not posted before: items may be nil.
func (v View) Today(m team.Meeting, members []team.Member, items []team.AgendaItem, signals map[int]team.Signal) chat.Message {
	message := chat.Message{v.para("today", "time", m.Start.In(v.Zone).Format("15:04"), "day", v.day(team.DateOf(m.Start.In(v.Zone))))}
	if len(items) > 0 {
		message = append(message, v.agendaItems(items, signals))
	}
	if line := v.attendance(m); line != "" {
		message = append(message, chat.Block{Kind: chat.Text, Text: []chat.Span{{Text: line}}})
	}
	var silent, missing []string
	for _, member := range members {
		coming, answered := m.Present[member.User]
		switch {
		case !answered:
			silent = append(silent, v.name(member))
		case !coming && member.Role != team.NoRole:
			missing = append(missing, v.say("role."+string(member.Role)))
		}
	}
	if len(missing) > 0 {
		message = append(message, v.para("today.missing", "roles", strings.Join(missing, ", ")))
	}
	if len(silent) > 0 {
		message = append(message, v.note("today.silent", "names", strings.Join(silent, ", ")))
	}
	return append(message, v.rsvp(m)...)
}

// Soon is a quarter of an hour before the start.
func (v View) Soon(m team.Meeting) chat.Message {
	start := m.Start.In(v.Zone).Format("15:04")
	chair, here := v.chair()
	if !here {
		return chat.Message{v.para("soon", "time", start)}
	}
	return chat.Message{v.para("soon.chair", "time", start, "chair", chair)}
}

// Late says that a reminder should have come at another time.
func (v View) Late(at time.Time) chat.Block {
	return v.note("late", "time", at.In(v.Zone).Format("15:04"))
}

// Started is the first post of a meeting's thread.
func (v View) Started(m team.Meeting, a team.Agenda, signals map[int]team.Signal) chat.Message {
	message := chat.Message{
		Heading(v.Lang, "started.title", "day", v.day(team.DateOf(m.Start.In(v.Zone)))),
		v.agendaItems(a.Items, signals),
	}
	message = append(message, v.carried(a.Carried, signals)...)
	return append(message, v.note("started.note"))
}

// Case is a case's reply in the thread; by is who settled it, or empty.
func (v View) Case(m team.Meeting, item team.AgendaItem, s team.Signal, by string) chat.Message {
	if s.Status == team.Withdrawn {
		return v.Signal(s, m)
	}
	title := v.para("case.title", "about", v.about(s), "facts", v.facts(s), "n", item.Minutes)
	if item.State != team.ItemOpen {
		id := "case." + string(item.State)
		if by == "" {
			return chat.Message{title, v.note(id)}
		}
		return chat.Message{title, v.note(id+".by", "name", by)}
	}
	subject := " " + itoa(m.Nr) + " " + itoa(s.Nr)
	read := v.note("case.read", "parents", v.parents(s), "nr", s.Nr)
	if !v.hasParents(s) {
		read = v.note("case.read.group", "nr", s.Nr)
	}
	return chat.Message{
		title,
		v.para("case.steps"),
		read,
		v.buttons(
			v.button("case.done"+subject, "button.discussed", chat.Primary),
			v.button("case.carry"+subject, "button.carry", chat.Neutral),
			v.button("case.action"+subject, "button.action", chat.Neutral),
		),
	}
}
