package team

import "time"

// Opinion is what one member thinks, in half a school year, of how the kernteam
// works together. It does not say whose it is, and nothing kept beside it does.
type Opinion struct {
	Mark int // 1 to 5
	Line string
}

// MinOpinions is how many are shown at least: fewer could point at somebody.
const MinOpinions = 4

// SchoolHalf is the first day of the half school year that d is in: 1 August or
// 1 February.
func SchoolHalf(d Date) Date {
	switch {
	case d.Month >= time.August:
		return Date{d.Year, time.August, 1}
	case d.Month >= time.February:
		return Date{d.Year, time.February, 1}
	}
	return Date{d.Year - 1, time.August, 1}
}
