package slack

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kansbot/internal/chat"
)

// The stub is a Slack that says what a test wants: to see exactly what we ask
// of it, and what we make of answers that no client would cause. One workspace,
// with Anna and Bart in one channel.
type stub struct {
	*httptest.Server

	mu      sync.Mutex
	answers map[string]func(url.Values) any // by method, in place of its own
	calls   []call
	changed chan struct{} // closed at each call
}

type call struct {
	method string
	args   url.Values // of a JSON body, the whole as "body"
}

const (
	teamID, appSecret = "T0TEAM", "8f742231b10e8888abcd99yyyzzz85a5"
	botUser, zwaanID  = "U0BOT", "C0ZWAAN"
	directID          = "D0ANNA"
	messageTS         = "1795424400.000100"
	trigger           = "1234.5678.trigger"
	botToken          = "xoxb-1-secret"
)

var monday = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

type obj = map[string]any

func newStub(t testing.TB) *stub {
	s := &stub{answers: make(map[string]func(url.Values) any), changed: make(chan struct{})}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c := call{method: path.Base(r.URL.Path)}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		c.args = url.Values{"body": {string(body)}}
	} else {
		c.args, _ = url.ParseQuery(string(body))
	}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	close(s.changed)
	s.changed = make(chan struct{})
	answer := s.answers[c.method]
	s.mu.Unlock()
	if answer == nil {
		answer = s.own(c.method)
	}
	v := answer(c.args)
	if status, ok := v.(int); ok {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func (s *stub) own(method string) func(url.Values) any {
	user := func(id, name, real, locale string) obj {
		return obj{"id": id, "team_id": teamID, "name": name, "real_name": real, "locale": locale, "profile": obj{"real_name": real, "display_name": name}}
	}
	return func(args url.Values) any {
		switch method {
		case "auth.test":
			return obj{"ok": true, "team_id": teamID, "team": "School", "user_id": botUser, "bot_id": "B0BOT", "url": "https://school.slack.com/"}
		case "users.info":
			switch args.Get("user") {
			case annaID:
				return obj{"ok": true, "user": user(annaID, "anna", "Anna de Vries", "nl-NL")}
			case bartID:
				return obj{"ok": true, "user": user(bartID, "bart", "Bart", "en-US")}
			case "U0CARLA":
				return obj{"ok": true, "user": user("U0CARLA", "carla", "Carla", "nl-NL")}
			case "U0STRANGE":
				u := user("U0STRANGE", "vreemd", "Vreemde", "nl-NL")
				u["team_id"], u["is_stranger"] = "T0OTHER", true
				return obj{"ok": true, "user": u}
			case botUser:
				u := user(botUser, "kansbot", "Kansbot", "nl-NL")
				u["is_bot"] = true
				return obj{"ok": true, "user": u}
			}
			return no("user_not_found")
		case "conversations.members":
			if args.Get("channel") != zwaanID {
				return no("channel_not_found")
			}
			return obj{"ok": true, "members": []string{annaID, bartID, botUser}}
		case "users.conversations":
			return obj{"ok": true, "channels": []obj{{"id": zwaanID, "is_channel": true, "is_member": true}}}
		case "conversations.open":
			return obj{"ok": true, "channel": obj{"id": directID}}
		case "views.open", "views.update":
			return obj{"ok": true, "view": obj{"id": "V0VIEW", "type": "modal"}}
		case "chat.postMessage":
			return obj{"ok": true, "channel": args.Get("channel"), "ts": messageTS}
		case "hook":
			return obj{"ok": true}
		}
		return no("unknown_method")
	}
}

func no(code string) obj { return obj{"ok": false, "error": code} }

// failing makes an answer of a method.
func failing(code string) func(url.Values) any { return func(url.Values) any { return no(code) } }

func (s *stub) answer(method string, f func(url.Values) any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[method] = f
}

// made are the calls of some methods so far.
func (s *stub) made(methods ...string) (all []call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if slices.Contains(methods, c.method) {
			all = append(all, c)
		}
	}
	return all
}

const patiently = 20 * time.Second // only a failing test waits for it

