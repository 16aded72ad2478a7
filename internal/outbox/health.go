package outbox

import (
	"context"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
)

// Health is how the outbox is doing.
type Health struct {
	Waiting int           // posts and edits in the queue
	Oldest  time.Duration // since the first attempt of the one longest tried and still waiting
	Buried  int
	Failing map[string]string // by platform: why its last delivery did not get through, if it did not
}

// Health reads it; the cost grows with what waits, not with what was sent.
func (d *Dispatcher) Health(ctx context.Context) (Health, error) {
	var h Health
	now := d.now()
	err := d.db.View(ctx, func(tx kv.Tx) error {
		h = Health{}
		waiting, err := lanes.All(tx)
		if err != nil {
			return err
		}
		for _, l := range waiting {
			if err := h.count(tx, l, now); err != nil {
				return err
			}
		}
		return graves.Each(tx, func(string) error { h.Buried++; return nil })
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	h.Failing = make(map[string]string, len(d.failing))
	for platform, why := range d.failing {
		h.Failing[platform] = why
	}
	return h, err
}

func (h *Health) count(tx kv.Tx, l lane, now time.Time) error {
	first, _, err := head(tx, l.To)
	if err != nil {
		return err
	}
	s, err := known(tx, first.Key)
	if err != nil {
		return err
	}
	if !s.First.IsZero() {
		h.Oldest = max(h.Oldest, now.Sub(s.First))
	}
	return queue.Each(tx, func(place) error { h.Waiting++; return nil }, parts(l.To)...)
}

// Counts are totals since New.
type Counts struct {
	Delivered uint64 // posts and edits
	Failed    uint64 // attempts, those refused included
	Refused   uint64
}

// Counts reads them; it costs nothing.
func (d *Dispatcher) Counts() Counts {
	return Counts{d.delivered.Load(), d.failed.Load(), d.refused.Load()}
}

func (d *Dispatcher) noteSuccess(platform string) {
	d.delivered.Add(1)
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.failing, platform)
}

func (d *Dispatcher) noteFailure(platform string, f *chat.Failure) {
	d.failed.Add(1)
	d.mu.Lock()
	defer d.mu.Unlock()
	if f.Outcome == chat.Refused {
		d.refused.Add(1)
		delete(d.failing, platform) // it works; one post does not
		return
	}
	d.failing[platform] = reason(f)
}
