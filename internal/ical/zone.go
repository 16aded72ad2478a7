package ical

import (
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"
)

// timezone describes the zone for all times from first to last. A change of the
// clock that comes back every year is one rule, which is what apps expect; any
// other is told by itself.
func timezone(loc *time.Location, first, last time.Time) *ics.VTimezone {
	zone := ics.NewTimezone(loc.String())
	add := func(c clockChange, rule string) { zone.Components = append(zone.Components, c.component(rule)) }

	changes := clockChanges(loc, first, last)
	if len(changes) == 0 || first.Before(changes[0].at) {
		name, offset := first.In(loc).Zone()
		add(clockChange{wall: time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), kind: kind{from: offset, to: offset, name: name, summer: first.In(loc).IsDST()}}, "")
	}
	var kinds []kind
	byKind := map[kind][]clockChange{}
	for _, c := range changes {
		if byKind[c.kind] == nil {
			kinds = append(kinds, c.kind)
		}
		byKind[c.kind] = append(byKind[c.kind], c)
	}
	for _, k := range kinds {
		same := byKind[k]
		if rule := yearly(same, last.In(loc).Year()); rule != "" {
			add(same[0], rule)
			continue
		}
		for _, c := range same {
			add(c, "")
		}
	}
	return zone
}

// A clockChange is one change of the clock.
type clockChange struct {
	at   time.Time
	wall time.Time // what the wall showed until then, as if in UTC
	kind
}

// A kind is what changes of the clock have in common that may come back every
// year.
type kind struct {
	from, to  int // seconds east of UTC
	name      string
	summer    bool
	month     time.Month
	weekday   time.Weekday
	hour, min int
}

// clockChanges lists those from the year before first to the end of the year of
// last.
func clockChanges(loc *time.Location, first, last time.Time) (changes []clockChange) {
	at := time.Date(first.In(loc).Year()-1, 1, 1, 0, 0, 0, 0, loc)
	for {
		_, until := at.ZoneBounds()
		if until.IsZero() || until.Year() > last.In(loc).Year() {
			return changes
		}
		_, from := until.Add(-time.Second).Zone()
		name, to := until.Zone()
		wall := until.UTC().Add(time.Duration(from) * time.Second)
		changes = append(changes, clockChange{at: until, wall: wall, kind: kind{
			from: from, to: to, name: name, summer: until.IsDST(),
			month: wall.Month(), weekday: wall.Weekday(), hour: wall.Hour(), min: wall.Minute(),
		}})
		at = until
	}
}

// yearly is the rule that gives just these changes of one kind, up to the year
// last; empty when there is none.
func yearly(same []clockChange, last int) string {
	if len(same) < 2 || same[len(same)-1].wall.Year() != last || last-same[0].wall.Year() != len(same)-1 {
		return ""
	}
	for _, nth := range []int{-1, 1, 2, 3, 4} {
		fits := true
		for _, c := range same {
			day := c.wall.Day()
			fits = fits && (nth == (day-1)/7+1 || nth == -1 && c.wall.AddDate(0, 0, 7).Month() != c.month)
		}
		if fits {
			return fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", same[0].month, nth, days[same[0].weekday])
		}
	}
	return ""
}

var days = [...]string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// component is the change as a STANDARD or DAYLIGHT, with a rule if not empty.
func (c clockChange) component(rule string) ics.Component {
	var base ics.ComponentBase
	base.AddProperty(ics.ComponentPropertyDtStart, c.wall.Format(onWall))
	base.AddProperty(ics.ComponentProperty(ics.PropertyTzoffsetfrom), offset(c.from))
	base.AddProperty(ics.ComponentProperty(ics.PropertyTzoffsetto), offset(c.to))
	base.AddProperty(ics.ComponentProperty(ics.PropertyTzname), c.name)
	if rule != "" {
		base.AddRrule(rule)
	}
	if c.summer {
		return &ics.Daylight{ComponentBase: base}
	}
	return &ics.Standard{ComponentBase: base}
}

// offset writes seconds east of UTC: +0100.
func offset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	return fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
}
