package command

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// maxGoal is how many characters a goal has: one that anybody can repeat.
const maxGoal = 280

// maxScale is where the goal is reached.
const maxScale = 10

// A goal may be looked at again this many school weeks after it was set.
const (
	soonestEvaluation = 4
	latestEvaluation  = 10
)

// goal is what somebody wants for a case, from where, and when to look again.
type goal struct {
	code     string
	helps    string
	need     string
	text     string
	scale    int       // 0 to maxScale, or team.NoScale
	evaluate team.Date // zero for the usual day
}

// meetingGoal sets the goal of a case, from one line or through a form. With
// the code alone it shows the asker what stands.
func meetingGoal(r *Request, typed string) (answer, error) {
	code, rest := cutCode(line(typed))
	if code == "" {
		return answer{}, team.Wrong("casus", "goal.case", "example", "/kansoverleg doel "+r.lang.Say("goal.example", "code", "K-014"))
	}
	c, err := r.goalCase(code)
	if err != nil {
		return answer{}, err
	}
	known, err := r.goalOf(c)
	if err != nil {
		return answer{}, err
	}
	if rest == "" {
		shown, err := r.goalShow(known)
		shown.body = r.view().Goal(c)
		return shown, err
	}
	g := goal{code: code, scale: team.NoScale}
	if err = r.readGoal(&g, rest); err == nil {
		whole := g
		whole.helps, whole.need = cmp.Or(g.helps, known.helps), cmp.Or(g.need, known.need)
		var a answer
		if a, err = r.setGoal(whole); err == nil {
			return a, nil
		}
	}
	offered, failed := r.goalAsk(known, g)
	if failed != nil {
		return answer{}, failed
	}
	return offered, err
}

// pressGoal opens the form of the goal of the case that is talked about.
func pressGoal(r *Request, s string) (answer, error) {
	t, err := r.onItem(s)
	if err != nil {
		return answer{}, err
	}
	c, err := r.goalCase(t.Code())
	if err != nil {
		return answer{}, err
	}
	g, err := r.goalOf(c)
	if err != nil {
		return answer{}, err
	}
	return r.goalShow(g)
}

// goalCase is a case that may have a goal.
func (r *Request) goalCase(code string) (team.Case, error) {
	c, found, err := store.Cases.Get(r.tx, r.team.ID, code)
	if err != nil {
		return c, err
	}
	if !found {
		return c, team.Wrong("casus", "goal.unknown", "understood", code, "example", r.lang.Say("signal.example", "code", code))
	}
	if !c.Closed.IsZero() {
		return c, team.Wrong("casus", "goal.closed", "understood", code)
	}
	if p := r.parentsFirst(c); p != nil {
		return c, p.With("example", r.lang.Say("parents.example", "code", code))
	}
	return c, nil
}

// goalOf is the goal that a case has. What helps and what it needs, its newest
// signal may say.
func (r *Request) goalOf(c team.Case) (goal, error) {
	g := goal{code: c.Code, helps: c.Helps, need: c.Need, text: c.Goal, scale: team.NoScale, evaluate: c.Evaluate}
	if n := len(c.Evaluations); n > 0 {
		g.scale = c.Evaluations[n-1].Scale
	}
	signals, err := store.SignalsOn(r.tx, r.team.ID, c.Code)
	for _, s := range slices.Backward(signals) {
		g.helps, g.need = cmp.Or(g.helps, s.Helps), cmp.Or(g.need, s.Needed)
	}
	return g, err
}

// goalShow opens the form with what is known of the case: who opens it reads
// that.
func (r *Request) goalShow(known goal) (answer, error) {
	if err := r.did("case.show", onCase(known.code)); err != nil {
		return answer{}, err
	}
	return r.goalAsk(known, known)
}

// goalAsk opens the form with g in it; known is the goal that stands.
func (r *Request) goalAsk(known, g goal) (answer, error) {
	began, err := r.goalForm(known)
	if err != nil {
		return answer{}, err
	}
	form, err := r.goalForm(g)
	if err != nil {
		return answer{}, err
	}
	a := r.ask("goal.set", 0, form)
	a.form.Began = imprints(began)
	return a, nil
}

