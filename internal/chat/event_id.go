package chat

import (
	"crypto/sha256"
	"encoding/hex"
)

// EventIDOf makes an Event.ID of a trigger, which itself is worth keeping to
// the adapter: whoever has it can open forms for that person, for seconds. Of no
// trigger there is no ID.
func EventIDOf(kind, trigger string) string {
	if trigger == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(trigger))
	return kind + ":" + hex.EncodeToString(sum[:16])
}
