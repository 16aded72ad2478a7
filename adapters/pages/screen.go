package pages

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// door shows a button only: a robot that looks at the links in a chat would
// use this one up.
func (s *Server) door(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("secret")
	if !secret(name) {
		s.say(w, http.StatusNotFound, "gone")
		return
	}
	lang, err := s.Peek(r.Context(), name)
	if err != nil {
		s.fail(w, r, name, err)
		return
	}
	s.show(w, http.StatusOK, "door", sayView{language(lang), "door"})
}

func (s *Server) open(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("secret")
	if !secret(name) {
		s.say(w, http.StatusNotFound, "gone")
		return
	}
	session, until, err := s.Open(r.Context(), name)
	if err != nil {
		s.fail(w, r, name, err)
		return
	}
	c := &http.Cookie{Name: s.cookie(), Value: session, Path: "/pagina/", HttpOnly: true, Secure: s.secure(), SameSite: http.SameSiteStrictMode}
	if !until.IsZero() {
		c.Expires = until
		c.MaxAge = max(1, int(until.Sub(s.Now())/time.Second)) // counts for a browser whose clock is wrong
	}
	http.SetCookie(w, c)
	http.Redirect(w, r, "/pagina/scherm", http.StatusSeeOther)
}

// secure reports that browsers reach us by https only.
func (s *Server) secure() bool { return strings.HasPrefix(s.Site, "https://") }

// cookie is the name of the cookie. __Host- would want the path to be /.
func (s *Server) cookie() string {
	if s.secure() {
		return "__Secure-kansbot-scherm"
	}
	return "kansbot-scherm"
}

// session is the one that this browser opened.
func (s *Server) session(r *http.Request) (string, bool) {
	c, err := r.Cookie(s.cookie())
	if err != nil || !secret(c.Value) {
		return "", false
	}
	return c.Value, true
}

func (s *Server) screen(w http.ResponseWriter, r *http.Request) {
	session, ok := s.session(r)
	if !ok {
		s.say(w, http.StatusNotFound, "closed")
		return
	}
	sc, err := s.Screen(r.Context(), session)
	if err != nil {
		s.fail(w, r, session, err)
		return
	}
	s.show(w, http.StatusOK, "screen", screenView{language(sc.Lang), sc, s.Now().UnixMilli()})
}

const (
	heartbeat = 20 * time.Second // scherm.js counts on it
	patience  = 10 * time.Second // with a watcher that does not take what it is sent
)

// stream sends a screen as server-sent events: "klok" with our time in
// milliseconds at each heartbeat, with it "stand" with the screen as HTML when
// that changed, and "einde" after the last one.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	session, ok := s.session(r)
	if !ok {
		s.say(w, http.StatusNotFound, "closed")
		return
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		return
	}
	l, err := s.watch(r.Context(), session)
	if errors.Is(err, errFull) {
		w.Header().Set("Retry-After", "30")
		s.say(w, http.StatusServiceUnavailable, "full")
		return
	}
	if err != nil {
		s.fail(w, r, session, err)
		return
	}
	defer s.leave(session, l)

	control := http.NewResponseController(w)
	control.SetReadDeadline(time.Time{}) // the server's would end the request
	send := func(b []byte) bool {
		control.SetWriteDeadline(time.Now().Add(patience))
		_, err := w.Write(b)
		return err == nil && control.Flush() == nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold it back
	var sent *state
	for {
		now, changed := l.newest()
		said := fmt.Appendf(nil, "retry: 2000\nevent: klok\ndata: %d\n\n", s.Now().UnixMilli())
		if now != sent {
			said = append(said, now.frame...)
		}
		if !send(said) || now.last {
			return
		}
		sent = now
		select {
		case <-changed:
		case <-beat.C:
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		}
	}
}
