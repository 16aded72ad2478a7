package store

import (
	"crypto/sha256"
	"time"

	"kansbot/internal/kv"
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
	First    string          // occurrence with which its rule begins, if it has one
	Last     string          // and ends
	Told     map[string]Told // by occurrence, and for meetings beside the rhythm by id
	Changed  time.Time
}

// Told is what was told of one meeting.
type Told struct {
	Start    time.Time `json:"s,omitzero"` // zero when there is none
	Sequence int       `json:"n,omitzero"`
}

// FeedSum changes with whatever the feeds tell of a kernteam, except what day it
// is.
func FeedSum(tx kv.Tx, id string) (string, error) {
	sum := sha256.New()
	add := func(k, value []byte) error {
		for _, part := range [][]byte{k, value} {
			one := sha256.Sum256(part)
			sum.Write(one[:])
		}
		return nil
	}
	for _, table := range []string{Kernteams.Name, OwnDays.Name, Rhythms.Name} {
		value, err := tx.Get(key(table, []string{id}))
		if err != nil {
			return "", err
		}
		add([]byte(table), value)
	}
	from := key(Meetings.Name, []string{id})
	if err := tx.Scan(append(from, sep), append(key(Meetings.Name, []string{id}), sep+1), add); err != nil {
		return "", err
	}
	return string(sum.Sum(nil)), nil
}
