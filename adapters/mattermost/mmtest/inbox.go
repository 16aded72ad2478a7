package mmtest

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// An inbox keeps what a user's client received until the test asks for it.
type inbox[E any] struct {
	mu      sync.Mutex
	items   []E
	changed chan struct{} // closed and replaced when something arrives
}

func newInbox[E any]() *inbox[E] { return &inbox[E]{changed: make(chan struct{})} }

func (b *inbox[E]) put(e E) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items = append(b.items, e)
	close(b.changed)
	b.changed = make(chan struct{})
}

// take removes and returns the oldest item that matches; failing that, the channel that closes at the
// next arrival.
func (b *inbox[E]) take(match func(E) bool) (item E, found bool, changed <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.items, match)
	if i < 0 {
		return item, false, b.changed
	}
	item = b.items[i]
	b.items = slices.Delete(b.items, i, i+1)
	return item, true, nil
}

// wait takes the oldest item that matches, waiting for it to arrive until the limit has passed.
func (b *inbox[E]) wait(limit time.Duration, match func(E) bool) (E, error) {
	deadline := time.After(limit)
	for {
		item, found, changed := b.take(match)
		if found {
			return item, nil
		}
		select {
		case <-changed:
		case <-deadline:
			return item, fmt.Errorf("nothing came within %v", limit)
		}
	}
}
