package command

import (
	"cmp"
	"maps"
	"slices"

	"kansbot/internal/chat"
	"kansbot/internal/outbox"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// enough in Meeting.Sent is that somebody said it goes on with few people.
const enough = "quorum"

func (r *Request) warningKey(m team.Meeting, about string) string {
	return r.key(about, m.Nr, r.day(m).String())
}

// questions are what there is to ask about who comes to a planned meeting, by
// the key of the post that asks it: who leads when nobody does, and whether it
// goes on when too few can come.
func (r *Request) questions(m team.Meeting) (map[string]chat.Message, error) {
	ask := map[string]chat.Message{}
	if m.Status != team.Planned {
		return ask, nil
	}
	if r.holder(m, team.Chair) == "" {
		ask[r.warningKey(m, "lead")] = r.view().NoLeader(m)
	}
	most, err := r.most(m)
	if err == nil && r.tooFew(m, most) {
		ask[r.warningKey(m, "quorum")] = r.view().TooFew(m, most, r.calendar().AddSchoolDays(r.day(m), 1))
	}
	return ask, err
}

// warn asks the channel, each question once for a day.
func (r *Request) warn(m team.Meeting) error {
	ask, err := r.questions(m)
	for _, key := range slices.Sorted(maps.Keys(ask)) {
		err = cmp.Or(err, r.post(key, "", ask[key]))
	}
	return err
}

// unasked: since the agenda something has changed that the channel is to be
// asked about, and the meeting has yet to begin.
func (r *Request) unasked(m team.Meeting) (bool, error) {
	if !m.HasSent(schedule.StepAgenda) || !m.Start.After(r.now) {
		return false, nil
	}
	ask, err := r.questions(m)
	for key := range ask {
		_, asked, failed := outbox.Get(r.tx, key)
		if err = cmp.Or(err, failed); err != nil || !asked {
			return true, err
		}
	}
	return false, err
}

// warnAnew asks that at once; while people may not be disturbed, timeMeeting
// sees to it that it is asked when they may.
func (r *Request) warnAnew(m team.Meeting) error {
	if waits, err := r.unasked(m); err != nil || !waits || !r.mayHear(m) {
		return err
	}
	return r.warn(m)
}

// refreshWarnings shows what became of the questions that warn asked.
func (r *Request) refreshWarnings(m team.Meeting) error {
	ask, err := r.questions(m)
	if err != nil {
		return err
	}
	v, lead, few := r.view(), r.warningKey(m, "lead"), r.warningKey(m, "quorum")
	shows := map[string]chat.Message{lead: v.HasJob(m, team.Chair), few: v.Enough(m)}
	if m.Status != team.Planned {
		shows = map[string]chat.Message{lead: v.Begun(m), few: v.Begun(m)}
	}
	maps.Copy(shows, ask)
	if m.HasSent(enough) {
		delete(shows, few)
	}
	for _, key := range slices.Sorted(maps.Keys(shows)) {
		err = cmp.Or(err, r.renew(key, shows[key]))
	}
	return err
}

// most is how many can still come.
func (r *Request) most(m team.Meeting) (int, error) {
	members, err := r.here()
	if err != nil {
		return 0, err
	}
	return len(slices.DeleteFunc(members, func(who team.Member) bool { return !m.Comes(who, r.day(m)) })), nil
}

func (r *Request) tooFew(m team.Meeting, most int) bool {
	return most < r.team.Quorum && !m.HasSent(enough)
}

func pressGoesOn(r *Request, s string) (answer, error) {
	m, err := r.pressedMeeting(s)
	if err != nil {
		return answer{}, err
	}
	m.Sent = append(m.Sent, enough)
	if err := store.PutMeeting(r.tx, r.team.ID, m); err != nil {
		return answer{}, err
	}
	if err := r.did("meeting.goeson", on("meeting", m.Nr)); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("toofew.on", "when", r.view().When(m.Start))}, r.renew(r.warningKey(m, "quorum"), r.view().GoesOn(m, r.me.User))
}

func pressOff(r *Request, s string) (answer, error) {
	m, err := r.pressedMeeting(s)
	if err != nil {
		return answer{}, err
	}
	return r.skip(m)
}
