package command

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// Whatever is done to a case: once it is erased, no word that was typed about
// it is in the store, in any record, and its code is in the trail only. What
// was typed about others is still there.
func TestNothingIsLeftOfAnErasedCase(t *testing.T) {
	preset(t, "rapid.steps", "40")
	preset(t, "rapid.checks", "25")

	base := founded(t, time.Date(2027, time.March, 15, 9, 0, 0, 0, zone("")))
	for _, user := range []string{"anna", "bram"} {
		base.event(person(user), chat.Visited{})
	}
	if _, err := base.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		l := &life{walk: &walk{trial: base.fork(), reminded: map[string]string{}}}
		l.id = l.team().ID
		l.types("anna", "/kansoverleg plan elke 2 weken op dinsdag om 13:30")
		l.types("bram", "/signaal K-007 "+l.word())
		l.types("bram", "/signaal K-008 "+l.word()+" | ouders: akkoord")
		t.Repeat(map[string]func(*rapid.T){
			"signal":   l.signals,
			"agree":    l.agree,
			"evaluate": l.evaluate,
			"meet":     l.meet,
			"press":    l.pressAny,
			"consent":  l.consent,
			"form":     l.form,
			"wait":     l.later,
		})
		if l.log.Len() > 0 {
			t.Fatal(l.log.String())
		}
		l.end(t)
	})
}

// life is what happens to the case K-007, and to K-008 beside it.
type life struct {
	*walk
	words []string
}

// word is one that was never typed before.
func (l *life) word() string {
	n := len(l.words)
	word := "zq" + string(rune('a'+n/676%26)) + string(rune('a'+n/26%26)) + string(rune('a'+n%26)) + "x"
	l.words = append(l.words, word)
	return word
}

var lifeCodes = rapid.SampledFrom([]string{"K-007", "K-007", "K-008"})

func (l *life) signals(t *rapid.T) {
	code, nr := lifeCodes.Draw(t, "code"), rapid.IntRange(1, 8).Draw(t, "nr")
	switch rapid.SampledFrom([]string{"log", "log", "theme", "change", "move", "withdraw"}).Draw(t, "what") {
	case "log":
		l.line(t, "/signaal %s %s | helpt: %s | nodig: %s | ouders: akkoord %s", code, l.word(), l.word(), l.word(),
			rapid.SampledFrom([]string{"", "#leren #eerder", "#succes", "#overdracht"}).Draw(t, "tags"))
	case "theme":
		l.line(t, "/signaal %s %s | thema: %s", code, l.word(), l.word())
	case "change":
		l.line(t, "/signaal wijzig %d %s", nr, l.word())
	case "move":
		l.line(t, "/signaal wijzig %d %s", nr, code)
	case "withdraw":
		l.line(t, "/signaal intrekken %d", nr)
	}
}

func (l *life) agree(t *rapid.T) {
	nr := rapid.IntRange(1, 6).Draw(t, "nr")
	switch rapid.SampledFrom([]string{"make", "make", "done", "postpone", "help", "give"}).Draw(t, "what") {
	case "make":
		l.line(t, "/actie @%s %s, %s voor %s %s; gelukt als %s", rapid.SampledFrom(crew).Draw(t, "owner"), l.word(), l.word(), l.day(t),
			rapid.SampledFrom([]string{"K-007", "K-007", "K-008", ""}).Draw(t, "code"), l.word())
	case "done":
		l.line(t, "/actie klaar %d %s", nr, l.word())
	case "postpone":
		l.line(t, "/actie uitstel %d tot %s", nr, l.day(t))
	case "help":
		l.line(t, "/actie hulp %d", nr)
	case "give":
		l.line(t, "/actie geef %d @%s", nr, rapid.SampledFrom(crew).Draw(t, "to"))
	}
}

func (l *life) evaluate(t *rapid.T) {
	how := rapid.SampledFrom([]string{"doorgaan", "bijstellen", "bijstellen", "afsluiten", "gehaald"}).Draw(t, "how")
	line := fmt.Sprintf("/kansoverleg evaluatie %s schaal %d, %s | hielp: %s, %s | succes: %s", lifeCodes.Draw(t, "code"),
		rapid.IntRange(0, 11).Draw(t, "scale"), how, l.word(), l.word(), l.word())
	if how == "bijstellen" {
		line += " | doel: " + l.word()
	}
	if rapid.Bool().Draw(t, "dated") && how != "afsluiten" && how != "gehaald" {
		line += " | datum: " + l.day(t)
	}
	l.line(t, "%s", line)
}

func (l *life) consent(t *rapid.T) {
	l.line(t, "/signaal toestemming %s %s", lifeCodes.Draw(t, "code"),
		rapid.SampledFrom([]string{"akkoord", "nog niet", "bezwaar", "doen mee"}).Draw(t, "parents"))
}

