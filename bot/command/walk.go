package command

import (
	"slices"
	"strconv"
	"time"

	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// A running meeting walks along its agenda, one item at a time.

// talkedOver: the item has a reply of its own with buttons.
func talkedOver(item team.AgendaItem) bool {
	return item.Kind == team.CaseItem || item.Kind == team.Transfers || item.Kind == team.EvaluateItem
}

// mayRunLate: the thread says so when the item takes longer than its minutes.
func mayRunLate(item team.AgendaItem) bool {
	return item.State == team.ItemOpen && !slices.Contains([]team.ItemKind{team.Welcome, team.Spare, team.Closing, team.ErasedItem}, item.Kind)
}

// itemKey is the key of the reply about item i.
func (r *Request) itemKey(m team.Meeting, i int) string {
	return r.key("item", m.Nr, strconv.Itoa(i))
}

// talk is item i of a meeting, with what there is of it already.
func (r *Request) talk(m team.Meeting, i int) (view.Talk, error) {
	t := view.Talk{Meeting: m, Index: i, Leader: m.Leader(r.team)}
	for _, nr := range m.Agenda[i].Signals() {
		s, _, err := store.Signals.Get(r.tx, r.team.ID, store.Nr(nr))
		if err != nil {
			return t, err
		}
		t.Signals = append(t.Signals, s)
	}
	code := t.Code()
	actions, err := r.actionsOf(m)
	for _, a := range actions {
		if code != "" && a.Code == code {
			t.Agreed++
		}
	}
	return t, err
}

// item finds the running meeting and the item that a button is about.
func (r *Request) item(s string) (m team.Meeting, i int, err error) {
	nrs := subject(s)
	if len(nrs) != 2 {
		return m, 0, team.Wrong("", "button.gone")
	}
	m, found, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(nrs[0]))
	if err != nil {
		return m, 0, err
	}
	if !found || m.Status != team.Running {
		return m, 0, team.Wrong("", "meeting.over")
	}
	if i = nrs[1]; i < 0 || i >= len(m.Agenda) || !mayRunLate(m.Agenda[i]) {
		return m, 0, team.Wrong("", "button.gone")
	}
	return m, i, nil
}

// onItem is item for what is done while it is talked about: from now on it is.
func (r *Request) onItem(s string) (t view.Talk, err error) {
	m, i, err := r.item(s)
	if err != nil {
		return t, err
	}
	if m.Now != i {
		if err := r.turn(m, i); err != nil {
			return t, err
		}
		if m, _, err = store.Meetings.Get(r.tx, r.team.ID, store.Nr(m.Nr)); err != nil {
			return t, err
		}
	}
	return r.talk(m, i)
}

// after is the first item after i that is still to be talked about.
func (r *Request) after(m team.Meeting, i int) (int, error) {
	for i++; i < len(m.Agenda); i++ {
		if m.Agenda[i].State != team.ItemOpen {
			continue
		}
		if !talkedOver(m.Agenda[i]) {
			return i, nil
		}
		t, err := r.talk(m, i)
		if err != nil {
			return 0, err
		}
		if !t.Gone() && r.caseOf(t.Code()).MayDiscussIn(m.Nr) {
			return i, nil
		}
	}
	return i, nil
}

// turn makes next what is talked about, and brings what the thread shows of
// that up to date, and of the item that was touched.
func (r *Request) turn(m team.Meeting, next int, touched ...int) error {
	r.news = true
	left := m.Now
	if next != left {
		m.Now, m.NowSince, m.Shown = next, r.now.UTC(), false
		touched = append(touched, left)
		if err := r.timeItem(m); err != nil {
			return err
		}
	}
	if err := store.PutMeeting(r.tx, r.team.ID, m); err != nil {
		return err
	}
	for _, i := range touched {
		if err := r.quiet(m, i); err != nil {
			return err
		}
	}
	if err := r.refreshStarted(m); err != nil {
		return err
	}
	touched = append(touched, next)
	return r.refreshTalks(m, func(t view.Talk) bool { return slices.Contains(touched, t.Index) })
}

// pressNext goes on to what comes after the item that the button was about.
func pressNext(r *Request, s string) (answer, error) {
	nrs := subject(s)
	m, found, err := r.running()
	if err != nil {
		return answer{}, err
	}
	if !found || len(nrs) != 2 || nrs[0] != m.Nr || nrs[1] != m.Now || m.Now >= len(m.Agenda) {
		return answer{}, team.Wrong("", "button.gone")
	}
	if err := r.forLeader(m); err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.next", on("meeting", m.Nr)); err != nil {
		return answer{}, err
	}
	next, err := r.after(m, m.Now)
	if err != nil {
		return answer{}, err
	}
	return answer{}, r.turn(m, next)
}

