package slacktest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
)

// dial opens a connection by hand, and reads its first message.
func (w *world) dial() (*websocket.Conn, object) {
	w.t.Helper()
	_, address, err := w.api.StartSocketModeContext(w.ctx)
	w.must(err)
	c, _, err := websocket.DefaultDialer.DialContext(w.ctx, address, nil)
	w.must(err)
	w.t.Cleanup(func() { c.Close() })
	if _, _, err := websocket.DefaultDialer.DialContext(w.ctx, address, nil); err == nil {
		w.t.Error("a ticket is good twice")
	}
	return c, read(w.t, c)
}

func read(t *testing.T, c *websocket.Conn) (message object) {
	t.Helper()
	if err := c.ReadJSON(&message); err != nil {
		t.Fatal(err)
	}
	return message
}

func TestConnections(t *testing.T) {
	w := newWorld(t, Options{})
	for n := 1; n <= maxConnections; n++ {
		if _, hello := w.dial(); hello["type"] != "hello" || hello["num_connections"] != float64(n) || hello["connection_info"].(object)["app_id"] != w.app.ID {
			t.Fatalf("connection %d begins with %v", n, hello)
		}
	}
	if _, refused := w.dial(); refused["reason"] != "too_many_websockets" {
		t.Errorf("one too many gets %v", refused)
	}
	w.app.Drop()
	if n := w.app.Connections(); n != 0 {
		t.Errorf("%d connections left", n)
	}
	for _, reason := range []string{"refresh_requested", "warning", "link_disabled"} {
		c, _ := w.dial()
		w.app.Disconnect(reason)
		if got := read(t, c); got["type"] != "disconnect" || got["reason"] != reason {
			t.Errorf("it ends with %v", got)
		}
		if n := w.app.Connections(); (n > 0) != (reason == "warning") {
			t.Errorf("after %s there are %d", reason, n)
		}
	}
}

// An envelope goes to one connection; without an ack the person waits in vain,
// while an event comes again.
func TestAcks(t *testing.T) {
	w := newWorld(t, Options{Ack: 40 * time.Millisecond})
	c, _ := w.dial()
	typed := make(chan error)
	go func() {
		_, err := w.anna.Type(w.ctx, w.zwaan, "/signaal")
		typed <- err
	}()
	e := read(t, c)
	if e["type"] != "slash_commands" || e["accepts_response_payload"] != true || e["retry_attempt"] != nil {
		t.Errorf("the envelope is %v", e)
	}
	c.WriteJSON(object{"envelope_id": e["envelope_id"], "payload": object{"text": strings.Repeat("x", maxAck)}})
	if err := <-typed; err != ErrTimeout {
		t.Errorf("a long ack: %v", err)
	}
	_, err := w.anna.Write(w.anna.DM(w.bot), "hallo", "")
	w.must(err)
	first, again := read(t, c), read(t, c)
	one, other := first["payload"].(object), again["payload"].(object)
	if one["event_id"] != other["event_id"] || first["retry_attempt"] != 0. || again["retry_attempt"] != 1. || again["retry_reason"] != "timeout" {
		t.Errorf("first %v, then %v", first, again)
	}
	c.WriteJSON(object{"envelope_id": again["envelope_id"]})
	w.must(w.Idle(w.ctx))

	// Without a connection an event waits for one, a command does not.
	w.app.Drop()
	if _, err := w.anna.Type(w.ctx, w.zwaan, "/signaal"); err != ErrDispatch {
		t.Errorf("nobody listens: %v", err)
	}
	_, err = w.anna.Write(w.anna.DM(w.bot), "hallo?", "")
	w.must(err)
	c, _ = w.dial()
	e = read(t, c)
	c.WriteJSON(object{"envelope_id": e["envelope_id"]})
	w.must(w.Idle(w.ctx))

	// A half-open connection swallows what it gets.
	w.app.Freeze()
	if _, err := w.anna.Type(w.ctx, w.zwaan, "/signaal"); err != ErrTimeout {
		t.Errorf("swallowed: %v", err)
	}
	c.Close()
	if _, hello := w.dial(); hello["num_connections"] != 2. {
		t.Errorf("beside a half-open one: %v", hello)
	}
}

// The client library comes back after a disconnect, and drops a connection on
// which no ping comes.
func TestClientComesBack(t *testing.T) {
	w := newWorld(t, Options{PingEvery: time.Millisecond})
	var mu sync.Mutex
	var texts []string
	w.listen(func(h heard) any {
		mu.Lock()
		defer mu.Unlock()
		texts = append(texts, h.slash.Text)
		return nil
	})
	for i, end := range []func(){func() {}, func() { w.app.Disconnect("refresh_requested") }, w.app.Drop} {
		end()
		w.until("the client is back", func() bool { return w.app.Connections() > 0 })
		_, err := w.anna.Type(w.ctx, w.zwaan, fmt.Sprint("/signaal ", i))
		w.must(err)
	}
	if !slices.Equal(texts, []string{"0", "1", "2"}) {
		t.Errorf("heard %v", texts)
	}
}

