package outbox

import (
	"bytes"
	"context"
	"errors"
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

// inHouse runs a test in a bubble.
func inHouse(t *testing.T, script map[string][]act, test func(*house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newHouse(t, script)) })
}

func TestOrderPerLane(t *testing.T) {
	script := map[string][]act{"a1": {failing(fail(chat.NotSent, 0)), landing(fail(chat.Unknown, 0))}}
	inHouse(t, script, func(h *house) {
		h.start(h.db)
		h.put(
			chat.Post{Key: "a1", To: channel("a"), Body: says("first")},
			chat.Post{Key: "b1", To: channel("b"), Body: says("first")},
			chat.Post{Key: "a2", To: channel("a"), Body: says("second")},
			chat.Post{Key: "b2", To: channel("b"), Body: says("second")},
			chat.Post{Key: "d1", To: direct("a"), Body: says("hello")},
		)
		h.drain()
		h.expect(channel("a"))
		h.expect(channel("b"), "b1: first", "b2: second")
		h.expect(direct("a"), "d1: hello")
		h.pass(time.Hour)
		h.expect(channel("a"), "a1: first", "a2: second")
		if s := h.status("a2"); s.State != Sent || s.Sent != 1 || s.Attempts != 0 || s.Unsure || s.ID == "" {
			t.Errorf("status %+v", s)
		}
	})
}

func TestPutTwice(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("one")})
		h.put(chat.Post{Key: "k", To: channel("b"), Body: says("two")})
		h.start(h.db)
		h.drain()
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("three")})
		h.drain()
		h.expect(channel("a"), "k: one")
		h.expect(channel("b"))
	})
}

func TestPutRefuses(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.put(
			chat.Post{Key: "root", To: channel("a")},
			chat.Post{Key: "reply", To: channel("a"), Under: "root"},
		)
		for name, post := range map[string]chat.Post{
			"no key":                {To: channel("a")},
			"no platform":           {Key: "x", To: chat.To{Channel: "a"}},
			"no address":            {Key: "x", To: chat.To{Platform: "imitation"}},
			"two addresses":         {Key: "x", To: chat.To{Platform: "imitation", Channel: "a", User: "u"}},
			"unknown root":          {Key: "x", To: channel("a"), Under: "nothing"},
			"root elsewhere":        {Key: "x", To: channel("b"), Under: "root"},
			"root is itself under":  {Key: "x", To: channel("a"), Under: "reply"},
			"too large":             {Key: "x", To: channel("a"), Body: says(strings.Repeat("x", kv.MaxValue))},
			"key too long to store": {Key: strings.Repeat("x", kv.MaxKey), To: channel("a")},
		} {
			if err := h.db.Update(context.Background(), func(tx kv.Tx) error { return Put(tx, post) }); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if err := h.db.Update(context.Background(), func(tx kv.Tx) error { return Replace(tx, "nothing", nil) }); err == nil {
			t.Error("Replace of an unknown post: no error")
		}
	})
}

func TestReplace(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.platform.takes.Store(int64(time.Second))
		h.put(
			chat.Post{Key: "k", To: channel("a"), Body: says("1")},
			chat.Post{Key: "l", To: channel("a"), Body: says("other")},
		)
		h.replace("k", "2") // waits: one send of the newest
		h.replace("k", "3")
		h.start(h.db)
		h.pass(time.Second / 2) // in flight: an edit, after the post that waits
		h.replace("k", "4")
		h.replace("k", "5")
		h.pass(time.Second)
		h.expect(channel("a"), "k: 3")
		h.pass(time.Minute)
		h.expect(channel("a"), "k: 5", "l: other")

		h.replace("k", "6") // there: an edit
		h.pass(time.Second / 2)
		h.replace("k", "7") // an edit in flight: one more
		h.replace("k", "8")
		h.pass(time.Minute)
		h.expect(channel("a"), "k: 8", "l: other")

		var bodies []string
		for _, d := range h.platform.delivered() {
			bodies = append(bodies, plain(d.Body))
		}
		if want := []string{"3", "other", "5", "6", "8"}; !slices.Equal(bodies, want) {
			t.Errorf("delivered %v, want %v", bodies, want)
		}
		if s := h.status("k"); s.State != Sent || s.Sent != 8 || s.Wanted != 8 {
			t.Errorf("status %+v", s)
		}
	})
}

