// Package kvtest is what every kv driver must pass.
//
//	func TestStorage(t *testing.T) { kvtest.Run(t, storage) }
//	func BenchmarkStorage(b *testing.B) { kvtest.Bench(b, storage) }
package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"kansbot/internal/kv"
)

// Storage makes an empty storage and returns the function that opens it. A
// second open, after Close, finds what was stored. Both fail tb on an error;
// what they made is removed through tb.Cleanup.
type Storage func(tb testing.TB) (open func() kv.DB)

// Run tests that the storage keeps the contract of kv.DB.
func Run(t *testing.T, s Storage) {
	t.Run("Get", func(t *testing.T) { testGet(t, s.fresh(t)) })
	t.Run("Scan", func(t *testing.T) { testScan(t, s.fresh(t)) })
	t.Run("ScanStops", func(t *testing.T) { testScanStops(t, s.fresh(t)) })
	t.Run("Limits", func(t *testing.T) { testLimits(t, s.fresh(t)) })
	t.Run("CallerKeepsSlices", func(t *testing.T) { testCallerKeepsSlices(t, s.fresh(t)) })
	t.Run("ViewCannotWrite", func(t *testing.T) { testViewCannotWrite(t, s.fresh(t)) })
	t.Run("ViewSeesSnapshot", func(t *testing.T) { testViewSeesSnapshot(t, s.fresh(t)) })
	t.Run("ErrorUndoes", func(t *testing.T) { testErrorUndoes(t, s.fresh(t)) })
	t.Run("PanicUndoes", func(t *testing.T) { testPanicUndoes(t, s.fresh(t)) })
	t.Run("EndedContext", func(t *testing.T) { testEndedContext(t, s.fresh(t)) })
	t.Run("Increments", func(t *testing.T) { testIncrements(t, s.fresh(t)) })
	t.Run("NoWriteSkew", func(t *testing.T) { testNoWriteSkew(t, s.fresh(t)) })
	t.Run("FailingNeighbours", func(t *testing.T) { testFailingNeighbours(t, s.fresh(t)) })
	t.Run("CloseWaits", func(t *testing.T) { testCloseWaits(t, s) })
	t.Run("Model", func(t *testing.T) { testModel(t, s) })
}

func (s Storage) fresh(tb testing.TB) kv.DB {
	db := s(tb)()
	tb.Cleanup(func() { db.Close() })
	return db
}

func testGet(t *testing.T, db kv.DB) {
	long := bytes.Repeat([]byte{'k'}, kv.MaxKey)
	cases := []struct {
		name     string
		key, put []byte
	}{
		{"text", []byte("a"), []byte("1")},
		{"any bytes", []byte{0, 0xff}, []byte{0xff, 0, '\n'}},
		{"empty value", []byte("empty"), []byte{}},
		{"nil value", []byte("nil"), nil},
		{"longest", long, bytes.Repeat([]byte{'v'}, kv.MaxValue)},
	}
	for _, c := range cases {
		update(t, db, func(tx kv.Tx) error { return tx.Put(c.key, c.put) })
		check := func(tx kv.Tx) error {
			got, err := tx.Get(c.key)
			if err == nil && (got == nil || !bytes.Equal(got, c.put)) {
				t.Errorf("%s: got %.20q (nil: %t), want %.20q, not nil", c.name, got, got == nil, c.put)
			}
			return err
		}
		view(t, db, check)
		update(t, db, check)
		update(t, db, func(tx kv.Tx) error { return errors.Join(tx.Put(c.key, c.put), check(tx)) })
	}

	update(t, db, func(tx kv.Tx) error { return tx.Put([]byte("a"), []byte("2")) })
	wantPairs(t, db, "a", "b", "a=2")
	update(t, db, func(tx kv.Tx) error { return tx.Delete([]byte("a")) })
	update(t, db, func(tx kv.Tx) error { return tx.Delete([]byte("a")) })
	view(t, db, func(tx kv.Tx) error {
		got, err := tx.Get([]byte("a"))
		if got != nil {
			t.Errorf("deleted: got %q, want nil", got)
		}
		return err
	})
}

