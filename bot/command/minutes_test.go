package command

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/store"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// heldTrial is a kernteam after its first Kans!overleg, on 12 January 2027.
func heldTrial(t testing.TB) *trial {
	t.Helper()
	b := founded(t, time.Date(2027, time.January, 11, 9, 0, 0, 0, zone("")))
	b.Site = "https://kansbot.example"
	for _, line := range []string{
		"/kernteam rol @bram leerkracht",
		"/kansoverleg plan elke 6 weken op dinsdag om 13:30",
		"/signaal K-014 begint niet aan een taak | ouders: akkoord #leren",
	} {
		b.types("anna", line)
	}
	b.now = b.now.AddDate(0, 0, 1).Add(5 * time.Hour)
	b.types("anna", "/kansoverleg start")
	b.types("anna", "/actie K-014 @bram belt de ouders voor 29 jan; gelukt als Dewi een afspraak heeft")
	return b
}

// write changes the store as other commands would.
func (b *trial) write(t testing.TB, fn func(tx kv.Tx, id string) error) {
	t.Helper()
	id := b.team().ID
	if err := b.db.Update(t.Context(), func(tx kv.Tx) error { return fn(tx, id) }); err != nil {
		t.Fatal(err)
	}
}

// on runs fn as a request of the clock in the kernteam.
func (b *trial) on(t testing.TB, fn func(r *Request) error) error {
	t.Helper()
	k := b.team()
	return b.db.Update(t.Context(), func(tx kv.Tx) error {
		r := b.request(tx, chat.Event{})
		r.in(k)
		return fn(r)
	})
}

func jan(day int) team.Date { return team.Date{Year: 2027, Month: time.January, Day: day} }

func TestMinutesTellEvaluations(t *testing.T) {
	b := heldTrial(t)
	b.write(t, func(tx kv.Tx, id string) error {
		for _, c := range []team.Case{
			{Code: "K-014", Parents: team.Agreed, Goal: "begint zelf", Evaluate: team.Date{Year: 2027, Month: time.April, Day: 22},
				Evaluations: []team.Evaluation{{Day: jan(5), Scale: 4}, {Day: jan(12), Scale: 7, Outcome: team.Continue, Meeting: 1, Helped: "de platen van Dewi"}}},
			{Code: "K-015", Parents: team.Agreed, Goal: "speelt mee", Evaluations: []team.Evaluation{{Day: jan(12), Scale: 3, Meeting: 1}}},
			{Code: "K-016", Parents: team.NotYet, Anonymous: 1, Evaluations: []team.Evaluation{{Day: jan(11), Scale: 3}}},
		} {
			if err := store.PutCase(tx, id, c); err != nil {
				return err
			}
		}
		return nil
	})
	b.types("anna", "/kansoverleg afronden")
	said := textOf(b.types("anna", "/kansoverleg verslag").Body)
	for _, want := range []string{"Doel gezet: K-015.", "K-014 van 4 naar 7, doorgaan tot do 22 apr", "Eerst met de ouders praten: K-016"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %s", want, said)
		}
	}
	for _, secret := range []string{"begint zelf", "speelt mee", "de platen"} {
		if strings.Contains(said, secret) {
			t.Errorf("%q in %s", secret, said)
		}
	}
	letter := textOf(b.types("anna", "/kansoverleg verslag ouders K-014").Body)
	if !strings.Contains(letter, "Op donderdag 22 april 2027 kijken we opnieuw") || !strings.Contains(letter, "De platen van iemand van het kernteam") {
		t.Error(letter)
	}
}

// textOf is what a message says.
func textOf(m chat.Message) (said string) {
	for _, b := range m {
		for _, line := range append(b.Items, b.Text) {
			for _, span := range line {
				said += span.Text + span.URL
			}
			said += "\n"
		}
	}
	return said
}

var linked = regexp.MustCompile(`https://kansbot\.example/pagina/(\w+)`)

