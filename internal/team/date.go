package team

import (
	"cmp"
	"fmt"
	"time"
)

// Date is a day on the calendar of the kernteam, without time or zone.
// The zero Date means "no date".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf is the day that t shows in its own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

func (d Date) IsZero() bool { return d == Date{} }

// Valid reports whether the day exists: 30 February does not.
func (d Date) Valid() bool { return !d.IsZero() && DateOf(d.utc()) == d }

func (d Date) AddDays(n int) Date { return DateOf(d.utc().AddDate(0, 0, n)) }

// AddMonths goes on into the next month where the day does not exist.
func (d Date) AddMonths(n int) Date { return DateOf(d.utc().AddDate(0, n, 0)) }

func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// DaysUntil is the number of days from d to e, negative when e comes first.
func (d Date) DaysUntil(e Date) int { return int(e.utc().Sub(d.utc()) / (24 * time.Hour)) }

func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

func (d Date) Before(e Date) bool { return d.Compare(e) < 0 }

func (d Date) After(e Date) bool { return d.Compare(e) > 0 }

// String is the ISO form, 2027-01-12; empty for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	t, err := time.Parse(time.DateOnly, string(b))
	if err != nil {
		return err
	}
	*d = DateOf(t)
	return nil
}

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }
