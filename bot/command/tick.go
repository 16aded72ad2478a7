package command

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/store"
	"kansbot/internal/text"
)

const (
	// maxLate is how late a reminder for a meeting is still worth posting.
	maxLate = 2 * time.Hour
	// noticeLate is from when on a late reminder says that it is late.
	noticeLate = 5 * time.Minute
	// batch is how many due moments share a transaction, and smallBatch how many
	// that read a lot: home pages, overviews, and all posts of a kernteam.
	batch      = 512
	smallBatch = 16
	// again is when a due moment that failed is tried anew.
	again = 15 * time.Minute
)

// Tick does everything that is due by now, in order, and says when the next
// thing is due; zero when nothing is.
func (b *Bot) Tick(ctx context.Context) (next time.Time, err error) {
	for {
		now := b.Now()
		var list []store.Due
		err = b.DB.View(ctx, func(tx kv.Tx) (err error) {
			if list, err = store.DueBy(tx, now, batch); err != nil || len(list) > 0 {
				return err
			}
			next, _, err = store.NextDue(tx)
			return err
		})
		if err != nil || len(list) == 0 {
			return next, err
		}
		list = together(list)
		if err := b.fire(ctx, now, list); err == nil {
			b.Wake()
			continue
		}
		for _, d := range list {
			if err := b.fire(ctx, now, []store.Due{d}); err != nil {
				if err := b.putOff(ctx, now, d, err); err != nil {
					return next, err
				}
			}
		}
		b.Wake()
	}
}

// together are the first due moments that share a transaction. Those that read
// a lot do with few others: nobody's answer has to wait for a row of them.
func together(list []store.Due) []store.Due {
	size := share(list[0])
	n := slices.IndexFunc(list, func(d store.Due) bool { return share(d) != size })
	if n < 0 {
		n = len(list)
	}
	return list[:min(n, size)]
}

func share(d store.Due) int {
	switch d.Kind {
	case homeDue, weeklyDue, weekDue, "erase":
		return smallBatch
	}
	return batch
}

// fire runs due moments in one transaction; each is gone, unless it set itself
// a new moment.
func (b *Bot) fire(ctx context.Context, now time.Time, list []store.Due) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panicked(cause)
		}
	}()
	return b.DB.Update(ctx, func(tx kv.Tx) error {
		// Neighbours in time are often of one kernteam: read it once.
		teams := map[string]*Request{}
		for _, d := range list {
			still, err := store.Take(tx, d)
			if err != nil {
				return err
			}
			if !still {
				continue
			}
			r := teams[d.Team]
			if r == nil {
				r = &Request{bot: b, tx: tx, now: now, lang: text.NL}
				k, found, err := store.Kernteams.Get(tx, d.Team)
				if err != nil {
					return err
				}
				if d.Team != "" && !found {
					continue
				}
				r.in(k)
				teams[d.Team] = r
			}
			run, found := dues[d.Kind]
			if !found {
				b.Log.Error("due moment of unknown kind dropped", "kind", d.Kind, "team", d.Team, "nr", d.Nr)
				continue
			}
			if err = cmp.Or(run(r, d), r.broken); err == nil {
				err = r.touched()
			}
			if err != nil {
				return fmt.Errorf("due %s: %w", d.Kind, err)
			}
		}
		return nil
	})
}

// putOff keeps a due moment that failed, for a while later.
func (b *Bot) putOff(ctx context.Context, now time.Time, d store.Due, cause error) error {
	b.Log.Error("due moment failed", "kind", d.Kind, "team", d.Team, "nr", d.Nr, "err", cause)
	d.At = now.Add(again)
	return b.DB.Update(ctx, func(tx kv.Tx) error { return store.Schedule(tx, d) })
}

// atWork: it is an hour of a school day at which a reminder may come.
func (r *Request) atWork() bool { return !r.calendar().Working(r.now).After(r.now) }

// asleep puts a due moment off when people are not at work: a machine that was
// off catches up when they are.
func (r *Request) asleep(d store.Due) (bool, error) {
	if r.atWork() {
		return false, nil
	}
	d.At = r.calendar().Working(r.now)
	return true, store.Schedule(r.tx, d)
}

// Buried tells the chair, in the burying transaction, that a post for the
// kernteam's channel could not be delivered. That a direct message could not
// is for the log alone.
func (b *Bot) Buried(tx kv.Tx, post chat.Post, _ string) error {
	if post.To.Channel == "" {
		return nil
	}
	k, found, err := store.At(tx, post.To.Platform, post.To.Workspace, post.To.Channel)
	if err != nil || !found {
		return err
	}
	r := &Request{bot: b, tx: tx, now: b.Now()}
	r.in(k)
	if err := r.did("post.buried", post.Key); err != nil {
		return err
	}
	if !r.hasChair() {
		return r.broken
	}
	// One a day: a channel that is gone refuses many.
	return r.direct("buried/"+k.ID+"/"+r.today().String(), k.Chair, r.view().Buried())
}
