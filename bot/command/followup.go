package command

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// keepAction saves an action and sets its moment; lists that it is on show it.
func (r *Request) keepAction(a team.Action) error {
	r.news = true
	if err := store.PutAction(r.tx, r.team.ID, a); err != nil {
		return err
	}
	if err := cmp.Or(r.refreshHandover(a.Owner), r.refreshLookBack()); err != nil {
		return err
	}
	return r.timeAction(a)
}

// timeAction sets the moment of an action: the day that somebody wants to come
// back to it, else its next step, and after the last one the chair's, once a
// week.
func (r *Request) timeAction(a team.Action) error {
	due := store.Due{ID: r.key("action", a.Nr), Team: r.team.ID, Kind: "action", Nr: a.Nr}
	if a.Status != team.ToDo {
		return store.Unschedule(r.tx, due.ID)
	}
	due.At = schedule.NextWeekly(r.calendar(), r.now)
	if steps := r.followUps(a); !a.Snoozed.IsZero() {
		due.At = r.calendar().At(r.calendar().NextSchoolDay(a.Snoozed), schedule.DayStart)
	} else if len(steps) > 0 {
		due.At = steps[0].At
		if a.Reminded == r.today() { // once a day, whatever the school days make of it
			due.At = later(due.At, r.calendar().At(r.calendar().AddSchoolDays(a.Reminded, 1), schedule.DayStart))
		}
	}
	return store.Schedule(r.tx, due)
}

// retimeAction is timeAction after the school days changed: what goes by the
// week does not start again.
func (r *Request) retimeAction(a team.Action) error {
	d, set, err := store.Scheduled(r.tx, r.key("action", a.Nr))
	if err != nil || set && a.Snoozed.IsZero() && len(r.followUps(a)) == 0 && d.At.Before(schedule.NextWeekly(r.calendar(), r.now)) {
		return err
	}
	return r.timeAction(a)
}

// followUps are the reminders that an action still asks for, those included
// that should have been there by now. None comes after a later one, wherever
// the school days put it, and what was agreed on the school day before needs no
// word ahead.
func (r *Request) followUps(a team.Action) []schedule.Step {
	if slices.ContainsFunc(a.Sent, func(step string) bool { return strings.HasPrefix(step, chairStep) }) {
		return nil
	}
	steps := schedule.ActionLadder(r.calendar(), a.Due)
	for i, step := range slices.Backward(steps) {
		if slices.Contains(a.Sent, step.Kind) {
			steps = steps[i+1:]
			break
		}
	}
	agreed := r.calendar().AddSchoolDays(team.DateOf(a.Since.In(r.zone())), 1)
	return slices.DeleteFunc(steps, func(step schedule.Step) bool {
		return !step.At.After(a.Since) || step.Kind == schedule.StepAhead && !team.DateOf(step.At).After(agreed)
	})
}

// What comes each week after the last step, and on the day that somebody wanted
// to come back to an action, has a name that ends in its day.
const (
	chairStep = "chair-"
	laterStep = view.StepLater + "-"
)

// thread is the key of the first post of the thread that an action lives in.
func (r *Request) thread(a team.Action) string {
	if a.Meeting != 0 {
		return r.key("meeting", a.Meeting)
	}
	return r.key("action", a.Nr)
}

// actionDue reminds the owner, in the thread: one reminder, however many
// steps were slept through or put off. After the last step it is the chair's
// turn.
func actionDue(r *Request, d store.Due) error {
	a, found, err := store.Actions.Get(r.tx, r.team.ID, store.Nr(d.Nr))
	if err != nil || !found || a.Status != team.ToDo {
		return err
	}
	if asleep, err := r.asleep(d); err != nil || asleep {
		return err
	}
	if !r.mayMention(a) {
		return r.tomorrow(d)
	}
	if a, _, err = r.fitAction(a); err != nil { // the holidays may have changed since it was agreed
		return err
	}
	snoozed, steps := !a.Snoozed.IsZero(), r.followUps(a)
	if !snoozed && len(steps) > 0 && steps[0].At.After(r.now) {
		return r.timeAction(a)
	}
	step := ""
	for _, s := range steps {
		if !s.At.After(r.now) {
			step = s.Kind
			a.Sent = append(a.Sent, s.Kind)
		}
	}
	a.Reminded, a.Snoozed = r.today(), team.Date{}
	var body chat.Message
	switch {
	case step != "":
		body = r.view().Reminder(a, step, r.today())
	case snoozed:
		step = laterStep + r.today().String()
		a.Sent = append(a.Sent, step)
		body = r.view().Reminder(a, view.StepLater, r.today())
	default:
		step = chairStep + r.today().String()
		a.Sent = append(a.Sent, step)
		body = r.view().ChairReminder(a, r.today())
	}
	if err := r.post(r.remindKey(a, step), r.thread(a), body); err != nil {
		return err
	}
	return r.keepAction(a)
}