func (r *Request) goalForm(g goal) (chat.Form, error) {
	if g.evaluate.IsZero() || r.evaluable(g.evaluate, g.code) != nil {
		var err error
		if g.evaluate, err = r.evaluationDay(); err != nil {
			return chat.Form{}, err
		}
	}
	now := ""
	if g.scale != team.NoScale {
		now = strconv.Itoa(g.scale)
	}
	return r.form("goal",
		r.choose("goal", "casus", []chat.Option{{Key: g.code, Label: g.code}}, g.code),
		optional(r.write("goal", "helpt", g.helps, maxFree)),
		r.write("goal", "nodig", g.need, maxFree),
		r.write("goal", "doel", g.text, maxGoal),
		r.choose("goal", "schaal", scales(), now),
		r.fill("goal", "evaluatie", schedule.ShortDate(string(r.lang), g.evaluate), 40),
	), nil
}

// scales are the places on the scale, to choose from.
func scales() []chat.Option {
	list := make([]chat.Option, maxScale+1)
	for n := range list {
		list[n] = chat.Option{Key: strconv.Itoa(n), Label: strconv.Itoa(n)}
	}
	return list
}

// goalSubmitted takes from a form what it says otherwise than it began. A goal
// that somebody else set meanwhile comes first.
func goalSubmitted(r *Request, _ int, v values) (answer, error) {
	c, err := r.goalCase(v.get("casus"))
	if err != nil {
		return answer{}, err
	}
	if !r.began("doel", []string{c.Goal}) {
		return answer{}, r.alreadyEvaluated(c)
	}
	known, err := r.goalOf(c)
	if err != nil {
		return answer{}, err
	}
	now, err := r.goalForm(known)
	if err != nil {
		return answer{}, err
	}
	if err := r.rebase(now, v, func(field string) error {
		if field == "schaal" {
			return r.alreadyEvaluated(c)
		}
		return team.Wrong(field, "goal.meanwhile")
	}); err != nil {
		return answer{}, err
	}
	scale, err := strconv.Atoi(v.get("schaal"))
	if err != nil {
		return answer{}, err
	}
	g := goal{code: c.Code, helps: tidy(v.get("helpt")), need: tidy(v.get("nodig")), text: tidy(v.get("doel")), scale: scale}
	day := v.get("evaluatie")
	if g.text == c.Goal && day == schedule.ShortDate(string(r.lang), c.Evaluate) { // also one that has been
		g.evaluate = c.Evaluate
	} else if g.evaluate, err = r.evaluation(day, c.Code); err != nil {
		return answer{}, err
	}
	return r.setGoal(g)
}

// goalParts are the named parts of a typed goal.
var goalParts = regexp.MustCompile(`(?i)[\s,;|]*\b(?:(nodig|needed|needs)\s*:|(?:schaal|scale)\s*:?\s*(\d+)(?:\s*(?:/|van de|van|uit|out of|of)\s*10\b)?|(evaluatie|evaluation)(?:\s+op|\s+on)?\s*:?\s|(helpt|helps)\s*:)[\s,;|]*`)

// readGoal reads a typed line into g. Whatever has no name is the goal. It
// reads as much as it can; the error is the first thing that it could not.
func (r *Request) readGoal(g *goal, typed string) (wrong error) {
	found := goalParts.FindAllStringSubmatchIndex(typed, -1)
	texts := []string{typed}
	if len(found) > 0 {
		texts = []string{typed[:found[0][0]]}
	}
	for i, m := range found {
		end := len(typed)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		part := typed[m[1]:end]
		if m[4] >= 0 { // a scale, and then the goal goes on
			g.scale, _ = strconv.Atoi(typed[m[4]:m[5]])
			texts = append(texts, part)
			continue
		}
		value, rest, _ := strings.Cut(part, "|")
		texts = append(texts, rest)
		if m[2] >= 0 {
			g.need = sentence(value)
			continue
		}
		if m[8] >= 0 {
			g.helps = sentence(value)
			continue
		}
		var err error
		if g.evaluate, err = r.evaluation(value, g.code); wrong == nil {
			wrong = err
		}
	}
	g.text = sentence(bars(strings.Join(texts, " ")))
	switch {
	case g.text == "":
		wrong = team.Wrong("doel", "goal.what")
	case g.scale < 0 || g.scale > maxScale:
		g.scale = team.NoScale
		wrong = team.Wrong("schaal", "goal.scale")
	}
	return r.goalProblem(wrong, *g)
}

// goalProblem adds the line with the gap filled in.
func (r *Request) goalProblem(wrong error, g goal) error {
	var p *team.Problem
	if !errors.As(wrong, &p) {
		return wrong
	}
	example := "/kansoverleg doel " + r.lang.Say("goal.example", "code", g.code)
	if g.text != "" {
		example = "/kansoverleg doel " + g.code + " " + g.text + ", " + r.lang.Say("goal.at", "scale", max(g.scale, 4))
	}
	if p.Field == "evaluatie" {
		example += " " + r.lang.Say("goal.evaluate", "date", p.Args["example"])
	}
	return p.With("example", example)
}

