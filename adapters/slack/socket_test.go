package slack

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	slackgo "github.com/slack-go/slack"

	"kansbot/adapters/slack/slacktest"
	"kansbot/internal/chat"
)

// school is an adapter that receives from an imitation of Slack, with people in
// one channel and what the core gets and answers.
type school struct {
	*slacktest.Slack
	a      *Adapter
	log    logged
	app    *slacktest.App
	bot    *slacktest.Bot
	team   *slacktest.Workspace
	anna   *slacktest.User
	bram   *slacktest.User
	zwaan  *slacktest.Channel
	events chan chat.Event

	mu    sync.Mutex
	ahead time.Duration // of our clock
	reply func(chat.Event) chat.Reply
}

func (s *school) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}

// transports are the ways in.
var transports = []string{"socket", "http"}

func newSchool(t *testing.T, transport string) *school {
	s := &school{Slack: slacktest.New(slacktest.Options{NoLimits: true}), events: make(chan chat.Event, 1000)}
	t.Cleanup(s.Close)
	m := slacktest.Manifest("/signaal", "/actie")
	m.Features.Shortcuts[0].CallbackID = pickPrefix + "signaal"
	s.team, s.app = s.Workspace("De Zwaan"), s.App(m)
	s.bot = s.app.Install(s.team)
	s.anna, s.bram = s.team.User("anna", "Anna de Vries", "nl-NL"), s.team.User("bram", "Bram Bos", "en-US")
	s.zwaan = s.team.Channel("kernteam-zwaan", true, s.anna, s.bram, s.bot)
	settings := App{Token: s.app.Token, BotTokens: []string{s.bot.Token}}
	if transport == "http" {
		settings.Token, settings.SigningSecrets = "", []string{s.app.Secret()}
	}
	var err error
	s.a, err = New(Settings{APIURL: s.APIURL(), Apps: []App{settings}, Pace: Pace{Unlimited: true}}, s.clock,
		slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	s.a.patience = time.Millisecond
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.a.Receive(ctx, s.handle) }()
	t.Cleanup(func() {
		stop()
		if err := await(t, ended); err != nil {
			t.Errorf("Receive: %v", err)
		}
		for _, secret := range []string{s.app.Token, s.bot.Token, s.app.Secret(), "/commands/", "/actions/", "ticket", "geheim"} {
			if strings.Contains(s.log.String(), secret) {
				t.Errorf("%q in the log:\n%s", secret, &s.log)
			}
		}
	})
	if transport == "http" {
		mux := http.NewServeMux()
		s.a.Routes(mux)
		server := httptest.NewServer(mux)
		t.Cleanup(server.Close)
		if err := s.app.UseHTTP(s.soon(t), server.URL); err != nil {
			t.Fatal(err)
		}
	}
	s.roster(t, s.zwaan, s.anna, s.bram)
	s.until(t, "connections", func() bool { return transport == "http" || s.app.Connections() == perApp })
	return s
}

func (s *school) soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patiently)
	t.Cleanup(cancel)
	return ctx
}

func (s *school) until(t *testing.T, what string, met func() bool) {
	t.Helper()
	if s.Until(s.soon(t), met) != nil {
		t.Fatalf("never came: %s; log:\n%s", what, &s.log)
	}
}

func (s *school) handle(_ context.Context, e chat.Event) chat.Reply {
	s.mu.Lock()
	reply := s.reply
	s.mu.Unlock()
	s.events <- e
	if _, told := e.Act.(chat.Roster); told || reply == nil {
		return chat.Reply{}
	}
	return reply(e)
}

// answers makes the core reply the same to everything.
func (s *school) answers(r chat.Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reply = func(chat.Event) chat.Reply { return r }
}

// event is the next event that is no roster.
func (s *school) event(t *testing.T) chat.Event {
	t.Helper()
	for {
		e := await(t, s.events)
		if _, ok := e.Act.(chat.Roster); !ok {
			return e
		}
	}
}

// roster waits until the core hears who is in a channel.
func (s *school) roster(t *testing.T, c *slacktest.Channel, who ...*slacktest.User) {
	t.Helper()
	for {
		e := await(t, s.events)
		r, ok := e.Act.(chat.Roster)
		if !ok || e.Channel != c.ID || len(r.People) != len(who) {
			continue
		}
		for i, u := range who {
			if r.People[i].ID != u.ID || r.People[i].Handle != u.Handle {
				t.Errorf("roster %+v", r)
			}
		}
		return
	}
}

