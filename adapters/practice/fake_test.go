package practice

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
)

// memory is a kv.DB for one test. It outlives the rooms on it.
type memory struct {
	mu   sync.Mutex
	data map[string]string
	err  error // what Update fails with
}

type memoryTx struct{ data map[string]string }

func (m *memory) View(_ context.Context, fn func(kv.Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return fn(memoryTx{m.data})
}

func (m *memory) Update(_ context.Context, fn func(kv.Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := maps.Clone(m.data)
	if next == nil {
		next = map[string]string{}
	}
	if err := fn(memoryTx{next}); err != nil {
		return err
	}
	if m.err != nil {
		return m.err
	}
	m.data = next
	return nil
}

func (m *memory) Close() error { return nil }

func (tx memoryTx) Get(key []byte) ([]byte, error) {
	if v, ok := tx.data[string(key)]; ok {
		return []byte(v), nil
	}
	return nil, nil
}
func (tx memoryTx) Put(key, value []byte) error { tx.data[string(key)] = string(value); return nil }
func (tx memoryTx) Delete(key []byte) error     { delete(tx.data, string(key)); return nil }
func (tx memoryTx) Scan(from, to []byte, fn func(k, v []byte) error) error {
	for _, k := range slices.Sorted(maps.Keys(tx.data)) {
		if bytes.Compare([]byte(k), from) >= 0 && (len(to) == 0 || bytes.Compare([]byte(k), to) < 0) {
			if err := fn([]byte(k), []byte(tx.data[k])); err != nil {
				return err
			}
		}
	}
	return nil
}

// core stands in for Kansbot: it answers a few commands and has six weeks of
// posts ready, so that every part of the room has something to show.
type core struct {
	room *Room

	mu     sync.Mutex
	now    time.Time
	next   int // in story
	number int
	events []chat.Event
}

var start = time.Date(2027, time.January, 12, 7, 30, 0, 0, time.UTC)

const zwaan = "kernteam-zwaan"

var (
	amsterdam = func() *time.Location {
		l, err := time.LoadLocation("Europe/Amsterdam")
		if err != nil {
			panic(err)
		}
		return l
	}()
	people = []Person{
		{chat.Person{ID: "anna", Handle: "ib", Name: "Anna"}, "intern begeleider"},
		{chat.Person{ID: "bas", Handle: "bas", Name: "Bas"}, "leerkracht groep 5"},
		{chat.Person{ID: "joris", Handle: "jgz", Name: "Joris"}, "jeugdverpleegkundige"},
		{chat.Person{ID: "meryem", Handle: "cjg", Name: "Meryem"}, "CJG-coach"},
		{chat.Person{ID: "tom", Handle: "smw", Name: "Tom"}, "schoolmaatschappelijk werker"},
		{chat.Person{ID: "fatima", Handle: "gemeente", Name: "Fatima"}, "contactpersoon gemeente"},
		{chat.Person{ID: "ine", Handle: "ine", Name: "Ine van Dam"}, "begeleider voorschool"},
	}
	channels = []Channel{
		{ID: zwaan, Name: "kernteam-zwaan", Members: []string{"anna", "bas", "joris", "meryem", "tom", "fatima"}},
		{ID: "voorschool", Name: "voorschool-noord", Members: []string{"anna", "joris", "ine"}},
	}
	usages = []chat.Usage{
		{Command: "signaal", Hint: "[code] wat je ziet #element", About: "Vertel wat je ziet en wat er nodig is.", Verbs: []chat.Verb{
			{Word: "lijst", Hint: "[open, alles of een code]", About: "De signalen van dit kernteam."},
			{Word: "toon", Hint: "12", About: "Lees één signaal, alleen voor jou."},
			{Word: "intrekken", Hint: "12", About: "Haal een signaal weg."},
			{Word: "help", About: "Voorbeelden."}}},
		{Command: "kansoverleg", Hint: "", About: "Het overleg: datum, agenda en verslag.", Verbs: []chat.Verb{
			{Word: "plan", Hint: "elke 6 weken op dinsdag om 13:30", About: "Zet het ritme vast."},
			{Word: "agenda", About: "De agenda zoals die nu is."},
			{Word: "help", About: "Voorbeelden."}}},
		{Command: "actie", Hint: "@wie wat voor datum", About: "Spreek af wie wat doet.", Verbs: []chat.Verb{
			{Word: "mijn", About: "Wat jij hebt afgesproken."},
			{Word: "klaar", Hint: "7", About: "Een actie is gelukt."},
			{Word: "uitstel", Hint: "7 tot datum", About: "Kies een andere dag."}}},
		{Command: "kernteam", About: "Wie is wie, en de instellingen."},
		{Command: "begrip", Hint: "woord", About: "Wat school en jeugdhulp met een woord bedoelen."},
	}
)

// rehearse makes a room with a core that listens.
func rehearse(t testing.TB, db kv.DB) (*Room, *core) {
	t.Helper()
	c := &core{now: start}
	room, err := New(t.Context(), Options{
		DB: db, Clock: c, Location: amsterdam, People: people, Channels: channels,
		Usages: func(string) []chat.Usage { return usages },
		Try: func(string) []chat.Choice {
			return []chat.Choice{
				{Label: "Geef een signaal", Line: "/signaal"},
				{Label: "Bekijk het kernteam", Line: "/kernteam"},
				{Label: "Plan het overleg", Line: "/kansoverleg plan elke 6 weken op dinsdag om 13:30"},
			}
		},
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	c.room = room
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- room.Receive(ctx, c.handle) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Receive: %v", err)
		}
	})
	return room, c
}

func (c *core) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *core) NextDue(context.Context) (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next >= len(story) {
		return time.Time{}, false
	}
	return story[c.next].at, true
}

