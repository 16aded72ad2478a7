package ical

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
	"unicode"
	"unicode/utf8"

	goical "github.com/emersion/go-ical"
	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"

	"kansbot/internal/schedule"
	"kansbot/internal/team"
)

type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func zone(t fataler, name string) *time.Location {
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

// dates are all that come out of a rhythm, as they come.
func dates(t fataler, r schedule.Rhythm, loc *time.Location, first, last team.Date) (all []Date) {
	t.Helper()
	rhythm, err := r.Schedule(loc)
	if err != nil {
		t.Fatal(err)
	}
	for at := rhythm.Next(time.Date(first.Year, first.Month, first.Day, 0, 0, 0, 0, loc).Add(-1)); !at.IsZero() && !team.DateOf(at).After(last); at = rhythm.Next(at) {
		all = append(all, Date{Nominal: at, Start: at})
	}
	return all
}

var stamp = time.Date(2027, 1, 7, 9, 0, 0, 0, time.UTC)

func zwaan(t fataler) Feed {
	amsterdam := zone(t, "Europe/Amsterdam")
	at := func(s string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", s, amsterdam)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	tuesdays := schedule.Rhythm{Rule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", Start: day("2027-02-09"), Time: schedule.Clock{Hour: 13, Minute: 30}}
	series := Series{tuesdays.Rule, dates(t, tuesdays, amsterdam, day("2027-01-26"), day("2027-05-20"))}
	series.Dates[1].Start = time.Time{}
	series.Dates[2].Start, series.Dates[2].Sequence = at("2027-03-11 09:00"), 3
	series.Dates[4].Start = time.Time{}
	series.Dates[7].Start = time.Time{}
	return Feed{Name: "Kernteam De Zwaan; Hoorn, noord", Language: "nl", Zone: amsterdam, Stamp: stamp, Events: []Event{
		{ID: "r3-t1", Summary: "Kans!overleg", Length: 75 * time.Minute, Sequence: 2, Series: &series},
		{ID: "m12-t1", Summary: "Kans!overleg, eenmalig", Length: time.Hour, Start: at("2027-03-30 13:30")},
	}}
}

// TestFeed shows what a feed looks like. Of the eight dates one is moved, and on
// three there is no meeting.
func TestFeed(t *testing.T) {
	want := `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Kansbot//Kansbot//NL
CALSCALE:GREGORIAN
NAME:Kernteam De Zwaan\; Hoorn\, noord
X-WR-CALNAME:Kernteam De Zwaan\; Hoorn\, noord
REFRESH-INTERVAL;VALUE=DURATION:PT4H
X-PUBLISHED-TTL:PT4H
BEGIN:VTIMEZONE
TZID:Europe/Amsterdam
BEGIN:DAYLIGHT
DTSTART:20260329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20261025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:r3-t1@kansbot
DTSTAMP:20270107T090000Z
SEQUENCE:2
SUMMARY;LANGUAGE=nl:Kans!overleg
DTSTART;TZID=Europe/Amsterdam:20270209T133000
DTEND;TZID=Europe/Amsterdam:20270209T144500
STATUS:CONFIRMED
RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20270504T113000Z
EXDATE;TZID=Europe/Amsterdam:20270223T133000
EXDATE;TZID=Europe/Amsterdam:20270406T133000
END:VEVENT
BEGIN:VEVENT
UID:r3-t1@kansbot
DTSTAMP:20270107T090000Z
SEQUENCE:3
SUMMARY;LANGUAGE=nl:Kans!overleg
DTSTART;TZID=Europe/Amsterdam:20270311T090000
DTEND;TZID=Europe/Amsterdam:20270311T101500
STATUS:CONFIRMED
RECURRENCE-ID;TZID=Europe/Amsterdam:20270309T133000
END:VEVENT
BEGIN:VEVENT
UID:m12-t1@kansbot
DTSTAMP:20270107T090000Z
SEQUENCE:0
SUMMARY;LANGUAGE=nl:Kans!overleg\, eenmalig
DTSTART;TZID=Europe/Amsterdam:20270330T133000
DTEND;TZID=Europe/Amsterdam:20270330T143000
STATUS:CONFIRMED
END:VEVENT
END:VCALENDAR
`
	got, err := zwaan(t).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(string(got), "\r\n", "\n"); got != want {
		t.Errorf("got\n%s", got)
	}
	again, err := zwaan(t).Bytes()
	if err != nil || !bytes.Equal(got, again) {
		t.Errorf("the same feed differs: %v", err)
	}
	if lines := strings.Join(expand(t, got), ", "); lines != "2027-02-09T12:30Z, 2027-03-11T08:00Z, 2027-03-23T12:30Z, 2027-03-30T11:30Z, 2027-04-20T11:30Z, 2027-05-04T11:30Z" {
		t.Errorf("an app shows %s", lines)
	}
}

// decode reads a feed as a strict reader of another make does, and checks what
// that leaves unchecked: line ends, lengths and the zones that are named.
func decode(t fataler, feed []byte) *goical.Calendar {
	t.Helper()
	lines := bytes.Split(feed, []byte("\r\n"))
	for _, line := range lines {
		if len(line) > 75 || !utf8.Valid(line) || bytes.ContainsFunc(line, unicode.IsControl) {
			t.Fatalf("a line of %d bytes: %q", len(line), line)
		}
	}
	if len(lines[len(lines)-1]) != 0 {
		t.Fatal("the last line does not end")
	}
	decoder := goical.NewDecoder(bytes.NewReader(feed))
	cal, err := decoder.Decode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := decoder.Decode(); err != io.EOF {
		t.Fatalf("more follows: %v", err)
	}
	if err := goical.NewEncoder(io.Discard).Encode(cal); err != nil {
		t.Fatal(err)
	}
	zones := map[string]bool{"": true}
	for _, c := range cal.Children {
		if c.Name == goical.CompTimezone {
			zones[c.Props.Get(goical.PropTimezoneID).Value] = true
		}
	}
	for _, e := range cal.Events() {
		if _, err := e.Status(); err != nil {
			t.Fatal(err)
		}
		for name, props := range e.Props {
			for _, p := range props {
				if id := p.Params.Get(goical.PropTimezoneID); !zones[id] {
					t.Fatalf("%s in %q, which is not described", name, id)
				}
			}
		}
	}
	return cal
}

const shown = "2006-01-02T15:04Z"

// expand is when an app that reads the feed shows its meetings.
func expand(t fataler, feed []byte) []string {
	t.Helper()
	cal := decode(t, feed)
	moment := func(p goical.Prop) string {
		at, err := p.DateTime(nil)
		if err != nil {
			t.Fatal(err)
		}
		return at.UTC().Format(shown)
	}
	var all []string
	moved := map[string]bool{}
	for _, e := range cal.Events() {
		if id := e.Props.Get(goical.PropRecurrenceID); id != nil {
			if moved[moment(*id)] {
				t.Fatalf("%s is moved twice", moment(*id))
			}
			moved[moment(*id)] = true
		}
	}
	for _, e := range cal.Events() {
		set, err := e.RecurrenceSet(nil)
		if err != nil {
			t.Fatal(err)
		}
		if set == nil {
			all = append(all, moment(*e.Props.Get(goical.PropDateTimeStart)))
			continue
		}
		for _, at := range set.All() {
			if at := at.UTC().Format(shown); moved[at] {
				delete(moved, at)
			} else {
				all = append(all, at)
			}
		}
	}
	if len(moved) > 0 {
		t.Fatalf("moved without being in the series: %v", moved)
	}
	slices.Sort(all)
	return all
}

// recurring draws a rhythm with a rule.
func recurring() *rapid.Generator[schedule.Rhythm] {
	return rapid.Custom(func(t *rapid.T) schedule.Rhythm {
		start := day("2026-08-01").AddDays(rapid.IntRange(0, 900).Draw(t, "start"))
		byday := days[start.Weekday()]
		r := schedule.Rhythm{Time: schedule.Clock{Hour: rapid.IntRange(7, 21).Draw(t, "hour"), Minute: rapid.IntRange(0, 59).Draw(t, "minute")}}
		switch rapid.SampledFrom([]string{"weekly", "monthly", "last"}).Draw(t, "kind") {
		case "weekly":
			r.Rule = fmt.Sprintf("FREQ=WEEKLY;INTERVAL=%d;BYDAY=%s", rapid.IntRange(1, 26).Draw(t, "weeks"), byday)
		case "monthly":
			for start.Day > 28 {
				start = start.AddDays(-7)
			}
			r.Rule = fmt.Sprintf("FREQ=MONTHLY;INTERVAL=%d;BYDAY=%+d%s", rapid.IntRange(1, 6).Draw(t, "months"), (start.Day-1)/7+1, byday)
		case "last":
			for start.AddDays(7).Month == start.Month {
				start = start.AddDays(7)
			}
			r.Rule = fmt.Sprintf("FREQ=MONTHLY;INTERVAL=%d;BYDAY=-1%s", rapid.IntRange(1, 6).Draw(t, "months"), byday)
		}
		r.Start = start
		return r
	})
}

// Over five years an app shows exactly the dates of the series, less those
// without a meeting, and the moved ones where they went.
func TestFeedIsTheSeries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := zone(t, rapid.SampledFrom([]string{"Europe/Amsterdam", "Europe/Amsterdam", "America/New_York", "America/Kralendijk", "UTC"}).Draw(t, "zone"))
		r := recurring().Draw(t, "rhythm")
		first := day("2026-08-01").AddDays(rapid.IntRange(0, 400).Draw(t, "first"))
		s := Series{r.Rule, dates(t, r, loc, first, first.AddDays(rapid.IntRange(0, 5*365).Draw(t, "days")))}
		var want []string
		for i := range s.Dates {
			d := &s.Dates[i]
			switch rapid.SampledFrom([]string{"", "", "", "number", "move", "none"}).Draw(t, "fate of "+d.Nominal.String()) {
			case "number":
				d.Sequence = 2
			case "none":
				d.Start = time.Time{}
				continue
			case "move":
				d.Start = d.Nominal.Add(time.Duration(rapid.IntRange(-20*24*60, 20*24*60).Draw(t, "by")) * time.Minute)
			}
			want = append(want, d.Start.UTC().Format(shown))
		}
		slices.Sort(want)
		feed, err := Feed{Name: "x", Zone: loc, Stamp: stamp, Events: []Event{{ID: "r", Summary: "Kans!overleg", Length: time.Hour, Sequence: 1, Series: &s}}}.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if got := expand(t, feed); !slices.Equal(got, want) {
			t.Fatalf("%+v\n got %v\nwant %v\n%s", s, got, want, feed)
		}
	})
}

