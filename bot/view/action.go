package view

import (
	"slices"
	"strconv"

	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/team"
)

// sentence is an agreement: who does what by when, and when it worked.
func (v View) sentence(a team.Action, who chat.Span) []chat.Span {
	var spans []chat.Span
	if a.Code != "" {
		spans = append(spans, chat.Span{Style: chat.Bold, Text: a.Code}, chat.Span{Text: ": "})
	}
	spans = append(spans, Spans(v.Lang, "action.sentence", "who", who, "what", a.Text, "day", v.short(a.Due))...)
	if a.Gain != "" {
		spans = append(spans, Spans(v.Lang, "action.gain", "gain", a.Gain)...)
	}
	return spans
}

// Action is an action's post, with its buttons until it is done.
func (v View) Action(a team.Action) chat.Message {
	if a.Status == team.Done {
		return v.Settled(a)
	}
	id := "action.note"
	if a.Help {
		id = "action.note.help"
	}
	return chat.Message{
		{Kind: chat.Text, Text: v.sentence(a, v.mention(a.Owner))},
		v.note(id, "nr", a.Nr),
		v.actionButtons(a),
	}
}

func (v View) actionButtons(a team.Action) chat.Block {
	nr := itoa(a.Nr)
	return v.buttons(
		v.button("action.done "+nr, "button.done", chat.Primary),
		v.button("action.postpone "+nr, "button.postpone", chat.Neutral),
		v.button("action.help "+nr, "button.help", chat.Neutral),
	)
}

// Settled is an action that is done: struck through, with who said so.
func (v View) Settled(a team.Action) chat.Message {
	spans := v.sentence(a, chat.Span{Text: v.Name(a.Owner)})
	for i := range spans {
		spans[i].Style = chat.Struck
	}
	return chat.Message{
		{Kind: chat.Text, Text: spans},
		v.note("action.settled", "name", v.Name(a.DoneBy), "day", v.short(team.DateOf(a.Done.In(v.Zone)))),
	}
}

// Postponed replaces an old reminder of an action with a new date.
func (v View) Postponed(a team.Action, user string) chat.Message {
	return chat.Message{v.note("action.postponed", "nr", a.Nr, "day", v.short(a.Due), "name", v.Name(user))}
}

// Made tells the asker that the action stands.
func (v View) Made(a team.Action) chat.Message {
	return chat.Message{v.para("action.made", "nr", a.Nr, "name", v.Name(a.Owner), "day", v.day(a.Due))}
}

// Given tells the thread who has the action now.
func (v View) Given(a team.Action, user string) chat.Message {
	return chat.Message{v.para("action.given", "who", v.mention(a.Owner), "what", a.Text, "day", v.day(a.Due), "name", v.Name(user))}
}

// NewDate tells the asker that the date is another one.
func (v View) NewDate(a team.Action) chat.Message {
	return chat.Message{v.para("action.newdate", "nr", a.Nr, "day", v.day(a.Due))}
}

// Reminder reminds the owner; step is where on the ladder.
// Of an owner who left, the chair is asked who takes over.
func (v View) Reminder(a team.Action, step string, today team.Date) chat.Message {
	if !v.Member(a.Owner).Here {
		return v.ChairReminder(a)
	}
	id := "remind." + step
	if step == schedule.StepDue && a.Due != today {
		id = "remind.was"
	}
	return chat.Message{
		v.para(id, "who", v.mention(a.Owner), "what", a.Text, "day", v.day(a.Due)),
		v.actionButtons(a),
	}
}

// ChairReminder asks the chair to help along what stays late.
func (v View) ChairReminder(a team.Action) chat.Message {
	chair, _ := v.chair()
	if !v.Member(a.Owner).Here {
		return chat.Message{
			v.para("remind.orphan", "chair", chair, "name", v.Name(a.Owner), "what", a.Text, "day", v.day(a.Due), "nr", a.Nr),
			v.actionButtons(a),
		}
	}
	if a.Owner == v.Team.Chair {
		return chat.Message{
			v.para("remind.chair.own", "chair", chair, "what", a.Text, "day", v.day(a.Due)),
			v.actionButtons(a),
		}
	}
	return chat.Message{
		v.para("remind.chair", "chair", chair, "name", v.Name(a.Owner), "what", a.Text, "day", v.day(a.Due)),
		v.actionButtons(a),
	}
}

// HelpAsked asks the thread to think along.
func (v View) HelpAsked(a team.Action, user string) chat.Message {
	chair, here := v.chair()
	if !here || v.Team.Chair == user {
		return chat.Message{v.para("help.asked", "name", v.Name(user), "what", a.Text)}
	}
	return chat.Message{v.para("help.asked.chair", "chair", chair, "name", v.Name(user), "what", a.Text)}
}

// HelpChair asks the chair directly.
func (v View) HelpChair(a team.Action, user string) chat.Message {
	return chat.Message{v.para("help.chair", "name", v.Name(user), "what", a.Text, "day", v.day(a.Due), "team", v.Team.Name)}
}

// Actions, Mine and WorkAgenda are lists for who asks.
func (v View) Actions(list []team.Action, today team.Date) chat.Message {
	return v.actionList("actions", list, today)
}

func (v View) Mine(list []team.Action, today team.Date) chat.Message {
	return v.actionList("mine", list, today)
}

func (v View) WorkAgenda(list []team.Action, today team.Date) chat.Message {
	return v.actionList("workagenda", list, today)
}

func (v View) actionList(id string, list []team.Action, today team.Date) chat.Message {
	if len(list) == 0 {
		return chat.Message{v.para(id + ".none")}
	}
	list = byDue(list)
	message := chat.Message{v.para(id+".title", "n", len(list)), v.actionItems(list[:min(len(list), maxItems)], today)}
	if len(list) > maxItems {
		message = append(message, v.note("list.more", "n", len(list)-maxItems))
	}
	return append(message, v.note("actions.note"))
}

func byDue(list []team.Action) []team.Action {
	return slices.SortedStableFunc(slices.Values(list), func(a, b team.Action) int { return a.Due.Compare(b.Due) })
}

func (v View) actionItems(list []team.Action, today team.Date) chat.Block {
	block := chat.Block{Kind: chat.Bullets}
	for _, a := range list {
		item := []chat.Span{{Style: chat.Bold, Text: itoa(a.Nr)}, {Text: "  "}}
		item = append(item, v.sentence(a, chat.Span{Text: v.Name(a.Owner)})...)
		if a.Late(today) {
			item = append(item, chat.Span{Style: chat.Bold, Text: " " + v.say("actions.late")})
		}
		if a.Help {
			item = append(item, chat.Span{Text: " " + v.say("actions.help")})
		}
		block.Items = append(block.Items, item)
	}
	return block
}

func itoa(n int) string { return strconv.Itoa(n) }
