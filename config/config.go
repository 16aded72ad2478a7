// Package config is what one sets: in a YAML file, in a file of secrets beside
// it, and in the environment, which wins. The commented example file is the
// manual of every setting.
package config

import (
	_ "embed"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Example is a file with every setting at its default, explained.
//
//go:embed kansbot.example.yaml
var Example string

// Config is a configuration without mistakes, as Load returns it.
type Config struct {
	Listen     string // host:port
	PublicURL  string // without a slash at the end; empty when not set
	Data       string // folder; empty for a temporary one
	Log        string // "debug", "info" or "warn"
	LogFormat  string // "text" or "json"
	Secrets    string // file, as a path that can be opened
	Holidays   string // file with newer school holidays; empty for those built in
	Mattermost Mattermost
	Slack      Slack
	Circle     Circle
}

// Mattermost is how to reach the server and how it proves itself to us. Unless
// URL is empty, everything is set but perhaps Team.
type Mattermost struct {
	URL           string // without a slash at the end
	Team          string // its name in the URL; for setting up only
	Token         Secret
	CommandTokens map[string]Secret // by command, without its slash
	ActionSecret  Secret
	DialogSecret  Secret
}

// Slack is how to be in workspaces: the one that setup knows, and More. Unless
// BotToken is empty, each has a bot token and a way for Slack to reach us.
type Slack struct {
	APIURL   string // without a slash at the end; empty for Slack's own
	Manifest string // digest of the manifest that setup wrote last; empty when it wrote none
	Workspace
	More []Workspace
}

// Workspace is an app in one workspace.
type Workspace struct {
	BotToken      Secret
	AppToken      Secret // for Socket Mode
	SigningSecret Secret // for requests; two with a comma between them while one replaces the other
}

// SlackApp is an app with its bot token for each workspace that it is in.
type SlackApp struct {
	Token          Secret // for Socket Mode; empty without
	SigningSecrets []Secret
	BotTokens      []Secret
}

// Apps are the workspaces by app: an app has one app token, and without one it
// has its own signing secrets.
func (s Slack) Apps() []SlackApp {
	var apps []SlackApp
	for _, w := range append([]Workspace{s.Workspace}, s.More...) {
		if w.BotToken == "" {
			continue
		}
		signing := w.signingSecrets()
		i := slices.IndexFunc(apps, func(a SlackApp) bool {
			return a.Token == w.AppToken &&
				(a.Token != "" || slices.ContainsFunc(signing, func(s Secret) bool { return slices.Contains(a.SigningSecrets, s) }))
		})
		if i < 0 {
			i = len(apps)
			apps = append(apps, SlackApp{Token: w.AppToken})
		}
		for _, s := range signing {
			if !slices.Contains(apps[i].SigningSecrets, s) {
				apps[i].SigningSecrets = append(apps[i].SigningSecrets, s)
			}
		}
		apps[i].BotTokens = append(apps[i].BotTokens, w.BotToken)
	}
	return apps
}

func (w Workspace) signingSecrets() []Secret {
	var list []Secret
	for one := range strings.SplitSeq(string(w.SigningSecret), ",") {
		if one != "" {
			list = append(list, Secret(one))
		}
	}
	return list
}

// Circle is the Kansencirkel as the region names its parts.
type Circle struct {
	Name     string // at most 24 bytes
	Source   string
	Elements []Element // 6 to 10
}

// Element is one part of a Circle. Key is kept in the store and so must stay
// the same; the other two may change.
type Element struct {
	Key      string
	Label    string
	Question string
}

// HasPlatform reports whether a platform is set; without one there is only the
// practice room.
func (c Config) HasPlatform() bool { return c.HasMattermost() || c.HasSlack() }

// HasMattermost and HasSlack report whether that platform is set; both may be.
func (c Config) HasMattermost() bool { return c.Mattermost.URL != "" }
func (c Config) HasSlack() bool      { return c.Slack.BotToken != "" }

// Warnings are for the administrator to know, in Dutch; none is a mistake.
func (c Config) Warnings() []string {
	var list []string
	for _, s := range []struct{ key, value string }{{"public_url", c.PublicURL}, {"mattermost.url", c.Mattermost.URL}, {"slack.api_url", c.Slack.APIURL}} {
		u, err := url.Parse(s.value)
		if err == nil && u.Scheme == "http" && !Loopback(u.Hostname()) {
			list = append(list, s.key+": http zonder TLS; wie op het netwerk meeleest, leest tokens en tekst mee. Gebruik https.")
		}
	}
	return list
}

// Loopback reports whether host is an address that only this machine reaches.
func Loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Secret never shows: not in a log, an error, JSON or YAML, whatever the verb.
// string(s) is the only way to it. It must not sit in an unexported field of a
// struct that gets printed: fmt calls no methods there.
type Secret string

const hidden = "***"

func (Secret) String() string               { return hidden }
func (Secret) GoString() string             { return hidden }
func (Secret) Format(w fmt.State, _ rune)   { io.WriteString(w, hidden) }
func (Secret) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
func (Secret) MarshalYAML() (any, error)    { return hidden, nil }
