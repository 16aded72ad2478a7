package schedule

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"kansbot/internal/team"
)

// zuid is a school in Zuid with carnaval a week before its region, a studiedag,
// and open on the last Monday of the May holiday's first weekend.
func zuid() FreeDays {
	return FreeDays{Region: "zuid", Holidays: BuiltIn(), Own: []Period{
		{First: day("2027-02-08"), Last: day("2027-02-12"), Label: "carnaval"},
		{First: day("2027-02-15"), Last: day("2027-02-19"), Open: true},
		{First: day("2027-03-03"), Last: day("2027-03-03")},
		{First: day("2027-04-24"), Last: day("2027-04-26"), Open: true, Label: "inhalen"},
	}}
}

func TestWhyFree(t *testing.T) {
	for d, want := range map[string][2]string{
		"2027-02-05": {"", ""}, "2027-02-07": {"weekend", "weekend"}, "2027-02-08": {"carnaval", "carnaval"}, "2027-02-14": {"voorjaarsvakantie", "spring holiday"},
		"2027-02-15": {"", ""}, "2027-03-03": {"vrije dag", "day off"}, "2027-03-26": {"Goede Vrijdag", "Good Friday"}, "2027-04-25": {"weekend", "weekend"},
		"2027-04-26": {"", ""}, "2027-04-27": {"meivakantie", "May holiday"}, "2027-05-07": {"de dag na Hemelvaart", "the day after Ascension Day"},
		"2027-12-25": {"kerstvakantie", "Christmas holiday"}, "2028-02-29": {"voorjaarsvakantie", "spring holiday"},
	} {
		why, free := zuid().Why(day(d))
		if nl, en := why.Words("nl"), why.Words("en"); free && (nl != want[0] || en != want[1]) || free != (want[0] != "") {
			t.Errorf("%s: %t, %q, %q", d, free, nl, en)
		}
	}
}

func TestLaterPeriodsCount(t *testing.T) {
	f := zuid()
	f.Own = append(f.Own, Period{First: day("2027-02-10"), Last: day("2027-02-10"), Open: true}, Period{First: day("2027-02-16"), Last: day("2027-02-16"), Label: "brand"})
	for d, want := range map[string]bool{"2027-02-09": true, "2027-02-10": false, "2027-02-11": true, "2027-02-15": false, "2027-02-16": true, "2027-02-17": false} {
		if got := f.Free(day(d)); got != want {
			t.Errorf("%s is free: %t", d, got)
		}
	}
}

func TestDeadlineMoves(t *testing.T) {
	for d, want := range map[string]string{
		"2027-02-05": "2027-02-05 false", "2027-02-06": "2027-02-15 true weekend", "2027-02-12": "2027-02-15 true carnaval", "2027-04-27": "2027-05-03 true meivakantie",
		"2027-07-26": "2027-09-06 true zomervakantie", "2027-05-06": "2027-05-10 true Hemelvaartsdag",
	} {
		due, why, moved := zuid().Deadline(day(d))
		got := due.String() + " false"
		if moved {
			got = due.String() + " true " + why.Words("nl")
		}
		if got != want {
			t.Errorf("due %s: %s, want %s", d, got, want)
		}
	}
}

func TestLastBeforeSummer(t *testing.T) {
	early := zuid()
	early.Own = append(early.Own, Period{First: day("2027-07-22"), Last: day("2027-07-23")})
	for name, c := range map[string]struct {
		free        FreeDays
		today, want string
	}{
		"a Friday": {zuid(), "2027-01-07", "2027-07-23"}, "that Friday": {zuid(), "2027-07-23", "2027-07-23"}, "the summer after": {zuid(), "2027-07-24", "2028-07-21"},
		"closed before": {early, "2027-01-07", "2027-07-21"}, "unknown": {zuid(), "2030-01-01", ""},
	} {
		got, summer, found := c.free.LastBeforeSummer(day(c.today))
		if got.String() != c.want || found != (c.want != "") || found && (!summer.First.After(got) || summer.Words("nl") != "zomervakantie") {
			t.Errorf("%s: %s before %v, want %s", name, got, summer, c.want)
		}
	}
}

// frees are schools with their region's holidays and up to five periods of
// their own, some of them open.
func frees() *rapid.Generator[FreeDays] {
	return rapid.Custom(func(t *rapid.T) FreeDays {
		f := FreeDays{Region: rapid.SampledFrom(team.Regions).Draw(t, "region"), Holidays: BuiltIn()}
		for range rapid.IntRange(0, 5).Draw(t, "periods") {
			first := days().Draw(t, "first")
			last := first.AddDays(rapid.IntRange(0, 20).Draw(t, "days"))
			f.Own = append(f.Own, Period{First: first, Last: last, Open: rapid.Bool().Draw(t, "open")})
		}
		return f
	})
}

// days are of five years, the last two of which have no known school holidays.
func days() *rapid.Generator[team.Date] {
	return rapid.Custom(func(t *rapid.T) team.Date { return day("2026-08-01").AddDays(rapid.IntRange(0, 5*365).Draw(t, "day")) })
}

func TestNoSchoolDayIsFree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, d := frees().Draw(t, "free"), days().Draw(t, "day")
		cal := f.Calendar(time.UTC)
		next := cal.NextSchoolDay(d)
		if _, free := f.Why(next); free || next.Before(d) || d.DaysUntil(next) > 60 {
			t.Fatalf("after %s comes %s", d, next)
		}
		for e := d; e != next; e = e.AddDays(1) {
			if !f.Free(e) {
				t.Fatalf("%s is passed over", e)
			}
		}
		due, why, moved := f.Deadline(d)
		if _, free := f.Why(d); due != next || moved != free || moved != (due != d) || moved && why.Words("nl") == "" {
			t.Fatalf("due %s: %s %v %t", d, due, why, moved)
		}
	})
}

