// Package slacktest is an imitation of Slack for tests: the Web API, Socket
// Mode, signed requests and response addresses on one side, people at a client
// on the other.
//
// It holds to what Slack documents and refuses what Slack refuses, by the same
// names. Where Slack tells nothing, it is strict. Everything is safe for
// concurrent use, and nothing needs a sleep: see Until and Idle.
package slacktest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options are what a test may want otherwise than Slack has it.
type Options struct {
	// Now is nil for time.Now. Limits, triggers, response addresses, timestamps
	// and signatures go by it.
	Now       func() time.Time
	NoLimits  bool          // every request passes, however many there are
	PageSize  int           // most entries in a page, whatever is asked for; 0 for Slack's 1000
	Ack       time.Duration // how long a person, or an event, waits for its ack; 0 for Slack's 3 s
	PingEvery time.Duration // between pings on a socket; 0 for 5 s
}

// Slack is the server, with all workspaces and apps.
type Slack struct {
	options Options
	server  *httptest.Server
	client  *http.Client    // to the apps
	life    context.Context // ends with the server
	end     context.CancelFunc
	work    sync.WaitGroup

	mu         sync.Mutex
	changed    chan struct{} // closed, and replaced, after each change
	made       int           // ids so far
	last       int64         // newest timestamp, in microseconds
	apps       []*App
	workspaces []*Workspace
	tokens     map[string]*grant
	tickets    map[string]*App // socket addresses that were not used yet
	triggers   map[string]*trigger
	responses  map[string]*response // by path
	waiting    int                  // events that were sent and not acked yet
	fault      func(Call) Fault
	calls      map[[2]string]int // requests by method and team
	limits     limits
}

// New starts the server.
func New(o Options) *Slack {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.PageSize == 0 {
		o.PageSize = 1000
	}
	if o.Ack == 0 {
		o.Ack = 3 * time.Second
	}
	if o.PingEvery == 0 {
		o.PingEvery = 5 * time.Second
	}
	s := &Slack{
		options: o, changed: make(chan struct{}),
		// Slack follows no redirects.
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		tokens: map[string]*grant{}, tickets: map[string]*App{}, triggers: map[string]*trigger{}, responses: map[string]*response{},
		calls: map[[2]string]int{}, limits: newLimits(),
	}
	s.life, s.end = context.WithCancel(context.Background())
	mux := http.NewServeMux()
	mux.HandleFunc("/api/", s.serveAPI)
	mux.HandleFunc("POST /actions/", s.serveResponse)
	mux.HandleFunc("POST /commands/", s.serveResponse)
	mux.HandleFunc("/link/", s.serveSocket)
	s.server = httptest.NewServer(mux)
	return s
}

// Close ends all that the server has under way.
func (s *Slack) Close() {
	done := s.change()
	s.end()
	var open []*conn
	for _, a := range s.apps {
		open = append(open, a.conns...)
		a.conns = nil
	}
	done()
	for _, c := range open {
		c.ws.Close()
	}
	s.server.CloseClientConnections()
	s.server.Close()
	s.work.Wait()
	s.client.CloseIdleConnections()
}

// APIURL is the address of the Web API, with the slash at its end that client
// libraries want.
func (s *Slack) APIURL() string { return s.server.URL + "/api/" }

// Until waits until met, which is asked now and after each change. It may call
// anything here.
func (s *Slack) Until(ctx context.Context, met func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if met() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Idle waits until no event waits for an app's ack. Those that found no
// connection wait until there is one.
func (s *Slack) Idle(ctx context.Context) error {
	return s.Until(ctx, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.waiting == 0
	})
}

// change takes the lock; done gives it back and tells those who wait.
func (s *Slack) change() (done func()) {
	s.mu.Lock()
	return func() {
		close(s.changed)
		s.changed = make(chan struct{})
		s.mu.Unlock()
	}
}

// What follows wants the lock held.

// id makes an id as Slack does: U0000000A1.
func (s *Slack) id(prefix string) string {
	s.made++
	return fmt.Sprintf("%s%09s", prefix, strings.ToUpper(strconv.FormatInt(int64(s.made), 36)))
}

// secret makes something that nobody guesses from an id.
func (s *Slack) secret() string {
	s.made++
	sum := sha256.Sum256([]byte(fmt.Sprint("slacktest ", s.made)))
	return hex.EncodeToString(sum[:16])
}

// timestamp is now as Slack writes it, later than every one before.
func (s *Slack) timestamp() string {
	s.last = max(s.options.Now().UnixMicro(), s.last+1)
	return fmt.Sprintf("%d.%06d", s.last/1e6, s.last%1e6)
}

// object is a JSON object.
type object = map[string]any