func TestThread(t *testing.T) {
	script := map[string][]act{
		"root":   {failing(fail(chat.Unknown, 0))},
		"refuse": {failing(fail(chat.Refused, 0))},
	}
	inHouse(t, script, func(h *house) {
		h.start(h.db)
		h.put(
			chat.Post{Key: "root", To: channel("a"), Body: says("agenda")},
			chat.Post{Key: "r1", To: channel("a"), Under: "root", Body: says("one")},
			chat.Post{Key: "refuse", To: channel("a"), Body: says("agenda")},
			chat.Post{Key: "r2", To: channel("a"), Under: "refuse", Body: says("two")},
			chat.Post{Key: "r3", To: channel("a"), Under: "root", Body: says("three")},
		)
		h.pass(time.Minute)
		h.expect(channel("a"), "root: agenda", "> r1: one", "r2: two", "> r3: three")
	})
}

func TestUnknownIsReconciled(t *testing.T) {
	script := map[string][]act{"k": {
		landing(fail(chat.Unknown, 0)),
		failing(fail(chat.Unknown, 0)),   // looking was answered by nobody
		failing(fail(chat.NotSent, 0)),   // nor now: the first may still be there
		failing(fail(chat.NotSent, 1e9)), // nor now
		failing(errors.New("raw")),       // no Failure at all
		failing((*chat.Failure)(nil)),    // a careless one
		failing(&chat.Failure{}),         // without an Err
		landing(nil),                     // no error and no id
		func(func() (chat.PostID, error)) (chat.PostID, error) { panic("in the adapter") },
	}}
	inHouse(t, script, func(h *house) {
		began := time.Now()
		h.start(h.db)
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("1")})
		h.drain()
		if s := h.status("k"); !s.Unsure || !s.Since.Equal(began) || s.Attempts != 1 || s.State != Waiting {
			t.Errorf("status %+v", s)
		}
		h.replace("k", "2")
		h.pass(time.Hour)
		h.expect(channel("a"), "k: 2")
		if s := h.status("k"); s.State != Sent || s.Sent != 2 {
			t.Errorf("status %+v", s)
		}
		deliveries := h.platform.delivered()
		if len(deliveries) != 11 {
			t.Fatalf("%d deliveries", len(deliveries))
		}
		for i, d := range deliveries {
			edit := i == 10 // looking found the first body
			if unsure := i > 0 && !edit; d.Unsure != unsure || unsure && !d.Since.Equal(began) || (d.Edits != "") != edit {
				t.Errorf("delivery %d: %+v", i, d)
			}
		}
	})
}

