package view

import (
	"slices"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

func (v View) holder(m team.Meeting, job team.Job) string {
	return m.Holder(job, v.Team, v.Member, team.DateOf(m.Start.In(v.Zone)))
}

// gone: somebody left before a meeting that is not over. Of one that is, they
// stay part.
func (v View) gone(m team.Meeting, user string) bool { return m.Open() && !v.Member(user).Here }

// instead is who comes in place of a member, or empty.
func (v View) instead(m team.Meeting, user string) string {
	stand := m.Stands[user]
	if v.gone(m, user) || m.Open() && !m.Comes(v.Member(stand), team.DateOf(m.Start.In(v.Zone))) {
		return ""
	}
	return stand
}

// attendance is who leads and who writes, who comes and who does not, by name.
func (v View) attendance(m team.Meeting) string {
	lines := []string{v.jobs(m)}
	var in, out, stands []string
	for user, coming := range m.Present {
		switch stand := v.instead(m, user); {
		case v.gone(m, user):
			continue
		case coming:
			in = append(in, v.Name(user))
			continue
		case stand != "":
			stands = append(stands, v.say("attendance.stand", "name", v.Name(user), "stand", v.Name(stand)))
		}
		out = append(out, v.Name(user))
	}
	slices.Sort(in)
	slices.Sort(out)
	slices.Sort(stands)
	if len(in) > 0 {
		lines = append(lines, v.say("attendance.in", "names", strings.Join(in, ", ")))
	}
	if len(out) > 0 {
		lines = append(lines, v.say("attendance.out", "names", strings.Join(out, ", ")))
	}
	return strings.Join(append(lines, stands...), " ")
}

// jobs is who leads a meeting, and who writes.
func (v View) jobs(m team.Meeting) string {
	line := v.say("jobs.nobody")
	if leader := v.holder(m, team.Chair); leader != "" {
		line = v.say("jobs.chair", "name", v.Name(leader))
	}
	if notes := v.holder(m, team.Notes); notes != "" {
		line += " " + v.say("jobs.notes", "name", v.Name(notes))
	}
	return line
}

// rsvp asks who comes, until the meeting begins; with the agenda goes a way to
// its page, for who presses: a channel shows no address of one.
func (v View) rsvp(m team.Meeting, agenda bool) chat.Message {
	if m.Status != team.Planned {
		return nil
	}
	nr := itoa(m.Nr)
	buttons := []chat.Button{v.button("meeting.in "+nr, "button.in", chat.Primary), v.button("meeting.out "+nr, "button.out", chat.Neutral)}
	if agenda && v.Pages {
		buttons = append(buttons, v.button("meeting.paper "+nr, "button.paper", chat.Neutral))
	}
	return chat.Message{v.buttons(buttons...)}
}

// Answered confirms to who said whether they come, and says what that changed.
func (v View) Answered(user string, was, m team.Meeting) chat.Message {
	id := "rsvp.out"
	if m.Present[user] {
		id = "rsvp.in"
	}
	message := chat.Message{v.para(id, "when", v.When(m.Start))}
	for _, job := range team.Jobs {
		switch before, now := v.holder(was, job), v.holder(m, job); {
		case now == "" || now == before:
		case user == before:
			message = append(message, v.para("rsvp.passed."+string(job), "name", v.Name(now)))
		case user == now:
			message = append(message, v.para("rsvp.yours."+string(job)))
		}
	}
	switch stand := v.instead(m, user); {
	case m.Present[user]:
	case stand != "":
		message = append(message, v.para("rsvp.stand", "name", v.Name(stand)))
	default:
		message = append(message, v.note("rsvp.nostand"))
	}
	return message
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
	message = append(message, chat.Block{Kind: chat.Text, Text: []chat.Span{{Text: v.attendance(m)}}})
	var silent, missing []string
	for _, member := range members {
		coming, answered := m.Present[member.User]
		switch {
		case !answered && !v.standsIn(m, member.User):
			silent = append(silent, v.name(member))
		case answered && !coming && v.roleMissing(m, member, members):
			if role := v.say("missing." + string(member.Role)); !slices.Contains(missing, role) {
				missing = append(missing, role)
			}
		}
	}
	switch len(missing) {
	case 0:
	case 1:
		message = append(message, v.para("today.missing", "roles", capital(missing[0])))
	default:
		message = append(message, v.para("today.missing.more", "roles", capital(v.list(missing))))
	}
	if len(silent) > 0 {
		message = append(message, v.note("today.silent", "names", strings.Join(silent, ", ")))
	}
	return append(message, v.rsvp(m, len(items) > 0)...)
}

// standsIn: somebody else comes by this member.
func (v View) standsIn(m team.Meeting, user string) bool {
	for other := range m.Stands {
		if v.instead(m, other) == user {
			return true
		}
	}
	return false
}

// roleMissing: nobody speaks for the role of somebody who does not come.
func (v View) roleMissing(m team.Meeting, who team.Member, members []team.Member) bool {
	if who.Role == team.NoRole || who.Role == team.OtherRole || v.instead(m, who.User) != "" {
		return false
	}
	return !slices.ContainsFunc(members, func(other team.Member) bool {
		coming, answered := m.Present[other.User]
		return other.Role == who.Role && (coming || !answered || v.instead(m, other.User) != "")
	})
}

// list is "a, b en c", of two words or more.
func (v View) list(words []string) string {
	last := len(words) - 1
	return v.say("people.and", "list", strings.Join(words[:last], ", "), "last", words[last])
}

// Soon is a quarter of an hour before the start; who leads begins it from here.
func (v View) Soon(m team.Meeting) chat.Message {
	if m.Status != team.Planned {
		return v.Begun(m)
	}
	start := m.Start.In(v.Zone).Format("15:04")
	message := chat.Message{v.para("soon", "time", start)}
	if leader := v.holder(m, team.Chair); leader != "" {
		message[0] = v.para("soon.chair", "time", start, "chair", v.mention(leader))
	}
	if notes := v.holder(m, team.Notes); notes != "" {
		message = append(message, v.note("soon.notes", "name", v.Name(notes)))
	}
	return append(message, v.buttons(v.button("meeting.start "+itoa(m.Nr), "button.start", chat.Primary)))
}

// StandsIn tells somebody for whom they come; StandsNoMore that it is not
// needed, and NoStandIn who does not come for them after all.
func (v View) StandsIn(user string, m team.Meeting) chat.Message {
	return chat.Message{v.para("stand.in", "name", v.Name(user), "when", v.When(m.Start), "team", v.Team.Name), v.note("stand.note")}
}

func (v View) StandsNoMore(user string, m team.Meeting) chat.Message {
	return chat.Message{v.para("stand.off", "name", v.Name(user), "when", v.When(m.Start), "team", v.Team.Name)}
}

func (v View) NoStandIn(user string, m team.Meeting) chat.Message {
	return chat.Message{v.para("stand.gone", "name", v.Name(user), "when", v.When(m.Start), "team", v.Team.Name), v.note("stand.gone.note")}
}
