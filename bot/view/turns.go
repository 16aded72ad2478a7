package view

import (
	"slices"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// Card tells somebody directly what their job in a meeting is.
func (v View) Card(m team.Meeting, job team.Job) chat.Message {
	id := "card." + string(job)
	return chat.Message{
		v.para(id, "when", v.When(m.Start), "team", v.Team.Name),
		{Kind: chat.Bullets, Items: [][]chat.Span{Spans(v.Lang, id+".1"), Spans(v.Lang, id+".2"), Spans(v.Lang, id+".3")}},
		v.note("card.swap"),
	}
}

// Turn tells somebody directly that a job is theirs now.
func (v View) Turn(m team.Meeting, job team.Job) chat.Message {
	return chat.Message{v.para("turn."+string(job), "when", v.When(m.Start), "team", v.Team.Name), v.note("card.swap")}
}

// TakenOver replaces the card of who had the job before.
func (v View) TakenOver(m team.Meeting, job team.Job) chat.Message {
	if v.holder(m, job) == "" {
		return chat.Message{v.para("turn.gone", "when", v.When(m.Start))}
	}
	return v.HasJob(m, job)
}

// HasJob says who has a job.
func (v View) HasJob(m team.Meeting, job team.Job) chat.Message {
	return chat.Message{v.para("has."+string(job), "name", v.Name(v.holder(m, job)), "when", v.When(m.Start))}
}

// NoLeader asks the channel who leads a meeting; HasJob replaces it.
func (v View) NoLeader(m team.Meeting) chat.Message {
	return chat.Message{
		v.para("lead.nobody", "when", v.When(m.Start)),
		v.buttons(v.button("meeting.lead "+itoa(m.Nr), "button.lead", chat.Primary)),
	}
}

// TooFew asks the channel whether a meeting goes on with at most so many;
// other is a day to choose instead. Enough and GoesOn replace it.
func (v View) TooFew(m team.Meeting, most int, other team.Date) chat.Message {
	start, nr, id := m.Start.In(v.Zone), itoa(m.Nr), "toofew"
	if most == 0 {
		id = "toofew.none"
	}
	return chat.Message{
		v.para(id, "n", most, "least", v.Team.Quorum, "when", v.When(m.Start)),
		v.buttons(v.button("meeting.on "+nr, "button.on", chat.Primary), v.button("meeting.off "+nr, "button.drop", chat.Neutral)),
		v.note("proposal.other"),
		Copied(v.say("proposal.line", "day", v.short(team.DateOf(start)), "other", v.short(other), "time", start.Format("15:04"))),
	}
}

func (v View) Enough(m team.Meeting) chat.Message {
	return chat.Message{v.para("toofew.enough", "when", v.When(m.Start))}
}

func (v View) GoesOn(m team.Meeting, user string) chat.Message {
	return chat.Message{v.para("toofew.goeson", "when", v.When(m.Start)), v.note("plan.by", "name", v.Name(user))}
}

// Begun replaces questions about a meeting that goes on or is over.
func (v View) Begun(m team.Meeting) chat.Message {
	return chat.Message{v.para("lead.begun", "when", v.When(m.Start))}
}

// maxChoosable is how many cases an agenda offers to take on after all: with
// more, nothing is a choice.
const maxChoosable = 4

// choosable are buttons to put what is carried over on the agenda after all.
func (v View) choosable(m team.Meeting, carried []int, signals map[int]team.Signal) chat.Message {
	var buttons []chat.Button
	var offered []string
	for _, nr := range carried {
		s := signals[nr]
		about := v.about(s)
		if m.Status != team.Planned || s.Kind == team.Success || slices.Contains(offered, about) || len(buttons) == maxChoosable {
			continue
		}
		offered = append(offered, about)
		label := []rune(v.say("button.choose", "about", about))
		if len(label) > maxButton {
			label = append(label[:maxButton-1], '…')
		}
		buttons = append(buttons, chat.Button{Do: "agenda.choose " + itoa(m.Nr) + " " + itoa(nr), Label: string(label)})
	}
	if len(buttons) == 0 {
		return nil
	}
	return chat.Message{v.buttons(buttons...)}
}

// maxButton is how many characters of a button's label every platform shows.
const maxButton = 30

// About is what the channel knows a signal by.
func (v View) About(s team.Signal) string { return v.about(s) }

// Chosen confirms that a case is on the agenda, and says what is not any more.
func (v View) Chosen(m team.Meeting, s team.Signal, fell []int, signals map[int]team.Signal) chat.Message {
	message := chat.Message{v.para("chosen", "about", v.about(s), "when", v.When(m.Start))}
	if len(fell) > 0 {
		message = append(message, v.para("chosen.fell", "list", v.abouts(fell, signals)))
	}
	return message
}
