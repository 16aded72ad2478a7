package slack

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack/socketmode"

	"kansbot/internal/chat"
)

// What came in before the end is acknowledged and answered; what comes after is
// left, for Slack to tell.
func TestStop(t *testing.T) {
	h, conns := listening(t)
	busy, goOn := make(chan bool), make(chan bool)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- h.Receive(ctx, func(_ context.Context, e chat.Event) chat.Reply {
			if _, typed := e.Act.(chat.Typed); typed {
				busy <- true
				<-goOn
			}
			return chat.Reply{Form: aForm, Body: says("Bewaard.")}
		})
	}()
	c := await(t, conns)
	send := func(id string) {
		t.Helper()
		form, _ := url.ParseQuery(h.commandForm())
		payload := map[string]string{}
		for name, values := range form {
			payload[name] = values[0]
		}
		delete(payload, "is_enterprise_install") // of another type in JSON
		if err := c.WriteJSON(obj{"envelope_id": id, "type": "slash_commands", "payload": payload, "accepts_response_payload": true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.WriteJSON(obj{"type": "hello", "num_connections": 1}); err != nil {
		t.Fatal(err)
	}
	send("e1")
	await(t, busy)
	stop()
	send("e2")
	close(goOn)
	if err := await(t, ended); err != nil {
		t.Fatal(err)
	}
	var acks []string
	for {
		var ack struct {
			Envelope string `json:"envelope_id"`
			Payload  json.RawMessage
		}
		c.SetReadDeadline(time.Now().Add(patiently))
		if c.ReadJSON(&ack) != nil {
			break
		}
		acks = append(acks, ack.Envelope)
		if !strings.Contains(string(ack.Payload), "Bewaard.") {
			t.Errorf("acknowledged with %s", ack.Payload)
		}
	}
	if !slices.Equal(acks, []string{"e1"}) {
		t.Errorf("acknowledged %v; log:\n%s", acks, &h.log)
	}
	if n := len(h.slack.made("views.open")); n != 1 {
		t.Errorf("%d forms opened", n)
	}
}

// Stopping does not wait for ever.
func TestStopBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := hanging(t)
		handle := chat.Handler(func(context.Context, chat.Event) chat.Reply { return chat.Reply{} })
		a.handler.Store(&handle)
		release := make(chan bool)
		go a.handle(func() answer { <-release; return answer{} })
		synctest.Wait()
		began := time.Now()
		a.finish()
		if took := time.Since(began); took != stopTime || len(a.seats) != 1 {
			t.Errorf("stopped after %v, with %d at work", took, len(a.seats))
		}
		close(release)
		began = time.Now()
		if a.finish(); time.Since(began) != 0 || len(a.seats) != 0 {
			t.Errorf("%d at work", len(a.seats))
		}
	})
}

// Over HTTP nothing tells how long we were away, so everything is looked up
// daily.
func TestLookAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := hanging(t)
		ctx, stop := context.WithCancel(t.Context())
		go lookAnew(ctx, a.apps[0])
		for range 3 {
			time.Sleep(anew + time.Second)
			if got, ok := a.apps[0].workspaces[0].news.line.Take(); !ok || got.kind != allRosters {
				t.Errorf("task %+v", got)
			}
		}
		stop()
	})
}

// How many others there are is what Slack said last, and news was missed when
// the first connection came late too.
func TestSockets(t *testing.T) {
	a, b := &socketmode.Client{}, &socketmode.Client{}
	s := sockets{since: monday}
	foreign := func() int {
		var h Health
		s.health(&h)
		return h.Foreign
	}
	at := monday.Add(realGap)
	if s.opened(a, 1, at) {
		t.Error("a gap at the start")
	}
	if s.opened(b, 3, at); foreign() != 1 {
		t.Errorf("%d others", foreign())
	}
	s.closed(a, at)
	if s.opened(a, 2, at); foreign() != 1 {
		t.Errorf("%d others, when two open at once", foreign())
	}
	at = at.Add(atOnce)
	s.closed(a, at)
	if s.opened(a, 2, at); foreign() != 0 {
		t.Errorf("%d others, when they are gone", foreign())
	}
	s.closed(a, at)
	if s.closed(b, at); !s.opened(a, 1, at.Add(realGap+1)) {
		t.Error("no gap after none were left")
	}
	late := sockets{since: monday}
	if !late.opened(a, 1, monday.Add(realGap+1)) {
		t.Error("no gap before the first")
	}
}
