package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kansbot/config"
)

type serveCommand struct {
	configFlag
	RehearseFrom time.Time `placeholder:"MOMENT" help:"Oefen in andere tijd, vanaf dit moment (zoals 2027-01-12T08:30:00+01:00). POST /rehearse/advance zet de klok vooruit. Niet voor echt gebruik."`
}

func (s serveCommand) Run(stdout io.Writer) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	if host, _, _ := net.SplitHostPort(c.Listen); !c.HasPlatform() && !config.Loopback(host) {
		return fmt.Errorf("er is geen platform ingesteld, en de oefenruimte is er alleen voor deze machine; listen is %s, maak er 127.0.0.1:8080 van, of richt een platform in met kansbot setup", c.Listen)
	}
	log := newLog(c, os.Stderr)
	for _, w := range c.Warnings() {
		log.Warn(w)
	}
	clk := &clock{}
	if !s.RehearseFrom.IsZero() {
		clk.set(s.RehearseFrom)
		log.Warn("REHEARSAL: the clock is not the real one, and can be put forward by POST /rehearse/advance", "now", clk.Now())
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once

	a, err := newApp(ctx, c, clk, log, wirings(c)...)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return errors.Join(fmt.Errorf("kan niet luisteren op %s: %w", c.Listen, err), a.close())
	}
	if !c.HasPlatform() {
		fmt.Fprintf(stdout, "De oefenruimte staat klaar op http://%s (stoppen: Ctrl+C)\n", listener.Addr())
	}
	return errors.Join(a.run(ctx, listener, !s.RehearseFrom.IsZero()), a.close())
}

// newLog is the one place that decides how the log looks.
func newLog(c config.Config, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn}[c.Log]}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

const shutdownPatience = 20 * time.Second

// run serves until ctx ends, or until a part cannot go on. Then everything
// stops in the order in which work flows, so that what was acknowledged gets
// finished: first the server, then the platform's events, the clock, and the
// outbox at last.
func (a *app) run(ctx context.Context, listener net.Listener, rehearse bool) error {
	server := a.server(a.routes(rehearse))
	server.RegisterOnShutdown(a.pages.Close)
	for _, p := range a.platforms {
		if err := p.begin(ctx); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	down := make(chan struct{}, 3+len(a.platforms))
	stopOutbox := start(down, a.outbox.Run)
	stopPulse := start(down, func(ctx context.Context) error { a.pulse.run(ctx); return nil })
	stopReceive := a.receive(down, server)
	stopServer := start(down, func(ctx context.Context) error { return a.serve(ctx, server, listener) })
	a.log.Info("kansbot runs", "version", version(), "address", listener.Addr().String(), "platforms", a.names())

	select {
	case <-ctx.Done():
	case <-down:
	}
	a.log.Info("stopping")
	err := errors.Join(stopServer(), stopReceive(), stopPulse(), stopOutbox())
	a.log.Info("stopped")
	return err
}

// receive lets the platforms' events in, until the function that it returns is
// called.
func (a *app) receive(down chan<- struct{}, server *http.Server) (stop func() error) {
	var stops []func() error
	for _, p := range a.platforms {
		one := start(down, func(ctx context.Context) error { return p.Receive(ctx, a.handle) })
		stops = append(stops, one)
		if p.streams {
			server.RegisterOnShutdown(func() { one() })
		}
	}
	return func() (err error) {
		for _, one := range stops {
			err = errors.Join(err, one())
		}
		return err
	}
}

func (a *app) names() (names []string) {
	for _, p := range a.platforms {
		names = append(names, p.Name())
	}
	return names
}

// serve answers requests until ctx ends, and lets those that run finish.
func (a *app) serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	finished := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(finished)
		patience, cancel := context.WithTimeout(context.Background(), shutdownPatience)
		defer cancel()
		if err := server.Shutdown(patience); err != nil {
			a.log.Warn("requests were still running", "err", err)
			server.Close()
		}
	})
	err := server.Serve(listener)
	if stop() {
		return err // it ended of itself
	}
	<-finished
	return nil
}

// start runs f until the function that it returns is called; that one waits for
// f and tells how it ended. An f that fails before says so to down.
func start(down chan<- struct{}, f func(context.Context) error) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	var err error
	go func() {
		defer close(ended)
		if err = f(ctx); err != nil {
			down <- struct{}{}
		}
	}()
	return func() error {
		cancel()
		<-ended
		return err
	}
}
