package slacktest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"
)

// App is one Slack app. Its manifest says what it has: commands and shortcuts,
// tabs, events, scopes, Socket Mode and addresses.
type App struct {
	ID    string
	Token string // app-level, with connections:write

	slack    *Slack
	manifest slack.Manifest
	secret   string // signs its requests
	socket   bool   // Socket Mode is on
	base     string // address of the app; empty when it was given none
	conns    []*conn
	turn     int // which connection gets the next envelope
	pending  map[string]chan []byte
}

// App makes an app. Its addresses are not those of the manifest: see UseHTTP.
func (s *Slack) App(m slack.Manifest) *App {
	defer s.change()()
	a := &App{ID: s.id("A"), slack: s, manifest: m, secret: s.secret(), socket: m.Settings.SocketModeEnabled, pending: map[string]chan []byte{}}
	a.Token = fmt.Sprintf("xapp-1-%s-%d-%s", a.ID, s.made, s.secret())
	s.tokens[a.Token] = &grant{app: a}
	s.apps = append(s.apps, a)
	return a
}

// Manifest is an app with these commands ("/signaal"), a message shortcut
// "message", both tabs, and all scopes and events that the imitation knows. It
// uses Socket Mode.
func Manifest(commands ...string) slack.Manifest {
	m := slack.Manifest{Display: slack.Display{Name: "Kansbot"}}
	m.Features.BotUser = slack.BotUser{DisplayName: "Kansbot", AlwaysOnline: true}
	m.Features.AppHome = slack.AppHome{HomeTabEnabled: true, MessagesTabEnabled: true}
	m.Features.Shortcuts = []slack.Shortcut{{Name: "Message", CallbackID: "message", Type: slack.MessageShortcut}}
	for _, c := range commands {
		m.Features.SlashCommands = append(m.Features.SlashCommands, slack.ManifestSlashCommand{Command: c, Description: c, ShouldEscape: true})
	}
	m.OAuthConfig.Scopes.Bot = []string{"commands", "chat:write", "users:read", "team:read", "im:write", "channels:join",
		"channels:read", "groups:read", "im:read", "channels:history", "groups:history", "im:history", "app_mentions:read"}
	m.Settings.SocketModeEnabled = true
	m.Settings.Interactivity = &slack.Interactivity{IsEnabled: true}
	m.Settings.EventSubscriptions = &slack.EventSubscriptions{BotEvents: []string{"app_home_opened", "app_mention", "app_uninstalled", "channel_archive",
		"channel_left", "group_archive", "group_left", "member_joined_channel", "member_left_channel", "message.im",
		"tokens_revoked", "user_change"}}
	return m
}

// Bot is an app in a workspace.
type Bot struct {
	ID        string // B...
	UserID    string
	Token     string
	App       *App
	Workspace *Workspace

	scopes []string
	gone   bool // uninstalled
}

// Install puts the app in a workspace; without scopes it gets those of its
// manifest. Once it is there already, its bot gets new scopes, and a new token
// if the old one works no more.
func (a *App) Install(w *Workspace, scopes ...string) *Bot {
	defer a.slack.change()()
	if len(scopes) == 0 {
		scopes = a.manifest.OAuthConfig.Scopes.Bot
	}
	i := slices.IndexFunc(w.bots, func(b *Bot) bool { return b.App == a })
	if i < 0 {
		i = len(w.bots)
		w.bots = append(w.bots, &Bot{ID: a.slack.id("B"), UserID: a.slack.id("U"), App: a, Workspace: w})
	}
	b := w.bots[i]
	b.scopes, b.gone = scopes, false
	if g := a.slack.tokens[b.Token]; g == nil || g.code != "" {
		b.Token = fmt.Sprintf("xoxb-%d-%d-%s", a.slack.made, w.created, a.slack.secret())
		a.slack.tokens[b.Token] = &grant{app: a, bot: b}
	}
	return b
}

// Revoke ends the bot's token.
func (b *Bot) Revoke() {
	defer b.App.slack.change()()
	b.App.slack.tokens[b.Token].code = "token_revoked"
	b.hear("", object{"type": "tokens_revoked", "tokens": object{"oauth": []string{}, "bot": []string{b.UserID}}})
}

// Uninstall takes the app out of the workspace.
func (b *Bot) Uninstall() {
	defer b.App.slack.change()()
	b.App.slack.tokens[b.Token].code = "account_inactive"
	b.hear("", object{"type": "app_uninstalled"})
	b.hear("", object{"type": "tokens_revoked", "tokens": object{"oauth": []string{}, "bot": []string{b.UserID}}})
	b.gone = true
}

// RevokeToken ends the app-level token: no new connection opens.
func (a *App) RevokeToken() {
	defer a.slack.change()()
	delete(a.slack.tokens, a.Token)
}

// Secret is the signing secret.
func (a *App) Secret() string {
	a.slack.mu.Lock()
	defer a.slack.mu.Unlock()
	return a.secret
}

// RotateSecret replaces the signing secret, and signs with the new one from
// now on.
func (a *App) RotateSecret() string {
	defer a.slack.change()()
	a.secret = a.slack.secret()
	return a.secret
}

// What follows wants the lock held.

// handle is what people type after the @ for the bot.
func (b *Bot) handle() string {
	return strings.ToLower(strings.ReplaceAll(b.App.manifest.Features.BotUser.DisplayName, " ", ""))
}

// eventScopes are what an event needs beside its subscription, by its type; of
// those of a channel, the kind of channel goes before it.
var eventScopes = map[string]string{
	"app_mention": "app_mentions:read", "user_change": "users:read", "message": ":history",
	"channel_archive": ":read", "channel_left": ":read", "group_archive": ":read", "group_left": ":read",
	"member_joined_channel": ":read", "member_left_channel": ":read",
}

// hear sends an event in a channel of that kind to the bot's app, if the app
// subscribed to it and the bot has the scope.
func (b *Bot) hear(kind string, event object) {
	subscribed, happened := b.App.manifest.Settings.EventSubscriptions, event["type"].(string)
	scope, name := eventScopes[happened], happened
	if strings.HasPrefix(scope, ":") {
		scope = kind + scope
	}
	if happened == "message" {
		name = "message." + kind
	}
	if b.App.slack.life.Err() != nil || b.gone || subscribed == nil || !slices.Contains(subscribed.BotEvents, name) || scope != "" && !slices.Contains(b.scopes, scope) {
		return
	}
	s := b.App.slack
	sent := object{}
	for k, v := range event {
		sent[k] = v
	}
	sent["event_ts"] = s.timestamp()
	s.waiting++
	s.work.Add(1)
	go b.App.deliver(object{
		"token": "verification", "team_id": b.Workspace.ID, "context_team_id": b.Workspace.ID, "context_enterprise_id": nil, "api_app_id": b.App.ID,
		"event": sent, "type": "event_callback", "event_id": s.id("Ev"), "event_time": s.last / 1e6, "event_context": s.secret(), "is_ext_shared_channel": false,
		"authorizations": []object{{"enterprise_id": nil, "team_id": b.Workspace.ID, "user_id": b.UserID, "is_bot": true, "is_enterprise_install": false}},
	})
}
