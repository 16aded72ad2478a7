// Package pages shows a kernteam's pages in a browser, to whoever has the link:
// an agenda or minutes to print, a calendar feed, and the meeting screen in the
// room, which keeps itself current.
package pages

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"kansbot/internal/chat"
)

// Options are what the pages need. The functions answer chat.ErrGone for a
// secret that leads nowhere, or no longer.
type Options struct {
	Feed   func(ctx context.Context, secret string) ([]byte, error) // text/calendar
	Page   func(ctx context.Context, secret string) (chat.Page, error)
	Open   func(ctx context.Context, secret string) (session string, until time.Time, err error) // a meeting screen, once
	Screen func(ctx context.Context, session string) (chat.Screen, error)
	Now    func() time.Time
	Secure bool // browsers reach us by https only
	Log    *slog.Logger
}

// Server answers browsers.
type Server struct{ Options }

func New(o Options) *Server { return &Server{o} }

// Routes adds the addresses of the pages, all below /pagina/.
func (s *Server) Routes(mux *http.ServeMux) {}

// Wake tells that something may have changed that a meeting screen shows.
func (s *Server) Wake() {}