func TestNotSentIsSure(t *testing.T) {
	script := map[string][]act{"k": {failing(fail(chat.NotSent, 0)), failing(fail(chat.NotSent, 0))}}
	inHouse(t, script, func(h *house) {
		h.start(h.db)
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("1")})
		h.drain()
		if s := h.status("k"); s.Unsure || !s.Since.IsZero() || s.Attempts != 1 {
			t.Errorf("status %+v", s)
		}
		h.replace("k", "2")
		h.pass(time.Minute)
		h.expect(channel("a"), "k: 2")
		deliveries := h.platform.delivered()
		if len(deliveries) != 3 || deliveries[2].Unsure || !deliveries[2].Since.IsZero() {
			t.Errorf("deliveries %+v", deliveries)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	script := map[string][]act{"a1": {failing(fail(chat.NotSent, 7*time.Second))}}
	inHouse(t, script, func(h *house) {
		elsewhere := chat.To{Platform: "imitation", Workspace: "other", Channel: "a"}
		h.start(h.db)
		h.put(chat.Post{Key: "a1", To: channel("a"), Body: says("1")})
		h.drain()
		if s := h.status("a1"); s.Attempts != 0 || s.Unsure || s.State != Waiting {
			t.Errorf("status %+v", s)
		}
		h.put(
			chat.Post{Key: "b1", To: channel("b"), Body: says("1")},
			chat.Post{Key: "c1", To: elsewhere, Body: says("1")},
		)
		h.drain()
		h.pass(7*time.Second - 1)
		h.expect(channel("a"))
		h.expect(channel("b"))
		h.expect(elsewhere, "c1: 1")
		h.pass(1)
		h.expect(channel("a"), "a1: 1")
		h.expect(channel("b"), "b1: 1")
		if n := len(h.d.pauses); n != 0 {
			t.Errorf("%d pauses left", n)
		}
	})
}

// A wait for one address holds up no other, and is no failure.
func TestRetryHereAfter(t *testing.T) {
	wait := failing(&chat.Failure{Outcome: chat.NotSent, After: 7 * time.Second, Here: true, Turn: true, Err: errors.New("imitated")})
	scope := failing(&chat.Failure{Outcome: chat.NotSent, After: time.Minute, Here: true, Err: errors.New("missing scope")})
	inHouse(t, map[string][]act{"a1": {wait}, "c1": {scope}}, func(h *house) {
		h.start(h.db)
		h.put(chat.Post{Key: "a1", To: channel("a"), Body: says("1")})
		h.drain()
		h.put(chat.Post{Key: "a2", To: channel("a"), Body: says("2")}, chat.Post{Key: "b1", To: channel("b"), Body: says("1")})
		h.drain()
		h.expect(channel("a"))
		h.expect(channel("b"), "b1: 1")
		if got := h.health(); len(got.Failing) != 0 || h.d.Counts().Failed != 0 {
			t.Errorf("health %+v, counts %+v", got, h.d.Counts())
		}
		h.pass(7 * time.Second)
		h.expect(channel("a"), "a1: 1", "a2: 2")

		// What only waits here because a person has to mend it is a failure.
		h.put(chat.Post{Key: "c1", To: channel("c"), Body: says("1")})
		h.drain()
		if got := h.health(); got.Failing["imitation"] != "missing scope" || h.d.Counts().Failed != 1 {
			t.Errorf("health %+v, counts %+v", got, h.d.Counts())
		}
	})
}

// A wait does not grow when the clock is set back.
func TestWaitWhenTheClockIsSetBack(t *testing.T) {
	wait := failing(&chat.Failure{Outcome: chat.NotSent, After: 2 * time.Second, Here: true, Turn: true, Err: errors.New("imitated")})
	inHouse(t, map[string][]act{"a1": {wait}}, func(h *house) {
		var off atomic.Int64
		h.options.Now = func() time.Time { return time.Now().Round(0).Add(time.Duration(off.Load())) }
		h.start(h.db)
		h.put(chat.Post{Key: "a1", To: channel("a"), Body: says("1")})
		h.drain()
		off.Store(int64(-time.Hour))
		h.pass(longest)
		h.expect(channel("a"), "a1: 1")
	})
}

// A home page that was refused shows what is newest when it no longer is.
func TestRefusedHome(t *testing.T) {
	refuse := failing(fail(chat.Refused, 0))
	home := chat.To{Platform: "imitation", Workspace: "w", User: "u", Home: true}
	inHouse(t, map[string][]act{"home": {refuse}, "k": {refuse}}, func(h *house) {
		h.start(h.db)
		h.put(chat.Post{Key: "home", To: home, Body: says("1")}, chat.Post{Key: "k", To: direct("u"), Body: says("1")})
		h.drain()
		h.replace("home", "2")
		h.replace("k", "2")
		h.drain()
		h.expect(home, "home: 2")
		h.expect(direct("u"))
	})
}

// A busy workspace holds up no other.
func TestWorkspacesHaveTheirOwnWorkers(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		h.options.Workers = 1
		h.platform.takes.Store(int64(time.Second))
		h.start(h.db)
		var posts []chat.Post
		for _, w := range []string{"v", "w", "x"} {
			for _, c := range []string{"a", "b"} {
				posts = append(posts, chat.Post{Key: w + c, To: chat.To{Platform: "imitation", Workspace: w, Channel: c}})
			}
		}
		h.put(posts...)
		h.pass(time.Second / 2)
		if n := len(h.platform.delivered()); n != 3 {
			t.Errorf("%d deliveries in the time of one", n)
		}
		h.pass(time.Second)
		if n := len(h.platform.delivered()); n != 6 {
			t.Errorf("%d deliveries in the time of two", n)
		}
	})
}

