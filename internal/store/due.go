package store

import (
	"errors"
	"time"

	"kansbot/internal/kv"
)

// Due is something that must happen at a moment: the clock's counterpart of
// an event. It stays until it is taken away, so a restart forgets nothing.
type Due struct {
	ID   string // one Due per ID: a second Schedule moves it
	At   time.Time
	Team string
	Kind string
	Nr   int
}

var (
	dues  = Table[Due]{"due"}   // by moment, id
	dueAt = Table[Due]{"dueat"} // by id
)

// Schedule sets the moment of d, in place of any earlier one.
func Schedule(tx kv.Tx, d Due) error {
	d.At = d.At.UTC().Truncate(time.Millisecond)
	if err := Unschedule(tx, d.ID); err != nil {
		return err
	}
	if err := dueAt.Put(tx, d, d.ID); err != nil {
		return err
	}
	return dues.Put(tx, d, Moment(d.At), d.ID)
}

// Unschedule takes d away; it is no error when it is not there.
func Unschedule(tx kv.Tx, id string) error {
	old, found, err := dueAt.Get(tx, id)
	if err != nil || !found {
		return err
	}
	if err := dueAt.Delete(tx, id); err != nil {
		return err
	}
	return dues.Delete(tx, Moment(old.At), id)
}

// Scheduled is the Due with that ID.
func Scheduled(tx kv.Tx, id string) (d Due, found bool, err error) { return dueAt.Get(tx, id) }

// DueBy lists at most limit of what is due at or before now, in order of time.
func DueBy(tx kv.Tx, now time.Time, limit int) ([]Due, error) {
	var list []Due
	err := dues.Each(tx, func(d Due) error {
		if d.At.After(now) || len(list) == limit {
			return errStop
		}
		list = append(list, d)
		return nil
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return list, err
}

// NextDue is the first moment at which something is due.
func NextDue(tx kv.Tx) (at time.Time, found bool, err error) {
	return firstDue(tx, func(Due) bool { return true })
}

// NextForTeam is NextDue without housekeeping: when a kernteam next hears of
// something by itself.
func NextForTeam(tx kv.Tx) (at time.Time, found bool, err error) {
	return firstDue(tx, func(d Due) bool { return d.Team != "" })
}

func firstDue(tx kv.Tx, counts func(Due) bool) (at time.Time, found bool, err error) {
	err = dues.Each(tx, func(d Due) error {
		if !counts(d) {
			return nil
		}
		at, found = d.At, true
		return errStop
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return at, found, err
}

var errStop = errors.New("store: stop")

// Take removes d and reports whether it was still there, at that moment.
func Take(tx kv.Tx, d Due) (bool, error) {
	now, found, err := dueAt.Get(tx, d.ID)
	if err != nil || !found || !now.At.Equal(d.At) {
		return false, err
	}
	if err := dueAt.Delete(tx, d.ID); err != nil {
		return false, err
	}
	return true, dues.Delete(tx, Moment(d.At), d.ID)
}
