package command

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// presses does what a button of that post does, whether it still has it or not.
func (b *trial) presses(t *testing.T, user, key, do string) string {
	t.Helper()
	err := b.db.Update(t.Context(), func(tx kv.Tx) error {
		return store.Table[string]{Name: "posted"}.Put(tx, key, "test", "", key)
	})
	if err != nil {
		t.Fatal(err)
	}
	reply := b.event(person(user), chat.Pressed{Post: chat.PostID(key), Do: do})
	if b.log.Len() > 0 {
		t.Fatal(b.log.String())
	}
	return fmt.Sprint(reply.Body)
}

func (b *trial) goalOf(code string) (c team.Case) {
	b.read(func(tx kv.Tx) (err error) {
		c, _, err = store.Cases.Get(tx, b.team().ID, code)
		return err
	})
	return c
}

// Five who press before they see that somebody else did: it counts once, and
// the others hear that kindly.
func TestFivePressAtOnce(t *testing.T) {
	b := course(t, "/signaal nieuw stil | ouders: akkoord", "/kansoverleg eenmalig 5 jan 10:00")
	b.at(t, "2027-01-05 10:00")
	b.types("anna", "/kansoverleg start")
	b.types("bram", "/kernteam rol @anna voorzitter")
	id := b.team().ID
	for _, c := range []struct {
		key, do string
		now     int
	}{
		{"meeting/" + id + "/1", "item.next 1 0", 1}, {"item/" + id + "/1/1", "item.done 1 1", 2},
		{"meeting/" + id + "/1", "item.next 1 2", 3}, {"meeting/" + id + "/1", "item.next 1 3", 4},
	} {
		gone := 0
		for range 5 {
			if strings.Contains(b.presses(t, "anna", c.key, c.do), "Deze knop doet het niet meer") {
				gone++
			}
		}
		if said := b.presses(t, "bram", c.key, c.do); strings.Contains(said, "was net iets eerder") != (c.do == "item.done 1 1") {
			t.Errorf("%s: bram hears %s", c.do, said)
		}
		if now := b.open()[0].Now; now != c.now || gone != 4 {
			t.Errorf("%s: at point %d, and %d were too late", c.do, now, gone)
		}
	}
	for range 5 {
		b.presses(t, "anna", "meeting/"+id+"/1", "meeting.finish 1")
	}
	if n := len(b.posts("minutes")); n != 1 || len(b.open()) != 0 {
		t.Errorf("rounded off %d times", n)
	}
}

// However much waits, an agenda is as long as somebody reads.
func TestTwoHundredSignals(t *testing.T) {
	b := course(t, "/kansoverleg eenmalig 12 jan 10:00")
	for i := range 200 {
		b.types("bram", fmt.Sprintf("/signaal nieuw stil %s", []string{"| ouders: akkoord", "| ouders: bezwaar"}[i%2]))
	}
	b.at(t, "2027-01-08 08:30")
	b.at(t, "2027-01-12 10:00")
	b.types("anna", "/kansoverleg start")
	for _, kind := range []string{"agenda", "meeting"} {
		body := fmt.Sprint(b.posts(kind)[0])
		if n := len(body); n > 2500 || !strings.Contains(body, "en nog 85") || !strings.Contains(body, "en nog 88") {
			t.Errorf("the %s has %d bytes: %s", kind, n, body)
		}
	}
	if said := fmt.Sprint(b.types("anna", "/kansoverleg afronden").Body); !strings.Contains(said, "en nog 88") {
		t.Errorf("at the end: %s", said)
	}
}

