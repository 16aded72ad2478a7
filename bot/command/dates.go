package command

import (
	"cmp"
	"errors"
	"regexp"
	"strings"
	"time"

	"kansbot/internal/schedule"
	"kansbot/internal/team"
)

// meetingOnce plans one Kans!overleg beside the rhythm.
func meetingOnce(r *Request, typed string) (answer, error) {
	start, chosen, err := r.moment(typed, team.Meeting{}, "/kansoverleg eenmalig ")
	if err != nil {
		return answer{}, err
	}
	return r.once(start, chosen)
}

// once plans a meeting at a start that is free; chosen is that school is closed
// that day.
func (r *Request) once(start time.Time, chosen bool) (answer, error) {
	m, err := r.addMeeting(team.Meeting{Start: start, Chosen: chosen})
	if err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.once", on("meeting", m.Nr)); err != nil {
		return answer{}, err
	}
	if err := r.notice(r.view().Once(r.me.User, m)); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("meeting.planned", "when", r.view().When(m.Start))}, nil
}

// moment reads a date and a time for a Kans!overleg, or for m to move to: then
// its time is kept when none is given. On a day that school is closed it has to
// be insisted on: then it was chosen.
func (r *Request) moment(typed string, m team.Meeting, prefix string) (start time.Time, chosen bool, err error) {
	var usual schedule.Clock
	if was := m.Start.In(r.zone()); m.Nr != 0 {
		usual = schedule.Clock{Hour: was.Hour(), Minute: was.Minute()}
	}
	typed, insisted := cutInsisted(typed)
	day, at, hasTime, err := schedule.ParseMoment(line(typed), r.today())
	var p *team.Problem
	if errors.As(err, &p) {
		return start, false, r.possible(p, usual, prefix)
	}
	if err != nil {
		return start, false, err
	}
	if !hasTime {
		if usual == (schedule.Clock{}) {
			return start, false, team.Wrong("tijd", "time.missing", "understood", line(typed), "example", prefix+line(typed)+" 13:30")
		}
		at = usual
	}
	start = r.calendar().At(day, at)
	if err := r.isFree(start, m, prefix); err != nil {
		return start, false, err
	}
	chosen, err = r.chosen(start, insisted, prefix)
	return start, chosen, err
}

var insistence = regexp.MustCompile(`(?i)(^|\s)(?:toch|anyway)[.,!]?(\s|$)`)

// cutInsisted takes out the word with which somebody insists on a closed day.
func cutInsisted(typed string) (rest string, insisted bool) {
	at := insistence.FindStringIndex(typed)
	if at == nil {
		return typed, false
	}
	return strings.TrimSpace(typed[:at[0]] + " " + typed[at[1]:]), true
}

// chosen reports that school is closed on the day of a start, and that it was
// insisted on; else a closed day is a Problem, with the nearest school day as
// the line to type.
func (r *Request) chosen(start time.Time, insisted bool, prefix string) (bool, error) {
	day := team.DateOf(start.In(r.zone()))
	why, closed := r.freeDays().Why(day)
	if !closed || insisted {
		return closed, nil
	}
	return false, r.instead(team.Wrong("datum", "moment.closed", "closed", r.view().Closed(day, why)), start, prefix)
}

// isFree: a meeting can be planned for that moment, or m move to it.
func (r *Request) isFree(start time.Time, m team.Meeting, prefix string) error {
	if !start.After(r.now) {
		return r.instead(team.Wrong("datum", "moment.past", "understood", r.view().When(start)), start, prefix)
	}
	other, taken := m, m.Start.Equal(start)
	var err error
	if !taken {
		other, taken, err = r.meetingAround(start, m)
	}
	if err == nil && taken {
		err = r.instead(team.Wrong("datum", "moment.taken", "understood", r.view().When(other.Start)), start, prefix)
	}
	return err
}

