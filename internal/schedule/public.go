package schedule

import (
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
var publicHolidays = []struct {
	name   PublicHoliday
	rule   *cal.Holiday
	after  int // days after what the rule says
	every  int // years, counted from year 0
	nl, en string
}{
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
		// The library gives midnight where the computer is: by adding half a day a
		// change of its clock does no harm.
		_, at := p.rule.Calc(year)
		if d := team.DateOf(at.Add(12 * time.Hour)).AddDays(p.after); days[d] == "" && d.Year == year {
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
