package command

import (
	"cmp"
	"strconv"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// propose asks the channel about a start that stands in for another one, once.
func (r *Request) propose(m team.Meeting, instead time.Time) error {
	if m.Start.Equal(instead) || m.Chosen {
		return nil
	}
	m.Instead, m.Asked = instead.UTC(), m.Asked+1
	if err := store.PutMeeting(r.tx, r.team.ID, m); err != nil {
		return err
	}
	why, _ := r.freeDays().Why(team.DateOf(instead.In(r.zone())))
	other := r.calendar().AddSchoolDays(r.day(m), 1)
	return r.post(r.proposalKey(m), "", r.view().Proposal(m, why, other))
}

func (r *Request) proposalKey(m team.Meeting) string {
	return r.key("proposal", m.Nr, strconv.Itoa(m.Asked))
}

// answerProposal: nothing is asked about a meeting any more, which its proposal shows.
// Who calls it saves m.
func (r *Request) answerProposal(m *team.Meeting, body chat.Message) error {
	if m.Instead.IsZero() {
		return nil
	}
	m.Instead = time.Time{}
	return r.refresh(r.proposalKey(*m), body)
}

// pressedProposal is the planned meeting that a button of a proposal is about.
func (r *Request) pressedProposal(s string) (m team.Meeting, err error) {
	nrs := subject(s)
	if len(nrs) != 1 {
		return m, team.Wrong("", "button.gone")
	}
	m, found, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(nrs[0]))
	if err == nil && (!found || m.Status != team.Planned || m.Instead.IsZero()) {
		err = team.Wrong("", "button.gone")
	}
	return m, err
}

func pressKeep(r *Request, s string) (answer, error) {
	m, err := r.pressedProposal(s)
	if err != nil {
		return answer{}, err
	}
	if err := r.answerProposal(&m, r.agreed(m, r.me.User)); err != nil {
		return answer{}, err
	}
	if err := store.PutMeeting(r.tx, r.team.ID, m); err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.keep", on("meeting", m.Nr)); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("meeting.kept", "when", r.view().When(m.Start))}, nil
}

// agreed is what a proposal becomes when its start is to stay; by is who said
// so, or empty.
func (r *Request) agreed(m team.Meeting, by string) chat.Message {
	why, _ := r.freeDays().Why(team.DateOf(m.Instead.In(r.zone())))
	return r.view().Agreed(m, why, by)
}

func pressNotNow(r *Request, s string) (answer, error) {
	m, err := r.pressedProposal(s)
	if err != nil {
		return answer{}, err
	}
	return r.skip(m)
}

// misplaced: a planned meeting is on a day that school is closed, and nobody
// wanted it there. In a weekend it is only because somebody did.
func (r *Request) misplaced(m team.Meeting) bool {
	why, closed := r.freeDays().Why(r.day(m))
	return closed && !why.Weekend && !m.Chosen
}

// fit moves a meeting off a day that school is closed, and asks whether that
// is all right.
func (r *Request) fit(m team.Meeting) (moved bool, err error) {
	if !r.misplaced(m) {
		return false, nil
	}
	instead := m.Start
	if !m.Instead.IsZero() {
		instead = m.Instead
	}
	start, found, err := r.nearest(instead, m)
	if err != nil || !found {
		return false, err
	}
	if m, err = r.move(m, start); err != nil {
		return false, err
	}
	if err := r.did("meeting.shift", on("meeting", m.Nr)); err != nil {
		return false, err
	}
	return true, r.propose(m, instead)
}

// back puts a meeting that stands in for another start back on that one, when
// school is open then after all and nobody has said anything about it.
func (r *Request) back(m team.Meeting) (moved bool, err error) {
	if m.Instead.IsZero() || !m.Instead.After(r.now) || !r.calendar().SchoolDay(team.DateOf(m.Instead.In(r.zone()))) {
		return false, nil
	}
	if _, taken, err := r.meetingAround(m.Instead, m); err != nil || taken {
		return false, err
	}
	was := m.Start
	if m, err = r.move(m, m.Instead); err != nil {
		return false, err
	}
	if err := r.did("meeting.shift", on("meeting", m.Nr)); err != nil {
		return false, err
	}
	return true, r.notice(r.view().Moved(r.me.User, was, m))
}

// shifts counts what has another date.
type shifts struct{ meetings, actions, evaluations int }

// rearrange brings what is planned in line with when school is closed, after
// that has changed.
func (r *Request) rearrange() (n shifts, err error) {
	r.free = nil
	open, err := store.OpenMeetings(r.tx, r.team.ID)
	if err != nil {
		return n, err
	}
	for _, m := range open {
		moved := false
		if m.Status == team.Planned && m.Start.After(r.now) {
			if moved, err = r.back(m); err == nil && !moved {
				if moved, err = r.fit(m); moved {
					n.meetings++
				}
			}
		}
		if err == nil && !moved {
			err = r.timeMeeting(m)
		}
		if err != nil {
			return n, err
		}
	}
	actions, err := store.OpenActions(r.tx, r.team.ID)
	if err != nil {
		return n, err
	}
	for _, a := range actions {
		_, moved, err := r.fitAction(a)
		if moved {
			n.actions++
		} else if err == nil {
			err = r.retimeAction(a)
		}
		if err != nil {
			return n, err
		}
	}
	cases, err := store.CasesToEvaluate(r.tx, r.team.ID)
	if err != nil {
		return n, err
	}
	for _, c := range cases {
		moved, err := r.fitEvaluation(c)
		if err != nil {
			return n, err
		}
		if moved {
			n.evaluations++
		}
	}
	return n, cmp.Or(r.retimeSummer(), r.timeWeekly())
}

// refit is the school day for what is due on one day and was agreed for perhaps
// another: for that one, unless that would be over by now. from is the day that it
// stands in for, why the reason if school is closed then.
func (r *Request) refit(due, agreed team.Date) (day, from team.Date, why schedule.Reason) {
	from = agreed
	if day, why, _ = r.freeDays().Deadline(from); day.Before(r.today()) {
		from = due
		day, why, _ = r.freeDays().Deadline(from)
	}
	return day, from, why
}

// fitEvaluation does for the day of an evaluation what fitAction does for that of
// an action.
func (r *Request) fitEvaluation(c team.Case) (moved bool, err error) {
	if c.Evaluate.Before(r.today()) {
		return false, nil
	}
	agreed := cmp.Or(c.Agreed, c.Evaluate)
	day, _, _ := r.refit(c.Evaluate, agreed)
	if day == c.Evaluate {
		return false, nil
	}
	if c.Evaluate, c.Agreed = day, agreed; day == agreed {
		c.Agreed = team.Date{}
	}
	return true, cmp.Or(r.keepCase(c), r.did("case.shift", onCase(c.Code)), r.refreshCase(c.Code))
}
