package view

import (
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// Greeting is the first thing that a channel sees of Kansbot.
func Greeting(lang text.Lang) chat.Message {
	button := chat.Button{Do: "team.set", Label: lang.Say("greeting.button"), Tone: chat.Primary}
	return chat.Message{
		Heading(lang, "greeting.title"), Para(lang, "greeting"), Note(lang, "greeting.privacy"),
		{Kind: chat.Buttons, Buttons: []chat.Button{button}},
	}
}

// Greeted is the greeting once there is a kernteam.
func Greeted(lang text.Lang) chat.Message {
	return chat.Message{Heading(lang, "greeting.title"), Para(lang, "greeted"), Note(lang, "greeting.privacy")}
}

// Founded tells the channel that its kernteam is ready, and how to go on.
func (v View) Founded() chat.Message {
	return chat.Message{
		Heading(v.Lang, "team.ready.title", "name", v.Team.Name),
		v.para("team.ready", "school", v.Team.School, "chair", v.mention(v.Team.Chair)),
		{Kind: chat.Bullets, Items: [][]chat.Span{
			Spans(v.Lang, "team.ready.signal"), Spans(v.Lang, "team.ready.plan"), Spans(v.Lang, "team.ready.card"),
		}},
	}
}

// Kernteam is the team in a few lines, for who asks.
func (v View) Kernteam(members []team.Member, next team.Meeting) chat.Message {
	message := chat.Message{
		{Kind: chat.Heading, Text: []chat.Span{{Text: v.Team.Name}}},
		v.para("team.overview", "school", v.Team.School, "municipality", v.Team.Municipality, "n", len(members), "chair", v.Name(v.Team.Chair)),
	}
	if v.Member(v.Team.Contact).Here {
		message = append(message, v.para("team.contact", "name", v.Name(v.Team.Contact)))
	}
	if next.Nr != 0 {
		message = append(message, v.para("overview.next", "when", v.When(next.Start)))
	}
	return append(message, v.Choices("choice.who", "/kernteam wie", "choice.card", "/kernteam ik", "choice.workagenda", "/kernteam werkagenda", "choice.help", "/kernteam help"))
}

// Who is who, for who asks.
func (v View) Who(members []team.Member, today team.Date) chat.Message {
	var items [][]chat.Span
	for _, m := range members {
		item := []chat.Span{{Style: chat.Bold, Text: v.name(m)}, {Text: " (@" + m.Handle + "): " + v.Role(m)}}
		if m.User == v.Team.Chair {
			item = append(item, chat.Span{Text: ", " + v.say("chair")})
		}
		if absence := v.absence(m, today); absence != "" {
			item = append(item, chat.Span{Text: ". "}, chat.Span{Style: chat.Bold, Text: absence})
		}
		if m.Does != "" {
			item = append(item, chat.Span{Text: ". " + m.Does})
		}
		if m.Reach != "" {
			item = append(item, chat.Span{Text: ". " + v.say("reach", "how", m.Reach)})
		}
		items = append(items, item)
	}
	return chat.Message{
		Heading(v.Lang, "who.title", "name", v.Team.Name),
		{Kind: chat.Bullets, Items: items},
		v.note("who.note"),
	}
}

// Role is a member's role and organisation in words.
func (v View) Role(m team.Member) string {
	role := v.say("role.none")
	if m.Role != team.NoRole {
		role = v.say("role." + string(m.Role))
	}
	if m.Org != "" {
		role += ", " + m.Org
	}
	return role
}

// NewChair tells the channel who leads the kernteam from now on.
func (v View) NewChair(m team.Member) chat.Message {
	return chat.Message{v.para("chair.new", "who", v.mention(m.User))}
}

// Home is what one kernteam has for somebody who turns to Kansbot directly.
func (v View) Home(mine []team.Action, next team.Meeting, today team.Date) chat.Message {
	message := v.homeTop(mine, next)
	if len(mine) == 0 {
		return message
	}
	return append(message, v.actionItems(mine, today))
}

// homeTop is the kernteam, when it meets, and how many actions are one's own.
func (v View) homeTop(mine []team.Action, next team.Meeting) chat.Message {
	message := chat.Message{Heading(v.Lang, "home.title", "name", v.Team.Name)}
	if next.Nr != 0 {
		message = append(message, v.para("overview.next", "when", v.When(next.Start)))
	} else {
		message = append(message, v.para("overview.nodate"))
	}
	if len(mine) == 0 {
		return append(message, v.para("mine.none"))
	}
	return append(message, v.para("mine.title", "n", len(mine)))
}

// AtHome begins what a button on a home page does: then come the kernteam and
// what the button does elsewhere.
const AtHome = "in"

// HomePage is what one kernteam has on the page of one of its members: Home
// with buttons, and the signals that wait.
func (v View) HomePage(mine []team.Action, signals []team.Signal, next team.Meeting, today team.Date) chat.Message {
	message := v.homeTop(mine, next)
	mine = byDue(mine)
	for _, a := range mine[:min(len(mine), maxHome)] {
		spans := v.actionItems([]team.Action{a}, today).Items[0]
		buttons := v.actionButtons(a)
		for i, b := range buttons.Buttons {
			buttons.Buttons[i].Do = AtHome + " " + v.Team.ID + " " + b.Do
		}
		message = append(message, chat.Block{Kind: chat.Text, Text: spans}, buttons)
	}
	if len(mine) > maxHome {
		message = append(message, v.note("list.more", "n", len(mine)-maxHome))
	}
	if len(signals) == 0 {
		return message
	}
	return append(append(message, v.signalList(signals, maxHome)...), v.note("signals.note"))
}

// maxHome is how many actions and signals of one kernteam a home page shows.
const maxHome = 10

// Buried tells the chair that something did not reach the channel.
func (v View) Buried() chat.Message {
	return chat.Message{v.para("buried", "name", v.Team.Name)}
}

// Terms lists the words of the glossary.
func (v View) Terms(words []string) chat.Message {
	return chat.Message{
		v.para("terms"),
		{Kind: chat.Text, Text: []chat.Span{{Text: strings.Join(words, ", ") + "."}}},
		Copied("/begrip regie"),
	}
}

// Term is a word as the two worlds use it, and what to say instead.
func (v View) Term(t text.Term) chat.Message {
	return chat.Message{
		{Kind: chat.Heading, Text: []chat.Span{{Text: t.Word}}},
		{Kind: chat.Bullets, Items: [][]chat.Span{
			Spans(v.Lang, "term.education", "meaning", t.School),
			Spans(v.Lang, "term.care", "meaning", t.Care),
		}},
		v.para("term.plain", "line", t.Say),
	}
}
