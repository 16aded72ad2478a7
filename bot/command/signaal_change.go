package command

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

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
	d := draft{Signal: s}
	if rest == "" {
		d.Parents = r.parentsOf(s)
		if err := r.did("signal.show", on("signal", s.Nr)); err != nil {
			return answer{}, err
		}
		return r.signalAsk("signal.change", d)
	}
	d.Elements, d.Parents = nil, ""
	d.Seen, d.Helps, d.Needed = "", "", ""
	wrong := r.readSignal(&d, rest)
	if len(d.Elements) == 0 {
		d.Elements = s.Elements
	}
	if wrong == nil {
		var a answer
		if a, wrong = r.changed(d.over(s)); wrong == nil {
			return a, nil
		}
	}
	a, err := r.signalMend(d)
	if err != nil {
		return answer{}, err
	}
	return a, wrong
}

// signalMend opens the form with the texts that were typed only: nothing of a
// mistake is kept, so neither is that somebody read the others. What stays empty
// in it stays as it was.
func (r *Request) signalMend(d draft) (answer, error) {
	a, err := r.signalAsk("signal.mend", d)
	if err != nil {
		return answer{}, err
	}
	form := &a.form.Form
	form.Intro = r.lang.Say("signal.mend")
	for i := range form.Fields {
		if f := &form.Fields[i]; f.Name == "ouders" && d.Parents == "" {
			f.Optional, f.Value = true, nil
		}
	}
	return a, nil
}

// over is a draft in which the texts that it leaves empty are those of s.
func (d draft) over(s team.Signal) draft {
	d.Seen, d.Helps, d.Needed = cmp.Or(d.Seen, s.Seen), cmp.Or(d.Helps, s.Helps), cmp.Or(d.Needed, s.Needed)
	return d
}

// signalChanged takes what a form says of a signal. Parents that are where the
// form began were not spoken of: it takes nothing back.
func signalChanged(r *Request, nr int, v values) (answer, error) {
	return r.changedBy(nr, v, func(d draft, _ team.Signal) draft {
		for _, f := range r.sent.Fields {
			if f.Name == "ouders" && slices.Contains(f.Value, string(d.Parents)) {
				d.Parents = ""
			}
		}
		return d
	})
}

// signalMended takes what the form of signalMend says.
func signalMended(r *Request, nr int, v values) (answer, error) {
	return r.changedBy(nr, v, draft.over)
}

func (r *Request) changedBy(nr int, v values, meant func(draft, team.Signal) draft) (answer, error) {
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
	return r.changed(meant(draftOf(s, v), s))
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
	if _, _, err := r.putSignal(d.Signal); err != nil {
		return answer{}, err
	}
	if err := r.did("signal.change", on("signal", d.Nr)); err != nil {
		return answer{}, err
	}
	return answer{body: r.say("signal.changed", "nr", d.Nr)}, r.refreshSignal(d.Signal)
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
