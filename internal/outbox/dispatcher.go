package outbox

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
)

const (
	workers    = 8                // measured: a chat server is no faster with more
	most       = 256              // deliveries at once in all, over many workspaces
	burst      = 32               // posts in a row before a lane lets others go first
	longest    = 30 * time.Second // between two looks at the store
	storePause = 10 * time.Second // for a lane after the store failed
	grace      = 10 * time.Second // for deliveries in flight when Run must end
	lastCall   = 2 * time.Second  // for an adapter to notice that its context ended
)

// Options of a Dispatcher. Now is required.
type Options struct {
	Now func() time.Time // called from any goroutine; may jump
	Log *slog.Logger     // nil: no log

	// Buried is called in the transaction that buries a post, maybe more than
	// once: it touches nothing but tx. It may Put. Not called for a direct
	// message, so that a notice of a burial causes no further notice. When it
	// fails the post is not buried, and is tried again.
	Buried func(tx kv.Tx, post chat.Post, reason string) error

	Workers int            // deliveries at once per workspace; 0 means 8
	Rand    func() float64 // in [0, 1), from any goroutine; nil: math/rand
}

// Dispatcher delivers what is in the outbox. There must be only one at work
// on a store at a time.
type Dispatcher struct {
	db        kv.DB
	platforms map[string]chat.Platform
	now       func() time.Time
	rand      func() float64
	log       *slog.Logger
	buried    func(kv.Tx, chat.Post, string) error
	workers   int

	wake   chan struct{}
	drains chan chan struct{}

	delivered, failed, refused atomic.Uint64

	mu      sync.Mutex
	failing map[string]string // by platform
	pauses  map[chat.To]pause // of a lane, or of a workspace: then with neither Channel nor User
}

