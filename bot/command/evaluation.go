package command

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/outbox"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// evaluation is one as somebody means it.
type evaluation struct {
	scale   int // or team.NoScale
	outcome team.Outcome
	helped  string
	goal    string // the new one
	day     string // when to look again, as typed
	success string
}

// meetingEvaluate notes an evaluation that was typed. What is missing, a form
// asks for.
func meetingEvaluate(r *Request, typed string) (answer, error) {
	code, e, wrong := r.readEvaluation(typed)
	if code == "" {
		return answer{}, team.Wrong("", "evaluate.code", "understood", line(typed), "example", r.lang.Say("evaluate.example", "code", "K-014"))
	}
	c, err := r.knownCase(code)
	if err != nil {
		return answer{}, err
	}
	switch {
	case c.Goal == "" && e.goal == "" && !e.outcome.Ends() && c.Closed.IsZero():
		return answer{}, r.noGoal(c)
	case !e.outcome.Ends() && r.justEvaluated(c):
		return answer{}, r.alreadyEvaluated(c)
	case wrong == nil && e.outcome == "" && e.scale == team.NoScale:
		return r.evaluateAsk(c, e)
	case wrong == nil:
		var a answer
		if a, wrong = r.evaluate(c, e); wrong == nil {
			return a, nil
		}
	}
	// What it is about is not in this form: nothing of a mistake is kept, so
	// neither is that somebody read it.
	form, err := r.evaluationForm(c, e)
	if err != nil {
		return answer{}, err
	}
	return r.ask("evaluate", c.Version, form), wrong
}

func pressEvaluate(r *Request, code string) (answer, error) {
	c, err := r.knownCase(code)
	if err != nil {
		return answer{}, err
	}
	return r.evaluateAsk(c, evaluation{scale: team.NoScale})
}

// evaluateAsk opens the form with what it is about: for the asker only.
func (r *Request) evaluateAsk(c team.Case, e evaluation) (answer, error) {
	if c.Goal == "" {
		return answer{}, r.noGoal(c)
	}
	form, err := r.evaluationForm(c, e)
	if err != nil {
		return answer{}, err
	}
	form.Intro = r.view().GoalIntro(c)
	return r.ask("evaluate", c.Version, form), r.did("case.show", onCase(c.Code))
}

// noGoal is that there is nothing to evaluate yet.
func (r *Request) noGoal(c team.Case) error {
	return team.Wrong("", "evaluate.goal", "code", c.Code, "example", r.lang.Say("evaluate.setgoal", "code", c.Code))
}

// evaluationForm asks for an evaluation, filled in with what is known.
func (r *Request) evaluationForm(c team.Case, e evaluation) (chat.Form, error) {
	if !c.Closed.IsZero() {
		return chat.Form{}, r.alreadyClosed(c)
	}
	scale := ""
	if e.scale >= 0 && e.scale <= maxScale {
		scale = strconv.Itoa(e.scale)
	}
	return r.form("evaluate",
		r.choose("evaluate", "casus", []chat.Option{{Key: c.Code, Label: c.Code}}, c.Code),
		optional(r.choose("evaluate", "schaal", scales(), scale)),
		r.choose("evaluate", "verder", options(r.lang, "outcome.", team.Outcomes), string(e.outcome)),
		optional(r.write("evaluate", "hielp", e.helped, maxHelped)),
		optional(r.fill("evaluate", "datum", e.day, 40)),
		optional(r.write("evaluate", "doel", e.goal, maxGoal)),
		optional(r.fill("evaluate", "succes", e.success, maxPoint)),
	), nil
}

func evaluationSubmitted(r *Request, version int, v values) (answer, error) {
	c, err := r.knownCase(v.get("casus"))
	if err == nil && c.Version != version {
		err = r.alreadyEvaluated(c)
	}
	if err != nil {
		return answer{}, err
	}
	e := evaluation{
		scale: team.NoScale, outcome: team.Outcome(v.get("verder")), helped: tidy(v.get("hielp")),
		goal: tidy(v.get("doel")), day: line(v.get("datum")), success: line(v.get("succes")),
	}
	if n, err := strconv.Atoi(v.get("schaal")); err == nil {
		e.scale = n
	}
	return r.evaluate(c, e)
}