// pressAny presses a button of any of our posts; its form is left open.
func (l *life) pressAny(t *rapid.T) {
	var dos, keys []string
	for key, body := range l.posts() {
		for _, block := range body {
			for _, b := range block.Buttons {
				dos, keys = append(dos, b.Do), append(keys, key)
			}
		}
	}
	if len(dos) == 0 {
		t.Skip("no buttons")
	}
	i := rapid.IntRange(0, len(dos)-1).Draw(t, "button")
	l.db.Update(context.Background(), func(tx kv.Tx) error {
		return store.Table[string]{Name: "posted"}.Put(tx, keys[i], "test", "", keys[i])
	})
	l.event(person(rapid.SampledFrom(crew).Draw(t, "user")), chat.Pressed{Post: chat.PostID(keys[i]), Do: dos[i]})
}

func (l *life) posts() map[string]chat.Message {
	bodies := map[string]chat.Message{}
	l.read(func(tx kv.Tx) error {
		list, err := store.Table[outbox.Status]{Name: "post"}.All(tx)
		for _, s := range list {
			bodies[s.Post.Key] = s.Post.Body
		}
		return err
	})
	return bodies
}

// form opens a form that nobody sends in, filled in.
func (l *life) form(t *rapid.T) {
	l.line(t, "%s", rapid.SampledFrom([]string{"/actie", "/signaal", "/kansoverleg evaluatie K-007", "/kansoverleg evaluatie K-008", "/signaal wijzig 1"}).Draw(t, "which"))
	if rapid.Bool().Draw(t, "mistaken") {
		l.line(t, "/signaal K-007 %s #nergens", l.word())
	}
}

func (l *life) later(t *rapid.T) {
	then := l.now.Add(time.Duration(rapid.IntRange(1, 24*12).Draw(t, "hours")) * time.Hour)
	for next := l.next(); !next.IsZero() && !next.After(then); next = l.next() {
		l.now = later(l.now, next)
		if _, err := l.Tick(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	l.now = later(l.now, then)
}

func (l *life) next() (next time.Time) {
	l.read(func(tx kv.Tx) (err error) {
		next, _, err = store.NextDue(tx)
		return err
	})
	return next
}

// end erases K-007: at once, or three months after it is closed.
func (l *life) end(t *rapid.T) {
	c, known := l.caseOf("K-007")
	if !known {
		t.Skip("it is erased already")
	}
	others := l.others()
	if rapid.Bool().Draw(t, "at once") {
		l.types("dewi", "/signaal toestemming K-007 ingetrokken")
	} else {
		if c.Closed.IsZero() {
			l.types("dewi", "/kansoverleg evaluatie K-007 afsluiten")
		}
		if c, _ = l.caseOf("K-007"); c.Erase != c.Closed.AddMonths(monthsKept) {
			t.Fatalf("closed on %v, to be erased on %v", c.Closed, c.Erase)
		}
		for day := c.Erase.String(); l.now.In(zone("")).Format(time.DateOnly) <= day; {
			for l.now = l.now.Add(24 * time.Hour); ; {
				if next := l.next(); next.After(l.now) {
					break
				}
				if _, err := l.Tick(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if _, known := l.caseOf("K-007"); known {
		t.Fatal("it is still there")
	}
	for _, e := range l.db.data {
		for _, word := range l.words {
			if strings.Contains(e.value+e.key, word) && !strings.Contains(others, word) {
				t.Fatalf("%q is still in %q: %s", word, e.key, e.value)
			}
		}
		if strings.Contains(e.value+e.key, "K-007") && !strings.HasPrefix(e.key, "audit") && !strings.HasPrefix(e.key, "used") {
			t.Fatalf("K-007 is still in %q: %s", e.key, e.value)
		}
	}
	if l.log.Len() > 0 {
		t.Fatal(l.log.String())
	}
	if left := l.others(); left != others && c.Erase.IsZero() {
		t.Fatalf("of others is left %s of %s", left, others)
	}
}

func (l *life) caseOf(code string) (c team.Case, known bool) {
	l.read(func(tx kv.Tx) (err error) {
		c, known, err = store.Cases.Get(tx, l.id, code)
		return err
	})
	return c, known
}

// others is all that is kept of other cases.
func (l *life) others() string {
	var b strings.Builder
	l.read(func(tx kv.Tx) error {
		signals, _ := store.Signals.All(tx, l.id)
		for _, s := range signals {
			if s.Code != "K-007" {
				fmt.Fprintf(&b, "%+v\n", s)
			}
		}
		actions, _ := store.Actions.All(tx, l.id)
		for _, a := range actions {
			if a.Code != "K-007" {
				fmt.Fprintf(&b, "%+v\n", a)
			}
		}
		cases, _ := store.Cases.All(tx, l.id)
		for _, c := range cases {
			if c.Code != "K-007" {
				fmt.Fprintf(&b, "%+v\n", c)
			}
		}
		return nil
	})
	return b.String()
}
