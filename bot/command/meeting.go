package command

import (
	"slices"
	"strconv"

	"kansbot/internal/store"
	"kansbot/internal/team"
)

// meetingStart opens the thread of today's Kans!overleg: the agenda, and a
// reply for each case. "start nu" holds one that was not planned.
func meetingStart(r *Request, typed string) (answer, error) {
	if m, found, err := r.running(); err != nil || found {
		if err == nil {
			err = team.Wrong("", "meeting.running", "when", r.view().When(m.Start), "example", "/kansoverleg afronden")
		}
		return answer{}, err
	}
	m, found, err := r.firstMeeting(team.Planned, team.Date{})
	if err != nil {
		return answer{}, err
	}
	today := found && !r.day(m).After(r.today())
	word, _ := firstWord(typed)
	switch {
	case today:
	case isWord(word, "nu", "now"):
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

func (r *Request) begin(m team.Meeting) (answer, error) {
	agenda, signals, err := r.agenda(m)
	if err != nil {
		return answer{}, err
	}
	m.Status, m.Agenda, m.Over = team.Running, agenda.Items, agenda.Carried
	if err := r.settled(&m, r.agreed(m, "")); err != nil {
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
	root := r.key("meeting", m.Nr)
	if err := r.post(root, "", r.view().Started(m, agenda, signals)); err != nil {
		return answer{}, err
	}
	for _, item := range m.Agenda {
		if !talkedOver(item) {
			continue
		}
		if err := r.post(r.caseKey(m, item), root, r.view().Case(m, item, signals[item.Signal], "")); err != nil {
			return answer{}, err
		}
	}
	return answer{body: r.say("meeting.started")}, r.refreshMeeting(m)
}

// talkedOver: the item has a reply of its own with buttons.
func talkedOver(item team.AgendaItem) bool {
	return item.Kind == team.CaseItem || item.Kind == team.Transfers
}

func (r *Request) caseKey(m team.Meeting, item team.AgendaItem) string {
	return r.key("case", m.Nr, strconv.Itoa(item.Signal))
}

func pressDiscussed(r *Request, s string) (answer, error) {
	return r.settle(s, team.ItemDiscussed)
}

func pressCarry(r *Request, s string) (answer, error) { return r.settle(s, team.ItemCarried) }

// settle notes how a case ended, in place, and by whom.
func (r *Request) settle(s string, state team.ItemState) (answer, error) {
	m, i, err := r.item(s)
	if err != nil {
		return answer{}, err
	}
	m.Agenda[i].State, m.Agenda[i].By = state, r.me.User
	if err := store.PutMeeting(r.tx, r.team.ID, m); err != nil {
		return answer{}, err
	}
	if err := r.did("case."+string(state), on("signal", m.Agenda[i].Signal)); err != nil {
		return answer{}, err
	}
	return answer{}, r.refreshCase(m, m.Agenda[i])
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
	i = slices.IndexFunc(m.Agenda, func(item team.AgendaItem) bool { return talkedOver(item) && item.Signal == nrs[1] })
	if i < 0 {
		return m, 0, team.Wrong("", "button.gone")
	}
	return m, i, nil
}

func (r *Request) refreshCase(m team.Meeting, item team.AgendaItem) error {
	s, _, err := store.Signals.Get(r.tx, r.team.ID, store.Nr(item.Signal))
	if err != nil {
		return err
	}
	by := ""
	if item.State != team.ItemOpen && item.By != "" {
		by = r.view().Name(item.By)
	}
	return r.refresh(r.caseKey(m, item), r.view().Case(m, item, s, by))
}

// refreshRunning brings a signal on the agenda of the meeting that is going on
// up to date, in the first post of its thread and in its own reply.
func (r *Request) refreshRunning(s team.Signal) error {
	m, found, err := r.running()
	if err != nil || !found {
		return err
	}
	signals, err := r.signalsOf(m)
	if err != nil {
		return err
	}
	if _, on := signals[s.Nr]; !on {
		return nil
	}
	agenda := team.Agenda{Items: m.Agenda, Carried: m.Over}
	if err := r.refresh(r.key("meeting", m.Nr), r.view().Started(m, agenda, signals)); err != nil {
		return err
	}
	for _, item := range m.Agenda {
		if talkedOver(item) && item.Signal == s.Nr {
			return r.refreshCase(m, item)
		}
	}
	return nil
}

func pressCaseAction(r *Request, s string) (answer, error) {
	m, i, err := r.item(s)
	if err != nil {
		return answer{}, err
	}
	signal, _, err := store.Signals.Get(r.tx, r.team.ID, store.Nr(m.Agenda[i].Signal))
	if err != nil {
		return answer{}, err
	}
	return r.actionAsk(team.Action{Code: signal.Code}, "")
}

func meetingFinish(r *Request, _ string) (answer, error) {
	m, found, err := r.running()
	if err != nil {
		return answer{}, err
	}
	if !found {
		return answer{}, team.Wrong("", "finish.none", "example", "/kansoverleg start")
	}
	if err := r.finish(m); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("meeting.finished")}, nil
}

// finish rounds a meeting off: what was not discussed goes on to the next one,
// the agreements go into the thread, and to each owner their own.
func (r *Request) finish(m team.Meeting) error {
	signals, err := r.signalsOf(m)
	if err != nil {
		return err
	}
	for i := range m.Agenda {
		item := &m.Agenda[i]
		if item.Signal == 0 || signals[item.Signal].Status == team.Withdrawn {
			continue
		}
		if item.Kind == team.Celebrate {
			item.State = team.ItemDiscussed
		} else if item.State == team.ItemOpen {
			item.State = team.ItemCarried
			if err := r.refreshCase(m, *item); err != nil {
				return err
			}
		}
		for _, nr := range item.Signals() {
			if err := r.settleSignal(signals[nr], m, item.State == team.ItemDiscussed); err != nil {
				return err
			}
		}
	}
	for _, nr := range m.Over {
		if err := r.settleSignal(signals[nr], m, false); err != nil {
			return err
		}
	}
	m.Status, m.Ended = team.Held, r.now.UTC()
	if err := r.keepMeeting(m); err != nil {
		return err
	}
	if err := r.did("meeting.finish", on("meeting", m.Nr)); err != nil {
		return err
	}
	if err := r.refreshSignals(); err != nil {
		return err
	}
	return r.report(m)
}

func (r *Request) settleSignal(s team.Signal, m team.Meeting, discussed bool) error {
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