func (r *Request) alreadyClosed(c team.Case) error {
	return team.Wrong("", "evaluate.closed", "code", c.Code, "name", r.view().Name(lastBy(c)))
}

// lastBy is who set the goal of a case or evaluated it last, if anybody did.
func lastBy(c team.Case) string {
	if n := len(c.Evaluations); n > 0 {
		return c.Evaluations[n-1].By
	}
	return ""
}

// justEvaluated: somebody else evaluated the case today.
func (r *Request) justEvaluated(c team.Case) bool {
	return slices.ContainsFunc(c.Evaluations, func(e team.Evaluation) bool {
		return e.Outcome != team.Begins && e.Day == r.today() && e.By != r.me.User
	})
}

// alreadyEvaluated is that somebody else was first.
func (r *Request) alreadyEvaluated(c team.Case) error {
	if !c.Closed.IsZero() || len(c.Evaluations) == 0 {
		return r.alreadyClosed(c)
	}
	id := "evaluate.done"
	if c.Evaluations[len(c.Evaluations)-1].Outcome == team.Begins {
		id = "goal.newer"
	}
	return team.Wrong("", id, "code", c.Code, "name", r.view().Name(lastBy(c)))
}

// evaluate notes how near a goal is and how the case goes on; the channel hears
// the number and the date, no word of what was written.
func (r *Request) evaluate(c team.Case, e evaluation) (answer, error) {
	if !c.Closed.IsZero() {
		return answer{}, r.alreadyClosed(c)
	}
	if e.outcome == team.Continue && e.goal != "" {
		e.outcome = team.Adjust
	}
	if err := r.completeEvaluation(c, e); err != nil {
		return answer{}, err
	}
	m, _, err := r.running()
	if err != nil {
		return answer{}, err
	}
	before := c
	var moved chat.Message
	now := team.Evaluation{
		Day: r.today(), Scale: e.scale, Outcome: e.outcome, Helped: e.helped, Success: e.success, By: r.me.User, Meeting: m.Nr,
	}
	c.Evaluations = append(c.Evaluations, now)
	if e.outcome.Ends() {
		c.Closed, c.Erase = r.today(), r.today().AddMonths(monthsKept)
		c.EvaluateOn(team.Date{})
	} else {
		if e.outcome == team.Adjust {
			c.Goal = e.goal
		}
		var day team.Date
		if day, moved, err = r.lookAgain(c.Code, e); err != nil {
			return answer{}, err
		}
		c.EvaluateOn(day)
	}
	if n := len(before.Evaluations); n > 0 && before.Evaluations[n-1] == now && before.Goal == c.Goal && before.Evaluate == c.Evaluate {
		return answer{body: r.say("evaluate.before", "code", c.Code)}, nil
	}
	if c.Told, err = store.Next(r.tx, "evaluated", r.team.ID); err != nil {
		return answer{}, err
	}
	if err := r.keepCase(c); err != nil {
		return answer{}, err
	}
	if e.outcome.Ends() {
		if err := r.concludeCase(c); err != nil {
			return answer{}, err
		}
	}
	if err := r.did("case.evaluate", onCase(c.Code)); err != nil {
		return answer{}, err
	}
	told := r.view().Evaluated(c)
	if err := r.tellEvaluated(c, told); err != nil {
		return answer{}, err
	}
	if err := r.evaluated(c.Code); err != nil {
		return answer{}, err
	}
	return r.afterEvaluation(c, e, append(told, moved...))
}

