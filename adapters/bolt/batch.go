package bolt

import (
	"context"
	"errors"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"kansbot/internal/kv"
)

// maxBatch bounds how many updates share a commit, and so how long the first
// one waits for the last.
const maxBatch = 256

// errBroken is what a batch ends with when it got stuck halfway.
var errBroken = errors.New("bolt: transaction broken off")

// batch is one bbolt transaction that updates share. Whoever holds it runs its
// function, then passes it to an update that is waiting, or else commits it
// for all who took part.
type batch struct {
	btx     *bbolt.Tx
	bucket  *bbolt.Bucket
	size    int
	changed bool
	err     error // why the batch is not, or was not, committed
	done    chan struct{}
}

// Update implements kv.DB. Every fn runs once, on the goroutine that called,
// so a panic takes its natural way up. When ctx ends before fn has its turn,
// fn does not run; after that Update waits for the commit. A commit that fails
// is returned to all who shared it, whatever their fn returned: what they read
// may have come from a neighbour.
func (db *DB) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b, err := db.turn(ctx)
	if err != nil {
		return err
	}
	err = db.run(b, fn)
	<-b.done
	if b.err != nil {
		return b.err
	}
	return err
}

// turn waits until it is handed the open batch or may begin a new one.
func (db *DB) turn(ctx context.Context) (*batch, error) {
	select {
	case b := <-db.join:
		return b, nil
	case <-db.idle:
	case <-db.closing:
		return nil, bbolterrors.ErrDatabaseNotOpen
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	btx, err := db.bolt.Begin(true)
	if err != nil {
		db.idle <- struct{}{}
		return nil, err
	}
	return &batch{btx: btx, bucket: btx.Bucket(bucketName), done: make(chan struct{})}, nil
}

// run leaves b without a trace of fn unless fn returns nil. The batch moves on
// in every case, also when fn panics or ends its goroutine.
func (db *DB) run(b *batch, fn func(kv.Tx) error) error {
	defer db.pass(b)
	t := &tx{bucket: b.bucket}
	keep := false
	defer func() {
		if keep {
			b.changed = b.changed || len(t.undo) > 0
			return
		}
		b.err = errBroken // stands if bbolt panics below
		b.err = t.rollback()
	}()
	err := fn(t)
	keep = err == nil
	return err
}

// pass hands b to an update that is waiting at this very moment, or ends it.
func (db *DB) pass(b *batch) {
	b.size++
	if b.err == nil && b.size < maxBatch {
		select {
		case db.join <- b:
			return
		default:
		}
	}
	db.end(b)
}

func (db *DB) end(b *batch) {
	defer func() {
		b.btx.Rollback() // no effect after a commit
		close(b.done)
		db.idle <- struct{}{}
	}()
	if b.err == nil && b.changed {
		b.err = errBroken // stands if bbolt panics below
		b.err = b.btx.Commit()
	}
}
