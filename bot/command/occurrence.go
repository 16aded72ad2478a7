package command

import (
	"cmp"
	"maps"
	"time"

	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// occurrence is one of a rhythm, known by its nominal local time; start is
// nominal, or when school is closed then, what stands in for it.
type occurrence struct {
	name           string
	nominal, start time.Time
}

// A planner chooses which occurrences of a rhythm have a meeting, and when. It
// is pure: it plans the next meeting, and the calendar feed goes on with it for
// years.
type planner struct {
	rhythm schedule.Rhythm
	dates  *schedule.Schedule
	days   schedule.FreeDays
	zone   *time.Location
	taken  map[team.Date]bool           // there is another meeting that day, to come or going on
	held   map[team.Date]bool           // there was a meeting that day, or is one now
	had    func(occurrence string) bool // it had its meeting, held or skipped, under this rhythm or another
}

// next is the first occurrence after a moment that gets a meeting, when it is
// planned today; false when there is none.
func (p planner) next(after time.Time, today team.Date) (occurrence, bool) {
	for {
		o, holds, found := p.try(after, today)
		if holds || !found {
			return o, found
		}
		after = o.nominal
	}
}

// try is the first occurrence after a moment, and whether it gets a meeting.
func (p planner) try(after time.Time, today team.Date) (o occurrence, holds, found bool) {
	name, at, found := p.dates.Occurrence(after)
	if !found {
		return o, false, false
	}
	o, stands := p.placed(occurrence{name, at, at}, today)
	return o, stands && !p.had(name) && !p.held[team.DateOf(at)] && !p.held[team.DateOf(o.start)], true
}

// course is what becomes of all occurrences between two moments when each
// meeting is held at its time, and nobody moves or skips one: start is zero
// where there is no meeting. The next to be planned is when one has begun; none
// that came before then gets a meeting any more.
func (p planner) course(from, begun, until time.Time) (all []occurrence) {
	p.taken, p.held = maps.Clone(p.taken), maps.Clone(p.held)
	for after := from; ; {
		begun = begun.In(p.zone)
		o, holds, found := p.try(after, team.DateOf(begun))
		if !found || !o.nominal.Before(until) {
			return all
		}
		after = o.nominal
		if holds = holds && o.nominal.After(begun); holds {
			begun = o.start
			p.taken[team.DateOf(begun)], p.held[team.DateOf(begun)] = true, true
		} else {
			o.start = time.Time{}
		}
		all = append(all, o)
	}
}

// placed finds the start of an occurrence: on a day that school is closed, what
// stands in for it on the nearest school day. One in a weekend that the rhythm
// names stands. False is for one to pass over: what would stand in for it is
// nearer to the next occurrence.
func (p planner) placed(o occurrence, today team.Date) (occurrence, bool) {
	why, closed := p.days.Why(team.DateOf(o.nominal))
	if !closed || why.Weekend && p.rhythm.Names(o.nominal.Weekday()) {
		return o, true
	}
	start, found := p.nearest(o.nominal, today)
	if !found {
		return o, false
	}
	if next := p.dates.Next(o.nominal); !next.IsZero() && 2*start.Sub(o.nominal).Abs() >= next.Sub(o.nominal) {
		return o, false
	}
	o.start = start
	return o, true
}

// prepared is how many school days it takes to prepare a meeting: two before it
// the agenda is there.
const prepared = 3

// nearest is the same time on the nearest school day that is not taken. An
// earlier day leaves time to prepare.
func (p planner) nearest(t time.Time, today team.Date) (time.Time, bool) {
	cal, t := p.days.Calendar(p.zone), t.In(p.zone)
	without := schedule.Calendar{Location: p.zone, Free: func(d team.Date) bool { return p.taken[d] || cal.Free(d) }}
	day, found := without.Nearest(team.DateOf(t), cal.AddSchoolDays(today, prepared))
	return cal.At(day, schedule.Clock{Hour: t.Hour(), Minute: t.Minute()}), found
}

// planner is that of the kernteam, of whose meetings m moves out of the way;
// false when it has no rhythm.
func (r *Request) planner(all []team.Meeting, m team.Meeting) (p planner, found bool, err error) {
	rhythm, found, err := store.Rhythms.Get(r.tx, r.team.ID)
	if err != nil || !found {
		return p, false, err
	}
	p = r.placer(all, m)
	p.rhythm = rhythm.Rhythm
	if p.dates, err = rhythm.Schedule(r.zone()); err != nil {
		return p, false, err
	}
	p.held = map[team.Date]bool{}
	for _, other := range all {
		if other.Status == team.Held || other.Status == team.Running {
			p.held[r.day(other)] = true
		}
	}
	p.had = func(name string) bool {
		nr, had, err := store.Occurred(r.tx, r.team.ID, name)
		r.broken = cmp.Or(r.broken, err)
		return had && nr != m.Nr
	}
	return p, true, nil
}

// placer is a planner that only knows on which days there is room beside the
// meetings other than m.
func (r *Request) placer(meetings []team.Meeting, m team.Meeting) planner {
	p := planner{days: r.freeDays(), zone: r.zone(), taken: map[team.Date]bool{}}
	for _, other := range meetings {
		if other.Open() && other.Nr != m.Nr {
			p.taken[r.day(other)] = true
		}
	}
	return p
}

// nearest is the same time on the nearest school day on which no other meeting
// than m is planned. An earlier day leaves time to prepare.
func (r *Request) nearest(t time.Time, m team.Meeting) (time.Time, bool, error) {
	open, err := store.OpenMeetings(r.tx, r.team.ID)
	if err != nil {
		return t, false, err
	}
	start, found := r.placer(open, m).nearest(t, r.today())
	return start, found, nil
}

// nextOccurrence is the first one of the rhythm to come that has had no meeting
// yet, not even a skipped one.
func (r *Request) nextOccurrence() (occurrence, bool, error) {
	m, _, err := r.rhythmMeeting()
	if err != nil {
		return occurrence{}, false, err
	}
	all, err := store.Meetings.All(r.tx, r.team.ID)
	if err != nil {
		return occurrence{}, false, err
	}
	p, found, err := r.planner(all, m)
	if err != nil || !found {
		return occurrence{}, false, err
	}
	after := r.now
	if m, found, err := r.running(); err != nil {
		return occurrence{}, false, err
	} else if found {
		after = later(after, m.Start) // it began early
	}
	next, found := p.next(after, r.today())
	return next, found, r.broken
}
