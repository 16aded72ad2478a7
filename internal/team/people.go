package team

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
