package outbox

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
)

func TestPanicIsAFailure(t *testing.T) {
	script := map[string][]act{
		"k": {func(func() (chat.PostID, error)) (chat.PostID, error) { panic("secret words") }},
		"l": {func(func() (chat.PostID, error)) (chat.PostID, error) { panic(fmt.Sprint([]int{}[len("x")])) }},
	}
	inHouse(t, script, func(h *house) {
		var log bytes.Buffer
		h.options.Log = slog.New(slog.NewTextHandler(&log, nil))
		h.start(h.db)
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("1")})
		h.drain()
		if got := h.health().Failing["imitation"]; got != "panic with a string" {
			t.Errorf("failing: %q", got)
		}
		h.put(chat.Post{Key: "l", To: channel("b"), Body: says("1")})
		h.drain()
		if got := h.health().Failing["imitation"]; !strings.Contains(got, "index out of range") {
			t.Errorf("failing: %q", got)
		}
		h.pass(time.Minute)
		h.expect(channel("a"), "k: 1")
		h.expect(channel("b"), "l: 1")
		if len(h.health().Failing) != 0 {
			t.Error("still failing")
		}
		if strings.Contains(log.String(), "secret") || !strings.Contains(log.String(), "imitation_test.go") {
			t.Errorf("log %s", log.String())
		}
	})
}

func TestBackoff(t *testing.T) {
	for _, c := range []struct {
		attempts int
		jitter   float64
		want     time.Duration
	}{
		{0, 0, time.Second / 2}, {1, 0, time.Second / 2}, {1, 0.5, 3 * time.Second / 4}, {2, 0, time.Second},
		{5, 0, 8 * time.Second}, {9, 0, 128 * time.Second}, {10, 0, 150 * time.Second},
		{64, 0, 150 * time.Second}, {1 << 40, 0.5, 225 * time.Second},
	} {
		if got := backoff(c.attempts, c.jitter); got != c.want {
			t.Errorf("backoff(%d, %v) = %v, want %v", c.attempts, c.jitter, got, c.want)
		}
	}
}

// While the server is down nothing is given up, and the log stays short.
func TestServerDown(t *testing.T) {
	var down atomic.Bool
	down.Store(true)
	try := func(land func() (chat.PostID, error)) (chat.PostID, error) {
		if down.Load() {
			return "", fail(chat.NotSent, 0)
		}
		return land()
	}
	inHouse(t, map[string][]act{"k": slices.Repeat([]act{try}, 1000)}, func(h *house) {
		var log bytes.Buffer
		h.options.Log = slog.New(slog.NewTextHandler(&log, nil))
		h.start(h.db)
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("1")})
		h.pass(3 * time.Hour)
		attempts := len(h.platform.delivered())
		if attempts < 3*12 || attempts > 3*24+20 {
			t.Errorf("%d attempts", attempts)
		}
		if lines := strings.Count(log.String(), "\n"); lines < 5 || lines > 8 {
			t.Errorf("%d log lines", lines)
		}
		if got := h.health().Oldest; got != 3*time.Hour {
			t.Errorf("oldest %v", got)
		}
		down.Store(false)
		h.pass(longWait)
		h.expect(channel("a"), "k: 1")
	})
}

func TestStopFinishesWhatIsInFlight(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.platform.takes.Store(int64(grace - 1))
		h.start(h.db)
		h.put(
			chat.Post{Key: "k", To: channel("a"), Body: says("1")},
			chat.Post{Key: "l", To: channel("a"), Body: says("2")},
		)
		synctest.Wait()
		if err := h.stop(); err != nil {
			t.Error(err)
		}
		if k, l := h.status("k"), h.status("l"); k.State != Sent || l.State != Waiting || l.Attempts != 0 {
			t.Errorf("k %+v\nl %+v", k, l)
		}

		h.platform.takes.Store(int64(2 * grace)) // ends with its context
		h.start(h.db)
		synctest.Wait()
		began := time.Now()
		if err := h.stop(); err != nil || time.Since(began) != grace {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		if l := h.status("l"); l.State != Waiting || !l.Unsure {
			t.Errorf("l %+v", l)
		}

		h.platform.takes.Store(0)
		h.platform.script = map[string][]act{"l": {func(land func() (chat.PostID, error)) (chat.PostID, error) {
			time.Sleep(grace + lastCall/2) // lands late, and tells
			return land()
		}}}
		h.start(h.db)
		h.pass(time.Second)
		if err := h.stop(); err != nil {
			t.Error(err)
		}
		if l := h.status("l"); l.State != Sent {
			t.Errorf("l %+v", l)
		}
	})
}

func TestStopIsBounded(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		release := make(chan struct{})
		h.platform.script = map[string][]act{"k": {func(land func() (chat.PostID, error)) (chat.PostID, error) {
			<-release // deaf to its context
			return land()
		}}}
		h.start(h.db)
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("1")})
		synctest.Wait()
		if err := h.stop(); err == nil {
			t.Error("no error")
		}
		close(release)
		synctest.Wait()
	})
}