// called waits for the nth call of a method, from 1.
func (s *stub) called(t testing.TB, method string, n int) call {
	t.Helper()
	for late := time.After(patiently); ; {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if made := s.made(method); len(made) >= n {
			return made[n-1]
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("no %s, number %d", method, n)
		}
	}
}

// hall is an adapter on a stub that receives, the events that its core got and
// what the core answers. All that is logged ends up in log.
type hall struct {
	*Adapter
	slack *stub
	log   logged

	mu     sync.Mutex
	at     time.Time
	events []chat.Event
	reply  func(chat.Event) chat.Reply
	serial int
}

// logged is a log that is written to from anywhere.
type logged struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed at each line, when somebody waits for it
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
	return l.text.Write(p)
}

// until waits until the log has a text n times.
func (l *logged) until(t testing.TB, text string, n int) {
	t.Helper()
	for late := time.After(patiently); ; {
		l.mu.Lock()
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		changed, found := l.changed, strings.Count(l.text.String(), text)
		l.mu.Unlock()
		if found >= n {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("%q is not in the log %d times:\n%s", text, n, l)
		}
	}
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newHall(t testing.TB) *hall {
	h := &hall{slack: newStub(t), at: monday}
	settings := Settings{APIURL: h.slack.URL + "/api", Pace: Pace{Unlimited: true}, Apps: []App{
		{SigningSecrets: []string{"other-app-secret-0123456789"}, BotTokens: []string{"xoxb-2-secret"}},
		{SigningSecrets: []string{appSecret, "new-secret-0123456789"}, BotTokens: []string{botToken}},
	}}
	a, err := New(settings, h.clock, slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	a.patience, a.prompt = time.Millisecond, patiently
	for i, one := range a.apps {
		w := one.workspaces[0]
		me := self{team: []string{"T0ELSE", teamID}[i], user: botUser, bot: "B0BOT"}
		w.self.Store(&me)
		a.teams[me.team] = w
	}
	h.Adapter = a
	handle := chat.Handler(h.handled)
	a.handler.Store(&handle)
	return h
}

func (h *hall) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hall) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

func (h *hall) handled(_ context.Context, e chat.Event) chat.Reply {
	h.mu.Lock()
	h.events = append(h.events, e)
	reply := h.reply
	h.mu.Unlock()
	if reply != nil {
		return reply(e)
	}
	return chat.Reply{}
}

// got are the events so far.
func (h *hall) got() []chat.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.events)
}

