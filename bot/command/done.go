package command

import (
	"cmp"
	"errors"
	"strconv"
	"time"

	"kansbot/internal/schedule"
	"kansbot/internal/team"
)

// For how many days after an action was done what helped may still be said
// differently, and the action be opened again.
const (
	helpedDays = 14
	reopenDays = 7
)

func actionDone(r *Request, typed string) (answer, error) {
	if nrs := numbers(typed); len(nrs) > 1 {
		return r.allDone(nrs)
	}
	a, helped, err := r.action(typed, "klaar")
	if p := (*team.Problem)(nil); errors.As(err, &p) && helped != "" && a.Status == team.Done && (r.me.User == a.Owner || r.me.User == a.DoneBy) {
		return answer{}, p.With("example", "/actie hielp "+strconv.Itoa(a.Nr)+" "+helped)
	}
	if err != nil {
		return answer{}, err
	}
	return r.done(a, helped)
}

// allDone ends several actions, or none of them when there is something wrong with
// one: then the line to type has the others.
func (r *Request) allDone(nrs []int) (answer, error) {
	var actions []team.Action
	var wrong *team.Problem
	line := "/actie klaar"
	for _, nr := range nrs {
		a, _, err := r.action(strconv.Itoa(nr), "klaar")
		if p := (*team.Problem)(nil); errors.As(err, &p) {
			wrong = cmp.Or(wrong, p)
			continue
		}
		if err != nil {
			return answer{}, err
		}
		actions = append(actions, a)
		line += " " + strconv.Itoa(nr)
	}
	switch {
	case wrong != nil && len(actions) > 0:
		return answer{}, wrong.With("example", line)
	case wrong != nil:
		return answer{}, wrong
	}
	for _, a := range actions {
		if _, err := r.done(a, ""); err != nil {
			return answer{}, err
		}
	}
	return answer{body: r.view().AllDone(actions)}, nil
}

func pressDone(r *Request, s string) (answer, error) {
	a, err := r.pressedAction(s)
	if err != nil {
		return answer{}, err
	}
	return r.done(a, "")
}

func (r *Request) done(a team.Action, helped string) (answer, error) {
	if err := r.mayKeep(a, helped); err != nil {
		return answer{}, err
	}
	a.Status, a.Done, a.DoneBy, a.Helped = team.Done, r.now.UTC(), r.me.User, helped
	if err := r.keepAction(a); err != nil {
		return answer{}, err
	}
	if err := r.did("action.done", on("action", a.Nr)); err != nil {
		return answer{}, err
	}
	if err := r.refreshAction(a); err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Done(a)}, nil
}

// mayKeep looks at what somebody says that helped with an action: free text,
// which no channel gets to see.
func (r *Request) mayKeep(a team.Action, helped string) error {
	if err := cmp.Or(fits("", helped, maxHelped), noCodes("", helped, a.Code, "code.other")); err != nil {
		return err
	}
	return r.guard(passage{"", helped})
}

// refreshAction brings all that was posted about an action that is done up to
// date: nothing of it asks to be pressed any more.
func (r *Request) refreshAction(a team.Action) error {
	if err := r.refresh(r.key("action", a.Nr), r.view().Action(a)); err != nil {
		return err
	}
	if err := r.refreshReminders(a, r.view().Settled(a)); err != nil {
		return err
	}
	return r.refreshHelp(a, r.view().Settled(a))
}

// actionHelped keeps what helped with an action that is done.
func actionHelped(r *Request, typed string) (answer, error) {
	a, helped, err := r.anyAction(typed, "hielp")
	if err != nil {
		return answer{}, err
	}
	nr := strconv.Itoa(a.Nr)
	switch {
	case a.Status != team.Done:
		return answer{}, team.Wrong("", "action.open", "nr", nr, "example", "/actie klaar "+nr)
	case r.me.User != a.Owner && r.me.User != a.DoneBy:
		return answer{}, team.Wrong("", "helped.who", "name", r.view().Name(a.Owner))
	case a.Helped != "" && r.daysSince(a) > helpedDays:
		return answer{}, team.Wrong("", "helped.late", "nr", nr)
	case helped == "":
		return answer{}, team.Wrong("", "helped.empty", "nr", nr, "example", "/actie hielp "+nr+" "+r.lang.Say("helped.example"))
	}
	if err := r.mayKeep(a, helped); err != nil {
		return answer{}, err
	}
	a.Helped = helped
	if err := r.keepAction(a); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("action.kept", "nr", a.Nr)}, r.did("action.helped", on("action", a.Nr))
}

// daysSince counts from the day on which an action was done.
func (r *Request) daysSince(a team.Action) int {
	return team.DateOf(a.Done.In(r.zone())).DaysUntil(r.today())
}

// actionReopen undoes that an action is done; its reminders begin anew.
func actionReopen(r *Request, typed string) (answer, error) {
	a, _, err := r.anyAction(typed, "open")
	if err != nil {
		return answer{}, err
	}
	nr := strconv.Itoa(a.Nr)
	anew := a
	anew.Due = r.calendar().NextSchoolDay(r.today().AddDays(14))
	switch {
	case a.Status == team.ToDo:
		return answer{}, team.Wrong("", "action.open", "nr", nr, "example", "/actie klaar "+nr)
	case r.me.User != a.Owner && r.me.User != a.DoneBy && !r.isChair():
		return answer{}, team.Wrong("", "reopen.who", "name", r.view().Name(a.Owner))
	case r.daysSince(a) > reopenDays:
		return answer{}, team.Wrong("", "reopen.late", "nr", nr, "example",
			"/actie @"+r.me.Handle+" "+a.Text+" "+r.lang.Say("action.by", "date", schedule.ShortDate(string(r.lang), anew.Due)))
	}
	if err := r.agreedOn(anew); err != nil {
		return answer{}, err
	}
	if err := r.refreshReminders(a, r.view().Reopened(a, r.me.User)); err != nil {
		return answer{}, err
	}
	a.Status, a.DoneBy, a.Helped, a.Help = team.ToDo, "", "", false
	a.Done, a.Since, a.Sent, a.Snoozed = time.Time{}, r.now.UTC(), nil, team.Date{}
	if err := r.keepAction(a); err != nil {
		return answer{}, err
	}
	if err := r.did("action.open", on("action", a.Nr)); err != nil {
		return answer{}, err
	}
	if err := r.refresh(r.key("action", a.Nr), r.view().Action(a)); err != nil {
		return answer{}, err
	}
	a, _, err = r.fitAction(a) // its day may be closed by now
	return answer{body: r.view().Reopened(a, r.me.User)}, err
}
