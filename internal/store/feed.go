package store

import (
	"time"

	"kansbot/internal/schedule"
)

var (
	// Feeds are the secrets of calendar feeds, as they are and not as a digest:
	// who asks again gets the same address, for an app keeps it for years. Who
	// reads the store learns no more by them than it says. By "user", platform, workspace, user; and by "team", team.
	Feeds = Table[string]{"feed"}

	// Calendars are what the feeds last told of each kernteam. By team.
	Calendars = Table[Calendar]{"calendar"}
)

// Calendar is what the feeds last told of a kernteam's meetings. Calendar apps
// want a number that rises when one of them changes.
type Calendar struct {
	Rhythm   schedule.Rhythm
	Minutes  int
	Sequence int             // of the rhythm as a whole
	Told     map[string]Told // by occurrence, and for meetings beside the rhythm by id
	Changed  time.Time
}

// Told is what was told of one meeting.
type Told struct {
	Start    time.Time `json:"s,omitzero"` // zero when there is none
	Sequence int       `json:"n,omitzero"`
}
