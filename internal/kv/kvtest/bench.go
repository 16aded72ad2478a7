package kvtest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"kansbot/internal/kv"
)

// Bench measures the storage: durable updates of a small record by 1, 8 and 64
// clients at once (ns/op is the time over all clients together, so 1e9/ns are
// updates per second), one Get out of 10,000 records, and a Scan of 100.
func Bench(b *testing.B, s Storage) {
	for _, clients := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("Update/clients=%d", clients), func(b *testing.B) { benchUpdate(b, s.fresh(b), clients) })
	}
	b.Run("Get", func(b *testing.B) {
		db := s.fresh(b)
		fill(b, db)
		for i := 0; b.Loop(); i++ {
			err := db.View(b.Context(), func(tx kv.Tx) error {
				value, err := tx.Get(record(i * 7919 % records))
				if value == nil {
					err = errors.Join(err, errors.New("absent"))
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Scan/100", func(b *testing.B) {
		db := s.fresh(b)
		fill(b, db)
		for i := 0; b.Loop(); i++ {
			seen := 0
			from := i * 7919 % (records - 100)
			err := db.View(b.Context(), func(tx kv.Tx) error {
				return tx.Scan(record(from), record(from+100), func(_, _ []byte) error {
					seen++
					return nil
				})
			})
			if err != nil || seen != 100 {
				b.Fatalf("%d records, %v", seen, err)
			}
		}
	})
}

const records = 10_000

func record(i int) []byte { return fmt.Appendf(nil, "record/%08d", i) }

var small = make([]byte, 120)

func fill(b *testing.B, db kv.DB) {
	err := db.Update(b.Context(), func(tx kv.Tx) error {
		for i := range records {
			if err := tx.Put(record(i), small); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func benchUpdate(b *testing.B, db kv.DB, clients int) {
	fill(b, db)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range clients {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				err := db.Update(b.Context(), func(tx kv.Tx) error {
					return tx.Put(record(int(i)*7919%records), small)
				})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}