// Without meetings it is a calendar all the same.
func TestNothingLeft(t *testing.T) {
	f := zwaan(t)
	f.Events = f.Events[:1]
	for i := range f.Events[0].Series.Dates {
		f.Events[0].Series.Dates[i].Start = time.Time{}
	}
	for _, loc := range []*time.Location{f.Zone, time.UTC} {
		f.Zone = loc
		feed, err := f.Bytes()
		if err != nil || bytes.Contains(feed, []byte("VEVENT")) {
			t.Errorf("%v\n%s", err, feed)
		}
		decode(t, feed)
	}
}

func TestFeedRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Feed){
		"no zone":         func(f *Feed) { f.Zone = nil },
		"a nameless zone": func(f *Feed) { f.Zone = time.Local },
		"no ID":           func(f *Feed) { f.Events[0].ID = "" },
		"an ID twice":     func(f *Feed) { f.Events[1].ID = f.Events[0].ID },
		"no length":       func(f *Feed) { f.Events[1].Length = 0 },
	} {
		f := zwaan(t)
		spoil(&f)
		if feed, err := f.Bytes(); err == nil {
			t.Errorf("%s is accepted: %s", name, feed)
		}
	}
}

func FuzzFeedTexts(f *testing.F) {
	for _, s := range []string{
		"De Zwaan", "a;b,c\\n:d\"", "x\r\nBEGIN:VEVENT\r\nUID:y", "\xff\xfe\u2028\u0085", strings.Repeat("lang ", 40), strings.Repeat("é", 100), strings.Repeat("👩‍👩‍👧 ", 30), "\\", "<>>> <", " \ufeff ",
	} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, summary string) {
		feed := zwaan(t)
		feed.Name, feed.Events[0].Summary, feed.Events[1].Summary = name, summary, summary
		text, err := feed.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		cal := decode(t, text)
		if got, err := cal.Props.Text("X-WR-CALNAME"); err != nil || got != clean(name) || strings.ContainsAny(got, "\r\n") {
			t.Fatalf("the name %q is %q, %v", name, got, err)
		}
		if n := len(cal.Events()); n != 3 || len(cal.Children) != 4 {
			t.Fatalf("%q: %d events", summary, n)
		}
		for _, e := range cal.Events() {
			if got, err := e.Props.Text(goical.PropSummary); err != nil || got != clean(summary) {
				t.Fatalf("the summary %q is %q, %v", summary, got, err)
			}
		}
	})
}

