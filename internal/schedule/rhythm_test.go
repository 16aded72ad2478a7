package schedule

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"

	"kansbot/internal/team"
)

func compile(t interface{ Fatal(...any) }, r Rhythm, loc *time.Location) *Schedule {
	s, err := r.Schedule(loc)
	if err != nil {
		t.Fatal(r, err)
	}
	return s
}

func TestOccurrencesOverTheChangeOfTheClock(t *testing.T) {
	amsterdam := zone(t, "Europe/Amsterdam")
	night := Clock{2, 30}
	for _, c := range []struct {
		name   string
		rhythm Rhythm
		after  string
		want   string
	}{
		{"the spring gap, weekly", Rhythm{Rule: "FREQ=WEEKLY;INTERVAL=1;BYDAY=SU", Start: day("2027-03-21"), Time: night}, "2027-03-20T00:00:00Z",
			"2027-03-21T02:30=02:30 CET 2027-03-28T02:30=03:00 CEST 2027-04-04T02:30=02:30 CEST"},
		{"the spring gap, cron", Rhythm{Cron: "30 2 * * *", Time: night}, "2027-03-27T00:00:00Z",
			"2027-03-27T02:30=02:30 CET 2027-03-28T02:30=03:00 CEST 2027-03-29T02:30=02:30 CEST"},
		{"the spring gap, from its end", Rhythm{Cron: "30 2 * * *", Time: night}, "2027-03-28T01:00:00Z",
			"2027-03-29T02:30=02:30 CEST 2027-03-30T02:30=02:30 CEST 2027-03-31T02:30=02:30 CEST"},
		{"the spring gap, a nanosecond before its end", Rhythm{Cron: "30 2 * * *", Time: night}, "2027-03-28T00:59:59.999999999Z",
			"2027-03-28T02:30=03:00 CEST 2027-03-29T02:30=02:30 CEST 2027-03-30T02:30=02:30 CEST"},
		{"autumn's double hour, monthly", Rhythm{Rule: "FREQ=MONTHLY;INTERVAL=1;BYDAY=-1SU", Start: day("2027-09-26"), Time: night}, "2027-09-27T00:00:00Z",
			"2027-10-31T02:30=02:30 CEST 2027-11-28T02:30=02:30 CET 2027-12-26T02:30=02:30 CET"},
		{"autumn's double hour, between the two", Rhythm{Cron: "30 2 * * *", Time: night}, "2027-10-31T00:45:00Z",
			"2027-11-01T02:30=02:30 CET 2027-11-02T02:30=02:30 CET 2027-11-03T02:30=02:30 CET"},
		{"once, in the gap", Rhythm{Start: day("2027-03-28"), Time: night}, "2027-01-01T00:00:00Z",
			"2027-03-28T02:30=03:00 CEST"},
		{"once, over", Rhythm{Start: day("2027-03-28"), Time: night}, "2027-03-28T01:00:00Z", ""},
		{"30 February", Rhythm{Cron: "30 13 30 2 *", Time: Clock{13, 30}}, "2027-01-01T00:00:00Z", ""},
		{"a month that no year has", Rhythm{Cron: "30 13 , , ,", Time: Clock{13, 30}}, "2027-01-01T00:00:00Z", ""},
	} {
		after, err := time.Parse(time.RFC3339Nano, c.after)
		if err != nil {
			t.Fatal(err)
		}
		s := compile(t, c.rhythm, amsterdam)
		var got []string
		for range 3 {
			nominal, at, ok := s.Occurrence(after)
			if next := s.Next(after); ok == next.IsZero() || !next.Equal(at) {
				t.Fatalf("%s: next %s, occurrence %s", c.name, next, at)
			}
			if !ok {
				break
			}
			got = append(got, nominal+"="+at.Format("15:04 MST"))
			after = at
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// A form is a rhythm built from its parts, which tell naively on what days it
// falls.
type form struct {
	rhythm Rhythm
	falls  func(team.Date) bool
}

var rruleNames = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

func forms() *rapid.Generator[form] {
	return rapid.Custom(func(t *rapid.T) form {
		clock := rapid.OneOf(clocks(0, 23), rapid.Just(Clock{2, 30}), rapid.Just(Clock{2, 0}), rapid.Just(Clock{13, 30})).Draw(t, "clock")
		from := day("2026-01-01").AddDays(rapid.IntRange(0, 1000).Draw(t, "from"))
		weekday := time.Weekday(rapid.IntRange(0, 6).Draw(t, "weekday"))
		f := form{rhythm: Rhythm{Time: clock}}
		switch rapid.SampledFrom([]string{"weekly", "monthly", "cron", "once"}).Draw(t, "kind") {
		case "weekly":
			weeks := rapid.IntRange(1, maxWeeks).Draw(t, "weeks")
			for from.Weekday() != weekday {
				from = from.AddDays(1)
			}
			f.rhythm.Rule = fmt.Sprintf("FREQ=WEEKLY;INTERVAL=%d;BYDAY=%s", weeks, rruleNames[weekday])
			f.rhythm.Start = from
			f.falls = func(d team.Date) bool { n := from.DaysUntil(d); return n >= 0 && n%(7*weeks) == 0 }
		case "monthly":
			months := rapid.IntRange(1, maxMonths).Draw(t, "months")
			nth := rapid.SampledFrom([]int{1, 2, 3, 4, -1}).Draw(t, "nth")
			fits := func(d team.Date) bool {
				if nth == -1 {
					return d.Weekday() == weekday && d.AddDays(7).Month != d.Month
				}
				return d.Weekday() == weekday && (d.Day-1)/7+1 == nth
			}
			for !fits(from) {
				from = from.AddDays(1)
			}
			f.rhythm.Rule = fmt.Sprintf("FREQ=MONTHLY;INTERVAL=%d;BYDAY=%+d%s", months, nth, rruleNames[weekday])
			f.rhythm.Start = from
			f.falls = func(d team.Date) bool {
				apart := 12*(d.Year-from.Year) + int(d.Month) - int(from.Month)
				return !d.Before(from) && fits(d) && apart%months == 0
			}
		case "cron":
			f.rhythm.Cron = fmt.Sprintf("%d %d * * %d", clock.Minute, clock.Hour, weekday)
			f.falls = func(d team.Date) bool { return d.Weekday() == weekday }
			if dayOfMonth := rapid.IntRange(0, 31).Draw(t, "day of the month"); dayOfMonth > 0 {
				f.rhythm.Cron = fmt.Sprintf("%d %d %d */2 *", clock.Minute, clock.Hour, dayOfMonth)
				f.falls = func(d team.Date) bool { return d.Day == dayOfMonth && d.Month%2 == 1 }
			}
		case "once":
			f.rhythm.Start = from
			f.falls = func(d team.Date) bool { return d == from }
		}
		return f
	})
}

// Every occurrence of five years and no other, in order, at the right wall
// time, wherever the counting begins.
func TestOccurrencesAreTheNaiveOnes(t *testing.T) {
	amsterdam := zone(t, "Europe/Amsterdam")
	gaps := map[string]bool{}
	for _, d := range changes["Europe/Amsterdam"] {
		gaps[d] = day(d).Month == time.March
	}
	rapid.Check(t, func(t *rapid.T) {
		f := forms().Draw(t, "form")
		s := compile(t, f.rhythm, amsterdam)
		clock := f.rhythm.Time
		at := time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC) // 2026 in Amsterdam
		if clock == (Clock{0, 0}) {
			at = at.Add(-time.Second)
		}
		for d := day("2026-01-01"); d.Year <= 2030; d = d.AddDays(1) {
			if !f.falls(d) {
				continue
			}
			nominal, next, ok := s.Occurrence(at)
			if want := d.String() + "T" + clock.String(); !ok || nominal != want {
				t.Fatalf("%+v after %s: %q, want %q", f.rhythm, at, nominal, want)
			}
			if !next.After(at) {
				t.Fatalf("%+v: %s is not after %s", f.rhythm, next, at)
			}
			shown := clock.String()
			if gaps[d.String()] && clock.Hour == 2 {
				shown = "03:00"
			}
			if next.Format("2006-01-02 15:04") != d.String()+" "+shown {
				t.Fatalf("%+v: %s is at %s", f.rhythm, nominal, next)
			}
			between := at.Add(time.Duration(rapid.Int64Range(0, int64(next.Sub(at)-1)).Draw(t, "restart")))
			if again := s.Next(between); !again.Equal(next) {
				t.Fatalf("%+v: next of %s is %s, of %s is %s", f.rhythm, at, next, between, again)
			}
			at = next
		}
		if _, next, ok := s.Occurrence(at); ok && next.Year() <= 2030 {
			t.Fatalf("%+v: %s too many", f.rhythm, next)
		}
	})
}

// The rule with its anchor as DTSTART is RFC 5545: a plain reader finds the
// same dates.
func TestRuleIsRFC5545(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := forms().Filter(func(f form) bool { return f.rhythm.Rule != "" }).Draw(t, "form")
		r := f.rhythm
		text := fmt.Sprintf("DTSTART:%sT%02d%02d00Z\nRRULE:%s", strings.ReplaceAll(r.Start.String(), "-", ""), r.Time.Hour, r.Time.Minute, r.Rule)
		set, err := rrule.StrToRRuleSet(text)
		if err != nil {
			t.Fatal(text, err)
		}
		end := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
		s := compile(t, r, time.UTC)
		at := time.Time{}
		for _, want := range set.Between(time.Time{}, end, true) {
			if at = s.Next(at); !at.Equal(want) {
				t.Fatalf("%s: %s, want %s", text, at, want)
			}
		}
		if next := s.Next(at); next.Before(end) {
			t.Fatalf("%s: %s too many", text, next)
		}
	})
}

