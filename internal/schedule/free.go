package schedule

import (
	"slices"
	"time"

	"kansbot/internal/team"
)

// A Period is what one school has otherwise than its region: days that it is
// free, or with Open days that it is not. Label is in the team's own words, for
// the team alone to read: studiedag, carnaval. Nr is what the team calls it by;
// ParseFree gives none.
type Period struct {
	Nr    int       `json:"nr,omitempty"`
	First team.Date `json:"first"`
	Last  team.Date `json:"last"` // included
	Open  bool      `json:"open,omitempty"`
	Label string    `json:"label,omitempty"`
}

func (p Period) covers(d team.Date) bool { return !d.Before(p.First) && !d.After(p.Last) }

// Words is the Period in words, in Dutch unless lang is "en". ParseFree reads
// them back as the same Period.
func (p Period) Words(lang string) string {
	open, through := "toch open ", " t/m "
	if known(lang) == english {
		open, through = "still open ", " to "
	}
	words := FormatDate(lang, p.First, true)
	if p.First != p.Last {
		words += through + FormatDate(lang, p.Last, true)
	}
	if p.Open {
		words = open + words
	}
	if p.Label != "" {
		words += ", " + p.Label
	}
	return words
}

// FreeDays knows when the school of one kernteam is closed, and why. What the
// school has of its own comes before the holidays of its region, and of its own
// periods the last one counts. A weekend is free whatever they say.
type FreeDays struct {
	Region   team.Region
	Holidays Holidays
	Own      []Period
}

// A Reason is why school is closed on a day: one of these is set.
type Reason struct {
	Own     Period
	Holiday Holiday
	Public  PublicHoliday
	Weekend bool
}

// Words names the reason inside a sentence. They are the team's own words when
// the school is closed by itself and it was said why.
func (r Reason) Words(lang string) string {
	switch {
	case r.Own.Label != "":
		return r.Own.Label
	case !r.Own.First.IsZero() && known(lang) == english:
		return "day off"
	case !r.Own.First.IsZero():
		return "vrije dag"
	case r.Holiday.Name != "":
		return r.Holiday.Words(lang)
	case r.Public != "":
		return r.Public.Words(lang)
	}
	return "weekend"
}

// Why is the reason that school is closed on d; false when it is open.
func (f FreeDays) Why(d team.Date) (Reason, bool) {
	w := d.Weekday()
	weekend := w == time.Saturday || w == time.Sunday
	for _, own := range slices.Backward(f.Own) {
		switch {
		case !own.covers(d):
		case !own.Open:
			return Reason{Own: own}, true
		default:
			return Reason{Weekend: weekend}, weekend
		}
	}
	if holiday, free := f.Holidays.On(f.Region, d); free {
		return Reason{Holiday: holiday}, true
	}
	if weekend {
		return Reason{Weekend: true}, true
	}
	public, free := PublicHolidayOn(d)
	return Reason{Public: public}, free
}

// Free is what a Calendar asks for.
func (f FreeDays) Free(d team.Date) bool {
	_, free := f.Why(d)
	return free
}

// Calendar is that of the kernteam, in its zone.
func (f FreeDays) Calendar(loc *time.Location) Calendar { return Calendar{Location: loc, Free: f.Free} }

// Deadline is the school day on which something for d is due: d itself, or when
// school is closed then the next one. It has moved for that reason.
func (f FreeDays) Deadline(d team.Date) (day team.Date, why Reason, moved bool) {
	why, free := f.Why(d)
	if !free {
		return d, Reason{}, false
	}
	day = f.Calendar(nil).NextSchoolDay(d)
	return day, why, day != d
}

// LastBeforeSummer is the last school day before the next summer holiday that
// begins after today, and that holiday. The day may have been: a school may
// close before its region.
func (f FreeDays) LastBeforeSummer(today team.Date) (last team.Date, summer Holiday, found bool) {
	summer, found = f.Holidays.first(f.Region, func(of Holiday) bool { return of.summer() && of.First.After(today) })
	if !found {
		return team.Date{}, Holiday{}, false
	}
	return f.Calendar(nil).AddSchoolDays(summer.First, -1), summer, true
}
