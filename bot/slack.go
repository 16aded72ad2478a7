package main

import (
	"context"
	"log/slog"
	"time"

	"kansbot/adapters/slack"
	"kansbot/bot/command"
	"kansbot/config"
	"kansbot/internal/text"
)

func slackSettings(c config.Config) slack.Settings {
	settings := slack.Settings{APIURL: c.Slack.APIURL}
	for _, app := range c.Slack.Apps() {
		settings.Apps = append(settings.Apps, slack.App{
			Token: string(app.Token), SigningSecrets: revealed(app.SigningSecrets), BotTokens: revealed(app.BotTokens),
		})
	}
	return settings
}

func revealed(secrets []config.Secret) []string {
	list := make([]string, len(secrets))
	for i, s := range secrets {
		list[i] = string(s)
	}
	return list
}

// slackManifest is the digest of what Slack must know of the app that setup is
// for. With an app token that is over Socket Mode, whatever the address is.
func slackManifest(c config.Config) string {
	address := c.PublicURL
	if c.Slack.AppToken != "" {
		address = ""
	}
	return slack.ManifestDigest(slack.Manifest(command.Usages(text.NL), address))
}

func newSlack(c config.Config, log *slog.Logger) (*slack.Adapter, error) {
	return slack.New(slackSettings(c), time.Now, log)
}

func wireSlack(_ context.Context, a *app) (wired, error) {
	adapter, err := newSlack(a.config, a.log)
	if err != nil {
		return wired{}, err
	}
	return wiredSlack(adapter, a), nil
}

func wiredSlack(adapter *slack.Adapter, a *app) wired {
	return wired{
		Platform: inRealTime{adapter, a.clock},
		routes:   adapter.Routes,
		state:    func() state { return slackState(adapter.Health()) },
		begin:    func(context.Context) error { return nil },
	}
}

func slackState(workspaces []slack.Health) (s state) {
	for _, h := range workspaces {
		if h.Connected {
			s.connected++
		} else {
			s.apart++
		}
		s.foreign = max(s.foreign, h.Foreign)
		s.lost += len(h.Lost)
		if h.Refused.After(s.refused) {
			s.refused = h.Refused
		}
	}
	return s
}
