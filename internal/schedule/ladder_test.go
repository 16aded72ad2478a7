package schedule

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kansbot/internal/team"
)

func ladder(steps []Step) string {
	var lines []string
	for _, s := range steps {
		lines = append(lines, s.Kind+" "+s.At.Format("2006-01-02 15:04 MST"))
	}
	return strings.Join(lines, ", ")
}

func TestMeetingLadder(t *testing.T) {
	for _, c := range []struct{ name, start, want string }{
		{"an ordinary Tuesday", "2027-01-19 13:30",
			"points 2027-01-12 08:30 CET, agenda 2027-01-15 08:30 CET, today 2027-01-19 08:30 CET, soon 2027-01-19 13:15 CET"},
		{"before nine", "2027-01-19 08:45",
			"points 2027-01-12 08:30 CET, agenda 2027-01-15 08:30 CET, today 2027-01-18 15:30 CET, soon 2027-01-19 08:30 CET"},
		{"at nine", "2027-01-19 09:00",
			"points 2027-01-12 08:30 CET, agenda 2027-01-15 08:30 CET, today 2027-01-19 08:30 CET, soon 2027-01-19 08:45 CET"},
		{"too early for soon", "2027-01-19 07:10",
			"points 2027-01-12 08:30 CET, agenda 2027-01-15 08:30 CET, today 2027-01-18 15:30 CET"},
		{"in the evening", "2027-01-19 20:00",
			"points 2027-01-12 08:30 CET, agenda 2027-01-15 08:30 CET, today 2027-01-19 08:30 CET, soon 2027-01-19 19:45 CET"},
		{"a week before is free, school starts before the agenda", "2027-01-08 13:30",
			"points 2027-01-04 08:30 CET, agenda 2027-01-06 08:30 CET, today 2027-01-08 08:30 CET, soon 2027-01-08 13:15 CET"},
		{"the first day after a holiday", "2027-01-04 13:30",
			"points 2026-12-16 08:30 CET, agenda 2026-12-17 08:30 CET, today 2027-01-04 08:30 CET, soon 2027-01-04 13:15 CET"},
		{"over the spring change", "2027-03-30 13:30",
			"points 2027-03-23 08:30 CET, agenda 2027-03-25 08:30 CET, today 2027-03-30 08:30 CEST, soon 2027-03-30 13:15 CEST"},
		{"over the autumn change", "2027-11-02 13:30",
			"points 2027-10-26 08:30 CEST, agenda 2027-10-29 08:30 CEST, today 2027-11-02 08:30 CET, soon 2027-11-02 13:15 CET"},
		{"on a free day", "2027-01-23 10:00",
			"points 2027-01-18 08:30 CET, agenda 2027-01-21 08:30 CET, today 2027-01-22 15:30 CET"},
	} {
		if got := ladder(MeetingLadder(school(t), local(t, c.start).UTC())); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// With one school day in years the agenda has no day of its own before the
// reminder of the day, and is left out.
func TestMeetingLadderDropsWhatComesTooLate(t *testing.T) {
	cal := school(t)
	cal.Free = func(d team.Date) bool { return d != day("2026-11-02") }
	want := "today 2026-11-02 15:30 CET"
	if got := ladder(MeetingLadder(cal, local(t, "2027-01-19 13:30"))); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestActionLadder(t *testing.T) {
	for due, want := range map[string]string{
		"2027-01-12": "ahead 2027-01-07 08:30 CET, due 2027-01-12 08:30 CET, late 2027-01-15 08:30 CET",
		"2027-01-16": "ahead 2027-01-13 08:30 CET, due 2027-01-18 08:30 CET, late 2027-01-21 08:30 CET",
		"2026-12-30": "ahead 2026-12-16 08:30 CET, due 2027-01-04 08:30 CET, late 2027-01-07 08:30 CET",
		"2027-03-29": "ahead 2027-03-23 08:30 CET, due 2027-03-29 08:30 CEST, late 2027-04-01 08:30 CEST",
	} {
		if got := ladder(ActionLadder(school(t), day(due))); got != want {
			t.Errorf("due %s:\n got %s\nwant %s", due, got, want)
		}
	}
}

func TestNextWeekly(t *testing.T) {
	for after, want := range map[string]string{
		"2027-01-15 08:30": "2027-01-22 08:30",
		"2027-01-15 23:59": "2027-01-22 08:30",
		"2026-12-18 08:30": "2027-01-04 08:30",
		"2027-03-25 08:30": "2027-04-01 08:30",
		"2027-01-16 08:30": "2027-01-25 08:30",
	} {
		if got := NextWeekly(school(t), local(t, after).UTC()); !got.Equal(local(t, want)) {
			t.Errorf("after %s = %s, want %s", after, got, want)
		}
	}
}

// Whatever is free and whenever the meeting is, the ladder is in order, before
// the meeting, never loses its agenda, and but for the last step is posted in
// working hours.
func TestLaddersInOrder(t *testing.T) {
	loc := zone(t, "Europe/Amsterdam")
	rapid.Check(t, func(t *rapid.T) {
		free := map[team.Date]bool{}
		first := day("2027-01-01").AddDays(rapid.IntRange(0, 300).Draw(t, "first"))
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 40), 0, 30).Draw(t, "free") {
			free[first.AddDays(n)] = true
		}
		cal := Calendar{Location: loc, Free: func(d team.Date) bool { return free[d] }}
		start := cal.At(first.AddDays(rapid.IntRange(0, 40).Draw(t, "day")), clocks(7, 21).Draw(t, "clock"))

		steps := MeetingLadder(cal, start)
		kinds := fmt.Sprint(steps)
		if !strings.Contains(kinds, StepPoints) || !strings.Contains(kinds, StepAgenda) || !strings.Contains(kinds, StepToday) {
			t.Fatalf("%s: %s", start, ladder(steps))
		}
		inOrderAndHours(t, cal, steps, start)
		inOrderAndHours(t, cal, ActionLadder(cal, team.DateOf(start)), start.AddDate(1, 0, 0))
	})
}

func inOrderAndHours(t *rapid.T, cal Calendar, steps []Step, end time.Time) {
	for i, s := range steps {
		next := end
		if i+1 < len(steps) {
			next = steps[i+1].At
		}
		if !s.At.Before(next) {
			t.Fatalf("%s is not before %s: %s", s.Kind, next, ladder(steps))
		}
		if s.Kind != StepSoon && !cal.Working(s.At).Equal(s.At) {
			t.Fatalf("%s at %s", s.Kind, s.At)
		}
	}
}
