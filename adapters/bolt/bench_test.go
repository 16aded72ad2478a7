package bolt

import (
	"context"
	"testing"

	"go.etcd.io/bbolt"

	"kansbot/internal/kv"
	"kansbot/internal/kv/kvtest"
)

func BenchmarkStorage(b *testing.B) { kvtest.Bench(b, storage) }

// The two ways of bbolt itself, for comparison.
func BenchmarkBboltUpdate(b *testing.B) { kvtest.Bench(b, raw((*bbolt.DB).Update)) }
func BenchmarkBboltBatch(b *testing.B)  { kvtest.Bench(b, raw((*bbolt.DB).Batch)) }

// rawDB updates through bbolt without our batches.
type rawDB struct {
	*DB
	update func(*bbolt.DB, func(*bbolt.Tx) error) error
}

func (db rawDB) Update(_ context.Context, fn func(kv.Tx) error) error {
	return db.update(db.bolt, func(btx *bbolt.Tx) error {
		return fn(&tx{bucket: btx.Bucket(bucketName)})
	})
}

func raw(update func(*bbolt.DB, func(*bbolt.Tx) error) error) kvtest.Storage {
	return func(tb testing.TB) func() kv.DB {
		open := storage(tb)
		return func() kv.DB { return rawDB{open().(*DB), update} }
	}
}
