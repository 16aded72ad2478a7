package team

import "cmp"

// Job is what somebody does for a Kans!overleg.
type Job string

const (
	Chair Job = "voorzitter"
	Notes Job = "notulist"
)

// Jobs are all of them.
var Jobs = []Job{Chair, Notes}

// Leader is who leads the meeting: whose turn it is, else the kernteam's chair.
// It may be nobody who is in the channel.
func (m Meeting) Leader(k Kernteam) string { return cmp.Or(m.Chair, k.Chair) }

// Whose is whose job it is in the meeting, whether or not they can come.
func (m Meeting) Whose(job Job, k Kernteam) string {
	if job == Chair {
		return m.Leader(k)
	}
	return m.Notes
}

// Comes: a member will be at the meeting, on that day. They said so or, when they
// said nothing, are not away.
func (m Meeting) Comes(who Member, day Date) bool {
	coming, answered := m.Present[who.User]
	return who.Here && (coming || !answered && !who.Absent(day))
}

// Holder is who has a job in the meeting; empty when nobody does who comes.
func (m Meeting) Holder(job Job, k Kernteam, of Members, day Date) string {
	if user := m.Whose(job, k); m.Comes(of(user), day) {
		return user
	}
	return ""
}

// Members finds a member by user id. Of somebody unknown only the id is filled in.
type Members func(user string) Member

// Cover is who stands in for a member who is away; false when nobody does,
// because they left or are away too.
func (of Members) Cover(m Member, day Date) (Member, bool) {
	cover := of(m.Cover)
	return cover, m.Cover != "" && cover.Here && !cover.Absent(day)
}

// StandIn is who to turn to for a member: who covers for them while they are
// away, if there is such a member; nobody for who is not in the channel.
func (of Members) StandIn(user string, day Date) string {
	m := of(user)
	if !m.Here {
		return ""
	}
	if cover, found := of.Cover(m, day); found && m.Absent(day) {
		return cover.User
	}
	return user
}
