// Package cache remembers for a while what a platform said.
package cache

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Cache remembers up to most values, and forgets the older half of them when it is
// full. The zero Cache is empty, and fit for any number of goroutines.
type Cache[V any] struct {
	mu   sync.Mutex
	kept map[string]entry[V]
}

type entry[V any] struct {
	value V
	at    time.Time
}

const most = 20_000

// Get finds what was put after since.
func (c *Cache[V]) Get(key string, since time.Time) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.kept[key]
	return e.value, ok && e.at.After(since)
}

// Put remembers a value as of now.
func (c *Cache[V]) Put(key string, v V, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = make(map[string]entry[V])
	}
	if _, known := c.kept[key]; !known && len(c.kept) >= most {
		byAge := slices.SortedFunc(maps.Keys(c.kept), func(a, b string) int { return c.kept[a].at.Compare(c.kept[b].at) })
		for _, old := range byAge[:most/2] {
			delete(c.kept, old)
		}
	}
	c.kept[key] = entry[V]{v, now}
}

// Drop forgets a value.
func (c *Cache[V]) Drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.kept, key)
}
