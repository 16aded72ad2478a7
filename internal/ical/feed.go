// Package ical writes the meetings of a kernteam as an iCalendar feed, RFC
// 5545, to which a calendar app can subscribe.
//
// A series becomes one recurring event: its rule, less the dates on which there
// is no meeting, with an event of its own for each date that was moved. Times
// are on the wall of the kernteam and the feed describes its zone itself, so
// that 13:30 stays 13:30 in every app, also in one that knows no zone names.
package ical

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"
)

// A Feed is the calendar of a kernteam or of one of its members.
type Feed struct {
	Name     string         // as the app shows it
	Language string         // of Name and the summaries: "nl" or "en"
	Zone     *time.Location // of all events, by its IANA name; moments stay right in another, but a rule is on its wall
	Stamp    time.Time      // when what it tells last changed
	Events   []Event
}

// An Event is one meeting, or with Series all of a rule. What it says may be
// seen by whoever sees the app's calendar: never a case.
type Event struct {
	ID       string // unique, and the same for as long as the event exists
	Summary  string
	Length   time.Duration
	Sequence int // counts up when a date or time of it changes
	Start    time.Time
	Series   *Series // instead of Start
}

// A Series is what comes out of a rule over some time. It has an end: whether a
// date is free an app cannot ask.
type Series struct {
	Rule  string // an RRULE of RFC 5545 without its end
	Dates []Date // all that the rule gives, in order
}

// A Date is one of a Series.
type Date struct {
	Nominal  time.Time // when the rule gives it
	Start    time.Time // zero when there is no meeting
	Sequence int
}

// refresh is how often an app is asked to look for changes. Most have a pace of
// their own.
const refresh = "PT4H"

// Bytes is the feed as a text/calendar document in UTF-8. The same Feed gives
// the same bytes. Its errors say what the caller did wrong.
func (f Feed) Bytes() ([]byte, error) {
	if f.Zone == nil || f.Zone == time.Local {
		return nil, errors.New("ical: a feed needs a zone with a name")
	}
	cal := ics.NewCalendarFor("Kansbot")
	cal.SetProductId("-//Kansbot//Kansbot//NL")
	cal.SetCalscale("GREGORIAN")
	cal.SetName(clean(f.Name))
	cal.SetRefreshInterval(refresh)
	cal.SetXPublishedTTL(refresh)

	w := writer{feed: f, ids: map[string]bool{}, first: f.Stamp, last: f.Stamp}
	for _, e := range f.Events {
		if err := w.event(e); err != nil {
			return nil, fmt.Errorf("ical: event %q: %w", e.ID, err)
		}
	}
	cal.AddVTimezone(timezone(f.Zone, w.first, w.last)) // without events it is what makes this a calendar
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
		w.single(e, e.Start)
	} else {
		w.series(e, *e.Series)
	}
	return nil
}

// single adds one VEVENT that does not recur.
func (w *writer) single(e Event, start time.Time) *ics.VEvent {
	v := ics.NewEvent(clean(e.ID) + "@kansbot")
	v.SetDtStampTime(w.feed.Stamp)
	v.SetSequence(e.Sequence)
	v.SetSummary(clean(e.Summary), &ics.KeyValues{Key: "LANGUAGE", Value: []string{w.language()}})
	w.set(v, ics.ComponentPropertyDtStart, start)
	w.set(v, ics.ComponentPropertyDtEnd, start.Add(e.Length))
	v.SetStatus(ics.ObjectStatusConfirmed)
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
	onWall = "20060102T150405"
	inUTC  = "20060102T150405Z"
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
	if t.Before(w.first) {
		w.first = t
	}
	if t.After(w.last) {
		w.last = t
	}
}

// series adds the rule, without the dates on which there is no meeting, and an
// event for each date that was moved. The rule begins with the first meeting and
// ends with the last: apps differ in what they make of a first date that is left
// out, and none goes on for ever then.
func (w *writer) series(e Event, s Series) {
	dates := s.Dates
	for len(dates) > 0 && dates[0].Start.IsZero() {
		dates = dates[1:]
	}
	for len(dates) > 0 && dates[len(dates)-1].Start.IsZero() {
		dates = dates[:len(dates)-1]
	}
	if len(dates) == 0 {
		return
	}
	until := dates[len(dates)-1].Nominal
	w.cover(until.Add(e.Length))
	v := w.single(e, dates[0].Nominal)
	v.AddRrule(strings.ReplaceAll(s.Rule, "=+", "=") + ";UNTIL=" + until.UTC().Format(inUTC))
	for _, d := range dates {
		if d.Start.IsZero() {
			w.set(v, ics.ComponentPropertyExdate, d.Nominal)
		}
	}
	for _, d := range dates {
		if d.Start.IsZero() || d.Start.Equal(d.Nominal) && d.Sequence <= e.Sequence {
			continue
		}
		one := e
		one.Sequence = max(e.Sequence, d.Sequence) // apps pass over a change that is older than its series
		w.set(w.single(one, d.Start), ics.ComponentPropertyRecurrenceId, d.Nominal)
	}
}

// clean is a text on one line that a reader can take.
func clean(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\ufffd"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}
