package slack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

// appName is what people see and mention: @Kansbot.
const appName = "Kansbot"

// pickPrefix begins the callback id of a message shortcut; the command that is
// given about the message follows.
const pickPrefix = "pick:"

// scope is a right of the bot, and why it is asked, in Dutch, for who must
// approve it.
type scope struct{ name, reason string }

// botScopes are all that the bot may do. Each is needed by a method that we call
// or an event that we get: see https://docs.slack.dev/reference/scopes.
var botScopes = []scope{
	{"commands", "om de opdrachten te krijgen die mensen typen, zoals /signaal"},
	{"chat:write", "om berichten te plaatsen en bij te werken in kanalen waar de bot in zit"},
	{"im:write", "om iemand een bericht te sturen dat alleen diegene ziet"},
	{"im:history", "om te merken dat iemand de bot een bericht stuurt"},
	{"users:read", "om een lid met naam te noemen; zonder mailadressen"},
	{"channels:read", "om te weten wie er in het kanaal van een kernteam zit"},
	{"groups:read", "net zo, voor een besloten kanaal"},
	{"channels:history", "om na een storing te zien of een eigen bericht er al staat"},
	{"groups:history", "net zo, voor een besloten kanaal"},
}

// botEvents are what Slack tells us of itself. There is no message.channels:
// what people say among themselves is not ours to read. There is a user_change,
// though it also comes when somebody sets a status: no channel tells that an
// account in it was closed.
var botEvents = []string{
	"app_home_opened",
	"message.im",
	"member_joined_channel",
	"member_left_channel",
	"channel_left", // the bot was removed; group_ is the same for a private channel
	"group_left",
	"channel_archive",
	"group_archive",
	"channel_unarchive",
	"group_unarchive",
	"channel_deleted",
	"group_deleted",
	"channel_id_changed",
	"user_change",
	"app_uninstalled",
	"tokens_revoked",
}

// Manifest is the app for these commands, as Slack must know it. Slack reaches
// us at publicURL, or over Socket Mode when that is empty.
func Manifest(usages []chat.Usage, publicURL string) slack.Manifest {
	publicURL = strings.TrimRight(publicURL, "/")
	at := func(path string) string {
		if publicURL == "" {
			return ""
		}
		return publicURL + path
	}
	m := slack.Manifest{
		Metadata: slack.ManifestMetadata{MajorVersion: 1, MinorVersion: 1},
		Display: slack.Display{
			Name:            appName,
			Description:     "Houdt de draad vast van een kernteam rond een school: van signaal, via het Kans!overleg, naar afspraak.",
			BackgroundColor: "#1d3557",
		},
		Features: slack.Features{
			AppHome: slack.AppHome{HomeTabEnabled: true, MessagesTabEnabled: true},
			BotUser: slack.BotUser{DisplayName: appName, AlwaysOnline: true},
		},
		Settings: slack.Settings{
			EventSubscriptions: &slack.EventSubscriptions{RequestUrl: at(eventPath), BotEvents: botEvents},
			Interactivity:      &slack.Interactivity{IsEnabled: true, RequestUrl: at(interactivePath), MessageMenuOptionsUrl: at(optionsPath)},
			SocketModeEnabled:  publicURL == "",
		},
	}
	for _, s := range botScopes {
		m.OAuthConfig.Scopes.Bot = append(m.OAuthConfig.Scopes.Bot, s.name)
	}
	for _, u := range usages {
		about := u.About
		if len(u.Verbs) > 0 {
			words := make([]string, len(u.Verbs))
			for i, v := range u.Verbs {
				words[i] = v.Word
			}
			about += " Ook: " + strings.Join(words, ", ") + "."
		}
		m.Features.SlashCommands = append(m.Features.SlashCommands, slack.ManifestSlashCommand{
			Command: "/" + u.Command, Description: upTo(about, 2000), UsageHint: upTo(u.Hint, 1000), Url: at(commandPath),
			ShouldEscape: true, // else a mention comes in as @name, which nobody can look up
		})
		if u.Pick != "" {
			m.Features.Shortcuts = append(m.Features.Shortcuts, slack.Shortcut{
				Type: slack.MessageShortcut, Name: u.Pick, CallbackID: pickPrefix + u.Command, Description: upTo(u.About, 150),
			})
		}
	}
	return m
}

// upTo is s, cut off at a number of bytes, between characters.
func upTo(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// ManifestJSON and ManifestYAML write a manifest as one pastes it in Slack: both
// say the same, and always in the same way.
func ManifestJSON(m slack.Manifest) []byte {
	// The client library leaves out what is false. Here false must be said: or
	// nobody can write to the bot.
	var said struct {
		slack.Manifest
		Features struct {
			slack.Features
			AppHome struct {
				slack.AppHome
				ReadOnly bool `json:"messages_tab_read_only_enabled"`
			} `json:"app_home"`
		} `json:"features"`
	}
	said.Manifest, said.Features.Features, said.Features.AppHome.AppHome = m, m.Features, m.Features.AppHome
	said.Features.AppHome.ReadOnly = m.Features.AppHome.MessagesTabReadOnlyEnabled
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(said); err != nil {
		panic(err) // a struct of strings
	}
	return b.Bytes()
}

func ManifestYAML(m slack.Manifest) []byte {
	text, err := yaml.JSONToYAML(ManifestJSON(m))
	if err != nil {
		panic(err) // what was just written
	}
	return text
}

// ManifestDigest tells one manifest from another.
func ManifestDigest(m slack.Manifest) string {
	sum := sha256.Sum256(ManifestJSON(m))
	return hex.EncodeToString(sum[:6])
}
