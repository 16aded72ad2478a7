package command

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

func (w *walk) until(t *rapid.T, then time.Time) {
	for {
		var next time.Time
		w.read(func(tx kv.Tx) (err error) {
			next, _, err = store.NextDue(tx)
			return err
		})
		if next.IsZero() || next.After(then) {
			break
		}
		w.now = later(w.now, next)
		w.tick(t)
	}
	w.now = later(w.now, then)
}

// tick lets the clock do its part. A reminder whose moment is now is posted.
func (w *walk) tick(t *rapid.T) {
	var expected []string
	var points []team.Meeting // for which they are asked now, unless there is a sooner one to bring them to
	for _, m := range w.open() {
		for _, step := range schedule.MeetingLadder(w.calendar(), m.Start) {
			round := step.Kind == schedule.StepPoints || step.Kind == schedule.StepAgenda
			switch {
			case m.Status != team.Planned || !step.At.Equal(w.now) || !step.At.After(m.Since) || round && m.HasSent(step.Kind):
			case step.Kind == schedule.StepPoints:
				points = append(points, m)
			case step.Kind == schedule.StepAgenda && team.DateOf(m.Start.In(zone(""))).After(team.DateOf(w.now.In(zone(""))).AddDays(farAhead)):
			case round:
				expected = append(expected, fmt.Sprintf("%s/%s/%d/%d", step.Kind, w.id, m.Nr, m.Round))
			case w.reminded[about(step.Kind, m)] == "":
				expected = append(expected, fmt.Sprintf("%s/%s/%d/", step.Kind, w.id, m.Nr))
			}
		}
	}
	quiet := map[string]bool{} // actions that somebody wants to come back to on another day
	for _, a := range w.openActions() {
		if a.Snoozed.After(team.DateOf(w.now.In(zone("")))) {
			quiet[strconv.Itoa(a.Nr)] = true
			continue
		}
		ladder := schedule.ActionLadder(w.calendar(), a.Due)
		for i, step := range ladder {
			if next := w.calendar().AddSchoolDays(team.DateOf(a.Since.In(zone(""))), 1); step.Kind == schedule.StepAhead && !team.DateOf(w.now.In(zone(""))).After(next) {
				continue
			}
			key := fmt.Sprintf("remind/%s/%d/%s/%s", w.id, a.Nr, agreed(a), step.Kind)
			_, before := slices.BinarySearch(w.said, key)
			for _, newer := range ladder[i:] { // which came in its place
				before = before || slices.Contains(a.Sent, newer.Kind)
			}
			if step.At.Equal(w.now) && step.At.After(a.Since) && !before && a.Reminded != team.DateOf(w.now.In(zone(""))) {
				expected = append(expected, key)
			}
		}
	}
	expected = append(expected, w.weekly()...)
	if _, err := w.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, m := range points {
		sooner := slices.ContainsFunc(w.open(), func(other team.Meeting) bool {
			return other.Status == team.Planned && other.Start.Before(m.Start) && !team.DateOf(other.Start.In(zone(""))).Before(team.DateOf(w.now.In(zone(""))))
		})
		key := fmt.Sprintf("%s/%s/%d/%s", schedule.StepPoints, w.id, m.Nr, team.DateOf(m.Start.In(zone(""))))
		if _, before := slices.BinarySearch(w.said, key); !before && !sooner {
			expected = append(expected, key)
		}
	}
	w.read(func(tx kv.Tx) error {
		if at, _, err := store.NextDue(tx); err != nil || !at.After(w.now) {
			t.Fatalf("at %v something is still due at %v (%v)", w.now, at, err)
		}
		return nil
	})
	fresh := w.fresh(t)
	for _, key := range fresh {
		if !strings.HasPrefix(key, "soon/") && !strings.HasPrefix(key, "late/") && !w.calendar().Working(w.now).Equal(w.now) && !w.cannotWait(key) {
			t.Fatalf("%s was posted on %v", key, w.now.In(zone("")).Format("Monday 2 January 15:04"))
		}
	}
	together := map[string]string{}
	for _, key := range fresh {
		part := strings.Split(key, "/")
		what := "meeting " + part[2]
		if part[0] == "remind" {
			if what = "action " + part[2]; quiet[part[2]] {
				t.Fatalf("%s comes too early", key)
			}
		} else if part[0] == "week" {
			if m := w.member(part[3]); m.Muted || m.Absent(team.DateOf(w.now.In(zone("")))) {
				t.Fatalf("%s is for %+v", key, m)
			}
			continue
		} else if !slices.Contains(reminders, part[0]) {
			continue
		}
		if before := together[what]; before != "" {
			t.Fatalf("%s comes at once with %s", key, before)
		}
		together[what] = key
	}
	for _, prefix := range expected {
		if !slices.ContainsFunc(fresh, func(key string) bool { return strings.HasPrefix(key, prefix) }) {
			t.Fatalf("no %s on %v", prefix, w.now)
		}
	}
}

