package kvtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"kansbot/internal/kv"
)

// add adds one to the number under key.
func add(tx kv.Tx, key string) error {
	n, err := number(tx, key)
	if err != nil {
		return err
	}
	return tx.Put([]byte(key), binary.BigEndian.AppendUint64(nil, n+1))
}

// number returns the number under key, 0 when there is none.
func number(tx kv.Tx, key string) (uint64, error) {
	value, err := tx.Get([]byte(key))
	if err != nil || value == nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(value), nil
}

func wantNumber(t *testing.T, db kv.DB, key string, want uint64) {
	t.Helper()
	view(t, db, func(tx kv.Tx) error {
		got, err := number(tx, key)
		if got != want {
			t.Errorf("%s is %d, want %d", key, got, want)
		}
		return err
	})
}

func testIncrements(t *testing.T, db kv.DB) {
	const clients, each = 8, 20
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				if err := db.Update(t.Context(), func(tx kv.Tx) error { return add(tx, "n") }); err != nil {
					t.Errorf("Update: %v", err)
				}
			}
		})
	}
	wg.Wait()
	wantNumber(t, db, "n", clients*each)
}

// testNoWriteSkew lets many clients take one of a few places. Each looks at the
// places taken and writes a key of its own, so only a serializable storage
// sees that two of them are in each other's way.
func testNoWriteSkew(t *testing.T, db kv.DB) {
	const clients, places = 16, 3
	full := errors.New("full")
	var got atomic.Int64
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			err := db.Update(t.Context(), func(tx kv.Tx) error {
				taken, err := pairs(tx, "place/", "place0")
				if err != nil {
					return err
				}
				if len(taken) >= places {
					return full
				}
				return tx.Put(fmt.Appendf(nil, "place/%d", i), nil)
			})
			switch {
			case err == nil:
				got.Add(1)
			case !errors.Is(err, full):
				t.Errorf("Update: %v", err)
			}
		})
	}
	wg.Wait()
	view(t, db, func(tx kv.Tx) error {
		taken, err := pairs(tx, "place/", "place0")
		if len(taken) != places || got.Load() != places {
			t.Errorf("%d clients were told yes and %d places are taken, want %d", got.Load(), len(taken), places)
		}
		return err
	})
}

// testFailingNeighbours runs updates at once of which some fail and some
// panic, all on one key and each on a key of its own.
func testFailingNeighbours(t *testing.T, db kv.DB) {
	const clients = 48
	kept := uint64(0)
	var wg sync.WaitGroup
	for i := range clients {
		own := fmt.Sprintf("own/%02d", i)
		fn := func(tx kv.Tx) error { return errors.Join(add(tx, "all"), add(tx, own)) }
		switch i % 4 {
		case 1:
			wg.Go(func() {
				failure := errors.New(own)
				err := db.Update(t.Context(), func(tx kv.Tx) error { return errors.Join(fn(tx), failure) })
				if !errors.Is(err, failure) {
					t.Errorf("%s: got error %v, want its own", own, err)
				}
			})
		case 3:
			wg.Go(func() {
				got := panicOf(func() {
					db.Update(t.Context(), func(tx kv.Tx) error {
						if err := fn(tx); err != nil {
							return err
						}
						panic(own)
					})
				})
				if got != own {
					t.Errorf("%s: recovered %v, want its own panic", own, got)
				}
			})
		default:
			kept++
			wg.Go(func() {
				if err := db.Update(t.Context(), fn); err != nil {
					t.Errorf("%s: %v", own, err)
				}
			})
		}
	}
	wg.Wait()

	wantNumber(t, db, "all", kept)
	for i := range clients {
		wantNumber(t, db, fmt.Sprintf("own/%02d", i), uint64(1-i%2))
	}
}

func testCloseWaits(t *testing.T, s Storage) {
	open := s(t)
	kinds := map[string]func(kv.DB, func(kv.Tx) error) error{
		"View":   func(db kv.DB, fn func(kv.Tx) error) error { return db.View(t.Context(), fn) },
		"Update": func(db kv.DB, fn func(kv.Tx) error) error { return db.Update(t.Context(), fn) },
	}
	for kind, run := range kinds {
		db := open()
		put(t, db, "a=1")
		closing, closed := make(chan struct{}), make(chan error, 1)
		err := run(db, func(tx kv.Tx) error {
			go func() {
				close(closing)
				closed <- db.Close()
			}()
			<-closing
			for range 1000 {
				runtime.Gosched()
			}
			wantTx(t, tx, "", "", "a=1")
			if len(closed) > 0 {
				t.Errorf("Close did not wait for the running %s", kind)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s that was running when Close was called: %v", kind, err)
		}
		if err := <-closed; err != nil {
			t.Errorf("Close: %v", err)
		}
		for kind, run := range kinds {
			if err := run(db, func(kv.Tx) error { return nil }); err == nil {
				t.Errorf("%s after Close returned no error", kind)
			}
		}
		db.Close() // once more, as a deferred Close may: it must not panic
	}
}
