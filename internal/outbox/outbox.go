// Package outbox keeps posts and brings them to their platform.
//
// Put and Replace are part of the caller's transaction: what a command decided
// and what the team gets to read about it are saved together or not at all.
// The Dispatcher delivers, per address in the order of Put, until a post is
// there or the platform refused it for good.
//
// No chat platform delivers exactly once. Here an attempt is written down
// before the request, so after a time-out or a crash the next attempt tells
// the adapter to look for the post first (chat.Delivery.Unsure). How certain
// that makes it is up to the adapter's look.
package outbox

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/store"
)

// State of a post.
type State string

const (
	Held    State = "held"    // the post is not to go yet
	Waiting State = "waiting" // the post, or its newest body, is in the queue
	Sent    State = "sent"    // the platform shows the newest body
	Buried  State = "buried"  // the platform refused the post, or its newest body
)

// Status is all that is known of a post.
type Status struct {
	Post     chat.Post   `json:"post"` // with its newest body
	State    State       `json:"state"`
	ID       chat.PostID `json:"id,omitempty"` // on the platform, once it is there
	Wanted   int         `json:"wanted"`       // version of Post.Body, from 1
	Sent     int         `json:"sent"`         // the platform shows this version or a newer one; 0 for none
	Tried    int         `json:"tried"`        // what Sent becomes when the attempt succeeds
	Attempts int         `json:"attempts,omitempty"`
	First    time.Time   `json:"first,omitzero"` // first attempt to bring what waits
	Unsure   bool        `json:"unsure,omitempty"`
	Since    time.Time   `json:"since,omitzero"`   // first attempt that may have landed; only when Unsure
	Alone    bool        `json:"alone,omitempty"`  // the platform refused it as a reply: it goes outside the thread
	Reason   string      `json:"reason,omitempty"` // of the burial; no content
}

// lane is one address with posts waiting, and when the first may be tried.
type lane struct {
	To        chat.To   `json:"to"`
	NotBefore time.Time `json:"not_before,omitzero"`
}

// place is a post's place in the queue of its lane.
type place struct {
	Nr  int    `json:"nr"`
	Key string `json:"key"`
}

// waits reports whether the lane must wait at now. No wait is longer than
// longWait: one that seems so was written before the clock was set back.
func (l lane) waits(now time.Time) bool {
	wait := l.NotBefore.Sub(now)
	return wait > 0 && wait <= longWait
}

// from is when the lane can go on, at the earliest now.
func (l lane) from(now time.Time) time.Time {
	if l.waits(now) {
		return l.NotBefore
	}
	return now
}

var (
	posts  = store.Table[Status]{Name: "post"}   // key
	lanes  = store.Table[lane]{Name: "lane"}     // address; there while its queue is not empty
	queue  = store.Table[place]{Name: "queue"}   // address, nr
	posted = store.Table[string]{Name: "posted"} // platform, workspace, id -> key
	graves = store.Table[string]{Name: "buried"} // key -> reason
)

// Put queues a post. When its Key was put before, Put does nothing. A post
// Under another must come later than that one, to the same address. Wake the
// Dispatcher after the commit.
func Put(tx kv.Tx, post chat.Post) error { return put(tx, post, enqueue) }

// Hold is Put for a post that Release lets go. Nothing may be Under it.
func Hold(tx kv.Tx, post chat.Post) error {
	return put(tx, post, func(tx kv.Tx, s Status) error {
		s.State = Held
		return posts.Put(tx, s, post.Key)
	})
}

// Release queues a post that is held. Wake the Dispatcher after the commit.
func Release(tx kv.Tx, key string) error {
	s, err := known(tx, key)
	if err != nil || s.State != Held {
		return err
	}
	return enqueue(tx, s)
}

func put(tx kv.Tx, post chat.Post, keep func(kv.Tx, Status) error) error {
	if post.Key == "" || post.To.Platform == "" || (post.To.Channel == "") == (post.To.User == "") {
		return fmt.Errorf("outbox: post %q has no key or no single address", post.Key)
	}
	_, found, err := posts.Get(tx, post.Key)
	if err != nil || found {
		return err
	}
	if post.Under != "" {
		root, err := known(tx, post.Under)
		if err != nil {
			return err
		}
		if root.Post.To != post.To || root.Post.Under != "" {
			return fmt.Errorf("outbox: post %q cannot be under %q", post.Key, post.Under)
		}
	}
	return keep(tx, Status{Post: post, Wanted: 1})
}

