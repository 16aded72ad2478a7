package command

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"kansbot/bot/view"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// check is what holds after every step of a walk.
func (w *walk) check(t *rapid.T) {
	w.fresh(t)
	if w.log.Len() > 0 {
		t.Fatal(w.log.String())
	}
	w.read(func(tx kv.Tx) error {
		meetings, err1 := store.Meetings.All(tx, w.id)
		actions, err2 := store.Actions.All(tx, w.id)
		signals, err3 := store.Signals.All(tx, w.id)
		forms, err4 := store.Forms.All(tx)
		for _, err := range []error{err1, err2, err3, err4} {
			if err != nil {
				return err
			}
		}
		w.checkMeetings(t, tx, meetings)
		w.checkSignals(t, tx, meetings, signals)
		wanted := map[string]time.Time{"seen": w.now.Add(48 * time.Hour)} // id -> not later than
		wanted["weekly/"+w.id] = w.calendar().At(w.calendar().NextSchoolDay(team.DateOf(w.now.In(zone(""))).AddDays(7)), schedule.DayStart)
		for _, m := range meetings {
			if m.Open() {
				wanted[fmt.Sprintf("meeting/%s/%d", w.id, m.Nr)] = w.calendar().Working(later(m.LastMoment(), w.now))
			}
		}
		open := 0
		for _, a := range actions {
			if a.Status == team.ToDo {
				open++
				days := w.calendar()
				weekly := days.Working(later(days.At(a.Due, schedule.DayStart), w.now).AddDate(0, 0, 7))
				steps := schedule.ActionLadder(days, a.Due)
				last := later(weekly, steps[len(steps)-1].At)
				if !a.Snoozed.IsZero() {
					last = days.Working(later(days.At(a.Snoozed, schedule.DayStart), w.now))
				}
				wanted[fmt.Sprintf("action/%s/%d", w.id, a.Nr)] = last
				if !a.Due.Before(team.DateOf(w.now.In(zone("")))) && !days.SchoolDay(a.Due) {
					t.Fatalf("action %d is for %v, when school is closed", a.Nr, a.Due)
				}
			}
			if i := slices.IndexFunc(meetings, func(m team.Meeting) bool { return m.Nr == a.Meeting }); a.Meeting != 0 && !slices.Contains(meetings[i].Actions, a.Nr) {
				t.Fatalf("action %d is not among those of meeting %d", a.Nr, a.Meeting)
			}
		}
		if list, err := store.OpenActions(tx, w.id); err != nil || len(list) != open {
			t.Fatalf("%d open actions listed of %d (%v)", len(list), open, err)
		}
		for _, f := range forms {
			wanted["form/"+f.Form.ID] = f.Until
		}
		return w.checkDues(t, tx, meetings, wanted)
	})
}

