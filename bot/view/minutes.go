package view

import (
	"maps"
	"slices"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// Record is what the minutes of a Kans!overleg are made of.
type Record struct {
	Meeting team.Meeting
	Chair   string              // user id of who led it
	First   team.Date           // the day on which it began
	Signals map[int]team.Signal // on its agenda
	Cases   []team.Case         // among them those that were evaluated, or given a goal
	Actions []team.Action       // agreed in it
	Waits   []string            // codes that wait for the parents
}

// Minutes are the agreements of a meeting, and nothing that was said: as they
// were made.
func (v View) Minutes(r Record) chat.Message {
	return v.minutes(r, func(a team.Action) []chat.Span {
		return v.sentence(a, chat.Span{Style: chat.Bold, Text: v.Name(a.Owner)})
	})
}

// MinutesNow are the same later on: each agreement says how it stands today.
func (v View) MinutesNow(r Record, today team.Date) chat.Message {
	return v.minutes(r, func(a team.Action) []chat.Span {
		return v.standing(a, today, chat.Span{Style: chat.Bold, Text: " " + v.say("actions.late")})
	})
}

// standing is an agreement with how it stands today; late is what to say of one
// that is late.
func (v View) standing(a team.Action, today team.Date, late ...chat.Span) []chat.Span {
	spans := v.sentence(a, chat.Span{Style: chat.Bold, Text: v.Name(a.Owner)})
	switch {
	case a.Status == team.Done:
		for i := range spans {
			spans[i].Style = chat.Struck
		}
		return append(spans, chat.Span{Text: " " + v.say("action.settled", "name", v.Name(a.DoneBy), "day", v.short(team.DateOf(a.Done.In(v.Zone))))})
	case a.Late(today):
		spans = append(spans, late...)
	case !a.First.IsZero() && a.First != a.Due, !a.Agreed.IsZero():
		spans = append(spans, chat.Span{Text: " " + v.say("minutes.newdate")})
	}
	if a.Help {
		spans = append(spans, chat.Span{Text: " " + v.say("actions.help")})
	}
	return spans
}

func (v View) minutes(r Record, agreement func(team.Action) []chat.Span) chat.Message {
	message := chat.Message{Heading(v.Lang, "minutes.title", "day", v.day(r.First))}
	var told, discussed, carried []string
	carry := func(about string) {
		if !slices.Contains(carried, about) {
			carried = append(carried, about)
		}
	}
	var points [][]chat.Span
	for _, item := range r.Meeting.Agenda {
		s := r.Signals[item.Signal]
		switch {
		case item.Own() && item.State == team.ItemCarried:
			points = append(points, Spans(v.Lang, "agenda.punt", "text", item.Text, "name", v.Name(item.By)))
		case item.Kind == team.Celebrate && item.Text != "":
			told = append(told, item.Text)
		case item.Kind == team.EvaluateItem && item.State != team.ItemDiscussed:
			carry(item.Code)
		case item.Signal == 0 || s.Status == team.Withdrawn:
		case item.State != team.ItemDiscussed:
			carry(v.about(s))
		case item.Kind == team.Celebrate:
			told = append(told, v.about(s))
		default:
			discussed = append(discussed, v.about(s))
		}
	}
	for _, nr := range r.Meeting.Over {
		if r.Signals[nr].Status != team.Withdrawn {
			carry(v.about(r.Signals[nr]))
		}
	}
	goals, evaluated := v.evaluations(r)

	if len(told) > 0 {
		message = append(message, v.para("minutes.told", "list", strings.Join(told, ", ")))
	}
	if len(discussed) > 0 {
		message = append(message, v.para("minutes.discussed", "list", strings.Join(discussed, ", ")))
	}
	if len(goals) > 0 {
		message = append(message, v.para("minutes.goals", "list", strings.Join(goals, ", ")))
	}
	if len(evaluated) > 0 {
		message = append(message, v.para("minutes.evaluated"), chat.Block{Kind: chat.Bullets, Items: evaluated})
	}
	var items [][]chat.Span
	for _, a := range r.Actions {
		items = append(items, agreement(a))
	}
	for range r.Meeting.Erased {
		items = append(items, Spans(v.Lang, "erase.item"))
	}
	if len(items) == 0 {
		message = append(message, v.para("minutes.noactions"))
	} else {
		message = append(message, v.para("minutes.actions"), chat.Block{Kind: chat.Bullets, Items: items})
	}
	if len(carried) > 0 {
		message = append(message, v.para("minutes.carried", "list", v.several(carried)))
	}
	if len(points) > 0 {
		message = append(message, v.para("minutes.points"), chat.Block{Kind: chat.Bullets, Items: points})
	}
	if len(r.Waits) > 0 {
		message = append(message, v.para("agenda.parents", "list", strings.Join(r.Waits, ", ")))
	}
	if people := v.people(r); people != "" {
		message = append(message, chat.Block{Kind: chat.Note, Text: []chat.Span{{Text: people}}})
	}
	return message
}

// evaluations are the cases that were given a goal in a meeting, and how the
// others were found to be.
func (v View) evaluations(r Record) (goals []string, evaluated [][]chat.Span) {
	for _, c := range r.Cases {
		for _, i := range r.Evaluated(c) {
			switch e := c.Evaluations[i]; {
			case e.Outcome == team.Begins:
				goals = append(goals, c.Code)
			default:
				line := Spans(v.Lang, "minutes.outcome."+string(e.Outcome), "stand", v.stand(c, i))
				if i == len(c.Evaluations)-1 && !c.Evaluate.IsZero() {
					line = append(append(line, space), Spans(v.Lang, "minutes.until", "day", v.short(c.Evaluate))...)
				}
				evaluated = append(evaluated, line)
			}
		}
	}
	return goals, evaluated
}

// stand is a case with how near its goal was, and how near the time before, as
// far as somebody said.
func (v View) stand(c team.Case, i int) []chat.Span {
	to, from := c.Evaluations[i].Scale, team.NoScale
	if i > 0 {
		from = c.Evaluations[i-1].Scale
	}
	switch {
	case to == team.NoScale:
		return Spans(v.Lang, "minutes.scale.none", "code", c.Code)
	case from == team.NoScale:
		return Spans(v.Lang, "minutes.scale.at", "code", c.Code, "to", to)
	}
	return Spans(v.Lang, "minutes.scale.from", "code", c.Code, "from", from, "to", to)
}

// Evaluated are the places of a case's evaluations that were made in the
// meeting.
func (r Record) Evaluated(c team.Case) (at []int) {
	for i, e := range c.Evaluations {
		if e.Meeting == r.Meeting.Nr {
			at = append(at, i)
		}
	}
	return at
}

// people are who said they would come, who came instead, and who did what in
// the meeting.
func (v View) people(r Record) string {
	var there []string
	m := r.Meeting
	for user, came := range m.Present {
		if came && !v.gone(m, user) {
			there = append(there, v.nameRole(user))
		}
	}
	slices.Sort(there)
	for _, user := range slices.Sorted(maps.Keys(m.Stands)) {
		if instead := v.instead(m, user); instead != "" && !m.Present[instead] {
			there = append(there, v.say("minutes.instead", "name", v.nameRole(instead), "other", v.Name(user)))
		}
	}
	var lines []string
	if len(there) > 0 {
		lines = append(lines, v.say("attendance.in", "names", strings.Join(there, ", ")))
	}
	if r.Chair != "" {
		lines = append(lines, v.say("minutes.led", "name", v.Name(r.Chair)))
	}
	if m.Notes != "" {
		lines = append(lines, v.say("minutes.noted", "name", v.Name(m.Notes)))
	}
	return strings.Join(lines, " ")
}

func (v View) nameRole(user string) string {
	m := v.Member(user)
	if m.Role == team.NoRole {
		return v.name(m)
	}
	return v.name(m) + " (" + v.say("role."+string(m.Role)) + ")"
}

// Helped is what owners said helped, in their own words: for who asks.
func (v View) Helped(actions []team.Action) chat.Message {
	list := chat.Block{Kind: chat.Bullets}
	for _, a := range actions {
		if a.Helped != "" {
			list.Items = append(list.Items, Spans(v.Lang, "helped", "nr", a.Nr, "helped", a.Helped))
		}
	}
	if len(list.Items) == 0 {
		return nil
	}
	return chat.Message{v.note("helped.title"), list}
}

// Own is what one member agreed to, sent to them directly.
func (v View) Own(m team.Meeting, actions []team.Action) chat.Message {
	var items [][]chat.Span
	for _, a := range actions {
		items = append(items, v.sentence(a, chat.Span{Text: v.Name(a.Owner)}))
	}
	return chat.Message{
		v.para("own", "day", v.day(team.DateOf(m.Start.In(v.Zone))), "n", len(actions), "name", v.Team.Name),
		{Kind: chat.Bullets, Items: items},
		v.note("own.note"),
	}
}

// PageAt leads the asker to a page of ours, for a day.
func (v View) PageAt(address string) chat.Message {
	return chat.Message{
		v.para("page", "link", link(v.say("page.browser"), address)),
		v.note("page.note"),
	}
}

// MinutesButtons lead who presses to the minutes as a page, and to what parents may
// read of the cases in them, if anything.
func (v View) MinutesButtons(m team.Meeting, parents bool) chat.Message {
	var buttons []chat.Button
	if v.Pages {
		buttons = append(buttons, v.button("minutes.file "+itoa(m.Nr), "button.file", chat.Neutral))
	}
	if parents {
		buttons = append(buttons, v.button("minutes.parents "+itoa(m.Nr), "button.parents", chat.Neutral))
	}
	if len(buttons) == 0 {
		return nil
	}
	return chat.Message{v.buttons(buttons...)}
}

// Letters offers what parents may read of these cases.
func (v View) Letters(m team.Meeting, codes []string) chat.Message {
	offer := chat.Block{Kind: chat.Choices}
	for _, code := range codes {
		offer.Choices = append(offer.Choices, chat.Choice{Label: code, Line: v.say("letter.line", "nr", m.Nr, "code", code)})
	}
	return chat.Message{v.para("letter.which"), offer}
}
