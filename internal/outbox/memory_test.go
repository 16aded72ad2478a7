package outbox

import (
	"context"
	"maps"
	"slices"
	"sync"

	"kansbot/internal/kv"
)

// memory is a store without a disk, for thousands of runs.
type memory struct {
	mu   sync.Mutex
	data map[string]string
}

func (m *memory) View(_ context.Context, fn func(kv.Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fn(memoryTx(m.data))
}

func (m *memory) Update(_ context.Context, fn func(kv.Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	data := memoryTx(maps.Clone(m.data))
	if err := fn(data); err != nil {
		return err
	}
	m.data = data
	return nil
}

func (m *memory) Close() error { return nil }

type memoryTx map[string]string

func (t memoryTx) Get(key []byte) ([]byte, error) {
	value, found := t[string(key)]
	if !found {
		return nil, nil
	}
	return append([]byte{}, value...), nil
}

func (t memoryTx) Put(key, value []byte) error {
	t[string(key)] = string(value)
	return nil
}

func (t memoryTx) Delete(key []byte) error {
	delete(t, string(key))
	return nil
}

func (t memoryTx) Scan(from, to []byte, fn func(key, value []byte) error) error {
	for _, key := range slices.Sorted(maps.Keys(t)) {
		if key < string(from) || len(to) > 0 && key >= string(to) {
			continue
		}
		if err := fn([]byte(key), []byte(t[key])); err != nil {
			return err
		}
	}
	return nil
}