func (c *core) Advance(ctx context.Context, by time.Duration) error {
	c.mu.Lock()
	until := c.now.Add(by)
	c.mu.Unlock()
	for {
		c.mu.Lock()
		if c.next >= len(story) || story[c.next].at.After(until) {
			c.now = until
			c.mu.Unlock()
			return nil
		}
		s := story[c.next]
		c.now = s.at
		c.next++
		c.mu.Unlock()
		if _, err := c.deliver(ctx, s.post); err != nil {
			return err
		}
	}
}

func (c *core) Restart(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.next, c.number, c.events = start, 0, 0, nil
	return nil
}

// deliver finds the root by Key, as an outbox does with its receipts.
func (c *core) deliver(ctx context.Context, p chat.Post) (chat.PostID, error) {
	p.To.Platform = Name
	d := chat.Delivery{Key: p.Key, To: p.To, Body: p.Body}
	for _, t := range slices.Concat(c.room.Posts(p.To.Channel), c.room.Direct(p.To.User)) {
		if p.Under != "" && t.Key == p.Under {
			d.Under = t.ID
		}
	}
	return c.room.Deliver(ctx, d)
}

func (c *core) seen() []chat.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events)
}

func (c *core) handle(ctx context.Context, e chat.Event) chat.Reply {
	c.mu.Lock()
	c.events = append(c.events, e)
	c.number++
	n := c.number
	c.mu.Unlock()
	switch act := e.Act.(type) {
	case chat.Typed:
		return c.typed(ctx, e, act, n)
	case chat.Submitted:
		problems := map[string]string{}
		if strings.Join(act.Values["gezien"], "") == "" {
			problems["gezien"] = "Schrijf in één zin wat je ziet."
		}
		if len(act.Values["element"]) > 3 {
			problems["element"] = "Kies er hooguit drie. Goed is goed genoeg."
		}
		if len(problems) > 0 {
			return chat.Reply{Problems: problems}
		}
		c.deliver(ctx, signalPost(n, e.Channel, act.Values["element"]))
		return said("Dank je wel. Je signaal staat op de agenda van donderdag 21 januari.")
	case chat.Pressed:
		if act.Do == "klaar" {
			for _, t := range c.room.Posts(e.Channel) {
				for _, p := range append(t.Replies, t.Post) {
					if p.ID == act.Post {
						body := slices.Clone(p.Body[:len(p.Body)-1])
						body = append(body, chat.Block{Kind: chat.Note, Text: plainly("Klaar, zegt " + e.User.Name + ".")})
						c.room.Deliver(ctx, chat.Delivery{Key: p.Key, To: chat.To{Channel: e.Channel}, Edits: p.ID, Body: body})
					}
				}
			}
			return chat.Reply{}
		}
		return said("Fijn dat je het zegt. De voorzitter weet dat je hulp zoekt.")
	case chat.Opened:
		return chat.Reply{Body: chat.Message{
			{Kind: chat.Text, Text: plainly("Dag " + e.User.Name + ". Dit kun je hier doen:")},
			{Kind: chat.Choices, Choices: []chat.Choice{{Label: "Mijn acties", Line: "/actie mijn"}, {Label: "Het overleg", Line: "/kansoverleg"}}},
		}}
	}
	return chat.Reply{}
}

