// Package store gives the ordered keys of kv their meaning: one Table per kind
// of record, counters, and the due index that remembers what must happen when.
package store

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kansbot/internal/kv"
)

// Version of the key and record layout that this code reads and writes.
const Version = 1

// ErrNewer means that a newer Kansbot has written the store.
var ErrNewer = errors.New("store: written by a newer version of Kansbot")

// Prepare checks the layout version, and writes it into an empty store.
func Prepare(ctx context.Context, db kv.DB) error {
	return db.Update(ctx, func(tx kv.Tx) error {
		found, err := tx.Get([]byte("schema"))
		if err != nil {
			return err
		}
		if found == nil {
			// Housekeeping is due from the start, and after that sees to itself.
			if err := Schedule(tx, Due{ID: "seen", Kind: "seen"}); err != nil {
				return err
			}
			return tx.Put([]byte("schema"), []byte{Version})
		}
		if len(found) != 1 || found[0] > Version {
			return ErrNewer
		}
		return nil
	})
}

// Table holds records of type T as JSON under the table's name and the parts
// of their key. Parts sort as text; Nr and Moment make numbers and moments
// sort as they should.
type Table[T any] struct{ Name string }

// Get reports whether the record is there.
func (t Table[T]) Get(tx kv.Tx, parts ...string) (T, bool, error) {
	var record T
	value, err := tx.Get(key(t.Name, parts))
	if err != nil || value == nil {
		return record, false, err
	}
	if err := json.Unmarshal(value, &record); err != nil {
		return record, false, fmt.Errorf("store: %s: %w", t.Name, err)
	}
	return record, true, nil
}

func (t Table[T]) Put(tx kv.Tx, record T, parts ...string) error {
	value, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("store: %s: %w", t.Name, err)
	}
	return tx.Put(key(t.Name, parts), value)
}

func (t Table[T]) Delete(tx kv.Tx, parts ...string) error {
	return tx.Delete(key(t.Name, parts))
}

// All lists the records whose key starts with these parts, in key order.
func (t Table[T]) All(tx kv.Tx, parts ...string) ([]T, error) {
	var records []T
	err := t.Each(tx, func(record T) error {
		records = append(records, record)
		return nil
	}, parts...)
	return records, err
}

// Each is All one by one. fn must not write.
func (t Table[T]) Each(tx kv.Tx, fn func(T) error, parts ...string) error {
	from := key(t.Name, parts)
	return tx.Scan(append(from, sep), append(key(t.Name, parts), sep+1), func(_, value []byte) error {
		var record T
		if err := json.Unmarshal(value, &record); err != nil {
			return fmt.Errorf("store: %s: %w", t.Name, err)
		}
		return fn(record)
	})
}

// Keys lists the last part of the keys that start with these parts.
func (t Table[T]) Keys(tx kv.Tx, parts ...string) ([]string, error) {
	var keys []string
	from := append(key(t.Name, parts), sep)
	err := tx.Scan(from, append(key(t.Name, parts), sep+1), func(k, _ []byte) error {
		keys = append(keys, string(k[len(from):]))
		return nil
	})
	return keys, err
}

// First is the first key of one part, from that one on; empty when there is none.
func (t Table[T]) First(tx kv.Tx, from string) (first string, err error) {
	start := key(t.Name, []string{from})
	err = tx.Scan(start, append(key(t.Name, nil), sep+1), func(k, _ []byte) error {
		first = string(k[len(t.Name)+1:])
		return errStop
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return first, err
}

// Prefixed lists the records with a key of one part that starts so.
func (t Table[T]) Prefixed(tx kv.Tx, start string) ([]T, error) {
	var records []T
	from := key(t.Name, []string{start})
	to := slices.Clone(from)
	to[len(to)-1]++
	err := tx.Scan(from, to, func(_, value []byte) error {
		var record T
		if err := json.Unmarshal(value, &record); err != nil {
			return fmt.Errorf("store: %s: %w", t.Name, err)
		}
		records = append(records, record)
		return nil
	})
	return records, err
}

// Nr is a key part that sorts numbers up to 99,999,999.
func Nr(n int) string { return fmt.Sprintf("%08d", n) }

// Moment is a key part that sorts moments, to the millisecond, until 9999.
func Moment(t time.Time) string { return t.UTC().Format("20060102T150405.000") }

// Next counts up: 1, 2, 3 ... for these parts.
func Next(tx kv.Tx, parts ...string) (int, error) {
	n, err := counted(tx, parts...)
	if err != nil {
		return 0, err
	}
	n++
	return n, tx.Put(key("count", parts), binary.BigEndian.AppendUint64(nil, uint64(n)))
}

// counted is what Next gave last; 0 when it gave nothing yet.
func counted(tx kv.Tx, parts ...string) (int, error) {
	value, err := tx.Get(key("count", parts))
	if err != nil || len(value) != 8 {
		return 0, err
	}
	return int(binary.BigEndian.Uint64(value)), nil
}

// sep parts a key. Parts come from platforms too, so it is taken out of them.
const sep = 0x00

func key(name string, parts []string) []byte {
	k := make([]byte, 0, 64)
	k = append(k, name...)
	for _, part := range parts {
		k = append(k, sep)
		k = append(k, strings.ReplaceAll(part, "\x00", "")...)
	}
	return k
}
