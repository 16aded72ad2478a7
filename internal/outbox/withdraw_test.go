package outbox

import (
	"testing"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
)

func (h *house) withdraw(key string) (done bool) {
	h.update(func(tx kv.Tx) (err error) {
		done, err = Withdraw(tx, key)
		return err
	})
	return done
}

// What is held goes when it is released, with its newest body, unless it was
// taken back before.
func TestHold(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.update(func(tx kv.Tx) error {
			for _, key := range []string{"first", "second"} {
				if err := Hold(tx, chat.Post{Key: key, To: channel("a"), Body: says(key)}); err != nil {
					return err
				}
			}
			return nil
		})
		h.put(chat.Post{Key: "third", To: channel("a"), Body: says("three")})
		h.replace("first", "one, changed")
		h.start(h.db)
		h.pass(time.Hour)
		h.expect(channel("a"), "third: three")
		if !h.withdraw("second") {
			t.Error("what is held cannot be taken back")
		}
		for range 2 {
			h.update(func(tx kv.Tx) error { return Release(tx, "first") })
			h.drain()
		}
		h.expect(channel("a"), "third: three", "first: one, changed")
	})
}

// What surely never left can be taken back, and nothing else.
func TestWithdraw(t *testing.T) {
	script := map[string][]act{"first": {failing(fail(chat.NotSent, 0))}, "unsure": {landing(fail(chat.Unknown, 0))}}
	inHouse(t, script, func(h *house) {
		h.put(
			chat.Post{Key: "first", To: channel("a"), Body: says("one")},
			chat.Post{Key: "second", To: channel("a"), Body: says("two")},
			chat.Post{Key: "third", To: channel("a"), Body: says("three")},
			chat.Post{Key: "unsure", To: channel("b"), Body: says("perhaps")},
		)
		h.start(h.db)
		h.drain() // "first" is refused a moment, and holds up the others
		h.replace("second", "two, changed")
		for key, want := range map[string]bool{"first": true, "second": true, "unsure": false, "nothing": false} {
			if got := h.withdraw(key); got != want {
				t.Errorf("%s: %v", key, got)
			}
		}
		h.pass(time.Hour)
		h.expect(channel("a"), "third: three")
		h.expect(channel("b"), "unsure: perhaps")
		if h.withdraw("third") {
			t.Error("what is there was taken back")
		}
		h.put(chat.Post{Key: "second", To: channel("a"), Body: says("again")})
		h.drain()
		h.expect(channel("a"), "third: three", "second: again")
		if h.withdraw("second"); h.health().Waiting != 0 {
			t.Errorf("left behind: %+v", h.health())
		}
	})
}
