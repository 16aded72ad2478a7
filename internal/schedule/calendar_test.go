package schedule

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"kansbot/internal/team"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func day(s string) team.Date {
	var d team.Date
	if err := d.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return d
}

// school is a calendar of Amsterdam with two weeks of Christmas holiday, one
// of May holiday, and Good Friday.
func school(t testing.TB) Calendar {
	return Calendar{Location: zone(t, "Europe/Amsterdam"), Free: func(d team.Date) bool {
		between := func(first, last string) bool { return !d.Before(day(first)) && !d.After(day(last)) }
		return between("2026-12-19", "2027-01-03") || between("2027-04-24", "2027-05-02") || d == day("2027-03-26")
	}}
}

func local(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, zone(t, "Europe/Amsterdam"))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestSchoolDays(t *testing.T) {
	cal := school(t)
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2027-01-12", 0, "2027-01-12"},
		{"2027-01-16", 0, "2027-01-18"},
		{"2027-01-16", 1, "2027-01-18"},
		{"2027-01-16", -1, "2027-01-15"},
		{"2027-01-15", 1, "2027-01-18"},
		{"2027-01-18", -1, "2027-01-15"},
		{"2027-01-05", -2, "2026-12-18"},
		{"2026-12-18", 3, "2027-01-06"},
		{"2026-12-25", 0, "2027-01-04"},
		{"2027-03-25", 1, "2027-03-29"},
	} {
		if got := cal.AddSchoolDays(day(c.from), c.n); got != day(c.want) {
			t.Errorf("%s %+d school days = %s, want %s", c.from, c.n, got, c.want)
		}
	}
}

func TestAlwaysFreeEnds(t *testing.T) {
	cal := Calendar{Location: time.UTC, Free: func(team.Date) bool { return true }}
	d := day("2027-01-12")
	if got := cal.NextSchoolDay(d); got != d {
		t.Errorf("next school day = %s", got)
	}
	for _, n := range []int{-3, 0, 5} {
		if got := cal.AddSchoolDays(d, n); got != d.AddDays(n) {
			t.Errorf("%+d school days = %s", n, got)
		}
	}
	if at := time.Date(2027, 1, 12, 20, 0, 0, 0, time.UTC); cal.Working(at).Before(at) {
		t.Errorf("working moment %s lies before %s", cal.Working(at), at)
	}
}

func TestAddSchoolDaysCountsSchoolDays(t *testing.T) {
	cal := school(t)
	rapid.Check(t, func(t *rapid.T) {
		from := day("2026-08-01").AddDays(rapid.IntRange(0, 700).Draw(t, "from"))
		n := rapid.IntRange(-40, 40).Filter(func(n int) bool { return n != 0 }).Draw(t, "n")
		got := cal.AddSchoolDays(from, n)
		step, count := 1, 0
		if n < 0 {
			step = -1
		}
		for d := from; d != got; {
			if d = d.AddDays(step); cal.SchoolDay(d) {
				count += step
			}
		}
		if count != n || !cal.SchoolDay(got) {
			t.Fatalf("%s %+d = %s, which is %+d", from, n, got, count)
		}
	})
}

func TestAtAmsterdam(t *testing.T) {
	cal := school(t)
	for _, c := range []struct {
		day   string
		clock Clock
		want  string
	}{
		{"2027-01-12", Clock{13, 30}, "2027-01-12T13:30:00+01:00"},
		{"2027-07-06", Clock{13, 30}, "2027-07-06T13:30:00+02:00"},
		{"2027-03-28", Clock{1, 59}, "2027-03-28T01:59:00+01:00"},
		{"2027-03-28", Clock{2, 0}, "2027-03-28T03:00:00+02:00"},
		{"2027-03-28", Clock{2, 30}, "2027-03-28T03:00:00+02:00"},
		{"2027-03-28", Clock{3, 0}, "2027-03-28T03:00:00+02:00"},
		{"2027-10-31", Clock{1, 59}, "2027-10-31T01:59:00+02:00"},
		{"2027-10-31", Clock{2, 0}, "2027-10-31T02:00:00+02:00"},
		{"2027-10-31", Clock{2, 30}, "2027-10-31T02:30:00+02:00"},
		{"2027-10-31", Clock{3, 0}, "2027-10-31T03:00:00+01:00"},
	} {
		if got := cal.At(day(c.day), c.clock).Format(time.RFC3339); got != c.want {
			t.Errorf("%s %s = %s, want %s", c.day, c.clock, got, c.want)
		}
	}
}

