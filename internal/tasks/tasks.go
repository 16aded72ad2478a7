// Package tasks is a line of things to do, in which each stands once.
package tasks

import (
	"context"
	"sync"
)

// Line is fit for any number of goroutines that add, and one that does.
type Line[T comparable] struct {
	mu      sync.Mutex
	waiting []T
	queued  map[T]bool
	wake    chan struct{}
}

// NewLine makes an empty line.
func NewLine[T comparable]() *Line[T] {
	return &Line[T]{queued: make(map[T]bool), wake: make(chan struct{}, 1)}
}

// Add puts t at the end, unless it is waiting already.
func (l *Line[T]) Add(t T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queued[t] {
		return
	}
	l.queued[t] = true
	l.waiting = append(l.waiting, t)
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Take takes the first one, if there is one.
func (l *Line[T]) Take() (t T, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		return t, false
	}
	t, l.waiting = l.waiting[0], l.waiting[1:]
	delete(l.queued, t)
	return t, true
}

// Next waits for the first one; false when ctx ended before.
func (l *Line[T]) Next(ctx context.Context) (t T, ok bool) {
	for ctx.Err() == nil {
		if t, ok := l.Take(); ok {
			return t, true
		}
		select {
		case <-ctx.Done():
		case <-l.wake:
		}
	}
	return t, false
}