func testScan(t *testing.T, db kv.DB) {
	wantPairs(t, db, "", "") // an empty storage
	update(t, db, func(tx kv.Tx) error {
		for _, key := range []string{"b", "\xff\xff", "a\x00", "a", "B", "\x00", "ab", "é"} {
			if err := tx.Put([]byte(key), []byte(key)); err != nil {
				return err
			}
		}
		return nil
	})
	cases := []struct {
		from, to string
		want     []string
	}{
		{"", "", []string{"\x00", "B", "a", "a\x00", "ab", "b", "é", "\xff\xff"}},
		{"a", "b", []string{"a", "a\x00", "ab"}},
		{"a", "a", nil},
		{"a", "a\x00", []string{"a"}},
		{"a\x00", "ac", []string{"a\x00", "ab"}},
		{"aa", "", []string{"ab", "b", "é", "\xff\xff"}},
		{"", "a", []string{"\x00", "B"}},
		{"b", "a", nil},
		{"\xff\xff\xff", "", nil},
	}
	for _, c := range cases {
		var want []string
		for _, key := range c.want {
			want = append(want, key+"="+key)
		}
		wantPairs(t, db, c.from, c.to, want...)
	}
}

func testScanStops(t *testing.T, db kv.DB) {
	put(t, db, "a=1", "b=2", "c=3")
	stop := errors.New("stop")
	var seen []string
	view(t, db, func(tx kv.Tx) error {
		err := tx.Scan(nil, nil, func(key, _ []byte) error {
			if seen = append(seen, string(key)); len(seen) == 2 {
				return stop
			}
			return nil
		})
		if err != stop {
			t.Errorf("Scan returned %v, want the error of its function", err)
		}
		// The transaction goes on.
		got, err := tx.Get([]byte("c"))
		if string(got) != "3" {
			t.Errorf("Get after a broken-off Scan: %q", got)
		}
		return err
	})
	if !slices.Equal(seen, []string{"a", "b"}) {
		t.Errorf("Scan went on: %q", seen)
	}
}

