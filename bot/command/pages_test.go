package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kansbot/internal/audit"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// nearStart is a kernteam whose first Kans!overleg begins in a quarter of an hour.
func nearStart(t *testing.T) *trial {
	b := course(t, "/signaal K-014 begint niet aan een taak | nodig: een eerste stap samen | ouders: akkoord", "/kansoverleg eenmalig 11 jan 10:00")
	b.Site = "https://kansbot.example"
	b.at(t, "2027-01-11 09:45")
	return b
}

// change changes the first meeting as a command would.
func (b *trial) change(do func(*team.Meeting)) {
	err := b.db.Update(context.Background(), func(tx kv.Tx) error {
		m, _, err := store.Meetings.Get(tx, b.team().ID, store.Nr(1))
		if err != nil {
			return err
		}
		do(&m)
		return store.PutMeeting(tx, b.team().ID, m)
	})
	if err != nil {
		panic(err)
	}
}

// showing is the first case on a screen, with what was written of it.
func (b *trial) showing(t *testing.T) (session string) {
	b.now = b.now.Add(15 * time.Minute)
	b.types("anna", "/kansoverleg start")
	b.change(func(m *team.Meeting) { m.Now, m.NowSince, m.Shown = 1, b.now.UTC(), true })
	session, _, err := b.OpenScreen(context.Background(), secrets(b.types("anna", "/kansoverleg scherm"))[0])
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// When nobody goes on, nobody may be in the room any more.
func TestScreenForgetsText(t *testing.T) {
	b := nearStart(t)
	session := b.showing(t)
	for _, c := range []struct {
		after time.Duration
		text  bool
	}{{44 * time.Minute, true}, {time.Minute, false}} { // half an hour, and a quarter more
		b.now = b.now.Add(c.after)
		if s, err := b.Screen(context.Background(), session); err != nil || (s.Text != nil) != c.text || s.Now == nil {
			t.Errorf("at %s it shows %v (%v)", b.now.Format("15:04"), s, err)
		}
	}
}

func TestScreenSaysTheNeedOnce(t *testing.T) {
	b := nearStart(t)
	session := b.showing(t)
	b.types("anna", "/kansoverleg doel K-014 speelt mee, schaal 4")
	s, err := b.Screen(context.Background(), session)
	if said := fmt.Sprint(s.Text); err != nil || strings.Count(said, "eerste stap samen") != 1 || !strings.Contains(said, "speelt mee") {
		t.Errorf("%v (%v)", said, err)
	}
}

func TestScreenOfAMovedMeeting(t *testing.T) {
	b := nearStart(t)
	secret := secrets(b.types("anna", "/kansoverleg scherm"))[0]
	session, _, err := b.OpenScreen(context.Background(), secrets(b.types("anna", "/kansoverleg scherm"))[0])
	if err != nil {
		t.Fatal(err)
	}
	b.types("anna", "/kansoverleg verzet 9 feb 14:00")
	if _, _, err := b.OpenScreen(context.Background(), secret); !errors.Is(err, chat.ErrGone) {
		t.Errorf("opens a meeting of next month: %v", err)
	}
	if _, err := b.Screen(context.Background(), session); !errors.Is(err, chat.ErrGone) {
		t.Errorf("shows a meeting of next month: %v", err)
	}
}

// A link to an agenda goes along with its meeting.
func TestAgendaOfAMovedMeeting(t *testing.T) {
	b := course(t, "/kansoverleg eenmalig 12 jan 13:30")
	b.Site = "https://kansbot.example"
	b.at(t, "2027-01-11 09:00")
	secret := secrets(b.types("anna", "/kansoverleg agenda"))[0]
	b.types("anna", "/kansoverleg verzet 19 jan 10:00")
	b.at(t, "2027-01-20 23:59")
	if p, err := b.Page(context.Background(), secret); err != nil || p.Until.Format(time.DateTime) != "2027-01-21 00:00:00" {
		t.Errorf("the day after it: until %v (%v)", p.Until, err)
	}
	b.at(t, "2027-01-21 00:00")
	if _, err := b.Page(context.Background(), secret); !errors.Is(err, chat.ErrGone) {
		t.Errorf("two days after it: %v", err)
	}
}

// Who only asks whether a page is there has not read it, whoever that is.
func TestPeek(t *testing.T) {
	b := nearStart(t)
	page, screen := secrets(b.types("anna", "/kansoverleg agenda"))[0], secrets(b.types("anna", "/kansoverleg scherm"))[0]
	own, _ := b.feeds(t, "bram")
	for secret, want := range map[string]error{page: nil, screen: nil, own: chat.ErrGone, strings.Repeat("0", 64): chat.ErrGone} {
		if lang, err := b.Peek(context.Background(), secret); !errors.Is(err, want) || err == nil && lang != "nl" {
			t.Errorf("%q (%v), want %v", lang, err, want)
		}
	}
	if b.trailed("page.agenda")+b.trailed("screen.open") > 0 {
		t.Error("it is on the trail as read")
	}
	if _, _, err := b.OpenScreen(context.Background(), screen); err != nil {
		t.Errorf("the screen's link was used up: %v", err)
	}
}

// The trail says to what a link was made.
func TestLinksOnTheTrail(t *testing.T) {
	b := nearStart(t)
	b.now = b.now.Add(15 * time.Minute)
	b.types("anna", "/kansoverleg start")
	b.types("anna", "/actie @bram belt de logopedist voor vrijdag K-014")
	b.types("anna", "/kansoverleg afronden")
	b.types("anna", "/kansoverleg verslag ouders bestand K-014")
	b.types("anna", "/kansoverleg verslag bestand")
	on := map[string]string{}
	b.read(func(tx kv.Tx) error {
		lines, err := audit.Of(tx, b.team().ID)
		for _, l := range lines {
			on[l.Did] = l.On
		}
		return err
	})
	if on["link.ouders"] != "case K-014" || on["link.verslag"] != "meeting 1" {
		t.Errorf("the trail says %v", on)
	}
}

func (b *trial) trailed(did string) (n int) {
	b.read(func(tx kv.Tx) error {
		lines, err := audit.Of(tx, b.team().ID)
		for _, l := range lines {
			if l.Did == did {
				n++
			}
		}
		return err
	})
	return n
}

func TestScreenOpensOnce(t *testing.T) {
	b := nearStart(t)
	open := func(secret string) (session string, err error) {
		session, until, err := b.OpenScreen(context.Background(), secret)
		if err == nil && !until.Equal(b.now.Add(6*time.Hour)) {
			t.Errorf("it lasts until %v", until)
		}
		return session, err
	}
	secret := secrets(b.types("anna", "/kansoverleg scherm"))[0]
	if _, err := b.Page(context.Background(), secret); !errors.Is(err, chat.ErrGone) {
		t.Errorf("as a page: %v", err)
	}
	if _, err := b.Screen(context.Background(), secret); !errors.Is(err, chat.ErrGone) {
		t.Errorf("not yet opened: %v", err)
	}
	session, err := open(secret)
	if err != nil || session == secret || len(session) != 64 {
		t.Fatal(session, err)
	}
	if _, err := open(secret); !errors.Is(err, chat.ErrGone) {
		t.Errorf("opened again: %v", err)
	}
	if _, err := open(session); !errors.Is(err, chat.ErrGone) {
		t.Errorf("a session opened: %v", err)
	}
	if n := b.trailed("screen.open"); n != 1 {
		t.Errorf("opened %d times", n)
	}
	b.read(func(tx kv.Tx) error {
		return tx.Scan(nil, nil, func(key, value []byte) error {
			if all := string(key) + string(value); strings.Contains(all, secret) || strings.Contains(all, session) {
				t.Errorf("%s holds a secret", key)
			}
			return nil
		})
	})

	late := secrets(b.types("anna", "/kansoverleg scherm"))[0]
	b.now = b.now.Add(15 * time.Minute)
	if _, err := open(late); !errors.Is(err, chat.ErrGone) {
		t.Errorf("after a quarter of an hour: %v", err)
	}
	unused := secrets(b.types("anna", "/kansoverleg scherm"))[0]
	b.types("anna", "/kansoverleg start")
	b.types("anna", "/kansoverleg afronden")
	if _, err := open(unused); !errors.Is(err, chat.ErrGone) {
		t.Errorf("after the meeting: %v", err)
	}
}

func TestScreen(t *testing.T) {
	b := nearStart(t)
	session, _, err := b.OpenScreen(context.Background(), secrets(b.types("anna", "/kansoverleg scherm"))[0])
	if err != nil {
		t.Fatal(err)
	}
	is := func(what string, check func(chat.Screen) bool) {
		t.Helper()
		s, err := b.Screen(context.Background(), session)
		if err != nil || !check(s) {
			t.Errorf("%s: %+v (%v)", what, s, err)
		}
	}
	has := func(m chat.Message, text string) bool { return strings.Contains(fmt.Sprint(m), text) }
	is("before", func(s chat.Screen) bool {
		return has(s.Now, "K-014") && s.Ends.IsZero() && s.Text == nil && !s.Over && strings.Contains(s.Title, "Kernteam De Zwaan")
	})
	b.now = b.now.Add(15 * time.Minute)
	b.types("anna", "/kansoverleg start")
	b.change(func(m *team.Meeting) { m.Now, m.NowSince, m.Shown = 1, b.now.UTC(), false })
	is("a case", func(s chat.Screen) bool {
		return has(s.Now, "K-014") && s.Text == nil && has(s.Next, "Ruimte") && s.Since.Equal(b.now) && s.Ends.Equal(b.now.Add(30*time.Minute)) &&
			s.Ends.Location().String() == "Europe/Amsterdam"
	})
	b.change(func(m *team.Meeting) { m.Shown = true })
	is("its text", func(s chat.Screen) bool { return has(s.Text, "begint niet") && has(s.Text, "eerste stap") })
	err = b.db.Update(context.Background(), func(tx kv.Tx) error {
		return store.PutCase(tx, b.team().ID, team.Case{Code: "K-014", Parents: team.Agreed, Goal: "begint binnen vijf minuten"})
	})
	if err != nil {
		t.Fatal(err)
	}
	is("its goal", func(s chat.Screen) bool { return has(s.Text, "binnen vijf minuten") })
	b.change(func(m *team.Meeting) { m.Now = 2 })
	is("another point", func(s chat.Screen) bool { return s.Text == nil && !has(s.Now, "K-014") })
	b.change(func(m *team.Meeting) { m.Now = len(m.Agenda) })
	is("after the last", func(s chat.Screen) bool { return s.Text == nil && has(s.Now, "af te ronden") && s.Ends.IsZero() })
	b.types("anna", "/actie @bram belt de logopedist voor vrijdag K-014")
	is("an agreement", func(s chat.Screen) bool { return has(s.Agreements, "Bram") && !has(s.Agreements, string(chat.Mention)) })

	b.roster("bram")
	if _, err := b.Screen(context.Background(), session); !errors.Is(err, chat.ErrGone) {
		t.Errorf("who opened it left: %v", err)
	}
	b.roster(crew...)
	b.types("anna", "/kansoverleg afronden")
	is("over", func(s chat.Screen) bool { return s.Over && has(s.Agreements, "logopedist") && s.Text == nil })
	b.now = b.now.Add(10 * time.Minute)
	if _, err := b.Screen(context.Background(), session); !errors.Is(err, chat.ErrGone) {
		t.Errorf("ten minutes later: %v", err)
	}
}

// A page of an agenda lasts until the day after the meeting, and a day at least;
// each opening is on the trail.
func TestAgendaPage(t *testing.T) {
	b := nearStart(t)
	b.types("bram", "/kansoverleg aanwezig")
	secret := secrets(b.types("bram", "/kansoverleg agenda"))[0]
	page, err := b.Page(context.Background(), secret)
	body := fmt.Sprint(page.Body)
	if want := time.Date(2027, time.January, 13, 0, 0, 0, 0, zone("")); err != nil || !page.Until.Equal(want) || page.Lang != "nl" {
		t.Errorf("%+v (%v)", page, err)
	}
	for _, want := range []string{"10:00", "10:03", "K-014", "Bram", "(30 min)"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
	for _, block := range page.Body {
		if block.Kind == chat.Buttons || block.Kind == chat.Choices || strings.Contains(fmt.Sprint(block), "begint niet") {
			t.Errorf("the page has %v", block)
		}
	}
	b.change(func(m *team.Meeting) { m.Chair, m.Notes = "chantal", "dewi" })
	page, err = b.Page(context.Background(), secret)
	if body := fmt.Sprint(page.Body); err != nil || !strings.Contains(body, "Chantal") || !strings.Contains(body, "Dewi") {
		t.Errorf("who leads and writes: %s (%v)", body, err)
	}
	if n := b.trailed("page.agenda"); n != 2 {
		t.Errorf("%d openings are on the trail", n)
	}
	for _, gone := range []func(){func() { b.roster("anna") }, func() { b.roster(crew...); b.now = page.Until }} {
		if gone(); true {
			if _, err := b.Page(context.Background(), secret); !errors.Is(err, chat.ErrGone) {
				t.Errorf("still there: %v", err)
			}
		}
	}
	if n := b.trailed("page.agenda"); n != 2 {
		t.Errorf("%d openings are on the trail", n)
	}
}