// checkDues: every record that waits for a moment has just one, in time, and no
// moment is left without its record.
func (w *walk) checkDues(t *rapid.T, tx kv.Tx, meetings []team.Meeting, wanted map[string]time.Time) error {
	dues, err := store.Table[store.Due]{Name: "due"}.All(tx)
	if err != nil {
		return err
	}
	byID, err := store.Table[store.Due]{Name: "dueat"}.All(tx)
	if err != nil {
		return err
	}
	if len(byID) != len(dues) {
		t.Fatalf("%d moments, %d ids", len(dues), len(byID))
	}
	soon := w.calendar().Working(w.now)
	if !w.freed.IsZero() { // it was set while school was to be closed longer
		soon = w.now.AddDate(1, 0, 0)
	}
	posts, err := store.Table[outbox.Status]{Name: "post"}.All(tx)
	if err != nil {
		return err
	}
	for _, s := range posts {
		if s.State == outbox.Held {
			wanted[path.Dir(s.Post.Key)] = soon
		}
	}
	for _, d := range dues {
		last, found := wanted[d.ID]
		if !found && d.Kind == summerDue && d.ID == "summer/"+w.id {
			_, summer, _ := schedule.FreeDays{Region: w.team().Region, Holidays: schedule.BuiltIn()}.LastBeforeSummer(team.DateOf(w.now))
			last, found = later(w.calendar().At(summer.First, schedule.Clock{}), w.now), true
		}
		if i := slices.IndexFunc(meetings, func(m team.Meeting) bool { return m.Status == team.Running }); !found && d.Kind == lateDue && i >= 0 {
			m := meetings[i]
			item := m.Agenda[m.Now]
			found = d.ID == fmt.Sprintf("late/%s/%d", w.id, m.Nr) && mayRunLate(item)
			last = later(w.now, m.NowSince.Add(time.Duration(item.Minutes)*time.Minute+lateAfter))
		}
		if !found && d.Kind == leftDue {
			last, found = soon, true
		}
		if d.Kind == "evaluate" || d.Kind == "erase" {
			last, found = d.At, w.hasDay(tx, d)
		}
		if !found {
			t.Fatalf("%s is due twice, or without a record", d.ID)
		}
		if d.At.After(last) {
			t.Fatalf("%s is due on %v, after %v", d.ID, d.At, last)
		}
		delete(wanted, d.ID)
	}
	if len(wanted) > 0 {
		t.Fatalf("nothing is due for %v", slices.Collect(maps.Keys(wanted)))
	}
	return nil
}

// hasDay: a case has a moment to evaluate and one to be erased only while it has
// a day for that.
func (w *walk) hasDay(tx kv.Tx, d store.Due) bool {
	c, found, err := store.Cases.Get(tx, w.id, d.ID[strings.LastIndex(d.ID, "/")+1:])
	return err == nil && found && (d.Kind == "evaluate" && !c.Evaluate.IsZero() || d.Kind == "erase" && !c.Erase.IsZero())
}

func (w *walk) checkMeetings(t *rapid.T, tx kv.Tx, meetings []team.Meeting) {
	rhythmic, running, open := 0, 0, 0
	starts, occurrences := map[time.Time]int{}, map[string]int{}
	var points []string
	kernteam, _, err1 := store.Kernteams.Get(tx, w.id)
	waiting, _, err2 := store.Points.Get(tx, w.id)
	if err := cmp.Or(err1, err2); err != nil {
		t.Fatal(err)
	}
	length := time.Duration(kernteam.Minutes) * time.Minute
	for _, p := range waiting {
		points = append(points, p.Text)
	}
	for _, m := range meetings {
		if m.Open() {
			open++
			for start, other := range starts {
				if m.Status == team.Planned && m.Start.Sub(start).Abs() < length {
					t.Fatalf("meetings %d and %d overlap: %v and %v", other, m.Nr, start, m.Start)
				}
			}
			starts[m.Start] = m.Nr
		}
		if m.Status == team.Planned && m.Occurrence != "" {
			rhythmic++
		}
		if m.Status == team.Running {
			running++
		}
		w.checkDay(t, m)
		w.checkJobs(t, tx, m)
		w.checkTold(t, tx, m)
		w.checkWarnings(t, tx, m)
		if other := occurrences[m.Occurrence]; other != 0 && m.Occurrence != "" {
			t.Fatalf("meetings %d and %d are both %s", other, m.Nr, m.Occurrence)
		}
		occurrences[m.Occurrence] = m.Nr
		if m.Status != team.Skipped {
			for _, p := range m.Points {
				points = append(points, p.Text)
			}
		}
	}
	_, planned, err := store.Rhythms.Get(tx, w.id)
	if err != nil {
		t.Fatal(err)
	}
	if planned && rhythmic != 1 {
		t.Fatalf("%d meetings of the rhythm are planned", rhythmic)
	}
	if running > 1 {
		t.Fatalf("%d meetings are going on", running)
	}
	if list, err := store.OpenMeetings(tx, w.id); err != nil || len(list) != open {
		t.Fatalf("%d open meetings listed of %d (%v)", len(list), open, err)
	}
	slices.Sort(points)
	if want := slices.Sorted(slices.Values(w.points)); !slices.Equal(points, want) {
		t.Fatalf("the points are %q, not %q", points, want)
	}
}