func TestRhythmIsStoredSmall(t *testing.T) {
	for _, c := range []struct {
		rhythm Rhythm
		json   string
	}{
		{Rhythm{Rule: "FREQ=WEEKLY;INTERVAL=6;BYDAY=TU", Start: day("2027-01-12"), Time: Clock{13, 30}},
			`{"rule":"FREQ=WEEKLY;INTERVAL=6;BYDAY=TU","start":"2027-01-12","time":"13:30"}`},
		{Rhythm{Cron: "30 13 * * 2", Time: Clock{13, 30}}, `{"cron":"30 13 * * 2","time":"13:30"}`},
		{Rhythm{Start: day("2027-02-12"), Time: Clock{13, 30}}, `{"start":"2027-02-12","time":"13:30"}`},
		{Rhythm{}, `{"time":"00:00"}`},
	} {
		b, err := json.Marshal(c.rhythm)
		if err != nil || string(b) != c.json {
			t.Errorf("%+v is stored as %s, %v", c.rhythm, b, err)
		}
		var back Rhythm
		if err := json.Unmarshal(b, &back); err != nil || back != c.rhythm {
			t.Errorf("%s came back as %+v, %v", b, back, err)
		}
	}
}

// A "?" and "*/1" are stars to the library, and a day of the month beside a day
// of the week is another way to come out on it.
func TestNames(t *testing.T) {
	for typed, want := range map[string]string{
		"elke zaterdag om 10:00": "Saturday", "eerste zondag van de maand om 10:00": "Sunday", "eenmalig 16 jan 2027 om 10:00": "",
		"cron: 0 10 * * 6": "Saturday", "cron: 0 10 16 * *": "", "cron: 0 9 1 * ?": "", "cron: 0 9 1 * */1": "", "cron: 0 9 1 * 3": "Wednesday", "cron: 0 9 1 * 6": "Saturday",
	} {
		r, err := ParseRhythm(typed, day("2027-01-11"))
		if err != nil {
			t.Fatal(err)
		}
		s := compile(t, r, time.UTC)
		for at := s.Next(time.Date(2027, 1, 11, 0, 0, 0, 0, time.UTC)); !at.IsZero() && at.Year() < 2029; at = s.Next(at) {
			if w := at.Weekday(); r.Names(w) != (w.String() == want) {
				t.Errorf("%q names %s: %v", typed, w, r.Names(w))
				break
			}
		}
	}
}

