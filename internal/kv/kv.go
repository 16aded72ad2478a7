// Package kv is the storage port: ordered keys in transactions.
//
// A driver (adapters/bolt, adapters/postgres) stores; internal/store gives the
// keys and values their meaning. kvtest.Run is what every driver must pass.
package kv

import (
	"context"
	"errors"
)

// ErrTooLarge is returned by Put for a key over MaxKey or a value over MaxValue.
var ErrTooLarge = errors.New("kv: key or value too large")

// Limits every driver accepts, in bytes.
const (
	MaxKey   = 1 << 10
	MaxValue = 1 << 20
)

// DB is an ordered map of bytes to bytes with serializable transactions. A
// transaction whose ctx ends before fn starts returns the ctx error and runs
// nothing. fn must not call the DB: that may wait for itself.
type DB interface {
	// View runs fn on a consistent snapshot. Put and Delete fail in it.
	View(ctx context.Context, fn func(Tx) error) error

	// Update runs fn and commits what it did, or nothing when fn returns an
	// error or panics. When Update returns nil the change is durable: it
	// survives a power cut. When the commit itself fails, the change may turn
	// out to be there or not. fn may run more than once (after a conflict), so
	// it must touch nothing but tx. Updates see each other's effects as if they
	// ran one by one.
	Update(ctx context.Context, fn func(Tx) error) error

	// Close waits for running transactions. Calls after it fail; another Close
	// does no harm.
	Close() error
}

// Tx is valid only while the function that received it runs, and only on that
// goroutine. Keys are not empty. Slices it hands out are valid until that
// function returns or the next Put or Delete; they must not be changed.
type Tx interface {
	// Get returns nil, nil when the key is absent. A stored empty value comes
	// back as an empty, non-nil slice.
	Get(key []byte) ([]byte, error)
	// Put keeps neither slice. A nil value is an empty one; an empty key fails.
	Put(key, value []byte) error
	// Delete of an absent key is no error.
	Delete(key []byte) error
	// Scan calls fn for every key with from <= key < to in byte order, until
	// fn returns an error, which Scan passes on. An empty to means "to the
	// end". fn must not Put or Delete.
	Scan(from, to []byte, fn func(key, value []byte) error) error
}