// checkDay: nothing is planned on a day that school is closed unless somebody
// wants it there, or the rhythm names that day of the weekend; and what stands
// in for such a day is asked about.
func (w *walk) checkDay(t *rapid.T, m team.Meeting) {
	day := team.DateOf(m.Start.In(zone("")))
	why, closed := w.freeDays().Why(day)
	if m.Status == team.Planned && m.Start.After(w.now) && closed && !m.Chosen && (!why.Weekend || m.Occurrence == "") {
		t.Fatalf("meeting %d is on %v: %s", m.Nr, day, why.Words("nl"))
	}
	if !m.Instead.IsZero() && m.Status != team.Planned {
		t.Fatalf("meeting %d is %s, and asked about", m.Nr, m.Status)
	}
	for asked := 1; asked <= m.Asked; asked++ {
		w.read(func(tx kv.Tx) error {
			post, found, err := outbox.Get(tx, fmt.Sprintf("proposal/%s/%d/%d", w.id, m.Nr, asked))
			if asks := strings.Contains(fmt.Sprint(post.Post.Body), "meeting.keep"); !found || asks != (asked == m.Asked && !m.Instead.IsZero()) {
				t.Fatalf("proposal %d about meeting %d asks: %v", asked, m.Nr, asks)
			}
			return err
		})
	}
}

// checkJobs: who leads a meeting to come and who writes are two people who can,
// and nobody is missing there while somebody could.
func (w *walk) checkJobs(t *rapid.T, tx kv.Tx, m team.Meeting) {
	if m.Status != team.Planned {
		return
	}
	k := w.team()
	leader, able := cmp.Or(m.Chair, k.Chair), w.able(t, tx, m)
	switch {
	case m.Chair != "" && !able[m.Chair], m.Notes != "" && !able[m.Notes]:
		t.Fatalf("%q leads meeting %d and %q writes, of %v", m.Chair, m.Nr, m.Notes, able)
	case m.Notes == leader:
		t.Fatalf("%q has both jobs in meeting %d", leader, m.Nr)
	case k.Turns == team.AllTurns && m.Chair == "" && len(able) > 0, k.Turns != team.NoTurns && m.Notes == "" && len(able) > 1:
		t.Fatalf("%q leads meeting %d and %q writes, although there are %v", m.Chair, m.Nr, m.Notes, able)
	}
	for user, instead := range m.Stands {
		if coming, answered := m.Present[user]; !answered || coming {
			t.Fatalf("%q comes, and %q in their place", user, instead)
		}
		coming, answered := m.Present[instead]
		if instead == user || answered && !coming {
			t.Fatalf("%q does not come, and stands in for %q", instead, user)
		}
	}
}

// able are who can be at a meeting.
func (w *walk) able(t *rapid.T, tx kv.Tx, m team.Meeting) map[string]bool {
	members, err := store.Members.All(tx, w.id)
	if err != nil {
		t.Fatal(err)
	}
	able := map[string]bool{}
	for _, who := range members {
		coming, answered := m.Present[who.User]
		if who.Here && (coming || !answered && !who.Absent(team.DateOf(m.Start.In(zone(""))))) {
			able[who.User] = true
		}
	}
	return able
}

