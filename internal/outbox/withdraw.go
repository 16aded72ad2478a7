package outbox

import (
	"errors"

	"kansbot/internal/kv"
)

// Withdraw takes a post back that has certainly not left, and reports whether
// it did: its key is free again. One that is there, on its way, or may have
// landed stays. Nothing may be Under it.
func Withdraw(tx kv.Tx, key string) (bool, error) {
	s, found, err := posts.Get(tx, key)
	if err == nil && s.State == Held {
		return true, posts.Delete(tx, key)
	}
	if err != nil || !found || s.State != Waiting || s.ID != "" || s.Unsure {
		return false, err
	}
	nr := 0
	err = queue.Each(tx, func(p place) error {
		if p.Key != key {
			return nil
		}
		nr = p.Nr
		return errStop
	}, parts(s.Post.To)...)
	if err != nil && !errors.Is(err, errStop) {
		return false, err
	}
	if err := dequeue(tx, s.Post.To, nr); err != nil {
		return false, err
	}
	return true, posts.Delete(tx, key)
}