// changes are days on which the clock changes, or beside one.
var changes = map[string][]string{
	"Europe/Amsterdam": {
		"2026-03-29", "2026-10-25", "2027-03-28", "2027-10-31", "2028-03-26",
		"2028-10-29", "2029-03-25", "2029-10-28", "2030-03-31", "2030-10-27",
	},
	"America/Sao_Paulo":   {"2018-11-04", "2018-02-18", "2018-02-17"}, // at midnight
	"Australia/Lord_Howe": {"2027-10-03", "2027-04-04"},               // half an hour
	"Pacific/Apia":        {"2011-12-29", "2011-12-30", "2011-12-31"}, // a whole day
	"UTC":                 {"2027-03-28"},
}

// The instant of a wall time is the first at which the wall shows it, or later.
func TestAtIsTheFirstInstant(t *testing.T) {
	for name, days := range changes {
		cal := Calendar{Location: zone(t, name)}
		for _, d := range days {
			d := day(d)
			first := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
			at := first.Add(-30 * time.Hour)
			for wall := first; wall.Before(first.Add(24 * time.Hour)); wall = wall.Add(10 * time.Minute) {
				for onWall(at, cal.Location).Before(wall) {
					at = at.Add(10 * time.Minute)
				}
				if got := cal.At(d, clockOf(wall)); !got.Equal(at) {
					t.Fatalf("%s %s %s = %s, want %s", name, d, clockOf(wall), got, at.In(cal.Location))
				}
			}
		}
	}
}

func TestWorking(t *testing.T) {
	cal := school(t)
	for at, want := range map[string]string{
		"2027-01-12 10:00": "2027-01-12 10:00",
		"2027-01-12 08:30": "2027-01-12 08:30",
		"2027-01-12 06:00": "2027-01-12 08:30",
		"2027-01-12 16:29": "2027-01-12 16:29",
		"2027-01-12 16:30": "2027-01-13 08:30",
		"2027-01-15 17:00": "2027-01-18 08:30",
		"2026-12-18 23:00": "2027-01-04 08:30",
		"2027-03-25 17:00": "2027-03-29 08:30", // over the change of the clock
	} {
		if got := cal.Working(local(t, at).UTC()); !got.Equal(local(t, want)) {
			t.Errorf("working from %s = %s, want %s", at, got, want)
		}
	}
}

func TestWorkingIsTheFirstMoment(t *testing.T) {
	cal := school(t)
	rapid.Check(t, func(t *rapid.T) {
		at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 250*24*60).Draw(t, "at")) * time.Minute)
		inHours := func(m time.Time) bool {
			m = m.In(cal.Location)
			c := m.Hour()*60 + m.Minute()
			return cal.SchoolDay(team.DateOf(m)) && c >= 8*60+30 && c < 16*60+30
		}
		want := at
		for !inHours(want) {
			want = want.Add(time.Minute)
		}
		if got := cal.Working(at); !got.Equal(want) {
			t.Fatalf("working from %s = %s, want %s", at, got, want.In(cal.Location))
		}
	})
}

func TestClockText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := clocks(0, 23).Draw(t, "clock")
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back Clock
		if err := json.Unmarshal(b, &back); err != nil || back != c {
			t.Fatalf("%s came back as %s, %v", b, back, err)
		}
	})
	for _, bad := range []string{`""`, `"24:00"`, `"13:60"`, `"13"`, `"13:30:00"`, `"-1:30"`, `1330`} {
		var c Clock
		if json.Unmarshal([]byte(bad), &c) == nil {
			t.Errorf("%s read as %s", bad, c)
		}
	}
}

func clocks(first, last int) *rapid.Generator[Clock] {
	return rapid.Custom(func(t *rapid.T) Clock {
		return Clock{rapid.IntRange(first, last).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")}
	})
}
