package command

import (
	"slices"

	"kansbot/internal/chat"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// enough in Meeting.Sent is that somebody said it goes on with few people.
const enough = "quorum"

func (r *Request) warningKey(m team.Meeting, about string) string {
	return r.key(about, m.Nr, r.day(m).String())
}

// warn asks the channel, once for a day, who leads when nobody does, and
// whether it goes on when too few can come.
func (r *Request) warn(m team.Meeting) error {
	if r.holder(m, team.Chair) == "" {
		if err := r.post(r.warningKey(m, "lead"), "", r.view().NoLeader(m)); err != nil {
			return err
		}
	}
	most, err := r.most(m)
	if err != nil || !r.tooFew(m, most) {
		return err
	}
	return r.post(r.warningKey(m, "quorum"), "", r.fewMessage(m, most))
}

// refreshWarnings shows what became of the questions that warn asked.
func (r *Request) refreshWarnings(m team.Meeting) error {
	v := r.view()
	lead, few := v.HasJob(m, team.Chair), v.Enough(m)
	switch most, err := r.most(m); {
	case err != nil:
		return err
	case m.Status != team.Planned:
		lead, few = v.Begun(m), v.Begun(m)
	case r.tooFew(m, most):
		few = r.fewMessage(m, most)
	}
	if m.Status == team.Planned && r.holder(m, team.Chair) == "" {
		lead = v.NoLeader(m)
	}
	if err := r.renew(r.warningKey(m, "lead"), lead); err != nil || m.HasSent(enough) {
		return err
	}
	return r.renew(r.warningKey(m, "quorum"), few)
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

func (r *Request) fewMessage(m team.Meeting, most int) chat.Message {
	return r.view().TooFew(m, most, r.calendar().AddSchoolDays(r.day(m), 1))
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
