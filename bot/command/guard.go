package command

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/privacy"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

var assurance = regexp.MustCompile(`(?i)(^|\s)(geen-spoed|not-urgent|geen-naam|no-name)(?:[:,.]?(\s|$))`)

// assured takes out what the asker says of their own text: that it is no
// emergency, or that what looks like a name is none.
func (r *Request) assured(text string) string {
	for m := assurance.FindStringSubmatchIndex(text); m != nil; m = assurance.FindStringSubmatchIndex(text) {
		switch strings.ToLower(text[m[4]:m[5]]) {
		case "geen-spoed", "not-urgent":
			r.notUrgent = true
		default:
			r.noName = true
		}
		text = strings.TrimSpace(text[:m[3]] + text[m[6]:])
	}
	return text
}

// acute: the text may be about a child in danger, which is not for Kansbot. It
// is asked before anything else is looked at.
func (r *Request) acute(text string) bool {
	if r.notUrgent {
		return false
	}
	text = mentionPattern.ReplaceAllStringFunc(text, func(found string) string {
		handle, _ := cutMention(found)
		if _, err := r.who(handle); err == nil { // such as @jan.112
			return ""
		}
		return found
	})
	return privacy.Acute(text, privacy.DefaultAcuteWords)
}

// passage is something written, and the field it was written in.
type passage struct{ field, text string }

// guard looks at what somebody wrote before any of it is stored. What must not
// come in is a Problem that says what was found, the surest first.
func (r *Request) guard(passages ...passage) error {
	var sure, maybe error
	for _, p := range passages {
		for _, f := range privacy.Check(p.text, r.today()) {
			found := p.text[f.Start:f.End]
			problem := team.Wrong(p.field, "private."+string(f.Kind), "found", found)
			if f.Certain {
				sure = cmp.Or[error](sure, problem)
				continue
			}
			if maybe != nil || r.noName {
				continue
			}
			members, err := r.members()
			if err != nil {
				return err
			}
			if !isMember(members, found) {
				maybe = problem
			}
		}
	}
	return cmp.Or(sure, maybe)
}

// isMember: colleagues may be named.
func isMember(members map[string]team.Member, found string) bool {
	found = fold(found)
	for _, m := range members {
		if name := fold(m.Name); found == name || strings.HasPrefix(name, found+" ") || strings.HasSuffix(name, " "+found) {
			return true
		}
	}
	return false
}

// fits refuses a text of more than limit characters, at its field.
func fits(field, text string, limit int) error {
	if n := len([]rune(text)); n > limit {
		return team.Wrong(field, "long", "n", strconv.Itoa(n), "max", strconv.Itoa(limit))
	}
	return nil
}

// noCodes refuses a text with the code of another case than own, at its field:
// where parents stand and what is erased go by what is known to be about a case.
func noCodes(field, text, own, problem string, args ...string) error {
	others := otherCodes(text, own)
	if len(others) == 0 {
		return nil
	}
	return team.Wrong(field, problem, args...).With("understood", others[0])
}

// accepted are the texts that were let in before: sending them again asks
// nothing anew.
func (r *Request) accepted(form store.Form) ([]string, error) {
	switch form.Purpose {
	case "goal.set":
		if code := form.Form.Fields[0].Value; len(code) > 0 {
			return r.goalTexts(code[0])
		}
		return nil, nil // its case is erased
	case "signal.change", "signal.mend":
	default:
		return nil, nil
	}
	s, _, err := store.Signals.Get(r.tx, r.team.ID, store.Nr(form.Nr))
	return []string{s.Seen, s.Helps, s.Needed, s.Theme}, err
}

// assuredForm is assured for every answer of a form; acute is that one of the
// new ones may be about danger.
func (r *Request) assuredForm(form store.Form, sent map[string][]string) (acute bool, err error) {
	before, err := r.accepted(form)
	if err != nil {
		return false, err
	}
	for name, answers := range sent {
		for i := range answers {
			sent[name][i] = r.assured(tidy(answers[i]))
		}
	}
	for _, answers := range sent {
		for _, text := range answers {
			acute = acute || !slices.Contains(before, text) && r.acute(text)
		}
	}
	return acute, nil
}

// reworded is at most one friendly suggestion to say what is needed instead.
func (r *Request) reworded(texts ...string) chat.Message {
	for _, text := range texts {
		if key, found := privacy.Reword(text); found {
			return r.view().Reworded(privacy.Suggestion(string(r.lang), key))
		}
	}
	return nil
}
