package practice

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"kansbot/internal/chat"
)

const (
	direct   = "@kansbot" // the "in" of a direct conversation; no channel's id begins with @
	maxBody  = 256 << 10
	patience = time.Minute // for one act; the clock may have much to do
)

// policy lets the page load what is its own and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Handler is the page. It answers only to the names of the own machine, so
// that no website can reach it through a name that it points here, and takes
// no posts that come from another site.
func (r *Room) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", r.show)
	mux.HandleFunc("GET /events", r.events)
	mux.HandleFunc("GET /web/{file}", asset)
	mux.HandleFunc("POST /theme", r.theme)
	mux.HandleFunc("POST /welcome", r.welcome)
	for name, act := range map[string]func(context.Context, Seat, url.Values) error{
		"type": func(ctx context.Context, s Seat, v url.Values) error { return r.Type(ctx, s, v.Get("line")) },
		"press": func(ctx context.Context, s Seat, v url.Values) error {
			return r.Press(ctx, s, v.Get("post"), v.Get("do"))
		},
		"submit":  r.submit,
		"close":   func(_ context.Context, s Seat, v url.Values) error { r.Close(s.User, v.Get("form")); return nil },
		"dismiss": func(_ context.Context, s Seat, v url.Values) error { r.Dismiss(s.User, v.Get("answer")); return nil },
		"clock":   r.turn,
		"restart": func(ctx context.Context, _ Seat, _ url.Values) error { return r.Restart(ctx) },
	} {
		mux.HandleFunc("POST /"+name, r.act(act))
	}
	return r.guard(http.NewCrossOriginProtection().Handler(mux))
}

func (r *Room) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !local(req.Host) {
			http.Error(w, "not a name of this machine", http.StatusMisdirectedRequest)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		req.Body = http.MaxBytesReader(w, req.Body, maxBody)
		next.ServeHTTP(w, req)
	})
}

func local(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	switch strings.ToLower(strings.Trim(host, "[]")) {
	case "localhost", "127.0.0.1", "::1":
		return true
	}
	return false
}

// seat reads who asks from the address or the form; somebody who is not there,
// or not in that channel, gets the first seat that is.
func (r *Room) seat(v url.Values) Seat {
	p, ok := r.person(v.Get("as"))
	if !ok {
		p = r.opt.People[0]
	}
	s := Seat{User: p.ID}
	if v.Get("lang") == "en" {
		s.Locale = "en"
	}
	if v.Get("in") == direct {
		return s
	}
	if c, ok := r.channel(v.Get("in")); ok && c.has(p.ID) {
		s.Channel = c.ID
		return s
	}
	for _, c := range r.opt.Channels {
		if c.has(p.ID) {
			s.Channel = c.ID
			break
		}
	}
	return s
}

func (r *Room) show(w http.ResponseWriter, req *http.Request) {
	q := req.URL.Query()
	l := look{Seat: r.seat(q), Theme: cookie(req, "kansbot_theme"), Welcome: cookie(req, "kansbot_welcome") == ""}
	since, err := strconv.ParseUint(q.Get("since"), 10, 64)
	l.Since, l.After = since, err == nil
	if say := "say." + q.Get("say"); texts("").T(say) != say {
		l.Say = texts(l.Locale).T(say)
	}
	if l.Theme != "dark" && l.Theme != "light" {
		l.Theme = ""
	}
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "page", r.page(req.Context(), l)); err != nil {
		r.opt.Log.Error("practice room: page", "err", err)
		http.Error(w, "page failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes())
}

func cookie(req *http.Request, name string) string {
	c, err := req.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// act does what a form asks for and goes back to the page, which then shows as
// new what this brought about.
func (r *Room) act(do func(context.Context, Seat, url.Values) error) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		if err := req.ParseForm(); err != nil {
			http.Error(w, "form not understood", http.StatusBadRequest)
			return
		}
		seat := r.seat(req.PostForm)
		r.mu.Lock()
		since := r.seq
		r.mu.Unlock()
		// Somebody who leaves the page does not undo what they did.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Context()), patience)
		defer cancel()
		back := seat.link() + "&since=" + strconv.FormatUint(since, 10)
		switch err := do(ctx, seat, req.PostForm); {
		case err == nil:
		case errors.Is(err, ErrGone), errors.Is(err, ErrNoSeat):
			back += "&say=gone"
		case errors.Is(err, ErrLong):
			back += "&say=long"
		default:
			r.opt.Log.Error("practice room: "+req.URL.Path, "err", err)
			http.Error(w, "that failed", http.StatusInternalServerError)
			return
		}
		http.Redirect(w, req, back, http.StatusSeeOther)
	}
}

// submit reads every field of the form that is open: a browser leaves out what
// is not ticked.
func (r *Room) submit(ctx context.Context, s Seat, v url.Values) error {
	form := v.Get("form")
	values := map[string][]string{}
	if open := r.Form(s.User); open != nil && open.ID == form {
		for _, f := range open.Fields {
			given := v["f."+f.Name]
			if f.Kind == chat.One && len(given) == 1 && given[0] == "" {
				given = nil
			}
			values[f.Name] = given
		}
	}
	return r.Submit(ctx, s.User, form, values)
}

func (r *Room) turn(ctx context.Context, _ Seat, v url.Values) error {
	switch v.Get("go") {
	case "hour":
		return r.Advance(ctx, time.Hour)
	case "day":
		return r.Advance(ctx, 24*time.Hour)
	case "next":
		return r.AdvanceToNext(ctx)
	}
	return nil
}

// theme and welcome are about this browser only, so they live in its cookies.
func (r *Room) theme(w http.ResponseWriter, req *http.Request) {
	r.remember(w, req, "kansbot_theme", req.PostFormValue("theme"))
}

func (r *Room) welcome(w http.ResponseWriter, req *http.Request) {
	r.remember(w, req, "kansbot_welcome", "seen")
}

func (r *Room) remember(w http.ResponseWriter, req *http.Request, name, value string) {
	if err := req.ParseForm(); err != nil {
		http.Error(w, "form not understood", http.StatusBadRequest)
		return
	}
	const year = 365 * 24 * 60 * 60
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: year, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, req, r.seat(req.PostForm).link(), http.StatusSeeOther)
}

// events tells the page each time that something changed; the page then asks
// what. It ends with Receive, so that a server can shut down.
func (r *Room) events(w http.ResponseWriter, req *http.Request) {
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	control.SetWriteDeadline(time.Time{}) // the stream outlives a server's usual patience
	w.Write([]byte("retry: 1000\n\n"))
	for {
		r.mu.Lock()
		changed, closing := r.changed, r.closing
		r.mu.Unlock()
		if control.Flush() != nil {
			return
		}
		select {
		case <-changed:
			w.Write([]byte("data: changed\n\n"))
		case <-closing:
			return
		case <-req.Context().Done():
			return
		}
	}
}

// assets are the files a page loads, by name, with the mark that tells a
// browser whether it still has the right one.
var assets = func() map[string][2]string {
	found := map[string][2]string{}
	for _, name := range []string{"room.css", "room.js", "mark.svg"} {
		b, err := fs.ReadFile(web, path.Join("web", name))
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(b)
		found[name] = [2]string{string(b), `"` + hex.EncodeToString(sum[:8]) + `"`}
	}
	return found
}()

func asset(w http.ResponseWriter, req *http.Request) {
	name := req.PathValue("file")
	file, ok := assets[name]
	if !ok {
		http.NotFound(w, req)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", file[1])
	http.ServeContent(w, req, name, time.Time{}, strings.NewReader(file[0]))
}
