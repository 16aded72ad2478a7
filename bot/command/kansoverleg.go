package command

import (
	"cmp"
	"slices"
	"strconv"

	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/outbox"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

func meetingUnclear(r *Request, typed string) (answer, error) {
	return answer{}, unclear("kansoverleg", typed, "agenda")
}

// meetingOverview is the next date, what it will be about and what is open.
func meetingOverview(r *Request) (answer, error) {
	m, found, err := r.atHand()
	if err != nil {
		return answer{}, err
	}
	open, err := store.OpenActions(r.tx, r.team.ID)
	if err != nil {
		return answer{}, err
	}
	signals, err := store.OpenSignals(r.tx, r.team.ID)
	if err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Overview(m, found, len(signals), len(open))}, nil
}

// agenda is what a planned meeting will be about, as things stand: what waits,
// less what the meetings before it take on.
func (r *Request) agenda(m team.Meeting) (team.Agenda, map[int]team.Signal, error) {
	w, err := r.backlog()
	if err != nil {
		return team.Agenda{}, nil, err
	}
	byNr := make(map[int]team.Signal, len(w.Signals))
	for _, s := range w.Signals {
		byNr[s.Nr] = s
	}
	open, err := store.OpenMeetings(r.tx, r.team.ID)
	if err != nil {
		return team.Agenda{}, nil, err
	}
	slices.SortStableFunc(open, func(a, b team.Meeting) int { return a.Start.Compare(b.Start) })
	for _, before := range open {
		switch {
		case before.Nr == m.Nr || !before.Start.Before(m.Start):
		case before.Status == team.Running:
			w = w.Without(before.Agenda)
		default:
			w = w.Without(r.build(w, before).Items)
		}
	}
	return r.build(w, m), byNr, nil
}

// build is the agenda of a meeting out of what waits for it.
func (r *Request) build(w team.Backlog, m team.Meeting) team.Agenda {
	day := r.day(m)
	w.Meeting, w.Points = m.Nr, m.Points
	w.Evaluate = slices.DeleteFunc(slices.Clone(w.Evaluate), func(c team.Case) bool { return c.Evaluate.After(day) })
	return team.BuildAgenda(w, r.team.Minutes)
}

// backlog is all that asks for a place on an agenda, one day or another.
func (r *Request) backlog() (w team.Backlog, err error) {
	w.Standing, w.Cases = r.team.Standing, map[string]team.Case{}
	if w.Signals, err = store.OpenSignals(r.tx, r.team.ID); err != nil {
		return w, err
	}
	for _, s := range w.Signals {
		if _, known := w.Cases[s.Code]; known || s.Code == "" {
			continue
		}
		if w.Cases[s.Code], _, err = store.Cases.Get(r.tx, r.team.ID, s.Code); err != nil {
			return w, err
		}
	}
	if w.Recent, err = store.SignalsSince(r.tx, r.team.ID, r.now.AddDate(0, 0, -themeDays)); err != nil {
		return w, err
	}
	w.Recent = slices.DeleteFunc(w.Recent, func(s team.Signal) bool { return s.Status != team.Discussed })
	if w.Late, err = store.OpenActions(r.tx, r.team.ID); err != nil {
		return w, err
	}
	w.Late = slices.DeleteFunc(w.Late, func(a team.Action) bool { return !a.Late(r.today()) || !r.mayMention(a) })
	w.Evaluate, err = store.CasesToEvaluate(r.tx, r.team.ID)
	w.Evaluate = slices.DeleteFunc(w.Evaluate, func(c team.Case) bool { return !c.MayDiscuss() })
	return w, err
}

// themeDays is how far back a theme is looked for: a quarter, in which most
// kernteams meet twice.
const themeDays = 91

// agendaMessage is the agenda as it is posted, and shown to who asks.
func (r *Request) agendaMessage(m team.Meeting) (chat.Message, error) {
	a, signals, err := r.agendaNow(m)
	if err != nil {
		return nil, err
	}
	m, err = r.attended(m)
	return r.view().Agenda(m, a, signals), err
}

func meetingAgenda(r *Request, _ string) (answer, error) {
	m, err := r.planned()
	if err != nil {
		return answer{}, err
	}
	body, err := r.agendaMessage(m)
	if err != nil {
		return answer{}, err
	}
	onPage, err := r.onPage(m)
	return answer{body: append(view.WithoutButtons(body), onPage...)}, err
}

