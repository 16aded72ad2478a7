package slack

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"kansbot/internal/chat"
)

// standIn answers the Web API for one workspace as a test has it: by default
// well, or as told for a method.
type standIn struct {
	*httptest.Server

	mu      sync.Mutex
	answers map[string]http.HandlerFunc
	calls   []asking
	now     time.Time // of the adapter
}

// asking is one request; of one in JSON, body is all there is.
type asking struct {
	method string
	form   url.Values
	body   string
}

const (
	secretToken = "xoxb-geheim-geheim-geheim"
	ourTeam     = "T0ZWAAN"
	ourUser     = "U0KANSBOT"
	ourBot      = "B0KANSBOT"
	inZwaan     = "C0ZWAAN"
	annaUser    = "U0ANNA"
	annaDirect  = "D0ANNA"
)

var someday = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

// newStandIn starts it, with an adapter for it whose clock stands still, and
// which knows its workspace.
func newStandIn(t testing.TB, p Pace) (*standIn, *Adapter) {
	s := &standIn{answers: make(map[string]http.HandlerFunc), now: someday}
	s.answers[authTest] = saying(fmt.Sprintf(`{"ok":true,"team":"De Zwaan","team_id":%q,"user_id":%q,"bot_id":%q}`, ourTeam, ourUser, ourBot))
	s.answers[chatPostMessage] = s.landing
	s.answers[chatUpdate] = func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"ok":true,"channel":%q,"ts":%q,"text":""}`, r.Form.Get("channel"), r.Form.Get("ts"))
	}
	s.answers[viewsPublish] = saying(`{"ok":true,"view":{"id":"V1","type":"home"}}`)
	s.answers[conversationsOpen] = saying(fmt.Sprintf(`{"ok":true,"channel":{"id":%q}}`, annaDirect))
	s.answers[conversationsHistory] = saying(`{"ok":true,"messages":[]}`)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := strings.TrimPrefix(r.URL.Path, "/api/")
		a := asking{method: method}
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			body, _ := io.ReadAll(r.Body)
			a.body = string(body)
		} else if r.ParseForm() == nil {
			a.form = r.Form
		}
		s.mu.Lock()
		s.calls = append(s.calls, a)
		answer := s.answers[method]
		s.mu.Unlock()
		if answer == nil {
			answer = saying(`{"ok":false,"error":"unknown_method"}`)
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	a, err := New(Settings{
		APIURL: s.URL + "/api", Pace: p,
		Apps: []App{{Token: "xapp-geheim", BotTokens: []string{secretToken}}},
	}, s.clock, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.know(t.Context(), a.apps[0].workspaces[0]); err != nil {
		t.Fatal(err)
	}
	return s, a
}

func (s *standIn) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *standIn) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// landing makes a message: the nth has ts n.
func (s *standIn) landing(w http.ResponseWriter, r *http.Request) {
	channel := r.Form.Get("channel")
	if channel == annaUser {
		channel = annaDirect
	}
	fmt.Fprintf(w, `{"ok":true,"channel":%q,"ts":"1.%06d"}`, channel, len(s.asked(chatPostMessage)))
}

func (s *standIn) answer(method string, f http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[method] = f
}

// asked are the requests of one method.
func (s *standIn) asked(method string) (all []asking) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.calls {
		if a.method == method {
			all = append(all, a)
		}
	}
	return all
}

func saying(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) }
}

// denying is Slack's way to say no.
func denying(code string) http.HandlerFunc {
	return saying(fmt.Sprintf(`{"ok":false,"error":%q}`, code))
}

// status answers as whatever is before Slack does, or Slack itself for 429.
func status(n int, retryAfter, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(n)
		io.WriteString(w, body)
	}
}

// breaking loses the connection.
func breaking(w http.ResponseWriter, _ *http.Request) {
	conn, _, _ := http.NewResponseController(w).Hijack()
	conn.Close()
}

func toZwaan(key string) chat.Delivery {
	return chat.Delivery{
		Key: key, To: chat.To{Platform: Name, Workspace: ourTeam, Channel: inZwaan},
		Body: chat.Message{
			{Kind: chat.Text, Text: []chat.Span{{Style: chat.Mention, User: annaUser, Text: "Anna"}, {Text: " belt <!channel> & school"}}},
			{Kind: chat.Buttons, Buttons: []chat.Button{{Do: "actie klaar 7", Label: "Klaar", Tone: chat.Primary}}},
		},
	}
}

func toAnna(key string) chat.Delivery {
	d := toZwaan(key)
	d.To.Channel, d.To.User = "", annaUser
	return d
}

// messages is a page of a channel or thread.
func messages(next string, all ...map[string]any) string {
	page, _ := json.Marshal(map[string]any{
		"ok": true, "messages": all, "has_more": next != "", "response_metadata": map[string]string{"next_cursor": next},
	})
	return string(page)
}

func written(ts, user, bot, key string) map[string]any {
	m := map[string]any{"type": "message", "ts": ts, "user": user, "text": "tekst"}
	if bot != "" {
		m["bot_id"] = bot
	}
	if key != "" {
		m["metadata"] = map[string]any{"event_type": keyEvent, "event_payload": map[string]any{keyField: key}}
	}
	return m
}