// A day with people at a client, over both transports.
func TestSchool(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			s := newSchool(t, transport)
			ctx := s.soon(t)
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}

			// A line, and its answer in the acknowledgement.
			s.answers(chat.Reply{Body: says("Signaal 12 bewaard.")})
			said, err := s.anna.Type(ctx, s.zwaan, "/signaal K-014 <geheim> & @bram.")
			must(err)
			if said == nil || !said.Ephemeral || said.Read() != "Signaal 12 bewaard." {
				t.Errorf("the answer reads %+v", said)
			}
			e := s.event(t)
			act := e.Act.(chat.Typed)
			if act.Command != "signaal" || act.Text != "K-014 <geheim> & @bram." || act.Mentions["bram"] != s.bram.ID || e.ID == "" ||
				e.User != (chat.Person{ID: s.anna.ID, Handle: "anna", Name: "Anna de Vries"}) || e.Locale != "nl-NL" || e.Channel != s.zwaan.ID || e.Workspace != s.team.ID {
				t.Errorf("event %+v", e)
			}

			// A form, with problems, with another form after it, and its answer.
			s.answers(chat.Reply{Form: aForm})
			_, err = s.anna.Type(ctx, s.zwaan, "/signaal")
			must(err)
			s.until(t, "the form", func() bool { return s.anna.Modal() != nil })
			s.event(t)
			s.answers(chat.Reply{Problems: map[string]string{"": "zo niet"}})
			problems, err := s.anna.Submit(ctx, map[string][]string{"ziet": {"geheim"}})
			must(err)
			if problems["ziet"] != "zo niet" {
				t.Errorf("problems %v", problems)
			}
			if e := s.event(t); e.Channel != "" || e.Act.(chat.Submitted).Form != "f1" || e.Act.(chat.Submitted).Values["ziet"][0] != "geheim" {
				t.Errorf("event %+v", e)
			}
			s.answers(chat.Reply{Form: &chat.Form{ID: "f2", Title: "Nog iets", Submit: "Ok", Fields: []chat.Field{{Name: "wat", Label: "Wat", Kind: chat.Line, Optional: true}}}})
			_, err = s.anna.Submit(ctx, nil)
			must(err)
			s.event(t)
			if m := s.anna.Modal(); m == nil || m.PrivateMetadata != "f2" || m.Title != "Nog iets" {
				t.Fatalf("the next form is %+v", m)
			}
			choice := chat.Block{Kind: chat.Choices, Choices: []chat.Choice{{Label: "Lijst", Line: "/actie lijst"}}}
			s.answers(chat.Reply{Body: append(says("Bewaard."), choice)})
			_, err = s.anna.Submit(ctx, nil)
			must(err)
			s.event(t)
			if s.anna.Modal() != nil {
				t.Error("the form is still open")
			}
			s.until(t, "the answer", func() bool { return len(s.anna.Ephemerals(s.zwaan)) == 2 })

			// A choice in that answer types its line.
			answer := s.anna.Ephemerals(s.zwaan)[1]
			if !strings.HasPrefix(answer.Read(), "Bewaard.") {
				t.Errorf("the answer reads %q", answer.Read())
			}
			s.answers(chat.Reply{Body: says("Geen acties.")})
			must(s.anna.Press(ctx, answer, "Lijst"))
			if e := s.event(t); e.Channel != s.zwaan.ID || e.Act.(chat.Typed).Command != "actie" || e.Act.(chat.Typed).Text != "lijst" {
				t.Errorf("event %+v", e)
			}
			s.until(t, "the list", func() bool { return len(s.anna.Ephemerals(s.zwaan)) == 3 })

			// A button, of the post that the core knows.
			buttons := append(says("Klaar?"), chat.Block{Kind: chat.Buttons, Buttons: []chat.Button{{Do: "klaar 7", Label: "Klaar"}}})
			id, err := s.a.Deliver(ctx, chat.Delivery{Key: "k1", To: chat.To{Platform: Name, Workspace: s.team.ID, Channel: s.zwaan.ID}, Body: buttons})
			must(err)
			post := s.zwaan.Messages()[0]
			must(s.bram.Press(ctx, post, "Klaar"))
			if e := s.event(t); e.Act != (chat.Pressed{Post: id, Do: "klaar 7"}) || e.User.ID != s.bram.ID || e.Locale != "en-US" || e.Channel != s.zwaan.ID {
				t.Errorf("event %+v, of post %s", e, id)
			}
			s.until(t, "an answer", func() bool { return len(s.bram.Ephemerals(s.zwaan)) == 1 })
			if now := s.zwaan.Messages(); len(now) != 1 || now[0].Edited {
				t.Errorf("the post is %+v", now)
			}

			// A message that somebody points at.
			wrote, err := s.bram.Write(s.zwaan, "Kees telt tot 10, @anna!", "")
			must(err)
			s.answers(chat.Reply{Form: aForm})
			must(s.anna.Shortcut(ctx, s.bot, pickPrefix+"signaal", wrote))
			if e := s.event(t); e.Channel != s.zwaan.ID || e.Act.(chat.Picked).Text != "Kees telt tot 10, @anna!" || e.Act.(chat.Picked).Mentions["anna"] != s.anna.ID {
				t.Errorf("event %+v", e)
			}
			s.until(t, "the form", func() bool { return s.anna.Modal() != nil })
			must(s.anna.CloseModal(ctx))

			// The home page, and a button there.
			s.answers(chat.Reply{Body: says("Fijn!")})
			s.anna.OpenHome(s.bot)
			if e := s.event(t); e.Act != (chat.Visited{}) || e.User.ID != s.anna.ID || e.Channel != "" || e.ID == "" {
				t.Errorf("event %+v", e)
			}
			id, err = s.a.Deliver(ctx, chat.Delivery{Key: "h1", To: chat.To{Platform: Name, Workspace: s.team.ID, User: s.anna.ID, Home: true}, Body: buttons})
			must(err)
			must(s.anna.PressHome(ctx, s.bot, "Klaar"))
			if e := s.event(t); e.Act != (chat.Pressed{Post: id, Do: "klaar 7"}) || e.Channel != "" {
				t.Errorf("event %+v, of page %s", e, id)
			}
			dm := s.anna.DM(s.bot)
			s.until(t, "the answer", func() bool { return len(dm.Messages()) == 1 })

			// A direct message.
			s.anna.OpenMessages(s.bot)
			_, err = s.anna.Write(dm, "hallo", "")
			must(err)
			if e := s.event(t); e.Act != (chat.Opened{}) || e.User.ID != s.anna.ID || e.Channel != "" {
				t.Errorf("event %+v", e)
			}
			s.until(t, "the answer", func() bool { return len(dm.Messages()) == 3 })

			// People and the bot come and go.
			carla := s.team.User("carla", "Carla", "nl-NL")
			s.zwaan.Invite(s.anna, carla)
			s.roster(t, s.zwaan, s.anna, s.bram, carla)
			s.zwaan.Remove(carla)
			s.roster(t, s.zwaan, s.anna, s.bram)
			uil := s.team.Channel("kernteam-uil", false, s.anna)
			uil.Invite(s.anna, s.bot)
			if e := s.event(t); e.Act != (chat.Arrived{}) || e.Channel != uil.ID || e.User.ID != s.anna.ID {
				t.Errorf("event %+v", e)
			}
			s.roster(t, uil, s.anna)
			uil.Remove(s.bot)
			s.roster(t, uil)
			if h := s.a.Health(); len(h) != 1 || !h[0].Connected || h[0].Team != s.team.ID || h[0].Foreign != 0 || !slices.Equal(h[0].Lost, []string{uil.ID}) {
				t.Errorf("health %+v", h)
			}
			s.bram.Deactivate()
			s.roster(t, s.zwaan, s.anna)

			// A stranger in a shared channel.
			far := s.Workspace("Elders")
			vera := s.team.Stranger("vera", "Vera", "nl-NL", far)
			s.zwaan.Invite(s.anna, vera)
			s.roster(t, s.zwaan, s.anna)
			must(vera.Press(ctx, post, "Klaar"))
			s.until(t, "the refusal", func() bool { return len(vera.Ephemerals(s.zwaan)) == 1 })
			if got := vera.Ephemerals(s.zwaan)[0].Read(); got != dutch.foreign {
				t.Errorf("a stranger reads %q", got)
			}

			// The end of the token.
			s.bot.Revoke()
			s.until(t, "the news", func() bool { return true })
			must(s.Idle(ctx))
			if h := s.a.Health()[0]; h.Connected || h.Err == "" {
				t.Errorf("health %+v", h)
			}
			if len(s.events) > 0 {
				t.Errorf("event %+v", <-s.events)
			}
		})
	}
}