// meetingPoint adds a point of somebody's own, or with "weg 2" takes it back; the
// agenda in the channel shows it, so it may not be about a child.
func meetingPoint(r *Request, typed string) (answer, error) {
	m, err := r.planned()
	if err != nil {
		return answer{}, err
	}
	typed = line(typed)
	if typed == "" {
		return answer{}, team.Wrong("", "point.empty", "example", r.lang.Say("point.example"))
	}
	if word, rest := firstWord(typed); isWord(word, "weg", "remove") {
		if _, more, given := number(rest); rest == "" || given && more == "" {
			return r.takePoint(m, rest)
		}
	}
	if err := cmp.Or(fits("", typed, maxPoint), noCodes("", typed, "", "point.case", "example", "/signaal "+typed)); err != nil {
		return answer{}, err
	}
	if err := r.guard(passage{"", typed}); err != nil {
		return answer{}, err
	}
	if len(m.Points) >= maxPoints {
		return answer{}, team.Wrong("", "point.full", "max", strconv.Itoa(maxPoints))
	}
	m.Points = append(m.Points, team.Point{Text: typed, By: r.me.User})
	if err := r.numberPoints(m.Points); err != nil {
		return answer{}, err
	}
	if err := store.PutMeeting(r.tx, r.team.ID, m); err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.point", on("meeting", m.Nr)); err != nil {
		return answer{}, err
	}
	if err := r.refreshMeeting(m); err != nil {
		return answer{}, err
	}
	body := append(r.say("point.added", "when", r.view().When(m.Start)), view.Note(r.lang, "point.undo"))
	return answer{body: append(body, r.reworded(typed)...)}, nil
}

// takePoint takes a point off the agenda again; without a number it shows which
// ones the asker can.
func (r *Request) takePoint(m team.Meeting, typed string) (answer, error) {
	if err := r.numberPoints(m.Points); err != nil {
		return answer{}, err
	}
	theirs := slices.DeleteFunc(slices.Clone(m.Points), func(p team.Point) bool { return p.By != r.me.User && r.forLeader(m) != nil })
	nr, _, given := number(typed)
	i := slices.IndexFunc(theirs, func(p team.Point) bool { return p.Nr == nr })
	switch {
	case len(theirs) == 0:
		return answer{}, team.Wrong("", "point.none", "when", r.view().When(m.Start), "example", "/kansoverleg agenda")
	case !given:
		return answer{body: r.view().Points(m, theirs)}, store.PutMeeting(r.tx, r.team.ID, m)
	case i < 0:
		return answer{}, team.Wrong("", "point.nr", "nr", strconv.Itoa(nr), "example", r.lang.Say("point.remove", "nr", theirs[0].Nr))
	}
	m.Points = slices.DeleteFunc(m.Points, func(p team.Point) bool { return p.Nr == nr })
	if err := store.PutMeeting(r.tx, r.team.ID, m); err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.unpoint", on("meeting", m.Nr)); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("point.removed", "text", theirs[i].Text)}, r.refreshMeeting(m)
}

// numberPoints gives the points a number that have none yet. What somebody reads
// to take off is still the same when others took off theirs.
func (r *Request) numberPoints(points []team.Point) error {
	for i := range points {
		if points[i].Nr > 0 {
			continue
		}
		nr, err := store.Next(r.tx, "point", r.team.ID)
		if err != nil {
			return err
		}
		points[i].Nr = nr
	}
	return nil
}

const (
	maxPoint  = 140 // characters
	maxPoints = 20  // for one meeting
)

// refreshMeeting brings what was posted about a meeting up to date.
func (r *Request) refreshMeeting(m team.Meeting) error {
	if m.Status == team.Skipped {
		for _, key := range append(r.datedKeys(m), r.agendaKey(m)) {
			if err := r.takeBack(key, r.view().NotHeld(m, r.now)); err != nil {
				return err
			}
		}
		return cmp.Or(r.refreshCards(m), r.refreshTurns(m))
	}
	agenda, err := r.agendaMessage(m)
	if err != nil {
		return err
	}
	if err := r.refresh(r.agendaKey(m), agenda); err != nil {
		return err
	}
	today, err := r.todayMessage(m)
	if err != nil {
		return err
	}
	if err := r.refresh(r.todayKey(m), today); err != nil {
		return err
	}
	if err := cmp.Or(r.renew(r.soonKey(m), r.view().Soon(m)), r.refreshWarnings(m)); err != nil {
		return err
	}
	if m.Status == team.Running { // who leads it may be somebody else by now
		return r.refreshTalks(m, func(t view.Talk) bool { return t.Item().State == team.ItemOpen })
	}
	return r.refreshCards(m)
}

// refreshPlanned does so for every meeting to come.
func (r *Request) refreshPlanned() error {
	planned, err := r.toCome()
	if err != nil {
		return err
	}
	for _, m := range planned {
		if err := r.refreshMeeting(m); err != nil {
			return err
		}
	}
	return nil
}

// datedKeys are the keys of posts that are about the day of a meeting: when it
// moves, they stay behind.
func (r *Request) datedKeys(m team.Meeting) []string {
	return []string{r.todayKey(m), r.soonKey(m), r.warningKey(m, "lead"), r.warningKey(m, "quorum")}
}

// todayKey has the date in it: a meeting that moves gets a reminder on its new
// day, and never two on one.
func (r *Request) todayKey(m team.Meeting) string {
	return r.key("today", m.Nr, r.day(m).String())
}

func (r *Request) soonKey(m team.Meeting) string {
	return r.key("soon", m.Nr, m.Start.UTC().Format("20060102T1504"))
}