func TestEventsOverHTTP(t *testing.T) {
	w := newWorld(t, Options{})
	var mu sync.Mutex
	var retries []string
	final := false
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		var body struct{ Challenge string }
		json.NewDecoder(r.Body).Decode(&body)
		if body.Challenge != "" {
			json.NewEncoder(rw).Encode(map[string]string{"challenge": body.Challenge})
			return
		}
		mu.Lock()
		defer mu.Unlock()
		retries = append(retries, r.Header.Get("X-Slack-Retry-Num")+r.Header.Get("X-Slack-Retry-Reason"))
		if final {
			rw.Header().Set("X-Slack-No-Retry", "1")
		}
		rw.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	if err := w.app.UseHTTP(w.ctx, server.URL+"/nowhere\x7f"); err == nil {
		t.Error("an address passes that is none")
	}
	w.must(w.app.UseHTTP(w.ctx, server.URL))
	w.zwaan.Remove(w.bram)
	w.must(w.Idle(w.ctx))
	if want := []string{"", "1http_error", "2http_error", "3http_error"}; !slices.Equal(retries, want) {
		t.Errorf("sent %q, want %q", retries, want)
	}
	mu.Lock()
	final, retries = true, nil
	mu.Unlock()
	w.zwaan.Archive()
	w.must(w.Idle(w.ctx))
	if len(retries) != 1 {
		t.Errorf("sent %q, though it wanted no retry", retries)
	}
	if _, err := w.anna.Type(context.Background(), w.team.Channel("c", false, w.anna), "/signaal"); err != ErrDispatch {
		t.Errorf("refused: %v", err)
	}
}

func TestSigned(t *testing.T) {
	w := newWorld(t, Options{})
	w.serve(func(heard) any { return errors.New("not now") })
	r, err := w.anna.CommandRequest(w.zwaan, "/signaal K-014 iets")
	w.must(err)
	verify := func(secret string) error {
		v, err := slack.NewSecretsVerifier(r.Header, secret)
		if err != nil {
			return err
		}
		body, _ := r.GetBody()
		var b bytes.Buffer
		b.ReadFrom(body)
		v.Write(b.Bytes())
		return v.Ensure()
	}
	w.must(verify(w.app.Secret()))
	before := w.app.Secret()
	w.app.RotateSecret()
	if verify(w.app.Secret()) == nil || verify(before) != nil || r.URL.Path != "/slack/command" {
		t.Error("the new secret signed an old request")
	}
}

// Who hears what of a channel.
func TestChannelEvents(t *testing.T) {
	w := newWorld(t, Options{})
	var mu sync.Mutex
	var events []string
	w.listen(func(h heard) any {
		var e struct{ Event map[string]any }
		json.Unmarshal(h.raw, &e)
		mu.Lock()
		defer mu.Unlock()
		events = append(events, fmt.Sprint(e.Event["type"], " ", e.Event["user"], " ", e.Event["inviter"]))
		return nil
	})
	told := func(do func(), want ...string) {
		t.Helper()
		do()
		w.must(w.Idle(w.ctx))
		slices.Sort(events)
		if !slices.Equal(events, want) {
			t.Errorf("told %q, want %q", events, want)
		}
		events = nil
	}
	hugo, open := w.team.User("hugo", "Hugo", "nl"), w.team.Channel("open", false, w.anna)
	told(func() { w.zwaan.Invite(w.anna, hugo, hugo) }, "member_joined_channel "+hugo.ID+" "+w.anna.ID)
	told(func() { w.zwaan.Remove(hugo) }, "member_left_channel "+hugo.ID+" <nil>")
	told(func() { open.Invite(nil, hugo) })
	told(func() { open.Invite(w.anna, w.bot) }, "member_joined_channel "+w.bot.UserID+" "+w.anna.ID)
	told(func() { open.Remove(w.bot) }, "channel_left <nil> <nil>")
	told(func() { w.zwaan.Archive() }, "group_archive <nil> <nil>")
	told(func() { w.zwaan.Remove(w.bot) }, "group_left <nil> <nil>")
	told(func() { w.api.PostMessage(w.anna.ID, slack.MsgOptionText("x", false)) }, "message "+w.bot.UserID+" <nil>")
}
