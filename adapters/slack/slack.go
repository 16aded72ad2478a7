// Package slack lets Kansbot live in Slack workspaces: commands, forms, buttons
// and news come in over Socket Mode or over signed HTTP requests, and posts go
// out through the Web API, as a bot user.
//
// What comes in over either way is Slack's own word: of a request over HTTP by
// its signature, of an envelope by the connection that we opened. Both go down
// one path once their bytes are decoded.
package slack

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"kansbot/internal/cache"
	"kansbot/internal/chat"
)

// Name is the Platform value of this adapter's events and addresses. Their
// Workspace is the id of Slack's team.
const Name = "slack"

// DefaultAPIURL is where Slack itself is.
const DefaultAPIURL = "https://slack.com/api/"

// Settings are what it takes to run in one or more workspaces.
type Settings struct {
	APIURL string // empty for DefaultAPIURL
	Apps   []App
	Pace   Pace // zero for what Slack allows
}

// App is one Slack app, as an organisation makes it for itself.
type App struct {
	Token          string   // xapp-..., for Socket Mode; empty: over HTTP only
	SigningSecrets []string // prove a request over HTTP; two while one replaces the other, none: Socket Mode only
	BotTokens      []string // xoxb-..., one for each workspace that it is installed in
}

// String keeps the secrets out of what is printed by accident.
func (s Settings) String() string { return fmt.Sprintf("slack with %d apps", len(s.Apps)) }

// String keeps the secrets out of what is printed by accident.
func (s App) String() string { return fmt.Sprintf("app in %d workspaces", len(s.BotTokens)) }

// Adapter is a chat.Platform in Slack workspaces.
type Adapter struct {
	now      func() time.Time
	log      *slog.Logger
	patience time.Duration // before the second try of what failed; then twice that, up to a minute
	prompt   time.Duration // how long an acknowledgement, due within 3 s, waits for what it can carry
	apiURL   string
	client   *http.Client
	apps     []*app
	handler  atomic.Pointer[chat.Handler] // nil when Receive does not run
	seats    chan struct{}                // taken by what came in and is not done yet
	replays  replays
	hooks    hooks
	warned   cache.Cache[struct{}] // what was logged already

	mu    sync.RWMutex
	teams map[string]*workspace // those whose token has told which one it is for, by team id
}

var _ chat.Platform = (*Adapter)(nil)

// app is one app with the workspaces that it is in.
type app struct {
	App
	workspaces []*workspace
	sockets    sockets
	refused    atomic.Pointer[time.Time] // the last wrong signature since a right one
}

// workspace is one installation of an app.
type workspace struct {
	app  *app
	api  *slack.Client
	pace *pacer
	self atomic.Pointer[self]
	shut atomic.Bool // self is unknown, and stays so until somebody mends the token
	news *news

	users    cache.Cache[account]  // by user id
	unknown  atomic.Int32          // accounts that had to be looked up in the background
	directs  cache.Cache[string]   // the direct channel with the bot, by user id
	rosters  cache.Cache[[]string] // ids of who is in it, the bot and strangers included, by channel id
	searches cache.Cache[string]   // the cursor to go on from, by method and key of what is looked for
}

// self is what a bot token says of itself.
type self struct {
	team, teamName string
	user, bot      string // our user id, and our bot id, which our messages carry
}

// requestTimeout is for one request to Slack, the answer included.
const requestTimeout = 30 * time.Second

// New makes an adapter. It asks Slack nothing yet, so it fails on unusable
// settings only, and names no secret when it does.
func New(s Settings, now func() time.Time, log *slog.Logger) (*Adapter, error) {
	a := &Adapter{
		now: now, log: log.With("platform", Name), patience: time.Second, prompt: 1500 * time.Millisecond,
		teams: make(map[string]*workspace), seats: make(chan struct{}, seats),
	}
	var err error
	if a.apiURL, err = baseURL(s.APIURL); err != nil {
		return nil, fmt.Errorf("slack: address of the API: %w", err)
	}
	if len(s.Apps) == 0 {
		return nil, errors.New("slack: no app")
	}
	a.client = client(transport())
	for _, settings := range s.Apps {
		if err := settings.usable(); err != nil {
			return nil, err
		}
		one := &app{App: settings, sockets: sockets{since: now()}}
		for _, token := range settings.BotTokens {
			one.workspaces = append(one.workspaces, &workspace{
				app: one, pace: newPacer(s.Pace), news: newNews(now()),
				api: slack.New(token, slack.OptionAPIURL(a.apiURL), slack.OptionHTTPClient(a.client), slack.OptionAppLevelToken(settings.Token)),
			})
		}
		a.apps = append(a.apps, one)
	}
	return a, nil
}

// client follows no redirects, which would turn a POST into a GET. Without a
// transport it has that of the standard library.
func client(t http.RoundTripper) *http.Client {
	return &http.Client{
		Timeout:       requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     t,
	}
}

// transport keeps enough connections open for a morning's reminders.
func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.MaxIdleConns = 256, 256
	return t
}

func (s App) usable() error {
	if s.Token == "" && len(s.SigningSecrets) == 0 {
		return errors.New("slack: an app needs an app token or a signing secret")
	}
	if s.Token != "" && !strings.HasPrefix(s.Token, "xapp-") {
		return errors.New("slack: an app token begins with xapp-")
	}
	if len(s.BotTokens) == 0 {
		return errors.New("slack: an app needs a bot token")
	}
	for _, token := range s.BotTokens {
		if !strings.HasPrefix(token, "xoxb-") {
			return errors.New("slack: a bot token begins with xoxb-")
		}
	}
	return nil
}

// Name implements chat.Platform.
func (a *Adapter) Name() string { return Name }

// baseURL is an http(s) address with the slash at its end that the client
// library needs.
func baseURL(s string) (string, error) {
	if s == "" {
		return DefaultAPIURL, nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return "", errors.New("not an address")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("must look like " + DefaultAPIURL)
	}
	return strings.TrimRight(s, "/") + "/", nil
}

// warn logs something, unless it did after since.
func (a *Adapter) warn(since time.Time, what string, args ...any) {
	key := fmt.Sprint(append([]any{what}, args...)...)
	if _, said := a.warned.Get(key, since); said {
		return
	}
	a.warned.Put(key, struct{}{}, a.now())
	a.log.Warn(what, args...)
}

// workspace finds an installation by its team id.
func (a *Adapter) workspace(team string) (*workspace, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	w, found := a.teams[team]
	return w, found
}
