package view

import (
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// Calendar gives the addresses of two calendar feeds, for who asks; fresh is
// that one of them is another than before.
func (v View) Calendar(own, shared string, fresh bool) chat.Message {
	message := chat.Message{v.para("calendar.own"), Copied(own), v.para("calendar.team", "name", v.Team.Name), Copied(shared), v.para("calendar.how")}
	if fresh {
		return append(message, v.note("calendar.fresh"))
	}
	return append(message, v.note("calendar.note"), v.Choices("choice.calendar.new", "/kansoverleg kalender "+v.say("calendar.new")))
}

// OnPage leads to the page of what is shown, until it ends.
func (v View) OnPage(address string) chat.Block {
	return v.para("agenda.page", "link", link(v.say("page.open"), address))
}

func link(text, address string) chat.Span {
	return chat.Span{Style: chat.Link, Text: text, URL: address}
}

// AgendaPage is the agenda as the channel may see it, to print or to hold in
// one's hand.
func (v View) AgendaPage(m team.Meeting, a team.Agenda, signals map[int]team.Signal) chat.Page {
	page := v.page(v.say("agenda.title", "when", v.When(m.Start)))
	list := v.timed(m.Start, a.Items, signals)
	for i, item := range a.Items {
		if item.Kind != team.LookBack {
			continue
		}
		for _, line := range v.late(m, a) {
			list.Items[i] = append(append(list.Items[i], chat.Span{Text: "\n"}), line...)
		}
	}
	page.Body = chat.Message{v.para("page.team", "name", v.Team.Name, "school", v.Team.School), list}
	page.Body = append(page.Body, v.carried(a.Carried, signals)...)
	if len(a.Parents) > 0 {
		page.Body = append(page.Body, v.para("agenda.parents", "list", v.abouts(a.Parents, signals)))
	}
	if line := v.attendance(m); line != "" {
		page.Body = append(page.Body, chat.Block{Kind: chat.Note, Text: []chat.Span{{Text: line}}})
	}
	return page
}

// OffPage is the agenda of a meeting that is off.
func (v View) OffPage(m team.Meeting, now time.Time) chat.Page {
	page := v.page(v.say("agenda.title", "when", v.When(m.Start)))
	page.Body = v.NotHeld(m, now)
	return page
}

func (v View) page(title string) chat.Page { return chat.Page{Lang: string(v.Lang), Title: title} }

// timed are the items with the time at which each begins.
func (v View) timed(start time.Time, items []team.AgendaItem, signals map[int]team.Signal) chat.Block {
	block := chat.Block{Kind: chat.Numbers}
	for _, item := range items {
		at := chat.Span{Style: chat.Bold, Text: start.In(v.Zone).Format("15:04")}
		block.Items = append(block.Items, append([]chat.Span{at, {Text: "  "}}, v.agendaItem(item, signals)...))
		start = start.Add(time.Duration(item.Minutes) * time.Minute)
	}
	return block
}

// textLingers is how long free text stays after its point was to end.
const textLingers = 15 * time.Minute

// ScreenOpener gives the address that opens the meeting screen.
func (v View) ScreenOpener(address string, until time.Time) chat.Message {
	return chat.Message{
		v.para("screen.link", "link", link(v.say("screen.open"), address)),
		v.note("screen.note", "time", until.In(v.Zone).Format("15:04")),
	}
}

// Screen is what the screen in the room shows of a meeting: before it begins
// the agenda, then the point that is being talked about, t. It shows free text
// while whoever leads the meeting wants it there, and forgets it
// some time after the point was to end: nobody may be in the room any more.
func (v View) Screen(t Talk, a team.Agenda, signals map[int]team.Signal, actions []team.Action, now time.Time) chat.Screen {
	m := t.Meeting
	s := chat.Screen{Lang: string(v.Lang), Title: v.say("screen.title", "name", v.Team.Name), Over: m.Status == team.Held}
	for _, action := range actions {
		s.Agreements = append(s.Agreements, chat.Block{Kind: chat.Text, Text: v.sentence(action, chat.Span{Style: chat.Bold, Text: v.Name(action.Owner)})})
	}
	switch {
	case m.Status == team.Planned:
		s.Now = chat.Message{v.para("screen.before", "when", v.When(m.Start)), v.timed(m.Start, a.Items, signals)}
	case m.Status == team.Running && m.Now < len(a.Items):
		item := a.Items[m.Now]
		s.Now = append(chat.Message{{Kind: chat.Text, Text: v.agendaItem(item, signals)}}, v.guide(t, a)...)
		s.Since = m.NowSince.In(v.Zone)
		s.Ends = s.Since.Add(time.Duration(item.Minutes) * time.Minute)
		if m.Now+1 < len(a.Items) {
			s.Next = chat.Message{{Kind: chat.Text, Text: v.agendaItem(a.Items[m.Now+1], signals)}}
		}
		if m.Shown && now.Before(s.Ends.Add(textLingers)) {
			s.Text = v.written(item, signals, v.CaseOf(t.Code()))
		}
	case m.Status == team.Running:
		s.Now = chat.Message{v.para("screen.last")}
	}
	return s
}

// guide is what helps the room through the point of now: no free text.
func (v View) guide(t Talk, a team.Agenda) chat.Message {
	switch t.Item().Kind {
	case team.Welcome:
		return chat.Message{{Kind: chat.Text, Text: []chat.Span{{Text: v.jobs(t.Meeting)}}}, v.para("screen.privacy")}
	case team.LookBack:
		return chat.Message{{Kind: chat.Bullets, Items: v.late(t.Meeting, a)}}
	case team.CaseItem, team.Transfers, team.EvaluateItem:
		if !t.Gone() {
			return v.steps(t)
		}
	case team.Closing:
		return chat.Message{{Kind: chat.Bullets, Items: [][]chat.Span{
			Spans(v.Lang, "screen.round.short"), Spans(v.Lang, "screen.round.who"), Spans(v.Lang, "screen.round.well"),
		}}}
	}
	return nil
}

// written is the free text on what is being talked about.
func (v View) written(item team.AgendaItem, signals map[int]team.Signal, c team.Case) chat.Message {
	var items [][]chat.Span
	said := map[string]bool{"": true} // what helps and the need of a case begin as those of its signal
	add := func(text string, line []chat.Span) {
		if !said[text] {
			said[text] = true
			items = append(items, line)
		}
	}
	for _, nr := range item.Signals() {
		s := signals[nr]
		add(s.Seen, Spans(v.Lang, "signal.seen", "text", s.Seen))
		add(s.Helps, Spans(v.Lang, "signal.helps", "text", s.Helps))
		add(s.Needed, Spans(v.Lang, "signal.needed", "text", s.Needed))
	}
	add(c.Helps, Spans(v.Lang, "signal.helps", "text", c.Helps))
	add(c.Need, Spans(v.Lang, "screen.need", "text", c.Need))
	add(c.Goal, Spans(v.Lang, "screen.goal", "text", c.Goal))
	if len(items) == 0 {
		return nil
	}
	return chat.Message{{Kind: chat.Bullets, Items: items}}
}