// afterEvaluation does what follows from an evaluation; the answer says so.
func (r *Request) afterEvaluation(c team.Case, e evaluation, told chat.Message) (answer, error) {
	body := append(r.say("evaluate.noted"), told...)
	if e.success != "" {
		m, found, err := r.keepPoint(team.Point{Text: e.success, By: r.me.User, Success: true})
		if err != nil {
			return answer{}, err
		}
		body = append(body, r.view().SuccessKept(m, found))
	}
	if e.outcome.Ends() {
		open, err := r.actionsOn(c.Code)
		if err != nil {
			return answer{}, err
		}
		open = slices.DeleteFunc(open, func(a team.Action) bool { return a.Status != team.ToDo })
		body = append(body, r.view().StillOpen(c, open, r.today())...)
	}
	return answer{body: append(body, r.reworded(e.helped, e.goal)...)}, r.refreshPlanned()
}

// completeEvaluation checks what an evaluation has to say, and what it may.
func (r *Request) completeEvaluation(c team.Case, e evaluation) error {
	example := r.lang.Say("evaluate.example", "code", c.Code)
	if p := r.parentsFirst(c); p != nil && !e.outcome.Ends() && e.outcome != "" {
		return p.With("example", r.lang.Say("parents.example", "code", c.Code))
	}
	switch {
	case e.success != "" && !mayFollow(c):
		return team.Wrong("succes", "evaluate.success", "code", c.Code)
	case e.outcome == "":
		return team.Wrong("verder", "evaluate.outcome", "example", example)
	case e.outcome.Ends():
	case c.Goal == "" && e.goal == "":
		return r.noGoal(c)
	case e.scale == team.NoScale:
		return team.Wrong("schaal", "evaluate.scale", "example", example)
	case e.outcome == team.Adjust && e.goal == "":
		return team.Wrong("doel", "evaluate.newgoal", "example", r.lang.Say("evaluate.newgoal.example", "code", c.Code))
	}
	if err := cmp.Or(fits("hielp", e.helped, maxHelped), fits("doel", e.goal, maxGoal), fits("succes", e.success, maxPoint),
		noCodes("hielp", e.helped, c.Code, "code.other"), noCodes("doel", e.goal, c.Code, "code.other"), noCodes("succes", e.success, "", "code.channel")); err != nil {
		return err
	}
	return r.guard(passage{"hielp", e.helped}, passage{"doel", e.goal}, passage{"succes", e.success})
}

// lookAgain is the school day on which a goal is evaluated next: as far on as
// that of a new goal, or just before the summer. It may be another than was asked
// for, and says why.
func (r *Request) lookAgain(code string, e evaluation) (day team.Date, why chat.Message, err error) {
	if e.day == "" {
		day, err = r.evaluationDay()
		return day, nil, err
	}
	if summerPattern.MatchString(e.day) {
		last, _, found := r.freeDays().LastBeforeSummer(r.today())
		if found && last.After(r.today()) {
			return last, nil, nil
		}
	}
	asked, err := r.date(e.day)
	if err == nil {
		var closed schedule.Reason
		var moved bool
		if day, closed, moved = r.freeDays().Deadline(asked); moved {
			why = chat.Message{r.view().Deadline(asked, closed, day)}
		}
		err = r.evaluable(day, "")
	}
	return day, why, r.dayProblem(code, e, err)
}

// dayProblem is a Problem with the day of an evaluation, with the line to type.
func (r *Request) dayProblem(code string, e evaluation, err error) error {
	var p *team.Problem
	if !errors.As(err, &p) || p.Args["example"] == "" {
		return err
	}
	id, rest := "evaluate.line.doorgaan", ""
	if e.outcome == team.Adjust {
		id, rest = "evaluate.line.bijstellen", r.lang.Say("evaluate.line.goal", "goal", e.goal)
	}
	scale := e.scale
	if scale == team.NoScale {
		scale = maxScale / 2
	}
	begin := "/kansoverleg evaluatie " + code + " " + r.lang.Say(id, "scale", scale)
	p = p.With("example", strings.TrimSpace(begin+" "+p.Args["example"]+" "+rest))
	p.Field = "datum"
	return p
}

