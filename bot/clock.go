package main

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// clock is the time that Kansbot lives by: real time, and in a rehearsal or
// the practice room real time put forward. Adapters that talk to real servers
// keep real time.
type clock struct{ offset atomic.Int64 }

// Now has no monotonic reading: after a laptop's sleep the wall counts.
func (c *clock) Now() time.Time {
	return time.Now().Round(0).Add(time.Duration(c.offset.Load())).UTC()
}

// set makes it t now.
func (c *clock) set(t time.Time) { c.offset.Store(int64(t.Sub(time.Now().Round(0)))) }

// forward is set, but never back.
func (c *clock) forward(t time.Time) {
	if t.After(c.Now()) {
		c.set(t)
	}
}

const (
	longestSleep = 30 * time.Second // however the system's clock jumps, nothing is later than this
	afterError   = 5 * time.Second
)

// pulse does what falls due, when it falls due.
type pulse struct {
	clock *clock
	// tick does all that is due now and tells when the next is; zero for never.
	tick func(context.Context) (time.Time, error)
	// settled returns when the posts that may be sent now have been tried.
	settled func(context.Context) error
	log     *slog.Logger

	beat  sync.Mutex // one tick at a time
	waken chan struct{}
}

func newPulse(c *clock, tick func(context.Context) (time.Time, error), settled func(context.Context) error, log *slog.Logger) *pulse {
	return &pulse{clock: c, tick: tick, settled: settled, log: log, waken: make(chan struct{}, 1)}
}

// wake makes run look for what is due: an event may have put something there.
func (p *pulse) wake() {
	select {
	case p.waken <- struct{}{}:
	default:
	}
}

// run ticks until ctx ends.
func (p *pulse) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-p.waken:
		}
		timer.Reset(p.once(ctx))
	}
}

// once ticks, and tells how long run may sleep.
func (p *pulse) once(ctx context.Context) time.Duration {
	p.beat.Lock()
	defer p.beat.Unlock()
	next, err := p.tick(ctx)
	switch {
	case ctx.Err() != nil:
		return longestSleep
	case err != nil:
		p.log.Error("what was due has not all been done", "err", err)
		return afterError
	case next.IsZero():
		return longestSleep
	}
	return min(max(next.Sub(p.clock.Now()), 0), longestSleep)
}

// advance puts the clock forward, past everything that falls due on the way:
// each at its own moment, with its posts sent before the next.
func (p *pulse) advance(ctx context.Context, by time.Duration) error {
	p.beat.Lock()
	defer p.beat.Unlock()
	defer p.wake()
	target := p.clock.Now().Add(by)
	for {
		next, err := p.tick(ctx)
		if err == nil {
			err = p.settled(ctx)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if !next.IsZero() && next.Before(target) {
			p.clock.forward(next)
			continue
		}
		if !p.clock.Now().Before(target) {
			return nil
		}
		p.clock.forward(target)
	}
}