// Of two waits that a platform asks for, the one that ends last counts.
func TestRetryAfterTwice(t *testing.T) {
	script := map[string][]act{
		"a1": {failing(fail(chat.NotSent, 7*time.Second))},
		"b1": {failing(fail(chat.NotSent, 2*time.Second))},
	}
	inHouse(t, script, func(h *house) {
		h.platform.takes.Store(int64(time.Second))
		h.options.Workers = 2
		h.start(h.db)
		h.put(chat.Post{Key: "a1", To: channel("a")}, chat.Post{Key: "b1", To: channel("b")})
		h.pass(7 * time.Second)
		if n := len(h.platform.delivered()); n != 2 {
			t.Errorf("%d deliveries", n)
		}
		h.pass(2 * time.Second)
		h.expect(channel("a"), "a1: ")
		h.expect(channel("b"), "b1: ")
	})
}

func TestRefused(t *testing.T) {
	refuse := failing(fail(chat.Refused, 0))
	script := map[string][]act{"a1": {refuse}, "chair": {refuse}, "edit": {nil, refuse}}
	inHouse(t, script, func(h *house) {
		var log bytes.Buffer
		h.options.Log = slog.New(slog.NewJSONHandler(&log, nil))
		h.options.Buried = func(tx kv.Tx, post chat.Post, reason string) error {
			if reason != "imitated" || plain(post.Body) == "" {
				return fmt.Errorf("reason %q, post %+v", reason, post)
			}
			return Put(tx, chat.Post{Key: "notice " + post.Key, To: direct("chair"), Body: says("not sent: " + post.Key)})
		}
		h.start(h.db)
		h.put(
			chat.Post{Key: "a1", To: channel("a"), Body: says("secret words")},
			chat.Post{Key: "a2", To: channel("a"), Body: says("second")},
			chat.Post{Key: "chair", To: direct("chair"), Body: says("secret words")},
			chat.Post{Key: "edit", To: channel("c"), Body: says("before")},
		)
		h.drain()
		h.expect(channel("a"), "a2: second")
		h.expect(direct("chair"), "notice a1: not sent: a1")
		if s := h.status("a1"); s.State != Buried || s.Reason != "imitated" || s.Attempts != 0 || s.Unsure || !s.First.IsZero() {
			t.Errorf("status %+v", s)
		}
		h.replace("a1", "never there")
		h.drain()
		if s := h.status("a1"); s.State != Buried {
			t.Errorf("status %+v", s)
		}

		h.replace("edit", "refused")
		h.drain()
		h.put(chat.Post{Key: "reply", To: channel("c"), Under: "edit", Body: says("one")})
		h.drain()
		h.expect(channel("c"), "edit: before", "> reply: one")
		if got := h.health().Buried; got != 3 {
			t.Errorf("%d buried", got)
		}
		h.replace("edit", "after")
		h.drain()
		h.expect(channel("c"), "edit: after", "> reply: one")
		if got := h.health().Buried; got != 2 {
			t.Errorf("%d buried", got)
		}
		if got := h.d.Counts(); got.Refused != 3 || got.Failed != 3 || got.Delivered != 6 {
			t.Errorf("counts %+v", got)
		}
		if strings.Contains(log.String(), "secret") || strings.Count(log.String(), "buried") != 3 {
			t.Errorf("log %s", log.String())
		}
	})
}