func TestScheduleRefusesOtherRules(t *testing.T) {
	ok := Rhythm{Rule: "FREQ=WEEKLY;INTERVAL=6;BYDAY=TU", Start: day("2027-01-12"), Time: Clock{13, 30}}
	compile(t, ok, time.UTC)
	if _, err := ok.Schedule(nil); err == nil {
		t.Error("no location is accepted")
	}
	for _, rule := range []string{
		"FREQ=SECONDLY", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=27;BYDAY=TU", "FREQ=WEEKLY;INTERVAL=0;BYDAY=TU", "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU,WE",
		"FREQ=WEEKLY;INTERVAL=1;BYDAY=+2TU", "FREQ=MONTHLY;INTERVAL=1;BYDAY=TU", "FREQ=MONTHLY;INTERVAL=1;BYDAY=+5TU", "FREQ=MONTHLY;INTERVAL=7;BYDAY=+1TU",
		"FREQ=WEEKLY;INTERVAL=1;BYDAY=TU;COUNT=3", "FREQ=DAILY;INTERVAL=1;BYDAY=TU", "nonsense", "FREQ=WEEKLY;INTERVAL=1;BYDAY=",
	} {
		r := ok
		r.Rule = rule
		if _, err := r.Schedule(time.UTC); err == nil {
			t.Errorf("%s is accepted", rule)
		}
	}
	for _, r := range []Rhythm{
		{}, {Start: day("2027-01-12"), Time: Clock{24, 0}}, {Start: team.Date{Year: 2027, Month: 2, Day: 30}}, {Rule: ok.Rule, Time: ok.Time},
		{Cron: "* * * * *"}, {Cron: "30 13 * *"}, {Cron: "0 30 13 * * 2"}, {Cron: "@daily"}, {Cron: "TZ=UTC"}, {Cron: "CRON_TZ=UTC 30 13 * * 2"},
		{Cron: "TZ=UTC 13 * * 2"}, {Cron: "30 13 * * 8"}, {Cron: "30,40 13 * * 2"}, {Cron: "30 13/2 * * 2"}, {Cron: "60 13 * * 2"},
	} {
		if _, err := r.Schedule(time.UTC); err == nil {
			t.Errorf("%+v is accepted", r)
		}
	}
}