func (c *core) typed(ctx context.Context, e chat.Event, act chat.Typed, n int) chat.Reply {
	switch {
	case act.Command == "signaal" && act.Text == "":
		return chat.Reply{Form: signalForm(fmt.Sprint("f", n))}
	case act.Command == "signaal":
		c.deliver(ctx, signalPost(n, e.Channel, []string{"leren"}))
		return said("Dank je wel. Je signaal staat op de agenda van donderdag 21 januari.")
	case act.Command == "actie" && len(act.Mentions) == 0:
		return chat.Reply{Body: chat.Message{
			{Kind: chat.Text, Text: []chat.Span{{Text: "Ik weet nog niet "}, {Style: chat.Bold, Text: "wie"}, {Text: " dit doet. Begin met een @ en kies iemand:"}}},
			{Kind: chat.Copy, Text: plainly("/actie @jgz " + act.Text)},
		}}
	case act.Command == "kernteam":
		return chat.Reply{Body: chat.Message{
			{Kind: chat.Heading, Text: plainly("Kernteam De Zwaan")},
			{Kind: chat.Bullets, Items: [][]chat.Span{
				{{Style: chat.Mention, Text: "Anna", User: "anna"}, {Text: ", intern begeleider: eerste aanspreekpunt op school"}},
				{{Style: chat.Mention, Text: "Joris", User: "joris"}, {Text: ", jeugdverpleegkundige: ziet elk kind, ook voor de school begint"}},
				{{Style: chat.Mention, Text: "Meryem", User: "meryem"}, {Text: ", CJG-coach: denkt mee met ouders"}}}},
			{Kind: chat.Choices, Choices: []chat.Choice{{Label: "Mijn acties", Line: "/actie mijn"}, {Label: "De agenda", Line: "/kansoverleg agenda"}}},
		}}
	}
	return said("Goed, dat staat vast: om de zes weken op dinsdag om 13:30.")
}

func plainly(s string) []chat.Span { return []chat.Span{{Text: s}} }

func said(s string) chat.Reply {
	return chat.Reply{Body: chat.Message{{Kind: chat.Text, Text: plainly(s)}}}
}

func signalPost(n int, channel string, elements []string) chat.Post {
	return chat.Post{Key: fmt.Sprint("signal-", n), To: chat.To{Channel: channel}, Body: chat.Message{
		{Kind: chat.Heading, Text: plainly("Nieuw signaal K-014")},
		{Kind: chat.Text, Text: []chat.Span{{Text: "Zorg · "}, {Style: chat.Bold, Text: strings.Join(elements, ", ")}, {Text: " · ouders zijn geïnformeerd"}}},
		{Kind: chat.Note, Text: plainly("Staat op de agenda van donderdag 21 januari. De inhoud lees je met /signaal toon 12.")},
	}}
}

func signalForm(id string) *chat.Form {
	return &chat.Form{ID: id, Title: "Een signaal", Submit: "Op de agenda",
		Intro: "Gebruik een code, geen naam. Kort is goed.",
		Fields: []chat.Field{
			{Name: "code", Label: "Om wie gaat het?", Kind: chat.Line, Hint: "Een code zoals K-014. Laat leeg voor een nieuwe.", Optional: true, Max: 10},
			{Name: "soort", Label: "Wat voor signaal?", Kind: chat.One, Value: []string{"zorg"}, Options: []chat.Option{{Key: "zorg", Label: "Zorg"}, {Key: "kans", Label: "Kans"}, {Key: "succes", Label: "Succes"}, {Key: "overdracht", Label: "Overdracht"}}},
			{Name: "gezien", Label: "Wat zie je?", Kind: chat.Lines, Hint: "Wat gebeurt er, en wanneer wel of niet?", Max: 280},
			{Name: "element", Label: "Waar gaat het over?", Kind: chat.Many, Optional: true, Options: []chat.Option{
				{Key: "veilig", Label: "Veilig"}, {Key: "gezond", Label: "Gezond"}, {Key: "leren", Label: "Leren en groeien"}, {Key: "geborgen", Label: "Geborgen"},
				{Key: "actief", Label: "Actief"}, {Key: "gehoord", Label: "Gehoord"}, {Key: "eigen", Label: "Eigen stappen"}, {Key: "erbij", Label: "Erbij horen"}}},
			{Name: "ouders", Label: "Weten ouders het?", Kind: chat.One, Options: []chat.Option{
				{Key: "niet", Label: "Nog niet"}, {Key: "geinformeerd", Label: "Geïnformeerd"}, {Key: "akkoord", Label: "Akkoord"}, {Key: "doen", Label: "Doen mee"}, {Key: "bezwaar", Label: "Bezwaar"}, {Key: "onbekend", Label: "Weet ik niet"}}},
		}}
}