// checkTold: the last that somebody was told of a job of a meeting to come says
// that it is theirs only while it is.
func (w *walk) checkTold(t *rapid.T, tx kv.Tx, m team.Meeting) {
	able := w.able(t, tx, m)
	for _, user := range crew {
		for _, job := range team.Jobs {
			theirs := m.Status == team.Planned && m.Whose(job, w.team()) == user && able[user]
			for n := 1; ; n++ {
				post, found, err := outbox.Get(tx, fmt.Sprintf("turn/%s/%d/%s/%s/%d", w.id, m.Nr, job, user, n))
				if err != nil {
					t.Fatal(err)
				}
				if !found {
					break
				}
				if said := plain(post.Post.Body); strings.Contains(said, "aan de beurt") && !theirs && (m.Status == team.Planned || m.Status == team.Skipped) {
					t.Fatalf("%s is told of meeting %d (%s): %s", user, m.Nr, m.Status, said)
				}
			}
		}
	}
}

// checkWarnings: what was asked of the channel about who comes, it still asks
// only while that is so; what is to be asked since the agenda, it is when people
// are at work.
func (w *walk) checkWarnings(t *rapid.T, tx kv.Tx, m team.Meeting) {
	day := team.DateOf(m.Start.In(zone("")))
	for kind, asks := range map[string]string{"lead": "meeting.lead", "quorum": "meeting.on"} {
		post, found, err1 := outbox.Get(tx, fmt.Sprintf("%s/%s/%d/%s", kind, w.id, m.Nr, day))
		d, _, err2 := store.Scheduled(tx, fmt.Sprintf("meeting/%s/%d", w.id, m.Nr))
		if err := cmp.Or(err1, err2); err != nil {
			t.Fatal(err)
		}
		able := w.able(t, tx, m)
		open := len(able) < w.team().Quorum && !m.HasSent(enough)
		if kind == "lead" {
			open = !able[cmp.Or(m.Chair, w.team().Chair)]
		}
		if m.Status != team.Planned {
			open = false
		}
		if !found {
			if open && m.HasSent(schedule.StepAgenda) && m.Start.After(w.now) && d.At.After(w.calendar().Working(w.now)) {
				t.Fatalf("%s about meeting %d waits until %v", kind, m.Nr, d.At)
			}
			continue
		}
		if asking := strings.Contains(fmt.Sprint(post.Post.Body), asks); asking != open {
			t.Fatalf("%s about meeting %d (%s) asks: %v", kind, m.Nr, m.Status, asking)
		}
	}
}

func (w *walk) checkSignals(t *rapid.T, tx kv.Tx, meetings []team.Meeting, signals []team.Signal) {
	erased, err := store.Table[struct{}]{Name: "used"}.Keys(tx, w.id)
	if err != nil || len(signals) > w.signals || len(signals) < w.signals && len(erased) == 0 {
		t.Fatalf("%d signals of %d (%v)", len(signals), w.signals, err)
	}
	waiting := 0
	for _, s := range signals {
		switch s.Status {
		case team.Waiting:
			waiting++
		case team.Withdrawn:
			if s.Seen+s.Helps+s.Needed != "" {
				t.Fatalf("signal %d is withdrawn and says %q", s.Nr, s.Seen)
			}
		case team.Discussed:
			if s.Meeting == 0 && s.Code != "" {
				break // its case was closed
			}
			i := slices.IndexFunc(meetings, func(m team.Meeting) bool { return m.Nr == s.Meeting })
			if i < 0 || meetings[i].Status != team.Held && meetings[i].Status != team.Running || !slices.ContainsFunc(meetings[i].Agenda, func(item team.AgendaItem) bool {
				return slices.Contains(item.Signals(), s.Nr) && item.State == team.ItemDiscussed
			}) {
				t.Fatalf("signal %d was not discussed in meeting %d", s.Nr, s.Meeting)
			}
		default:
			t.Fatalf("signal %d is %q", s.Nr, s.Status)
		}
	}
	if list, err := store.OpenSignals(tx, w.id); err != nil || len(list) != waiting {
		t.Fatalf("%d open signals listed of %d (%v)", len(list), waiting, err)
	}
}

