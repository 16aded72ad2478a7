package view

import (
	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// standingIn mentions who stands in, and says for whom.
func (v View) standingIn(cover, m team.Member) []chat.Span {
	return []chat.Span{v.mention(cover.User), {Text: ", " + v.say("away.for", "name", v.name(m))}}
}

// chairOn is chair on a day: who stands in for one who is away, and the team
// when nobody does.
func (v View) chairOn(today team.Date) []chat.Span {
	chair, here := v.chair()
	m := v.Member(v.Team.Chair)
	if !here || !m.Absent(today) {
		return []chat.Span{chair}
	}
	if cover, found := v.Member.Cover(m, today); found {
		return v.standingIn(cover, m)
	}
	return []chat.Span{{Style: chat.Bold, Text: v.say("team.word")}}
}

// absence is until when a member is away, and who stands in; empty for who is
// not.
func (v View) absence(m team.Member, today team.Date) string {
	if !m.Absent(today) {
		return ""
	}
	if cover, found := v.Member.Cover(m, today); found {
		return v.say("who.away.cover", "day", v.short(m.Away), "name", v.name(cover))
	}
	return v.say("who.away", "day", v.short(m.Away))
}

// WhileAway says of somebody who has an action that they are away; nothing
// when they are not.
func (v View) WhileAway(m team.Member, today team.Date) chat.Message {
	if !m.Absent(today) {
		return nil
	}
	return chat.Message{v.note("away.note", "name", v.name(m), "absence", v.absence(m, today))}
}

// maxOffered is how many lines or buttons an answer offers at once.
const maxOffered = 5

// Away tells somebody who will be away what falls due meanwhile, and for whom
// they cannot stand in now.
func (v View) Away(m team.Member, meanwhile []team.Action, covered []team.Member, today team.Date) chat.Message {
	cover, found := v.Member.Cover(m, today)
	message := chat.Message{v.para("away.set", "day", v.day(m.Away), "team", v.Team.Name)}
	if found {
		message = chat.Message{v.para("away.set.cover", "day", v.day(m.Away), "team", v.Team.Name, "name", v.name(cover))}
	}
	for _, other := range covered {
		message = append(message, v.note("away.covered", "name", v.name(other)))
	}
	if len(meanwhile) > 0 {
		meanwhile = byDue(meanwhile)
		message = append(message, v.para("away.due", "n", len(meanwhile)), v.actionItems(meanwhile[:min(len(meanwhile), maxItems)], today))
		if found {
			offer := chat.Block{Kind: chat.Choices}
			for _, a := range meanwhile[:min(len(meanwhile), maxOffered)] {
				offer.Choices = append(offer.Choices, chat.Choice{Label: v.say("away.give", "nr", a.Nr), Line: "/actie geef " + itoa(a.Nr) + " @" + cover.Handle})
			}
			message = append(message, offer)
		} else {
			message = append(message, v.para("away.hand", "nr", meanwhile[0].Nr))
		}
	}
	return append(message, v.note("away.back"))
}

// BackTo tells somebody who is back which of their actions wait, if any.
func (v View) BackTo(waits []team.Action, today team.Date) chat.Message {
	if len(waits) == 0 {
		return nil
	}
	waits = byDue(waits)
	return chat.Message{
		v.para("back.waits", "n", len(waits)),
		v.actionItems(waits[:min(len(waits), maxOffered)], today),
		v.note("back.mine"),
	}
}

// CoverAsked tells somebody that they stand in for a member who is away.
func (v View) CoverAsked(m team.Member, meanwhile []team.Action, today team.Date) chat.Message {
	message := chat.Message{v.para("cover.asked", "name", v.name(m), "day", v.day(m.Away), "team", v.Team.Name)}
	if len(meanwhile) == 0 {
		return append(message, v.note("cover.nothing"))
	}
	meanwhile = byDue(meanwhile)
	return append(message, v.actionItems(meanwhile[:min(len(meanwhile), maxItems)], today))
}

// CoverOver tells them that it is over: the member is back, or counts on somebody
// else.
func (v View) CoverOver(m team.Member) chat.Message {
	id := "cover.over"
	if !m.Away.IsZero() {
		id = "cover.other"
	}
	return chat.Message{v.para(id, "name", v.name(m), "team", v.Team.Name)}
}

// HandOver asks the chair, directly, to pass on what is still open of a member
// who left.
func (v View) HandOver(user string, open []team.Action, today team.Date) chat.Message {
	name := v.Name(user)
	switch {
	case v.Member(user).Here:
		return chat.Message{v.para("handover.back", "name", name, "team", v.Team.Name)}
	case len(open) == 0:
		return chat.Message{v.para("handover.none", "name", name, "team", v.Team.Name)}
	}
	open = byDue(open)
	message := chat.Message{v.para("handover", "n", len(open), "name", name, "team", v.Team.Name)}
	first := min(len(open), maxOffered)
	for _, a := range open[:first] {
		message = append(message,
			chat.Block{Kind: chat.Text, Text: v.actionItems([]team.Action{a}, today).Items[0]},
			v.buttons(v.here(v.button("action.hand "+itoa(a.Nr), "button.hand", chat.Neutral))))
	}
	if rest := open[first:]; len(rest) > 0 {
		message = append(message, v.actionItems(rest[:min(len(rest), maxItems)], today), v.para("handover.rest", "nr", rest[0].Nr))
	}
	return message
}

// LeftBehind asks the channel, where there is no chair, who takes over what is
// still open of a member who left.
func (v View) LeftBehind(user string, open []team.Action, today team.Date) chat.Message {
	open = byDue(open)
	return chat.Message{
		v.para("handover.channel", "n", len(open), "name", v.Name(user)),
		v.actionItems(open[:min(len(open), maxItems)], today),
		v.para("handover.take", "nr", open[0].Nr),
	}
}
