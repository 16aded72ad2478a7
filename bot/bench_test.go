package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kansbot/config"
	"kansbot/internal/chat"
)

// A signal over the real routes into a store on disk, until the answer, which
// comes after the durable commit. The posts that it causes are delivered
// meanwhile. Beside it goes the least that can be done with the same request:
// see that its token is right, and answer. of-plain is the rate of signals as
// a part of the rate of those, in turns, so that both meet the same machine.
func BenchmarkSignalAck(b *testing.B) {
	for _, clients := range benchClients {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			h := openHarbour(b, clients)
			h.acks(b, clients, plainPost)
			if got := h.posts.Load(); got < int64(b.N) {
				b.Fatalf("%d signals, and %d posts", b.N, got)
			}
		})
	}
}

// acks measures, in turns, signals and the least that can be done with them.
func (h *harbour) acks(b *testing.B, clients int, least http.HandlerFunc) {
	plain := httptest.NewServer(least)
	defer plain.Close()
	h.post(b, h.address, clients, clients) // who writes is looked up once
	h.post(b, plain.URL, clients, clients)

	var signals, plains time.Duration
	const turns = 10
	b.ResetTimer()
	b.StopTimer()
	for turn := range turns {
		n := b.N*(turn+1)/turns - b.N*turn/turns
		began := time.Now()
		h.post(b, plain.URL, clients, n)
		plains += time.Since(began)

		b.StartTimer()
		began = time.Now()
		h.post(b, h.address, clients, n)
		signals += time.Since(began)
		b.StopTimer()
		if err := h.app.outbox.Drain(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/signals.Seconds(), "signals/s")
	b.ReportMetric(float64(plains)/float64(signals), "of-plain")
}

// What BenchmarkSignalAck compares with, by itself.
func BenchmarkPlainPost(b *testing.B) {
	for _, clients := range benchClients {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			plain := httptest.NewServer(http.HandlerFunc(plainPost))
			defer plain.Close()
			h := &harbour{client: benchClient(clients), request: tokenRequest}
			b.ResetTimer()
			h.post(b, plain.URL, clients, b.N)
		})
	}
}

var benchClients = []int{1, 8, 64}

const benchToken = "benchtokenbenchtokenbench1"

func plainPost(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("token") != benchToken || r.Header.Get("Authorization") != "Token "+benchToken {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	io.WriteString(w, "{}")
}

// harbour is a bot that runs as it does for a region, with a kernteam for each
// client, at a platform that takes everything at once.
type harbour struct {
	app     *app
	place   chat.To // platform and workspace
	address string
	client  *http.Client
	request func(address string, team, trigger int) (*http.Request, error) // a signal in a kernteam
	posts   atomic.Int64                                                   // taken by the platform
	trigger atomic.Int64
}

func openHarbour(b *testing.B, teams int) *harbour {
	h := &harbour{client: benchClient(teams), place: chat.To{Platform: "mattermost"}, request: tokenRequest}
	platform := httptest.NewServer(http.HandlerFunc(h.platform))
	b.Cleanup(platform.Close)
	c, err := config.Load("", nil)
	if err != nil {
		b.Fatal(err)
	}
	c.Data, c.PublicURL = b.TempDir(), "http://127.0.0.1:1"
	c.Mattermost = config.Mattermost{
		URL: platform.URL, Token: "bot", CommandTokens: map[string]config.Secret{"signaal": benchToken},
		ActionSecret: config.Secret(strings.Repeat("a", 32)), DialogSecret: config.Secret(strings.Repeat("d", 32)),
	}
	h.open(b, c, teams, wireMattermost, "/mattermost/command", func(kind string, nr int) string { return benchID(kind, nr) })
	return h
}

// open starts the bot, with kernteams of people and in channels named by id.
func (h *harbour) open(b *testing.B, c config.Config, teams int, wire wiring, path string, id func(kind string, nr int) string) {
	var err error
	if h.app, err = newApp(b.Context(), c, &clock{}, quiet(), wire); err != nil {
		b.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	h.address = "http://" + listener.Addr().String() + path
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.app.run(ctx, listener, false) }()
	b.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		h.app.close()
	})
	for i := range teams {
		h.found(b, i, id)
	}
}