func TestMinutesPages(t *testing.T) {
	b := heldTrial(t)
	b.types("anna", "/kansoverleg afronden")
	b.types("bram", "/actie klaar 1 rustig beginnen")

	open := func(line string) (page chat.Page, err error) {
		found := linked.FindStringSubmatch(textOf(b.types("bram", line).Body))
		if found == nil {
			t.Fatalf("%s gives no address", line)
		}
		return page, b.on(t, func(r *Request) error {
			l, there, err := store.LinkOf(r.tx, found[1], b.now)
			if err != nil || !there || !l.Until.Equal(b.now.Add(24*time.Hour)) || l.User != "bram" {
				t.Fatal("link", l, there, err)
			}
			if l.Kind == parentsLink {
				page, err = r.parentsPage(l)
			} else {
				page, err = r.minutesPage(l)
			}
			return err
		})
	}
	page, err := open("/kansoverleg verslag bestand")
	body := textOf(page.Body)
	if err != nil || page.Title == "" || !strings.Contains(body, "belt de ouders") || strings.Contains(body, "rustig beginnen") {
		t.Error(page, err)
	}
	page, err = open("/kansoverleg verslag ouders K-014 bestand")
	if body := textOf(page.Body); err != nil || page.Title != "Afspraken over uw kind" || !strings.Contains(body, "De leerkracht belt u") || !strings.Contains(body, "Rustig beginnen") {
		t.Error(page, err)
	}
	b.write(t, func(tx kv.Tx, id string) error {
		return store.PutCase(tx, id, team.Case{Code: "K-014", Parents: team.Objected})
	})
	err = b.on(t, func(r *Request) error {
		_, err := r.parentsPage(store.Link{Kind: parentsLink, Nr: 1, Code: "K-014", User: "bram"})
		return err
	})
	if !errors.Is(err, chat.ErrGone) {
		t.Error("parents who object still have a page:", err)
	}
	left := linked.FindStringSubmatch(textOf(b.types("bram", "/kansoverleg verslag bestand").Body))[1]
	b.roster("anna", "emre")
	_, err = b.Page(t.Context(), left)
	if !errors.Is(err, chat.ErrGone) {
		t.Error("who left still has a page:", err)
	}
	b.Site = ""
	if said := textOf(b.types("anna", "/kansoverleg verslag bestand").Body); !strings.Contains(said, "webadres") {
		t.Error(said)
	}
}

// Whatever colleagues wrote: no code and no colleague's name is in the words
// for parents.
func TestPlainForParents(t *testing.T) {
	b := founded(t, time.Date(2027, time.January, 11, 9, 0, 0, 0, zone("")))
	typical := strings.Fields("K-014 k14 V-003 K-1234 @bram @Bram. (@emre) Bram Dewi Anna, Emre's belt vraagt ouders de met u en het om ; @onbekend K-014's")
	rapid.Check(t, func(t *rapid.T) {
		typed := strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(typical), rapid.StringN(0, 5, -1)), 1, 12).Draw(t, "words"), rapid.SampledFrom([]string{" ", ", "}).Draw(t, "between"))
		err := b.db.View(t.Context(), func(tx kv.Tx) error {
			r := b.request(tx, chat.Event{})
			r.in(b.team())
			members, err := r.members()
			if err != nil {
				return err
			}
			w := wordingFor(r.view(), "K-014", members)
			for _, said := range []string{w.plain(typed), w.addressed(w.plain(typed))} {
				if len(codes(said)) > 0 {
					t.Fatalf("%q became %q", typed, said)
				}
				for _, m := range members {
					if regexp.MustCompile(`(^|[^\pL\pN])` + m.Name + `($|[^\pL\pN])`).MatchString(said) {
						t.Fatalf("%q became %q", typed, said)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// "U" stands where the parents are spoken of as those to whom something is
// done, and nowhere else.
func TestAddressed(t *testing.T) {
	for lang, lines := range map[text.Lang]map[string]string{
		text.NL: {
			"belt de ouders": "belt u", "nodigt ouders uit voor koffie": "nodigt u uit voor koffie", "maakt een plan met de ouders": "maakt een plan met u",
			"vraagt of de ouders komen": "vraagt of de ouders komen", "telt andere ouders": "telt andere ouders", "zoekt ouderschap": "zoekt ouderschap",
		},
		text.EN: {"calls the parents": "calls you", "asks if parents come": "asks if parents come", "makes a plan with parents": "makes a plan with you", "reads parents' mail": "reads parents' mail"},
	} {
		b := founded(t, time.Date(2027, time.January, 11, 9, 0, 0, 0, zone("")))
		if err := b.on(t, func(r *Request) error {
			r.lang = lang
			for typed, want := range lines {
				if got := (wording{View: r.view()}).addressed(typed); got != want {
					t.Errorf("%q became %q, not %q", typed, got, want)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// Of more than one case the presser chooses; a line that is offered does what it
// says. Where Kansbot has no pages no button leads to one.
func TestTextsForParentsToChoose(t *testing.T) {
	b := course(t, "/signaal K-001 stil | ouders: akkoord", "/signaal K-002 druk | ouders: akkoord", "/signaal K-003 moe", "/kansoverleg eenmalig 5 jan 10:00")
	b.at(t, "2027-01-05 10:00")
	b.types("anna", "/kansoverleg start")
	for _, code := range []string{"K-001", "K-002"} {
		b.types("anna", "/actie @anna belt de logopedist voor vrijdag "+code)
	}
	b.types("anna", "/kansoverleg afronden")
	said := b.presses(t, "anna", "minutes/"+b.team().ID+"/1", "minutes.parents 1")
	for _, code := range []string{"K-001", "K-002"} {
		line := "/kansoverleg verslag 1 ouders " + code
		if text := fmt.Sprint(b.types("anna", line).Body); !strings.Contains(said, line) || !strings.Contains(text, "Beste ouders") {
			t.Errorf("of %s: %s, then %s", code, said, text)
		}
	}
	if strings.Contains(said, "K-003") || strings.Contains(fmt.Sprint(b.posts("minutes")), "minutes.file") {
		t.Error(said, b.posts("minutes"))
	}
}
