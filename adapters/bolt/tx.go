package bolt

import (
	"bytes"
	"slices"

	"go.etcd.io/bbolt"

	"kansbot/internal/kv"
)

// tx is one function's part of a bbolt transaction.
type tx struct {
	bucket *bbolt.Bucket
	undo   []entry
}

// entry is a key with the value it had before; nil when it was absent.
type entry struct{ key, value []byte }

// Get implements kv.Tx.
func (t *tx) Get(key []byte) ([]byte, error) {
	return t.bucket.Get(key), nil
}

// Put implements kv.Tx.
func (t *tx) Put(key, value []byte) error {
	if len(key) > kv.MaxKey || len(value) > kv.MaxValue {
		return kv.ErrTooLarge
	}
	before := t.bucket.Get(key)
	// bbolt copies the key, but keeps the value until the commit.
	if err := t.bucket.Put(key, append([]byte{}, value...)); err != nil {
		return err
	}
	t.undo = append(t.undo, entry{slices.Clone(key), before})
	return nil
}

// Delete implements kv.Tx.
func (t *tx) Delete(key []byte) error {
	before := t.bucket.Get(key)
	if err := t.bucket.Delete(key); err != nil || before == nil {
		return err
	}
	t.undo = append(t.undo, entry{slices.Clone(key), before})
	return nil
}

// Scan implements kv.Tx.
func (t *tx) Scan(from, to []byte, fn func(key, value []byte) error) error {
	c := t.bucket.Cursor()
	for k, v := c.Seek(from); k != nil; k, v = c.Next() {
		if len(to) > 0 && bytes.Compare(k, to) >= 0 {
			return nil
		}
		if err := fn(k, v); err != nil {
			return err
		}
	}
	return nil
}

// rollback takes back what was put and deleted. The old values need no copy:
// bbolt moves no data before the transaction ends.
func (t *tx) rollback() error {
	for _, e := range slices.Backward(t.undo) {
		var err error
		if e.value == nil {
			err = t.bucket.Delete(e.key)
		} else {
			err = t.bucket.Put(e.key, e.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
