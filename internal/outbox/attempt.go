package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
)

const (
	firstWait = time.Second     // after a first failure; doubles with each
	longWait  = 5 * time.Minute // and grows no further
	patience  = time.Minute     // for one delivery
)

// attempt is one delivery and what came of it.
type attempt struct {
	chat.Delivery
	nr      int // place in the queue
	number  int // how many attempts, this one included
	id      chat.PostID
	failure *chat.Failure // nil: it landed
}

func (a *attempt) refused() bool {
	return a.failure != nil && a.failure.Outcome == chat.Refused
}

// step writes down what came of the last attempt, if any, and in the same
// transaction that the next one begins, if it may. Without a next one, until
// tells when the lane can go on; it is zero when nothing waits.
func (d *Dispatcher) step(ctx context.Context, to chat.To, last *attempt, goOn bool) (next *attempt, until time.Time, err error) {
	now, jitter := d.now(), d.rand()
	err = d.db.Update(ctx, func(tx kv.Tx) error {
		next, until = nil, time.Time{}
		if last != nil {
			if err := d.settle(tx, last, now, jitter); err != nil {
				return err
			}
		}
		l, found, err := lanes.Get(tx, parts(to)...)
		if err != nil || !found {
			return err
		}
		if l.waits(now) {
			until = l.NotBefore
			return nil
		}
		until = now
		if goOn {
			next, err = begin(tx, to, now)
		}
		return err
	})
	return next, until, err
}

// begin writes down that the first post of a lane is attempted.
func begin(tx kv.Tx, to chat.To, now time.Time) (*attempt, error) {
	first, found, err := head(tx, to)
	if err == nil && !found {
		err = errors.New("outbox: lane without a queue")
	}
	if err != nil {
		return nil, err
	}
	s, err := known(tx, first.Key)
	if err != nil {
		return nil, err
	}
	a := &attempt{nr: first.Nr, Delivery: chat.Delivery{
		Key: s.Post.Key, To: s.Post.To, Edits: s.ID, Body: s.Post.Body,
	}}
	if s.Post.Under != "" && !s.Alone {
		// A root that was buried leaves its replies at the top level.
		root, err := known(tx, s.Post.Under)
		if err != nil {
			return nil, err
		}
		a.Under = root.ID
	}

	// An edit can be repeated without looking first. Who looks for a new post
	// may find it with the body that went out first: Tried stays at that, and
	// a newer body follows as an edit.
	a.Unsure = s.Unsure && s.ID == ""
	if a.Unsure {
		a.Since = s.Since
	} else {
		s.Unsure, s.Since, s.Tried = true, now, s.Wanted
	}
	if s.First.IsZero() {
		s.First = now
	}
	s.Attempts++
	a.number = s.Attempts
	return a, posts.Put(tx, s, s.Post.Key)
}

// settle writes down what came of an attempt. It reads the post afresh: a
// Replace may have come in between.
func (d *Dispatcher) settle(tx kv.Tx, a *attempt, now time.Time, jitter float64) error {
	s, err := known(tx, a.Key)
	if err != nil {
		return err
	}
	switch {
	case a.failure == nil:
		return land(tx, s, a)
	case a.refused() && a.Under != "" && a.Edits == "":
		// Somebody may have deleted the thread. What follows must still be read.
		s.Alone, s.Unsure, s.Since = true, false, time.Time{}
		return posts.Put(tx, s, a.Key)
	case a.refused():
		return d.bury(tx, s, a)
	case a.failure.Outcome == chat.NotSent:
		s.Unsure = a.Unsure // this attempt did not land; an earlier one still may have
		if !s.Unsure {
			s.Since = time.Time{}
		}
		if a.failure.After > 0 {
			s.Attempts--
			return posts.Put(tx, s, a.Key)
		}
		if err := posts.Put(tx, s, a.Key); err != nil {
			return err
		}
	}
	l := lane{To: a.To, NotBefore: now.Add(backoff(s.Attempts, jitter))}
	return lanes.Put(tx, l, parts(a.To)...)
}

func land(tx kv.Tx, s Status, a *attempt) error {
	if err := dequeue(tx, a.To, a.nr); err != nil {
		return err
	}
	if err := posted.Put(tx, a.Key, a.To.Platform, a.To.Workspace, string(a.id)); err != nil {
		return err
	}
	s.ID, s.Sent = a.id, s.Tried
	s.settled(Sent)
	if s.Sent < s.Wanted {
		return enqueue(tx, s)
	}
	return posts.Put(tx, s, a.Key)
}

