package command

import (
	"strings"

	"kansbot/internal/chat"
	"kansbot/internal/privacy"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// said is what somebody wrote, by field, with what they said about it: that it
// is no emergency, or that what looks like a name is none.
type said struct {
	texts     map[string]*string
	notUrgent bool
	noName    bool
}

// guard looks at what somebody wrote before any of it is stored. What must not
// come in is a Problem that says what was found; acute is that it may be about
// a child in danger, which is not for Kansbot.
func (r *Request) guard(s said) (acute bool, err error) {
	members, err := r.members()
	if err != nil {
		return false, err
	}
	for field, text := range s.texts {
		rest, notUrgent := privacy.StripNotUrgent(*text)
		rest, noName := stripNoName(rest)
		*text = rest
		s.notUrgent = s.notUrgent || notUrgent
		s.noName = s.noName || noName
		for _, f := range privacy.Check(rest, r.today()) {
			found := rest[f.Start:f.End]
			if f.Kind == privacy.Name && (s.noName || isMember(members, found)) {
				continue
			}
			err = team.Wrong(field, "private."+string(f.Kind), "found", found)
		}
	}
	if !s.notUrgent {
		for _, text := range s.texts {
			if privacy.Acute(*text, privacy.DefaultAcuteWords) {
				return true, nil
			}
		}
	}
	return false, err
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
