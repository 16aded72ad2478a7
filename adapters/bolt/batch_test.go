package bolt

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
	"pgregory.net/rapid"

	"kansbot/internal/kv"
)

// commits returns how many transactions were committed to the file, ever.
func commits(t *testing.T, db *DB) (n int) {
	t.Helper()
	err := db.bolt.View(func(btx *bbolt.Tx) error {
		n = btx.ID()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// together runs updates in a bubble of synctest so that all of them wait for
// the first one, and returns their errors.
func together(db *DB, fns ...func(kv.Tx) error) []error {
	errs := make([]error, len(fns))
	gate := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		errs[0] = db.Update(context.Background(), func(tx kv.Tx) error {
			<-gate
			return fns[0](tx)
		})
	})
	synctest.Wait()
	for i, fn := range fns[1:] {
		wg.Go(func() { errs[i+1] = db.Update(context.Background(), fn) })
	}
	synctest.Wait()
	close(gate)
	wg.Wait()
	return errs
}

func putKey(key string) func(kv.Tx) error {
	return func(tx kv.Tx) error { return tx.Put([]byte(key), []byte("v")) }
}

func wantKeys(t *testing.T, db *DB, want ...string) {
	t.Helper()
	var got []string
	err := db.View(context.Background(), func(tx kv.Tx) error {
		return tx.Scan(nil, nil, func(key, _ []byte) error {
			got = append(got, string(key))
			return nil
		})
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("keys are %q, %v; want %q", got, err, want)
	}
}

func TestWaitingUpdatesShareCommits(t *testing.T) {
	cases := []struct{ updates, commits int }{
		{1, 1}, {2, 1}, {64, 1}, {maxBatch, 1}, {maxBatch + 1, 2}, {3 * maxBatch, 3},
	}
	for _, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			db := mustOpen(t, filepath.Join(t.TempDir(), "kv"))
			before := commits(t, db)
			var keys []string
			var fns []func(kv.Tx) error
			for i := range c.updates {
				keys = append(keys, fmt.Sprintf("%04d", i))
				fns = append(fns, putKey(keys[i]))
			}
			if err := errors.Join(together(db, fns...)...); err != nil {
				t.Error(err)
			}
			if got := commits(t, db) - before; got != c.commits {
				t.Errorf("%d updates took %d commits, want %d", c.updates, got, c.commits)
			}
			wantKeys(t, db, keys...)
		})
	}
}

func TestFailuresShareNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := mustOpen(t, filepath.Join(t.TempDir(), "kv"))
		failure := errors.New("failure")
		fail := func(tx kv.Tx) error { return errors.Join(putKey("failed")(tx), failure) }

		before := commits(t, db)
		errs := together(db, fail, putKey("a"), fail, putKey("b"), fail)
		for i, want := range []error{failure, nil, failure, nil, failure} {
			if !errors.Is(errs[i], want) {
				t.Errorf("update %d: got %v, want %v", i, errs[i], want)
			}
		}
		wantKeys(t, db, "a", "b")
		if got := commits(t, db) - before; got != 1 {
			t.Errorf("took %d commits, want 1", got)
		}

		// Without a change there is nothing to commit.
		before = commits(t, db)
		together(db, fail, func(tx kv.Tx) error { return tx.Delete([]byte("absent")) }, fail)
		if got := commits(t, db) - before; got != 0 {
			t.Errorf("no change took %d commits, want 0", got)
		}
	})
}

func TestPanicInCompany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := mustOpen(t, filepath.Join(t.TempDir(), "kv"))
		gate := make(chan struct{})
		var wg sync.WaitGroup
		run := func(fn func(kv.Tx) error, wantPanic any) {
			wg.Go(func() {
				defer func() {
					if got := recover(); got != wantPanic {
						t.Errorf("recovered %v, want %v", got, wantPanic)
					}
				}()
				if err := db.Update(context.Background(), fn); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		panics := func(key string) func(kv.Tx) error {
			return func(tx kv.Tx) error { panic(errors.Join(putKey(key)(tx), errors.New(key)).Error()) }
		}
		before := commits(t, db)
		run(func(tx kv.Tx) error {
			<-gate
			return putKey("a")(tx)
		}, nil)
		run(panics("p"), "p")
		run(putKey("b"), nil)
		run(panics("q"), "q") // the last one commits for the others
		close(gate)
		wg.Wait()
		wantKeys(t, db, "a", "b")
		if got := commits(t, db) - before; got != 1 {
			t.Errorf("took %d commits, want 1", got)
		}
	})
}

func TestLoneUpdateDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := mustOpen(t, filepath.Join(t.TempDir(), "kv"))
		start := time.Now() // the bubble's clock moves only for a sleeper
		if err := db.Update(t.Context(), putKey("a")); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("waited %v for company", waited)
		}
	})
}

func TestContextEndsInQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := mustOpen(t, filepath.Join(t.TempDir(), "kv"))
		ctx, cancel := context.WithCancel(context.Background())
		gate := make(chan struct{})
		started, queued := make(chan error, 1), make(chan error, 1)
		go func() {
			started <- db.Update(ctx, func(tx kv.Tx) error {
				<-gate
				return putKey("started")(tx)
			})
		}()
		synctest.Wait()
		go func() { queued <- db.Update(ctx, putKey("queued")) }()
		synctest.Wait()
		cancel()
		if err := <-queued; err != context.Canceled {
			t.Errorf("queued: got %v, want %v", err, context.Canceled)
		}
		if len(started) > 0 {
			t.Error("the running update was not waited for")
		}
		close(gate)
		if err := <-started; err != nil {
			t.Errorf("running: got %v, want its commit", err)
		}
		wantKeys(t, db, "started")
	})
}

func TestCloseSendsQueueAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "kv")
		db := mustOpen(t, path)
		gate := make(chan struct{})
		started, queued, closed := make(chan error, 1), make(chan error, 1), make(chan error, 1)
		go func() {
			started <- db.Update(context.Background(), func(tx kv.Tx) error {
				<-gate
				return putKey("started")(tx)
			})
		}()
		synctest.Wait()
		go func() { queued <- db.Update(context.Background(), putKey("queued")) }()
		synctest.Wait()
		go func() { closed <- db.Close() }()
		if err := <-queued; !errors.Is(err, bbolterrors.ErrDatabaseNotOpen) {
			t.Errorf("queued: got %v, want %v", err, bbolterrors.ErrDatabaseNotOpen)
		}
		synctest.Wait()
		if len(closed) > 0 {
			t.Error("Close did not wait for the running update")
		}
		close(gate)
		if err := errors.Join(<-started, <-closed); err != nil {
			t.Error(err)
		}
		wantKeys(t, mustOpen(t, path), "started")
	})
}

func TestFailedCommitReachesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := mustOpen(t, filepath.Join(t.TempDir(), "kv"))
		if err := db.Update(t.Context(), putKey("before")); err != nil {
			t.Fatal(err)
		}
		db.bolt.MaxSize = 1 << 16
		large := func(tx kv.Tx) error { return tx.Put([]byte("large"), make([]byte, kv.MaxValue)) }
		fail := func(tx kv.Tx) error { return errors.New("on what a neighbour wrote") }
		for i, err := range together(db, putKey("first"), large, fail, putKey("last")) {
			if !errors.Is(err, bbolterrors.ErrMaxSizeReached) {
				t.Errorf("update %d: got %v, want %v", i, err, bbolterrors.ErrMaxSizeReached)
			}
		}
		wantKeys(t, db, "before")

		db.bolt.MaxSize = 0
		if err := db.Update(t.Context(), large); err != nil {
			t.Errorf("after a failed commit: %v", err)
		}
		wantKeys(t, db, "before", "large")
		checkFile(t, db)
	})
}

// TestRollback lets random functions share a transaction, where some are
// rolled back: what is left must be as if those never ran.
func TestRollback(t *testing.T) {
	db := mustOpen(t, filepath.Join(t.TempDir(), "kv"))
	type op struct {
		key    string
		value  []byte
		delete bool
	}
	type step struct {
		ops  []op
		keep bool
	}
	ops := rapid.Custom(func(t *rapid.T) op {
		return op{
			key:    fmt.Sprintf("%02d", rapid.IntRange(0, 40).Draw(t, "key")),
			value:  make([]byte, rapid.IntRange(0, 3000).Draw(t, "size")),
			delete: rapid.Bool().Draw(t, "delete"),
		}
	})
	steps := rapid.Custom(func(t *rapid.T) step {
		return step{rapid.SliceOfN(ops, 1, 20).Draw(t, "ops"), rapid.Bool().Draw(t, "keep")}
	})
	want := map[string]int{} // size by key; it grows over the checks, as the file does

	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(steps, 1, 8).Draw(rt, "steps")
		var next map[string]int
		err := db.bolt.Update(func(btx *bbolt.Tx) error {
			next = maps.Clone(want)
			for _, s := range steps {
				t := &tx{bucket: btx.Bucket(bucketName)}
				state := maps.Clone(next)
				var key []byte // one buffer for all, as a caller may have
				for _, o := range s.ops {
					key = append(key[:0], o.key...)
					if o.delete {
						delete(state, o.key)
						if err := t.Delete(key); err != nil {
							return err
						}
						continue
					}
					state[o.key] = len(o.value)
					if err := t.Put(key, o.value); err != nil {
						return err
					}
				}
				if s.keep {
					next = state
				} else if err := t.rollback(); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
		got := map[string]int{}
		err = db.View(rt.Context(), func(tx kv.Tx) error {
			return tx.Scan(nil, nil, func(key, value []byte) error {
				got[string(key)] = len(value)
				return nil
			})
		})
		if err != nil || !maps.Equal(got, next) {
			rt.Fatalf("got %v, %v; want %v", got, err, next)
		}
		want = next
	})
	checkFile(t, db)
}