// A goal that is set again the same day takes the place of the first; later it
// comes after it, unless nothing of it changed.
func TestGoalsGoOn(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord | nodig: rust")
	const first = "/kansoverleg doel K-001 speelt mee, schaal 4"
	for _, c := range []struct {
		at, line string
		scales   []int
	}{
		{"2027-01-05 10:00", first, []int{4}},
		{"2027-01-05 11:00", "/kansoverleg doel K-001 speelt mee, schaal 5", []int{5}},
		{"2027-01-06 10:00", "/kansoverleg doel K-001 speelt mee, schaal 5 | nodig: een maatje", []int{5}},
		{"2027-01-07 10:00", "/kansoverleg doel K-001 speelt elke dag mee, schaal 5", []int{5, 5}},
		{"2027-01-08 10:00", "/kansoverleg doel K-001 speelt elke dag mee, schaal 6", []int{5, 5, 6}},
	} {
		b.at(t, c.at)
		b.types("anna", c.line)
		var scales []int
		for _, e := range b.goalOf("K-001").Evaluations {
			scales = append(scales, e.Scale)
		}
		if fmt.Sprint(scales) != fmt.Sprint(c.scales) {
			t.Errorf("%s: %v, want %v", c.line, scales, c.scales)
		}
	}
	if c := b.goalOf("K-001"); c.Need != "een maatje" || c.Goal != "speelt elke dag mee" || c.Evaluate.IsZero() {
		t.Errorf("%+v", c)
	}
}

// Parts of a typed goal may come in any order, and with or without bars.
func TestGoalsAreRead(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord")
	today := team.DateOf(b.now)
	rapid.Check(t, func(t *rapid.T) {
		w := b.fork()
		text := rapid.SampledFrom([]string{"drie rustige ochtenden", "speelt 2 keer mee", "durft te vragen: hoe moet dit?", "elke dag, samen"}).Draw(t, "goal")
		need := rapid.SampledFrom([]string{"", "iemand ernaast", "rust, en tijd", "een stap van 1 naar 2"}).Draw(t, "need")
		scale := rapid.IntRange(0, 10).Draw(t, "scale")
		helps := rapid.SampledFrom([]string{"", "samen starten", "plaatjes, en een vast begin"}).Draw(t, "helps")
		day := today.AddDays(rapid.SampledFrom([]int{0, 42, 43, 56}).Draw(t, "days"))
		parts := []string{fmt.Sprintf(rapid.SampledFrom([]string{"schaal %d", "schaal: %d", "schaal %d/10", "Schaal %d van de 10", "scale %d of 10"}).Draw(t, "as"), scale)}
		if need != "" {
			parts = append(parts, "nodig: "+need)
		}
		if helps != "" {
			parts = append(parts, "helpt: "+helps)
		}
		if day != today {
			parts = append(parts, rapid.SampledFrom([]string{"evaluatie ", "evaluatie op ", "evaluatie: "}).Draw(t, "on")+schedule.ShortDate("nl", day))
		}
		line := text
		for _, p := range rapid.Permutation(parts).Draw(t, "parts") {
			line += rapid.SampledFrom([]string{" | ", "; ", ", ", " "}).Draw(t, "between") + p
		}
		said := fmt.Sprint(w.types("anna", "/kansoverleg doel k1 "+line).Body)
		c := w.goalOf("K-001")
		if c.Goal != text || c.Need != need || c.Helps != helps || len(c.Evaluations) != 1 || c.Evaluations[0].Scale != scale || day != today && c.Evaluate != day {
			t.Fatalf("%q is read as %+v: %s", line, c, said)
		}
	})
}

// What parents object to goes off the meeting screen, as does what was left.
func TestTextOnTheScreen(t *testing.T) {
	b := course(t, "/signaal nieuw stil | ouders: akkoord", "/signaal nieuw druk | ouders: akkoord", "/kansoverleg eenmalig 5 jan 10:00")
	b.at(t, "2027-01-05 10:00")
	b.types("anna", "/kansoverleg start")
	item := "item/" + b.team().ID + "/1/"
	b.presses(t, "anna", item+"1", "item.action 1 1")
	for _, c := range []struct {
		what  string
		do    func()
		shown bool
	}{
		{"shown", func() { b.presses(t, "anna", item+"1", "item.show 1 1") }, true},
		{"hidden", func() { b.presses(t, "anna", item+"1", "item.hide 1 1") }, false},
		{"shown by somebody else", func() { b.presses(t, "bram", item+"1", "item.show 1 1") }, false},
		{"shown again", func() { b.presses(t, "anna", item+"1", "item.show 1 1") }, true},
		{"another case", func() { b.presses(t, "bram", item+"2", "item.action 1 2") }, false},
		{"shown there", func() { b.presses(t, "anna", item+"2", "item.show 1 2") }, true},
		{"parents of another object", func() { b.types("anna", "/signaal wijzig 1 ouders: bezwaar") }, true},
		{"parents object", func() { b.types("anna", "/signaal wijzig 2 ouders: bezwaar") }, false},
	} {
		if c.do(); b.open()[0].Shown != c.shown {
			t.Errorf("%s: it is on the screen: %v", c.what, !c.shown)
		}
	}
}

