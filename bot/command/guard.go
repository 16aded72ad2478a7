package command

import (
	"cmp"
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/privacy"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// said is what somebody wrote, with what they said about it: that it is no
// emergency, or that what looks like a name is none.
type said struct {
	texts     []passage
	notUrgent bool
	noName    bool
}

type passage struct {
	field string
	text  *string
}

// guard looks at what somebody wrote before any of it is stored. What must not
// come in is a Problem that says what was found, the surest first; acute is
// that it may be about a child in danger, which is not for Kansbot.
func (r *Request) guard(s said) (acute bool, err error) {
	members, err := r.members()
	if err != nil {
		return false, err
	}
	for _, w := range s.texts {
		rest, notUrgent := privacy.StripNotUrgent(*w.text)
		rest, noName := stripNoName(rest)
		*w.text = rest
		s.notUrgent = s.notUrgent || notUrgent
		s.noName = s.noName || noName
	}
	var sure, maybe error
	for _, w := range s.texts {
		if !s.notUrgent && privacy.Acute(*w.text, privacy.DefaultAcuteWords) {
			return true, nil
		}
		for _, f := range privacy.Check(*w.text, r.today()) {
			found := (*w.text)[f.Start:f.End]
			problem := team.Wrong(w.field, "private."+string(f.Kind), "found", found)
			switch {
			case f.Certain && sure == nil:
				sure = problem
			case !f.Certain && maybe == nil && !s.noName && !isMember(members, found):
				maybe = problem
			}
		}
	}
	return false, cmp.Or(sure, maybe)
}

// stripNoName takes "geen-naam" off the front: the asker says that what looks
// like a name is none.
func stripNoName(text string) (rest string, said bool) {
	word, rest := firstWord(text)
	if isWord(word, "geen-naam", "no-name") {
		return rest, true
	}
	return text, false
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

// danger is the fixed answer to words of acute danger: only the asker sees it,
// and nothing of what was typed is kept. That it happened is counted, without
// by whom.
func (r *Request) danger() (answer, error) {
	_, err := store.Next(r.tx, "acute", r.team.ID)
	return answer{body: r.view().Danger()}, err
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
