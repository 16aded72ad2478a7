package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// agenda is a tick that does what stands at given moments, and notes when.
type agenda struct {
	clock *clock
	due   []time.Time
	done  []time.Time
	ticks int
	fails error
}

func (a *agenda) tick(context.Context) (time.Time, error) {
	a.ticks++
	if a.fails != nil {
		return time.Time{}, a.fails
	}
	for len(a.due) > 0 && !a.due[0].After(a.clock.Now()) {
		a.done = append(a.done, a.clock.Now())
		a.due = a.due[1:]
	}
	if len(a.due) == 0 {
		return time.Time{}, nil
	}
	return a.due[0], nil
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func settledAtOnce(context.Context) error { return nil }

func TestAdvanceStopsAtEveryDueMoment(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		minutes := rapid.SliceOfN(rapid.IntRange(-60, 10_000), 0, 12).Draw(rt, "due")
		by := time.Duration(rapid.IntRange(0, 9_000).Draw(rt, "by")) * time.Minute
		slices.Sort(minutes)
		synctest.Test(t, func(t *testing.T) {
			c := &clock{}
			start := c.Now()
			a := &agenda{clock: c}
			var want []time.Time
			for _, m := range minutes {
				at := start.Add(time.Duration(m) * time.Minute)
				a.due = append(a.due, at)
				if !at.After(start.Add(by)) {
					want = append(want, later(at, start))
				}
			}
			sent := 0
			settled := func(context.Context) error {
				for ; sent < len(a.done); sent++ {
					if !a.done[sent].Equal(c.Now()) {
						t.Errorf("sent at %v what was due at %v", c.Now(), a.done[sent])
					}
				}
				return nil
			}
			if err := newPulse(c, a.tick, settled, quiet()).advance(t.Context(), by); err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(a.done, want, time.Time.Equal) {
				t.Errorf("done at %v, want %v", a.done, want)
			}
			if now := c.Now(); !now.Equal(start.Add(by)) {
				t.Errorf("now it is %v, want %v", now, start.Add(by))
			}
		})
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func TestAdvanceStopsAtAFailure(t *testing.T) {
	c := &clock{}
	a := &agenda{clock: c, fails: errors.New("full")}
	before := c.Now()
	if err := newPulse(c, a.tick, settledAtOnce, quiet()).advance(t.Context(), time.Hour); !errors.Is(err, a.fails) {
		t.Errorf("got %v", err)
	}
	if c.Now().Sub(before) > time.Minute {
		t.Error("the clock went on")
	}
}

func TestPulseInRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clock{}
		start := c.Now()
		a := &agenda{clock: c, due: []time.Time{start.Add(time.Second), start.Add(time.Hour)}}
		p := newPulse(c, a.tick, settledAtOnce, quiet())
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go p.run(ctx)
		after := func(wait time.Duration, look func()) {
			time.Sleep(wait)
			synctest.Wait()
			p.beat.Lock()
			defer p.beat.Unlock()
			look()
		}

		after(time.Second, func() {
			if len(a.done) != 1 || a.ticks != 2 {
				t.Errorf("after a second: done %v in %d ticks", a.done, a.ticks)
			}
		})
		c.set(start.Add(2 * time.Hour)) // as a system clock can jump
		after(longestSleep, func() {
			if len(a.done) != 2 {
				t.Errorf("after a jump: done %v", a.done)
			}
			a.due = []time.Time{c.Now().Add(3 * time.Second)}
		})
		p.wake()
		after(3*time.Second, func() {
			if len(a.done) != 3 {
				t.Errorf("after a wake: done %v", a.done)
			}
			a.fails, a.ticks = errors.New("full"), 0
		})
		p.wake()
		after(afterError+afterError/2, func() {
			if a.ticks != 2 {
				t.Errorf("%d ticks after a failure, want 2", a.ticks)
			}
		})
	})
}

func TestRehearsedTimeGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clock{}
		from := time.Date(2027, 1, 12, 8, 30, 0, 0, time.UTC)
		c.set(from)
		time.Sleep(90 * time.Second)
		if got := c.Now(); !got.Equal(from.Add(90 * time.Second)) {
			t.Errorf("got %v", got)
		}
		c.forward(from)
		if got := c.Now(); !got.Equal(from.Add(90 * time.Second)) {
			t.Errorf("went back to %v", got)
		}
		if s := c.Now().String(); strings.Contains(s, "m=") {
			t.Errorf("monotonic reading in %s", s)
		}
	})
}
