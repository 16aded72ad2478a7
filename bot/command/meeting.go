package command

import (
	"cmp"
	"slices"
	"time"

	"kansbot/bot/view"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// meetingStart opens the thread of today's Kans!overleg: the agenda, and a
// reply for each case. "start nu" holds one that was not planned.
func meetingStart(r *Request, typed string) (answer, error) {
	m, found, err := r.toStart()
	if err != nil {
		return answer{}, err
	}
	word, _ := firstWord(typed)
	return r.start(m, found, isWord(word, "nu", "now"))
}

// pressStart is for who leads the meeting; without such a member, for who wants
// to.
func pressStart(r *Request, s string) (answer, error) {
	m, err := r.pressedMeeting(s)
	if err != nil {
		return answer{}, err
	}
	if r.holder(m, team.Chair) != "" {
		if err := r.forLeader(m); err != nil {
			return answer{}, err
		}
	}
	return r.start(m, true, false)
}

// start begins the meeting m, if one was found; with now, one that was not
// planned.
func (r *Request) start(m team.Meeting, found, now bool) (answer, error) {
	if m, found, err := r.running(); err != nil || found {
		if err == nil {
			err = team.Wrong("", "meeting.running", "when", r.view().When(m.Start))
		}
		return answer{}, err
	}
	var err error
	switch {
	case found && r.day(m).Before(r.today()):
		if m, err = r.move(m, r.now); err != nil {
			return answer{}, err
		}
	case found && r.day(m) == r.today() && (now || m.Start.Sub(r.now) <= startAhead):
	case now:
		if m, err = r.addMeeting(team.Meeting{Start: r.now, Chosen: true}); err != nil {
			return answer{}, err
		}
	case found:
		return answer{}, team.Wrong("", "start.early", "when", r.view().When(m.Start), "example", "/kansoverleg start nu")
	default:
		return answer{}, team.Wrong("", "meeting.none", "example", "/kansoverleg start nu")
	}
	return r.begin(m)
}

// startAhead is how long before its time a Kans!overleg begins without a
// question: in the night before, somebody makes a mistake.
const startAhead = 4 * time.Hour

// toStart is the meeting of today; without one, what was planned for yesterday
// and that nobody started, which is then held today; else the next.
func (r *Request) toStart() (team.Meeting, bool, error) {
	m, found, err := r.nextMeeting()
	if err != nil || found && r.day(m) == r.today() {
		return m, found, err
	}
	return r.firstMeeting(team.Planned, team.Date{})
}

func (r *Request) begin(m team.Meeting) (answer, error) {
	m, err := r.led(m)
	if err != nil {
		return answer{}, err
	}
	agenda, _, err := r.agenda(m)
	if err != nil {
		return answer{}, err
	}
	m.Status, m.Agenda, m.Over = team.Running, agenda.Items, agenda.Carried
	m.Now, m.NowSince = 0, r.now.UTC()
	if err := r.answerProposal(&m, r.agreed(m, "")); err != nil {
		return answer{}, err
	}
	if err := r.keepMeeting(m); err != nil {
		return answer{}, err
	}
	// From here on, what comes in is for the next one.
	if err := r.ensureNext(); err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.start", on("meeting", m.Nr)); err != nil {
		return answer{}, err
	}
	started, err := r.started(m)
	if err != nil {
		return answer{}, err
	}
	root := r.key("meeting", m.Nr)
	if err := r.post(root, "", started); err != nil {
		return answer{}, err
	}
	if len(agenda.Late) > 0 {
		if err := r.post(r.lookBackKey(m), root, r.view().LookBack(m, agenda)); err != nil {
			return answer{}, err
		}
	}
	for i, item := range m.Agenda {
		if !talkedOver(item) {
			continue
		}
		t, err := r.talk(m, i)
		if err != nil {
			return answer{}, err
		}
		if err := r.post(r.itemKey(m, i), root, r.view().Case(t)); err != nil {
			return answer{}, err
		}
	}
	return answer{body: r.say("meeting.started")}, cmp.Or(r.refreshMeeting(m), r.refreshSignals())
}

func pressDiscussed(r *Request, s string) (answer, error) {
	return r.endTalk(s, team.ItemDiscussed)
}

func pressCarry(r *Request, s string) (answer, error) { return r.endTalk(s, team.ItemCarried) }

