package command

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// mine lets only the reporter and the chair change a signal that still waits.
func (r *Request) mine(s team.Signal) error {
	if s.By != r.me.User && !r.isChair() {
		return team.Wrong("", "signal.other", "name", r.view().Name(s.By))
	}
	if s.Status != team.Waiting {
		return team.Wrong("", "signal.closed", "nr", strconv.Itoa(s.Nr), "status", r.lang.Say("status."+string(s.Status)))
	}
	return nil
}

// signalChange opens the form with what is there, or changes what the rest of
// the line names.
func signalChange(r *Request, typed string) (answer, error) {
	s, rest, err := r.signalNr(typed, "wijzig")
	if err != nil {
		return answer{}, err
	}
	if err := r.mine(s); err != nil {
		return answer{}, err
	}
	if rest == "" {
		if err := r.did("signal.show", on("signal", s.Nr)); err != nil {
			return answer{}, err
		}
		return r.signalAsk("signal.change", r.draftNow(s))
	}
	d := draft{Signal: s}
	d.Elements, d.Parents = nil, ""
	d.Seen, d.Helps, d.Needed = "", "", ""
	wrong := r.readSignal(&d, rest)
	if len(d.Elements) == 0 {
		d.Elements = s.Elements
	}
	d.Seen, d.Helps, d.Needed = cmp.Or(d.Seen, s.Seen), cmp.Or(d.Helps, s.Helps), cmp.Or(d.Needed, s.Needed)
	if wrong == nil {
		var a answer
		if a, wrong = r.changed(d); wrong == nil {
			return a, nil
		}
	}
	a, err := r.signalMend(s, d)
	if err != nil {
		return answer{}, err
	}
	return a, wrong
}

// draftNow is a signal as it stands.
func (r *Request) draftNow(s team.Signal) draft {
	s.Parents = r.parentsOf(s)
	return draft{Signal: s}
}

// signalMend opens the form with what was typed only: nothing of a mistake is
// kept, so neither is that somebody read the rest. What stays empty in it stays
// as it was.
func (r *Request) signalMend(s team.Signal, d draft) (answer, error) {
	d.Parents = cmp.Or(d.Parents, r.parentsOf(s))
	form, err := r.formOf(d)
	if err != nil {
		return answer{}, err
	}
	now, err := r.formOf(r.draftNow(s))
	if err != nil {
		return answer{}, err
	}
	form.Intro = r.lang.Say("signal.mend")
	for i := range form.Fields {
		if f := &form.Fields[i]; slices.Equal(f.Value, now.Fields[i].Value) {
			f.Optional, f.Value = true, nil
		}
	}
	return r.ask("signal.mend", s.Nr, form), nil
}

// signalChanged takes from a form what it says otherwise than it began. What
// somebody else changed meanwhile, it does not change back.
func signalChanged(r *Request, nr int, v values) (answer, error) {
	return r.changedBy(nr, v, func(began, now chat.Field) (left bool, err error) {
		said := v[began.Name]
		if left = slices.Equal(said, began.Value); !left && !slices.Equal(now.Value, began.Value) && !slices.Equal(now.Value, said) {
			err = team.Wrong(began.Name, "signal.newer", "nr", strconv.Itoa(nr))
		}
		return left, err
	})
}

// signalMended takes what the form of signalMend says.
func signalMended(r *Request, nr int, v values) (answer, error) {
	return r.changedBy(nr, v, func(began, _ chat.Field) (left bool, err error) { return len(v[began.Name]) == 0, nil })
}

// changedBy changes a signal as a form says. The fields that it left alone are as
// they are by now; where the parents stand, it then says nothing of.
func (r *Request) changedBy(nr int, v values, left func(began, now chat.Field) (bool, error)) (answer, error) {
	s, found, err := store.Signals.Get(r.tx, r.team.ID, store.Nr(nr))
	if err != nil {
		return answer{}, err
	}
	if !found {
		return answer{}, team.Wrong("", "signal.none", "nr", strconv.Itoa(nr))
	}
	if err := r.mine(s); err != nil {
		return answer{}, err
	}
	now, err := r.formOf(r.draftNow(s))
	if err != nil {
		return answer{}, err
	}
	for i, f := range r.sent.Fields {
		alone, err := left(f, now.Fields[i])
		switch {
		case err != nil:
			return answer{}, err
		case alone && f.Name == "ouders":
			v[f.Name] = nil
		case alone:
			v[f.Name] = now.Fields[i].Value
		}
	}
	return r.changed(draftOf(s, v))
}

// changed stores a signal that was changed. Where it does not say where the
// parents stand, they stay where they are.
func (r *Request) changed(d draft) (answer, error) {
	if err := r.complete(d, ""); err != nil {
		return answer{}, err
	}
	before, _, err := store.Signals.Get(r.tx, r.team.ID, store.Nr(d.Nr))
	if err != nil {
		return answer{}, err
	}
	old := []string{before.Seen, before.Helps, before.Needed, before.Theme}
	fresh := slices.DeleteFunc(d.passages(), func(p passage) bool { return slices.Contains(old, p.text) })
	if err := r.guard(fresh...); err != nil {
		return answer{}, err
	}
	d.Theme = strings.ToLower(d.Theme)
	if d.newCode != "" {
		if d.Code, err = r.issueCode(d.newCode); err != nil {
			return answer{}, err
		}
	}
	d.Parents = cmp.Or(d.Parents, r.caseOf(d.Code).Parents, r.parentsOf(before))
	if before.Code != d.Code {
		if err := r.moved(before); err != nil {
			return answer{}, err
		}
	}
	was, _, err := r.putSignal(d.Signal)
	if err != nil {
		return answer{}, err
	}
	if err := r.did("signal.change", on("signal", d.Nr)); err != nil {
		return answer{}, err
	}
	body := r.say("signal.changed", "nr", d.Nr)
	if !was.Closed.IsZero() {
		body = append(body, r.say("case.reopened", "code", d.Code)...)
	}
	return answer{body: body}, r.refreshSignal(d.Signal)
}

func signalWithdraw(r *Request, typed string) (answer, error) {
	s, _, err := r.signalNr(typed, "intrekken")
	if err != nil {
		return answer{}, err
	}
	if err := r.mine(s); err != nil {
		return answer{}, err
	}
	s.Status = team.Withdrawn
	s.Seen, s.Helps, s.Needed, s.Theme = "", "", "", ""
	if err := store.PutSignal(r.tx, r.team.ID, s); err != nil {
		return answer{}, err
	}
	if err := r.did("signal.withdraw", on("signal", s.Nr)); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("signal.withdrawn", "nr", s.Nr)}, r.refreshSignal(s)
}
