package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"kansbot/adapters/practice"
	"kansbot/adapters/slack"
	"kansbot/adapters/slack/slacktest"
	"kansbot/bot/command"
	"kansbot/internal/text"
)

// slackHouse is a Slack with a workspace or more, each with a kernteam's
// channel, and Kansbot in it.
type slackHouse struct {
	*testing.T
	server *slacktest.Slack
	app    *slacktest.App
	places []slackPlace
}

type slackPlace struct {
	bot        *slacktest.Bot
	anna, bram *slacktest.User
	room       *slacktest.Channel
}

func newSlackHouse(t *testing.T, workspaces ...string) *slackHouse {
	h := &slackHouse{T: t, server: slacktest.New(slacktest.Options{})}
	t.Cleanup(h.server.Close)
	h.app = h.server.App(slack.Manifest(command.Usages(text.NL), ""))
	for _, name := range workspaces {
		w := h.server.Workspace(name)
		p := slackPlace{bot: h.app.Install(w), anna: w.User("anna", "Anna de Groot", "nl-NL"), bram: w.User("bram", "Bram Visser", "nl-NL")}
		p.room = w.Channel("kernteam", true, p.bot, p.anna, p.bram)
		h.places = append(h.places, p)
	}
	return h
}

func (h *slackHouse) wire(_ context.Context, a *app) (wired, error) {
	settings := slack.App{Token: h.app.Token}
	for _, p := range h.places {
		settings.BotTokens = append(settings.BotTokens, p.bot.Token)
	}
	adapter, err := slack.New(slack.Settings{APIURL: h.server.APIURL(), Apps: []slack.App{settings}}, time.Now, a.log)
	if err != nil {
		return wired{}, err
	}
	return wiredSlack(adapter, a), nil
}

func (h *slackHouse) until(what string, met func() bool) {
	h.Helper()
	ctx, cancel := context.WithTimeout(h.Context(), patience)
	defer cancel()
	if err := h.server.Until(ctx, met); err != nil {
		h.Fatalf("%s: %v", what, err)
	}
}

// types gives a command, once there is a connection, and returns the answer.
func (h *slackHouse) types(u *slacktest.User, c *slacktest.Channel, line string) string {
	h.Helper()
	h.until("connection", func() bool { return h.app.Connections() > 0 })
	m, err := u.Type(h.Context(), c, line)
	if err != nil {
		h.Fatalf("%s: %v", line, err)
	}
	if m == nil {
		return ""
	}
	return m.Read()
}

// sends waits for a form, and sends it in.
func (h *slackHouse) sends(u *slacktest.User, title string, values map[string][]string) {
	h.Helper()
	h.until(title, func() bool { v := u.Modal(); return v != nil && v.Title == title })
	if problems, err := u.Submit(h.Context(), values); err != nil || len(problems) > 0 {
		h.Fatalf("%s: %v, %v", title, problems, err)
	}
	h.until(title+" closes", func() bool { return u.Modal() == nil })
}

func (h *slackHouse) found(p slackPlace, name string) {
	h.Helper()
	h.until("greeting", func() bool { return strings.Contains(read(p.room.Messages()), "Kansbot") })
	h.types(p.anna, p.room, "/kernteam")
	h.sends(p.anna, "Jullie kernteam", map[string][]string{
		"naam": {name}, "school": {"De Zwaan"}, "gemeente": {"Zwanendam"}, "soort": {"basisonderwijs"}, "regio": {"midden"}, "taal": {"nl"}, "voorzitter": {p.anna.ID},
	})
	h.until(name, func() bool { return strings.Contains(read(p.room.Messages()), name+" is klaar") })
}

func read(messages []slacktest.Message) string {
	var b strings.Builder
	for _, m := range messages {
		b.WriteString(m.Read() + "\n" + read(m.Replies))
	}
	return b.String()
}

// A home page shows what is one's own and what waits, with buttons, and stays
// current without anybody opening it again.
func TestSlackHome(t *testing.T) {
	h := newSlackHouse(t, "De Zwaan")
	boot(t, false, h.wire)
	p := h.places[0]
	h.found(p, "Kernteam De Zwaan")
	page := func() string {
		if v := p.bram.Home(p.bot); v != nil {
			return v.Read()
		}
		return ""
	}
	p.bram.OpenHome(p.bot)
	h.until("page", func() bool { return strings.Contains(page(), "Je hebt geen open acties") })
	h.types(p.anna, p.room, "/actie @bram belt de school voor morgen")
	h.until("action at home", func() bool { return strings.Contains(page(), "belt de school") && strings.Contains(page(), "[Klaar]") })
	h.types(p.anna, p.room, "/signaal nieuw begint niet aan een taak #leren")
	h.until("signal at home", func() bool { return strings.Contains(page(), "K-001") })
	if strings.Contains(page(), "begint niet") {
		t.Errorf("free text on a page:\n%s", page())
	}
	if err := p.bram.PressHome(t.Context(), p.bot, "Klaar"); err != nil {
		t.Fatal(err)
	}
	h.until("done at home", func() bool { return !strings.Contains(page(), "belt de school") })
	h.until("done in the channel", func() bool { return strings.Contains(read(p.room.Messages()), "Klaar. Bram Visser") })
	if n := h.server.Limited(); len(n) > 0 {
		t.Errorf("earned limits: %v", n)
	}
}

