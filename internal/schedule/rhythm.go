package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/teambition/rrule-go"

	"kansbot/internal/team"
)

// A Rhythm is when the Kans!overleg recurs, as it is stored. The zero Rhythm
// means "none"; the others come from ParseRhythm and are one of
//
//	recurring  Rule and Start; Start is the first date that Rule gives
//	cron       Cron
//	once       Start alone
//
// Time is the wall time of all three. With Start and Time as DTSTART, in the
// zone of the kernteam, Rule is a whole RFC 5545 recurrence.
type Rhythm struct {
	Rule  string    `json:"rule,omitempty"` // RRULE value: FREQ=WEEKLY;INTERVAL=6;BYDAY=TU
	Cron  string    `json:"cron,omitempty"` // five fields, the first two plain numbers
	Start team.Date `json:"start,omitzero"`
	Time  Clock     `json:"time"`
}

func (r Rhythm) IsZero() bool { return r == Rhythm{} }

// star is how the library marks a field of a cron line that names nothing,
// however that is written: *, ?, */1.
const star = 1 << 63

// Names reports whether it names that day of the week: a date on a Saturday then
// means to be there. In a cron line with a day of the month too, either will do.
func (r Rhythm) Names(day time.Weekday) bool {
	if r.Cron == "" {
		return r.Rule != ""
	}
	spec, err := parseCron(r.Cron)
	return err == nil && spec.schedule.Dow&star == 0 && spec.schedule.Dow&(1<<day) != 0
}

// maxWeeks and maxMonths bound the interval of a Rhythm.
const (
	maxWeeks  = 26
	maxMonths = 6
)

// A Schedule computes the occurrences of one Rhythm in one zone, and satisfies
// cron.Schedule. It remembers nothing and may be shared. Occurrences are found
// on the wall and then mapped as Calendar.At does, so each runs exactly once
// across a change of the clock. Holidays are not its concern.
type Schedule struct {
	loc  *time.Location
	next func(wall time.Time) time.Time // strictly after wall; zero when there is none
}

var _ cron.Schedule = (*Schedule)(nil)

// Schedule compiles r. It fails on a Rhythm that ParseRhythm cannot have made.
func (r Rhythm) Schedule(loc *time.Location) (*Schedule, error) {
	if loc == nil {
		return nil, errors.New("schedule: a rhythm needs a location")
	}
	if r.Cron != "" {
		spec, err := parseCron(r.Cron)
		if err != nil {
			return nil, err
		}
		return &Schedule{loc, spec.schedule.Next}, nil
	}
	if !r.Start.Valid() || !r.Time.valid() {
		return nil, errors.New("schedule: a rhythm needs a first date and a time")
	}
	start := time.Date(r.Start.Year, r.Start.Month, r.Start.Day, r.Time.Hour, r.Time.Minute, 0, 0, time.UTC)
	if r.Rule == "" {
		return &Schedule{loc, func(wall time.Time) time.Time {
			if start.After(wall) {
				return start
			}
			return time.Time{}
		}}, nil
	}
	rule, err := parseRule(r.Rule)
	if err != nil {
		return nil, err
	}
	return &Schedule{loc, func(wall time.Time) time.Time { return rule.next(start, wall) }}, nil
}

// Next is the first occurrence strictly after the given time, in the zone of
// the Schedule; the zero time when there is none. A cron spec is searched for
// five years.
func (s *Schedule) Next(after time.Time) time.Time {
	_, at, _ := s.Occurrence(after)
	return at
}

// Occurrence is Next with the nominal wall time, 2027-03-28T02:30, by which an
// occurrence is known: at may show another hour when the clock skips it.
func (s *Schedule) Occurrence(after time.Time) (nominal string, at time.Time, ok bool) {
	for wall := s.next(onWall(after, s.loc)); !wall.IsZero(); wall = s.next(wall) {
		if at := instant(wall, s.loc); at.After(after) {
			return wall.Format("2006-01-02T15:04"), at, true
		}
	}
	return "", time.Time{}, false
}

// A rule is the part of RFC 5545 that a Rhythm uses: every so many weeks on a
// day, or every so many months on the nth such day.
type rule struct {
	weeks, months int // one of the two is set
	nth           int // in the month; -1 is the last
	day           time.Weekday
}

var rruleDays = [...]rrule.Weekday{rrule.SU, rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA}