func TestSlowDeliveryIsBrokenOff(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.platform.takes.Store(int64(2 * patience))
		h.start(h.db)
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("1")})
		h.pass(patience)
		if s := h.status("k"); s.Attempts != 1 || !s.Unsure || h.health().Failing["imitation"] == "" {
			t.Errorf("status %+v", s)
		}
		h.platform.takes.Store(int64(0))
		h.pass(time.Minute)
		h.expect(channel("a"), "k: 1")
	})
}

func TestUnknownPlatformWaits(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		to := chat.To{Platform: "later", Channel: "a"}
		h.start(h.db)
		h.put(chat.Post{Key: "k", To: to, Body: says("1")}, chat.Post{Key: "l", To: channel("a"), Body: says("1")})
		h.drain()
		h.pass(time.Hour)
		if got := h.health(); got.Waiting != 1 {
			t.Errorf("health %+v", got)
		}
		h.stop()
		h.platform.name = "later"
		h.start(h.db)
		h.drain()
		h.expect(to, "k: 1")
	})
}

func TestLanesTakeTurns(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.options.Workers = 1
		var posts []chat.Post
		for _, c := range []string{"a", "b"} {
			for n := range burst + 1 {
				posts = append(posts, chat.Post{Key: fmt.Sprint(c, n), To: channel(c)})
			}
		}
		h.put(posts...)
		h.start(h.db)
		h.drain()
		var turns []string
		for _, d := range h.platform.delivered() {
			if len(turns) == 0 || turns[len(turns)-1] != d.To.Channel {
				turns = append(turns, d.To.Channel)
			}
		}
		if want := []string{"a", "b", "a", "b"}; !slices.Equal(turns, want) {
			t.Errorf("turns %v, want %v", turns, want)
		}
	})
}

// A clock put forward by hand: nothing happens until it jumps and Wake is called.
func TestClockJump(t *testing.T) {
	script := map[string][]act{"k": {failing(fail(chat.NotSent, 0))}, "l": {failing(fail(chat.NotSent, time.Hour))}}
	inHouse(t, script, func(h *house) {
		var clock atomic.Pointer[time.Time]
		morning := time.Date(2027, 1, 12, 8, 30, 0, 0, time.UTC)
		clock.Store(&morning)
		h.options.Now = func() time.Time { return *clock.Load() }
		h.start(h.db)
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("1")})
		h.drain()
		h.pass(time.Hour)
		h.expect(channel("a"))
		h.put(chat.Post{Key: "l", To: channel("b"), Body: says("1")})
		h.drain()
		synctest.Wait()
		later := morning.Add(time.Hour)
		clock.Store(&later)
		h.d.Wake()
		h.drain()
		h.expect(channel("a"), "k: 1")
		h.expect(channel("b"), "l: 1")
	})
}

func TestClockSetBack(t *testing.T) {
	var back atomic.Int64
	inHouse(t, map[string][]act{"k": {failing(fail(chat.NotSent, 0))}}, func(h *house) {
		h.options.Now = func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
		h.start(h.db)
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("1")})
		h.drain()
		back.Store(int64(24 * time.Hour))
		h.pass(longest)
		h.expect(channel("a"), "k: 1")
	})
}

// Run looks at the store now and then, so a forgotten Wake costs time only.
func TestForgottenWake(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.start(h.db)
		synctest.Wait()
		d := h.d
		h.d = nil
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("1")})
		h.d = d
		h.pass(longest)
		h.expect(channel("a"), "k: 1")
	})
}

func TestLookup(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("1")})
		h.start(h.db)
		h.drain()
		id := h.status("k").ID
		h.stop()
		h.replace("k", "newest")
		h.update(func(tx kv.Tx) error {
			post, found, err := Lookup(tx, "imitation", "w", id)
			if err != nil || !found || post.Key != "k" || post.To != channel("a") || plain(post.Body) != "newest" {
				t.Errorf("Lookup = %+v, %v, %v", post, found, err)
			}
			for _, c := range [][3]string{{"imitation", "other", string(id)}, {"other", "w", string(id)}, {"imitation", "w", "forged"}, {"imitation", "w", ""}} {
				if _, found, err := Lookup(tx, c[0], c[1], chat.PostID(c[2])); found || err != nil {
					t.Errorf("Lookup(%q) = %v, %v", c, found, err)
				}
			}
			return nil
		})
	})
}

// What has been sent takes no place among what waits.
func TestIdleLeavesNoTrace(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.start(h.db)
		for n := range 50 {
			h.put(chat.Post{Key: fmt.Sprint(n), To: channel(fmt.Sprint(n))})
		}
		h.drain()
		h.update(func(tx kv.Tx) error {
			for _, table := range []string{"lane", "queue"} {
				if err := tx.Scan([]byte(table+"\x00"), []byte(table+"\x01"), func(key, _ []byte) error {
					return fmt.Errorf("left: %q", key)
				}); err != nil {
					t.Error(err)
				}
			}
			return nil
		})
	})
}
