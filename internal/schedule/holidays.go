package schedule

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"kansbot/internal/team"
)

// A Holiday is one school holiday in one region, with the weekends around it.
type Holiday struct {
	Name       string // as its source spells it: Herfstvakantie
	Region     team.Region
	First      team.Date
	Last       team.Date // included
	Binding    bool      // for every school; else advice, and many schools deviate
	SchoolYear string    // 2026-2027
	Source     string    // where the dates come from; may be empty
}

// longest is how many days a holiday may have: the summer's six weeks are 44,
// and some schools add one to them.
const longest = 9 * 7

func (h Holiday) covers(d team.Date) bool { return !d.Before(h.First) && !d.After(h.Last) }

// summer reports that it is the one between two school years.
func (h Holiday) summer() bool { return h.kind() == "zomer" }

// kind is the first part of a name that the texts know, else empty.
func (h Holiday) kind() string {
	name := strings.ToLower(h.Name)
	for _, kind := range holidayKinds {
		if strings.HasPrefix(name, kind) {
			return kind
		}
	}
	return ""
}

// holidayKinds are those of each school year, in their order.
var holidayKinds = []string{"herfst", "kerst", "voorjaar", "mei", "zomer"}

var englishHolidays = map[string]string{
	"herfst": "autumn holiday", "kerst": "Christmas holiday", "voorjaar": "spring holiday", "mei": "May holiday", "zomer": "summer holiday",
}

// Words names the holiday inside a sentence: herfstvakantie, autumn holiday.
// One of an unknown kind keeps its name in both languages.
func (h Holiday) Words(lang string) string {
	switch kind := h.kind(); {
	case kind == "":
		return h.Name
	case known(lang) == english:
		return englishHolidays[kind]
	}
	return strings.ToLower(h.Name)
}

// Holidays is a table of school holidays. It does not change and may be
// shared; the zero value is an empty one.
type Holidays struct {
	of map[team.Region][]Holiday // in order of their first day
}

func newHolidays(list []Holiday) Holidays {
	h := Holidays{of: map[team.Region][]Holiday{}}
	for _, holiday := range list {
		h.of[holiday.Region] = append(h.of[holiday.Region], holiday)
	}
	for _, of := range h.of {
		slices.SortStableFunc(of, func(a, b Holiday) int { return a.First.Compare(b.First) })
	}
	return h
}

//go:embed holidays.json
var builtIn []byte

var readBuiltIn = sync.OnceValue(func() Holidays {
	h, err := ParseHolidays(builtIn)
	if err != nil {
		panic(fmt.Sprintf("schedule: holidays.json: %v", err))
	}
	return h
})

// BuiltIn is the table that Kansbot comes with: the three school years from
// 2026-2027 on, each Holiday with the source of its dates. The second week that
// many schools add to the May holiday is not in it.
func BuiltIn() Holidays { return readBuiltIn() }

// All lists the table by region and first day.
func (h Holidays) All() []Holiday {
	var all []Holiday
	for _, region := range team.Regions {
		all = append(all, h.of[region]...)
	}
	return all
}

// With is h with the holidays of newer, each instead of those of its kind in the
// same school year and region. What newer lacks stays as it was.
func (h Holidays) With(newer Holidays) Holidays {
	kept := slices.DeleteFunc(h.All(), func(old Holiday) bool {
		return slices.ContainsFunc(newer.of[old.Region], func(n Holiday) bool {
			return n.SchoolYear == old.SchoolYear && (n.Name == old.Name || n.kind() != "" && n.kind() == old.kind())
		})
	})
	return newHolidays(append(kept, newer.All()...))
}

// On is the holiday of the region on that day.
func (h Holidays) On(region team.Region, d team.Date) (Holiday, bool) {
	of := h.of[region]
	for i := range of {
		if of[i].First.After(d) {
			break
		}
		if of[i].covers(d) {
			return of[i], true
		}
	}
	return Holiday{}, false
}

// Between lists the holidays of the region of which at least a day lies between
// the two, which are included.
func (h Holidays) Between(region team.Region, first, last team.Date) []Holiday {
	var between []Holiday
	for _, holiday := range h.of[region] {
		if !holiday.Last.Before(first) && !holiday.First.After(last) {
			between = append(between, holiday)
		}
	}
	return between
}

// KnownUntil is the day up to which the holidays of the region are known: the
// end of the last summer holiday in an unbroken row of school years, each with a
// holiday of every kind, from that of today on. It is zero when the table does
// not have the school year of today.
func (h Holidays) KnownUntil(region team.Region, today team.Date) (until team.Date) {
	for first := firstYear(today); ; first++ {
		var last Holiday
		for _, kind := range holidayKinds {
			found := false
			last, found = h.first(region, func(of Holiday) bool { return of.kind() == kind && of.SchoolYear == schoolYear(first) })
			if !found {
				return until
			}
		}
		until = last.Last
	}
}

func (h Holidays) first(region team.Region, is func(Holiday) bool) (Holiday, bool) {
	if i := slices.IndexFunc(h.of[region], is); i >= 0 {
		return h.of[region][i], true
	}
	return Holiday{}, false
}

// schoolYear names the school year that begins in the year first.
func schoolYear(first int) string { return fmt.Sprintf("%d-%d", first, first+1) }

// firstYear is the year in which the school year of d began. By law each
// begins on 1 August, whenever the summer holiday is.
func firstYear(d team.Date) int {
	if d.Month < 8 {
		return d.Year - 1
	}
	return d.Year
}
