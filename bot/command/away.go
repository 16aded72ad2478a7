package command

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"

	"kansbot/bot/view"
	"kansbot/internal/outbox"
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
	was, m := r.me, r.me
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
	if err := r.uncover(was, m); err != nil {
		return answer{}, err
	}
	if m.Cover != "" && r.inDays(m) {
		if err := r.tell(r.coverID(m.User, m.Cover), m.Cover, team.Meeting{}, r.view().CoverAsked(m, meanwhile, r.today())); err != nil {
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

// teamBack ends an absence before its time, and tells what waits.
func teamBack(r *Request, _ string) (answer, error) {
	was, m := r.me, r.me
	open, err := store.OpenActionsOf(r.tx, r.team.ID, m.User)
	if err != nil {
		return answer{}, err
	}
	open = slices.DeleteFunc(open, func(a team.Action) bool { return !r.mayMention(a) })
	waits := slices.DeleteFunc(slices.Clone(open), func(a team.Action) bool { return a.Due.After(r.today()) })
	if !m.Absent(r.today()) {
		return answer{body: append(r.say("back.before"), r.view().BackTo(waits, r.today())...)}, nil
	}
	m.Away, m.Cover = team.Date{}, ""
	if err := r.putMember(m); err != nil {
		return answer{}, err
	}
	if err := r.retakeTurns(); err != nil {
		return answer{}, err
	}
	for _, a := range open {
		if err := r.askOwner(a); err != nil {
			return answer{}, err
		}
	}
	return answer{body: append(r.say("back"), r.view().BackTo(waits, r.today())...)}, r.uncover(was, m)
}

// askOwner makes what the thread was asked while the owner of an action was away a
// reminder of theirs.
func (r *Request) askOwner(a team.Action) error {
	for _, step := range a.Sent {
		post, found, err := outbox.Get(r.tx, r.remindKey(a, step))
		if err != nil {
			return err
		}
		if !found || !view.OffersToTake(post.Post.Body) {
			continue
		}
		kind := step
		switch {
		case strings.HasPrefix(step, laterStep):
			kind = view.StepLater
		case step == schedule.StepAhead && !a.Due.After(r.today()):
			kind = schedule.StepDue
		}
		if err := r.replace(post.Post.Key, r.view().Reminder(a, kind, r.today())); err != nil {
			return err
		}
	}
	return nil
}

// uncover tells who stood in for a member that they need not any more.
func (r *Request) uncover(was, m team.Member) error {
	if was.Cover == "" || was.Cover == m.Cover || !r.inDays(was) {
		return nil
	}
	return r.untell(r.coverID(m.User, was.Cover), was.Cover, team.Meeting{}, r.view().CoverOver(m))
}

func (r *Request) coverID(user, cover string) string { return r.key("cover", 0, user, cover) }

// inDays: somebody is still away when others may hear of it.
func (r *Request) inDays(m team.Member) bool {
	return m.Absent(team.DateOf(r.hears(team.Meeting{})))
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

// standIn is who to turn to today for a member, or nobody.
func (r *Request) standIn(user string) string {
	return team.Members(r.member).StandIn(user, r.today())
}