// offsets reads a VTIMEZONE as RFC 5545 says: the last change before a moment
// counts, each at its time on the wall before it.
func offsets(t fataler, zone *goical.Component, until time.Time) func(time.Time) int {
	type change struct {
		at     time.Time
		offset int
	}
	seconds := func(s string) int {
		at, err := time.Parse("-0700", s)
		if err != nil {
			t.Fatal(err)
		}
		_, offset := at.Zone()
		return offset
	}
	var all []change
	for _, c := range zone.Children {
		start, err := c.Props.DateTime(goical.PropDateTimeStart, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		from, to := seconds(c.Props.Get(goical.PropTimezoneOffsetFrom).Value), seconds(c.Props.Get(goical.PropTimezoneOffsetTo).Value)
		walls := []time.Time{start}
		if rule, err := c.Props.RecurrenceRule(); err != nil {
			t.Fatal(err)
		} else if rule != nil {
			rule.Dtstart = start
			r, err := rrule.NewRRule(*rule)
			if err != nil {
				t.Fatal(err)
			}
			walls = r.Between(start, until, true)
		}
		for _, wall := range walls {
			all = append(all, change{wall.Add(-time.Duration(from) * time.Second), to})
		}
	}
	slices.SortFunc(all, func(a, b change) int { return a.at.Compare(b.at) })
	return func(at time.Time) int {
		i, _ := slices.BinarySearchFunc(all, at, func(c change, at time.Time) int {
			if c.at.After(at) {
				return 1
			}
			return -1
		})
		if i == 0 {
			t.Fatalf("%s comes before all that is told", at)
		}
		return all[i-1].offset
	}
}

// The zone as described is the zone, at any moment that the feed covers.
func TestTimezoneIsTheZone(t *testing.T) {
	for _, name := range []string{
		"Europe/Amsterdam", "America/New_York", "America/Kralendijk", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu", "Europe/Lisbon",
	} {
		loc := zone(t, name)
		for _, span := range [][2]int{{2027, 2031}, {2010, 2012}, {2018, 2019}, {2027, 2027}} {
			first, last := time.Date(span[0], 1, 1, 0, 0, 0, 0, loc), time.Date(span[1], 12, 31, 12, 0, 0, 0, loc)
			f := Feed{Zone: loc, Stamp: stamp, Events: []Event{{ID: "a", Length: time.Hour, Start: first}, {ID: "b", Length: time.Hour, Start: last}}}
			feed, err := f.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			told := offsets(t, decode(t, feed).Children[0], last.AddDate(1, 0, 0))
			for at := first; !at.After(last); at = at.Add(6*time.Hour + 7*time.Minute) {
				if _, want := at.Zone(); told(at) != want {
					t.Fatalf("%s at %s: %d, want %d\n%s", name, at, told(at), want, feed)
				}
			}
		}
	}
}

// 500 dates, one in ten moved and one in ten without a meeting.
func BenchmarkFeed(b *testing.B) {
	f := zwaan(b)
	r := schedule.Rhythm{Rule: "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU", Start: day("2027-01-05"), Time: schedule.Clock{Hour: 13, Minute: 30}}
	s := Series{r.Rule, dates(b, r, f.Zone, r.Start, r.Start.AddDays(7*499))}
	for i := range s.Dates {
		switch i % 10 {
		case 3:
			s.Dates[i].Start = s.Dates[i].Nominal.Add(24 * time.Hour)
		case 6:
			s.Dates[i].Start = time.Time{}
		}
	}
	f.Events[0].Series = &s
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Bytes(); err != nil {
			b.Fatal(err)
		}
	}
}