// idle waits until nothing is being worked on.
func (h *hall) idle(t testing.TB) {
	t.Helper()
	late := time.After(patiently)
	for range cap(h.seats) {
		select {
		case h.seats <- struct{}{}:
		case <-late:
			t.Fatal("something is not done")
		}
	}
	for range cap(h.seats) {
		<-h.seats
	}
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// request sends one to the adapter, signed as Slack would.
func (h *hall) request(path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", formType)
	if path == "/slack/event" {
		r.Header.Set("Content-Type", jsonType)
	}
	sign(r, appSecret, h.clock(), body)
	for _, f := range change {
		f(r)
	}
	mux := http.NewServeMux()
	h.Routes(mux)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

// commandForm is what Slack sends of a command; one more each time, as its
// trigger is another.
func (h *hall) commandForm(changes ...string) string {
	h.mu.Lock()
	h.serial++
	n := strconv.Itoa(h.serial)
	h.mu.Unlock()
	form := url.Values{
		"token": {"x"}, "team_id": {teamID}, "team_domain": {"school"}, "channel_id": {zwaanID}, "channel_name": {"zwaan"},
		"user_id": {annaID}, "user_name": {"anna"}, "command": {"/Signaal"}, "text": {"K-014 leert &lt;3 &amp; <@" + bartID + "|bart.b>.\ngraag"},
		"api_app_id": {"A0APP"}, "is_enterprise_install": {"false"}, "trigger_id": {trigger + n},
		"response_url": {h.slack.URL + "/hook"},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return form.Encode()
}

func (h *hall) command(changes ...string) *httptest.ResponseRecorder {
	return h.request("/slack/command", h.commandForm(changes...))
}

// payload is what Slack sends of a press or a modal, with changes; null takes
// something away.
func (h *hall) payload(kind string, changes obj) string {
	h.mu.Lock()
	h.serial++
	n := strconv.Itoa(h.serial)
	h.mu.Unlock()
	p := obj{
		"type": kind, "team": obj{"id": teamID, "domain": "school"}, "api_app_id": "A0APP", "enterprise": nil, "is_enterprise_install": false,
		"user":       obj{"id": annaID, "username": "anna", "name": "anna", "team_id": teamID},
		"trigger_id": trigger + n, "token": "x",
	}
	for k, v := range changes {
		p[k] = v
	}
	data, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func (h *hall) interact(payload string) *httptest.ResponseRecorder {
	return h.request("/slack/interactive", url.Values{"payload": {payload}}.Encode())
}

// press is a press on a button in the channel.
func (h *hall) press(action, value string, changes obj) string {
	all := obj{
		"channel": obj{"id": zwaanID, "name": "zwaan"}, "message": obj{"type": "message", "ts": messageTS, "text": "x", "blocks": []obj{{"type": "of later"}}},
		"container": obj{"type": "message", "message_ts": messageTS, "channel_id": zwaanID}, "response_url": h.slack.URL + "/hook",
		"actions": []obj{{"action_id": action, "block_id": "b", "type": "button", "value": value, "text": obj{"type": "plain_text", "text": "x"}}},
	}
	for k, v := range changes {
		all[k] = v
	}
	return h.payload("block_actions", all)
}

// sentIn is a form of two fields that was sent in.
func (h *hall) sentIn(form string, values obj, changes obj) string {
	input := func(id string) obj {
		return obj{
			"type": "input", "block_id": id, "label": obj{"type": "plain_text", "text": id},
			"element": obj{"type": "plain_text_input", "action_id": inputAction},
		}
	}
	state := obj{}
	for name, v := range values {
		state[name] = obj{inputAction: obj{"type": "plain_text_input", "value": v}}
	}
	view := obj{
		"id": "V0FORM", "team_id": teamID, "type": "modal", "callback_id": callback, "private_metadata": form, "hash": "1.x",
		"title": obj{"type": "plain_text", "text": "Signaal"}, "submit": obj{"type": "plain_text", "text": "Bewaar"},
		"blocks": []obj{{"type": "section", "block_id": "intro", "text": obj{"type": "plain_text", "text": "x"}}, input("ziet"), input("nodig")},
		"state":  obj{"values": state},
	}
	for k, v := range changes {
		view[k] = v
	}
	return h.payload("view_submission", obj{"view": view, "response_urls": []any{}})
}

func (h *hall) event(inner obj, changes obj) *httptest.ResponseRecorder {
	h.mu.Lock()
	h.serial++
	n := strconv.Itoa(h.serial)
	h.mu.Unlock()
	e := obj{
		"type": "event_callback", "team_id": teamID, "api_app_id": "A0APP", "event_id": "Ev" + n, "event_time": 1, "event": inner,
		"authorizations": []obj{{"team_id": teamID, "user_id": botUser, "is_bot": true}},
	}
	for k, v := range changes {
		e[k] = v
	}
	data, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return h.request("/slack/event", string(data))
}

func says(text string) chat.Message { return notice(text) }

var aForm = &chat.Form{ID: "f1", Title: "Signaal", Submit: "Bewaar", Fields: []chat.Field{{Name: "ziet", Label: "Wat zie je?", Kind: chat.Lines}}}

// always makes a core that replies the same.
func (h *hall) always(r chat.Reply) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reply = func(chat.Event) chat.Reply { return r }
}

// slowly makes a core that replies when go on is called.
func (h *hall) slowly(r chat.Reply) (goOn func()) {
	h.prompt = time.Millisecond
	wait := make(chan struct{})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reply = func(chat.Event) chat.Reply { <-wait; return r }
	return func() { close(wait) }
}

// sign signs a request as Slack does.
func sign(r *http.Request, secret string, at time.Time, body string) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
}

func itoa(n int) string { return strconv.Itoa(n) }

// failingHook is how an address answers that has had its answers.
func failingHook(url.Values) any { return http.StatusNotFound }
