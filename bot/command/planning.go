package command

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// meetingPlan sets the rhythm, from what was typed or through a form.
func meetingPlan(r *Request, typed string) (answer, error) {
	if word, rest := firstWord(typed); isWord(word, "eenmalig", "once") {
		return meetingOnce(r, rest)
	}
	if typed == "" {
		return r.planAsk("")
	}
	a, err := r.plan(typed, r.team.Minutes)
	var p *team.Problem
	if errors.As(err, &p) {
		offered, err := r.planAsk(typed)
		if err != nil {
			return answer{}, err
		}
		return offered, withPrefix(p, "/kansoverleg plan ")
	}
	return a, err
}

func (r *Request) planAsk(typed string) (answer, error) {
	current, found, err := store.Rhythms.Get(r.tx, r.team.ID)
	if err != nil {
		return answer{}, err
	}
	if typed == "" && found {
		typed = current.Words(string(r.lang))
	}
	return r.ask("meeting.plan", 0, r.form("plan",
		r.fill("plan", "ritme", line(typed), 120),
		r.fill("plan", "minuten", strconv.Itoa(r.team.Minutes), 3),
	)), nil
}

// withPrefix makes the example of a part into the line to type.
func withPrefix(p *team.Problem, prefix string) *team.Problem {
	if p.Args["example"] == "" {
		return p
	}
	return p.With("example", prefix+p.Args["example"])
}

func planSubmitted(r *Request, _ int, v values) (answer, error) {
	minutes, err := meetingLength(v.get("minuten"))
	if err != nil {
		return answer{}, err
	}
	return r.plan(v.get("ritme"), minutes)
}

// meetingLength reads how many minutes a Kans!overleg takes.
func meetingLength(typed string) (int, error) {
	minutes, err := strconv.Atoi(line(typed))
	if err != nil || minutes < 15 || minutes > 240 {
		return 0, team.Wrong("minuten", "minutes", "understood", line(typed))
	}
	return minutes, nil
}

// plan gives the kernteam a new rhythm. A date that was still to come out of
// the old rhythm moves along, with its points: nothing is left behind.
func (r *Request) plan(typed string, minutes int) (answer, error) {
	typed, insisted := cutInsisted(typed)
	rhythm, err := schedule.ParseRhythm(typed, r.today())
	if err != nil {
		return answer{}, err
	}
	old, _, err := store.Rhythms.Get(r.tx, r.team.ID)
	if err != nil {
		return answer{}, err
	}
	if rhythm == old.Rhythm {
		return r.lengthen(minutes)
	}
	if rhythm.Rule == "" && rhythm.Cron == "" { // one date is no rhythm
		start, prefix := r.calendar().At(rhythm.Start, rhythm.Time), r.lang.Say("plan.once.word")+" "
		if err := r.isFree(start, team.Meeting{}, prefix); err != nil {
			return answer{}, err
		}
		chosen, err := r.chosen(start, insisted, prefix)
		if err != nil {
			return answer{}, err
		}
		return r.once(start, chosen)
	}
	planned := store.Rhythm{Rhythm: rhythm, Version: old.Version + 1}
	if err := store.Rhythms.Put(r.tx, planned, r.team.ID); err != nil {
		return answer{}, err
	}
	if err := r.setMinutes(minutes); err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.plan", on("rhythm", planned.Version)); err != nil {
		return answer{}, err
	}
	next, found, err := r.nextOccurrence()
	if err != nil {
		return answer{}, err
	}
	if !found {
		return answer{}, team.Wrong("ritme", "rhythm.never", "understood", line(typed), "example", r.lang.Say("plan.example"))
	}
	if day := next.start.In(r.zone()).Weekday(); !insisted && rhythm.Names(day) && (day == time.Saturday || day == time.Sunday) {
		return answer{}, team.Wrong("ritme", "rhythm.weekend", "example", line(typed)+" "+r.lang.Say("insist.word"))
	}
	m, has, err := r.rhythmMeeting()
	if err != nil {
		return answer{}, err
	}
	other, taken, err := r.meetingAround(next.start, m)
	if err != nil {
		return answer{}, err
	}
	was := m.Start
	switch {
	case has && taken:
		after := other.Start.Add(r.length()).In(r.zone()) // on the same days
		rhythm.Time = schedule.Clock{Hour: after.Hour(), Minute: after.Minute()}
		return answer{}, team.Wrong("ritme", "moment.taken", "understood", r.view().When(other.Start), "example", rhythm.Words(string(r.lang)))
	case has:
		m.Occurrence, m.Chosen = next.name, false
		m, err = r.move(m, next.start)
	default:
		m, err = r.addOccurrence(next)
	}
	if err != nil {
		return answer{}, err
	}
	if err := r.notice(r.view().Planned(r.me.User, rhythm.Words(string(r.lang)), was, m)); err != nil {
		return answer{}, err
	}
	if err := r.propose(m, next.nominal); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("meeting.planned", "when", r.view().When(m.Start))}, nil
}

// lengthen changes how long a Kans!overleg takes, and nothing else of what was
// planned. When it takes that long already, nothing changes.
func (r *Request) lengthen(minutes int) (answer, error) {
	if minutes == r.team.Minutes {
		m, err := r.planned()
		return answer{body: r.say("meeting.same", "when", r.view().When(m.Start))}, err
	}
	if err := r.setMinutes(minutes); err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.length", "team"); err != nil {
		return answer{}, err
	}
	m, err := r.planned()
	if err != nil {
		return answer{}, err
	}
	return answer{body: r.say("meeting.length", "n", minutes, "when", r.view().When(m.Start))}, r.refreshMeeting(m)
}

// setMinutes changes how long a Kans!overleg takes, unless two that are planned
// would overlap.
func (r *Request) setMinutes(minutes int) error {
	planned, err := r.toCome()
	if err != nil {
		return err
	}
	slices.SortFunc(planned, func(a, b team.Meeting) int { return a.Start.Compare(b.Start) })
	for i := 1; i < len(planned); i++ {
		a, b := planned[i-1].Start, planned[i].Start
		if between := int(b.Sub(a).Minutes()); between < minutes {
			return team.Wrong("minuten", "minutes.overlap", "one", r.view().When(a), "other", r.view().When(b), "max", strconv.Itoa(between))
		}
	}
	r.team.Minutes = minutes
	return store.PutKernteam(r.tx, r.team)
}