func TestFarAwayEnds(t *testing.T) {
	r := Rhythm{Rule: "FREQ=MONTHLY;INTERVAL=1;BYDAY=+1TU", Start: day("2027-02-02"), Time: Clock{13, 30}}
	s := compile(t, r, time.UTC)
	if got := s.Next(time.Time{}); got.Format(time.DateOnly) != "2027-02-02" {
		t.Errorf("from the year 1: %s", got)
	}
	for _, year := range []int{2300, 5000, 9999, 200_000} {
		at := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		if got := s.Next(at); !got.IsZero() && !got.After(at) {
			t.Errorf("after %d: %s", year, got)
		}
	}
}

func BenchmarkRhythmFiveYears(b *testing.B) {
	amsterdam := zone(b, "Europe/Amsterdam")
	end := time.Date(2031, 8, 1, 0, 0, 0, 0, time.UTC)
	for name, r := range map[string]Rhythm{
		"weekly":  {Rule: "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU", Start: day("2027-01-05"), Time: Clock{13, 30}},
		"monthly": {Rule: "FREQ=MONTHLY;INTERVAL=1;BYDAY=+1TU", Start: day("2027-01-05"), Time: Clock{13, 30}},
		"cron":    {Cron: "30 13 * * 2", Time: Clock{13, 30}},
	} {
		s := compile(b, r, amsterdam)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var cs cron.Schedule = s
				for at := cs.Next(end.AddDate(-5, 0, 0)); at.Before(end); at = cs.Next(at) {
					zuid().Free(team.DateOf(at)) // as who plans asks of each
				}
			}
		})
	}
}
