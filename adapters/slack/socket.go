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

// What stopping may take: finishing what came in after its acknowledgement, and
// a moment in which the client library writes the last one. It does not tell
// when it has.
const (
	stopTime  = 20 * time.Second
	writeTime = 100 * time.Millisecond
)

// anew is how often everything is looked up where nothing tells of missed news:
// over HTTP we cannot know that we were away for long.
const anew = 24 * time.Hour

// Receive implements chat.Platform. It keeps trying when Slack is away or a
// token revoked, which a person can mend; Health and Check say so meanwhile.
//
// When ctx ends it takes in nothing more, acknowledges what came in and answers
// it. It returns within 25 seconds: whatever is not done by then stays undone.
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
			running.Go(func() { lookAnew(ctx, one) })
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
	a.finish()
	return nil
}

// finish waits until what came in is done, up to stopTime.
func (a *Adapter) finish() {
	patience := time.NewTimer(stopTime)
	defer patience.Stop()
	taken := 0
	defer func() {
		for range taken {
			<-a.seats
		}
	}()
	for taken < cap(a.seats) {
		select {
		case a.seats <- struct{}{}:
			taken++
		case <-patience.C:
			a.log.Warn("stopped before everything was answered", "left", cap(a.seats)-taken)
			return
		}
	}
}

// lookAnew has the rosters of an app looked up every day.
func lookAnew(ctx context.Context, one *app) {
	for sleep(ctx, anew) == nil {
		one.lookUp()
	}
}

// lookUp has all rosters looked up.
func (one *app) lookUp() {
	for _, w := range one.workspaces {
		w.news.add(task{kind: allRosters})
	}
}

// listen keeps one connection of an app.
func (a *Adapter) listen(ctx context.Context, one *app) {
	door := &door{Adapter: a}
	api := slack.New("", slack.OptionAppLevelToken(one.Token), slack.OptionAPIURL(a.apiURL), slack.OptionHTTPClient(door))
	s := &socket{Adapter: a, app: one, client: socketmode.New(api, socketmode.OptionReadLimit(maxEnvelope),
		socketmode.OptionLog(log.New(io.Discard, "", 0)))} // it would log content
	for ctx.Err() == nil {
		err := s.connect(ctx)
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
	d.wait, d.closed, d.last = d.longer(d.wait), 0, d.now()
	return d.client.Do(r)
}

// socket is where one connection after another comes in. The client goes with
// them, and so do the acknowledgements that had yet to be sent.
type socket struct {
	*Adapter
	app    *app
	client *socketmode.Client
	inHand sync.WaitGroup // envelopes that are not acknowledged yet
}

// connect connects, and again when Slack renews the connection or it breaks. It
// says why it could not: the client library would wait up to five minutes then.
// The connection outlives ctx by as long as the envelopes in hand need it.
func (s *socket) connect(ctx context.Context) (err error) {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.client.RunContext(lasting) }()
	closed := func() {
		if s.app.sockets.closed(s.client, s.now()) {
			s.log.Info("connection closed")
		}
	}
	stopping := ctx.Done()
	for {
		select {
		case <-stopping:
			stopping = nil
			go func() {
				s.acknowledged()
				cancel()
			}()
		case e := <-s.client.Events:
			switch e.Type {
			case socketmode.EventTypeHello:
				s.connected(s.app, s.client, e.Request.NumConnections)
			case socketmode.EventTypeConnecting:
				closed()
			case socketmode.EventTypeConnectionError:
				err = unconnected(e.Data.(*slack.ConnectionErrorEvent).ErrorObj)
				cancel()
			default:
				if ctx.Err() == nil {
					s.dispatch(e)
				}
			}
		case why := <-ended:
			closed()
			if err == nil {
				err = unconnected(why)
			}
			s.app.sockets.failed(err)
			return err
		}
	}
}

