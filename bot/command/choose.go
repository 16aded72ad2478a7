package command

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"kansbot/internal/store"
	"kansbot/internal/team"
)

// meetingChoose puts a case or handover that does not fit on the next agenda after
// all, in place of another: "kies K-014", or of a group or theme the signal's number.
func meetingChoose(r *Request, typed string) (answer, error) {
	m, err := r.planned()
	if err != nil {
		return answer{}, err
	}
	found := codes(typed)
	nr, _, numbered := number(typed)
	if len(found) == 0 && !numbered {
		return answer{}, team.Wrong("", "choose.which", "example", "/kansoverleg kies K-014")
	}
	open, err := store.OpenSignals(r.tx, r.team.ID)
	if err != nil {
		return answer{}, err
	}
	i := slices.IndexFunc(open, func(s team.Signal) bool {
		return s.Kind != team.Success && (len(found) > 0 && s.Code == found[0] || len(found) == 0 && s.Nr == nr)
	})
	if i < 0 {
		return answer{}, team.Wrong("", "choose.none", "understood", line(typed), "example", "/kansoverleg agenda")
	}
	return r.putFirst(m, open[i])
}

func pressChoose(r *Request, s string) (answer, error) {
	m, err := r.pressedMeeting(s)
	if err != nil {
		return answer{}, err
	}
	nrs := subject(s)
	if len(nrs) != 2 {
		return answer{}, team.Wrong("", "button.gone")
	}
	signal, found, err := store.Signals.Get(r.tx, r.team.ID, store.Nr(nrs[1]))
	if err != nil {
		return answer{}, err
	}
	if !found || signal.Status != team.Waiting {
		return answer{}, team.Wrong("", "choose.none", "understood", strconv.Itoa(nrs[1]), "example", "/kansoverleg agenda")
	}
	return r.putFirst(m, signal)
}

// putFirst puts the case of a signal on the agenda of a meeting, before what
// was not chosen. Of cases and of handovers, at most as many are chosen as there
// is room for: one more takes the place of the one whose signal is the oldest.
func (r *Request) putFirst(m team.Meeting, s team.Signal) (answer, error) {
	if err := r.forLeader(m); err != nil {
		return answer{}, err
	}
	before, signals, err := r.agenda(m)
	if err != nil {
		return answer{}, err
	}
	if slices.Contains(before.Parents, s.Nr) {
		return answer{}, team.Wrong("", "choose.parents", "about", r.view().About(s))
	}
	handover, room := isHandover(m, signals, caseKey(s)), team.MaxNewCases
	if handover {
		room = team.MaxTransfers
	}
	chosen := map[string]time.Time{} // case -> its oldest signal
	for _, other := range signals {
		key := caseKey(other)
		if other.Chosen != m.Nr || key == caseKey(s) || isHandover(m, signals, key) != handover {
			continue
		}
		if at, has := chosen[key]; !has || other.At.Before(at) {
			chosen[key] = other.At
		}
	}
	for len(chosen) >= room {
		oldest := ""
		for key, at := range chosen {
			if oldest == "" || cmp.Or(at.Compare(chosen[oldest]), cmp.Compare(key, oldest)) < 0 {
				oldest = key
			}
		}
		delete(chosen, oldest)
		if err := r.setChosen(signals, oldest, 0); err != nil {
			return answer{}, err
		}
	}
	if err := r.setChosen(signals, caseKey(s), m.Nr); err != nil {
		return answer{}, err
	}
	if err := r.did("agenda.choose", on("signal", s.Nr)); err != nil {
		return answer{}, err
	}
	after, _, err := r.agenda(m)
	if err != nil {
		return answer{}, err
	}
	fell := slices.DeleteFunc(after.Carried, func(nr int) bool { return slices.Contains(before.Carried, nr) })
	return answer{body: r.view().Chosen(m, s, fell, signals)}, r.refreshMeeting(m)
}

// caseKey is what a signal shares with the others on its case.
func caseKey(s team.Signal) string { return cmp.Or(s.Code, strconv.Itoa(s.Nr)) }

// isHandover reports whether a case comes on the agenda of a meeting as a handover.
func isHandover(m team.Meeting, signals map[int]team.Signal, key string) bool {
	var on []team.Signal
	for _, s := range signals {
		if caseKey(s) == key && s.Kind != team.Success {
			on = append(on, s)
		}
	}
	return len(on) > 0 && team.Backlog{Meeting: m.Nr}.IsHandover(on)
}

// setChosen notes for which meeting a case was chosen.
func (r *Request) setChosen(signals map[int]team.Signal, key string, nr int) error {
	for _, s := range signals {
		if caseKey(s) != key || s.Chosen == nr {
			continue
		}
		s.Chosen = nr
		if err := store.PutSignal(r.tx, r.team.ID, s); err != nil {
			return err
		}
	}
	return nil
}

// takeChosen puts on the agenda of a meeting what was chosen for one that was
// not held.
func (r *Request) takeChosen(m team.Meeting) error {
	open, err := store.OpenSignals(r.tx, r.team.ID)
	if err != nil {
		return err
	}
	for _, s := range open {
		if s.Chosen == 0 || s.Chosen == m.Nr {
			continue
		}
		chosen, _, err := store.Meetings.Get(r.tx, r.team.ID, store.Nr(s.Chosen))
		if err != nil {
			return err
		}
		if chosen.Status != team.Skipped {
			continue
		}
		s.Chosen = m.Nr
		if err := store.PutSignal(r.tx, r.team.ID, s); err != nil {
			return err
		}
	}
	return nil
}
