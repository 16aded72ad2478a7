package view

import (
	"slices"
	"strconv"
	"strings"

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

// reminderButtons are actionButtons and one to hear of it later.
func (v View) reminderButtons(a team.Action) chat.Block {
	block := v.actionButtons(a)
	block.Buttons = append(block.Buttons, v.button("action.later "+itoa(a.Nr), "button.later", chat.Neutral))
	return block
}

// takeButtons are for an action of which the owner left or is away.
func (v View) takeButtons(a team.Action) chat.Block {
	nr := itoa(a.Nr)
	return v.buttons(
		v.button("action.take "+nr, "button.take", chat.Primary),
		v.button("action.done "+nr, "button.done", chat.Neutral),
		v.button("action.postpone "+nr, "button.postpone", chat.Neutral),
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

// Later replaces the reminders of an action that somebody wants to come back to.
func (v View) Later(a team.Action, user string) chat.Message {
	return v.stands(a, v.note("action.later", "day", v.short(a.Snoozed), "name", v.Name(user)))
}

// Shifted replaces the reminders of an action that has another date by when school
// is closed: on the day that it moved from, and why.
func (v View) Shifted(a team.Action, from team.Date, why schedule.Reason) chat.Message {
	if a.Agreed.IsZero() {
		return v.stands(a, v.note("action.newdate", "nr", a.Nr, "day", v.day(a.Due)))
	}
	return v.stands(a, v.Deadline(from, why, a.Due))
}

// PassedOn replaces the reminders of an action that somebody else has now.
func (v View) PassedOn(a team.Action, user string) chat.Message {
	return v.stands(a, v.note("action.passed", "who", v.Name(a.Owner), "name", v.Name(user)))
}

// stands is an open action with a word on how it stands.
func (v View) stands(a team.Action, how chat.Block) chat.Message {
	return chat.Message{
		{Kind: chat.Text, Text: v.sentence(a, chat.Span{Text: v.Name(a.Owner)})},
		how,
		v.actionButtons(a),
	}
}

// OffersToTake reports whether a message asks who takes an action over.
func OffersToTake(body chat.Message) bool {
	return Names(body, func(s string) bool { return strings.HasPrefix(s, "action.take ") })
}

// Reopened replaces the reminders of an action that is not done after all.
func (v View) Reopened(a team.Action, user string) chat.Message {
	return chat.Message{v.para("action.reopened", "nr", a.Nr, "name", v.Name(user))}
}

// Done tells the asker that the action is done, and how to say what helped.
func (v View) Done(a team.Action) chat.Message {
	message := chat.Message{v.para("action.done", "nr", a.Nr)}
	if a.Helped == "" {
		message = append(message, v.para("action.done.helped", "nr", a.Nr))
	}
	return append(message, v.note("action.done.undo", "nr", a.Nr))
}

// actionNrs are the numbers by which people know actions.
func actionNrs(actions []team.Action) []string {
	nrs := make([]string, len(actions))
	for i, a := range actions {
		nrs[i] = itoa(a.Nr)
	}
	return nrs
}

// AllDone tells the asker that several actions are done.
func (v View) AllDone(actions []team.Action) chat.Message {
	nrs := actionNrs(actions)
	return chat.Message{
		v.para("action.done.all", "list", v.list(nrs)),
		v.para("action.done.all.helped", "nr", nrs[0]),
		v.note("action.done.undo", "nr", nrs[0]),
	}
}

// Snoozed tells the asker when the next reminder comes.
func (v View) Snoozed(a team.Action) chat.Message {
	return chat.Message{v.para("action.snoozed", "nr", a.Nr, "day", v.day(a.Snoozed), "due", v.short(a.Due))}
}

// Made tells the asker that the action stands.
func (v View) Made(a team.Action) chat.Message {
	return chat.Message{v.para("action.made", "nr", a.Nr, "name", v.Name(a.Owner), "day", v.day(a.Due))}
}

// Given tells the thread who has the action now.
func (v View) Given(a team.Action, user string) chat.Message {
	if a.Owner == user {
		return chat.Message{v.para("action.taken", "name", v.Name(user), "what", a.Text, "day", v.day(a.Due))}
	}
	return chat.Message{v.para("action.given", "who", v.mention(a.Owner), "what", a.Text, "day", v.day(a.Due), "name", v.Name(user))}
}

// NewDate tells the asker that the date is another one.
func (v View) NewDate(a team.Action) chat.Message {
	return chat.Message{v.para("action.newdate", "nr", a.Nr, "day", v.day(a.Due))}
}

// StepLater is the step of a reminder that somebody wanted later.
const StepLater = "later"

// Reminder reminds the owner; step is where on the ladder. While the owner is
// away it is for who stands in, and without such a member the thread is asked
// who takes over. Of an owner who left, the chair is asked that.
func (v View) Reminder(a team.Action, step string, today team.Date) chat.Message {
	owner := v.Member(a.Owner)
	if !owner.Here {
		return v.ChairReminder(a, today)
	}
	who := []chat.Span{v.mention(a.Owner)}
	if owner.Absent(today) {
		cover, found := v.Member.Cover(owner, today)
		if !found {
			return chat.Message{
				v.para("remind.away", "name", v.Name(a.Owner), "until", v.short(owner.Away), "what", a.Text, "day", v.day(a.Due)),
				v.takeButtons(a),
			}
		}
		who = v.standingIn(cover, owner)
	}
	id := "remind." + step
	switch {
	case step != schedule.StepDue:
	case a.Due != today:
		id = "remind.was"
	case !a.Agreed.IsZero():
		id = "remind.closed"
	}
	return chat.Message{
		v.para(id, "who", who, "what", a.Text, "day", v.day(a.Due), "agreed", v.day(a.Agreed)),
		v.reminderButtons(a),
	}
}

// ChairReminder asks the chair to help along what stays late.
func (v View) ChairReminder(a team.Action, today team.Date) chat.Message {
	chair, owner := v.chairOn(today), v.Member(a.Owner)
	args := []any{"chair", chair, "name", v.Name(a.Owner), "what", a.Text, "day", v.day(a.Due), "nr", a.Nr}
	switch {
	case !owner.Here:
		return chat.Message{v.para("remind.orphan", args...), v.takeButtons(a)}
	case a.Owner == v.Team.Chair && !owner.Absent(today):
		return chat.Message{v.para("remind.chair.own", args...), v.reminderButtons(a)}
	}
	message := append(chat.Message{v.para("remind.chair", args...)}, v.WhileAway(owner, today)...)
	return append(message, v.reminderButtons(a))
}

// HelpAsked asks the thread, and who is the chair today, to think along.
func (v View) HelpAsked(a team.Action, user string, today team.Date) chat.Message {
	if chair := v.Member.StandIn(v.Team.Chair, today); chair == "" || chair == user {
		return chat.Message{v.para("help.asked", "name", v.Name(user), "what", a.Text)}
	}
	return chat.Message{v.para("help.asked.chair", "chair", v.chairOn(today), "name", v.Name(user), "what", a.Text)}
}

// HelpLine asks the chair or the contact person directly; n counts how often
// user asked help with the action.
func (v View) HelpLine(a team.Action, user string, n int) chat.Message {
	return chat.Message{
		v.helpLine(a, user),
		v.buttons(v.here(v.button("action.callback "+itoa(a.Nr)+" "+itoa(n)+" "+user, "button.callback", chat.Primary))),
	}
}

// HelpCalled is HelpLine once by is in touch with user.
func (v View) HelpCalled(a team.Action, user, by string) chat.Message {
	return append(chat.Message{v.helpLine(a, user)}, v.Calling(user, by)...)
}

func (v View) helpLine(a team.Action, user string) chat.Block {
	return v.para("help.chair", "name", v.Name(user), "what", a.Text, "day", v.day(a.Due), "team", v.Team.Name)
}

// Calling tells the thread who is in touch with who asked for help.
func (v View) Calling(user, by string) chat.Message {
	return chat.Message{v.para("callback", "name", v.Name(by), "who", v.Name(user))}
}

// CallsYou tells who asked for help that somebody will be in touch.
func (v View) CallsYou(a team.Action, by string) chat.Message {
	return chat.Message{v.para("callback.you", "name", v.Name(by), "what", a.Text, "team", v.Team.Name)}
}

// here makes a button count in a direct conversation, where somebody may be in
// more than one kernteam.
func (v View) here(b chat.Button) chat.Button {
	b.Do = AtHome + " " + v.Team.ID + " " + b.Do
	return b
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