// meetingDue is the clock's part: the ladder, and closing what nobody did.
func meetingDue(r *Request, d store.Due) error {
	m, found, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(d.Nr))
	if err != nil || !found || !m.Open() {
		return err
	}
	if !r.now.Before(m.LastMoment()) {
		if asleep, err := r.asleep(d); err != nil || asleep {
			return err
		}
		return r.overdue(m)
	}
	if m.Status != team.Planned {
		return r.timeMeeting(m)
	}
	if r.misplaced(m) { // the holidays changed since it was planned
		if asleep, err := r.asleep(d); err != nil || asleep {
			return err
		}
		if moved, err := r.fit(m); err != nil || moved {
			return err
		}
	}
	var passed []schedule.Step
	if m, err = r.passedOn(m); err != nil { // somebody may be away by now
		return err
	}
	for _, step := range r.stepsLeft(m) {
		if !step.At.After(r.now) {
			passed = append(passed, step)
			m.Sent = append(m.Sent, step.Kind)
		}
	}
	for i, step := range passed {
		// The newest only, and only while it still makes sense; what is not
		// posted is on record.
		if i == len(passed)-1 && r.timely(step) && r.now.Before(m.Start) {
			if err := r.remind(m, step); err != nil {
				return err
			}
			continue
		}
		if err := r.did("reminder.missed", on("meeting", m.Nr)+" "+step.Kind); err != nil {
			return err
		}
	}
	if err := r.warnAnew(m); err != nil {
		return err
	}
	return r.keepMeeting(m)
}

// timely: a reminder up to two hours late, on the same day, is still of use;
// but not when people have gone home, unless the meeting is about to begin.
func (r *Request) timely(step schedule.Step) bool {
	at := step.At.In(r.zone())
	return r.now.Sub(at) <= maxLate && team.DateOf(at) == r.today() && (r.atWork() || step.Kind == schedule.StepSoon)
}

// farAhead is after how many days before a meeting its agenda is forgotten by
// then: a holiday lies between, and the reminder of the day has it.
const farAhead = 9

func (r *Request) remind(m team.Meeting, step schedule.Step) error {
	if step.Kind == schedule.StepAgenda && r.day(m).After(team.DateOf(step.At).AddDays(farAhead)) {
		return cmp.Or(r.sendCards(m), r.warn(m))
	}
	var body chat.Message
	var key string
	var err error
	switch step.Kind {
	case schedule.StepPoints:
		if next, _, err := r.nextMeeting(); err != nil || next.Nr != m.Nr { // what people answer goes there
			return cmp.Or(err, r.did("reminder.missed", on("meeting", m.Nr)+" "+step.Kind))
		}
		key, body = r.key("points", m.Nr, r.day(m).String()), r.view().AskPoints(m) // once for a day, also when it comes back to that
	case schedule.StepAgenda:
		key = r.agendaKey(m)
		body, err = r.agendaMessage(m)
	case schedule.StepToday:
		key = r.todayKey(m)
		body, err = r.todayMessage(m)
	case schedule.StepSoon:
		key, body = r.soonKey(m), r.view().Soon(m)
	}
	if err != nil {
		return err
	}
	if err := r.post(key, "", r.late(step, body)); err != nil || step.Kind == schedule.StepPoints {
		return err
	}
	return cmp.Or(r.sendCards(m), r.warn(m))
}

// todayMessage is the reminder of the day itself. It has the agenda in it when
// that had no moment of its own: the meeting was planned too late for one, or
// the moment was missed.
func (r *Request) todayMessage(m team.Meeting) (chat.Message, error) {
	members, err := r.here()
	if err != nil {
		return nil, err
	}
	if m, err = r.attended(m); err != nil {
		return nil, err
	}
	_, posted, err := outbox.Get(r.tx, r.agendaKey(m))
	if err != nil || posted {
		return r.view().Today(m, members, nil, nil), err
	}
	agenda, signals, err := r.agendaOf(m)
	return r.view().Today(m, members, agenda.Items, signals), err
}

// late adds to a reminder that it should have come earlier.
func (r *Request) late(step schedule.Step, body chat.Message) chat.Message {
	if r.now.Sub(step.At) < noticeLate {
		return body
	}
	return append(body, r.view().Late(step.At))
}

// overdue closes a meeting a day after it should have begun: one that runs is
// rounded off, one that nobody started was not held.
func (r *Request) overdue(m team.Meeting) error {
	if m.Status == team.Running {
		_, err := r.finish(m)
		return err
	}
	next, found, err := r.drop(m)
	if err != nil {
		return err
	}
	if err := r.did("meeting.notheld", on("meeting", m.Nr)); err != nil {
		return err
	}
	return r.notice(r.view().NeverStarted(m, next, found))
}

// signalsOf are the signals on a meeting's agenda.
func (r *Request) signalsOf(m team.Meeting) (map[int]team.Signal, error) {
	signals := map[int]team.Signal{}
	nrs := slices.Clone(m.Over)
	for _, item := range m.Agenda {
		nrs = append(nrs, item.Signals()...)
	}
	for _, nr := range nrs {
		s, found, err := store.Signals.Get(r.tx, r.team.ID, store.Nr(nr))
		if err != nil {
			return nil, err
		}
		if found {
			signals[nr] = s
		}
	}
	return signals, nil
}