func testLimits(t *testing.T, db kv.DB) {
	cases := []struct {
		name       string
		key, value int
		want       error
	}{
		{"both largest", kv.MaxKey, kv.MaxValue, nil},
		{"key", kv.MaxKey + 1, 1, kv.ErrTooLarge},
		{"value", 1, kv.MaxValue + 1, kv.ErrTooLarge},
	}
	for _, c := range cases {
		err := db.Update(t.Context(), func(tx kv.Tx) error {
			return tx.Put(make([]byte, c.key), make([]byte, c.value))
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if err := db.Update(t.Context(), func(tx kv.Tx) error { return tx.Put(nil, []byte("v")) }); err == nil {
		t.Error("Put with an empty key returned no error")
	}

	// An error that fn keeps to itself spoils nothing.
	update(t, db, func(tx kv.Tx) error {
		if err := tx.Put(make([]byte, kv.MaxKey+1), nil); !errors.Is(err, kv.ErrTooLarge) {
			t.Errorf("got %v, want %v", err, kv.ErrTooLarge)
		}
		return tx.Put([]byte("after"), []byte("ok"))
	})
	wantPairs(t, db, "a", "b", "after=ok")
}

// testCallerKeepsSlices changes what it passed to Put, as a caller that uses
// one buffer again would.
func testCallerKeepsSlices(t *testing.T, db kv.DB) {
	update(t, db, func(tx kv.Tx) error {
		key, value := []byte("a"), []byte("1")
		if err := tx.Put(key, value); err != nil {
			return err
		}
		key[0], value[0] = 'b', '2'
		return tx.Put(key, value)
	})
	wantPairs(t, db, "", "", "a=1", "b=2")
}

func testViewCannotWrite(t *testing.T, db kv.DB) {
	put(t, db, "a=1")
	writes := map[string]func(kv.Tx) error{
		"Put":    func(tx kv.Tx) error { return tx.Put([]byte("b"), []byte("2")) },
		"Delete": func(tx kv.Tx) error { return tx.Delete([]byte("a")) },
	}
	for name, write := range writes {
		if err := db.View(t.Context(), write); err == nil {
			t.Errorf("%s in a View returned no error", name)
		}
	}
	wantPairs(t, db, "", "", "a=1")

	own := errors.New("own")
	if err := db.View(t.Context(), func(kv.Tx) error { return own }); !errors.Is(err, own) {
		t.Errorf("View returned %v, want the error of its function", err)
	}
}

func testViewSeesSnapshot(t *testing.T, db kv.DB) {
	put(t, db, "a=1", "b=1")
	view(t, db, func(tx kv.Tx) error {
		if _, err := tx.Get([]byte("a")); err != nil {
			return err
		}
		updated := make(chan error)
		go func() {
			updated <- db.Update(t.Context(), func(tx kv.Tx) error {
				return errors.Join(tx.Put([]byte("a"), []byte("2")), tx.Delete([]byte("b")), tx.Put([]byte("c"), []byte("2")))
			})
		}()
		if err := <-updated; err != nil {
			t.Errorf("Update beside a View: %v", err)
		}
		wantTx(t, tx, "", "", "a=1", "b=1")
		return nil
	})
	wantPairs(t, db, "", "", "a=2", "c=2")
}

// meddle changes, adds and deletes keys of "a=1", "b=2".
func meddle(tx kv.Tx) error {
	return errors.Join(
		tx.Put([]byte("a"), []byte("changed")),
		tx.Put([]byte("a"), []byte("changed twice")),
		tx.Delete([]byte("b")),
		tx.Put([]byte("c"), nil),
		tx.Delete([]byte("c")),
		tx.Put([]byte("d"), []byte("added")),
	)
}

func testErrorUndoes(t *testing.T, db kv.DB) {
	put(t, db, "a=1", "b=2")
	own := errors.New("own")
	err := db.Update(t.Context(), func(tx kv.Tx) error {
		if err := meddle(tx); err != nil {
			return err
		}
		wantTx(t, tx, "", "", "a=changed twice", "d=added")
		return own
	})
	if !errors.Is(err, own) {
		t.Errorf("got %v, want the function's error", err)
	}
	wantPairs(t, db, "", "", "a=1", "b=2")
}

func testPanicUndoes(t *testing.T, db kv.DB) {
	put(t, db, "a=1", "b=2")
	own := new(int)
	got := panicOf(func() {
		db.Update(t.Context(), func(tx kv.Tx) error {
			if err := meddle(tx); err != nil {
				return err
			}
			panic(own)
		})
	})
	if got != own {
		t.Errorf("the caller of Update recovered %v, want the value of the panic", got)
	}
	got = panicOf(func() {
		db.View(t.Context(), func(kv.Tx) error { panic(own) })
	})
	if got != own {
		t.Errorf("the caller of View recovered %v, want the value of the panic", got)
	}

	// A goroutine that ends inside fn, as t.FailNow does, is no different.
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		db.Update(t.Context(), func(tx kv.Tx) error {
			if err := meddle(tx); err != nil {
				return err
			}
			runtime.Goexit()
			return nil
		})
	}()
	<-ended
	wantPairs(t, db, "", "", "a=1", "b=2")
	put(t, db, "c=3")
	wantPairs(t, db, "", "", "a=1", "b=2", "c=3")
}

func testEndedContext(t *testing.T, db kv.DB) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	fn := func(kv.Tx) error {
		t.Error("the function ran")
		return nil
	}
	for range 20 { // no luck of a select
		if err := db.Update(ctx, fn); !errors.Is(err, context.Canceled) {
			t.Errorf("Update returned %v, want %v", err, context.Canceled)
		}
		if err := db.View(ctx, fn); !errors.Is(err, context.Canceled) {
			t.Errorf("View returned %v, want %v", err, context.Canceled)
		}
	}
}

func update(t *testing.T, db kv.DB, fn func(kv.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func view(t *testing.T, db kv.DB, fn func(kv.Tx) error) {
	t.Helper()
	if err := db.View(t.Context(), fn); err != nil {
		t.Fatalf("View: %v", err)
	}
}

// put stores pairs written as "key=value".
func put(t *testing.T, db kv.DB, pairs ...string) {
	t.Helper()
	update(t, db, func(tx kv.Tx) error {
		for _, pair := range pairs {
			key, value, _ := bytes.Cut([]byte(pair), []byte("="))
			if err := tx.Put(key, value); err != nil {
				return err
			}
		}
		return nil
	})
}

func wantPairs(t *testing.T, db kv.DB, from, to string, want ...string) {
	t.Helper()
	view(t, db, func(tx kv.Tx) error {
		t.Helper()
		wantTx(t, tx, from, to, want...)
		return nil
	})
}

func wantTx(t *testing.T, tx kv.Tx, from, to string, want ...string) {
	t.Helper()
	if got, err := pairs(tx, from, to); err != nil || !slices.Equal(got, want) {
		t.Errorf("Scan %q to %q: got %q, %v; want %q", from, to, got, err, want)
	}
}

// pairs returns what Scan passes, as "key=value".
func pairs(tx kv.Tx, from, to string) (got []string, err error) {
	err = tx.Scan([]byte(from), []byte(to), func(key, value []byte) error {
		if value == nil {
			return fmt.Errorf("nil value for %q", key)
		}
		got = append(got, fmt.Sprintf("%s=%s", key, value))
		return nil
	})
	return got, err
}

func panicOf(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}
