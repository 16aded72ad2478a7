package command

import (
	"io"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kansbot/adapters/bolt"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// rolledBack ends a transaction that is to leave no trace.
type rolledBack struct{ error }

// practised runs a line for Anna, the chair, in a kernteam that has all that
// the texts speak of, on the morning of a Kans!overleg; nothing of it stays.
func practised(t *testing.T, db kv.DB, lang text.Lang, typed string) error {
	t.Helper()
	now := time.Date(2027, time.January, 12, 9, 0, 0, 0, zone(""))
	b := New(Options{
		DB: db, Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Circle:   team.Circle{Name: "Kansencirkel", Elements: []team.Element{{Key: "leren", Label: "Leren en groeien"}, {Key: "erbij", Label: "Erbij horen"}}},
		Holidays: schedule.BuiltIn(),
	})
	k := team.Kernteam{ID: "1", Platform: "test", Channel: "zwaan", Name: "Kernteam De Zwaan", Lang: string(lang), Chair: "anna", Minutes: 75}
	name, rest := firstWord(strings.TrimPrefix(typed, "/"))
	event := chat.Event{
		Platform: "test", Channel: "zwaan", User: chat.Person{ID: "anna", Handle: "anna", Name: "Anna"},
		Act: chat.Typed{Command: name, Text: rest},
	}
	err := db.Update(t.Context(), func(tx kv.Tx) error {
		puts := []error{
			store.PutKernteam(tx, k),
			store.Cases.Put(tx, team.Case{Code: "K-014", Parents: team.Informed, Created: now}, k.ID, "K-014"),
			store.PutSignal(tx, k.ID, team.Signal{Nr: 12, Code: "K-014", Kind: team.Worry, Parents: team.NotYet, Seen: "...", Status: team.Waiting, By: "anna", At: now}),
			store.PutAction(tx, k.ID, team.Action{Nr: 7, Owner: "jgz", Text: "...", Due: monday.AddDays(30), Status: team.ToDo}),
			store.PutAction(tx, k.ID, team.Action{Nr: 6, Owner: "anna", Text: "...", Due: monday, Status: team.Done, DoneBy: "anna", Done: now}),
			store.PutMeeting(tx, k.ID, team.Meeting{Nr: 1, Start: now.Add(4 * time.Hour), Status: team.Planned}),
		}
		for _, key := range []string{"signal/1/12", "action/1/7"} {
			puts = append(puts, outbox.Put(tx, chat.Post{Key: key, To: chat.To{Platform: "test", Channel: "zwaan"}, Body: chat.Message{{Kind: chat.Text}}}))
		}
		for _, user := range []string{"anna", "jgz", "cjg", "wie", "who"} {
			puts = append(puts, store.PutMember(tx, k, team.Member{User: user, Handle: user, Name: user, Here: true}))
		}
		for _, err := range puts {
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := b.request(tx, event).route()
		return rolledBack{err}
	})
	return err.(rolledBack).error
}

// A line that Kansbot shows as one to type, Kansbot understands.
func TestShownLinesWork(t *testing.T) {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "kansbot.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, lang := range text.Langs {
		for _, typed := range shownLines(lang) {
			if err := practised(t, db, lang, typed); err != nil {
				t.Errorf("%s: %s: %v", lang, typed, err)
			}
		}
	}
	if err := practised(t, db, text.NL, "/actie klaar 8"); err == nil {
		t.Error("a line that cannot work did")
	}
}

// shownLines are the examples of help, the hints of verbs that can be typed as
// they stand, and the lines in other texts.
func shownLines(lang text.Lang) []string {
	var lines []string
	for _, c := range commands {
		for i := range c.examples {
			lines = append(lines, lang.Say("help."+c.name+"."+strconv.Itoa(i+1)))
		}
		for _, v := range c.verbs {
			if id := "usage." + c.name + "." + v.words[0] + ".hint"; lang.Has(id) && !strings.Contains(lang.Say(id), "[") {
				lines = append(lines, "/"+c.name+" "+v.word(lang)+" "+lang.Say(id))
			}
		}
	}
	for _, id := range []string{"team.ready.signal", "team.ready.plan", "team.ready.card", "home.none", "ask.signal", "ask.point", "soon"} {
		for _, p := range lang.Parts(id) {
			if p.Bold && strings.HasPrefix(p.Text, "/") {
				lines = append(lines, p.Text)
			}
		}
	}
	return append(lines,
		lang.Say("point.example"),
		lang.Say("signal.example", "code", "K-014"),
		lang.Say("signal.example", "code", "nieuw"),
		"/actie @jgz "+lang.Say("action.example")+" "+lang.Say("action.by", "date", "12 feb"))
}

var linePattern = regexp.MustCompile(`/([a-z]+)( [\pL]+)?`)

// Every line that a text speaks of starts with a command, and goes on with one
// of its verbs where it looks like one.
func TestTextsSpeakOfCommandsThatExist(t *testing.T) {
	for _, lang := range text.Langs {
		for id, says := range map[string]string{
			"who.note": "ik", "signal.private": "toon", "signals.note": "toon", "started.note": "afronden", "actions.note": "klaar",
			"form.team.intro": "instellen", "form.card.intro": "wie",
		} {
			found := false
			for _, m := range linePattern.FindAllStringSubmatch(lang.Say(id), -1) {
				c, known := commandNamed(m[1])
				if !known {
					t.Errorf("%s: %s speaks of /%s", lang, id, m[1])
				}
				found = found || slices.ContainsFunc(c.verbs, func(v verb) bool {
					return v.words[0] == says && isWord(strings.TrimSpace(m[2]), v.words...)
				})
			}
			if !found {
				t.Errorf("%s: %s does not say how to %s: %q", lang, id, says, lang.Say(id))
			}
		}
	}
}

// What a platform suggests while somebody types is made of texts, not of ids.
func TestUsages(t *testing.T) {
	for _, lang := range text.Langs {
		for _, u := range Usages(lang) {
			for _, v := range append(u.Verbs, chat.Verb{Hint: u.Hint, About: u.About}) {
				if v.About == "" || strings.Contains(v.About+v.Hint, "usage.") {
					t.Errorf("%s: /%s %s is suggested with %q and %q", lang, u.Command, v.Word, v.Hint, v.About)
				}
				if c, _ := commandNamed(u.Command); v.Word != "" && !slices.ContainsFunc(c.verbs, func(w verb) bool { return isWord(v.Word, w.words...) }) {
					t.Errorf("%s: /%s %s is suggested but not a verb", lang, u.Command, v.Word)
				}
			}
		}
	}
}

// Who picks a role from the list that a mistake shows gets that role.
func TestRolesAreReadAsTheyAreShown(t *testing.T) {
	for _, lang := range text.Langs {
		for i, name := range roleNames(lang) {
			if role, rest := cutRole(name); role != team.Roles[i] || rest != "" {
				t.Errorf("%s: %q is read as %q with %q over, want %s", lang, name, role, rest, team.Roles[i])
			}
		}
	}
}