// endTalk notes how the talk about an item ended, in place, and by whom.
func (r *Request) endTalk(s string, state team.ItemState) (answer, error) {
	m, i, err := r.item(s)
	if err != nil {
		return answer{}, err
	}
	t, err := r.talk(m, i)
	if err != nil {
		return answer{}, err
	}
	code := t.Code()
	c := r.caseOf(code)
	if state == team.ItemDiscussed && !c.MayDiscussIn(m.Nr) {
		return answer{}, team.Wrong("", "button.gone")
	}
	for _, s := range t.Signals {
		if err := r.did("case."+string(state), on("signal", s.Nr)); err != nil {
			return answer{}, err
		}
	}
	if len(t.Signals) == 0 || t.Item().Code != "" {
		did, what := "evaluation.", onCase(code)
		if t.Item().Own() {
			did, what = "point.", on("meeting", m.Nr)
		}
		if err := r.did(did+string(state), what); err != nil {
			return answer{}, err
		}
	}
	if code != "" && state == team.ItemDiscussed && c.Parents == team.NotYet {
		c.Anonymous = m.Nr
		if err := r.keepCase(c); err != nil {
			return answer{}, err
		}
	}
	return answer{}, r.conclude(m, i, state)
}

// conclude ends the talk about an item. Whoever tidies up an earlier one, or
// carries a later one over, keeps what is being talked about.
func (r *Request) conclude(m team.Meeting, i int, state team.ItemState) error {
	item := &m.Agenda[i]
	if item.State = state; !item.Own() {
		item.By = r.me.User
	}
	next := m.Now
	if i == m.Now || i > m.Now && state == team.ItemDiscussed {
		var err error
		if next, err = r.after(m, i); err != nil {
			return err
		}
	}
	return r.turn(m, next, i)
}

// refreshRunning brings the meeting that is going on up to date with a signal:
// the first post of its thread, and the replies about its case. A signal that
// is withdrawn, or about another case by now, leaves others on its item alone.
// When parents object, or it is withdrawn, no text stays on the meeting screen.
func (r *Request) refreshRunning(s team.Signal) error {
	m, found, err := r.running()
	if err != nil || !found {
		return err
	}
	if s.Status == team.Withdrawn {
		m.Shown = m.Shown && !onNow(m, s)
	}
	var touched []int
	for i := range m.Agenda {
		item := &m.Agenda[i]
		others := slices.DeleteFunc(item.Signals(), func(nr int) bool { return nr == s.Nr })
		if len(others) == len(item.Signals()) || len(others) == 0 && item.Code == "" {
			continue
		}
		code := item.Code
		if code == "" {
			other, _, err := store.Signals.Get(r.tx, r.team.ID, store.Nr(others[0]))
			if err != nil {
				return err
			}
			code = other.Code
		}
		if s.Status == team.Withdrawn || s.Code != code {
			item.About(others)
			touched = append(touched, i)
		}
	}
	if m.Shown && s.Code != "" && !r.caseOf(s.Code).MayDiscuss() {
		t, err := r.talk(m, m.Now)
		if err != nil {
			return err
		}
		m.Shown = t.Code() != s.Code
	}
	if err := store.PutMeeting(r.tx, r.team.ID, m); err != nil {
		return err
	}
	if err := r.refreshStarted(m); err != nil {
		return err
	}
	return r.refreshTalks(m, func(t view.Talk) bool {
		return s.Code != "" && t.Code() == s.Code || slices.Contains(t.Item().Signals(), s.Nr) || slices.Contains(touched, t.Index)
	})
}

// onNow: the item that is being talked about is about the signal.
func onNow(m team.Meeting, s team.Signal) bool {
	return m.Now < len(m.Agenda) && slices.Contains(m.Agenda[m.Now].Signals(), s.Nr)
}

// moved puts a signal under another case than it was. What that has written of
// it nobody showed on the meeting screen.
func (r *Request) moved(was team.Signal) error {
	if err := store.MoveSignal(r.tx, r.team.ID, was); err != nil {
		return err
	}
	m, found, err := r.running()
	if err != nil || !found || !m.Shown || !onNow(m, was) {
		return err
	}
	m.Shown = false
	return store.PutMeeting(r.tx, r.team.ID, m)
}

// refreshCase brings the replies about a case up to date.
func (r *Request) refreshCase(code string) error {
	m, found, err := r.running()
	if err != nil || !found {
		return err
	}
	return r.refreshTalks(m, func(t view.Talk) bool { return t.Code() == code })
}

func (r *Request) lookBackKey(m team.Meeting) string { return r.key("lookback", m.Nr) }

// refreshLookBack brings what the thread of the meeting that is going on says
// of late actions up to date.
func (r *Request) refreshLookBack() error {
	m, found, err := r.running()
	if err != nil || !found {
		return err
	}
	a, _, err := r.agendaOf(m)
	if err != nil || len(a.Late) == 0 {
		return err
	}
	return r.renew(r.lookBackKey(m), r.view().LookBack(m, a))
}

func (r *Request) refreshTalks(m team.Meeting, concerned func(view.Talk) bool) error {
	for i, item := range m.Agenda {
		if !talkedOver(item) {
			continue
		}
		t, err := r.talk(m, i)
		if err != nil {
			return err
		}
		if !concerned(t) {
			continue
		}
		if err := r.renew(r.itemKey(m, i), r.view().Case(t)); err != nil {
			return err
		}
	}
	return nil
}

