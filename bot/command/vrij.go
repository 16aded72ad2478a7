package command

import (
	"errors"
	"slices"
	"strconv"

	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

const (
	maxOwnDays  = 60  // periods that a school has of its own
	maxOwnLabel = 60  // characters
	keepOwnDays = 100 // days that a period is kept when it is over: reminders look back
	showDays    = 365 // days ahead of which the holidays are shown
)

// teamFree shows when school is closed, and lets the chair add what it has of
// its own.
func teamFree(r *Request, typed string) (answer, error) {
	typed = line(typed)
	if typed == "" {
		today, days := r.today(), r.freeDays()
		own := slices.DeleteFunc(slices.Clone(days.Own), func(p schedule.Period) bool { return p.Last.Before(today) })
		return answer{body: r.view().FreeDays(own, days.Holidays.Between(days.Region, today, today.AddDays(showDays)))}, nil
	}
	if err := r.forChair(); err != nil {
		return answer{}, err
	}
	if word, rest := firstWord(typed); isWord(word, "weg", "remove") {
		return r.removeOwn(rest)
	}
	return r.addOwn(typed)
}

func (r *Request) addOwn(typed string) (answer, error) {
	period, err := schedule.ParseFree(typed, r.today())
	var p *team.Problem
	if errors.As(err, &p) {
		return answer{}, withPrefix(p, "/kernteam vrij ")
	}
	if err != nil {
		return answer{}, err
	}
	if err := fits("", period.Label, maxOwnLabel); err != nil {
		return answer{}, err
	}
	if err := r.guard(passage{"", period.Label}); err != nil {
		return answer{}, err
	}
	gone := r.today().AddDays(-keepOwnDays)
	own := slices.DeleteFunc(slices.Clone(r.freeDays().Own), func(p schedule.Period) bool { return p.Last.Before(gone) })
	if len(own) >= maxOwnDays {
		return answer{}, team.Wrong("", "free.full", "max", strconv.Itoa(maxOwnDays), "example", "/kernteam vrij")
	}
	if period.Nr, err = store.Next(r.tx, "free", r.team.ID); err != nil {
		return answer{}, err
	}
	shifted, err := r.putOwn(append(own, period), "team.free", period.Nr)
	if err != nil {
		return answer{}, err
	}
	return answer{body: append(r.say("free.added", "nr", period.Nr, "days", period.Words(string(r.lang))), shifted...)}, nil
}

func (r *Request) removeOwn(typed string) (answer, error) {
	example := "/kernteam vrij " + r.lang.Say("free.remove") + " 2"
	nr, _, given := number(typed)
	if !given {
		return answer{}, team.Wrong("", "free.nr", "example", example)
	}
	own := slices.Clone(r.freeDays().Own)
	i := slices.IndexFunc(own, func(p schedule.Period) bool { return p.Nr == nr })
	if i < 0 {
		return answer{}, team.Wrong("", "free.none", "nr", strconv.Itoa(nr), "example", "/kernteam vrij")
	}
	period := own[i]
	shifted, err := r.putOwn(slices.Delete(own, i, i+1), "team.open", nr)
	if err != nil {
		return answer{}, err
	}
	return answer{body: append(r.say("free.removed", "days", period.Words(string(r.lang))), shifted...)}, nil
}

// putOwn keeps the days that a school has of its own, and brings what was
// planned in line with them; shifted says what that changed.
func (r *Request) putOwn(own []schedule.Period, did string, nr int) (shifted chat.Message, err error) {
	if err := store.OwnDays.Put(r.tx, own, r.team.ID); err != nil {
		return nil, err
	}
	if err := r.did(did, on("free", nr)); err != nil {
		return nil, err
	}
	n, err := r.rearrange()
	for _, line := range []struct {
		id string
		n  int
	}{{"free.shifted", n.meetings}, {"free.dates", n.actions}, {"free.evaluations", n.evaluations}} {
		if line.n > 0 {
			shifted = append(shifted, r.say(line.id, "n", line.n)...)
		}
	}
	return shifted, err
}
