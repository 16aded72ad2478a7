package command

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// nextMeeting is the first Kans!overleg of today or later.
func (r *Request) nextMeeting() (team.Meeting, bool, error) {
	return r.firstMeeting(team.Planned, r.today())
}

// running is the Kans!overleg that is going on.
func (r *Request) running() (team.Meeting, bool, error) {
	return r.firstMeeting(team.Running, team.Date{})
}

// atHand is the one that is going on, else the next.
func (r *Request) atHand() (m team.Meeting, found bool, err error) {
	if m, found, err = r.running(); err != nil || found {
		return m, found, err
	}
	return r.nextMeeting()
}

// toCome are the meetings that have yet to begin.
func (r *Request) toCome() ([]team.Meeting, error) {
	open, err := store.OpenMeetings(r.tx, r.team.ID)
	return slices.DeleteFunc(open, func(m team.Meeting) bool { return m.Status != team.Planned }), err
}

func (r *Request) firstMeeting(status team.MeetingStatus, from team.Date) (first team.Meeting, found bool, err error) {
	open, err := store.OpenMeetings(r.tx, r.team.ID)
	if err != nil {
		return first, false, err
	}
	for _, m := range open {
		if m.Status == status && !r.day(m).Before(from) && (!found || m.Start.Before(first.Start)) {
			first, found = m, true
		}
	}
	return first, found, nil
}

// day is the day of a meeting, where the kernteam is.
func (r *Request) day(m team.Meeting) team.Date { return team.DateOf(m.Start.In(r.zone())) }

// rhythmMeeting is the planned meeting that came out of the rhythm.
func (r *Request) rhythmMeeting() (team.Meeting, bool, error) {
	return r.openMeeting(func(m team.Meeting) bool { return m.Status == team.Planned && m.Occurrence != "" })
}

// ensureNext plans the next meeting of the rhythm when there is none.
func (r *Request) ensureNext() error {
	if _, has, err := r.rhythmMeeting(); err != nil || has {
		return err
	}
	next, found, err := r.nextOccurrence()
	if err != nil || !found {
		return err
	}
	m, err := r.addOccurrence(next)
	if err != nil {
		return err
	}
	return r.propose(m, next.nominal)
}

// addOccurrence plans the meeting of an occurrence. One that was planned around
// that moment already, beside the rhythm, is that one.
func (r *Request) addOccurrence(o occurrence) (team.Meeting, error) {
	m, taken, err := r.meetingAround(o.start, team.Meeting{})
	if err != nil {
		return team.Meeting{}, err
	}
	if taken && m.Status == team.Planned {
		m.Occurrence = o.name
		return m, r.keepMeeting(m)
	}
	return r.addMeeting(team.Meeting{Start: o.start, Occurrence: o.name})
}

// addMeeting plans a meeting at its start.
func (r *Request) addMeeting(m team.Meeting) (team.Meeting, error) {
	var err error
	if m.Nr, err = store.Next(r.tx, "meeting", r.team.ID); err != nil {
		return m, err
	}
	if m.Points, err = r.leftPoints(); err != nil {
		return m, err
	}
	m.Status, m.Start, m.First, m.Since = team.Planned, m.Start.UTC(), m.Start.UTC(), r.now.UTC()
	if err := r.assign(&m); err != nil {
		return m, err
	}
	if err := r.keepMeeting(m); err != nil {
		return m, err
	}
	if err := r.takeChosen(m); err != nil {
		return m, err
	}
	return m, r.refreshSignals()
}

// meetingAround is an open meeting that one from that moment would overlap,
// other than m.
func (r *Request) meetingAround(start time.Time, m team.Meeting) (team.Meeting, bool, error) {
	return r.openMeeting(func(other team.Meeting) bool {
		return other.Nr != m.Nr && other.Start.Sub(start).Abs() < r.length()
	})
}

// plannedOn is a meeting that is planned for that day.
func (r *Request) plannedOn(day team.Date) (team.Meeting, bool, error) {
	return r.openMeeting(func(m team.Meeting) bool { return m.Status == team.Planned && r.day(m) == day })
}

// openMeeting is the first of the open meetings that is what is asked for.
func (r *Request) openMeeting(is func(team.Meeting) bool) (team.Meeting, bool, error) {
	open, err := store.OpenMeetings(r.tx, r.team.ID)
	if err != nil {
		return team.Meeting{}, false, err
	}
	i := slices.IndexFunc(open, is)
	if i < 0 {
		return team.Meeting{}, false, nil
	}
	return open[i], true, nil
}

// length is how long a Kans!overleg takes.
func (r *Request) length() time.Duration { return time.Duration(r.team.Minutes) * time.Minute }

// keepMeeting saves a meeting and sets its moment.
func (r *Request) keepMeeting(m team.Meeting) error {
	r.news = true
	if err := r.timeMeeting(m); err != nil {
		return err
	}
	return store.PutMeeting(r.tx, r.team.ID, m)
}

// anotherRound is from how much later on a new date is as good as another
// meeting, with points to ask for and an agenda to post.
const anotherRound = 7 * 24 * time.Hour

