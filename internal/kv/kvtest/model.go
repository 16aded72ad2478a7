package kvtest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kansbot/internal/kv"
)

// op is one step inside a transaction.
type op struct {
	kind     string // put, delete, get or scan
	key, end string // end is the end of a scan
	value    []byte
}

var (
	// Few and alike, so that steps meet on the same keys and their borders.
	keys = rapid.OneOf(
		rapid.StringOfN(rapid.SampledFrom([]rune{'\x00', 'a', 'b', '\xff'}), 1, 3, -1),
		rapid.Map(rapid.SampledFrom([]string{"", "a", "b"}), func(end string) string {
			return strings.Repeat("a", kv.MaxKey-1) + end
		}),
	)
	// From nil to several disk pages.
	values = rapid.OneOf(
		rapid.Just([]byte(nil)),
		rapid.SliceOfN(rapid.Byte(), 0, 40),
		rapid.Map(rapid.IntRange(0, 20_000), func(n int) []byte { return make([]byte, n) }),
	)
	bounds = rapid.OneOf(rapid.Just(""), keys)
	reads  = rapid.OneOf(
		rapid.Map(keys, func(key string) op { return op{kind: "get", key: key} }),
		rapid.Custom(func(t *rapid.T) op {
			return op{kind: "scan", key: bounds.Draw(t, "from"), end: bounds.Draw(t, "to")}
		}),
	)
	writes = rapid.OneOf(
		rapid.Custom(func(t *rapid.T) op {
			return op{kind: "put", key: keys.Draw(t, "key"), value: values.Draw(t, "value")}
		}),
		rapid.Map(keys, func(key string) op { return op{kind: "delete", key: key} }),
	)
)

// model is what a storage holds, as a plain map.
type model map[string]string

// apply does the steps on tx and on m, and reports the first difference.
func (m model) apply(tx kv.Tx, ops []op) error {
	for _, o := range ops {
		switch o.kind {
		case "put":
			m[o.key] = string(o.value)
			if err := tx.Put([]byte(o.key), o.value); err != nil {
				return err
			}
		case "delete":
			delete(m, o.key)
			if err := tx.Delete([]byte(o.key)); err != nil {
				return err
			}
		case "get":
			got, err := tx.Get([]byte(o.key))
			if err != nil {
				return err
			}
			if want, ok := m[o.key]; string(got) != want || (got != nil) != ok {
				return fmt.Errorf("get %q: got %.20q (nil: %t), want %.20q (present: %t)", o.key, got, got == nil, want, ok)
			}
		case "scan":
			if got, err := pairs(tx, o.key, o.end); err != nil || !slices.Equal(got, m.pairs(o.key, o.end)) {
				return fmt.Errorf("scan %q to %q: got %.40q, %v; want %.40q", o.key, o.end, got, err, m.pairs(o.key, o.end))
			}
		}
	}
	return nil
}

func (m model) pairs(from, to string) (pairs []string) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if key >= from && (to == "" || key < to) {
			pairs = append(pairs, key+"="+m[key])
		}
	}
	return pairs
}

// testModel runs random transactions, some of which fail or panic, and closes
// and opens the storage in between; it must stay equal to a map.
func testModel(t *testing.T, s Storage) {
	open := s(t)
	db := open()
	t.Cleanup(func() { db.Close() })

	rapid.Check(t, func(t *rapid.T) {
		update := func(t *rapid.T, fn func(kv.Tx) error) {
			if err := db.Update(t.Context(), fn); err != nil {
				t.Fatal(err)
			}
		}
		update(t, clearAll)
		state := model{}

		t.Repeat(map[string]func(*rapid.T){
			"Update": func(t *rapid.T) {
				ops := rapid.SliceOfN(rapid.OneOf(writes, writes, reads), 1, 12).Draw(t, "ops")
				var next model
				update(t, func(tx kv.Tx) error {
					next = maps.Clone(state)
					return next.apply(tx, ops)
				})
				state = next
			},
			"Fail": func(t *rapid.T) {
				ops := rapid.SliceOfN(writes, 1, 6).Draw(t, "ops")
				failure := errors.New("failure")
				err := db.Update(t.Context(), func(tx kv.Tx) error {
					return errors.Join(maps.Clone(state).apply(tx, ops), failure)
				})
				if !errors.Is(err, failure) {
					t.Fatalf("got %v, want the function's error", err)
				}
			},
			"Panic": func(t *rapid.T) {
				ops := rapid.SliceOfN(writes, 1, 6).Draw(t, "ops")
				got := panicOf(func() {
					db.Update(t.Context(), func(tx kv.Tx) error {
						if err := maps.Clone(state).apply(tx, ops); err != nil {
							return err
						}
						panic("own")
					})
				})
				if got != "own" {
					t.Fatalf("recovered %v, want the panic", got)
				}
			},
			"Reopen": func(t *rapid.T) {
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				db = open()
			},
			"": func(t *rapid.T) {
				ops := []op{{kind: "scan"}, reads.Draw(t, "read")}
				if err := db.View(t.Context(), func(tx kv.Tx) error { return state.apply(tx, ops) }); err != nil {
					t.Fatal(err)
				}
			},
		})
	})
}

func clearAll(tx kv.Tx) error {
	var all [][]byte
	err := tx.Scan(nil, nil, func(key, _ []byte) error {
		all = append(all, slices.Clone(key))
		return nil
	})
	for _, key := range all {
		err = errors.Join(err, tx.Delete(key))
	}
	return err
}
