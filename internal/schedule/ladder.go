package schedule

import (
	"slices"
	"time"

	"kansbot/internal/team"
)

// A Step is one reminder of a ladder: what it is about, and when it is due.
type Step struct {
	Kind string
	At   time.Time
}

// The kinds of step: four before a meeting, three around an action.
const (
	StepPoints = "points" // ask for points for the agenda
	StepAgenda = "agenda" // close it and post it
	StepToday  = "today"
	StepSoon   = "soon"

	StepAhead = "ahead"
	StepDue   = "due"
	StepLate  = "late"
)

const soon = 15 * time.Minute

// MeetingLadder gives the reminders before a meeting, in order of time:
//
//	points  7 days before, 08:30; when that day is free or too near the agenda,
//	        the next school day before the agenda, else the last one before both
//	agenda  2 school days before, 08:30
//	today   that day, 08:30; for a meeting before 09:00 or on a free day the
//	        school day before, 15:30
//	soon    15 minutes before, on a school day between 07:00 and 22:00
//
// A step that would fall at or after a later one is left out.
func MeetingLadder(cal Calendar, start time.Time) []Step {
	start = start.In(cal.Location)
	day := team.DateOf(start)

	agenda := cal.AddSchoolDays(day, -2)
	week := day.AddDays(-7)
	points := cal.NextSchoolDay(week)
	if !points.Before(agenda) {
		points = cal.AddSchoolDays(earlier(week, agenda), -1)
	}
	today := cal.At(day, DayStart)
	if clockOf(start).minutes() < (Clock{9, 0}).minutes() || !cal.SchoolDay(day) {
		today = cal.At(cal.AddSchoolDays(day, -1), Clock{15, 30})
	}
	steps := []Step{
		{StepPoints, cal.At(points, DayStart)},
		{StepAgenda, cal.At(agenda, DayStart)},
		{StepToday, today},
	}
	if at := start.Add(-soon); cal.SchoolDay(day) && clockOf(at).within(earliest, latest) {
		steps = append(steps, Step{StepSoon, at})
	}
	return inOrder(steps, start)
}

// ActionLadder gives the reminders of an action in order of time, all at 08:30:
// ahead 3 school days before, due on the day (when free, the next school day),
// late 3 school days after.
func ActionLadder(cal Calendar, due team.Date) []Step {
	day := cal.NextSchoolDay(due)
	return []Step{
		{StepAhead, cal.At(cal.AddSchoolDays(day, -3), DayStart)},
		{StepDue, cal.At(day, DayStart)},
		{StepLate, cal.At(cal.AddSchoolDays(day, 3), DayStart)},
	}
}

// NextWeekly is the reminder that follows one at after: 08:30 a week later, on
// the next school day when that day is free.
func NextWeekly(cal Calendar, after time.Time) time.Time {
	day := team.DateOf(after.In(cal.Location))
	return cal.At(cal.NextSchoolDay(day.AddDays(7)), DayStart)
}

// inOrder drops each step that is not before all that follow it and before end.
func inOrder(steps []Step, end time.Time) []Step {
	for i, s := range slices.Backward(steps) {
		if s.At.Before(end) {
			end = s.At
		} else {
			steps = slices.Delete(steps, i, i+1)
		}
	}
	return steps
}

func earlier(a, b team.Date) team.Date {
	if a.Before(b) {
		return a
	}
	return b
}
