package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// set sends in the form of /kansoverleg instellen with some fields changed.
func (b *trial) set(t *testing.T, changed map[string]string) {
	t.Helper()
	form := b.types("anna", "/kansoverleg instellen").Form
	values := map[string][]string{}
	for _, f := range form.Fields {
		values[f.Name] = f.Value
		if v, found := changed[f.Name]; found {
			values[f.Name] = []string{v}
		}
	}
	if problems := b.sends("anna", form, values).Problems; len(problems) > 0 {
		t.Fatal(problems)
	}
}

// posted makes a post one that the platform has, under its own key.
func (b *trial) posted(t *testing.T, key string) {
	t.Helper()
	err := b.db.Update(context.Background(), func(tx kv.Tx) error {
		return store.Table[string]{Name: "posted"}.Put(tx, key, "test", "", key)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// jobs are who leads and who writes in the next meetings.
func (b *trial) jobs() (list []string) {
	for _, m := range b.open() {
		list = append(list, m.Chair+" "+m.Notes)
	}
	return list
}

func TestTurnsGoRound(t *testing.T) {
	for _, people := range [][]string{{"anna"}, {"anna", "bram"}, crew} {
		b := course(t, "/kansoverleg plan elke week op dinsdag om 13:30")
		b.roster(people...)
		led, wrote := map[string]int{}, map[string]int{}
		for i := range 4 * len(people) {
			m := b.open()[0]
			if m.Chair == "" || m.Chair == m.Notes || (m.Notes == "") != (len(people) == 1) {
				t.Fatalf("%v: meeting %d is led by %q, and %q writes", people, i, m.Chair, m.Notes)
			}
			led[m.Chair]++
			wrote[m.Notes]++
			b.at(t, m.Start.In(zone("")).Format("2006-01-02 15:04"))
			b.types("anna", "/kansoverleg start")
			b.types("anna", "/kansoverleg afronden")
		}
		for _, user := range people {
			// Who leads cannot write, so that turn may come a little later.
			if led[user] != 4 || len(people) > 1 && (wrote[user] < 3 || wrote[user] > 5) {
				t.Errorf("%s led %d times and wrote %d times", user, led[user], wrote[user])
			}
		}
	}
}

func TestWhoseTurnItIs(t *testing.T) {
	for _, c := range []struct {
		name   string
		course func(*trial)
		want   string
	}{
		{"by name", func(*trial) {}, "anna bram"},
		{"who cannot come", func(b *trial) { b.types("anna", "/kansoverleg afwezig") }, "chantal bram"},
		{"the minute-taker as the last", func(b *trial) {
			for _, user := range []string{"anna", "chantal", "dewi", "emre"} {
				b.types(user, "/kansoverleg afwezig")
			}
		}, "bram "},
		{"somebody comes after all", func(b *trial) {
			for _, user := range crew {
				b.types(user, "/kansoverleg afwezig")
			}
			b.types("emre", "/kansoverleg aanwezig")
			b.types("anna", "/kansoverleg aanwezig")
		}, "emre anna"},
		{"who left the channel", func(b *trial) { b.roster("anna", "chantal", "dewi") }, "anna chantal"},
		{"changed places", func(b *trial) { b.types("anna", "/kansoverleg ruil @bram") }, "bram anna"},
		{"the chair arranges it", func(b *trial) { b.types("anna", "/kansoverleg ruil notulist @dewi") }, "anna dewi"},
		{"not by who has nothing to give", func(b *trial) { b.types("dewi", "/kansoverleg ruil voorzitter @dewi") }, "anna bram"},
		{"not to who cannot come", func(b *trial) {
			b.types("dewi", "/kansoverleg afwezig")
			b.types("anna", "/kansoverleg ruil @dewi")
		}, "anna bram"},
		{"another chair of the kernteam", func(b *trial) { b.types("anna", "/kernteam rol @bram voorzitter") }, "anna bram"},
	} {
		b := course(t, "/kansoverleg plan elke 6 weken op dinsdag om 13:30")
		c.course(b)
		if got := b.jobs(); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}

func TestFixedJobs(t *testing.T) {
	b := course(t, "/kansoverleg plan elke 6 weken op dinsdag om 13:30")
	for _, c := range []struct{ turns, want string }{{"notulist", " bram"}, {"vast", " "}, {"alles", "anna bram"}} {
		b.set(t, map[string]string{"beurten": c.turns})
		if got := b.jobs(); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %q, not %q", c.turns, got, c.want)
		}
	}
	b.set(t, map[string]string{"beurten": "notulist"})
	b.types("anna", "/kernteam rol @bram voorzitter") // who leads does not write
	if got := b.jobs(); !slices.Equal(got, []string{" anna"}) {
		t.Errorf("%q", got)
	}
}

// Somebody who is away does not come, has no turn, and is nobody to wait for.
func TestAway(t *testing.T) {
	b := course(t, "/kansoverleg eenmalig 26 jan 13:30", "/kernteam rol ib")
	k := b.team()
	err := b.db.Update(t.Context(), func(tx kv.Tx) error {
		anna, _, err := store.Members.Get(tx, k.ID, "anna")
		if err != nil {
			return err
		}
		anna.Away = team.Date{Year: 2027, Month: time.January, Day: 26}
		return store.PutMember(tx, k, anna)
	})
	if err != nil {
		t.Fatal(err)
	}
	b.at(t, "2027-01-22 08:30")
	b.at(t, "2027-01-26 08:30")
	if got := b.jobs(); !slices.Equal(got, []string{"chantal bram"}) {
		t.Errorf("%q", got)
	}
	today := fmt.Sprint(b.posts("today"))
	if _, silent, _ := strings.Cut(today, "Nog niet gehoord van"); !strings.Contains(today, "Niet erbij: Anna.") || !strings.Contains(today, "De intern begeleider") || strings.Contains(silent, "Anna") {
		t.Error(today)
	}
	b.types("anna", "/kansoverleg aanwezig")
	if today := fmt.Sprint(b.posts("today")); !strings.Contains(today, "Erbij: Anna.") {
		t.Error(today)
	}
}

// Of five who offer to lead at once the first does, and the others hear who.
func TestFirstWhoOffersLeads(t *testing.T) {
	b := course(t, "/kansoverleg eenmalig 26 jan 13:30")
	b.set(t, map[string]string{"beurten": "vast"})
	b.types("anna", "/kansoverleg afwezig")
	b.at(t, "2027-01-22 08:30")
	lead := "lead/" + b.team().ID + "/1/2027-01-26"
	b.posted(t, lead)
	for i, user := range []string{"chantal", "bram", "dewi", "emre", "chantal"} {
		reply := b.event(person(user), chat.Pressed{Post: chat.PostID(lead), Do: "meeting.lead 1"})
		want := "Chantal zit voor"
		if i == 0 {
			want = "Fijn dat je voorzit"
		}
		if said := strings.ReplaceAll(plain(reply.Body), "  ", " "); !strings.Contains(said, want) {
			t.Errorf("%s hears %q", user, said)
		}
	}
	if got := b.jobs(); !slices.Equal(got, []string{"chantal "}) {
		t.Errorf("%q", got)
	}
}

// Who answers on an old post hears how things are.
func TestLateAnswers(t *testing.T) {
	b := course(t, "/kansoverleg eenmalig 26 jan 13:30")
	b.at(t, "2027-01-22 08:30")
	agenda := "agenda/" + b.team().ID + "/1/0"
	b.posted(t, agenda)
	answers := func(want string) {
		t.Helper()
		if said := plain(b.event(person("bram"), chat.Pressed{Post: chat.PostID(agenda), Do: "meeting.out 1"}).Body); !strings.Contains(said, want) {
			t.Errorf("heard %q", said)
		}
	}
	answers("Je bent er niet bij")
	b.at(t, "2027-01-26 13:30")
	b.types("anna", "/kansoverleg start")
	answers("al begonnen")
	if said := plain(b.types("bram", "/kansoverleg aanwezig").Body); !strings.Contains(said, "al begonnen") {
		t.Errorf("heard %q", said)
	}
	b.types("anna", "/kansoverleg afronden")
	answers("voorbij")
}

// plain is what a message says, without its style.
func plain(body chat.Message) string {
	var b strings.Builder
	for _, block := range body {
		for _, span := range block.Text {
			b.WriteString(span.Text)
		}
		b.WriteString("\n")
	}
	return b.String()
}