func TestBurialNeedsItsNotice(t *testing.T) {
	script := map[string][]act{"a1": {failing(fail(chat.Refused, 0)), failing(fail(chat.Refused, 0))}}
	inHouse(t, script, func(h *house) {
		calls := 0
		h.options.Buried = func(kv.Tx, chat.Post, string) error {
			if calls++; calls == 1 {
				return errors.New("not now")
			}
			return nil
		}
		h.start(h.db)
		h.put(chat.Post{Key: "a1", To: channel("a")}, chat.Post{Key: "b1", To: channel("b")})
		h.drain()
		if s := h.status("a1"); s.State != Waiting || !s.Unsure {
			t.Errorf("status %+v", s)
		}
		h.expect(channel("b"), "b1: ")
		h.pass(storePause)
		if s := h.status("a1"); s.State != Buried {
			t.Errorf("status %+v", s)
		}
	})
}

func TestNoticeOfBurialGoesAtOnce(t *testing.T) {
	inHouse(t, map[string][]act{"a1": {failing(fail(chat.Refused, 0))}}, func(h *house) {
		h.options.Buried = func(tx kv.Tx, post chat.Post, _ string) error {
			return Put(tx, chat.Post{Key: "notice", To: direct("chair"), Body: says(post.Key)})
		}
		h.start(h.db)
		synctest.Wait()
		h.put(chat.Post{Key: "a1", To: channel("a")})
		synctest.Wait()
		h.expect(direct("chair"), "notice: a1")
	})
}

// A post put just when its lane has been found empty, but is not free yet.
func TestPutWhileLaneIsGivenBack(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		db := &fragile{DB: h.db}
		db.linger.Store(int64(2 * time.Second))
		h.start(db)
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("1")})
		h.pass(3 * time.Second) // into the linger after the receipt
		h.expect(channel("a"), "k: 1")
		h.put(chat.Post{Key: "l", To: channel("a"), Body: says("2")})
		h.pass(3 * time.Second)
		h.expect(channel("a"), "k: 1", "l: 2")
	})
}

// A crash is a store that takes nothing any more, at the worst moments.
func TestCrash(t *testing.T) {
	for name, lands := range map[string]bool{"before landing": false, "after landing": true} {
		t.Run(name, func(t *testing.T) {
			script := map[string][]act{}
			inHouse(t, script, func(h *house) {
				db := &fragile{DB: h.db}
				script["k"] = []act{func(land func() (chat.PostID, error)) (chat.PostID, error) {
					db.broken.Store(true)
					if !lands {
						return "", context.Canceled
					}
					return land()
				}}
				h.put(
					chat.Post{Key: "k", To: channel("a"), Body: says("1")},
					chat.Post{Key: "l", To: channel("a"), Body: says("2")},
				)
				h.start(db)
				synctest.Wait()
				if err := h.stop(); err != nil {
					t.Error(err)
				}
				h.replace("k", "newest")
				h.start(h.db)
				h.drain()
				h.expect(channel("a"), "k: newest", "l: 2")
				if d := h.platform.delivered()[1]; d.Key != "k" || !d.Unsure || d.Since.IsZero() {
					t.Errorf("delivery %+v", d)
				}
			})
		})
	}
}

func TestStoreComesBack(t *testing.T) {
	inHouse(t, nil, func(h *house) {
		db := &fragile{DB: h.db}
		h.start(db)
		synctest.Wait()
		db.broken.Store(true)
		h.put(chat.Post{Key: "k", To: channel("a"), Body: says("1")})
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := h.d.Drain(ctx); err == nil {
			t.Error("drained without looking")
		}
		if n := len(h.platform.delivered()); n != 0 {
			t.Fatalf("%d deliveries without an attempt in the store", n)
		}
		db.broken.Store(false)
		h.pass(storePause)
		h.expect(channel("a"), "k: 1")
	})
}
