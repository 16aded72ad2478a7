package command

import (
	"cmp"
	"errors"
	"regexp"
	"slices"

	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

var (
	lastDay  = regexp.MustCompile(`(?i)^(?:tot en met|t/m|tot|until|till|to)\s+(.+)$`)
	firstDay = regexp.MustCompile(`(?i)^(?:(?:van|vanaf|from)\s+)?(\S.*?)\s+((?:tot en met|t/m|tot|until|till|to)\s+.+)$`)
)

// teamAway notes until when the asker is away, and who stands in.
func teamAway(r *Request, typed string) (answer, error) {
	handle, rest := cutMention(line(typed))
	m := r.me
	var err error
	if m.Away, err = r.awayUntil(rest, handle); err != nil {
		return answer{}, err
	}
	m.Cover = ""
	if handle != "" {
		cover, err := r.who(handle)
		if err != nil {
			return answer{}, err
		}
		example := r.lang.Say("away.line") + " " + r.dayToType(m.Away)
		switch {
		case cover.User == m.User:
			return answer{}, team.Wrong("wie", "away.self", "example", example)
		case cover.Absent(r.today()):
			return answer{}, team.Wrong("wie", "away.cover", "name", r.view().Name(cover.User),
				"day", r.dayToSay(cover.Away), "example", example)
		}
		m.Cover = cover.User
	}
	if err := r.putMember(m); err != nil {
		return answer{}, err
	}
	if err := r.retakeTurns(); err != nil {
		return answer{}, err
	}
	open, err := store.OpenActionsOf(r.tx, r.team.ID, m.User)
	if err != nil {
		return answer{}, err
	}
	meanwhile := slices.DeleteFunc(open, func(a team.Action) bool { return a.Due.After(m.Away) })
	if m.Cover != "" {
		n, err := store.Next(r.tx, "cover", r.team.ID)
		if err != nil {
			return answer{}, err
		}
		if err := r.direct(r.key("cover", n), m.Cover, r.view().CoverAsked(m, meanwhile, r.today())); err != nil {
			return answer{}, err
		}
	}
	covered, err := r.coveredBy(m.User)
	if err != nil {
		return answer{}, err
	}
	return answer{body: r.view().Away(m, meanwhile, covered, r.today())}, nil
}

// awayUntil reads the last day of an absence. It begins today: one that begins
// later is for then.
func (r *Request) awayUntil(typed, handle string) (team.Date, error) {
	prefix := r.lang.Say("away.line") + " "
	if match := firstDay.FindStringSubmatch(typed); match != nil {
		if first, err := schedule.ParseDate(match[1], r.today()); err == nil {
			if first.After(r.today()) {
				return first, team.Wrong("datum", "away.from", "day", r.dayToSay(first), "example", "/kernteam weg "+match[2])
			}
			typed = match[2]
		}
	}
	if match := lastDay.FindStringSubmatch(typed); match != nil {
		typed = match[1]
	}
	if typed == "" {
		example := prefix + schedule.ShortDate(string(r.lang), r.calendar().NextSchoolDay(r.today().AddDays(7)))
		if handle != "" {
			example += " @" + handle
		}
		return team.Date{}, team.Wrong("datum", "away.until", "example", example)
	}
	day, err := schedule.ParseDate(typed, r.today())
	var p *team.Problem
	if errors.As(err, &p) {
		err = withPrefix(p, prefix)
	}
	return day, err
}

// teamBack ends an absence before its time.
func teamBack(r *Request, _ string) (answer, error) {
	m := r.me
	if !m.Absent(r.today()) {
		return answer{body: r.say("back.before")}, nil
	}
	cover, covered := r.view().Cover(m, r.today())
	m.Away, m.Cover = team.Date{}, ""
	if err := r.putMember(m); err != nil {
		return answer{}, err
	}
	if err := r.retakeTurns(); err != nil {
		return answer{}, err
	}
	if !covered {
		return answer{body: r.say("back")}, nil
	}
	n, err := store.Next(r.tx, "cover", r.team.ID)
	if err != nil {
		return answer{}, err
	}
	return answer{body: r.say("back")}, r.direct(r.key("cover", n), cover.User, r.view().CoverOver(m))
}

// coveredBy are the members who are away and count on one of the others.
func (r *Request) coveredBy(user string) ([]team.Member, error) {
	members, err := r.members()
	if err != nil {
		return nil, err
	}
	var list []team.Member
	for _, m := range members {
		if m.Here && m.Cover == user && m.Absent(r.today()) {
			list = append(list, m)
		}
	}
	slices.SortFunc(list, func(a, b team.Member) int { return cmp.Compare(a.User, b.User) })
	return list, nil
}

// standIn is who to turn to today for a member: who covers for them while they
// are away, if there is such a member; nobody for who is not in the channel.
func (r *Request) standIn(user string) string {
	m := r.member(user)
	if !m.Here {
		return ""
	}
	if m.Absent(r.today()) {
		if cover, found := r.view().Cover(m, r.today()); found {
			return cover.User
		}
	}
	return user
}