// mayMention: nothing keeps the kernteam from speaking of an action. Of one on a case
// nobody is reminded until the parents know, and agree.
func (r *Request) mayMention(a team.Action) bool {
	return a.Code == "" || mayFollow(r.caseOf(a.Code))
}

// tomorrow lets a due moment come again on the next school day.
func (r *Request) tomorrow(d store.Due) error {
	d.At = r.calendar().At(r.calendar().AddSchoolDays(r.today(), 1), schedule.DayStart)
	return store.Schedule(r.tx, d)
}

// askedToday: the thread asked today how an action stands, and not the chair to
// help it along.
func (r *Request) askedToday(a team.Action) bool {
	return a.Reminded == r.today() && (a.Owner == r.team.Chair || !slices.Contains(a.Sent, chairStep+r.today().String()))
}

// remindKey has the day that was agreed in it: a reminder stays the same one when
// school turns out to be closed.
func (r *Request) remindKey(a team.Action, step string) string {
	return r.key("remind", a.Nr, agreed(a).String(), step)
}

func agreed(a team.Action) team.Date {
	if a.Agreed.IsZero() {
		return a.Due
	}
	return a.Agreed
}

// fitAction moves an action off a day that school is closed by now, and back to the
// day that was agreed when it is open after all. What is over stays.
func (r *Request) fitAction(a team.Action) (fitted team.Action, moved bool, err error) {
	was := agreed(a)
	due, from, why := r.refit(a.Due, was)
	if due == a.Due || due.Before(r.today()) {
		return a, false, nil
	}
	if a.Due, a.Agreed = due, was; due == was {
		a.Agreed = team.Date{}
	}
	if err := r.keepAction(a); err != nil {
		return a, false, err
	}
	if err := r.did("action.shift", on("action", a.Nr)); err != nil {
		return a, false, err
	}
	return a, true, cmp.Or(r.refresh(r.key("action", a.Nr), r.view().Action(a)), r.refreshReminders(a, r.view().Shifted(a, from, why)))
}

// refreshReminders changes what the reminders of an action say by now.
func (r *Request) refreshReminders(a team.Action, body chat.Message) error {
	for _, step := range a.Sent {
		if err := r.refresh(r.remindKey(a, step), body); err != nil {
			return err
		}
	}
	return nil
}

func actionList(r *Request, _ string) (answer, error) {
	open, err := store.OpenActions(r.tx, r.team.ID)
	if err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Actions(open, r.today())}, nil
}

func actionMine(r *Request, _ string) (answer, error) {
	mine, err := store.OpenActionsOf(r.tx, r.team.ID, r.me.User)
	if err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Mine(mine, r.today())}, nil
}

// action finds the open action that a line starts with. Without a number it is
// the asker's own, when there is just one.
func (r *Request) action(typed, verb string) (a team.Action, rest string, err error) {
	if _, _, given := number(typed); !given {
		mine, err := store.OpenActionsOf(r.tx, r.team.ID, r.me.User)
		if err == nil && len(mine) == 1 {
			return mine[0], line(typed), nil
		}
		if err != nil {
			return a, "", err
		}
	}
	a, rest, err = r.anyAction(typed, verb)
	if err == nil && a.Status != team.ToDo {
		err = r.alreadyDone(a)
	}
	return a, rest, err
}

// anyAction finds the action whose number a line starts with, done or not.
func (r *Request) anyAction(typed, verb string) (a team.Action, rest string, err error) {
	nr, rest, given := number(typed)
	if !given {
		return a, "", team.Wrong("", "action.nr", "understood", line(typed), "example", "/actie "+verb+" 7")
	}
	a, found, err := store.Actions.Get(r.tx, r.team.ID, store.Nr(nr))
	if err == nil && !found {
		err = team.Wrong("", "action.none", "nr", strconv.Itoa(nr), "example", "/actie lijst")
	}
	return a, rest, err
}

func (r *Request) alreadyDone(a team.Action) error {
	return team.Wrong("", "action.closed", "nr", strconv.Itoa(a.Nr), "name", r.view().Name(a.DoneBy))
}

// pressedAction is the action that a button belongs to.
func (r *Request) pressedAction(s string) (team.Action, error) {
	nrs := subject(s)
	if len(nrs) != 1 {
		return team.Action{}, team.Wrong("", "button.gone")
	}
	a, found, err := store.Actions.Get(r.tx, r.team.ID, store.Nr(nrs[0]))
	if err != nil {
		return a, err
	}
	if !found {
		return a, team.Wrong("", "button.gone")
	}
	if a.Status != team.ToDo {
		return a, r.alreadyDone(a)
	}
	return a, nil
}