// concludeCase: what waited for a Kans!overleg on a case that is closed, waits
// for nothing more; in the one that is going on it was discussed.
func (r *Request) concludeCase(c team.Case) error {
	running, found, err := r.running()
	if err != nil {
		return err
	}
	signals, err := store.SignalsOn(r.tx, r.team.ID, c.Code)
	if err != nil {
		return err
	}
	about := func(item team.AgendaItem, s team.Signal) bool { return slices.Contains(item.Signals(), s.Nr) }
	for _, s := range signals {
		m := team.Meeting{}
		if slices.ContainsFunc(running.Agenda, func(item team.AgendaItem) bool { return about(item, s) }) {
			m = running
		}
		if err := r.concludeSignal(s, m, true); err != nil {
			return err
		}
	}
	if !found {
		return nil
	}
	for i, item := range running.Agenda {
		if !slices.ContainsFunc(signals, func(s team.Signal) bool { return about(item, s) }) {
			continue
		}
		// Each may move the meeting on.
		m, _, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(running.Nr))
		if err != nil {
			return err
		}
		if m.Agenda[i].State == team.ItemDiscussed {
			continue
		}
		if !talkedOver(item) || m.Agenda[i].State == team.ItemCarried { // no talk to end
			m.Agenda[i].State, m.Agenda[i].By = team.ItemDiscussed, r.me.User
			if err := cmp.Or(store.PutMeeting(r.tx, r.team.ID, m), r.quiet(m, i)); err != nil {
				return err
			}
			if i == m.Now {
				if err := r.timeItem(m); err != nil {
					return err
				}
			}
			continue
		}
		if err := r.conclude(m, i, team.ItemDiscussed); err != nil {
			return err
		}
	}
	return r.refreshCase(c.Code)
}

// tellEvaluated tells the channel: in the thread of the Kans!overleg that it is
// on the agenda of, else under what was last seen of the child.
func (r *Request) tellEvaluated(c team.Case, body chat.Message) error {
	under, err := r.evaluationThread(c)
	if err != nil {
		return err
	}
	return r.post(r.key("evaluated", c.Told), under, body)
}

// evaluationThread is the key of the first post of the thread in which a case
// is evaluated; empty for the channel.
func (r *Request) evaluationThread(c team.Case) (string, error) {
	signals, err := store.SignalsOn(r.tx, r.team.ID, c.Code)
	if err != nil {
		return "", err
	}
	if m, _, found, err := r.itemOn(c.Code, signals); err != nil || found {
		return r.key("meeting", m.Nr), err
	}
	for _, s := range slices.Backward(signals) {
		key := r.key("signal", s.Nr)
		if _, posted, err := outbox.Get(r.tx, key); err != nil || posted {
			return key, err
		}
	}
	return "", nil
}

// itemOn is where the Kans!overleg that is going on talks about a case or its
// signals.
func (r *Request) itemOn(code string, signals []team.Signal) (m team.Meeting, i int, found bool, err error) {
	if m, found, err = r.running(); err != nil || !found {
		return m, 0, false, err
	}
	i = slices.IndexFunc(m.Agenda, func(item team.AgendaItem) bool {
		return item.Code == code || talkedOver(item) && slices.ContainsFunc(signals, func(s team.Signal) bool { return slices.Contains(item.Signals(), s.Nr) })
	})
	return m, i, i >= 0, nil
}

// keepPoint puts a point on the agenda of the next Kans!overleg; without one it
// waits for that.
func (r *Request) keepPoint(p team.Point) (next team.Meeting, found bool, err error) {
	next, found, err = r.nextMeeting()
	if err != nil {
		return next, found, err
	}
	if found && len(next.Points) >= maxPoints {
		return next, false, team.Wrong("succes", "point.full", "max", strconv.Itoa(maxPoints))
	}
	if found {
		next.Points = append(next.Points, p)
		return next, true, store.PutMeeting(r.tx, r.team.ID, next)
	}
	return next, false, r.leavePoints(p)
}