// A message becomes a signal or an action, in a thread too.
func TestSlackShortcuts(t *testing.T) {
	h := newSlackHouse(t, "De Zwaan")
	boot(t, false, h.wire)
	p := h.places[0]
	h.found(p, "Kernteam De Zwaan")
	root, err := p.bram.Write(p.room, "even over <!channel> de rekenles", "")
	if err != nil {
		t.Fatal(err)
	}
	reply, err := p.bram.Write(p.room, "begint niet aan een taak & kijkt weg", root.TS)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.anna.Shortcut(t.Context(), p.bot, "pick:signaal", reply); err != nil {
		t.Fatal(err)
	}
	h.until("form", func() bool { return p.anna.Modal() != nil })
	if seen := value(p.anna.Modal(), "gezien"); seen != "begint niet aan een taak & kijkt weg" {
		t.Errorf("seen is %q", seen)
	}
	h.sends(p.anna, "Een signaal", map[string][]string{"casus": {"K"}})
	h.until("signal", func() bool { return strings.Contains(read(p.room.Messages()), "Signaal 1: K-001") })

	if err := p.anna.Shortcut(t.Context(), p.bot, "pick:actie", root); err != nil {
		t.Fatal(err)
	}
	h.until("form", func() bool { return p.anna.Modal() != nil })
	if what := value(p.anna.Modal(), "wat"); what != "even over <!channel> de rekenles" {
		t.Errorf("what is %q", what)
	}
	h.sends(p.anna, "Een actie", map[string][]string{"wie": {p.bram.ID}, "datum": {"morgen"}})
	h.until("action", func() bool {
		return strings.Contains(read(p.room.Messages()), "@bram even over <!channel> de rekenles")
	})
	for _, m := range p.room.Messages() {
		if m.Bot != nil && (strings.Contains(m.Text, "<!") || strings.Contains(string(m.Blocks), `"broadcast"`)) {
			t.Errorf("everybody is called: %s %s", m.Text, m.Blocks)
		}
	}
}

// value is what a field of a form begins with.
func value(v *slacktest.View, block string) string {
	for _, f := range v.Fields {
		if f.Block == block {
			return strings.Join(f.Values, ",")
		}
	}
	return "no such field"
}

// Workspaces, and another platform, live in one process and know nothing of one
// another.
func TestSlackBesideOthers(t *testing.T) {
	h := newSlackHouse(t, "De Zwaan", "De Reiger")
	var room *practice.Room
	a, _, _ := boot(t, false, h.wire, func(ctx context.Context, a *app) (wired, error) {
		w, err := wirePractice(ctx, a)
		room = w.Platform.(*practice.Room)
		return w, err
	})
	for i, p := range h.places {
		h.found(p, []string{"Kernteam De Zwaan", "Kernteam De Reiger"}[i])
	}
	h.types(h.places[0].anna, h.places[0].room, "/signaal K-071 kijkt weg #leren")
	h.types(h.places[1].anna, h.places[1].room, "/signaal K-072 kijkt weg #leren")
	if err := room.Type(t.Context(), practice.Seat{User: "anna", Channel: exampleChannel}, "/signaal K-073 kijkt weg #leren"); err != nil {
		t.Fatal(err)
	}
	shows := []func() string{
		func() string { return read(h.places[0].room.Messages()) },
		func() string { return read(h.places[1].room.Messages()) },
		func() string { return all(threads(room.Posts(exampleChannel))) },
	}
	for i, code := range []string{"K-071", "K-072"} {
		h.until(code, func() bool { return strings.Contains(shows[i](), code) })
	}
	if err := a.outbox.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, code := range []string{"K-071", "K-072", "K-073"} {
		for j, show := range shows {
			if strings.Contains(show(), code) != (i == j) {
				t.Errorf("place %d and %s:\n%s", j, code, show())
			}
		}
	}
	// The same people's names are in both workspaces, and are not the same people.
	for i, p := range h.places {
		if answer := h.types(p.anna, p.room, "/signaal lijst"); !strings.Contains(answer, []string{"K-071", "K-072"}[i]) || strings.Contains(answer, []string{"K-072", "K-071"}[i]) {
			t.Errorf("workspace %d lists\n%s", i, answer)
		}
	}
}
