package command

import (
	"cmp"

	"kansbot/bot/view"
	"kansbot/internal/team"
)

// leader is who leads a Kans!overleg: whose turn it is, else the kernteam's
// chair. It may be nobody who is in the channel.
func (r *Request) leader(m team.Meeting) string { return cmp.Or(m.Chair, r.team.Chair) }

// leads: the asker may do what who leads the meeting does. So may the kernteam's
// chair, and everybody while neither of them is in the channel.
func (r *Request) leads(m team.Meeting) bool {
	leader := r.member(r.leader(m))
	return r.isChair() || leader.Here && leader.User == r.me.User || !leader.Here && !r.hasChair()
}

// led is a meeting that begins: while whose job it is cannot come, who begins it
// leads.
func (r *Request) led(m team.Meeting) (team.Meeting, error) {
	if !r.hasChair() && m.Chair == "" || r.holder(m, view.Chair) != "" {
		return m, nil
	}
	m.Present, m.Chair = withAnswer(m.Present, r.me.User, true), r.me.User
	return m, r.assign(&m)
}

// forLeader refuses what is for who leads the meeting.
func (r *Request) forLeader(m team.Meeting) error {
	if r.leads(m) {
		return nil
	}
	return team.Wrong("", "chair", "chair", r.view().Name(r.leader(m)))
}
