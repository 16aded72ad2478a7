package store

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/schedule"
	"kansbot/internal/team"
)

// The tables of the domain. Behind each: the parts of its key.
var (
	Kernteams = Table[team.Kernteam]{"team"}     // team
	Members   = Table[team.Member]{"member"}     // team, user
	Rhythms   = Table[Rhythm]{"rhythm"}          // team
	OwnDays   = Table[[]schedule.Period]{"free"} // team: what its school has otherwise than its region, in the order of adding
	Cases     = Table[team.Case]{"case"}         // team, code
	Signals   = Table[team.Signal]{"signal"}     // team, nr
	Meetings  = Table[team.Meeting]{"meeting"}   // team, nr
	Actions   = Table[team.Action]{"action"}     // team, nr
	Forms     = Table[Form]{"form"}              // form
	Rosters   = Table[[]chat.Person]{"roster"}   // platform, workspace, channel: who is in it
	at        = Table[string]{"at"}              // platform, workspace, channel -> team
	memberOf  = Table[string]{"memberof"}        // platform, workspace, user, team -> team
	openNrs   = Table[int]{"open"}               // "signal"/"action"/"meeting", team, nr -> nr
	caseNrs   = Table[int]{"incase"}             // "signal", team, code, nr -> nr
	owned     = Table[int]{"owned"}              // team, user, nr -> nr, open actions
	occurred  = Table[int]{"occurrence"}         // team, occurrence -> meeting nr
	evaluable = Table[string]{"evaluate"}        // team, code -> code, of the cases with a day to evaluate
	untold    = Table[string]{"untold"}          // team, code -> code, of the cases that are Untold
	Points    = Table[[]team.Point]{"points"}    // team: those that wait for a Kans!overleg
	used      = Table[struct{}]{"used"}          // team, code, of the erased cases
	Homed     = Table[struct{}]{"homed"}         // platform, workspace: somebody there has a home page
	seen      = Table[struct{}]{"seen"}          // day, event
)

// Rhythm is when a kernteam meets. Version counts up at each change: with the
// nominal local time it names an occurrence for good.
type Rhythm struct {
	schedule.Rhythm
	Version int
}

// Form is a form that somebody has open: what it is about, who may send it in
// and until when. Its id is all the platform knows.
type Form struct {
	Form    chat.Form
	Purpose string // the command's own word for what to do with it
	Nr      int    // the record it is about, if any
	Team    string
	To      chat.To // where it was asked for: Channel, and User for whom
	Until   time.Time
	Began   map[string]string // field -> imprint of the text in it when it was opened; of none when that does not matter
}

// At finds the kernteam of a channel.
func At(tx kv.Tx, platform, workspace, channel string) (team.Kernteam, bool, error) {
	id, found, err := at.Get(tx, platform, workspace, channel)
	if err != nil || !found {
		return team.Kernteam{}, false, err
	}
	return Kernteams.Get(tx, id)
}

// PutKernteam writes k and its place.
func PutKernteam(tx kv.Tx, k team.Kernteam) error {
	if err := at.Put(tx, k.ID, k.Platform, k.Workspace, k.Channel); err != nil {
		return err
	}
	return Kernteams.Put(tx, k, k.ID)
}

// PutMember writes m and keeps the list of kernteams that the person is in.
func PutMember(tx kv.Tx, k team.Kernteam, m team.Member) error {
	parts := []string{k.Platform, k.Workspace, m.User, k.ID}
	var err error
	if m.Here {
		err = memberOf.Put(tx, k.ID, parts...)
	} else {
		err = memberOf.Delete(tx, parts...)
	}
	if err != nil {
		return err
	}
	return Members.Put(tx, m, k.ID, m.User)
}

// KernteamsOf lists the kernteams that a person is in now.
func KernteamsOf(tx kv.Tx, platform, workspace, user string) ([]team.Kernteam, error) {
	ids, err := memberOf.All(tx, platform, workspace, user)
	if err != nil {
		return nil, err
	}
	var list []team.Kernteam
	for _, id := range ids {
		k, found, err := Kernteams.Get(tx, id)
		if err != nil {
			return nil, err
		}
		if found {
			list = append(list, k)
		}
	}
	return list, nil
}

// PutSignal writes s and its indexes.
func PutSignal(tx kv.Tx, id string, s team.Signal) error {
	if err := setIndex(tx, openNrs, s.Status == team.Waiting, s.Nr, "signal", id, Nr(s.Nr)); err != nil {
		return err
	}
	if s.Code != "" {
		if err := caseNrs.Put(tx, s.Nr, "signal", id, s.Code, Nr(s.Nr)); err != nil {
			return err
		}
	}
	return Signals.Put(tx, s, id, Nr(s.Nr))
}

// MoveSignal takes s off the list of its case, before it gets another.
func MoveSignal(tx kv.Tx, id string, s team.Signal) error {
	return caseNrs.Delete(tx, "signal", id, s.Code, Nr(s.Nr))
}

// PutCase writes c and its indexes.
func PutCase(tx kv.Tx, id string, c team.Case) error {
	if err := setIndex(tx, evaluable, !c.Evaluate.IsZero(), c.Code, id, c.Code); err != nil {
		return err
	}
	if err := setIndex(tx, untold, c.Untold(), c.Code, id, c.Code); err != nil {
		return err
	}
	return Cases.Put(tx, c, id, c.Code)
}

// CasesToEvaluate lists the cases with a day to evaluate, that day first that
// comes first.
func CasesToEvaluate(tx kv.Tx, id string) ([]team.Case, error) {
	list, err := casesIn(tx, evaluable, id)
	slices.SortStableFunc(list, func(a, b team.Case) int { return a.Evaluate.Compare(b.Evaluate) })
	return list, err
}

