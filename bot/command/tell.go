package command

import (
	"cmp"
	"reflect"
	"strconv"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// hears is when people may hear of a meeting: in the hours of school, or at once
// when it begins before those. What is about no meeting has the zero one.
func (r *Request) hears(m team.Meeting) time.Time {
	at := r.calendar().Working(r.now)
	if m.Start.After(r.now) && !m.Start.After(at) {
		return r.now
	}
	return at
}

// mayHear: that is now.
func (r *Request) mayHear(m team.Meeting) bool { return !r.hears(m).After(r.now) }

// tell sends one person something that happens any number of times, when they
// may hear of it. Its id is what it is about: what still waits of the same gives
// way to it, and then what they heard last is not said again. Who left hears
// nothing any more.
func (r *Request) tell(id, user string, m team.Meeting, body chat.Message) error {
	n, waits, err := r.told(id)
	if err != nil || !r.member(user).Here {
		return err
	}
	if waits && n > 1 {
		last, _, err := outbox.Get(r.tx, toldKey(id, n-1))
		if err != nil || reflect.DeepEqual(last.Post.Body, body) {
			return cmp.Or(err, r.unsay(id))
		}
	}
	if waits {
		err = r.replace(toldKey(id, n), body)
	} else {
		n++
		to := chat.To{Platform: r.team.Platform, Workspace: r.team.Workspace, User: user}
		err = outbox.Hold(r.tx, chat.Post{Key: toldKey(id, n), To: to, Body: body})
	}
	if err != nil {
		return err
	}
	if at := r.hears(m); at.After(r.now) {
		return store.Schedule(r.tx, store.Due{ID: id, At: at, Team: r.team.ID, Kind: tellDue, Nr: m.Nr})
	}
	return cmp.Or(store.Unschedule(r.tx, id), outbox.Release(r.tx, toldKey(id, n)))
}

// untell is tell for the opposite: who never heard the one need not hear the
// other.
func (r *Request) untell(id, user string, m team.Meeting, body chat.Message) error {
	n, waits, err := r.told(id)
	if err != nil || waits && n == 1 {
		return cmp.Or(err, r.unsay(id))
	}
	return r.tell(id, user, m, body)
}

// unsay takes back what waits to be told.
func (r *Request) unsay(id string) error {
	n, waits, err := r.told(id)
	if err != nil || !waits {
		return err
	}
	_, err = outbox.Withdraw(r.tx, toldKey(id, n))
	return cmp.Or(err, store.Unschedule(r.tx, id))
}

// told counts how often something was told, the one included that may wait.
func (r *Request) told(id string) (n int, waits bool, err error) {
	if n, err = r.posted(func(nth int) string { return toldKey(id, nth) }); err != nil {
		return n, false, err
	}
	_, waits, err = store.Scheduled(r.tx, id)
	return n, waits, err
}

func toldKey(id string, n int) string { return id + "/" + strconv.Itoa(n) }

// tellDue is the kind of the moment at which somebody hears what waited.
const tellDue = "tell"

func tellNow(r *Request, d store.Due) error {
	n, _, err := r.told(d.ID)
	if err != nil {
		return err
	}
	key := toldKey(d.ID, n)
	post, found, err := outbox.Get(r.tx, key)
	if err != nil || !found {
		return err
	}
	m, about, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(d.Nr))
	switch at := r.hears(m); {
	case err != nil:
		return err
	case !r.member(post.Post.To.User).Here, about && (m.Status != team.Planned || !m.Start.After(r.now)):
		_, err := outbox.Withdraw(r.tx, key)
		return err
	case at.After(r.now):
		d.At = at
		return store.Schedule(r.tx, d)
	}
	return outbox.Release(r.tx, key)
}