// checkDates: while no meeting is going on or has still to be closed, every
// signal that waits says which one it is for, and where the parents of its case
// stand.
func (w *walk) checkDates(t *rapid.T) {
	var next team.Meeting
	for _, m := range w.open() {
		if m.Status == team.Running || m.Start.Before(w.now) {
			return
		}
		if next.Nr == 0 || m.Start.Before(next.Start) {
			next = m
		}
	}
	v := view.View{Lang: text.NL, Zone: zone(""), Circle: circle, Team: w.team()}
	w.read(func(tx kv.Tx) error {
		v.CaseOf = func(code string) team.Case {
			c, _, err := store.Cases.Get(tx, w.id, code)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		signals, err := store.OpenSignals(tx, w.id)
		for _, s := range signals {
			post, _, err := outbox.Get(tx, fmt.Sprintf("signal/%s/%d", w.id, s.Nr))
			if got, want := fmt.Sprint(post.Post.Body), fmt.Sprint(v.Signal(s, next)); err != nil || got != want {
				t.Fatalf("signal %d says %s, not %s (%v)", s.Nr, got, want, err)
			}
		}
		return err
	})
}

// checkButtons: what a post asks to press, still counts.
func (w *walk) checkButtons(t *rapid.T) {
	w.read(func(tx kv.Tx) error {
		for _, key := range w.said {
			s, _, err := outbox.Get(tx, key)
			if err != nil {
				return err
			}
			for _, block := range s.Post.Body {
				for _, b := range block.Buttons {
					if !w.counts(tx, b.Do) {
						t.Fatalf("%s still has the button %q", key, b.Do)
					}
				}
			}
		}
		return nil
	})
}

func (w *walk) counts(tx kv.Tx, do string) bool {
	name, rest, _ := strings.Cut(strings.TrimPrefix(do, view.AtHome+" "+w.id+" "), " ")
	nrs := subject(rest)
	switch kind, _, _ := strings.Cut(name, "."); kind {
	case "meeting":
		if name == "meeting.finish" {
			m, _, err := store.Meetings.Get(tx, w.id, store.Nr(nrs[0]))
			return err == nil && m.Status == team.Running && m.Now == len(m.Agenda)
		}
		m, _, err := store.Meetings.Get(tx, w.id, store.Nr(nrs[0]))
		asks := name == "meeting.keep" || name == "meeting.drop"
		return err == nil && m.Status == team.Planned && (!asks || !m.Instead.IsZero())
	case "minutes":
		m, _, err := store.Meetings.Get(tx, w.id, store.Nr(nrs[0]))
		return err == nil && m.Status == team.Held
	case "agenda":
		m, _, err := store.Meetings.Get(tx, w.id, store.Nr(nrs[0]))
		s, _, err2 := store.Signals.Get(tx, w.id, store.Nr(nrs[1]))
		return err == nil && err2 == nil && m.Status == team.Planned && s.Status == team.Waiting
	case "item":
		m, _, err := store.Meetings.Get(tx, w.id, store.Nr(nrs[0]))
		if err != nil || m.Status != team.Running || m.Agenda[nrs[1]].State != team.ItemOpen {
			return false
		}
		s, _, err := store.Signals.Get(tx, w.id, store.Nr(m.Agenda[nrs[1]].Signal))
		now := name == "item.next" || name == "item.show" || name == "item.hide" || name == "item.more"
		waits := s.Status == team.Waiting || m.Agenda[nrs[1]].Signal == 0
		return err == nil && (name == "item.next" || waits) && (!now || nrs[1] == m.Now)
	case "evaluate":
		c, _, err := store.Cases.Get(tx, w.id, rest)
		return err == nil && !c.Evaluate.IsZero() && c.Goal != ""
	case "action":
		a, _, err := store.Actions.Get(tx, w.id, store.Nr(nrs[0]))
		return err == nil && a.Status == team.ToDo
	}
	return false
}