// Replace gives a post a new body. A post or an edit that still waits or is held
// becomes one send of the newest body; a post that is there is edited, after what
// waits for the same address now. A post buried before it was ever sent stays
// buried, unless it is for a home page: that is always about now. Wake the
// Dispatcher after the commit.
func Replace(tx kv.Tx, key string, body chat.Message) error {
	s, err := known(tx, key)
	if err != nil {
		return err
	}
	s.Post.Body = body
	s.Wanted++
	if s.State == Waiting || s.ID == "" && !s.Post.To.Home {
		return posts.Put(tx, s, key)
	}
	s.Reason = ""
	if err := graves.Delete(tx, key); err != nil {
		return err
	}
	return enqueue(tx, s)
}

// Get reports what became of a post.
func Get(tx kv.Tx, key string) (Status, bool, error) { return posts.Get(tx, key) }

// Of lists the posts of one owner: those whose key is a kind, a slash, the
// owner, a slash, and the rest.
func Of(tx kv.Tx, owner string) ([]Status, error) {
	var list []Status
	for from := ""; ; {
		first, err := posts.First(tx, from)
		if err != nil || first == "" {
			return list, err
		}
		kind, _, _ := strings.Cut(first, "/")
		own, err := posts.Prefixed(tx, kind+"/"+owner+"/")
		if err != nil {
			return nil, err
		}
		list = append(list, own...)
		from = kind + "0" // what comes after every key of that kind: 0 follows the slash
	}
}

// Lookup finds the post that a message on a platform is, with its newest body,
// which the platform may not show yet.
func Lookup(tx kv.Tx, platform, workspace string, id chat.PostID) (chat.Post, bool, error) {
	key, found, err := posted.Get(tx, platform, workspace, string(id))
	if err != nil || !found {
		return chat.Post{}, false, err
	}
	s, found, err := posts.Get(tx, key)
	return s.Post, found, err
}

func known(tx kv.Tx, key string) (Status, error) {
	s, found, err := posts.Get(tx, key)
	if err == nil && !found {
		err = fmt.Errorf("outbox: no post %q", key)
	}
	return s, err
}

// enqueue writes s, and puts it last in its lane.
func enqueue(tx kv.Tx, s Status) error {
	address := parts(s.Post.To)
	nr, err := store.Next(tx, append([]string{"queue"}, address...)...)
	if err != nil {
		return err
	}
	_, found, err := lanes.Get(tx, address...)
	if err != nil {
		return err
	}
	if !found {
		if err := lanes.Put(tx, lane{To: s.Post.To}, address...); err != nil {
			return err
		}
	}
	if err := queue.Put(tx, place{nr, s.Post.Key}, append(address, store.Nr(nr))...); err != nil {
		return err
	}
	s.State = Waiting
	return posts.Put(tx, s, s.Post.Key)
}

// dequeue takes place nr out of the lane.
func dequeue(tx kv.Tx, to chat.To, nr int) error {
	address := parts(to)
	if err := queue.Delete(tx, append(address, store.Nr(nr))...); err != nil {
		return err
	}
	_, found, err := head(tx, to)
	if err != nil || found {
		return err
	}
	return lanes.Delete(tx, address...)
}

// head is the first place in the queue of a lane.
func head(tx kv.Tx, to chat.To) (first place, found bool, err error) {
	err = queue.Each(tx, func(p place) error {
		first, found = p, true
		return errStop
	}, parts(to)...)
	if errors.Is(err, errStop) {
		err = nil
	}
	return first, found, err
}

var errStop = errors.New("outbox: stop")

// parts of the key of a lane: a channel and a person may have the same id.
func parts(to chat.To) []string {
	if to.Home {
		return []string{to.Platform, to.Workspace, "home", to.User}
	}
	if to.User != "" {
		return []string{to.Platform, to.Workspace, "user", to.User}
	}
	return []string{to.Platform, to.Workspace, "channel", to.Channel}
}
