package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"kansbot/internal/chat"
)

// perApp is how many connections an app has: while Slack renews one, which it
// does every few hours, the other goes on. Slack allows ten.
const perApp = 2

// realGap is how long an app can have been without connections before what
// happened meanwhile has to be looked up. In a shorter time Slack sends events
// again.
const realGap = time.Minute

// ackTime is how long Slack waits for an acknowledgement.
const ackTime = 3 * time.Second

// Receive implements chat.Platform. It keeps trying when Slack is away or a
// token revoked, which a person can mend; Health and Check say so meanwhile.
//
// The Channel of a Submitted is empty. When the bot was added to a channel, or
// somebody came or left, while there was no connection for longer than Slack
// repeats events, no Arrived comes; the Roster does.
func (a *Adapter) Receive(ctx context.Context, handle chat.Handler) error {
	a.handler.Store(&handle)
	defer a.handler.Store(nil)
	var running sync.WaitGroup
	for _, one := range a.apps {
		for _, w := range one.workspaces {
			running.Go(func() { a.work(ctx, w) })
		}
		if one.Token == "" {
			continue
		}
		for i := range perApp {
			running.Go(func() {
				sleep(ctx, time.Duration(i)*10*a.patience) // so that Slack renews them apart
				a.listen(ctx, one)
			})
		}
	}
	running.Wait()
	for range cap(a.seats) { // what came in is finished
		a.seats <- struct{}{}
	}
	for range cap(a.seats) {
		<-a.seats
	}
	return nil
}

// listen keeps one connection of an app.
func (a *Adapter) listen(ctx context.Context, one *app) {
	door := &door{Adapter: a}
	api := slack.New("", slack.OptionAppLevelToken(one.Token), slack.OptionAPIURL(a.apiURL), slack.OptionHTTPClient(door))
	// The client goes from connection to connection, and with it the
	// acknowledgements that had yet to be sent.
	client := socketmode.New(api, socketmode.OptionReadLimit(maxEnvelope),
		socketmode.OptionLog(log.New(io.Discard, "", 0))) // it would log content
	for ctx.Err() == nil {
		err := a.connect(ctx, one, client)
		if ctx.Err() != nil {
			break
		}
		level := slog.LevelWarn
		if meanings[codeOf(err)] == mendable { // the app token does not work
			level = slog.LevelError
		}
		a.log.Log(ctx, level, "no connection", "err", err)
		door.closed = failure(err).After
	}
}

// maxEnvelope is for what Slack sends at once: a view of 250 kB, and more.
const maxEnvelope = 1 << 20

// door is where one client asks for its next connection: at once when the last
// one lasted, and otherwise with more and more patience, up to a minute.
type door struct {
	*Adapter
	wait   time.Duration
	last   time.Time     // when it was asked
	closed time.Duration // at least, from then on
}

// Do makes a request of the client library's.
func (d *door) Do(r *http.Request) (*http.Response, error) {
	if d.now().Sub(d.last) > time.Minute {
		d.wait = 0
	}
	if err := sleep(r.Context(), max(d.wait/2+rand.N(d.wait+1), d.closed)); err != nil {
		return nil, err
	}
	d.wait, d.closed, d.last = min(max(2*d.wait, d.patience), time.Minute), 0, d.now()
	return d.client.Do(r)
}

// connect connects, and again when Slack renews the connection or it breaks. It
// says why it could not: the client library would wait up to five minutes then.
func (a *Adapter) connect(ctx context.Context, one *app, client *socketmode.Client) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- client.RunContext(ctx) }()
	closed := func() {
		if one.sockets.closed(client, a.now()) {
			a.log.Info("connection closed")
		}
	}
	for {
		select {
		case e := <-client.Events:
			switch e.Type {
			case socketmode.EventTypeHello:
				a.connected(one, client, e.Request.NumConnections)
			case socketmode.EventTypeConnecting:
				closed()
			case socketmode.EventTypeConnectionError:
				err = unconnected(e.Data.(*slack.ConnectionErrorEvent).ErrorObj)
				cancel()
			default:
				a.dispatch(one, client, e)
			}
		case why := <-ended:
			closed()
			if err == nil {
				err = unconnected(why)
			}
			one.sockets.failed(err)
			return err
		}
	}
}

// unconnected is why there is no connection: an answer of Slack's, or none.
func unconnected(err error) error {
	if f := (*fault)(nil); errors.As(checked(err), &f) && (f.code != "" || f.status != http.StatusOK) {
		return f
	}
	if errors.Is(err, websocket.ErrBadHandshake) {
		return errors.New("slack: something on the way does not let WebSockets through")
	}
	return &fault{cause: err}
}