// story is what comes by itself.
var story = func() []struct {
	at   time.Time
	post chat.Post
} {
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2027, month, day, hour, minute, 0, 0, amsterdam)
	}
	team, joris := chat.To{Channel: zwaan}, chat.To{User: "joris"}
	follow := chat.Block{Kind: chat.Buttons, Buttons: []chat.Button{{Do: "klaar", Label: "Klaar", Tone: chat.Primary}, {Do: "uitstel", Label: "Uitstel"}, {Do: "hulp", Label: "Hulp nodig"}}}
	action := []chat.Span{{Style: chat.Mention, Text: "Joris", User: "joris"}, {Text: " vraagt de logopedist om tips voor de klas, uiterlijk "}, {Style: chat.Bold, Text: "vrijdag 12 februari"}, {Text: ". Gelukt als de tips bij de leerkracht zijn."}}
	return []struct {
		at   time.Time
		post chat.Post
	}{
		{at(time.January, 18, 8, 30), chat.Post{Key: "agenda", To: team, Body: chat.Message{
			{Kind: chat.Heading, Text: plainly("Agenda Kans!overleg donderdag 21 januari")},
			{Kind: chat.Numbers, Items: [][]chat.Span{
				plainly("Welkom en rollen (3 min)"),
				plainly("Een succes van deze periode (5 min)"),
				{{Text: "Nieuwe signalen: "}, {Style: chat.Bold, Text: "K-014"}, {Text: " (12 min)"}},
				plainly("Rondje: is alles kort en duidelijk? (3 min)")}},
			{Kind: chat.Note, Text: plainly("De agenda sluit dinsdag 19 januari om 12.00 uur.")},
			{Kind: chat.Buttons, Buttons: []chat.Button{{Do: "punt", Label: "Punt erbij"}, {Do: "aanwezig", Label: "Ik ben erbij"}, {Do: "afwezig", Label: "Ik kan niet"}}}}}},
		{at(time.January, 21, 13, 30), chat.Post{Key: "meeting", To: team, Body: chat.Message{
			{Kind: chat.Heading, Text: plainly("Kans!overleg donderdag 21 januari")},
			{Kind: chat.Text, Text: []chat.Span{{Text: "Voorzitter is "}, {Style: chat.Mention, Text: "Anna", User: "anna"}, {Text: ", "}, {Style: chat.Mention, Text: "Tom", User: "tom"}, {Text: " schrijft mee. Alles over dit overleg staat hieronder."}}}}}},
		{at(time.January, 21, 14, 0), chat.Post{Key: "action-1", To: team, Under: "meeting", Body: chat.Message{
			{Kind: chat.Text, Text: append([]chat.Span{{Style: chat.Bold, Text: "Actie 1. "}}, action...)}, follow}}},
		{at(time.January, 21, 14, 10), chat.Post{Key: "action-2", To: team, Under: "meeting", Body: chat.Message{
			{Kind: chat.Text, Text: []chat.Span{{Style: chat.Bold, Text: "Actie 2. "}, {Style: chat.Mention, Text: "Meryem", User: "meryem"}, {Text: " nodigt de ouders uit voor de koffieochtend, uiterlijk "}, {Style: chat.Bold, Text: "woensdag 10 februari"}, {Text: "."}}}, follow}}},
		{at(time.January, 21, 14, 40), chat.Post{Key: "mine-joris", To: joris, Body: chat.Message{
			{Kind: chat.Heading, Text: plainly("Jouw afspraak van vandaag")}, {Kind: chat.Bullets, Items: [][]chat.Span{action}}}}},
		{at(time.January, 25, 8, 30), chat.Post{Key: "week", To: team, Body: chat.Message{
			{Kind: chat.Text, Text: plainly("Goedemorgen. Deze week staan er twee acties open.")}}}},
		{at(time.February, 9, 8, 30), chat.Post{Key: "remind-1", To: team, Under: "meeting", Body: chat.Message{
			{Kind: chat.Text, Text: []chat.Span{{Style: chat.Mention, Text: "Joris", User: "joris"}, {Text: ", nog drie schooldagen voor actie 1: tips voor de klas."}}}, follow}}},
		{at(time.February, 9, 8, 31), chat.Post{Key: "direct-1", To: joris, Body: chat.Message{{Kind: chat.Text, Text: plainly("Nog drie schooldagen: tips voor de klas (actie 1).")}}}},
		{at(time.February, 12, 8, 30), chat.Post{Key: "remind-2", To: team, Under: "meeting", Body: chat.Message{
			{Kind: chat.Text, Text: []chat.Span{{Style: chat.Mention, Text: "Joris", User: "joris"}, {Text: ", vandaag: tips voor de klas."}}}, follow}}},
	}
}()