// cannotWait: a post is about who leads, writes or comes, of a meeting that begins
// before people are at work.
func (w *walk) cannotWait(key string) bool {
	part := strings.Split(key, "/")
	return slices.Contains([]string{"job", "lead", "quorum", "turn", "stand", "nostand"}, part[0]) &&
		slices.ContainsFunc(w.open(), func(m team.Meeting) bool {
			return strconv.Itoa(m.Nr) == part[2] && m.Start.After(w.now) && !m.Start.After(w.calendar().Working(w.now))
		})
}

// weekly are the overviews that belong to this very moment.
func (w *walk) weekly() (expected []string) {
	today := team.DateOf(w.now.In(zone("")))
	w.read(func(tx kv.Tx) error {
		d, _, err := store.Scheduled(tx, "weekly/"+w.id)
		if err != nil || !d.At.Equal(w.now) || !w.calendar().SchoolDay(today) {
			return err
		}
		members, err := store.Members.All(tx, w.id)
		for _, m := range members {
			open, err := store.OpenActionsOf(tx, w.id, m.User)
			year, week := w.now.In(zone("")).ISOWeek()
			key := fmt.Sprintf("week/test//%s/%d-W%02d", m.User, year, week)
			presses := slices.ContainsFunc(open, func(a team.Action) bool {
				d, _, failed := store.Scheduled(tx, fmt.Sprintf("action/%s/%d", w.id, a.Nr))
				err = cmp.Or(err, failed)
				return !a.Due.After(today.AddDays(7)) && d.At.After(w.now) && a.Reminded != today
			})
			if _, sent := slices.BinarySearch(w.said, key); err == nil && presses && m.Here && !m.Muted && !m.Absent(today) && !sent {
				expected = append(expected, key)
			}
		}
		return err
	})
	return expected
}

func (w *walk) member(user string) (m team.Member) {
	w.read(func(tx kv.Tx) (err error) {
		m, _, err = store.Members.Get(tx, w.id, user)
		return err
	})
	return m
}

func (w *walk) freeDays() schedule.FreeDays {
	days := schedule.FreeDays{Region: w.team().Region, Holidays: schedule.BuiltIn()}
	w.read(func(tx kv.Tx) (err error) {
		days.Own, _, err = store.OwnDays.Get(tx, w.id)
		return err
	})
	return days
}

func (w *walk) calendar() schedule.Calendar { return w.freeDays().Calendar(zone("")) }

// keys are those of the posts that went, in order.
func (w *walk) keys() (keys []string) {
	w.read(func(tx kv.Tx) error {
		return store.Table[outbox.Status]{Name: "post"}.Each(tx, func(s outbox.Status) error {
			if s.State != outbox.Held {
				keys = append(keys, s.Post.Key)
			}
			return nil
		})
	})
	return keys
}

func (w *walk) openActions() (list []team.Action) {
	w.read(func(tx kv.Tx) (err error) {
		list, err = store.OpenActions(tx, w.id)
		return err
	})
	return list
}

func (w *walk) meetings() (list []team.Meeting) {
	w.read(func(tx kv.Tx) (err error) {
		list, err = store.Meetings.All(tx, w.id)
		return err
	})
	return list
}

// fresh are the keys of new posts; a reminder is not there for the second time.
func (w *walk) fresh(t *rapid.T) (fresh []string) {
	keys := w.keys()
	for _, key := range keys {
		if _, found := slices.BinarySearch(w.said, key); !found {
			fresh = append(fresh, key)
		}
	}
	w.said = keys
	maps.DeleteFunc(w.reminded, func(_, key string) bool { // taken back before anybody saw it
		_, found := slices.BinarySearch(keys, key)
		return !found
	})
	for _, key := range fresh {
		part := strings.Split(key, "/")
		if part[0] == "remind" {
			w.once(t, key, part[0]+" "+part[2]+" "+team.DateOf(w.now.In(zone(""))).String())
		}
		if !slices.Contains(reminders, part[0]) {
			continue
		}
		i := slices.IndexFunc(w.meetings(), func(m team.Meeting) bool { return strconv.Itoa(m.Nr) == part[2] })
		w.once(t, key, about(part[0], w.meetings()[i]))
	}
	return fresh
}

// about is what a reminder of a kind is about: a date, or a quarter of an hour
// before a moment.
func about(kind string, m team.Meeting) string {
	start := m.Start.In(zone(""))
	if kind == schedule.StepSoon {
		return fmt.Sprint(kind, m.Nr, start)
	}
	return fmt.Sprint(kind, m.Nr, team.DateOf(start))
}

// reminders are the kinds of post that the ladder of a meeting makes.
var reminders = []string{schedule.StepPoints, schedule.StepAgenda, schedule.StepToday, schedule.StepSoon}

func (w *walk) once(t *rapid.T, key, about string) {
	if before := w.reminded[about]; before != "" {
		t.Fatalf("%s comes after %s", key, before)
	}
	w.reminded[about] = key
}
