package pages

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"kansbot/internal/chat"
)

const (
	mostEach = 200  // watchers of one session
	mostAll  = 2000 // watchers
	rest     = 200 * time.Millisecond
	refresh  = time.Minute      // without a Wake: a session may have run out
	lookTime = 10 * time.Second // for one look at a screen
)

// live is one meeting screen that is being watched: looked at once, however
// many watch.
type live struct {
	wake     chan struct{} // holds one: something may have changed
	stop     context.CancelFunc
	watchers int // guarded by Server.mu

	mu      sync.Mutex
	now     *state
	changed chan struct{} // closed when another now takes its place
}

// state is a screen as it is sent.
type state struct {
	lang  language
	html  []byte
	frame []byte        // html as events
	ahead time.Duration // our clock, of the system's: a rehearsal puts it forward
	err   error         // chat.ErrGone, or why the first look failed
	last  bool
}

// Wake tells that something may have changed that a meeting screen shows.
func (s *Server) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lives {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

var errFull = errors.New("pages: too many watch")

// watch adds a watcher, who must leave. A session that leads nowhere takes no
// room.
func (s *Server) watch(ctx context.Context, session string) (*live, error) {
	s.mu.Lock()
	_, watched := s.lives[session]
	s.mu.Unlock()
	var first *state
	if !watched {
		if first = s.look(ctx, session, nil); first.err != nil {
			return nil, first.err
		}
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lives[session]
	switch {
	case s.ctx.Err() != nil || s.watchers >= mostAll || l != nil && l.watchers >= mostEach:
		return nil, errFull
	case l == nil && watched: // it ended just now
		return nil, chat.ErrGone
	case l == nil:
		ctx, stop := context.WithCancel(s.ctx)
		l = &live{wake: make(chan struct{}, 1), now: first, changed: make(chan struct{}), stop: stop}
		s.lives[session] = l
		go s.follow(ctx, session, l)
	}
	s.watchers++
	l.watchers++
	return l, nil
}

func (s *Server) leave(session string, l *live) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers--
	if l.watchers--; l.watchers == 0 {
		s.drop(session, l)
	}
}

// drop makes that the next watcher starts anew. Callers hold s.mu.
func (s *Server) drop(session string, l *live) {
	l.stop()
	if s.lives[session] == l {
		delete(s.lives, session)
	}
}

// follow looks at a screen, again and again, while somebody watches.
func (s *Server) follow(ctx context.Context, session string, l *live) {
	for ctx.Err() == nil {
		if now := s.look(ctx, session, l.now); now != l.now {
			if now.last {
				s.mu.Lock()
				s.drop(session, l)
				s.mu.Unlock()
			}
			l.show(now)
		}
		wait(ctx, s.rest, nil)
		wait(ctx, refresh, l.wake)
	}
}

func wait(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	case <-ctx.Done():
	}
}

// look gives the screen as it is now: old itself when nothing changed, or when
// nothing can be known.
func (s *Server) look(ctx context.Context, session string, old *state) *state {
	ctx, stop := context.WithTimeout(ctx, lookTime)
	defer stop()
	sc, err := s.Screen(ctx, session)
	name, v := "stand", screenView{Language: language(sc.Lang), Screen: sc}
	switch {
	case err == nil:
	case !errors.Is(err, chat.ErrGone):
		if old == nil {
			return &state{err: err, last: true}
		}
		if !errors.Is(err, context.Canceled) {
			s.report(session, err)
		}
		return old
	case old == nil:
		return &state{err: err, last: true}
	default:
		name, v.Language = "closed", old.lang
	}
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, v); err != nil {
		return &state{err: err, last: true}
	}
	now := &state{lang: v.Language, html: b.Bytes(), ahead: time.Until(s.Now()), last: err != nil}
	if old != nil && bytes.Equal(old.html, now.html) && (now.ahead-old.ahead).Abs() < time.Second {
		return old
	}
	now.frame = frame(now.html, now.last)
	return now
}

// frame writes html as an event; one more says when it was the last.
func frame(html []byte, last bool) []byte {
	b := []byte("event: stand\n")
	for line := range bytes.Lines(html) {
		b = append(append(append(b, "data: "...), bytes.TrimRight(line, "\n")...), '\n')
	}
	if last {
		b = append(b, "\nevent: einde\ndata: einde\n"...)
	}
	return append(b, '\n')
}

func (l *live) show(now *state) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = now
	close(l.changed)
	l.changed = make(chan struct{})
}

// newest is the screen, and what is closed when it is the newest no more.
func (l *live) newest() (*state, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now, l.changed
}