// evaluation reads the day to look again at a case.
func (r *Request) evaluation(typed, code string) (team.Date, error) {
	d, err := r.date(sentence(typed))
	var p *team.Problem
	if errors.As(err, &p) {
		p = p.With()
		p.Field = "evaluatie"
		return d, p
	}
	if err != nil {
		return d, err
	}
	return d, r.evaluable(d, code)
}

// evaluable: on that day it can be seen whether a goal of today is nearer, or it
// was agreed on before.
func (r *Request) evaluable(d team.Date, code string) error {
	usual, err := r.evaluationDay()
	if err != nil || d == usual || d == r.caseOf(code).Evaluate {
		return err
	}
	first := r.calendar().AddSchoolWeeks(r.today(), soonestEvaluation)
	last := r.calendar().AddSchoolWeeks(r.today(), latestEvaluation)
	if !d.Before(first) && !d.After(last) && r.calendar().SchoolDay(d) {
		return nil
	}
	lang := string(r.lang)
	return team.Wrong("evaluatie", "goal.day", "first", schedule.ShortDate(lang, first), "last", schedule.ShortDate(lang, last), "example", schedule.ShortDate(lang, usual))
}

// setGoal stores a goal. One that is set again on the same day takes the place
// of the first; else it comes after it.
func (r *Request) setGoal(g goal) (answer, error) {
	c, err := r.goalCase(g.code)
	if err != nil {
		return answer{}, err
	}
	if err := r.checkGoal(g); err != nil {
		return answer{}, err
	}
	m, _, err := r.running()
	if err != nil {
		return answer{}, err
	}
	begins := team.Evaluation{Day: r.today(), Scale: g.scale, Outcome: team.Begins, By: r.me.User, Meeting: m.Nr}
	var before team.Evaluation
	n := len(c.Evaluations)
	if n > 0 {
		before = c.Evaluations[n-1]
	}
	same := n > 0 && c.Goal == g.text && before.Scale == g.scale && !before.Outcome.Ends() // only what helps, the need or the day changed
	if same && g.evaluate.IsZero() {
		g.evaluate = c.Evaluate
	}
	if g.evaluate.IsZero() {
		if g.evaluate, err = r.evaluationDay(); err != nil {
			return answer{}, err
		}
	}
	switch begun := n > 0 && before.Outcome == team.Begins; {
	case same:
	case begun && before.Day == begins.Day:
		begins.Meeting = cmp.Or(begins.Meeting, before.Meeting)
		c.Evaluations[n-1] = begins
	default:
		c.Evaluations = append(c.Evaluations, begins)
	}
	c.Helps, c.Need, c.Goal = g.helps, g.need, g.text
	c.EvaluateOn(g.evaluate)
	if err := r.keepCase(c); err != nil {
		return answer{}, err
	}
	if err := r.did("case.goal", onCase(c.Code)); err != nil {
		return answer{}, err
	}
	body := append(r.view().GoalSet(c), r.reworded(c.Goal, c.Need, c.Helps)...)
	return answer{body: body}, r.refreshCase(c.Code)
}

// checkGoal looks at what somebody wrote; what was let in before is not asked
// about again.
func (r *Request) checkGoal(g goal) error {
	if g.text == "" {
		return team.Wrong("doel", "goal.what")
	}
	if err := cmp.Or(fits("helpt", g.helps, maxFree), fits("nodig", g.need, maxFree), fits("doel", g.text, maxGoal),
		noCodes("helpt", g.helps, g.code, "code.other"), noCodes("nodig", g.need, g.code, "code.other"), noCodes("doel", g.text, g.code, "code.other")); err != nil {
		return err
	}
	before, err := r.goalTexts(g.code)
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc([]passage{{"helpt", g.helps}, {"nodig", g.need}, {"doel", g.text}}, func(p passage) bool { return slices.Contains(before, p.text) })
	return r.guard(fresh...)
}

// goalTexts are the texts of a case that were let in before.
func (r *Request) goalTexts(code string) ([]string, error) {
	c := r.caseOf(code)
	texts := []string{c.Helps, c.Need, c.Goal}
	signals, err := store.SignalsOn(r.tx, r.team.ID, code)
	for _, s := range signals {
		texts = append(texts, s.Helps, s.Needed)
	}
	return texts, err
}
