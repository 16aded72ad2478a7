package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"kansbot/config"
	"kansbot/internal/kv"
)

// routes is all that the server answers to. With rehearse the clock can be put
// forward from this machine.
func (a *app) routes(rehearse bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, health{OK: true}) })
	mux.HandleFunc("GET /readyz", a.readyz)
	mux.Handle("GET /metrics", a.metrics.handler())
	if rehearse {
		mux.Handle("POST /rehearse/advance", http.NewCrossOriginProtection().Handler(http.HandlerFunc(a.rehearseAdvance)))
	}
	a.pages.Routes(mux)
	for _, p := range a.platforms {
		p.routes(mux)
	}
	return mux
}

// server has limits for strangers. A platform waits up to half a minute for an
// answer, and the practice room a minute for its clock.
func (a *app) server(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      75 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
}

// health is the answer of /healthz and /readyz: names only, for anyone to see.
type health struct {
	OK      bool     `json:"ok"`
	Failing []string `json:"failing,omitempty"`
	// Clock is what time it is to Kansbot, when that is not the real time.
	Clock string `json:"clock,omitempty"`
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// readiness keeps the last answer for a moment: an answer costs a durable
// write, and anyone may ask.
type readiness struct {
	sync.Mutex
	at   time.Time
	last health
}

const readyFor = 3 * time.Second

func (a *app) readyz(w http.ResponseWriter, r *http.Request) {
	h := a.isReady(r.Context())
	status := http.StatusOK
	if !h.OK {
		status = http.StatusServiceUnavailable
	}
	answer(w, status, h)
}

func (a *app) isReady(ctx context.Context) health {
	a.ready.Lock()
	defer a.ready.Unlock()
	if time.Since(a.ready.at) < readyFor {
		return a.ready.last
	}
	var h health
	if err := writable(ctx, a.db); err != nil {
		if ctx.Err() != nil {
			return health{Failing: []string{"store"}} // the asker left; says nothing to the next
		}
		a.log.Error("store is not writable", "err", err)
		h.Failing = append(h.Failing, "store")
	}
	for _, p := range a.platforms {
		if p.state().connected == 0 { // one that threw us out must not stop the others
			h.Failing = append(h.Failing, p.Name())
		}
	}
	if a.clock.offset.Load() != 0 {
		h.Clock = a.clock.Now().Format(time.RFC3339)
	}
	h.OK = len(h.Failing) == 0
	a.ready.at, a.ready.last = time.Now(), h
	return h
}

// writable writes for real: a full disk shows only then.
func writable(ctx context.Context, db kv.DB) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return db.Update(ctx, func(tx kv.Tx) error { return tx.Put([]byte("writable"), nil) })
}

const maxAdvance = 2 * 366 * 24 * time.Hour

// rehearseAdvance answers to this machine only.
func (a *app) rehearseAdvance(w http.ResponseWriter, r *http.Request) {
	wrong := func(status int, what string) {
		answer(w, status, struct {
			Error string `json:"error"`
		}{what})
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	name, _, named := net.SplitHostPort(r.Host)
	if err != nil || named != nil || !config.Loopback(host) || !config.Loopback(name) {
		wrong(http.StatusForbidden, "only from the machine that Kansbot runs on")
		return
	}
	var asked struct {
		By string `json:"by"`
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10))
	body.DisallowUnknownFields()
	err = body.Decode(&asked)
	by, badDuration := time.ParseDuration(asked.By)
	if err != nil || badDuration != nil || by < 0 || by > maxAdvance {
		wrong(http.StatusBadRequest, `want {"by": "24h"}, at most two years`)
		return
	}
	const patience = 10 * time.Minute
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience + time.Minute))
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if err := a.advance(ctx, by); err != nil {
		a.log.Error("rehearsal: clock not put forward", "err", err)
		wrong(http.StatusInternalServerError, "not all that was due has been done; see the log")
		return
	}
	now := a.clock.Now()
	a.log.Warn("rehearsal: clock put forward", "by", by, "now", now)
	answer(w, http.StatusOK, struct {
		Now time.Time `json:"now"`
	}{now})
}
