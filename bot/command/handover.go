package command

import (
	"cmp"
	"strconv"
	"strings"

	"kansbot/internal/store"
	"kansbot/internal/team"
)

// actionGive hands an action to another member.
func actionGive(r *Request, typed string) (answer, error) {
	handle, rest := cutMention(line(typed))
	a, _, err := r.action(rest, "geef")
	if err != nil {
		return answer{}, err
	}
	if handle == "" {
		return answer{}, team.Wrong("wie", "action.who", "example", "/actie geef "+strconv.Itoa(a.Nr)+" @"+r.me.Handle)
	}
	owner, err := r.who(handle)
	if err != nil {
		return answer{}, err
	}
	return r.give(a, owner)
}

// pressHand asks who gets an action.
func pressHand(r *Request, s string) (answer, error) {
	a, err := r.pressedAction(s)
	if err != nil {
		return answer{}, err
	}
	people, err := r.people()
	if err != nil {
		return answer{}, err
	}
	return r.ask("action.hand", a.Nr, r.form("hand", r.choose("hand", "wie", persons(people), ""))), nil
}

func handSubmitted(r *Request, nr int, v values) (answer, error) {
	a, err := r.pressedAction(strconv.Itoa(nr))
	if err != nil {
		return answer{}, err
	}
	owner := r.member(v.get("wie"))
	if !owner.Here {
		return answer{}, team.Wrong("wie", "who.gone", "name", r.view().Name(owner.User))
	}
	return r.give(a, owner)
}

// pressTake gives an action whose owner left or is away to who presses, the
// first of them.
func pressTake(r *Request, s string) (answer, error) {
	a, err := r.pressedAction(s)
	if err != nil {
		return answer{}, err
	}
	if owner := r.member(a.Owner); owner.Here && !owner.Absent(r.today()) {
		return answer{}, r.taken(a)
	}
	return r.give(a, r.me)
}

func (r *Request) taken(a team.Action) error {
	nr := strconv.Itoa(a.Nr)
	return team.Wrong("", "action.has", "nr", nr, "name", r.view().Name(a.Owner))
}

// buttonGone answers for a button that its post no longer has: of an action, it
// says how that stands; of a point of the agenda, who was earlier.
func (r *Request) buttonGone(do string) error {
	gone := team.Wrong("", "button.gone")
	name, about, _ := strings.Cut(do, " ")
	if err := r.locate(); err != nil || r.team.ID == "" {
		return cmp.Or[error](err, gone)
	}
	if strings.HasPrefix(name, "item.") {
		by, err := r.endedBy(about)
		if err == nil && by != "" && by != r.me.User {
			err = team.Wrong("", "button.first", "name", r.view().Name(by))
		}
		return cmp.Or[error](err, gone)
	}
	if !strings.HasPrefix(name, "action.") {
		return gone
	}
	a, err := r.pressedAction(about)
	switch {
	case err != nil:
		return err
	case name == "action.take":
		return r.taken(a)
	}
	return gone
}

// endedBy is who said how a point of the agenda went; empty when nobody did.
func (r *Request) endedBy(item string) (user string, err error) {
	nrs := subject(item)
	if len(nrs) != 2 {
		return "", nil
	}
	m, _, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(nrs[0]))
	i := nrs[1]
	if err != nil || i < 0 || i >= len(m.Agenda) || !talkedOver(m.Agenda[i]) || m.Agenda[i].State == team.ItemOpen {
		return "", err
	}
	return m.Agenda[i].By, nil
}

func (r *Request) give(a team.Action, owner team.Member) (answer, error) {
	was := a.Owner
	if was == owner.User {
		return answer{body: r.view().Made(a)}, nil
	}
	if err := store.TakeAction(r.tx, r.team.ID, a); err != nil {
		return answer{}, err
	}
	a.Owner, a.Since, a.Help, a.Snoozed = owner.User, r.now.UTC(), false, team.Date{}
	if err := r.keepAction(a); err != nil {
		return answer{}, err
	}
	if err := r.did("action.give", on("action", a.Nr)); err != nil {
		return answer{}, err
	}
	if err := r.refresh(r.key("action", a.Nr), r.view().Action(a)); err != nil {
		return answer{}, err
	}
	passed := r.view().PassedOn(a, r.me.User)
	if err := cmp.Or(r.refreshReminders(a, passed), r.refreshHelp(a, passed)); err != nil {
		return answer{}, err
	}
	if err := r.refreshHandover(was); err != nil {
		return answer{}, err
	}
	n, err := store.Next(r.tx, "given", r.team.ID)
	if err != nil {
		return answer{}, err
	}
	body := append(r.view().Made(a), r.view().WhileAway(owner, r.today())...)
	return answer{body: body}, r.post(r.key("given", a.Nr, strconv.Itoa(n)), r.thread(a), r.view().Given(a, r.me.User))
}

// leftDue is the kind of the moment at which the kernteam hears what somebody
// who left leaves behind.
const leftDue = "left"

// left sets that moment: people who just changed the channel have it at once.
func (r *Request) left(user string) error {
	return store.Schedule(r.tx, store.Due{ID: r.leftID() + user, At: r.calendar().Working(r.now), Kind: leftDue, Team: r.team.ID})
}

func (r *Request) leftID() string { return "left/" + r.team.ID + "/" }

// hasLeft asks the chair to hand over what is open of somebody who left; the
// channel, when there is no chair in it.
func hasLeft(r *Request, d store.Due) error {
	if asleep, err := r.asleep(d); err != nil || asleep {
		return err
	}
	user := strings.TrimPrefix(d.ID, r.leftID())
	open, err := store.OpenActionsOf(r.tx, r.team.ID, user)
	if err != nil || len(open) == 0 || r.member(user).Here {
		return err
	}
	if chair := r.standIn(r.team.Chair); chair != "" {
		n, err := r.handovers(user)
		if err != nil {
			return err
		}
		return r.direct(r.handoverKey(user, n+1), chair, r.view().HandOver(user, open, r.today()))
	}
	here, err := r.here()
	if err != nil || len(here) == 0 {
		return err
	}
	return r.notice(r.view().LeftBehind(user, open, r.today()))
}

// handoverKey is the key of what the chair got to read when a member left for
// the nth time.
func (r *Request) handoverKey(user string, n int) string { return r.key("handover", n, user) }

// handovers counts how often the chair was asked to hand over for a member.
func (r *Request) handovers(user string) (n int, err error) {
	return r.posted(func(nth int) string { return r.handoverKey(user, nth) })
}

// refreshHandover brings what the chair was asked about a member up to date.
func (r *Request) refreshHandover(user string) error {
	n, err := r.handovers(user)
	if err != nil || n == 0 {
		return err
	}
	open, err := store.OpenActionsOf(r.tx, r.team.ID, user)
	if err != nil {
		return err
	}
	body := r.view().HandOver(user, open, r.today())
	for ; n > 0; n-- {
		if err := r.renew(r.handoverKey(user, n), body); err != nil {
			return err
		}
	}
	return nil
}