func (d *Dispatcher) bury(tx kv.Tx, s Status, a *attempt) error {
	if err := dequeue(tx, a.To, a.nr); err != nil {
		return err
	}
	s.settled(Buried)
	s.Reason = reason(a.failure)
	if err := graves.Put(tx, s.Reason, a.Key); err != nil {
		return err
	}
	if err := posts.Put(tx, s, a.Key); err != nil {
		return err
	}
	if d.buried == nil || a.To.User != "" {
		return nil
	}
	return d.buried(tx, s.Post, s.Reason)
}

// settled forgets the attempts.
func (s *Status) settled(state State) {
	s.State, s.Attempts, s.Unsure = state, 0, false
	s.Since, s.First = time.Time{}, time.Time{}
}

// backoff is the wait after a number of failed attempts, between half and all
// of what doubling gives; jitter is in [0, 1).
func backoff(attempts int, jitter float64) time.Duration {
	wait := longWait
	if shift := max(attempts-1, 0); shift < 16 {
		wait = min(firstWait<<shift, longWait)
	}
	return wait/2 + time.Duration(jitter*float64(wait/2))
}

// deliver makes the attempt, and notes what came of it.
func (d *Dispatcher) deliver(ctx context.Context, p chat.Platform, a *attempt) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	id, err := d.guarded(ctx, p, a.Delivery)
	if err == nil && id == "" {
		err = &chat.Failure{Outcome: chat.Unknown, Err: errors.New("the platform gave no id")}
	}
	if err == nil {
		a.id = id
		d.noteSuccess(a.To.Platform)
		return
	}

	f := asFailure(err)
	a.failure = f
	if !f.Turn {
		d.noteFailure(a.To.Platform, f)
	}
	if f.After > 0 {
		held := workspace(a.To)
		if f.Here {
			held = a.To
		}
		now := d.now()
		d.pause(held, now, now.Add(f.After))
	}
	log := d.log.With("post", a.Key, "platform", a.To.Platform, "workspace", a.To.Workspace,
		"channel", a.To.Channel, "user", a.To.User, "edit", a.Edits != "", "attempt", a.number, "reason", reason(f))
	switch {
	case f.Turn:
		log.Debug("outbox: waits for its turn", "wait", f.After)
	case f.Outcome == chat.Refused:
		log.Error("outbox: refused for good, post is buried")
	case f.Outcome == chat.NotSent && f.After > 0:
		log.Info("outbox: platform asks to wait", "wait", f.After)
	case bits.OnesCount(uint(a.number)) == 1: // 1, 2, 4, 8 ...: ever more rarely
		log.Warn("outbox: not delivered, will be tried again", "may_be_there", f.Outcome != chat.NotSent)
	}
}

// guarded calls the adapter; a panic there is a failure like any other.
func (d *Dispatcher) guarded(ctx context.Context, p chat.Platform, delivery chat.Delivery) (id chat.PostID, err error) {
	defer func() {
		if v := recover(); v != nil {
			d.log.Error("outbox: panic in delivery", "post", delivery.Key, "stack", string(debug.Stack()))
			err = &chat.Failure{Outcome: chat.Unknown, Err: panicError(v)}
		}
	}()
	return p.Deliver(ctx, delivery)
}

// panicError tells only what the Go runtime says itself: any other panic
// value may carry content.
func panicError(v any) error {
	if err, ok := v.(runtime.Error); ok {
		return fmt.Errorf("panic: %w", err)
	}
	return fmt.Errorf("panic with a %T", v)
}

// asFailure trusts only a Failure to be fit for the log.
func asFailure(err error) *chat.Failure {
	var f *chat.Failure
	if !errors.As(err, &f) || f == nil {
		return &chat.Failure{Outcome: chat.Unknown, Err: fmt.Errorf("unexpected %T", err)}
	}
	if f.Err == nil {
		return &chat.Failure{Outcome: f.Outcome, After: f.After, Here: f.Here, Turn: f.Turn, Err: errors.New("no reason given")}
	}
	return f
}

func reason(f *chat.Failure) string {
	const long = 300
	text := f.Err.Error()
	if len(text) > long {
		text = strings.ToValidUTF8(text[:long], "") + "..."
	}
	return text
}