// connected counts a connection. Slack says how many there are.
func (a *Adapter) connected(one *app, client *socketmode.Client, all int) {
	if gap := one.sockets.opened(client, all, a.now()); gap {
		for _, w := range one.workspaces {
			w.news.add(task{kind: allRosters})
		}
	}
	a.log.Info("connected", "connections", all)
	if foreign := all - perApp; foreign > 0 {
		a.log.Error("others are connected with this app token: they get part of what people do", "connections", foreign)
	}
}

// dispatch has an envelope handled. An event that the client library does not
// know is one that it cannot read.
func (a *Adapter) dispatch(one *app, client *socketmode.Client, e socketmode.Event) {
	switch e.Type {
	case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
		go a.envelope(one, client, e.Request)
	case socketmode.EventTypeErrorBadMessage:
		var r socketmode.Request
		if json.Unmarshal(e.Data.(*socketmode.ErrorBadMessage).Message, &r) == nil && r.EnvelopeID != "" {
			go a.envelope(one, client, &r)
		}
	case socketmode.EventTypeErrorWriteFailed:
		a.log.Warn("acknowledgement not sent", "err", said(e.Data.(*socketmode.ErrorWriteFailed).Cause))
	}
}

// envelope handles what came in, and acknowledges it. What we cannot take now
// is left: Slack tells the asker, and sends an event again.
func (a *Adapter) envelope(one *app, client *socketmode.Client, r *socketmode.Request) {
	got := a.handle(func() answer {
		switch r.Type {
		case socketmode.RequestTypeSlashCommands:
			var c slack.SlashCommand
			if json.Unmarshal(r.Payload, &c) != nil {
				return answer{refused: http.StatusBadRequest}
			}
			return a.command(one, c)
		case socketmode.RequestTypeInteractive:
			return a.interaction(one, r.Payload)
		case socketmode.RequestTypeEventsAPI:
			return a.event(one, r.Payload)
		}
		return answer{}
	})
	if got.refused != 0 {
		a.log.Debug("envelope refused", "status", got.refused)
	}
	if got.refused != http.StatusServiceUnavailable {
		ctx, cancel := context.WithTimeout(context.Background(), ackTime)
		if err := client.AckCtx(ctx, r.EnvelopeID, got.payload); err != nil {
			a.log.Warn("not acknowledged", "err", err)
		}
		cancel()
	}
	if got.then != nil {
		got.then()
	}
}

// sockets are the Socket Mode connections of one app.
type sockets struct {
	mu     sync.Mutex
	open   map[*socketmode.Client]int // how many there were when it opened, others' included
	since  time.Time                  // when there came to be some, or none
	before bool                       // there were some
	why    string                     // there are none
}

// opened says whether there was no connection for so long that news was missed.
func (s *sockets) opened(client *socketmode.Client, all int, now time.Time) (gap bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) == 0 {
		gap = s.before && now.Sub(s.since) > realGap
		s.open, s.since = make(map[*socketmode.Client]int), now
	}
	s.open[client] = all
	s.before, s.why = true, ""
	return gap
}

// closed says whether it was open.
func (s *sockets) closed(client *socketmode.Client, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.open[client]; !open {
		return false
	}
	if delete(s.open, client); len(s.open) == 0 {
		s.since = now
	}
	return true
}

func (s *sockets) failed(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.why = why.Error()
}

// Health is how it goes with one workspace, the connections of its app
// included. It is fit for a log.
type Health struct {
	Team, Name string // Slack's id and name of it; empty while unknown
	Connected  bool
	Since      time.Time // when that became so
	Err        string    // why it is not
	// Foreign is how many connections others have with the app's token, as far
	// as Slack told. They get part of what people do.
	Foreign int
	Lost    []string // channels that the bot was removed from, or that were archived, since the start
}

// Health says how it goes with each workspace. Without Socket Mode it counts as
// connected once its token has worked.
func (a *Adapter) Health() []Health {
	var all []Health
	for _, one := range a.apps {
		for _, w := range one.workspaces {
			h := w.news.health()
			if me := w.self.Load(); me != nil {
				h.Team, h.Name = me.team, me.teamName
			}
			if one.Token != "" {
				one.sockets.health(&h)
			}
			all = append(all, h)
		}
	}
	return all
}

func (s *sockets) health(h *Health) {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := len(s.open) > 0
	if h.Connected && !open || h.Connected == open && s.since.After(h.Since) {
		h.Since = s.since
	}
	if !open {
		h.Connected = false
		h.Err = cmp.Or(h.Err, s.why)
	}
	for _, all := range s.open {
		h.Foreign = max(h.Foreign, all-perApp)
	}
}
