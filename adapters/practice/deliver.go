package practice

import (
	"context"
	"errors"
	"fmt"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
)

// Deliver makes or changes one post. A Key that is already in the room gives
// the post that has it, so a repeated attempt makes nothing.
func (r *Room) Deliver(ctx context.Context, d chat.Delivery) (chat.PostID, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d.Edits != "" {
		return r.edit(ctx, d)
	}
	if p := r.post(func(p *Post) bool { return p.Key != "" && p.Key == d.Key }); p != nil {
		return p.ID, nil
	}
	p := Post{Key: d.Key, Channel: d.To.Channel, User: d.To.User, Under: d.Under, Body: d.Body}
	if err := r.fits(d.To); err != nil {
		return "", refused(err)
	}
	if p.Under != "" {
		root := r.post(func(q *Post) bool { return q.ID == d.Under && q.Channel == p.Channel && q.User == p.User })
		if root == nil {
			return "", refused(errors.New("practice: the thread is not in that conversation"))
		}
		if root.Under != "" { // threads are one deep
			p.Under = root.Under
		}
	}
	if err := r.add(ctx, p); err != nil {
		return "", err
	}
	return r.posts[len(r.posts)-1].ID, nil
}

func (r *Room) edit(ctx context.Context, d chat.Delivery) (chat.PostID, error) {
	old := r.post(func(p *Post) bool { return p.ID == d.Edits && p.From == "" })
	if old == nil {
		return "", refused(errors.New("practice: the post to change is not there"))
	}
	changed := *old
	changed.Body, changed.Edited = d.Body, r.opt.Clock.Now().UTC()
	return changed.ID, failed(r.save(ctx, changed))
}

// add gives p an id and the time, and keeps it. Callers hold r.mu.
func (r *Room) add(ctx context.Context, p Post) error {
	p.Seq = r.next()
	p.ID, p.At = chat.PostID(fmt.Sprintf("p%d", p.Seq)), r.opt.Clock.Now().UTC()
	return failed(r.save(ctx, p))
}

func (r *Room) fits(to chat.To) error {
	if to.Channel != "" {
		if _, ok := r.channel(to.Channel); ok && to.User == "" {
			return nil
		}
	} else if _, ok := r.person(to.User); ok {
		return nil
	}
	return errors.New("practice: no such channel or person")
}

// failed sorts a failure to store: a transaction that returns an error did
// nothing, so trying again is safe, unless the post can never fit.
func failed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, kv.ErrTooLarge):
		return refused(err)
	default:
		return &chat.Failure{Outcome: chat.NotSent, Err: err}
	}
}

func refused(err error) error { return &chat.Failure{Outcome: chat.Refused, Err: err} }

func privateID(seq uint64) string { return fmt.Sprintf("o%d", seq) }
