package slacktest

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
)

// What people see when the app does not do its part.
var (
	ErrTimeout  = errors.New("operation_timeout") // no ack in time
	ErrDispatch = errors.New("dispatch_failed")   // the app could not be reached, or answered with an error
	ErrTrouble  = errors.New("we had some trouble connecting, try again")
)

// happening is something that an app gets to know, by either transport.
type happening struct {
	kind    string // of its envelope
	path    string // of its request
	payload object
	accepts bool   // the ack may carry an answer
	retry   int    // how many times it was sent before
	reason  string // why it is sent again
}

func command(fields object) happening {
	return happening{kind: "slash_commands", path: "/slack/command", payload: fields, accepts: true}
}

func interaction(payload object) happening {
	return happening{kind: "interactive", path: "/slack/interactive", payload: payload, accepts: payload["type"] == "view_submission"}
}

// body is the request of a happening.
func (h happening) body() (contentType string, body []byte) {
	const form = "application/x-www-form-urlencoded"
	switch h.kind {
	case "events_api":
		return "application/json", encode(h.payload)
	case "interactive":
		return form, []byte(url.Values{"payload": {string(encode(h.payload))}}.Encode())
	}
	fields := url.Values{}
	for name, value := range h.payload {
		fields.Set(name, value.(string))
	}
	return form, []byte(fields.Encode())
}

// ack is what came back for a happening.
type ack struct {
	answer []byte
	failed string // a retry_reason
	final  bool   // no retry is wanted
}

// send brings a happening to the app, once.
func (a *App) send(ctx context.Context, h happening) (ack, error) {
	a.slack.mu.Lock()
	send := a.sendRequest
	if a.socket {
		send = a.sendEnvelope
	}
	a.slack.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, a.slack.options.Ack)
	defer cancel()
	got, err := send(ctx, h)
	if !h.accepts {
		got.answer = nil
	}
	return got, err
}

// retries of an event that was not acked. Slack makes the second after a
// minute and the third after five more; here they come as soon as the app can
// be reached.
const retries = 3

// deliver brings an event to the app.
func (a *App) deliver(event object) {
	s := a.slack
	defer s.work.Done()
	h := happening{kind: "events_api", path: "/slack/event", payload: event}
	for {
		s.Until(s.life, a.reachable)
		got, err := a.send(s.life, h)
		if err == nil || got.final || h.retry == retries || s.life.Err() != nil {
			break
		}
		h.retry++
		h.reason = got.failed
	}
	defer s.change()()
	s.waiting--
}

func (a *App) reachable() bool {
	a.slack.mu.Lock()
	defer a.slack.mu.Unlock()
	return !a.socket || len(a.conns) > 0
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // it is all ours
	}
	return data
}
