// Package ical writes the meetings of a kernteam as an iCalendar feed, RFC
// 5545, to which a calendar app can subscribe.
//
// A Rhythm becomes one recurring event: its rule, less the free and the skipped
// dates, with an event of its own for each date that was moved. Times are on
// the wall of the kernteam and the feed describes its zone itself, so that
// 13:30 stays 13:30 in every app, also in one that knows no zone names.
package ical

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"kansbot/internal/schedule"
	"kansbot/internal/team"
)

// A Feed is the calendar of a kernteam or of one of its members.
type Feed struct {
	Name     string         // as the app shows it
	Language string         // of Name and the summaries: "nl" or "en"
	Zone     *time.Location // of all events, by its IANA name; moments stay right in another, but a rule is on its wall
	Stamp    time.Time      // when what it tells last changed
	Events   []Event
}

// An Event is one meeting, or with Series all of a rhythm. What it says may be
// seen by whoever sees the app's calendar: never a case.
type Event struct {
	ID        string // unique, and the same for as long as the event exists
	Summary   string
	Length    time.Duration
	Sequence  int // counts up when a date or time of it changes
	Start     time.Time
	Cancelled bool
	Series    *Series // instead of Start and Cancelled
}

// A Series is a Rhythm from First to Last. It has to end: what is free is not
// known for ever, and an app cannot ask.
type Series struct {
	Rhythm      schedule.Rhythm
	First, Last team.Date            // both included
	Free        func(team.Date) bool // the dates that it passes over; may be nil
	Changes     []Change
}

// A Change is another start for one occurrence of a Series, or none. It counts
// whether its date is free or not. Of two for the same occurrence the last
// counts.
type Change struct {
	Occurrence string    // nominal, as Schedule.Occurrence gives it
	Start      time.Time // zero when it is skipped
	Sequence   int
}

// longest is how many days a Series may last.
const longest = 20 * 366

// refresh is how often an app is asked to look for changes. Most have a pace of
// their own.
const refresh = "PT4H"

// Bytes is the feed as a text/calendar document in UTF-8. The same Feed gives
// the same bytes. Its errors say what the caller did wrong.
//
// An occurrence of a cron line, for which RFC 5545 has no rule, is an event of
// its own, cancelled when it is skipped. So is a Change of what is no
// occurrence from First to Last, unless that is skipped.
func (f Feed) Bytes() ([]byte, error) {
	if f.Zone == nil || f.Zone == time.Local {
		return nil, errors.New("ical: a feed needs a zone with a name")
	}
	cal := ics.NewCalendarFor("Kansbot")
	cal.SetProductId("-//Kansbot//Kansbot//NL")
	cal.SetCalscale("GREGORIAN")
	cal.SetMethod(ics.MethodPublish)
	cal.SetName(clean(f.Name))
	cal.SetRefreshInterval(refresh)
	cal.SetXPublishedTTL(refresh)

	w := writer{feed: f, ids: map[string]bool{}}
	for _, e := range f.Events {
		if err := w.event(e); err != nil {
			return nil, fmt.Errorf("ical: event %q: %w", e.ID, err)
		}
	}
	if w.events != nil && f.Zone != time.UTC {
		cal.AddVTimezone(timezone(f.Zone, w.first, w.last))
	}
	for _, e := range w.events {
		cal.AddVEvent(e)
	}
	var b bytes.Buffer
	if err := cal.SerializeTo(&b, ics.WithNewLineWindows); err != nil {
		return nil, fmt.Errorf("ical: %w", err)
	}
	return b.Bytes(), nil
}

// A writer collects the components of a feed, and the span of time they cover.
type writer struct {
	feed        Feed
	events      []*ics.VEvent
	ids         map[string]bool
	first, last time.Time
}

func (w *writer) event(e Event) error {
	switch {
	case e.ID == "" || w.ids[e.ID]:
		return errors.New("needs an ID of its own")
	case e.Length <= 0:
		return errors.New("needs a length")
	}
	w.ids[e.ID] = true
	if e.Series == nil {
		w.single(e, e.ID, e.Start, e.Sequence, e.Cancelled)
		return nil
	}
	return w.series(e, *e.Series)
}

// single adds one VEVENT that does not recur.
func (w *writer) single(e Event, id string, start time.Time, sequence int, cancelled bool) *ics.VEvent {
	v := ics.NewEvent(clean(id) + "@kansbot")
	v.SetDtStampTime(w.feed.Stamp)
	v.SetSequence(max(e.Sequence, sequence)) // apps pass over a change that is older than its series
	v.SetSummary(clean(e.Summary), &ics.KeyValues{Key: "LANGUAGE", Value: []string{w.language()}})
	w.set(v, ics.ComponentPropertyDtStart, start)
	w.set(v, ics.ComponentPropertyDtEnd, start.Add(e.Length))
	v.SetStatus(ics.ObjectStatusConfirmed)
	if cancelled {
		v.SetStatus(ics.ObjectStatusCancelled)
	}
	w.events = append(w.events, v)
	return v
}