// Slack sees its acknowledgement in time, however long the core takes.
func TestSchoolSlow(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			s := newSchool(t, transport)
			s.a.prompt = 30 * time.Millisecond
			ctx := s.soon(t)
			wait := make(chan chat.Reply)
			s.mu.Lock()
			s.reply = func(chat.Event) chat.Reply { return <-wait }
			s.mu.Unlock()
			if said, err := s.anna.Type(ctx, s.zwaan, "/signaal"); said != nil || err != nil {
				t.Fatalf("at once %+v, %v", said, err)
			}
			reads := func(what, want string) {
				t.Helper()
				s.until(t, what, func() bool {
					m := s.anna.Modal()
					return m != nil && strings.Contains(m.Read(), want)
				})
			}
			reads("a modal", dutch.moment)
			wait <- chat.Reply{Form: aForm}
			reads("the form", "Wat zie je?")
			if _, err := s.anna.Submit(ctx, map[string][]string{"ziet": {"dit zag ik"}}); err != nil {
				t.Fatal(err)
			}
			reads("a moment", dutch.moment)
			wait <- chat.Reply{Problems: map[string]string{"ziet": "te kort"}}
			reads("the form again", "dit zag ik")
			reads("the problem", "te kort")
			if _, err := s.anna.Submit(ctx, nil); err != nil {
				t.Fatal(err)
			}
			wait <- chat.Reply{Body: append(says("Bewaard."), chat.Block{Kind: chat.Choices, Choices: []chat.Choice{{Label: "Lijst", Line: "/actie lijst"}}})}
			reads("the answer", "Bewaard.")
		})
	}
}

