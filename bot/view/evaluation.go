package view

import (
	"cmp"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

// AskEvaluation asks the channel, and who by name, whether a goal is nearer.
func (v View) AskEvaluation(c team.Case, who string) chat.Message {
	if c.Parents == team.Objected {
		return chat.Message{v.para("evaluate.objected", "code", c.Code)}
	}
	asked := chat.Span{Style: chat.Bold, Text: v.say("team.word")}
	if v.Member(who).Here {
		asked = v.mention(who)
	}
	return chat.Message{
		v.para("evaluate.ask", "code", c.Code, "who", asked),
		v.buttons(v.button("evaluate.ask "+c.Code, "button.evaluate", chat.Primary)),
	}
}

// EvaluationAnswered replaces AskEvaluation, also when a new goal or another day
// makes it needless.
func (v View) EvaluationAnswered(c team.Case, by string) chat.Message {
	id := "evaluate.answered"
	if n := len(c.Evaluations); n > 0 && c.Evaluations[n-1].Outcome == team.Begins {
		id = "evaluate.answered.goal"
	}
	return chat.Message{v.note(id, "code", c.Code, "name", v.Name(by))}
}

// Unevaluated tells the chair, directly, that nobody evaluated.
func (v View) Unevaluated(c team.Case) chat.Message {
	button := v.button(AtHome+" "+v.Team.ID+" evaluate.ask "+c.Code, "button.evaluate", chat.Primary)
	return chat.Message{v.para("evaluate.late", "code", c.Code, "day", v.day(c.Evaluate), "team", v.Team.Name), v.buttons(button)}
}

// GoalIntro is what an evaluation is about, in lines above its form: free text, for
// who asks only.
func (v View) GoalIntro(c team.Case) string {
	var lines []string
	if c.Need != "" {
		lines = append(lines, v.say("goal.need", "need", c.Need))
	}
	lines = append(lines, v.say("goal.goal", "goal", c.Goal))
	if n := len(c.Evaluations); n > 0 && c.Evaluations[n-1].Scale != team.NoScale {
		lines = append(lines, v.say("goal.scale", "scale", c.Evaluations[n-1].Scale))
	}
	return strings.Join(append(lines, v.say("goal.only")), "\n")
}

// Evaluated tells the channel what the last evaluation of a case came to.
func (v View) Evaluated(c team.Case) chat.Message {
	n := len(c.Evaluations) - 1
	last := c.Evaluations[n]
	from, _ := team.Case{Evaluations: c.Evaluations[:n]}.From()
	var spans []chat.Span
	switch {
	case last.Scale == team.NoScale:
	case from == team.NoScale || from == last.Scale:
		spans = append(Spans(v.Lang, "evaluated.at", "code", c.Code, "scale", last.Scale), chat.Span{Text: " "})
	default:
		spans = append(Spans(v.Lang, "evaluated.from", "code", c.Code, "from", from, "scale", last.Scale), chat.Span{Text: " "})
	}
	day := v.short(c.Evaluate)
	switch {
	case last.Outcome.Ends() && c.Closed.IsZero():
		return chat.Message{{Kind: chat.Text, Text: append(spans, Spans(v.Lang, "evaluated.reopened", "code", c.Code)...)}}
	case last.Outcome.Ends():
		day = v.full(c.Erase)
	}
	named := chat.Span{Style: chat.Bold, Text: c.Code}
	if spans != nil {
		named = chat.Span{Text: v.say("evaluated.case")}
	}
	return chat.Message{{Kind: chat.Text, Text: append(spans, Spans(v.Lang, "evaluated."+string(last.Outcome), "case", named, "day", day)...)}}
}

// SuccessKept tells who told a success where it went.
func (v View) SuccessKept(m team.Meeting, found bool) chat.Block {
	if !found {
		return v.note("evaluate.success.waits")
	}
	return v.note("evaluate.success", "when", v.When(m.Start))
}

// StillOpen lists, to who closed a case, the actions on it that are not done.
func (v View) StillOpen(c team.Case, open []team.Action, today team.Date) chat.Message {
	if len(open) == 0 {
		return nil
	}
	return chat.Message{v.para("evaluate.open", "n", len(open), "code", c.Code, "day", v.full(c.Erase)), v.actionItems(byDue(open), today)}
}

// Consent tells the asker what it means where parents stand now.
func (v View) Consent(c team.Case, open []team.Action) chat.Message {
	message := chat.Message{v.para("consent."+string(cmp.Or(c.Parents, team.NotYet)), "code", c.Code)}
	if len(open) == 0 {
		return message
	}
	return append(message, v.para("consent.actions", "nrs", v.several(actionNrs(open)), "nr", open[0].Nr))
}
