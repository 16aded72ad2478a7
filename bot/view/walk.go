package view

import (
	"slices"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// Talk is an item of a meeting that has a reply of its own in the thread, with
// what there is of it already.
type Talk struct {
	Meeting team.Meeting
	Index   int           // of the item on its agenda
	Signals []team.Signal // what it is about; perhaps none for an evaluation, and none for what is erased
	Agreed  int           // actions on its case, made in this meeting
	Leader  string        // user id of who leads the meeting
}

func (t Talk) Item() team.AgendaItem { return t.Meeting.Agenda[t.Index] }

// Code is the case that it is about; empty for a group or a theme, and for what
// is erased.
func (t Talk) Code() string {
	if t.Item().Code != "" || len(t.Signals) == 0 {
		return t.Item().Code
	}
	return t.Signals[0].Code
}

// Gone: there is nothing left of it to talk about.
func (t Talk) Gone() bool {
	return t.erased() || t.Item().Code == "" && len(t.Signals) > 0 && t.Signals[0].Status == team.Withdrawn
}

func (t Talk) erased() bool { return t.Item().Kind == team.ErasedItem }

func (t Talk) current() bool { return t.Meeting.Status == team.Running && t.Meeting.Now == t.Index }

// until is when the minutes of the current item are over.
func (v View) until(m team.Meeting) string {
	end := m.NowSince.Add(time.Duration(m.Agenda[m.Now].Minutes) * time.Minute)
	return end.In(v.Zone).Format("15:04")
}

// Started is the first post of a meeting's thread: while it goes on, with what
// is being talked about.
func (v View) Started(m team.Meeting, a team.Agenda, signals map[int]team.Signal) chat.Message {
	list := v.agendaItems(a.Items, signals)
	running := m.Status == team.Running
	if running && m.Now < len(list.Items) {
		current := append(list.Items[m.Now], chat.Span{Text: " " + v.say("agenda.now", "time", v.until(m))})
		for i := range current {
			current[i].Style = chat.Bold
		}
		list.Items[m.Now] = current
	}
	message := chat.Message{Heading(v.Lang, "started.title", "day", v.day(team.DateOf(m.Start.In(v.Zone)))), list}
	message = append(message, v.carried(a.Carried, signals)...)
	message = append(message, v.toParents(a.Parents, signals)...)
	switch {
	case !running:
		return append(message, v.note("started.held"))
	case m.Now < len(list.Items):
		return append(message, v.note("started.note"), v.buttons(v.button("item.next "+itoa(m.Nr)+" "+itoa(m.Now), "button.next", chat.Primary)))
	}
	return append(message, v.para("started.ready"), v.buttons(v.button("meeting.finish "+itoa(m.Nr), "button.finish", chat.Primary)))
}

// LookBack is the reply in the thread about the actions that are late.
func (v View) LookBack(m team.Meeting, a team.Agenda) chat.Message {
	return chat.Message{v.para("lookback"), {Kind: chat.Bullets, Items: v.late(m, a)}, v.note("actions.note")}
}

// late are the actions that a meeting looks back on. That they are late needs
// no saying.
func (v View) late(m team.Meeting, a team.Agenda) (lines [][]chat.Span) {
	for _, action := range a.Late[:min(len(a.Late), maxItems)] {
		line := []chat.Span{{Style: chat.Bold, Text: itoa(action.Nr)}, {Text: "  "}}
		lines = append(lines, append(line, v.standing(action, team.DateOf(m.Start.In(v.Zone)))...))
	}
	if n := len(a.Late) - len(lines); n > 0 {
		lines = append(lines, Spans(v.Lang, "list.more", "n", n))
	}
	return lines
}

// Case is the reply in the thread of what has one: a case, a handover or an
// evaluation. It walks the questions, and ticks off what is there.
func (v View) Case(t Talk) chat.Message {
	if t.Item().Kind == team.EvaluateItem {
		return v.evaluation(t)
	}
	s := t.Signals[0]
	if t.Gone() {
		return v.Signal(s, t.Meeting)
	}
	c := v.caseOf(s)
	message := chat.Message{v.para("case.title", "about", v.about(s), "facts", v.facts(s), "n", t.Item().Minutes)}
	if t.Item().State != team.ItemOpen {
		if goal := v.goalSet(c); goal != "" {
			message = append(message, v.para("case.goal", "goal", goal))
		}
		if t.Meeting.Nr == c.Anonymous {
			message = append(message, v.note("case.anonymous.was"))
		}
		return append(message, v.outcome(t.Item()))
	}
	message = append(message, v.steps(t)...)
	if !c.MayDiscussIn(t.Meeting.Nr) {
		return append(message, v.buttons(v.button(t.do("item.carry"), "button.carry", chat.Neutral)))
	}
	if v.hasParents(s) {
		message = append(message, v.note("case.parents", "parents", v.parents(s)))
	}
	if v.anonymous(s) {
		message = append(message, v.note("case.anonymous"))
	}
	if s.By == t.Leader {
		message = append(message, v.note("case.lead", "name", v.Name(t.Leader), "other", v.besides(t)))
	}
	mayGoal := s.Code != "" && !v.anonymous(s)
	next := "item.done" // what the talk comes to next
	switch {
	case mayGoal && c.Goal == "":
		next = "item.goal"
	case t.Agreed == 0:
		next = "item.action"
	}
	tone := func(verb string) chat.Tone {
		if verb == next {
			return chat.Primary
		}
		return chat.Neutral
	}
	buttons := []chat.Button{
		v.button(t.do("item.done"), "button.discussed", tone("item.done")),
		v.button(t.do("item.carry"), "button.carry", chat.Neutral),
	}
	if mayGoal {
		buttons = append(buttons, v.button(t.do("item.goal"), "button.goal", tone("item.goal")))
	}
	buttons = append(buttons, v.button(t.do("item.action"), "button.action", tone("item.action")))
	if c.Need != "" && c.Goal != "" && !v.anonymous(s) {
		buttons = append(buttons, v.button(t.do("item.pays"), "button.pays", chat.Neutral))
	}
	text := []chat.Button{v.button(t.do("item.read"), "button.read", chat.Neutral)}
	switch {
	case t.current() && t.Meeting.Shown:
		text = append(text, v.button(t.do("item.hide"), "button.text.hide", chat.Neutral))
	case t.current():
		text = append(text, v.button(t.do("item.show"), "button.text.show", chat.Neutral))
	}
	return append(message, v.buttons(buttons...), v.buttons(text...))
}

// besides is who could lead a part for the leader: of those who said that they
// come, somebody who does not write.
func (v View) besides(t Talk) string {
	var names []string
	for user, coming := range t.Meeting.Present {
		if coming && user != t.Leader && user != t.Meeting.Notes && !v.gone(t.Meeting, user) {
			names = append(names, v.Name(user))
		}
	}
	if len(names) == 0 {
		return v.say("somebody.else")
	}
	return slices.Min(names)
}

// steps are what the talk about an item goes along, as everybody may see it; or
// why there is none in this meeting.
func (v View) steps(t Talk) chat.Message {
	var c team.Case
	if code := t.Code(); code != "" {
		c = v.CaseOf(code)
	} else {
		c = v.caseOf(t.Signals[0])
	}
	switch {
	case c.Parents == team.NotYet && !c.MayDiscussIn(t.Meeting.Nr):
		return chat.Message{v.note("case.twice")}
	case !c.MayDiscussIn(t.Meeting.Nr):
		return chat.Message{v.note("case.objected")}
	case t.Item().Kind != team.EvaluateItem:
		return chat.Message{v.questions(t, c)}
	}
	ask := v.para("walk.evaluation.ask")
	if from, known := c.From(); known {
		return chat.Message{v.para("walk.evaluation.began", "scale", from), ask}
	}
	return chat.Message{ask}
}

// do is what a button about the item does.
func (t Talk) do(verb string) string { return verb + " " + itoa(t.Meeting.Nr) + " " + itoa(t.Index) }

// questions are the five of a talk about a case.
func (v View) questions(t Talk, c team.Case) chat.Block {
	seen, helps, needed := false, c.Helps != "", c.Need != ""
	for _, s := range t.Signals {
		seen, helps, needed = seen || s.Seen != "", helps || s.Helps != "", needed || s.Needed != ""
	}
	list := chat.Block{Kind: chat.Numbers}
	for _, question := range []struct {
		id    string
		there bool
	}{{"walk.seen", seen}, {"walk.helps", helps}, {"walk.needed", needed}, {"walk.goal", c.Goal != ""}, {"walk.action", t.Agreed > 0}} {
		spans := Spans(v.Lang, question.id)
		if question.there {
			spans = append(spans, chat.Span{Style: chat.Bold, Text: " ✓"})
		}
		if question.there && question.id == "walk.goal" {
			spans = append(spans, chat.Span{Text: " " + v.goalSet(c)})
		}
		list.Items = append(list.Items, spans)
	}
	return list
}

// goalSet is what the channel may know of a goal; empty when there is none.
func (v View) goalSet(c team.Case) string {
	scale, known := c.From()
	if c.Goal == "" || !known {
		return ""
	}
	if c.Evaluate.IsZero() {
		return v.say("goal.set", "scale", scale)
	}
	return v.say("goal.set.until", "scale", scale, "day", v.short(c.Evaluate))
}

// Written is the free text on what an item is about: for the member who asks
// only.
func (v View) Written(t Talk) (message chat.Message) {
	for _, s := range t.Signals {
		if s.Status != team.Withdrawn {
			message = append(message, v.signalText(s)...)
		}
	}
	if c := v.CaseOf(t.Code()); c.Goal != "" {
		message = append(message, v.goal(c)...)
	}
	return append(message, v.note("signal.only"))
}

// caseOf is the case of a signal. A group or a theme has none, but where its
// parents stand somebody may have said.
func (v View) caseOf(s team.Signal) team.Case {
	if s.Code == "" {
		return team.Case{Parents: s.Parents}
	}
	return v.CaseOf(s.Code)
}

// anonymous: it is talked about without the parents knowing.
func (v View) anonymous(s team.Signal) bool {
	return v.hasParents(s) && v.caseOf(s).Parents == team.NotYet
}

// outcome is how the talk about an item ended, and who said so.
func (v View) outcome(item team.AgendaItem) chat.Block {
	id := "case." + string(item.State)
	if item.By == "" {
		return v.note(id)
	}
	return v.note(id+".by", "name", v.Name(item.By))
}

// evaluation is the reply of a case whose goal is looked at again.
func (v View) evaluation(t Talk) chat.Message {
	item := t.Item()
	message := chat.Message{v.para("walk.evaluation", "code", item.Code, "n", item.Minutes)}
	if item.State != team.ItemOpen {
		return append(message, v.outcome(item))
	}
	message = append(message, v.steps(t)...)
	if !v.CaseOf(item.Code).MayDiscussIn(t.Meeting.Nr) {
		return append(message, v.buttons(v.button(t.do("item.carry"), "button.carry", chat.Neutral)))
	}
	if len(t.Signals) > 0 {
		message = append(message, v.note("case.parents", "parents", v.parents(t.Signals[0])))
	}
	return append(message, v.buttons(
		v.button("evaluate.ask "+item.Code, "walk.evaluate", chat.Primary),
		v.button(t.do("item.carry"), "button.carry", chat.Neutral),
		v.button(t.do("item.action"), "button.action", chat.Neutral),
		v.button(t.do("item.read"), "button.read", chat.Neutral),
	))
}

// toParents names what the parents have to hear of first, and what they do not
// want to be talked about.
func (v View) toParents(nrs []int, signals map[int]team.Signal) (lines chat.Message) {
	var first, objected []int
	for _, nr := range nrs {
		if v.caseOf(signals[nr]).Parents == team.Objected {
			objected = append(objected, nr)
		} else {
			first = append(first, nr)
		}
	}
	if len(first) > 0 {
		lines = append(lines, v.para("agenda.parents", "list", v.abouts(first, signals)))
	}
	if len(objected) > 0 {
		lines = append(lines, v.para("agenda.objected", "list", v.abouts(objected, signals)))
	}
	return lines
}

// TooLong says, kindly, that an item takes longer than its minutes; again is
// for the last time.
func (v View) TooLong(t Talk, again bool) chat.Message {
	id, on := "toolong", v.button(t.do("item.carry"), "button.carry", chat.Neutral)
	if !t.Item().MayCarry() {
		id, on = "toolong.next", v.button(t.do("item.next"), "button.next", chat.Neutral)
	}
	if again {
		return chat.Message{v.para(id+".again", "about", v.title(t)), v.buttons(on)}
	}
	return chat.Message{v.para(id, "about", v.title(t)), v.buttons(on, v.button(t.do("item.more"), "button.more", chat.Neutral))}
}

// Extended and TookLong are TooLong when somebody answered, and when the
// meeting went on.
func (v View) Extended(t Talk, user string) chat.Message {
	return chat.Message{v.note("toolong.more", "about", v.title(t), "time", v.until(t.Meeting), "name", v.Name(user))}
}

func (v View) TookLong(t Talk) chat.Message {
	if t.erased() {
		return v.Erased()
	}
	message := chat.Message{v.note("toolong.over", "about", v.title(t))}
	if t.Item().Own() && t.Item().State == team.ItemCarried { // it has no reply that says so
		message = append(message, v.note("case.doorgeschoven"))
	}
	return message
}

// title is what an item is about, in a few words.
func (v View) title(t Talk) string {
	item := t.Item()
	switch {
	case t.Code() != "":
		return t.Code()
	case len(t.Signals) > 0:
		return v.about(t.Signals[0])
	case item.Kind == team.LookBack:
		return v.say("toolong.lookback")
	case item.Kind == team.ThemeItem:
		return v.element(item.Text)
	case item.Text != "":
		return item.Text
	}
	return v.say("agenda." + string(item.Kind))
}

// Finished tells who rounded a meeting off how it went on, and what goes along
// to the next time.
func (v View) Finished(m team.Meeting, signals map[int]team.Signal) chat.Message {
	var along []string
	for _, item := range m.Agenda {
		switch {
		case item.State != team.ItemCarried:
		case item.Own():
			along = append(along, item.Text)
		case item.Kind == team.EvaluateItem:
			along = append(along, item.Code)
		case item.Kind != team.CaseItem && item.Kind != team.Transfers || signals[item.Signal].Status == team.Withdrawn:
		default:
			along = append(along, v.about(signals[item.Signal]))
		}
	}
	for _, nr := range m.Over {
		if signals[nr].Status != team.Withdrawn {
			along = append(along, v.about(signals[nr]))
		}
	}
	message := chat.Message{v.para("meeting.finished")}
	if len(m.Actions) > 0 {
		message = append(message, v.para("meeting.own"))
	}
	if len(along) > 0 {
		message = append(message, v.para("meeting.along", "list", v.several(along)), v.note("meeting.sooner"))
	}
	return message
}

// Goal shows what helps a case, its need and its goal: for the member who asks
// only.
func (v View) Goal(c team.Case) chat.Message {
	if c.Need == "" && c.Goal == "" {
		return chat.Message{v.para("goal.none", "code", c.Code)}
	}
	return append(v.goal(c), v.note("signal.only"))
}

func (v View) goal(c team.Case) chat.Message {
	list := chat.Block{Kind: chat.Bullets}
	if c.Helps != "" {
		list.Items = append(list.Items, Spans(v.Lang, "signal.helps", "text", c.Helps))
	}
	if c.Need != "" {
		list.Items = append(list.Items, Spans(v.Lang, "signal.needed", "text", c.Need))
	}
	if c.Goal != "" {
		list.Items = append(list.Items, Spans(v.Lang, "goal.text", "text", c.Goal))
	}
	if set := v.goalSet(c); set != "" {
		list.Items = append(list.Items, []chat.Span{{Text: set}})
	}
	return chat.Message{v.para("goal.title", "code", c.Code), list}
}

// GoalSet tells the asker that a goal stands.
func (v View) GoalSet(c team.Case) chat.Message {
	return chat.Message{v.para("goal.done", "code", c.Code, "goal", v.goalSet(c)), v.note("goal.private", "code", c.Code)}
}