// However many wait for the core, what comes is acknowledged.
func TestSchoolCrowd(t *testing.T) {
	s := newSchool(t, "socket")
	s.a.prompt = time.Millisecond
	ctx := s.soon(t)
	wait := make(chan struct{})
	s.mu.Lock()
	s.reply = func(chat.Event) chat.Reply { <-wait; return chat.Reply{} }
	s.mu.Unlock()
	var typing sync.WaitGroup
	for range 100 {
		typing.Go(func() {
			if _, err := s.anna.Type(ctx, s.zwaan, "/signaal"); err != nil {
				t.Errorf("not acknowledged: %v", err)
			}
		})
	}
	typing.Wait()
	close(wait)
}

func TestReconnect(t *testing.T) {
	s := newSchool(t, "socket")
	ctx := s.soon(t)
	s.answers(chat.Reply{Body: says("Bewaard.")})
	for name, end := range map[string]func(){
		"warning": func() { s.app.Disconnect("warning") }, "refresh": func() { s.app.Disconnect("refresh_requested") }, "break": s.app.Drop,
	} {
		before := strings.Count(s.log.String(), "msg=connected")
		end()
		s.log.until(t, "msg=connected", before+perApp)
		s.until(t, name, func() bool { return s.app.Connections() == perApp })
		if _, err := s.anna.Type(ctx, s.zwaan, "/signaal"); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s.event(t)
	}
	if h := s.a.Health()[0]; !h.Connected || h.Foreign != 0 {
		t.Errorf("health %+v", h)
	}
	if n := s.Calls("users.conversations"); n != 1 {
		t.Errorf("short breaks had all channels looked up %d times", n-1)
	}
}

// After a break in which Slack gave up repeating, everything is looked up.
func TestGap(t *testing.T) {
	s := newSchool(t, "socket")
	away := func(c slacktest.Call) slacktest.Fault {
		if c.Method == "apps.connections.open" {
			return slacktest.Fault{Status: 503, Undone: true}
		}
		return slacktest.Fault{}
	}
	s.SetFault(away)
	s.app.Drop()
	opened := s.Calls("apps.connections.open")
	s.until(t, "tries", func() bool { return s.Calls("apps.connections.open") > opened+2*perApp })
	if h := s.a.Health()[0]; h.Connected || !strings.Contains(h.Err, "503") {
		t.Errorf("health %+v", h)
	}
	s.mu.Lock()
	s.ahead = realGap + time.Second
	s.mu.Unlock()
	s.SetFault(nil)
	s.roster(t, s.zwaan, s.anna, s.bram)
	s.until(t, "connections", func() bool { return s.app.Connections() == perApp })
}

// A token that works no more is said, and tried with once a minute.
func TestTokenRevoked(t *testing.T) {
	s := newSchool(t, "socket")
	s.app.RevokeToken()
	s.app.Drop()
	opened := s.Calls("apps.connections.open")
	s.until(t, "tries", func() bool { return s.Calls("apps.connections.open") >= opened+perApp })
	s.log.until(t, "level=ERROR", perApp)
	if h := s.a.Health()[0]; h.Connected || !strings.Contains(h.Err, "invalid_auth") {
		t.Errorf("health %+v", h)
	}
	if n := s.Calls("apps.connections.open"); n != opened+perApp {
		t.Errorf("%d tries", n-opened)
	}
}