// possible makes the example of a Problem with a date a line with a moment at
// which a Kans!overleg can be planned; usual is the time when none was given.
func (r *Request) possible(p *team.Problem, usual schedule.Clock, prefix string) error {
	day, at, hasTime, err := schedule.ParseMoment(p.Args["example"], r.today())
	if err != nil {
		return withPrefix(p, prefix)
	}
	if !hasTime {
		at = cmp.Or(usual, schedule.Clock{Hour: 13, Minute: 30})
	}
	return r.instead(p, r.calendar().At(day, at), prefix)
}

// instead gives a Problem about a start the line to type with the nearest one at
// which a Kans!overleg can be planned, not before tomorrow.
func (r *Request) instead(p *team.Problem, start time.Time, prefix string) error {
	start = start.In(r.zone())
	if tomorrow := r.today().AddDays(1); team.DateOf(start).Before(tomorrow) {
		start = r.calendar().At(tomorrow, schedule.Clock{Hour: start.Hour(), Minute: start.Minute()})
	}
	near, found, err := r.nearest(start, team.Meeting{})
	if err != nil || !found {
		return cmp.Or[error](err, p)
	}
	return p.With("example", prefix+r.dayToType(team.DateOf(near))+near.Format(" 15:04"))
}

// dayToType is a day as briefly as it is read back as the same one.
func (r *Request) dayToType(d team.Date) string {
	short := schedule.ShortDate(string(r.lang), d)
	if read, err := schedule.ParseDate(short, r.today()); err != nil || read != d {
		return schedule.FormatDate(string(r.lang), d, true)
	}
	return short
}

// dayToSay is a day in a Problem.
func (r *Request) dayToSay(d team.Date) string {
	return schedule.FormatDate(string(r.lang), d, schedule.OtherYear(d, r.today()))
}

var fromTo = regexp.MustCompile(`(?i)^(?:(?:van|from)\s+)?(.*\S)\s+(?:naar|to)\s+(\S.*)$`)

// toMove is the meeting that a line is about: the one on the date before
// "naar", else the next one.
func (r *Request) toMove(typed string) (m team.Meeting, rest string, err error) {
	if parts := fromTo.FindStringSubmatch(line(typed)); parts != nil {
		if day, err := schedule.ParseDate(parts[1], r.today()); err == nil {
			m, found, err := r.plannedOn(day)
			if err == nil && !found {
				err = team.Wrong("datum", "move.none", "day", r.dayToSay(day), "example", "/kansoverleg verzet "+parts[2])
			}
			return m, parts[2], err
		}
	}
	if word, rest := firstWord(typed); isWord(word, "naar", "to") {
		typed = rest
	}
	m, err = r.plannedFrom(team.Date{})
	return m, typed, err
}

// meetingMove puts a meeting on another date; the rhythm stays.
func meetingMove(r *Request, typed string) (answer, error) {
	m, typed, err := r.toMove(typed)
	if err != nil {
		return answer{}, err
	}
	if typed == "" {
		return answer{}, team.Wrong("datum", "move.when", "when", r.view().When(m.Start), "example", "/kansoverleg verzet "+r.lang.Say("move.example"))
	}
	was := m.Start
	start, chosen, err := r.moment(typed, m, "/kansoverleg verzet ")
	if err != nil {
		return answer{}, err
	}
	m.Chosen = chosen
	if m, err = r.move(m, start); err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.move", on("meeting", m.Nr)); err != nil {
		return answer{}, err
	}
	if err := r.notice(r.view().Moved(r.me.User, was, m)); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("meeting.moved", "when", r.view().When(m.Start))}, nil
}

// meetingSkip drops the next date; the rhythm goes on with the one after.
func meetingSkip(r *Request, _ string) (answer, error) {
	m, err := r.plannedFrom(team.Date{})
	if err != nil {
		return answer{}, err
	}
	return r.skip(m)
}

func (r *Request) skip(m team.Meeting) (answer, error) {
	next, found, err := r.drop(m)
	if err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.skip", on("meeting", m.Nr)); err != nil {
		return answer{}, err
	}
	if err := r.notice(r.view().Skipped(r.me.User, m, next, found)); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("meeting.skipped", "when", r.view().When(m.Start))}, nil
}