// found sets up a kernteam of eight, with a Kans!overleg to come.
func (h *harbour) found(b *testing.B, nr int, id func(kind string, nr int) string) {
	say := func(user string, act chat.Act) chat.Reply {
		return h.app.handle(b.Context(), chat.Event{Platform: h.place.Platform, Workspace: h.place.Workspace, Channel: id("channel", nr), User: chat.Person{ID: user, Handle: user, Name: user}, Act: act})
	}
	roster := chat.Roster{}
	for i := range 8 {
		user := id("user", 8*nr+i)
		roster.People = append(roster.People, chat.Person{ID: user, Handle: user, Name: user})
	}
	say("", roster)
	chair := roster.People[0].ID
	form := say(chair, chat.Typed{Command: "kernteam"}).Form
	if form == nil {
		b.Fatal("no form for a new kernteam")
	}
	filled := map[string][]string{"voorzitter": {chair}}
	for name, value := range exampleTeam {
		if name != "voorzitter" {
			filled[name] = value
		}
	}
	if reply := say(chair, chat.Submitted{Form: form.ID, Values: filled}); len(reply.Problems) > 0 {
		b.Fatal(reply.Problems)
	}
	say(chair, chat.Typed{Command: "kansoverleg", Text: "plan elke 6 weken op dinsdag om 13:30"})
}

// platform is what a delivery and the look-up of a person need of the API.
func (h *harbour) platform(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	bot := benchID("bot", 0)
	switch path := strings.TrimPrefix(r.URL.Path, "/api/v4/"); {
	case path == "posts":
		var post struct {
			Channel string `json:"channel_id"`
		}
		if json.NewDecoder(r.Body).Decode(&post) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"id":%q,"user_id":%q,"channel_id":%q}`, benchID("post", int(h.posts.Add(1))), bot, post.Channel)
	case strings.HasSuffix(path, "/patch"):
		fmt.Fprintf(w, `{"id":%q}`, strings.Split(path, "/")[1])
	case path == "users/me":
		fmt.Fprintf(w, `{"id":%q,"username":"kansbot","is_bot":true}`, bot)
	case strings.HasPrefix(path, "users/user"):
		id := strings.TrimPrefix(path, "users/")
		fmt.Fprintf(w, `{"id":%q,"username":%q,"locale":"nl"}`, id, id)
	default: // the WebSocket among them: there is no news
		w.WriteHeader(http.StatusNotFound)
	}
}

// benchID has the form of the platform's ids.
func benchID(kind string, nr int) string {
	return kind + fmt.Sprintf("%0*d", 26-len(kind), nr)
}

func benchClient(clients int) *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
}

// post has so many clients post n signals in all, each in a kernteam of its
// own.
func (h *harbour) post(b *testing.B, address string, clients, n int) {
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	for team := range clients {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := h.postOne(address, team); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func (h *harbour) postOne(address string, team int) error {
	request, err := h.request(address, team, int(h.trigger.Add(1)))
	if err != nil {
		return err
	}
	answer, err := h.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", answer.StatusCode)
	}
	return err
}

func tokenRequest(address string, team, trigger int) (*http.Request, error) {
	form := url.Values{
		"token": {benchToken}, "command": {"/signaal"}, "text": {benchSignal}, "trigger_id": {fmt.Sprint(trigger)},
		"user_id": {benchID("user", 8*team)}, "user_name": {benchID("user", 8*team)}, "channel_id": {benchID("channel", team)}, "channel_name": {"kernteam"},
	}
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err == nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Authorization", "Token "+benchToken)
	}
	return request, err
}

const benchSignal = "K-014 begint niet aan een taak als die moeilijk lijkt #leren"
