package view

import (
	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/team"
)

// Closed is a sentence: that school is closed on a day, and why.
func (v View) Closed(day team.Date, why schedule.Reason) string {
	id := "closed.public"
	switch {
	case why.Weekend:
		id = "closed.weekend"
	case why.Own.Label != "":
		id = "closed.own.label"
	case !why.Own.First.IsZero():
		id = "closed.own"
	case why.Holiday.Name != "":
		id = "closed.holiday"
	}
	return capital(v.say(id, "day", v.day(day), "why", why.Words(string(v.Lang))))
}

// FreeDays is when school is closed, for who asks.
func (v View) FreeDays(own []schedule.Period, holidays []schedule.Holiday) chat.Message {
	lang := string(v.Lang)
	message := chat.Message{Heading(v.Lang, "free.title", "name", v.Team.Name)}
	if len(own) == 0 {
		message = append(message, v.para("free.own.none"))
	} else {
		list := chat.Block{Kind: chat.Bullets}
		for _, p := range own {
			list.Items = append(list.Items, Spans(v.Lang, "free.item", "nr", p.Nr, "days", p.Words(lang)))
		}
		message = append(message, v.para("free.own"), list)
	}
	if len(holidays) == 0 {
		message = append(message, v.para("free.holidays.none"))
	} else {
		list := chat.Block{Kind: chat.Bullets}
		for _, h := range holidays {
			id := "free.advice"
			if h.Binding {
				id = "free.binding"
			}
			list.Items = append(list.Items, Spans(v.Lang, id, "name", h.Words(lang), "first", v.short(h.First), "last", v.short(h.Last)))
		}
		message = append(message, v.para("free.holidays", "region", v.say("region."+string(v.Team.Region))), list)
	}
	return append(message, v.note("free.note"), Copied("/kernteam vrij "+v.say("free.example")))
}

// Proposal asks the channel about a date that stands in for one on which school
// is closed; other is one to choose instead.
func (v View) Proposal(m team.Meeting, why schedule.Reason, other team.Date) chat.Message {
	start, nr := m.Start.In(v.Zone), itoa(m.Nr)
	line := v.say("proposal.line", "day", v.short(team.DateOf(start)), "other", v.short(other), "time", start.Format("15:04"))
	return chat.Message{
		v.para("proposal", "closed", v.Closed(team.DateOf(m.Instead.In(v.Zone)), why), "when", v.When(m.Start)),
		v.buttons(v.button("meeting.keep "+nr, "button.keep", chat.Primary), v.button("meeting.drop "+nr, "button.drop", chat.Neutral)),
		v.note("proposal.other"),
		Copied(line),
	}
}

// Agreed replaces a proposal that stays; by is who said so, or empty.
func (v View) Agreed(m team.Meeting, why schedule.Reason, by string) chat.Message {
	message := chat.Message{v.para("proposal.agreed", "closed", v.Closed(team.DateOf(m.Instead.In(v.Zone)), why), "when", v.When(m.Start))}
	if by == "" {
		return message
	}
	return append(message, v.note("plan.by", "name", v.Name(by)))
}

// Deadline says why an action has another date than was asked for.
func (v View) Deadline(asked team.Date, why schedule.Reason, day team.Date) chat.Block {
	return v.note("deadline", "closed", v.Closed(asked, why), "day", v.day(day))
}

// Summer is what goes along to the next school year.
func (v View) Summer(signals []team.Signal, goals []team.Case, actions []team.Action, today team.Date) chat.Message {
	message := chat.Message{Heading(v.Lang, "summer.title"), v.para("summer")}
	if len(signals) > 0 {
		message = append(message, v.signalList(signals, maxSummer)...)
	}
	if len(goals) > 0 {
		list := make([]string, len(goals))
		for i, c := range goals {
			list[i] = v.say("summer.goal", "code", c.Code, "day", v.short(c.Evaluate))
			if c.Evaluate.Before(today) {
				list[i] = v.say("summer.goal.late", "code", c.Code)
			}
		}
		message = append(message, v.para("summer.goals", "list", v.several(list)))
	}
	if len(actions) > 0 {
		message = append(message, v.para("actions.title", "n", len(actions)), v.actionItems(byDue(actions)[:min(len(actions), maxSummer)], today))
		if len(actions) > maxSummer {
			message = append(message, v.note("list.more", "n", len(actions)-maxSummer))
		}
	}
	return append(message, v.para("summer.settle"), chat.Block{Kind: chat.Bullets, Items: [][]chat.Span{
		Spans(v.Lang, "summer.teacher"), Spans(v.Lang, "summer.leaving"), Spans(v.Lang, "summer.done"),
	}})
}

// maxSummer is how many signals and actions the post before the summer shows.
const maxSummer = 20
