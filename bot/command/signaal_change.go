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
		a, err := r.signalAsk("signal.change", r.draftNow(s))
		if err == nil {
			a.form.Began = imprints(a.form.Form)
		}
		return a, err
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
// somebody else changed meanwhile, it does not change back; where the parents
// stand, it says nothing of when that was left alone.
func signalChanged(r *Request, nr int, v values) (answer, error) {
	s, now, err := r.toChange(nr)
	if err != nil {
		return answer{}, err
	}
	parents := v["ouders"]
	if r.began("ouders", parents) {
		parents = nil
	}
	if err := r.rebase(now, v, func(field string) error {
		return team.Wrong(field, "signal.newer", "nr", strconv.Itoa(nr))
	}); err != nil {
		return answer{}, err
	}
	v["ouders"] = parents
	return r.changed(draftOf(s, v))
}

// signalMended takes what the form of signalMend says; what stayed empty in it is
// as it is by now.
func signalMended(r *Request, nr int, v values) (answer, error) {
	s, now, err := r.toChange(nr)
	if err != nil {
		return answer{}, err
	}
	for _, f := range now.Fields {
		if len(v[f.Name]) == 0 && f.Name != "ouders" {
			v[f.Name] = f.Value
		}
	}
	return r.changed(draftOf(s, v))
}

// toChange is the signal that a form changes, and its form as it is by now.
func (r *Request) toChange(nr int) (s team.Signal, now chat.Form, err error) {
	s, found, err := store.Signals.Get(r.tx, r.team.ID, store.Nr(nr))
	if err != nil {
		return s, now, err
	}
	if !found {
		return s, now, team.Wrong("", "signal.none", "nr", strconv.Itoa(nr))
	}
	if err := r.mine(s); err != nil {
		return s, now, err
	}
	now, err = r.formOf(r.draftNow(s))
	return s, now, err
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
