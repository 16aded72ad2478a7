package schedule

import (
	"strconv"
	"strings"

	"kansbot/internal/team"
)

const (
	dutch   = "nl"
	english = "en"
)

// The words that are written. Days count from Sunday, months from January.
var (
	dayNames = map[string][]string{
		dutch:   {"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"},
		english: {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	}
	shortDays = map[string][]string{
		dutch:   {"zo", "ma", "di", "wo", "do", "vr", "za"},
		english: {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
	}
	monthNames = map[string][]string{
		dutch: {"januari", "februari", "maart", "april", "mei", "juni",
			"juli", "augustus", "september", "oktober", "november", "december"},
		english: {"January", "February", "March", "April", "May", "June",
			"July", "August", "September", "October", "November", "December"},
	}
	shortMonths = map[string][]string{
		dutch:   {"jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"},
		english: {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
	}
	ordinalNames = map[string]map[int]string{
		dutch:   {1: "eerste", 2: "tweede", 3: "derde", 4: "vierde", -1: "laatste"},
		english: {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"},
	}
)

// The words that are read, in lower case and without accents.
var (
	weekdays = lookup(0, dayNames[dutch], dayNames[english], shortDays[dutch], shortDays[english],
		[]string{2: "tues", 4: "thur"}, []string{4: "thurs"})
	months        = lookup(1, monthNames[dutch], shortMonths[dutch], monthNames[english], shortMonths[english], []string{1: "febr", 8: "sept"})
	englishMonths = lookup(1, monthNames[english], shortMonths[english], []string{8: "sept"})
	numbers       = lookup(1,
		[]string{"een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf"},
		[]string{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"},
		[]string{"a"}, []string{"an"})
	ordinals = map[string]int{
		"eerste": 1, "tweede": 2, "derde": 3, "vierde": 4, "vijfde": 5, "laatste": -1,
		"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1,
	}
)

// englishWords holds words that show the typed language to be English: none of
// them is Dutch as well.
var englishWords = func() map[string]bool {
	const others = `at before by on from to through still starting once every each the other next coming this end today tomorrow yesterday after
		within until day days weeks weekly fortnightly month months monthly year years
		first second third fourth fifth last one two three four five seven eight nine ten eleven twelve`
	m := map[string]bool{}
	for _, list := range [][]string{strings.Fields(others), dayNames[english], shortDays[english], monthNames[english], shortMonths[english]} {
		for _, word := range list {
			m[strings.ToLower(word)] = true
		}
	}
	for _, list := range [][]string{monthNames[dutch], shortMonths[dutch]} {
		for _, word := range list {
			delete(m, word)
		}
	}
	return m
}()

func lookup(base int, lists ...[]string) map[string]int {
	m := map[string]int{}
	for _, list := range lists {
		for i, word := range list {
			if word != "" {
				m[strings.ToLower(word)] = base + i
			}
		}
	}
	return m
}

// known is lang, or Dutch for a language that has no names here.
func known(lang string) string {
	if lang == english {
		return english
	}
	return dutch
}

// FormatDate writes d in full: "dinsdag 12 januari", "Tuesday 12 January 2027".
// It is empty for the zero Date. Any lang but "en" is Dutch.
func FormatDate(lang string, d team.Date, withYear bool) string {
	return formatDate(d, dayNames[known(lang)], monthNames[known(lang)], withYear)
}

// ShortDate writes d without a year: "di 12 jan", "Tue 12 Jan".
func ShortDate(lang string, d team.Date) string {
	return formatDate(d, shortDays[known(lang)], shortMonths[known(lang)], false)
}

// OtherYear reports that d, seen from today, is so far off that without its year
// it would be taken for another day. The zero today knows of no such day.
func OtherYear(d, today team.Date) bool {
	const near = 11 // months
	return !today.IsZero() && (d.After(today.AddMonths(near)) || d.Before(today.AddMonths(-near)))
}

func formatDate(d team.Date, days, months []string, withYear bool) string {
	if !d.Valid() {
		return ""
	}
	s := days[d.Weekday()] + " " + strconv.Itoa(d.Day) + " " + months[d.Month-1]
	if withYear {
		s += " " + strconv.Itoa(d.Year)
	}
	return s
}