// evaluated notes that the case was evaluated in the meeting that is going on,
// if that is on its agenda.
func (r *Request) evaluated(code string) error {
	m, i, found, err := r.itemOn(code, nil)
	if err != nil || !found || m.Agenda[i].State != team.ItemOpen {
		return err
	}
	return r.conclude(m, i, team.ItemDiscussed)
}

// pressCaseAction opens the form of an action on the case that is talked about;
// while the parents do not know, it is about no case.
func pressCaseAction(r *Request, s string) (answer, error) {
	t, err := r.onItem(s)
	if err != nil {
		return answer{}, err
	}
	code := t.Code()
	if code == "" {
		return r.actionAsk(team.Action{}, "")
	}
	if !mayFollow(r.caseOf(code)) {
		return r.actionAsk(team.Action{Text: r.lang.Say("action.parents")}, "")
	}
	return r.actionAsk(team.Action{Code: code}, "")
}

// pressPays lets somebody find out who pays, once need and goal are there.
func pressPays(r *Request, s string) (answer, error) {
	t, err := r.onItem(s)
	if err != nil {
		return answer{}, err
	}
	c := r.caseOf(t.Code())
	if c.Need == "" || c.Goal == "" {
		return answer{}, team.Wrong("", "pays.first", "example", "/kansoverleg doel "+r.lang.Say("goal.example", "code", c.Code))
	}
	return r.actionAsk(team.Action{Code: c.Code, Text: r.lang.Say("action.pays")}, "")
}

// pressShow puts what members wrote of the item on the meeting screen, pressHide
// takes it away there.
func pressShow(r *Request, s string) (answer, error) {
	m, i, err := r.inTalk(s)
	if err != nil {
		return answer{}, err
	}
	t, err := r.talk(m, i)
	if err != nil {
		return answer{}, err
	}
	if code := t.Code(); code != "" { // what it needs and its goal
		if err := r.did("case.screen", onCase(code)); err != nil {
			return answer{}, err
		}
	}
	for _, nr := range m.Agenda[i].Signals() {
		if err := r.did("case.screen", on("signal", nr)); err != nil {
			return answer{}, err
		}
	}
	m.Shown = true
	return answer{}, r.turn(m, i)
}

func pressHide(r *Request, s string) (answer, error) {
	m, i, err := r.inTalk(s)
	if err != nil {
		return answer{}, err
	}
	m.Shown = false
	return answer{}, r.turn(m, i)
}

// inTalk is the item that is being talked about, for who leads the meeting.
func (r *Request) inTalk(s string) (m team.Meeting, i int, err error) {
	if m, i, err = r.item(s); err != nil {
		return m, i, err
	}
	if i != m.Now {
		return m, i, team.Wrong("", "button.gone")
	}
	return m, i, r.forLeader(m)
}

// pressRead shows the asker what members wrote of the item. Who reads ahead moves
// nobody.
func pressRead(r *Request, s string) (answer, error) {
	m, i, err := r.item(s)
	if err != nil {
		return answer{}, err
	}
	t, err := r.talk(m, i)
	if err != nil {
		return answer{}, err
	}
	for _, s := range t.Signals {
		if s.Status == team.Withdrawn { // as view.Written leaves it out
			continue
		}
		if err := r.did("signal.show", on("signal", s.Nr)); err != nil {
			return answer{}, err
		}
	}
	if code := t.Code(); r.caseOf(code).Goal != "" {
		if err := r.did("case.show", onCase(code)); err != nil {
			return answer{}, err
		}
	}
	return answer{body: r.view().Written(t)}, nil
}

// mayFollow: something may be agreed on a case, as its parents know of it.
func mayFollow(c team.Case) bool {
	return c.Parents != team.NotYet && c.Parents != team.Objected
}

// agreedOn shows in the thread that there is an action on a case; it is a
// Problem when the parents have to hear of it first, or the case is closed.
func (r *Request) agreedOn(a team.Action) error {
	if a.Code == "" {
		return nil
	}
	if p := r.mayAgree(r.caseOf(a.Code)); p != nil {
		a.Code = ""
		return p.With("example", r.actionLine("@"+r.member(a.Owner).Handle, a))
	}
	return r.refreshCase(a.Code)
}

// mayAgree is the Problem with an action on a case that takes none.
func (r *Request) mayAgree(c team.Case) *team.Problem {
	if !c.Closed.IsZero() {
		return team.Wrong("casus", "action.over.case", "understood", c.Code)
	}
	return r.parentsFirst(c)
}

// parentsFirst is the Problem with a case that nothing may be agreed on.
func (r *Request) parentsFirst(c team.Case) *team.Problem {
	switch {
	case mayFollow(c):
		return nil
	case c.Parents == team.Objected:
		return team.Wrong("casus", "parents.objected", "understood", c.Code)
	}
	return team.Wrong("casus", "parents.first", "understood", c.Code)
}

// started is the first post of a meeting's thread, as things stand.
func (r *Request) started(m team.Meeting) (chat.Message, error) {
	a, signals, err := r.agendaNow(m)
	return r.view().Started(m, a, signals), err
}

