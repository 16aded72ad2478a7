package schedule

import (
	"slices"
	"sync"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/nl"

	"kansbot/internal/team"
)

// A PublicHoliday is a single day on which schools all over the country are
// closed. Its value is the key of a text.
type PublicHoliday string

const (
	NewYearsDay  PublicHoliday = "nieuwjaarsdag"
	GoodFriday   PublicHoliday = "goede-vrijdag"
	EasterMonday PublicHoliday = "tweede-paasdag"
	KingsDay     PublicHoliday = "koningsdag"
	Liberation   PublicHoliday = "bevrijdingsdag"
	Ascension    PublicHoliday = "hemelvaartsdag"
	AfterAscent  PublicHoliday = "na-hemelvaart"
	WhitMonday   PublicHoliday = "tweede-pinksterdag"
	ChristmasDay PublicHoliday = "eerste-kerstdag"
	BoxingDay    PublicHoliday = "tweede-kerstdag"
)

// publicHolidays are the ten. Good Friday and the day after Ascension are free
// by custom of schools, not by law; Liberation Day is free every fifth year
// only. A school that does otherwise says so with a Period.
var publicHolidays = []publicRule{
	{NewYearsDay, nl.Nieuwjaar, 0, 1, "nieuwjaarsdag", "New Year's Day"},
	{GoodFriday, nl.GoedeVrijdag, 0, 1, "Goede Vrijdag", "Good Friday"},
	{EasterMonday, nl.TweedePaasdag, 0, 1, "tweede paasdag", "Easter Monday"},
	{KingsDay, nl.Koningsdag, 0, 1, "Koningsdag", "King's Day"},
	{Liberation, nl.BevrijdingsDag, 0, 5, "Bevrijdingsdag", "Liberation Day"},
	{Ascension, nl.Hemelvaart, 0, 1, "Hemelvaartsdag", "Ascension Day"},
	{AfterAscent, nl.Hemelvaart, 1, 1, "de dag na Hemelvaart", "the day after Ascension Day"},
	{WhitMonday, nl.TweedePinksterDag, 0, 1, "tweede pinksterdag", "Whit Monday"},
	{ChristmasDay, nl.EersteKerstdag, 0, 1, "eerste kerstdag", "Christmas Day"},
	{BoxingDay, nl.TweedeKerstdag, 0, 1, "tweede kerstdag", "Boxing Day"},
}

type publicRule struct {
	name   PublicHoliday
	rule   *cal.Holiday
	after  int // days after what the rule says
	every  int // years, counted from year 0
	nl, en string
}

// in is the day in that year, free or not.
func (p publicRule) in(year int) team.Date {
	// The library gives midnight where the computer is: by adding half a day a
	// change of its clock does no harm.
	_, at := p.rule.Calc(year)
	return team.DateOf(at.Add(12 * time.Hour)).AddDays(p.after)
}

// otherNames are what people call those days and the ones beside them, that many
// days later.
var otherNames = []struct {
	words   string
	holiday PublicHoliday
	after   int
}{
	{"nieuwjaar", NewYearsDay, 0}, {"new year", NewYearsDay, 0},
	{"witte donderdag", GoodFriday, -1}, {"Maundy Thursday", GoodFriday, -1},
	{"eerste paasdag", EasterMonday, -1}, {"1e paasdag", EasterMonday, -1}, {"Easter Sunday", EasterMonday, -1},
	{"2e paasdag", EasterMonday, 0}, {"paasmaandag", EasterMonday, 0}, {"paaszondag", EasterMonday, -1},
	{"hemelvaart", Ascension, 0}, {"dag na hemelvaart", AfterAscent, 0}, {"vrijdag na hemelvaart", AfterAscent, 0},
	{"dag na hemelvaartsdag", AfterAscent, 0}, {"vrijdag na hemelvaartsdag", AfterAscent, 0}, {"day after Ascension Day", AfterAscent, 0},
	{"eerste pinksterdag", WhitMonday, -1}, {"1e pinksterdag", WhitMonday, -1}, {"Whit Sunday", WhitMonday, -1},
	{"2e pinksterdag", WhitMonday, 0}, {"pinkstermaandag", WhitMonday, 0},
	{"1e kerstdag", ChristmasDay, 0}, {"2e kerstdag", BoxingDay, 0},
}

// A dayName is a name that somebody may type, as the tokens of a script.
type dayName struct {
	words []string
	day   publicRule
}

// typedNames begin with the longest.
var typedNames = sync.OnceValue(func() (names []dayName) {
	add := func(words string, p publicRule) {
		var name dayName
		for _, t := range newScript(words, team.Date{}).tokens {
			name.words = append(name.words, t.text)
		}
		name.day = p
		names = append(names, name)
	}
	for _, p := range publicHolidays {
		add(p.nl, p)
		add(p.en, p)
		for _, other := range otherNames {
			if other.holiday == p.name {
				beside := p
				beside.after += other.after
				add(other.words, beside)
			}
		}
	}
	slices.SortStableFunc(names, func(a, b dayName) int { return len(b.words) - len(a.words) })
	return names
})

// name reads the name of a public holiday at i.
func (s script) name(i int) (p publicRule, end int, ok bool) {
	for _, name := range typedNames() {
		if s.has(i, name.words...) {
			return name.day, i + len(name.words), true
		}
	}
	return p, i, false
}

// inName reports that token i is part of such a name.
func (s script) inName(i int) bool {
	for from := range i + 1 {
		if _, end, ok := s.name(from); ok && end > i {
			return true
		}
	}
	return false
}

// holiday reads goede vrijdag, Koningsdag 2028: the next one, or that of a year.
func (s script) holiday(i int) (match, bool) {
	p, end, ok := s.name(i)
	if !ok || s.nameless {
		return match{}, false
	}
	m := match{date: p.in(s.today.Year), end: end, trust: introduced, name: s.text(i, end)}
	if m.date.Before(s.today) {
		m.date = p.in(s.today.Year + 1)
	}
	if year, ok := plain(s.at(end), 4); ok && year >= s.today.Year && year <= s.today.Year+2 {
		m.date, m.end = p.in(year), end+1
	}
	return m, true
}

// PublicHolidayOn is the public holiday on that day.
func PublicHolidayOn(d team.Date) (PublicHoliday, bool) {
	days, found := publicDays.Load(d.Year)
	if !found {
		days, _ = publicDays.LoadOrStore(d.Year, publicIn(d.Year))
	}
	name, is := days.(map[team.Date]PublicHoliday)[d]
	return name, is
}

var publicDays sync.Map // year -> map[team.Date]PublicHoliday; a reminder asks for many days

func publicIn(year int) map[team.Date]PublicHoliday {
	days := map[team.Date]PublicHoliday{}
	for _, p := range publicHolidays {
		if year%p.every != 0 {
			continue
		}
		if d := p.in(year); days[d] == "" && d.Year == year {
			days[d] = p.name
		}
	}
	return days
}

// Words names the day inside a sentence: Koningsdag, King's Day.
func (p PublicHoliday) Words(lang string) string {
	for _, of := range publicHolidays {
		switch {
		case of.name != p:
		case known(lang) == english:
			return of.en
		default:
			return of.nl
		}
	}
	return string(p)
}
