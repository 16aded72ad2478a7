package store

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"kansbot/internal/kv"
)

// Link is a page that whoever has its address may open. The address holds a
// secret of which only the digest is kept here; that of a calendar feed is in
// Feeds too.
type Link struct {
	Kind  string // the pages' own word for what it shows
	Team  string
	User  string    // who asked for it, or whose it is
	Nr    int       // the Kans!overleg it is about; 0 for none
	Code  string    // the case it is about; empty for none
	Until time.Time // zero for one that stays until it is revoked
}

var links = Table[Link]{"link"} // digest of the secret

// PutLink makes secret lead to l.
func PutLink(tx kv.Tx, secret string, l Link) error { return links.Put(tx, l, digest(secret)) }

// LinkOf is where secret leads at now; false when nowhere, or no longer.
func LinkOf(tx kv.Tx, secret string, now time.Time) (Link, bool, error) {
	l, found, err := links.Get(tx, digest(secret))
	return l, found && !l.over(now), err
}

// DropLink makes secret lead nowhere.
func DropLink(tx kv.Tx, secret string) error { return links.Delete(tx, digest(secret)) }

// over reports whether l leads nowhere any more.
func (l Link) over(now time.Time) bool { return !l.Until.IsZero() && !now.Before(l.Until) }

// ForgetLinks drops the links that are over.
func ForgetLinks(tx kv.Tx, now time.Time) error {
	return dropLinks(tx, func(l Link) bool { return l.over(now) })
}

func dropLinks(tx kv.Tx, which func(Link) bool) error {
	keys, err := links.Keys(tx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		l, found, err := links.Get(tx, k)
		if err != nil {
			return err
		}
		if found && which(l) {
			if err := links.Delete(tx, k); err != nil {
				return err
			}
		}
	}
	return nil
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
