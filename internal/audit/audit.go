// Package audit keeps the trail: who did what, to which record, when, and how
// it ended. It holds no content, so it may outlive what it is about.
//
// Domain rule: reading free text is an act like changing it (NEN 7513 asks
// which event, when, which client, which user).
package audit

import (
	"time"

	"kansbot/internal/kv"
	"kansbot/internal/store"
)

// Line is one event in the trail: something that was done.
type Line struct {
	At   time.Time `json:"at"`
	Team string    `json:"team"`
	User string    `json:"user,omitempty"` // empty: Kansbot itself
	Role string    `json:"role,omitempty"`
	Did  string    `json:"did"`          // "signal.log", "signal.show", ...
	On   string    `json:"on,omitempty"` // "signal 12", "K-014"
}

var lines = store.Table[Line]{Name: "audit"}

// Append adds a line at the end of its kernteam's trail.
func Append(tx kv.Tx, line Line) error {
	n, err := store.Next(tx, "audit", line.Team)
	if err != nil {
		return err
	}
	return lines.Put(tx, line, line.Team, store.Nr(n))
}

// Of lists the trail of a kernteam, oldest first.
func Of(tx kv.Tx, team string) ([]Line, error) { return lines.All(tx, team) }