// CasesUntold lists the cases of which the parents still have to hear.
func CasesUntold(tx kv.Tx, id string) ([]team.Case, error) { return casesIn(tx, untold, id) }

func casesIn(tx kv.Tx, index Table[string], id string) (list []team.Case, err error) {
	codes, err := index.All(tx, id)
	if err != nil {
		return nil, err
	}
	for _, code := range codes {
		c, found, err := Cases.Get(tx, id, code)
		if err != nil {
			return nil, err
		}
		if found {
			list = append(list, c)
		}
	}
	return list, nil
}

// PutAction writes a and its indexes.
func PutAction(tx kv.Tx, id string, a team.Action) error {
	open := a.Status == team.ToDo
	if err := setIndex(tx, openNrs, open, a.Nr, "action", id, Nr(a.Nr)); err != nil {
		return err
	}
	if err := setIndex(tx, owned, open, a.Nr, id, a.Owner, Nr(a.Nr)); err != nil {
		return err
	}
	return Actions.Put(tx, a, id, Nr(a.Nr))
}

// TakeAction takes a off its owner's list, before it gets another owner.
func TakeAction(tx kv.Tx, id string, a team.Action) error {
	return owned.Delete(tx, id, a.Owner, Nr(a.Nr))
}

// PutMeeting writes m and its indexes.
func PutMeeting(tx kv.Tx, id string, m team.Meeting) error {
	if err := setIndex(tx, openNrs, m.Open(), m.Nr, "meeting", id, Nr(m.Nr)); err != nil {
		return err
	}
	if m.Occurrence != "" {
		if err := occurred.Put(tx, m.Nr, id, m.Occurrence); err != nil {
			return err
		}
	}
	return Meetings.Put(tx, m, id, Nr(m.Nr))
}

// Occurred finds the meeting that an occurrence had.
func Occurred(tx kv.Tx, id, occurrence string) (nr int, found bool, err error) {
	return occurred.Get(tx, id, occurrence)
}

// OpenSignals, OpenActions and OpenMeetings are what still asks for something;
// their cost does not grow with a kernteam's history.
func OpenSignals(tx kv.Tx, id string) ([]team.Signal, error) {
	return indexed(tx, openNrs, Signals, id, "signal", id)
}

func OpenActions(tx kv.Tx, id string) ([]team.Action, error) {
	return indexed(tx, openNrs, Actions, id, "action", id)
}

func OpenMeetings(tx kv.Tx, id string) ([]team.Meeting, error) {
	return indexed(tx, openNrs, Meetings, id, "meeting", id)
}

// OpenActionsOf lists the open actions of one member.
func OpenActionsOf(tx kv.Tx, id, user string) ([]team.Action, error) {
	return indexed(tx, owned, Actions, id, id, user)
}

// SignalsSince lists the signals that came in from that moment on, the newest
// first; its cost does not grow with what came before, but for what is erased.
func SignalsSince(tx kv.Tx, id string, from time.Time) ([]team.Signal, error) {
	last, err := counted(tx, "signal", id)
	if err != nil {
		return nil, err
	}
	var list []team.Signal
	for nr := last; nr > 0; nr-- {
		s, found, err := Signals.Get(tx, id, Nr(nr))
		if err != nil || found && s.At.Before(from) {
			return list, err
		}
		if found {
			list = append(list, s)
		}
	}
	return list, nil
}

// SignalsOn lists every signal on one case.
func SignalsOn(tx kv.Tx, id, code string) ([]team.Signal, error) {
	return indexed(tx, caseNrs, Signals, id, "signal", id, code)
}

func indexed[T any](tx kv.Tx, index Table[int], table Table[T], id string, parts ...string) ([]T, error) {
	nrs, err := index.All(tx, parts...)
	if err != nil {
		return nil, err
	}
	list := make([]T, 0, len(nrs))
	for _, nr := range nrs {
		record, found, err := table.Get(tx, id, Nr(nr))
		if err != nil {
			return nil, err
		}
		if found {
			list = append(list, record)
		}
	}
	return list, nil
}

func setIndex[T any](tx kv.Tx, index Table[T], on bool, entry T, parts ...string) error {
	if on {
		return index.Put(tx, entry, parts...)
	}
	return index.Delete(tx, parts...)
}

// Seen reports whether an event was seen before, and remembers it for at
// least a day.
func Seen(tx kv.Tx, platform, event string, now time.Time) (bool, error) {
	sum := sha256.Sum256([]byte(platform + "\x00" + event))
	id := hex.EncodeToString(sum[:16])
	for _, day := range []time.Time{now, now.AddDate(0, 0, -1)} {
		_, found, err := seen.Get(tx, day.UTC().Format(time.DateOnly), id)
		if err != nil || found {
			return found, err
		}
	}
	return false, seen.Put(tx, struct{}{}, now.UTC().Format(time.DateOnly), id)
}

// ForgetSeen forgets the events of the days before yesterday.
func ForgetSeen(tx kv.Tx, now time.Time) error {
	keep := now.UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	return forget(tx, append([]byte(seen.Name), sep), key(seen.Name, []string{keep}))
}

// forget drops what lies under the keys of a range.
func forget(tx kv.Tx, from, to []byte) error {
	var old [][]byte
	err := tx.Scan(from, to, func(k, _ []byte) error {
		old = append(old, slices.Clone(k))
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range old {
		if err := tx.Delete(k); err != nil {
			return err
		}
	}
	return nil
}