// meetingFinish is for who leads the meeting, and for who insists: they may have
// left.
func meetingFinish(r *Request, typed string) (answer, error) {
	m, found, err := r.running()
	if err != nil {
		return answer{}, err
	}
	if !found {
		return answer{}, team.Wrong("", "finish.none", "example", "/kansoverleg start")
	}
	if _, insisted := cutInsisted(typed); !insisted && r.forLeader(m) != nil {
		return answer{}, team.Wrong("", "finish.chair", "chair", r.view().Name(m.Leader(r.team)), "example", r.lang.Say("finish.example"))
	}
	return r.roundOff(m)
}

func pressFinish(r *Request, s string) (answer, error) {
	m, found, err := r.running()
	if err != nil {
		return answer{}, err
	}
	if nrs := subject(s); !found || len(nrs) != 1 || nrs[0] != m.Nr {
		return answer{}, team.Wrong("", "meeting.over")
	}
	if err := r.forLeader(m); err != nil {
		return answer{}, err
	}
	return r.roundOff(m)
}

// roundOff finishes a meeting, and tells the asker what goes along to the next.
func (r *Request) roundOff(m team.Meeting) (answer, error) {
	m, err := r.finish(m)
	if err != nil {
		return answer{}, err
	}
	signals, err := r.signalsOf(m)
	return answer{body: r.view().Finished(m, signals)}, err
}

// finish rounds a meeting off: what was not discussed, and nothing was agreed on,
// goes on to the next one, the agreements go into the thread, and to each owner
// their own. An evaluation that was not held stays due.
func (r *Request) finish(m team.Meeting) (team.Meeting, error) {
	signals, err := r.signalsOf(m)
	if err != nil {
		return m, err
	}
	for i := range m.Agenda {
		item := &m.Agenda[i]
		if item.Code == "" && item.Signal != 0 && signals[item.Signal].Status == team.Withdrawn {
			continue
		}
		agreed, err := r.agreedOnItem(m, i)
		if err != nil {
			return m, err
		}
		switch own := item.Own(); {
		case item.State == team.ItemOpen && agreed, item.Kind == team.Celebrate && !own, own && item.State == team.ItemOpen && i <= m.Now:
			item.State = team.ItemDiscussed
		case (own || talkedOver(*item)) && item.State == team.ItemOpen:
			item.State = team.ItemCarried
		}
		for _, nr := range item.Signals() {
			if err := r.concludeSignal(signals[nr], m, item.State == team.ItemDiscussed); err != nil {
				return m, err
			}
		}
	}
	for _, nr := range m.Over {
		if err := r.concludeSignal(signals[nr], m, false); err != nil {
			return m, err
		}
	}
	points := m.CutPoints()
	m.Status, m.Ended, m.Shown = team.Held, r.now.UTC(), false
	if err := r.keepMeeting(m); err != nil {
		return m, err
	}
	if err := r.did("meeting.finish", on("meeting", m.Nr)); err != nil {
		return m, err
	}
	if _, _, err := r.takeAlong(points); err != nil {
		return m, err
	}
	if err := cmp.Or(r.served(m), r.refreshPlanned()); err != nil { // what was carried over is there
		return m, err
	}
	if err := r.closeThread(m); err != nil {
		return m, err
	}
	return m, cmp.Or(r.refreshSignals(), r.report(m))
}

// agreedOnItem: the meeting set a goal for the case of item i or, unless that is
// to be evaluated, agreed on an action.
func (r *Request) agreedOnItem(m team.Meeting, i int) (bool, error) {
	if !talkedOver(m.Agenda[i]) {
		return false, nil
	}
	t, err := r.talk(m, i)
	c := r.caseOf(t.Code())
	goal := slices.ContainsFunc(c.Evaluations, func(e team.Evaluation) bool { return e.Meeting == m.Nr && e.Outcome == team.Begins })
	return c.Code != "" && c.MayDiscussIn(m.Nr) && (goal || t.Agreed > 0 && t.Item().Kind != team.EvaluateItem), err
}

// closeThread takes the buttons of a meeting away.
func (r *Request) closeThread(m team.Meeting) error {
	if err := store.Unschedule(r.tx, r.lateID(m)); err != nil {
		return err
	}
	for i := range m.Agenda {
		if err := r.quiet(m, i); err != nil {
			return err
		}
	}
	if err := r.refreshStarted(m); err != nil {
		return err
	}
	return r.refreshTalks(m, func(t view.Talk) bool { return t.Item().By == "" })
}

func (r *Request) concludeSignal(s team.Signal, m team.Meeting, discussed bool) error {
	if s.Status != team.Waiting {
		return nil
	}
	if discussed {
		s.Status, s.Meeting = team.Discussed, m.Nr
	} else {
		s.Carried++
	}
	if err := store.PutSignal(r.tx, r.team.ID, s); err != nil {
		return err
	}
	if !discussed {
		return nil
	}
	return r.refresh(r.key("signal", s.Nr), r.view().Signal(s, m))
}