// No school day is nearer than the nearest, but for those before the first that
// may count; a day later wins from one as near before.
func TestNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cal := frees().Draw(t, "free").Calendar(time.UTC)
		d := days().Draw(t, "day")
		first := d.AddDays(rapid.IntRange(-40, 3).Draw(t, "first"))
		got, found := cal.Nearest(d, first)
		if !found || !cal.SchoolDay(got) || got.Before(d) && got.Before(first) {
			t.Fatalf("nearest to %s is %s", d, got)
		}
		away := max(d.DaysUntil(got), got.DaysUntil(d))
		for n := range away + 1 {
			later, earlier := d.AddDays(n), d.AddDays(-n)
			if cal.SchoolDay(later) && later != got && (n < away || got.Before(d)) || n < away && cal.SchoolDay(earlier) && !earlier.Before(first) {
				t.Fatalf("nearest to %s is %s, %d days away, and there is one %d days away", d, got, away, n)
			}
		}
	})
	if d, found := (Calendar{Free: func(team.Date) bool { return true }}).Nearest(day("2027-01-12"), team.Date{}); found || d != day("2027-01-12") {
		t.Errorf("without a school day it is %s", d)
	}
}

func TestAddSchoolDaysGoesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cal := frees().Draw(t, "free").Calendar(time.UTC)
		d := cal.NextSchoolDay(days().Draw(t, "day"))
		n := rapid.IntRange(-60, 60).Draw(t, "n")
		if back := cal.AddSchoolDays(cal.AddSchoolDays(d, n), -n); back != d {
			t.Fatalf("%+d and %+d school days from %s is %s", n, -n, d, back)
		}
	})
}

// No reminder but the one right before a meeting comes on a free day.
func TestLaddersKeepOffFreeDays(t *testing.T) {
	loc := zone(t, "Europe/Amsterdam")
	rapid.Check(t, func(t *rapid.T) {
		f, d := frees().Draw(t, "free"), days().Draw(t, "day")
		cal := f.Calendar(loc)
		start := cal.At(d, clocks(7, 21).Draw(t, "clock"))
		steps := append(MeetingLadder(cal, start), ActionLadder(cal, d)...)
		steps = append(steps, Step{"weekly", NextWeekly(cal, start)})
		for _, s := range steps {
			if why, free := f.Why(team.DateOf(s.At)); free && s.Kind != StepSoon {
				t.Fatalf("for %s: %s on %s, %s", start, s.Kind, s.At, why.Words("nl"))
			}
		}
	})
}

func TestAddSchoolWeeks(t *testing.T) {
	cal := zuid().Calendar(time.UTC)
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2027-01-12", 1, "2027-01-19"},
		{"2027-01-12", 3, "2027-02-02"},
		{"2027-01-12", 4, "2027-02-16"}, // carnaval does not count
		{"2027-01-12", 6, "2027-03-02"},
		{"2027-01-13", 6, "2027-03-04"}, // a studiedag
		{"2027-02-10", 1, "2027-02-17"}, // from a free day
		{"2027-02-10", 0, "2027-02-15"},
		{"2027-07-20", 1, "2027-09-07"},
		{"2027-07-20", 8, "2027-11-02"}, // summer and autumn
		{"2027-05-03", 1, "2027-05-10"},
		{"2027-04-30", 1, "2027-05-10"}, // the day after Ascension
		{"2027-01-16", 1, "2027-01-25"}, // a Saturday
		{"2027-01-12", -1, "2027-01-12"},
	} {
		if got := cal.AddSchoolWeeks(day(c.from), c.n); got != day(c.want) {
			t.Errorf("%s and %d school weeks = %s, want %s", c.from, c.n, got, c.want)
		}
	}
	always := Calendar{Free: func(team.Date) bool { return true }}
	if got := always.AddSchoolWeeks(day("2027-01-12"), 6); got != day("2027-02-23") {
		t.Errorf("always free: %s", got)
	}
}

// Between a day and the one n school weeks on lie n-1 whole weeks with school,
// and any number without.
func TestSchoolWeeksHaveSchool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, d := frees().Draw(t, "free"), days().Draw(t, "day")
		cal := f.Calendar(time.UTC)
		n := rapid.IntRange(1, 10).Draw(t, "n")
		got := cal.AddSchoolWeeks(d, n)
		if f.Free(got) || cal.NextSchoolDay(d.AddDays(7*n)).After(got) {
			t.Fatalf("%s and %d school weeks = %s", d, n, got)
		}
		if more := cal.AddSchoolWeeks(d, n+1); more.Before(got) {
			t.Fatalf("%s and %d school weeks = %s, one more is %s", d, n, got, more)
		}
		sunday := d.AddDays((7 - int(d.Weekday())) % 7)
		weeks := 0
		for monday := sunday.AddDays(1); monday.AddDays(6).Before(got); monday = monday.AddDays(7) {
			if next := cal.NextSchoolDay(monday); monday.DaysUntil(next) < 7 {
				weeks++
			}
		}
		pushed := cal.NextSchoolDay(got.AddDays(-7)) == got // the days until then are free
		if weeks != n-1 && got.Weekday() == d.Weekday() && !pushed {
			t.Fatalf("%s and %d school weeks = %s, over %d weeks with school", d, n, got, weeks)
		}
	})
}
