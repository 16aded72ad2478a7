// Package pages shows a kernteam's pages in a browser, to whoever has the link:
// an agenda or minutes to print, a calendar feed, and the meeting screen in the
// room, which keeps itself current.
package pages

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"kansbot/internal/chat"
)

// Options are what the pages need. The functions answer chat.ErrGone for a
// secret that leads nowhere, or no longer. Secrets and sessions are 64 digits of
// hexadecimal. Times show in the zone they come in.
type Options struct {
	Feed   func(ctx context.Context, secret string) ([]byte, error) // text/calendar
	Page   func(ctx context.Context, secret string) (chat.Page, error)
	Peek   func(ctx context.Context, secret string) (lang string, err error)                     // of a page, or of what Open opens; nobody has seen it then
	Open   func(ctx context.Context, secret string) (session string, until time.Time, err error) // a meeting screen, once
	Screen func(ctx context.Context, session string) (chat.Screen, error)
	Now    func() time.Time
	Site   string // how browsers reach us: https://kansbot.example.org
	Log    *slog.Logger
}

// Server answers browsers.
type Server struct {
	Options
	ctx  context.Context // ends at Close
	stop context.CancelFunc
	rest time.Duration // between two looks at one screen

	mu       sync.Mutex
	lives    map[string]*live // by session
	watchers int              // in all
}

func New(o Options) *Server {
	s := &Server{Options: o, rest: rest, lives: map[string]*live{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Close ends what watches a meeting screen; a server that shuts down would wait
// for it forever.
func (s *Server) Close() { s.stop() }

// policy lets a page load what is its own and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Routes adds the addresses of the pages, all below /pagina/.
func (s *Server) Routes(mux *http.ServeMux) {
	own := http.NewServeMux()
	own.HandleFunc("GET /pagina/stijl.css", asset("stijl.css"))
	own.HandleFunc("GET /pagina/scherm.js", asset("scherm.js"))
	own.HandleFunc("GET /pagina/teken.svg", asset("teken.svg"))
	own.HandleFunc("GET /pagina/{name}", s.page)
	own.HandleFunc("GET /pagina/{secret}/scherm", s.door)
	own.HandleFunc("POST /pagina/{secret}/scherm", s.open)
	own.HandleFunc("GET /pagina/scherm", s.screen)
	own.HandleFunc("GET /pagina/scherm/stroom", s.stream)
	own.HandleFunc("/pagina/", func(w http.ResponseWriter, _ *http.Request) { s.say(w, http.StatusNotFound, "gone") })
	from := http.NewCrossOriginProtection()
	if err := from.AddTrustedOrigin(s.Site); err != nil && s.Site != "" { // a proxy may have given the request another host
		s.Log.Error("pages: address of the site", "err", err)
	}
	from.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { s.say(w, http.StatusForbidden, "stray") }))
	mux.Handle("/pagina/", guard(from.Handler(own)))
}

func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// secret reports whether s can be one of ours.
func secret(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// page answers with what a secret leads to, in the form that its ending asks.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	name, form, dotted := strings.Cut(r.PathValue("name"), ".")
	if !secret(name) || dotted && form != "md" && form != "pdf" && form != "ics" {
		s.say(w, http.StatusNotFound, "gone")
		return
	}
	if form == "ics" {
		s.feed(w, r, name)
		return
	}
	if r.Method == http.MethodHead || robot(r) {
		if _, err := s.Peek(r.Context(), name); err != nil {
			s.fail(w, r, name, err)
			return
		}
		w.Header().Set("Content-Type", kinds[form])
		return
	}
	p, err := s.Page(r.Context(), name)
	if err != nil {
		s.fail(w, r, name, err)
		return
	}
	switch form {
	case "md":
		file(w, p, form)
		io.WriteString(w, markdown(p))
	case "pdf":
		b, err := paper(p, s.Now())
		if err != nil {
			s.fail(w, r, name, err)
			return
		}
		file(w, p, form)
		w.Write(b)
	default:
		s.show(w, http.StatusOK, "page", pageView{language(p.Lang), p, name})
	}
}

// robot reports that a chat asks, by itself, what to show below a link. It is
// nobody who reads, and would be on the trail as who the link is for.
func robot(r *http.Request) bool {
	by := r.UserAgent()
	return strings.HasPrefix(by, "Mattermost-Bot/") || strings.HasPrefix(by, "Slackbot")
}

// kinds are the forms of a page by their ending.
var kinds = map[string]string{"": "text/html; charset=utf-8", "md": "text/markdown; charset=utf-8", "pdf": "application/pdf"}

func file(w http.ResponseWriter, p chat.Page, form string) {
	w.Header().Set("Content-Type", kinds[form])
	w.Header().Set("Content-Disposition", `attachment; filename="`+slug(p.Title)+"."+form+`"`)
}

func (s *Server) feed(w http.ResponseWriter, r *http.Request, name string) {
	body, err := s.Feed(r.Context(), name)
	if err != nil {
		s.fail(w, r, name, err)
		return
	}
	w.Header().Set("Cache-Control", "private, no-cache")
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	serve(w, r, body)
}

// serve lets a browser that has body already keep it.
func serve(w http.ResponseWriter, r *http.Request, body []byte) {
	sum := sha256.Sum256(body)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func asset(name string) http.HandlerFunc {
	body, err := web.ReadFile("web/" + name)
	if err != nil {
		panic(err)
	}
	kind := map[string]string{"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}[name[strings.Index(name, ".")+1:]]
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("Content-Type", kind)
		serve(w, r, body)
	}
}

// fail answers an error: gone is the link's end, the rest is ours. The log does
// not get the secret, whatever the error says.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, secret string, err error) {
	switch {
	case errors.Is(err, chat.ErrGone):
		s.say(w, http.StatusNotFound, "gone")
	case r.Context().Err() != nil: // nobody is waiting any more
		s.say(w, http.StatusServiceUnavailable, "failed")
	default:
		s.report(secret, err)
		s.say(w, http.StatusInternalServerError, "failed")
	}
}

func (s *Server) report(secret string, err error) {
	s.Log.Error("pages", "err", strings.ReplaceAll(err.Error(), secret, "…"))
}

// say answers with a page that only says something. Whose page it would have
// been is unknown, so it speaks Dutch and then English.
func (s *Server) say(w http.ResponseWriter, status int, what string) {
	s.show(w, status, "say", sayView{dutch, what})
}

func (s *Server) show(w http.ResponseWriter, status int, name string, v any) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, v); err != nil {
		s.Log.Error("pages: template", "name", name, "err", err)
		http.Error(w, "page failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}