// acknowledged waits until the envelopes in hand are, as long as Slack does.
func (s *socket) acknowledged() {
	done := make(chan struct{})
	go func() {
		s.inHand.Wait()
		close(done)
	}()
	patience := time.NewTimer(ackTime)
	defer patience.Stop()
	select {
	case <-done:
		time.Sleep(writeTime)
	case <-patience.C:
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
		one.lookUp()
	}
	a.log.Info("connected", "connections", all)
	if foreign := all - perApp; foreign > 0 {
		a.log.Error("others are connected with this app token: they get part of what people do", "connections", foreign)
	}
}

// dispatch has an envelope handled. An event that the client library does not
// know is one that it cannot read.
func (s *socket) dispatch(e socketmode.Event) {
	switch e.Type {
	case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
		s.take(e.Request)
	case socketmode.EventTypeErrorBadMessage:
		var r socketmode.Request
		if json.Unmarshal(e.Data.(*socketmode.ErrorBadMessage).Message, &r) == nil && r.EnvelopeID != "" {
			s.take(&r)
		}
	case socketmode.EventTypeErrorWriteFailed:
		s.log.Warn("acknowledgement not sent", "err", said(e.Data.(*socketmode.ErrorWriteFailed).Cause))
	}
}

// take has an envelope acknowledged, and then what is left to do done.
func (s *socket) take(r *socketmode.Request) {
	s.inHand.Add(1)
	go func() {
		then := s.envelope(r)
		s.inHand.Done()
		if then != nil {
			then()
		}
	}()
}

// envelope handles what came in, and acknowledges it. What we cannot take now
// is left: Slack tells the asker, and sends an event again.
func (s *socket) envelope(r *socketmode.Request) (then func()) {
	one := s.app
	got := s.handle(func() answer {
		switch r.Type {
		case socketmode.RequestTypeSlashCommands:
			var c slack.SlashCommand
			if json.Unmarshal(r.Payload, &c) != nil {
				return answer{refused: http.StatusBadRequest}
			}
			return s.command(one, c)
		case socketmode.RequestTypeInteractive:
			return s.interaction(one, r.Payload)
		case socketmode.RequestTypeEventsAPI:
			return s.event(one, r.Payload)
		}
		return answer{}
	})
	if got.refused != 0 {
		s.log.Debug("envelope refused", "status", got.refused)
	}
	if got.refused != http.StatusServiceUnavailable {
		ctx, cancel := context.WithTimeout(context.Background(), ackTime)
		defer cancel()
		if err := s.client.AckCtx(ctx, r.EnvelopeID, got.payload); err != nil {
			s.log.Warn("not acknowledged", "err", err)
		}
	}
	return got.then
}

// sockets are the Socket Mode connections of one app.
type sockets struct {
	mu    sync.Mutex
	open  map[*socketmode.Client]bool
	all   int       // how many there were when the last one opened, others' included
	told  time.Time // when Slack said so
	since time.Time // when there came to be some, or none
	why   string    // there are none
}

// atOnce is within what time it does not show which of two connections was the
// last to open.
const atOnce = 5 * time.Second

// opened says whether there was no connection for so long that news was missed.
func (s *sockets) opened(client *socketmode.Client, all int, now time.Time) (gap bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) == 0 {
		gap = now.Sub(s.since) > realGap
		s.open, s.since = make(map[*socketmode.Client]bool), now
	}
	s.open[client] = true
	if now.Sub(s.told) < atOnce {
		all = max(all, s.all)
	}
	s.all, s.told, s.why = all, now, ""
	return gap
}

// closed says whether it was open.
func (s *sockets) closed(client *socketmode.Client, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open[client] {
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
	// as Slack told last. They get part of what people do.
	Foreign int
	// Refused is when a request for the app came with a wrong signature, the
	// last since a right one; zero for never. With several apps it may have been
	// for another. The signing secret may be wrong, or it was not Slack.
	Refused time.Time
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
			if at := one.refused.Load(); at != nil {
				h.Refused = *at
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
	if open {
		h.Foreign = max(0, s.all-perApp)
	}
}
