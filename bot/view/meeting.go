package view

import (
	"slices"
	"strings"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// Planned tells the channel when the Kans!overleg is from now on, and what that
// is instead of; was is zero when nothing was planned.
func (v View) Planned(user, rhythm string, was time.Time, m team.Meeting) chat.Message {
	first := v.para("plan.rhythm", "rhythm", rhythm, "when", v.When(m.Start))
	if !was.IsZero() && !was.Equal(m.Start) {
		first = v.para("plan.rhythm.instead", "rhythm", rhythm, "was", v.When(was), "when", v.When(m.Start))
	}
	return chat.Message{
		Heading(v.Lang, "plan.title"),
		first,
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
		message = append(message, v.NextDate(m), chat.Block{Kind: chat.Note, Text: []chat.Span{{Text: v.jobs(m)}}})
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
	message = append(message, v.toParents(a.Parents, signals)...)
	if line := v.attendance(m); line != "" {
		message = append(message, chat.Block{Kind: chat.Note, Text: []chat.Span{{Text: line}}})
	}
	message = append(message, v.choosable(m, a.Carried, signals)...)
	return append(message, v.rsvp(m, true)...)
}

// Points offers to take these points off the agenda of a meeting.
func (v View) Points(m team.Meeting, points []team.Point) chat.Message {
	offer := chat.Block{Kind: chat.Choices}
	for _, p := range points {
		offer.Choices = append(offer.Choices, chat.Choice{Label: p.Text, Line: v.say("point.remove", "nr", p.Nr)})
	}
	return chat.Message{v.para("point.which", "when", v.When(m.Start)), offer}
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
		about := item.Text
		if item.Signal != 0 {
			about = v.about(s)
		}
		what = Spans(v.Lang, "agenda.succes", "about", about)
	case team.LookBack:
		what = Spans(v.Lang, "agenda.terugblik", "n", len(item.Actions))
	case team.CaseItem:
		id := "agenda.casus"
		if v.anonymous(s) {
			id = "agenda.anoniem"
		}
		what = Spans(v.Lang, id, "about", v.about(s), "facts", v.facts(s))
	case team.Transfers:
		handover := "agenda.overdracht"
		if v.anonymous(s) {
			handover = "agenda.overdracht.anoniem"
		}
		what = Spans(v.Lang, handover, "about", v.about(s))
	case team.EvaluateItem:
		evaluation := "agenda.evaluatie"
		if item.Signal != 0 {
			evaluation = "agenda.evaluatie.signaal"
		}
		what = Spans(v.Lang, evaluation, "code", item.Code)
	case team.ThemeItem:
		what = Spans(v.Lang, "agenda.thema", "theme", v.element(item.Text))
	case team.OwnPoint:
		what = Spans(v.Lang, "agenda.punt", "text", item.Text, "name", v.Name(item.By))
	case team.StandingPoint:
		what = Spans(v.Lang, "agenda.vast", "text", item.Text)
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
	return v.several(list)
}

// several is a list in one line, no longer than somebody reads.
func (v View) several(list []string) string {
	if len(list) <= maxSeveral {
		return strings.Join(list, ", ")
	}
	return v.say("list.several", "list", strings.Join(list[:maxSeveral], ", "), "n", len(list)-maxSeveral)
}

const maxSeveral = 12

// Late says that a reminder should have come at another time.
func (v View) Late(at time.Time) chat.Block {
	return v.note("late", "time", at.In(v.Zone).Format("15:04"))
}