func (r rule) option() rrule.ROption {
	day := rruleDays[r.day]
	if r.months > 0 {
		return rrule.ROption{Freq: rrule.MONTHLY, Interval: r.months, Byweekday: []rrule.Weekday{day.Nth(r.nth)}}
	}
	return rrule.ROption{Freq: rrule.WEEKLY, Interval: r.weeks, Byweekday: []rrule.Weekday{day}}
}

func (r rule) String() string {
	o := r.option()
	return o.RRuleString()
}

func parseRule(s string) (rule, error) {
	o, err := rrule.StrToROption(s)
	if err != nil {
		return rule{}, fmt.Errorf("schedule: rule: %w", err)
	}
	var r rule
	if len(o.Byweekday) == 1 {
		day := o.Byweekday[0]
		r.nth, r.day = day.N(), time.Weekday((day.Day()+1)%7)
	}
	switch o.Freq {
	case rrule.WEEKLY:
		r.weeks = o.Interval
	case rrule.MONTHLY:
		r.months = o.Interval
	}
	weekly := r.weeks >= 1 && r.weeks <= maxWeeks && r.nth == 0
	monthly := r.months >= 1 && r.months <= maxMonths && (r.nth == -1 || r.nth >= 1 && r.nth <= 4)
	if !weekly && !monthly || r.String() != s {
		return rule{}, errors.New("schedule: not the rule of a rhythm")
	}
	return r, nil
}

// next is the first wall time after the given one. DTSTART moves along to the
// last whole interval before it: the dates stay the same, and the work small
// however old the rhythm is.
func (r rule) next(start, wall time.Time) time.Time {
	o := r.option()
	o.Dtstart = start
	if past := wall.Sub(start); past > 0 && r.weeks > 0 {
		o.Dtstart = start.Add(past.Truncate(time.Duration(r.weeks) * 7 * 24 * time.Hour))
	} else if past > 0 {
		months := 12*(wall.Year()-start.Year()) + int(wall.Month()-start.Month())
		months -= months % r.months
		o.Dtstart = time.Date(start.Year(), start.Month()+time.Month(months), 1, start.Hour(), start.Minute(), 0, 0, time.UTC)
	}
	rr, err := rrule.NewRRule(o)
	if err != nil {
		return time.Time{}
	}
	return rr.After(wall, false)
}

// first is the first date on or after from that fits, whatever the interval.
func (r rule) first(from team.Date) team.Date {
	r.weeks, r.months = min(r.weeks, 1), min(r.months, 1)
	midnight := time.Date(from.Year, from.Month, from.Day, 0, 0, 0, 0, time.UTC)
	return team.DateOf(r.next(midnight, midnight.Add(-time.Second)))
}

// A cronSpec is a cron line that fires at one time of the day.
type cronSpec struct {
	time     Clock
	days     string // the last three fields
	schedule *cron.SpecSchedule
}

func (c cronSpec) String() string { return fmt.Sprintf("%d %d %s", c.time.Minute, c.time.Hour, c.days) }

// fires reports that it does so at least once: on 30 February it does not.
func (c cronSpec) fires(from team.Date) bool {
	return !c.schedule.Next(time.Date(from.Year, from.Month, from.Day, 0, 0, 0, 0, time.UTC)).IsZero()
}

// parseCron accepts the five standard fields, the minute and the hour one plain
// number each, so at most once a day. That also leaves out what the library
// reads from a first field: descriptors, and zones such as "TZ=UTC".
func parseCron(s string) (cronSpec, error) {
	f := strings.Fields(strings.ToLower(s))
	if len(f) != 5 {
		return cronSpec{}, errors.New("schedule: cron: want five fields")
	}
	minute, okM := plain(f[0], 2)
	hour, okH := plain(f[1], 2)
	c := cronSpec{time: Clock{hour, minute}, days: strings.Join(f[2:], " ")}
	if !okM || !okH || !c.time.valid() {
		return cronSpec{}, errors.New("schedule: cron: want one minute and one hour")
	}
	parsed, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(c.String())
	if err != nil {
		return cronSpec{}, errors.New("schedule: cron: no such days")
	}
	c.schedule = parsed.(*cron.SpecSchedule) // what five fields give
	c.schedule.Location = time.UTC           // as every wall time here
	return c, nil
}