// agendaNow is agendaOf, with what the parents still have to hear of.
func (r *Request) agendaNow(m team.Meeting) (team.Agenda, map[int]team.Signal, error) {
	a, signals, err := r.agendaOf(m)
	if err != nil {
		return a, signals, err
	}
	open, err := store.OpenSignals(r.tx, r.team.ID)
	if err != nil {
		return a, signals, err
	}
	untold, err := r.untold()
	for _, s := range append(open, untold...) {
		if _, there := signals[s.Nr]; !there && s.Code != "" && !r.caseOf(s.Code).MayDiscuss() {
			a.Parents = append(a.Parents, s.Nr)
			signals[s.Nr] = s
		}
	}
	return a, signals, err
}

func (r *Request) refreshStarted(m team.Meeting) error {
	body, err := r.started(m)
	if err != nil {
		return err
	}
	return r.refresh(r.key("meeting", m.Nr), body)
}

const (
	// lateAfter is how long a talk may go on after its minutes before the
	// thread says so.
	lateAfter = 2 * time.Minute
	// more is how many minutes somebody adds at once.
	more = 5
	// lateDue is the kind of that moment; there is one for each meeting.
	lateDue = "late"
)

func (r *Request) lateID(m team.Meeting) string { return r.key(lateDue, m.Nr) }

// lateKey is the key of what the thread says of item i, the first or the second
// time. A third one there is not.
func (r *Request) lateKey(m team.Meeting, i, nth int) string {
	return r.key(lateDue, m.Nr, strconv.Itoa(i), strconv.Itoa(nth))
}

// said is how often the thread was told that item i takes long.
func (r *Request) said(m team.Meeting, i int) (times int, err error) {
	return r.posted(func(nth int) string { return r.lateKey(m, i, nth) })
}

// timeItem sets the moment at which the current item takes longer than thought:
// once.
func (r *Request) timeItem(m team.Meeting) error {
	if m.Now >= len(m.Agenda) || !mayRunLate(m.Agenda[m.Now]) {
		return store.Unschedule(r.tx, r.lateID(m))
	}
	times, err := r.said(m, m.Now)
	if err != nil {
		return err
	}
	if times > 0 {
		return store.Unschedule(r.tx, r.lateID(m))
	}
	return r.lateAt(m)
}

// lateAt sets that moment, to the minute: as the thread shows times.
func (r *Request) lateAt(m team.Meeting) error {
	end := m.NowSince.Truncate(time.Minute).Add(time.Duration(m.Agenda[m.Now].Minutes) * time.Minute)
	return store.Schedule(r.tx, store.Due{ID: r.lateID(m), At: end.Add(lateAfter), Team: r.team.ID, Kind: lateDue, Nr: m.Nr})
}

// itemLate says that the talk takes longer than its minutes. Long after that
// moment, when the machine was off, it says nothing.
func itemLate(r *Request, d store.Due) error {
	m, found, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(d.Nr))
	if err != nil || !found || m.Status != team.Running || r.now.Sub(d.At) > maxLate {
		return err
	}
	i := m.Now
	t, err := r.talk(m, i)
	if err != nil || t.Gone() {
		return err
	}
	times, err := r.said(m, i)
	if err != nil {
		return err
	}
	return r.post(r.lateKey(m, i, times+1), r.key("meeting", m.Nr), r.view().TooLong(t, times > 0))
}

// pressMore gives the talk about an item five more minutes, from now. It is not
// counted as longer than a Kans!overleg, whenever somebody presses.
func pressMore(r *Request, s string) (answer, error) {
	t, err := r.onItem(s)
	if err != nil {
		return answer{}, err
	}
	m, i := t.Meeting, t.Index
	minutes := int(r.now.Sub(m.NowSince).Round(time.Minute)/time.Minute) + more
	if over := minutes - r.team.Minutes; over > 0 {
		minutes -= over
		m.NowSince = m.NowSince.Add(time.Duration(over) * time.Minute)
	}
	m.Agenda[i].Minutes, t.Meeting.NowSince = minutes, m.NowSince
	if err := r.did("meeting.more", on("meeting", m.Nr)); err != nil {
		return answer{}, err
	}
	if err := r.turn(m, i); err != nil {
		return answer{}, err
	}
	if err := r.refresh(r.lateKey(m, i, 1), r.view().Extended(t, r.me.User)); err != nil {
		return answer{}, err
	}
	return answer{}, r.lateAt(m)
}

// quiet takes the buttons off what was said last of an item that took long.
func (r *Request) quiet(m team.Meeting, i int) error {
	times, err := r.said(m, i)
	if err != nil || times == 0 {
		return err
	}
	t, err := r.talk(m, i)
	if err != nil {
		return err
	}
	return r.refresh(r.lateKey(m, i, times), r.view().TookLong(t))
}