// Others who use the app's token get part of what people do.
func TestForeignConnections(t *testing.T) {
	s := newSchool(t, "socket")
	api := slackgo.New(s.bot.Token, slackgo.OptionAPIURL(s.APIURL()), slackgo.OptionAppLevelToken(s.app.Token))
	_, address, err := api.StartSocketModeContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := websocket.DefaultDialer.DialContext(t.Context(), address, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	s.until(t, "the other", func() bool { return s.app.Connections() == perApp+1 })
	s.app.Disconnect("warning") // the other does not listen
	s.log.until(t, "others are connected", 1)
	if n := s.a.Health()[0].Foreign; n != 1 {
		t.Errorf("%d others", n)
	}
}

// listening makes a hall whose app uses Socket Mode, and gives its connections.
func listening(t *testing.T) (*hall, <-chan *websocket.Conn) {
	h := newHall(t)
	h.apps = h.apps[1:]
	h.apps[0].Token = "xapp-1-secret"
	h.handler.Store(nil)
	conns := make(chan *websocket.Conn, 10)
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	sockets := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := upgrader.Upgrade(w, r, nil); err == nil {
			conns <- c
		}
	}))
	t.Cleanup(sockets.Close)
	h.slack.answer("apps.connections.open", func(url.Values) any {
		return obj{"ok": true, "url": "ws" + strings.TrimPrefix(sockets.URL, "http") + "/?ticket=secret"}
	})
	return h, conns
}

// What the client library cannot read is acknowledged all the same, and what we
// have no seat for is not: Slack sends it again.
func TestEnvelopes(t *testing.T) {
	h, conns := listening(t)
	events := h.receiving(t)
	c := await(t, conns)
	send := func(text string) {
		t.Helper()
		if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	ack := func() (envelope string, payload json.RawMessage) {
		t.Helper()
		var got struct {
			EnvelopeID string `json:"envelope_id"`
			Payload    json.RawMessage
		}
		c.SetReadDeadline(time.Now().Add(patiently))
		if err := c.ReadJSON(&got); err != nil {
			t.Fatal(err)
		}
		return got.EnvelopeID, got.Payload
	}
	send(`{"type":"hello","num_connections":1}`)
	for envelope, text := range map[string]string{
		"e1": `{"envelope_id":"e1","type":"events_api","payload":{"type":"event_callback","team_id":"` + teamID + `","event_id":"Ev1","event":{"type":"of_later","user":[1]}}}`,
		"e2": `{"envelope_id":"e2","type":"of_later","payload":{}}`,
		"e3": `{"envelope_id":"e3","type":"interactive","payload":"text"}`,
		"e4": `{"envelope_id":"e4","type":"slash_commands","payload":{"command":7}}`,
		"e5": `{"envelope_id":"e5","type":"slash_commands","payload":{"command":"/x","user_id":"U1","channel_id":"C1","team_id":"T0NOBODY"},"accepts_response_payload":true}`,
		"e6": `{"envelope_id":"e6","type":"interactive","payload":` + h.payload("block_suggestion", nil) + `,"accepts_response_payload":true}`,
	} {
		send(text)
		got, payload := ack()
		if got != envelope || (payload != nil) != (envelope == "e6") {
			t.Errorf("%s: acknowledged %s with %s", envelope, got, payload)
		}
	}
	for _, garbage := range []string{"", "{", "[]", `{"type":"of_later"}`} {
		send(garbage)
	}
	for range cap(h.seats) {
		h.seats <- struct{}{}
	}
	command := `{"envelope_id":"%","type":"slash_commands","payload":{"command":"/signaal","text":"x","user_id":"` + annaID + `","channel_id":"` + zwaanID + `","team_id":"` + teamID + `","trigger_id":"%","is_enterprise_install":false},"accepts_response_payload":true}`
	send(strings.ReplaceAll(command, "%", "full"))
	h.log.until(t, "too much at once", 1)
	for range cap(h.seats) {
		<-h.seats
	}
	send(strings.ReplaceAll(command, "%", "free"))
	if got, payload := ack(); got != "free" || !strings.Contains(string(payload), "Hallo, @anna") {
		t.Errorf("acknowledged %s with %s", got, payload)
	}
	for {
		if e := await(t, events); e.Act != nil && e.User.ID == annaID {
			break
		}
	}
	if strings.Contains(h.log.String(), "secret") {
		t.Errorf("log %s", &h.log)
	}
	c.Close()
}
