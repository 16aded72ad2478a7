package slacktest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// world is a workspace with some people, a channel and the bot in it.
type world struct {
	*Slack
	t     *testing.T
	ctx   context.Context // for whatever has to come
	team  *Workspace
	app   *App
	bot   *Bot
	api   *slack.Client
	anna  *User
	bram  *User
	zwaan *Channel
}

func newWorld(t *testing.T, o Options) *world {
	w := &world{Slack: New(o), t: t}
	t.Cleanup(w.Close)
	var cancel context.CancelFunc
	w.ctx, cancel = context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	w.team = w.Workspace("De Zwaan")
	w.app = w.App(Manifest("/signaal"))
	w.bot = w.app.Install(w.team)
	w.anna, w.bram = w.team.User("anna", "Anna de Vries", "nl-NL"), w.team.User("bram", "Bram Bos", "en-US")
	w.zwaan = w.team.Channel("kernteam-zwaan", true, w.anna, w.bram, w.bot)
	w.api = slack.New(w.bot.Token, slack.OptionAPIURL(w.APIURL()), slack.OptionAppLevelToken(w.app.Token))
	return w
}

// code is the error of a method called with these arguments, name and value in
// turn; empty for none.
func (w *world) code(token, method string, args ...string) string {
	w.t.Helper()
	code, _ := w.call(token, method, args...)
	return code
}

func (w *world) call(token, method string, args ...string) (code string, answer object) {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(args); i += 2 {
		form.Set(args[i], args[i+1])
	}
	r, _ := http.NewRequestWithContext(w.ctx, "POST", w.APIURL()+method, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer got.Body.Close()
	if err := json.NewDecoder(got.Body).Decode(&answer); err != nil {
		w.t.Fatalf("%s answers %s: %v", method, got.Status, err)
	}
	code, _ = answer["error"].(string)
	return code, answer
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) until(what string, met func() bool) {
	w.t.Helper()
	if w.Until(w.ctx, met) != nil {
		w.t.Fatalf("never came: %s", what)
	}
}

// heard is what an app was sent, whatever the transport.
type heard struct {
	kind  string // command, interaction or event
	raw   json.RawMessage
	slash slack.SlashCommand
	act   slack.InteractionCallback
}

// listen makes the app listen in Socket Mode, and answer with what handle
// returns in its ack; without an ack when that is an error.
func (w *world) listen(handle func(heard) any) {
	w.t.Helper()
	client := socketmode.New(w.api)
	before := w.app.Connections()
	ctx, cancel := context.WithCancel(w.ctx)
	var running sync.WaitGroup
	running.Go(func() { client.RunContext(ctx) })
	running.Go(func() {
		for {
			select {
			case e := <-client.Events:
				h := heard{}
				switch e.Type {
				case socketmode.EventTypeSlashCommand:
					h.kind, h.slash = "command", e.Data.(slack.SlashCommand)
				case socketmode.EventTypeInteractive:
					h.kind, h.act = "interaction", e.Data.(slack.InteractionCallback)
				case socketmode.EventTypeEventsAPI:
					h.kind = "event"
				default:
					continue
				}
				h.raw = e.Request.Payload
				switch answer := handle(h).(type) {
				case error:
				case nil:
					client.Ack(*e.Request)
				default:
					client.Ack(*e.Request, answer)
				}
			case <-ctx.Done():
				return
			}
		}
	})
	w.t.Cleanup(func() { cancel(); running.Wait() })
	w.until("a connection", func() bool { return w.app.Connections() > before })
}

// serve makes the app listen over HTTP.
func (w *world) serve(handle func(heard) any) {
	w.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		verifier, err := slack.NewSecretsVerifier(r.Header, w.app.Secret())
		if err == nil {
			verifier.Write(body)
			err = verifier.Ensure()
		}
		if err != nil {
			w.t.Errorf("signature: %v", err)
		}
		var h heard
		form, _ := url.ParseQuery(string(body))
		switch r.URL.Path {
		case "/slack/command":
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			h.kind = "command"
			h.slash, err = slack.SlashCommandParse(r)
		case "/slack/interactive":
			h.kind, h.raw = "interaction", json.RawMessage(form.Get("payload"))
			err = json.Unmarshal(h.raw, &h.act)
		case "/slack/event":
			var challenge struct{ Challenge string }
			if json.Unmarshal(body, &challenge); challenge.Challenge != "" {
				rw.Write([]byte(challenge.Challenge))
				return
			}
			h.kind, h.raw = "event", body
		}
		if err != nil {
			w.t.Errorf("%s: %v", r.URL.Path, err)
		}
		switch answer := handle(h).(type) {
		case nil:
		case error:
			http.Error(rw, answer.Error(), http.StatusInternalServerError)
		default:
			rw.Header().Set("Content-Type", "application/json")
			json.NewEncoder(rw).Encode(answer)
		}
	}))
	w.t.Cleanup(server.Close)
	w.must(w.app.UseHTTP(w.ctx, server.URL))
}

// hands is a clock that goes by hand.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hands) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hands) advance(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(by)
}

func newHands() *hands { return &hands{now: time.Date(2027, 1, 12, 8, 30, 0, 0, time.UTC)} }
