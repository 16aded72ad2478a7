package main

import (
	"context"
	"log/slog"
	"time"

	"kansbot/adapters/mattermost"
	"kansbot/config"
	"kansbot/internal/chat"
)

func mattermostSettings(c config.Config) mattermost.Settings {
	tokens := make(map[string]string, len(c.Mattermost.CommandTokens))
	for command, token := range c.Mattermost.CommandTokens {
		tokens[command] = string(token)
	}
	return mattermost.Settings{
		URL:           c.Mattermost.URL,
		PublicURL:     c.PublicURL,
		Token:         string(c.Mattermost.Token),
		CommandTokens: tokens,
		ActionSecret:  string(c.Mattermost.ActionSecret),
		DialogSecret:  string(c.Mattermost.DialogSecret),
	}
}

func newMattermost(c config.Config, log *slog.Logger) (*mattermost.Adapter, error) {
	return mattermost.New(mattermostSettings(c), time.Now, log)
}

func wireMattermost(_ context.Context, a *app) (wired, error) {
	adapter, err := newMattermost(a.config, a.log)
	if err != nil {
		return wired{}, err
	}
	return wiredMattermost(adapter, a), nil
}

func wiredMattermost(adapter *mattermost.Adapter, a *app) wired {
	return wired{
		Platform: inRealTime{adapter, a.clock},
		routes:   adapter.Routes,
		state:    func() state { return mattermostState(adapter.Health()) },
		begin:    func(context.Context) error { return nil },
	}
}

func mattermostState(h mattermost.Health) state {
	s := state{apart: 1, lost: len(h.Lost)}
	if h.Connected {
		s.connected, s.apart = 1, 0
	}
	return s
}

// inRealTime is a platform on a real server, which knows nothing of a
// rehearsal's clock. That clock only goes forward, so an earlier moment comes
// out no later than it really was.
type inRealTime struct {
	chat.Platform
	clock *clock
}

func (p inRealTime) Deliver(ctx context.Context, d chat.Delivery) (chat.PostID, error) {
	if !d.Since.IsZero() {
		d.Since = d.Since.Add(-time.Duration(p.clock.offset.Load()))
	}
	return p.Platform.Deliver(ctx, d)
}
