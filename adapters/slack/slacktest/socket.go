package slacktest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Slack's limits for Socket Mode.
const (
	maxConnections = 10
	maxAck         = 20 << 10 // as long as this, an ack is dropped without a word
)

// conn is one connection of an app.
type conn struct {
	app     *App
	ws      *websocket.Conn
	ended   chan struct{}
	writing sync.Mutex
	frozen  bool // half-open
}

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

func (s *Slack) serveSocket(w http.ResponseWriter, r *http.Request) {
	done := s.change()
	ticket := r.URL.Query().Get("ticket")
	a := s.tickets[ticket]
	delete(s.tickets, ticket)
	done()
	if a == nil {
		http.Error(w, "this ticket is no longer good", http.StatusForbidden)
		return
	}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	c := &conn{app: a, ws: ws, ended: make(chan struct{})}
	defer close(c.ended)
	if c.open() {
		go c.ping()
		c.read()
	}
}

// open greets the app, or tells it why not.
func (c *conn) open() bool {
	// Nothing else may be written before the greeting.
	c.writing.Lock()
	defer c.writing.Unlock()
	a, refused := c.app, ""
	done := a.slack.change()
	switch {
	case a.slack.life.Err() != nil:
		refused = "refresh_requested"
	case !a.socket:
		refused = "link_disabled"
	case len(a.conns) == maxConnections:
		refused = "too_many_websockets"
	default:
		a.conns = append(a.conns, c)
	}
	n := len(a.conns)
	done()
	if refused != "" {
		c.ws.WriteJSON(disconnect(refused))
		return false
	}
	return c.ws.WriteJSON(object{
		"type": "hello", "num_connections": n, "connection_info": object{"app_id": a.ID},
		"debug_info": object{"host": "applink-1", "build_number": 1, "approximate_connection_time": 18060},
	}) == nil
}

func disconnect(reason string) object {
	return object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "applink-1"}}
}

// read takes acks until the connection ends.
func (c *conn) read() {
	pong := c.ws.PingHandler()
	c.ws.SetPingHandler(func(data string) error {
		if c.silent() {
			return nil
		}
		return pong(data)
	})
	for {
		_, data, err := c.ws.ReadMessage()
		if err != nil {
			c.leave()
			return
		}
		var ack struct {
			Envelope string          `json:"envelope_id"`
			Payload  json.RawMessage `json:"payload"`
		}
		if len(data) >= maxAck || c.silent() || json.Unmarshal(data, &ack) != nil {
			continue
		}
		c.app.slack.mu.Lock()
		if acked := c.app.pending[ack.Envelope]; acked != nil {
			acked <- ack.Payload
			delete(c.app.pending, ack.Envelope)
		}
		c.app.slack.mu.Unlock()
	}
}

func (c *conn) ping() {
	tick := time.NewTicker(c.app.slack.options.PingEvery)
	defer tick.Stop()
	for {
		if !c.silent() {
			c.ws.WriteControl(websocket.PingMessage, []byte("Ping from applink-1"), time.Now().Add(time.Second))
		}
		select {
		case <-tick.C:
		case <-c.ended:
			return
		}
	}
}

func (c *conn) silent() bool {
	c.app.slack.mu.Lock()
	defer c.app.slack.mu.Unlock()
	return c.frozen
}

// leave takes the connection out of the app's, unless it is half-open: then
// Slack does not notice.
func (c *conn) leave() {
	defer c.app.slack.change()()
	if !c.frozen {
		c.app.conns = slices.DeleteFunc(c.app.conns, func(other *conn) bool { return other == c })
	}
}

func (c *conn) write(v any) error {
	if c.silent() {
		return nil
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	c.ws.SetWriteDeadline(time.Now().Add(c.app.slack.options.Ack)) // the app may have stopped reading
	return c.ws.WriteJSON(v)
}

// sendEnvelope gives a happening to any one of the connections, and waits for
// its ack.
func (a *App) sendEnvelope(ctx context.Context, h happening) (ack, error) {
	acked := make(chan []byte, 1)
	a.slack.mu.Lock()
	id := a.slack.secret()
	a.pending[id] = acked
	a.slack.mu.Unlock()
	defer func() {
		a.slack.mu.Lock()
		defer a.slack.mu.Unlock()
		delete(a.pending, id)
	}()
	envelope := object{"envelope_id": id, "type": h.kind, "payload": h.payload, "accepts_response_payload": h.accepts}
	if h.kind == "events_api" {
		envelope["retry_attempt"], envelope["retry_reason"] = h.retry, h.reason
	}
	for {
		c := a.next()
		if c == nil {
			return ack{failed: "timeout"}, ErrDispatch
		}
		if c.write(envelope) == nil {
			break
		}
		c.leave()
	}
	select {
	case answer := <-acked:
		return ack{answer: answer}, nil
	case <-ctx.Done():
		return ack{failed: "timeout"}, ErrTimeout
	}
}

// next is the connection whose turn it is.
func (a *App) next() *conn {
	a.slack.mu.Lock()
	defer a.slack.mu.Unlock()
	if len(a.conns) == 0 {
		return nil
	}
	a.turn++
	return a.conns[a.turn%len(a.conns)]
}

// Connections is how many there are, as Slack counts them: half-open ones too.
func (a *App) Connections() int {
	a.slack.mu.Lock()
	defer a.slack.mu.Unlock()
	return len(a.conns)
}

// Disconnect announces the end of all connections for a reason: "warning", and
// they go on until Drop or until the app closes them, or "refresh_requested"
// or "link_disabled", and they end at once.
func (a *App) Disconnect(reason string) {
	done := a.slack.change()
	conns := slices.Clone(a.conns)
	if reason != "warning" {
		a.conns = nil
	}
	done()
	for _, c := range conns {
		c.write(disconnect(reason))
		if reason != "warning" {
			c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
		}
	}
}

// Drop breaks all connections.
func (a *App) Drop() {
	done := a.slack.change()
	conns := a.conns
	a.conns = nil
	done()
	for _, c := range conns {
		c.ws.Close()
	}
}

// Freeze makes the connections of now half-open: they stay registered until
// Drop, even when the app closes them, but send nothing, not even a ping, and
// what is sent to them is lost.
func (a *App) Freeze() {
	defer a.slack.change()()
	for _, c := range a.conns {
		c.frozen = true
	}
}
