package outbox

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kansbot/adapters/bolt"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
)

// imitation is a platform that does what its script says, and else what it is
// asked.
type imitation struct {
	name  string
	takes atomic.Int64 // nanoseconds per delivery

	mu         sync.Mutex
	script     map[string][]act // by post key, one per delivery
	messages   []*message
	deliveries []chat.Delivery
	busy       map[chat.To]bool
	wrong      []string // breaches of chat.Platform's contract
}

// message is what a channel shows.
type message struct {
	id    chat.PostID
	key   string
	to    chat.To
	under chat.PostID
	text  string
	at    time.Time
}

// act is what happens to one delivery; land carries it out.
type act func(land func() (chat.PostID, error)) (chat.PostID, error)

// landing lands, and then answers err.
func landing(err error) act {
	return func(land func() (chat.PostID, error)) (chat.PostID, error) {
		land()
		return "", err
	}
}

// failing does not land.
func failing(err error) act {
	return func(func() (chat.PostID, error)) (chat.PostID, error) { return "", err }
}

func fail(o chat.Outcome, after time.Duration) error {
	return fmt.Errorf("wrapped: %w", &chat.Failure{Outcome: o, After: after, Err: errors.New("imitated")})
}

func (p *imitation) Name() string                                { return p.name }
func (p *imitation) Receive(context.Context, chat.Handler) error { return nil }

func (p *imitation) Deliver(ctx context.Context, d chat.Delivery) (chat.PostID, error) {
	do := p.arrive(d)
	defer p.leave(d.To)
	select {
	case <-time.After(time.Duration(p.takes.Load())):
	case <-ctx.Done():
		return "", ctx.Err()
	}
	land := func() (chat.PostID, error) { return p.land(d) }
	if do == nil {
		return land()
	}
	return do(land)
}

func (p *imitation) arrive(d chat.Delivery) (do act) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy == nil {
		p.busy = make(map[chat.To]bool)
	}
	if p.busy[d.To] {
		p.wrong = append(p.wrong, "two deliveries at once to one address")
	}
	if d.Unsure == d.Since.IsZero() || d.Unsure && d.Edits != "" {
		p.wrong = append(p.wrong, fmt.Sprintf("unsure %v since %v, edits %q", d.Unsure, d.Since, d.Edits))
	}
	p.busy[d.To] = true
	p.deliveries = append(p.deliveries, d)
	if rest := p.script[d.Key]; len(rest) > 0 {
		do, p.script[d.Key] = rest[0], rest[1:]
	}
	return do
}

func (p *imitation) leave(to chat.To) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy[to] = false
}

func (p *imitation) land(d chat.Delivery) (chat.PostID, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.Edits != "" {
		for _, m := range p.messages {
			if m.id == d.Edits && m.to == d.To {
				m.text = plain(d.Body)
				return m.id, nil
			}
		}
		return "", fail(chat.Refused, 0)
	}
	if d.Unsure {
		for _, m := range p.messages {
			if m.key == d.Key && m.to == d.To && m.under == d.Under && !m.at.Before(d.Since) {
				return m.id, nil // with the body it has
			}
		}
	}
	m := &message{chat.PostID(fmt.Sprintf("m%d", len(p.messages)+1)), d.Key, d.To, d.Under, plain(d.Body), time.Now()}
	p.messages = append(p.messages, m)
	return m.id, nil
}

// shows is what a channel or a person reads, "key: text", with "> " for a reply.
func (p *imitation) shows(to chat.To) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for _, m := range p.messages {
		if m.to != to {
			continue
		}
		line := m.key + ": " + m.text
		if m.under != "" {
			line = "> " + line
		}
		list = append(list, line)
	}
	return list
}

func (p *imitation) delivered() []chat.Delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.deliveries)
}

func plain(body chat.Message) string {
	var b strings.Builder
	for _, block := range body {
		for _, span := range block.Text {
			b.WriteString(span.Text)
		}
	}
	return b.String()
}

func says(text string) chat.Message {
	return chat.Message{{Kind: chat.Text, Text: []chat.Span{{Text: text}}}}
}

func channel(id string) chat.To { return chat.To{Platform: "imitation", Workspace: "w", Channel: id} }
func direct(user string) chat.To {
	return chat.To{Platform: "imitation", Workspace: "w", User: user}
}

// house is a dispatcher at work on a store, with a platform. It lives inside
// one synctest bubble.
type house struct {
	*testing.T
	db       kv.DB
	platform *imitation
	options  Options
	d        *Dispatcher
	stop     func() error
}

func newHouse(t *testing.T, script map[string][]act) *house {
	db, err := bolt.Open(filepath.Join(t.TempDir(), "kansbot.db"))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{
		T:        t,
		db:       db,
		platform: &imitation{name: "imitation", script: script},
		options:  Options{Now: time.Now, Rand: func() float64 { return 0 }},
	}
	t.Cleanup(func() {
		if h.stop != nil {
			h.stop()
		}
		for _, wrong := range h.platform.wrong {
			t.Error(wrong)
		}
		db.Close()
	})
	return h
}

// start puts a new dispatcher to work on db, which may be h.db in disguise.
func (h *house) start(db kv.DB) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	d := New(db, []chat.Platform{nil, h.platform}, h.options)
	go func() { ended <- d.Run(ctx) }()
	h.d = d
	h.stop = func() error {
		cancel()
		h.stop = nil
		return <-ended
	}
}

func (h *house) put(posts ...chat.Post) {
	h.Helper()
	h.update(func(tx kv.Tx) error {
		for _, post := range posts {
			if err := Put(tx, post); err != nil {
				return err
			}
		}
		return nil
	})
}

func (h *house) replace(key, text string) {
	h.Helper()
	h.update(func(tx kv.Tx) error { return Replace(tx, key, says(text)) })
}

func (h *house) update(fn func(kv.Tx) error) {
	h.Helper()
	if err := h.db.Update(context.Background(), fn); err != nil {
		h.Fatal(err)
	}
	if h.d != nil {
		h.d.Wake()
	}
}

func (h *house) drain() {
	h.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	if err := h.d.Drain(ctx); err != nil {
		h.Fatal(err)
	}
}

// pass lets time go by, and all that then happens come to rest.
func (h *house) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (h *house) status(key string) Status {
	h.Helper()
	var s Status
	h.update(func(tx kv.Tx) error {
		var found bool
		var err error
		s, found, err = Get(tx, key)
		if err == nil && !found {
			err = fmt.Errorf("no post %q", key)
		}
		return err
	})
	return s
}

func (h *house) expect(to chat.To, want ...string) {
	h.Helper()
	if got := h.platform.shows(to); !slices.Equal(got, want) {
		h.Errorf("%s%s shows\n  %s\nwant\n  %s", to.Channel, to.User, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func (h *house) health() Health {
	h.Helper()
	health, err := h.d.Health(context.Background())
	if err != nil {
		h.Fatal(err)
	}
	return health
}

// fragile is a store that fails once it is broken, as after a crash.
type fragile struct {
	kv.DB
	broken atomic.Bool
	linger atomic.Int64 // nanoseconds between a commit and the end of Update
}

func (f *fragile) View(ctx context.Context, fn func(kv.Tx) error) error {
	if f.broken.Load() {
		return errors.New("store is broken")
	}
	return f.DB.View(ctx, fn)
}

func (f *fragile) Update(ctx context.Context, fn func(kv.Tx) error) error {
	if f.broken.Load() {
		return errors.New("store is broken")
	}
	err := f.DB.Update(ctx, fn)
	time.Sleep(time.Duration(f.linger.Load()))
	return err
}
