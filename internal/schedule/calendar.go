// Package schedule is the pure calendar of a kernteam: school days and holidays,
// the Rhythm of its Kans!overleg, dates as people type them, and the ladders of
// reminders.
//
// Nothing here reads the clock; today and the moment to count from are passed
// in. What people type is Dutch or English and read without guessing: a text
// that can mean two things is a *team.Problem, with a corrected line to copy.
package schedule

import (
	"fmt"
	"time"

	"kansbot/internal/team"
)

// A Clock is a time of day on the wall, without date or zone.
type Clock struct{ Hour, Minute int }

// DayStart and dayEnd bound the working day, the only hours in which a
// reminder is posted: from 08:30 up to, not including, 16:30.
var (
	DayStart = Clock{8, 30}
	dayEnd   = Clock{16, 30}
)

// The hours in which a Kans!overleg may begin, both included.
var (
	earliest = Clock{7, 0}
	latest   = Clock{22, 0}
)

func (c Clock) minutes() int { return c.Hour*60 + c.Minute }

func (c Clock) within(first, last Clock) bool {
	return first.minutes() <= c.minutes() && c.minutes() <= last.minutes()
}

func (c Clock) valid() bool {
	return c.Hour >= 0 && c.Hour < 24 && c.Minute >= 0 && c.Minute < 60
}

// String is the time in 24 hours, 13:30.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }

func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText wrote and nothing else.
func (c *Clock) UnmarshalText(b []byte) error {
	t, err := time.Parse("15:04", string(b))
	if err != nil {
		return err
	}
	*c = clockOf(t)
	return nil
}

func clockOf(t time.Time) Clock { return Clock{t.Hour(), t.Minute()} }

// maxFree is how many free days in a row a Calendar believes; with more it
// stops looking for a school day. Longer than any holiday, short to compute.
const maxFree = 400

// A Calendar knows the school days of one kernteam. Weekends are always free;
// Free, which may be nil, names the other free days. Location is required.
type Calendar struct {
	Location *time.Location
	Free     func(team.Date) bool
}

// SchoolDay reports whether school is open on d.
func (c Calendar) SchoolDay(d team.Date) bool {
	if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
		return false
	}
	return c.Free == nil || !c.Free(d)
}

// NextSchoolDay is the first school day on or after d, and d itself when no
// school day follows within 400 days.
func (c Calendar) NextSchoolDay(d team.Date) team.Date {
	for i := range maxFree {
		if e := d.AddDays(i); c.SchoolDay(e) {
			return e
		}
	}
	return d
}

// Nearest is the school day nearest to d, and d itself when it is one. An
// earlier day counts only from first on; of two as near it is the later one,
// so that nobody has less time to prepare. False when 400 days around d are
// free.
func (c Calendar) Nearest(d, first team.Date) (team.Date, bool) {
	for i := range maxFree {
		if e := d.AddDays(i); c.SchoolDay(e) {
			return e, true
		}
		if e := d.AddDays(-i); c.SchoolDay(e) && !e.Before(first) {
			return e, true
		}
	}
	return d, false
}

// AddSchoolDays is the nth school day after d, or before it when n is negative;
// for n = 0 it is NextSchoolDay. d itself never counts. When 400 days in a row
// are free it gives up and counts plain days.
func (c Calendar) AddSchoolDays(d team.Date, n int) team.Date {
	if n == 0 {
		return c.NextSchoolDay(d)
	}
	step, left := 1, n
	if n < 0 {
		step, left = -1, -n
	}
	e := d
	for free := 0; left > 0; {
		if e = e.AddDays(step); c.SchoolDay(e) {
			left, free = left-1, 0
		} else if free++; free == maxFree {
			return d.AddDays(n)
		}
	}
	return e
}

// AddSchoolWeeks is the day n weeks after d in which only weeks with a school
// day count: on the weekday of d, or when that one is free the next school day.
// For n = 0 it is NextSchoolDay. When 400 days in a row are free it gives up
// and counts plain weeks.
func (c Calendar) AddSchoolWeeks(d team.Date, n int) team.Date {
	e := d
	for weeks, free := 0, 0; weeks < n; {
		if e = e.AddDays(7); c.schoolWeek(e) {
			weeks, free = weeks+1, 0
		} else if free += 7; free >= maxFree {
			return d.AddDays(7 * n)
		}
	}
	return c.NextSchoolDay(e)
}

// schoolWeek reports whether school is open on a day of the week that d is in.
func (c Calendar) schoolWeek(d team.Date) bool {
	monday := d.AddDays(-(int(d.Weekday()) + 6) % 7)
	for i := range 5 {
		if c.SchoolDay(monday.AddDays(i)) {
			return true
		}
	}
	return false
}

// At is the instant at which the wall shows k on day d. A time that the spring
// change skips is the first instant after the gap; one that autumn shows twice
// is the first of the two.
func (c Calendar) At(d team.Date, k Clock) time.Time {
	return instant(time.Date(d.Year, d.Month, d.Day, k.Hour, k.Minute, 0, 0, time.UTC), c.Location)
}

// Working is the first moment at or after t on a school day between DayStart
// and dayEnd. Where the Calendar finds no school day it takes any day.
func (c Calendar) Working(t time.Time) time.Time {
	t = t.In(c.Location)
	d := team.DateOf(t)
	if c.SchoolDay(d) {
		if start := c.At(d, DayStart); t.Before(start) {
			return start
		}
		if t.Before(c.At(d, dayEnd)) {
			return t
		}
		d = d.AddDays(1)
	}
	if start := c.At(c.NextSchoolDay(d), DayStart); start.After(t) {
		return start
	}
	return t
}

// A wall time is held as if it were UTC, so that every day has 24 hours and no
// time is missing or double. onWall and instant go there and back.
func onWall(t time.Time, loc *time.Location) time.Time {
	t = t.In(loc)
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// instant relies on time.Date to be right in one of the two zones around a
// change of the clock; which one is not promised.
func instant(wall time.Time, loc *time.Location) time.Time {
	y, m, d := wall.Date()
	t := time.Date(y, m, d, wall.Hour(), wall.Minute(), wall.Second(), 0, loc)
	since, until := t.ZoneBounds()
	shown := onWall(t, loc)
	switch {
	case shown.After(wall): // in a gap, seen from the zone after it
		return since
	case shown.Before(wall): // in a gap, seen from the zone before it
		return until
	case !since.IsZero():
		_, before := since.Add(-time.Second).Zone()
		if first := wall.Add(-time.Duration(before) * time.Second); first.Before(since) {
			return first.In(loc)
		}
	}
	return t
}