func (w *writer) language() string {
	if w.feed.Language == "en" {
		return "en"
	}
	return "nl"
}

const (
	nominal = "2006-01-02T15:04"
	onWall  = "20060102T150405"
	inUTC   = "20060102T150405Z"
)

// set adds a time to v: on the wall, with the zone, or in UTC as it is.
func (w *writer) set(v *ics.VEvent, name ics.ComponentProperty, t time.Time) {
	w.cover(t)
	if w.feed.Zone == time.UTC {
		v.AddProperty(name, t.UTC().Format(inUTC))
		return
	}
	v.AddProperty(name, t.In(w.feed.Zone).Format(onWall), ics.WithTZID(w.feed.Zone.String()))
}

// cover makes the description of the zone reach to t.
func (w *writer) cover(t time.Time) {
	if w.first.IsZero() || t.Before(w.first) {
		w.first = t
	}
	if t.After(w.last) {
		w.last = t
	}
}

// series adds what is left of a rhythm.
func (w *writer) series(e Event, s Series) error {
	if days := s.First.DaysUntil(s.Last); !s.First.Valid() || !s.Last.Valid() || days < 0 || days > longest {
		return fmt.Errorf("a series from %s to %s", s.First, s.Last)
	}
	rhythm, err := s.Rhythm.Schedule(w.feed.Zone)
	if err != nil {
		return err
	}
	changes := map[string]Change{}
	for _, c := range s.Changes {
		if _, err := time.Parse(nominal, c.Occurrence); err != nil {
			return errors.New("a change needs its occurrence")
		}
		changes[c.Occurrence] = c
	}
	all := s.occurrences(rhythm, w.feed.Zone, changes)
	if s.Rhythm.Rule != "" {
		w.recurring(e, s.Rhythm, all)
	} else {
		for _, o := range all {
			if o.on() || o.skipped() {
				w.single(e, o.id(e), o.start(), o.change.Sequence, o.skipped())
			}
		}
	}
	for _, c := range s.Changes { // in this order, as the map has none
		if c, left := changes[c.Occurrence]; left && !c.Start.IsZero() {
			delete(changes, c.Occurrence)
			w.single(e, occurrence{nominal: c.Occurrence}.id(e), c.Start, c.Sequence, false)
		}
	}
	return nil
}

// An occurrence of a rhythm, with what became of it.
type occurrence struct {
	nominal string
	at      time.Time
	free    bool
	changed bool
	change  Change
}

func (o occurrence) skipped() bool { return o.changed && o.change.Start.IsZero() }

// on reports that there is a meeting, on its own date or on another.
func (o occurrence) on() bool { return !o.skipped() && (o.changed || !o.free) }

func (o occurrence) start() time.Time {
	if o.on() && o.changed {
		return o.change.Start
	}
	return o.at
}

// id is that of an occurrence which is an event of its own.
func (o occurrence) id(e Event) string { return o.nominal + "-" + e.ID }

// occurrences lists those from First to Last, and takes out of changes what
// became of them.
func (s Series) occurrences(rhythm *schedule.Schedule, zone *time.Location, changes map[string]Change) []occurrence {
	midnight := func(d team.Date) time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone) }
	end := midnight(s.Last.AddDays(1))
	var all []occurrence
	for after := midnight(s.First).Add(-time.Nanosecond); ; {
		name, at, ok := rhythm.Occurrence(after)
		if !ok || !at.Before(end) {
			return all
		}
		o := occurrence{nominal: name, at: at, free: s.Free != nil && s.Free(team.DateOf(at))}
		o.change, o.changed = changes[name]
		delete(changes, name)
		all = append(all, o)
		after = at
	}
}

// recurring adds the rule of a rhythm, without the dates on which it does not
// meet, and an event for each date that was moved. The rule begins with the
// first meeting and ends with the last: apps differ in what they make of a
// first date that is left out, and none goes on for ever then.
func (w *writer) recurring(e Event, r schedule.Rhythm, all []occurrence) {
	for len(all) > 0 && !all[0].on() {
		all = all[1:]
	}
	for len(all) > 0 && !all[len(all)-1].on() {
		all = all[:len(all)-1]
	}
	if len(all) == 0 {
		return
	}
	until := all[len(all)-1].at
	w.cover(until.Add(e.Length))
	v := w.single(e, e.ID, all[0].at, e.Sequence, false)
	v.AddRrule(strings.ReplaceAll(r.Rule, "=+", "=") + ";UNTIL=" + until.UTC().Format(inUTC))
	for _, o := range all {
		if !o.on() {
			w.set(v, ics.ComponentPropertyExdate, o.at)
		}
	}
	for _, o := range all {
		if o.on() && o.changed {
			moved := w.single(e, e.ID, o.start(), o.change.Sequence, false)
			w.set(moved, ics.ComponentPropertyRecurrenceId, o.at)
		}
	}
}

// clean is a text on one line that a reader can take.
func clean(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\ufffd"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}
