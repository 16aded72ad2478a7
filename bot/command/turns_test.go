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
	"kansbot/internal/outbox"
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
	if _, silent, _ := strings.Cut(today, "Nog geen antwoord van"); !strings.Contains(today, "Niet erbij: Anna.") || !strings.Contains(today, "De intern begeleider") || strings.Contains(silent, "Anna") {
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

// That a meeting goes on with few is about its day: on another it is asked anew.
func TestGoesOnForOneDay(t *testing.T) {
	b := course(t, "/kansoverleg eenmalig 12 jan 10:00")
	b.set(t, map[string]string{"minimum": "4"})
	b.at(t, "2027-01-08 08:30")
	b.types("bram", "/kansoverleg afwezig")
	b.types("dewi", "/kansoverleg afwezig")
	b.presses(t, "anna", "quorum/"+b.team().ID+"/1/2027-01-12", "meeting.on 1")
	b.types("anna", "/kansoverleg verzet 12 jan 11:00")
	for _, user := range []string{"bram", "dewi"} {
		b.types(user, "/kansoverleg afwezig")
	}
	b.at(t, "2027-01-12 08:30")
	asked := func(day string) string { return plain(b.keyed("quorum/" + b.team().ID + "/1/" + day).Post.Body) }
	if said := asked("2027-01-12"); !strings.Contains(said, "gaat door") {
		t.Errorf("on the same day: %q", said)
	}
	b.types("anna", "/kansoverleg verzet 14 jan 10:00")
	for _, user := range []string{"bram", "dewi", "emre", "chantal"} {
		b.types(user, "/kansoverleg afwezig")
	}
	b.at(t, "2027-01-14 08:30")
	if said := asked("2027-01-14"); !strings.Contains(said, "14 januari") {
		t.Errorf("on another day: %q", said)
	}
}

// Who had a job does not read on their card that they have it.
func TestCardsOfWhoHadAJob(t *testing.T) {
	for name, change := range map[string]func(*trial){
		"the jobs are fixed by now": func(b *trial) { b.set(t, map[string]string{"beurten": "vast"}) },
		"they are away":             func(b *trial) { b.types("bram", "/kernteam weg tot 20 jan") },
		"it moved to when they are away": func(b *trial) {
			b.types("bram", "/kansoverleg aanwezig")
			b.types("bram", "/kernteam weg tot 20 jan")
			b.types("anna", "/kansoverleg verzet 14 jan 10:00")
		},
		"it moved to another week": func(b *trial) { b.types("anna", "/kansoverleg verzet 28 jan 10:00") },
		"it is given away":         func(b *trial) { b.types("bram", "/kansoverleg ruil @chantal") },
	} {
		b := course(t, "/kansoverleg eenmalig 8 jan 10:00", "/kansoverleg ruil voorzitter @bram")
		b.at(t, "2027-01-06 08:30")
		card := func() string { return plain(b.keyed("job/" + b.team().ID + "/1/0/voorzitter/bram").Post.Body) }
		if said := card(); !strings.Contains(said, "Jij zit voor") {
			t.Fatalf("bram's card says %q", said)
		}
		if change(b); strings.Contains(card(), "Jij zit voor") || strings.Contains(name, "moved") && !strings.Contains(card(), "14 januari") && !strings.Contains(card(), "28 januari") {
			t.Errorf("%s: bram's card says %q", name, card())
		}
	}
}

// keyed is the post with that key.
func (b *trial) keyed(key string) (status outbox.Status) {
	b.read(func(tx kv.Tx) (err error) {
		status, _, err = outbox.Get(tx, key)
		return err
	})
	return status
}

// told are the messages about what changed, to that user.
func (b *trial) told(user string) (said []string) {
	b.read(func(tx kv.Tx) error {
		return store.Table[outbox.Status]{Name: "post"}.Each(tx, func(s outbox.Status) error {
			if strings.HasPrefix(s.Post.Key, "tell/") && s.Post.To.User == user {
				said = append(said, plain(s.Post.Body))
			}
			return nil
		})
	})
	return said
}

func TestStandInsHear(t *testing.T) {
	for _, c := range []struct {
		name       string
		course     func(*trial)
		bram, dewi string // the last they hear after dewi was asked
	}{
		{"another day", func(b *trial) { b.types("anna", "/kansoverleg verzet 14 jan 10:00") }, "", "hoeft niet meer"},
		{"bram comes after all", func(b *trial) { b.types("bram", "/kansoverleg aanwezig") }, "", "hoeft niet meer"},
		{"dewi cannot", func(b *trial) { b.types("dewi", "/kansoverleg afwezig") }, "kan toch niet voor je", ""},
		{"dewi left", func(b *trial) { b.roster("anna", "bram", "chantal", "emre") }, "kan toch niet voor je", ""},
		{"dewi left at night", func(b *trial) {
			b.at(t, "2027-01-07 22:00")
			b.roster("anna", "bram", "chantal", "emre")
		}, "", ""},
		{"dewi left at night, until the next reminder", func(b *trial) {
			b.at(t, "2027-01-07 22:00")
			b.roster("anna", "bram", "chantal", "emre")
			b.at(t, "2027-01-08 08:30")
		}, "kan toch niet voor je", ""},
		{"bram left", func(b *trial) { b.roster("anna", "chantal", "dewi", "emre") }, "", "hoeft niet meer"},
		{"bram left, and dewi cannot", func(b *trial) {
			b.roster("anna", "chantal", "dewi", "emre")
			b.types("dewi", "/kansoverleg afwezig")
		}, "", "hoeft niet meer"},
	} {
		b := course(t, "/kansoverleg eenmalig 12 jan 10:00", "/kansoverleg ruil voorzitter @emre", "/kansoverleg ruil notulist @chantal")
		b.types("bram", "/kansoverleg afwezig @dewi")
		before := map[string]int{"bram": len(b.told("bram")), "dewi": len(b.told("dewi"))}
		c.course(b)
		for user, want := range map[string]string{"bram": c.bram, "dewi": c.dewi} {
			if said := strings.Join(b.told(user)[before[user]:], "\n"); (want == "") != (said == "") || !strings.Contains(said, want) {
				t.Errorf("%s: %s hears %q", c.name, user, said)
			}
		}
	}
}

// Who left the channel is in nothing that is still to come.
func TestWhoLeftIsNotExpected(t *testing.T) {
	b := course(t, "/kansoverleg eenmalig 12 jan 10:00")
	b.types("bram", "/kansoverleg aanwezig")
	b.types("chantal", "/kansoverleg afwezig @dewi")
	b.types("emre", "/kansoverleg aanwezig")
	b.at(t, "2027-01-08 08:30")
	b.roster("anna", "dewi", "emre")
	agenda := fmt.Sprint(b.posts("agenda"))
	if strings.Contains(agenda, "Bram") || strings.Contains(agenda, "Chantal") || !strings.Contains(agenda, "Erbij: Emre") {
		t.Error(agenda)
	}
	b.at(t, "2027-01-12 10:00")
	b.types("anna", "/kansoverleg start")
	b.types("anna", "/kansoverleg afronden")
	b.roster("anna")
	if said := fmt.Sprint(b.types("anna", "/kansoverleg verslag").Body); !strings.Contains(said, "Emre") {
		t.Errorf("who was there is gone: %s", said)
	}
}
