package command

import (
	"cmp"

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

// forLeader refuses what is for who leads the meeting.
func (r *Request) forLeader(m team.Meeting) error {
	if r.leads(m) {
		return nil
	}
	return team.Wrong("", "chair", "chair", r.view().Name(r.leader(m)))
}