// Long after its moment nobody hears that a point took long.
func TestNobodyHearsOfAnOldPoint(t *testing.T) {
	b := course(t, "/signaal nieuw stil | ouders: akkoord", "/kansoverleg eenmalig 5 jan 10:00")
	b.at(t, "2027-01-05 10:00")
	b.types("anna", "/kansoverleg start")
	b.presses(t, "anna", "meeting/"+b.team().ID+"/1", "item.next 1 0")
	b.now = b.now.Add(6 * time.Hour)
	if _, err := b.Tick(t.Context()); err != nil || len(b.posts("late")) != 0 {
		t.Error(err, b.posts("late"))
	}
}

// A case that is evaluated while its evaluation is on the agenda is done there,
// and the meeting goes on; without such a meeting nothing happens.
func TestEvaluatedInTheMeeting(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord", "/signaal K-002 druk | ouders: akkoord", "/kansoverleg eenmalig 5 jan 10:00")
	evaluated := func() {
		t.Helper()
		err := b.db.Update(t.Context(), func(tx kv.Tx) error {
			r := b.request(tx, chat.Event{Platform: "test", Channel: "zwaan", User: person("bram")})
			if err := r.locate(); err != nil {
				return err
			}
			return r.evaluated("K-001")
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	b.types("anna", "/kansoverleg doel K-001 speelt mee, schaal 4")
	evaluated()
	b.at(t, "2027-01-05 10:00")
	b.types("anna", "/kansoverleg start")
	b.types("anna", "/kansoverleg afronden")
	b.at(t, "2027-02-16 10:00")
	b.types("anna", "/kansoverleg start nu")
	b.presses(t, "anna", "meeting/"+b.team().ID+"/2", "item.next 2 0")
	evaluated()
	evaluated()
	m := b.open()[0]
	if item := m.Agenda[1]; item.Kind != team.EvaluateItem || item.State != team.ItemDiscussed || item.By != "bram" || m.Now != 2 {
		t.Errorf("%+v, and point %d is next", item, m.Now)
	}
	if body := fmt.Sprint(b.posts("item")); strings.Contains(body, "evaluate.ask") || !strings.Contains(body, "Besproken (") {
		t.Errorf("the thread shows %s", body)
	}
}

// A colleague's handle is no word of danger, whatever it holds; what is nobody's
// handle may be.
func TestHandlesAreNoDanger(t *testing.T) {
	b := course(t)
	b.roster("anna", "kim.112")
	if said := fmt.Sprint(b.types("anna", "/actie @kim.112 belt de ouders voor vrijdag").Body); !strings.Contains(said, "staat op naam van") {
		t.Errorf("an action for kim: %s", said)
	}
	for _, line := range []string{"/actie @kim.112 belt 112 voor vrijdag", "/actie @anna belt @112 voor vrijdag"} {
		if said := fmt.Sprint(b.types("anna", line).Body); !strings.Contains(said, "0800-2000") {
			t.Errorf("%s: %s", line, said)
		}
	}
}

// What the talk about a case comes to next stands out.
func TestNextStepStandsOut(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord", "/kansoverleg eenmalig 5 jan 10:00")
	b.at(t, "2027-01-05 10:00")
	b.types("anna", "/kansoverleg start")
	for _, c := range []struct{ line, next string }{
		{"/kansoverleg agenda", "item.goal 1 1"},
		{"/kansoverleg doel K-001 speelt mee, schaal 4", "item.action 1 1"},
		{"/actie @anna belt de logopedist voor vrijdag K-001", "item.done 1 1"},
	} {
		b.types("anna", c.line)
		var primary []string
		for _, block := range b.posts("item")[0] {
			for _, button := range block.Buttons {
				if button.Tone == chat.Primary {
					primary = append(primary, button.Do)
				}
			}
		}
		if fmt.Sprint(primary) != "["+c.next+"]" {
			t.Errorf("after %s: %v", c.line, primary)
		}
	}
}