// move puts a planned meeting on another start. Its reminders go along: those
// of the day itself belong to the new day, and so does that it goes on with few;
// asking for points and posting the agenda happen once, unless the new date is
// in another week. What was posted about the old date says where it went.
func (r *Request) move(m team.Meeting, start time.Time) (team.Meeting, error) {
	was := m
	m.Start, m.Since = start.UTC(), r.now.UTC()
	if !m.Start.Equal(was.Start) {
		m.Present, m.Stands = nil, nil
	}
	if err := r.assign(&m); err != nil {
		return m, err
	}
	gone := r.view().Gone(was, m)
	if err := r.answerProposal(&m, gone); err != nil {
		return m, err
	}
	m.Sent = slices.DeleteFunc(m.Sent, func(step string) bool {
		return step == schedule.StepToday || step == schedule.StepSoon || step == enough && r.day(was) != r.day(m)
	})
	if m.Start.Sub(m.First) > anotherRound {
		m.Sent, m.Round, m.First = nil, m.Round+1, m.Start
	}
	if r.agendaKey(was) != r.agendaKey(m) {
		if err := r.refresh(r.agendaKey(was), gone); err != nil {
			return m, err
		}
		if err := r.renewCards(was, func(team.Job, string) chat.Message { return gone }); err != nil {
			return m, err
		}
	}
	for i, key := range r.datedKeys(was) {
		if key == r.datedKeys(m)[i] {
			continue
		}
		if err := r.takeBack(key, gone); err != nil {
			return m, err
		}
	}
	if err := r.keepMeeting(m); err != nil {
		return m, err
	}
	if err := r.refreshMeeting(m); err != nil {
		return m, err
	}
	if err := r.tellPeople(was, m); err != nil {
		return m, err
	}
	return m, r.refreshSignals()
}

// agendaKey is the key of the agenda's post.
func (r *Request) agendaKey(m team.Meeting) string {
	return r.key("agenda", m.Nr, strconv.Itoa(m.Round))
}

// timeMeeting sets the one due moment of a meeting: its next step, and after
// the last the moment at which it is over anyway; before those, the one at which
// the channel may hear of who comes what it was not asked yet.
func (r *Request) timeMeeting(m team.Meeting) error {
	due := store.Due{ID: r.key("meeting", m.Nr), Team: r.team.ID, Kind: "meeting", Nr: m.Nr}
	if !m.Open() {
		return store.Unschedule(r.tx, due.ID)
	}
	due.At = r.calendar().Working(m.LastMoment())
	if steps := r.stepsLeft(m); m.Status == team.Planned && len(steps) > 0 {
		due.At = steps[0].At
	}
	waits, err := r.unasked(m)
	if at := r.hears(m); waits && at.Before(due.At) {
		due.At = at
	}
	return cmp.Or(err, store.Schedule(r.tx, due))
}

// stepsLeft are the reminders that a planned meeting still asks for, those
// included that should have been there by now.
func (r *Request) stepsLeft(m team.Meeting) []schedule.Step {
	return slices.DeleteFunc(schedule.MeetingLadder(r.calendar(), m.Start), func(step schedule.Step) bool {
		return !step.At.After(m.Since) || m.HasSent(step.Kind)
	})
}

// planned is the next meeting, or the problem that there is none.
func (r *Request) planned() (team.Meeting, error) {
	return r.plannedFrom(r.today())
}

func (r *Request) plannedFrom(day team.Date) (team.Meeting, error) {
	m, found, err := r.firstMeeting(team.Planned, day)
	if err == nil && !found {
		err = team.Wrong("", "meeting.none", "example", "/kansoverleg plan "+r.lang.Say("plan.example"))
	}
	return m, err
}

// drop makes a meeting one that is not held. Its own points, and what was chosen
// for it, go along to the next one, which is planned if need be.
func (r *Request) drop(m team.Meeting) (next team.Meeting, found bool, err error) {
	points := m.Points
	m.Status, m.Points = team.Skipped, nil
	if err := r.answerProposal(&m, r.view().NotHeld(m, r.now)); err != nil {
		return next, false, err
	}
	if err := r.keepMeeting(m); err != nil {
		return next, false, err
	}
	if err := r.refreshMeeting(m); err != nil {
		return next, false, err
	}
	if err := r.ensureNext(); err != nil {
		return next, false, err
	}
	if err := r.refreshSignals(); err != nil {
		return next, false, err
	}
	return r.takeAlong(points)
}

// takeAlong puts points on the agenda of the next meeting, before its own;
// without one they stay behind until there is.
func (r *Request) takeAlong(points []team.Point) (next team.Meeting, found bool, err error) {
	if next, found, err = r.nextMeeting(); err != nil {
		return next, found, err
	}
	if !found {
		return next, false, r.leavePoints(points...)
	}
	next.Points = append(points, next.Points...)
	if err := cmp.Or(r.takeChosen(next), store.PutMeeting(r.tx, r.team.ID, next)); err != nil {
		return next, false, err
	}
	return next, true, r.refreshMeeting(next)
}

// leavePoints lets points wait for a Kans!overleg to be planned.
func (r *Request) leavePoints(points ...team.Point) error {
	waiting, _, err := store.Points.Get(r.tx, r.team.ID)
	if err != nil {
		return err
	}
	return store.Points.Put(r.tx, append(waiting, points...), r.team.ID)
}

// leftPoints takes the points that wait for a Kans!overleg.
func (r *Request) leftPoints() ([]team.Point, error) {
	points, _, err := store.Points.Get(r.tx, r.team.ID)
	if err != nil {
		return nil, err
	}
	return points, store.Points.Delete(r.tx, r.team.ID)
}
