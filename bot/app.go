package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kansbot/adapters/bolt"
	"kansbot/adapters/pages"
	"kansbot/bot/command"
	"kansbot/config"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// app is Kansbot, wired. Events come in through handle, time through pulse;
// what they cause leaves through the outbox.
type app struct {
	config    config.Config
	log       *slog.Logger
	clock     *clock
	db        kv.DB
	temp      string // folder to remove at the end
	bot       *command.Bot
	pages     *pages.Server
	outbox    *outbox.Dispatcher
	pulse     *pulse
	metrics   *metrics
	platforms []wired
	ready     readiness
	holidays  schedule.Holidays
}

// wired is a platform with what the server needs of it.
type wired struct {
	chat.Platform
	routes  func(*http.ServeMux)
	state   func() state
	begin   func(context.Context) error // before the first event
	streams bool                        // it keeps requests open until Receive ends
}

// state is how a platform is doing.
type state struct {
	connected, apart int // workspaces with a connection, and without
	foreign          int // connections that others have with our token, and that get part of what people do
	lost             int // channels that we were removed from, or that were archived, since the start
	// refused is when a request came that was signed wrongly, the last since one
	// that was right; zero for never.
	refused time.Time
}

type wiring func(context.Context, *app) (wired, error)

// wirings are the platforms that the configuration names, else the practice
// room.
func wirings(c config.Config) (all []wiring) {
	if c.HasMattermost() {
		all = append(all, wireMattermost)
	}
	if c.HasSlack() {
		all = append(all, wireSlack)
	}
	if len(all) == 0 {
		all = append(all, wirePractice)
	}
	return all
}

// newApp wires everything on an open store, with the platforms that wires make;
// nothing runs yet.
func newApp(ctx context.Context, c config.Config, clk *clock, log *slog.Logger, wires ...wiring) (a *app, err error) {
	a = &app{config: c, log: log, clock: clk, metrics: newMetrics()}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if a.db, err = a.openStore(ctx); err != nil {
		return a, err
	}
	if a.holidays, err = holidays(c); err != nil {
		return a, err
	}
	a.bot = command.New(command.Options{
		DB:       a.db,
		Now:      clk.Now,
		Wake:     a.wake,
		Circle:   circle(c.Circle),
		Holidays: a.holidays,
		Site:     site(c),
		Log:      log,
	})
	a.pages = a.newPages()
	var platforms []chat.Platform
	for _, wire := range wires {
		p, err := wire(ctx, a)
		if err != nil {
			return a, err
		}
		a.platforms = append(a.platforms, p)
		platforms = append(platforms, p)
	}
	a.outbox = outbox.New(a.db, platforms, outbox.Options{Now: clk.Now, Log: log, Buried: a.bot.Buried})
	a.pulse = newPulse(clk, a.bot.Tick, a.outbox.Drain, log)
	a.metrics.watch(a)
	return a, nil
}

// site is the address at which browsers reach us. The practice room needs none
// to be told.
func site(c config.Config) string {
	if c.PublicURL == "" && !c.HasMattermost() && !c.HasSlack() {
		return "http://" + c.Listen
	}
	return strings.TrimRight(c.PublicURL, "/")
}

// wake is for after a commit and after a jump of the clock.
func (a *app) wake() {
	a.outbox.Wake()
	a.pulse.wake()
	a.pages.Wake()
}

// handle is the chat.Handler of the platforms.
func (a *app) handle(ctx context.Context, e chat.Event) chat.Reply {
	began := time.Now()
	reply := a.bot.Handle(ctx, e)
	took := time.Since(began)
	a.metrics.event(e, took)
	a.log.Debug("event", "platform", e.Platform, "act", actName(e.Act), "channel", e.Channel, "user", e.User.ID, "took", took)
	return reply
}

// openStore opens the store in the configured folder, or in a temporary one.
func (a *app) openStore(ctx context.Context) (kv.DB, error) {
	dir := a.config.Data
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "kansbot-"); err != nil {
			return nil, err
		}
		a.temp = dir
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	db, err := bolt.Open(filepath.Join(dir, "kansbot.db"))
	if err != nil {
		return nil, err
	}
	if err := store.Prepare(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// close is for after run, or instead of it.
func (a *app) close() error {
	var err error
	if a.db != nil {
		err = a.db.Close()
	}
	if a.temp != "" {
		err = errors.Join(err, os.RemoveAll(a.temp))
	}
	return err
}

// advance puts the clock forward. It needs run at work.
func (a *app) advance(ctx context.Context, by time.Duration) error {
	if by < 0 {
		return fmt.Errorf("the clock goes forward only, not by %s", by)
	}
	return a.pulse.advance(ctx, by)
}

// nextDue is when a kernteam next hears of something, false when it will not.
func (a *app) nextDue(ctx context.Context) (at time.Time, found bool) {
	err := a.db.View(ctx, func(tx kv.Tx) (err error) {
		at, found, err = store.NextForTeam(tx)
		return err
	})
	if err != nil {
		a.log.Error("cannot read what is due", "err", err)
	}
	return at, found && err == nil
}

// holidays are those built in, and newer ones from the file that is set.
func holidays(c config.Config) (schedule.Holidays, error) {
	if c.Holidays == "" {
		return schedule.BuiltIn(), nil
	}
	data, err := os.ReadFile(c.Holidays)
	if err != nil {
		return schedule.Holidays{}, fmt.Errorf("vakanties: kan het bestand niet lezen: %w", err)
	}
	newer, err := schedule.ParseHolidays(data)
	if err != nil {
		return schedule.Holidays{}, fmt.Errorf("vakanties: in %s staan geen schoolvakanties: %w", c.Holidays, err)
	}
	return schedule.BuiltIn().With(newer), nil
}

func circle(c config.Circle) team.Circle {
	list := make([]team.Element, len(c.Elements))
	for i, e := range c.Elements {
		list[i] = team.Element(e)
	}
	return team.Circle{Name: c.Name, Source: c.Source, Elements: list}
}
