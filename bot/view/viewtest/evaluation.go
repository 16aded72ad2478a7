package viewtest

import (
	"slices"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/team"
)

func (w *world) aboutEvaluations() {
	c := team.Case{
		Code: "K-014", Need: w.needed, Goal: w.seen, Evaluate: w.today,
		Evaluations: []team.Evaluation{{Day: w.today, Scale: 4}, {Day: w.today, Scale: 7, Outcome: team.Continue, By: "bram"}},
	}
	w.post("AskEvaluation", w.AskEvaluation(c, "bram"))
	w.post("AskEvaluation, nobody", w.AskEvaluation(c, "hugo"))
	w.post("EvaluationAnswered", w.EvaluationAnswered(c, "bram"))
	set, objected := c, c
	set.Evaluations, objected.Parents = c.Evaluations[:1], team.Objected
	w.post("EvaluationAnswered, by a goal", w.EvaluationAnswered(set, "bram"))
	w.post("AskEvaluation, parents object", w.AskEvaluation(objected, "bram"))
	w.post("Unevaluated", w.Unevaluated(c))
	for _, outcome := range team.Outcomes {
		c.Evaluations[1].Outcome = outcome
		if outcome.Ends() {
			c.Closed, c.Erase = w.today, w.today.AddMonths(3)
		}
		w.post("Evaluated, "+string(outcome), w.Evaluated(c))
	}
	again := c
	again.Closed = team.Date{}
	w.post("Evaluated, opened again", w.Evaluated(again))
	c.Evaluations[0].Scale = 7
	w.post("Evaluated, the same", w.Evaluated(c))
	c.Evaluations[1].Scale = team.NoScale
	w.post("Evaluated, no scale", w.Evaluated(c))
	w.ask("SuccessKept", chat.Message{w.SuccessKept(w.next, true)})
	w.ask("StillOpen", w.StillOpen(c, w.actions[:w.few], w.today))
	w.ask("StillOpen, one", w.StillOpen(c, w.actions[:1], w.today))
	s := w.signals[0]
	s.Status = team.Discussed
	w.post("Signal, settled", w.Signal(s, team.Meeting{}))

	for _, parents := range team.ParentsAll {
		c.Parents = parents
		w.ask("Consent, "+string(parents), w.Consent(c, w.actions[:w.few]))
	}
	w.ask("Withdrawn", w.Withdrawn(c))
	w.post("Erased", w.Erased())
	first := w.signals[0].Code
	names := func(text string) bool { return strings.Contains(text, first) }
	line := func(spans []chat.Span) bool {
		return slices.ContainsFunc(spans, func(s chat.Span) bool { return names(s.Text) })
	}
	w.post("Without", w.Without(w.Minutes(w.record()), names, line))
}