// New makes a Dispatcher. Posts for other platforms than these stay waiting.
func New(db kv.DB, platforms []chat.Platform, o Options) *Dispatcher {
	d := &Dispatcher{
		db:        db,
		platforms: make(map[string]chat.Platform),
		now:       o.Now,
		rand:      o.Rand,
		log:       o.Log,
		buried:    o.Buried,
		workers:   o.Workers,
		wake:      make(chan struct{}, 1),
		drains:    make(chan chan struct{}),
		failing:   make(map[string]string),
		pauses:    make(map[chat.To]pause),
	}
	for _, p := range platforms {
		if p != nil {
			d.platforms[p.Name()] = p
		}
	}
	if d.rand == nil {
		d.rand = rand.Float64
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.workers <= 0 {
		d.workers = workers
	}
	return d
}

// Wake makes Run look for posts: to be called after a commit that put any, and
// after the clock jumped. It never waits, and may be called before Run.
func (d *Dispatcher) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Drain waits until all that was put before and may be sent now has been
// attempted. It needs a Run at work.
func (d *Dispatcher) Drain(ctx context.Context) error {
	drained := make(chan struct{})
	select {
	case d.drains <- drained:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run delivers until ctx ends. Then it begins nothing new, gives what is in
// flight some seconds to finish, and returns nil; or an error when an adapter
// does not heed the end of its context. It is called once.
func (d *Dispatcher) Run(ctx context.Context) error {
	inFlight, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	r := &run{
		Dispatcher: d,
		ctx:        ctx,
		inFlight:   inFlight,
		line:       make(map[chat.To][]chat.To),
		busy:       make(map[chat.To]int),
		phases:     make(map[chat.To]phase),
		unknown:    make(map[string]bool),
		done:       make(chan done, most),
	}
	r.loop()
	return r.finish(cancel)
}

// run is the state of Run. It knows the lanes that are ready or running; all
// others, waiting or idle, are in the store only.
type run struct {
	*Dispatcher
	ctx      context.Context       // ends when Run must
	inFlight context.Context       // of the deliveries; ends later
	line     map[chat.To][]chat.To // lanes ready, by workspace
	busy     map[chat.To]int       // lanes running, by workspace
	running  int                   // lanes running in all
	phases   map[chat.To]phase
	unknown  map[string]bool // platforms that are not configured
	done     chan done       // has room for all that run
	next     time.Time       // when to look again at the latest
	waiters  []chan struct{} // of Drain
}

type phase int

const (
	ready   phase = iota + 1
	running       // a worker has the lane
	missed        // running, and a look at the store found posts in it since
)

// done is how a worker leaves a lane.
type done struct {
	to    chat.To
	until time.Time // when it can go on; zero when it is empty
	look  bool      // other lanes may have got posts
}

func (r *run) loop() {
	timer := time.NewTimer(longest)
	defer timer.Stop()
	stale := true
	for {
		if stale {
			stale = !r.look()
		}
		r.start()
		if !stale && len(r.phases) == 0 {
			for _, drained := range r.waiters {
				close(drained)
			}
			r.waiters = nil
		}
		timer.Reset(min(max(r.next.Sub(r.now()), 0), longest))
		select {
		case <-r.ctx.Done():
			return
		case <-timer.C:
			stale = true
		case <-r.wake:
			stale = true
		case drained := <-r.drains:
			r.waiters = append(r.waiters, drained)
			stale = true
		case w := <-r.done:
			if r.leave(w) {
				stale = true
			}
		}
	}
}

// look finds the lanes in the store that can go on now. It reports whether
// the store could be read.
func (r *run) look() bool {
	now := r.now()
	r.next = now.Add(longest)
	var waiting []lane
	err := r.db.View(r.ctx, func(tx kv.Tx) (err error) {
		waiting, err = lanes.All(tx)
		return err
	})
	if err != nil {
		if r.ctx.Err() == nil {
			r.log.Error("outbox: cannot read the store", "err", err)
		}
		r.next = now.Add(storePause)
		return false
	}
	r.prune(now)
	for _, l := range waiting {
		if r.platforms[l.To.Platform] == nil {
			if !r.unknown[l.To.Platform] {
				r.unknown[l.To.Platform] = true
				r.log.Warn("outbox: posts wait for a platform that is not configured", "platform", l.To.Platform)
			}
			continue
		}
		switch r.phases[l.To] {
		case running:
			r.phases[l.To] = missed
		case 0:
			r.enlist(l.To, l.from(now), now)
		}
	}
	return true
}

// enlist makes a lane ready, or remembers when it will be.
func (r *run) enlist(to chat.To, notBefore, now time.Time) {
	if held := r.paused(to, now); held.After(notBefore) {
		notBefore = held
	}
	if notBefore.After(now) {
		if notBefore.Before(r.next) {
			r.next = notBefore
		}
		return
	}
	r.phases[to] = ready
	r.line[workspace(to)] = append(r.line[workspace(to)], to)
}

// workspace is the part of an address that a whole workspace shares.
func workspace(to chat.To) chat.To { return chat.To{Platform: to.Platform, Workspace: to.Workspace} }

// start gives ready lanes to free workers; within a workspace first come first
// served.
func (r *run) start() {
	for place, list := range r.line {
		if r.running == most {
			return
		}
		for len(list) > 0 && r.busy[place] < r.workers && r.running < most {
			to := list[0]
			list = list[1:]
			r.phases[to] = running
			r.busy[place]++
			r.running++
			go func() { r.done <- r.work(to) }()
		}
		if len(list) == 0 {
			delete(r.line, place)
		} else {
			r.line[place] = list
		}
	}
}

// work delivers from a lane for as long as it may.
func (r *run) work(to chat.To) done {
	w := done{to: to}
	var last *attempt
	for n := 0; ; n++ {
		goOn := n < burst && r.ctx.Err() == nil && r.paused(to, r.now()).IsZero()
		// What came of an attempt is written down even when time is up.
		next, until, err := r.step(context.WithoutCancel(r.inFlight), to, last, goOn)
		if err != nil {
			// What came of the last attempt is lost: it counts as unsure.
			r.log.Error("outbox: cannot write to the store", "platform", to.Platform, "err", err)
			now := r.now()
			w.until = now.Add(storePause)
			r.pause(to, now, w.until)
			return w
		}
		if last != nil && last.refused() {
			w.look = true // Buried may have put a post
		}
		if next == nil {
			w.until = until
			return w
		}
		r.deliver(r.inFlight, r.platforms[to.Platform], next)
		last = next
	}
}

// leave takes a lane back from its worker, and reports whether the store may
// have posts that nobody looked at yet.
func (r *run) leave(w done) (look bool) {
	missed := r.phases[w.to] == missed
	delete(r.phases, w.to)
	r.left(w.to)
	if !w.until.IsZero() {
		r.enlist(w.to, w.until, r.now())
		return w.look
	}
	return w.look || missed && !r.lookAt(w.to)
}

// lookAt is look for a lane of which the worker saw the end: posts may have
// come since.
func (r *run) lookAt(to chat.To) bool {
	var l lane
	found := false
	err := r.db.View(r.ctx, func(tx kv.Tx) (err error) {
		l, found, err = lanes.Get(tx, parts(to)...)
		return err
	})
	if err != nil {
		return false
	}
	if now := r.now(); found {
		r.enlist(to, l.from(now), now)
	}
	return true
}

func (r *run) left(to chat.To) {
	r.running--
	if r.busy[workspace(to)]--; r.busy[workspace(to)] == 0 {
		delete(r.busy, workspace(to))
	}
}

// finish waits for the workers.
func (r *run) finish(cancel func()) error {
	defer time.AfterFunc(grace, cancel).Stop()
	late := time.NewTimer(grace + lastCall)
	defer late.Stop()
	for r.running > 0 {
		select {
		case w := <-r.done:
			r.left(w.to)
		case <-late.C:
			return errors.New("outbox: a delivery does not end")
		}
	}
	return nil
}

// pause is how long a lane or a workspace is held.
type pause struct{ since, until time.Time }

// holds: a pause that begins later than now was set before the clock was.
func (p pause) holds(now time.Time) bool { return !now.Before(p.since) && now.Before(p.until) }

// pause holds a lane or a workspace from now until a moment, or a later one set
// before.
func (d *Dispatcher) pause(to chat.To, now, until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if before := d.pauses[to]; !before.holds(now) || until.After(before.until) {
		d.pauses[to] = pause{now, until}
	}
}

// paused is the moment until which a lane is held; not after now when it is not.
func (d *Dispatcher) paused(to chat.To, now time.Time) (until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, held := range []chat.To{to, workspace(to)} {
		if p := d.pauses[held]; p.holds(now) && p.until.After(until) {
			until = p.until
		}
	}
	return until
}

// prune forgets pauses that are over.
func (d *Dispatcher) prune(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for to, p := range d.pauses {
		if !p.holds(now) {
			delete(d.pauses, to)
		}
	}
}