var untilPattern = regexp.MustCompile(`(?i)^(?:tot|naar|op|until|to|till)\s+`)

func actionPostpone(r *Request, typed string) (answer, error) {
	a, rest, err := r.action(typed, "uitstel")
	if err != nil {
		return answer{}, err
	}
	when := untilPattern.ReplaceAllString(rest, "")
	if when == "" {
		return r.postponeAsk(a), nil
	}
	due, err := schedule.ParseDate(when, r.today())
	var p *team.Problem
	if errors.As(err, &p) {
		return r.postponeAsk(a), withPrefix(p, "/actie uitstel "+strconv.Itoa(a.Nr)+" tot ")
	}
	if err != nil {
		return answer{}, err
	}
	return r.postpone(a, due)
}

func (r *Request) postponeAsk(a team.Action) answer {
	return r.ask("action.postpone", a.Nr, r.form("postpone", r.fill("postpone", "datum", "", 40)))
}

func pressPostpone(r *Request, s string) (answer, error) {
	a, err := r.pressedAction(s)
	if err != nil {
		return answer{}, err
	}
	return r.postponeAsk(a), nil
}

func postponeSubmitted(r *Request, nr int, v values) (answer, error) {
	a, err := r.pressedAction(strconv.Itoa(nr))
	if err != nil {
		return answer{}, err
	}
	due, err := r.date(v.get("datum"))
	if err != nil {
		return answer{}, err
	}
	return r.postpone(a, due)
}

func (r *Request) postpone(a team.Action, asked team.Date) (answer, error) {
	old := a
	due, why, moved := r.freeDays().Deadline(asked)
	a.First = cmp.Or(a.First, agreed(a))
	a.Due, a.Agreed, a.Since, a.Sent, a.Snoozed = due, team.Date{}, r.now.UTC(), nil, team.Date{}
	if err := r.keepAction(a); err != nil {
		return answer{}, err
	}
	if err := r.did("action.postpone", on("action", a.Nr)); err != nil {
		return answer{}, err
	}
	postponed := r.view().Postponed(a, r.me.User)
	if err := cmp.Or(r.refreshReminders(old, postponed), r.redateHelp(a, postponed)); err != nil {
		return answer{}, err
	}
	if err := r.refresh(r.key("action", a.Nr), r.view().Action(a)); err != nil {
		return answer{}, err
	}
	body := r.view().NewDate(a)
	if moved {
		body = append(body, r.view().Deadline(asked, why, due))
	}
	return answer{body: body}, nil
}

// How many school days from now a reminder comes back when somebody wants it
// later, and how many at most.
const (
	snoozeDays    = 3
	maxSnoozeDays = 10
)

// actionLater keeps the reminders of an action away until a day; its date stays.
func actionLater(r *Request, typed string) (answer, error) {
	a, rest, err := r.action(typed, "later")
	if err != nil {
		return answer{}, err
	}
	when := untilPattern.ReplaceAllString(rest, "")
	if when == "" {
		return r.snooze(a, r.calendar().AddSchoolDays(r.today(), snoozeDays))
	}
	day, err := schedule.ParseDate(when, r.today())
	prefix := "/actie later " + strconv.Itoa(a.Nr) + " tot "
	var p *team.Problem
	if errors.As(err, &p) {
		return answer{}, withPrefix(p, prefix)
	}
	if err != nil {
		return answer{}, err
	}
	last := r.calendar().AddSchoolDays(r.today(), maxSnoozeDays)
	if !day.After(r.today()) || day.After(last) {
		return answer{}, team.Wrong("datum", "later.range", "day", schedule.FormatDate(string(r.lang), last, false),
			"example", prefix+schedule.ShortDate(string(r.lang), last))
	}
	return r.snooze(a, r.calendar().NextSchoolDay(day))
}

func pressLater(r *Request, s string) (answer, error) {
	a, err := r.pressedAction(s)
	if err != nil {
		return answer{}, err
	}
	return r.snooze(a, r.calendar().AddSchoolDays(r.today(), snoozeDays))
}

func (r *Request) snooze(a team.Action, day team.Date) (answer, error) {
	a.Snoozed = day
	if err := r.keepAction(a); err != nil {
		return answer{}, err
	}
	if err := r.did("action.later", on("action", a.Nr)); err != nil {
		return answer{}, err
	}
	if err := r.refreshReminders(a, r.view().Later(a, r.me.User)); err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Snoozed(a)}, nil
}
