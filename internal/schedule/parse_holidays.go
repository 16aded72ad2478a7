package schedule

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"kansbot/internal/team"
)

// The most that ParseHolidays reads. All that has been published since 2013 is
// about a tenth of it.
const (
	maxHolidayBytes = 1 << 20
	maxHolidays     = 2000
	maxHolidayName  = 60  // runes
	maxSource       = 300 // runes
)

// ParseHolidays reads the school holidays as opendata.rijksoverheid.nl has
// them, under /v1/infotypes/schoolholidays: a JSON array of documents, or the
// one document of a school year. "source", for a holiday or for one of its
// regions, is an addition of our own; without it "canonical" is the source.
//
// The format has moments where it means days: they are read on the clock of
// Amsterdam, and the last day is that of the last moment before the end. Names
// that it does not know are kept. Anything that cannot be a school holiday is
// an error, and then nothing is read; school years from before Kansbot are not
// looked at.
func ParseHolidays(data []byte) (Holidays, error) {
	if len(data) > maxHolidayBytes {
		return Holidays{}, fmt.Errorf("schedule: holidays: more than %d bytes", maxHolidayBytes)
	}
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	documents := make([]holidayDocument, 1)
	into := any(&documents)
	if bytes.HasPrefix(data, []byte("{")) {
		into = &documents[0]
	}
	if err := json.Unmarshal(data, into); err != nil {
		return Holidays{}, fmt.Errorf("schedule: holidays: %w", err)
	}
	var list []Holiday
	for _, document := range documents {
		for _, year := range document.Content {
			first, err := readSchoolYear(year.SchoolYear)
			if err != nil {
				return Holidays{}, fmt.Errorf("schedule: holidays: %.40q: %w", year.SchoolYear, err)
			}
			if first < oldest {
				continue
			}
			for _, raw := range year.Vacations {
				var vacation vacation
				if err := json.Unmarshal(raw, &vacation); err != nil {
					return Holidays{}, fmt.Errorf("schedule: holidays: %.40q: %w", year.SchoolYear, err)
				}
				found, err := vacation.holidays(first, document.Canonical)
				if err != nil {
					return Holidays{}, fmt.Errorf("schedule: holidays: %.40q, %.60q: %w", year.SchoolYear, vacation.Type, err)
				}
				if list = append(list, found...); len(list) > maxHolidays {
					return Holidays{}, fmt.Errorf("schedule: holidays: more than %d", maxHolidays)
				}
			}
		}
	}
	if len(list) == 0 {
		return Holidays{}, fmt.Errorf("schedule: holidays: none in it from %s on", schoolYear(oldest))
	}
	return newHolidays(list), nil
}

// oldest is the year in which the first school year began that is read.
const oldest = 2026

// holidayDocument is the part of a document that is read.
type holidayDocument struct {
	Canonical string `json:"canonical"`
	Content   []struct {
		SchoolYear string            `json:"schoolyear"`
		Vacations  []json.RawMessage `json:"vacations"`
	} `json:"content"`
}

type vacation struct {
	Type       string  `json:"type"`
	Compulsory yesOrNo `json:"compulsorydates"`
	Source     string  `json:"source"`
	Regions    []struct {
		Region string `json:"region"`
		Start  string `json:"startdate"`
		End    string `json:"enddate"`
		Source string `json:"source"`
	} `json:"regions"`
}

// yesOrNo is a truth value that is mostly written as a string.
type yesOrNo bool

func (y *yesOrNo) UnmarshalJSON(b []byte) error {
	var said string
	if json.Unmarshal(b, &said) != nil {
		said = string(b)
	}
	switch strings.ToLower(strings.TrimSpace(said)) {
	case "true":
		*y = true
	case "false", "":
		*y = false
	default:
		return errors.New("compulsorydates is neither true nor false")
	}
	return nil
}

// holidays are those of one kind in the school year that begins in that year,
// for each region.
func (v vacation) holidays(year int, canonical string) ([]Holiday, error) {
	h := Holiday{Binding: bool(v.Compulsory), SchoolYear: schoolYear(year)}
	var err error
	if h.Name, err = oneLine(v.Type, maxHolidayName); err != nil {
		return nil, err
	}
	if h.Name == "" || len(v.Regions) == 0 {
		return nil, errors.New("no name or no regions")
	}
	var list []Holiday
	for _, r := range v.Regions {
		if h.Source, err = oneLine(cmp.Or(r.Source, v.Source, canonical), maxSource); err != nil {
			return nil, err
		}
		if h.First, h.Last, err = readDays(r.Start, r.End); err != nil {
			return nil, err
		}
		if err := h.possible(year); err != nil {
			return nil, err
		}
		regions, err := readRegions(r.Region)
		if err != nil {
			return nil, err
		}
		for _, h.Region = range regions {
			list = append(list, h)
		}
	}
	return list, nil
}

// possible checks that the days are those of a holiday in the school year that
// begins in that year.
func (h Holiday) possible(year int) error {
	switch {
	case h.Last.Before(h.First):
		return fmt.Errorf("ends on %s, before it begins on %s", h.Last, h.First)
	case h.First.DaysUntil(h.Last) >= longest:
		return fmt.Errorf("from %s to %s is more than %d days", h.First, h.Last, longest)
	case h.First.Before(team.Date{Year: year, Month: 8, Day: 1}), h.Last.After(team.Date{Year: year + 1, Month: 9, Day: 30}):
		return fmt.Errorf("from %s to %s is not in that school year", h.First, h.Last)
	}
	return nil
}

// readSchoolYear reads the first year of 2026-2027, and of 2019 - 2020 as older
// documents have it.
func readSchoolYear(s string) (first int, err error) {
	from, to, _ := strings.Cut(strings.ReplaceAll(s, "–", "-"), "-")
	first, okF := plain(strings.TrimSpace(from), 4)
	second, okS := plain(strings.TrimSpace(to), 4)
	if !okF || !okS || first < 2000 || first > 2100 || second != first+1 {
		return 0, errors.New("no school year")
	}
	return first, nil
}

// readRegions reads noord, midden, zuid, and heel Nederland for all three.
func readRegions(s string) ([]team.Region, error) {
	name := strings.Join(strings.Fields(strings.ToLower(s)), " ")
	switch region := team.Region(name); {
	case name == "heel nederland":
		return team.Regions, nil
	case slices.Contains(team.Regions, region):
		return []team.Region{region}, nil
	}
	return nil, fmt.Errorf("no such region: %.40q", s)
}

var amsterdam = sync.OnceValues(func() (*time.Location, error) { return time.LoadLocation("Europe/Amsterdam") })

// readDays reads the first and the last day from moments, 2026-10-09T22:00:00.000Z,
// or from days as they are.
func readDays(start, end string) (first, last team.Date, err error) {
	loc, err := amsterdam()
	if err != nil {
		return first, last, err
	}
	day := func(s string, less time.Duration) (d team.Date, err error) {
		s = strings.TrimSpace(s)
		if d.UnmarshalText([]byte(s)) == nil && !d.IsZero() {
			return d, nil
		}
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return d, fmt.Errorf("no moment: %.40q", s)
		}
		return team.DateOf(t.Add(-less).In(loc)), nil
	}
	if first, err = day(start, 0); err != nil {
		return first, last, err
	}
	last, err = day(end, time.Nanosecond)
	return first, last, err
}

// oneLine is s without the blanks and line ends that stray in these documents.
func oneLine(s string, longest int) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > longest {
		return "", fmt.Errorf("a text of more than %d characters", longest)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return "", errors.New("a text with characters that cannot be shown")
		}
	}
	return s, nil
}
