// Package mattermost lets Kansbot live on a Mattermost server: slash commands,
// forms and buttons come in over HTTP, the channels' news over a WebSocket, and
// posts go out through the API, as a bot account.
//
// Nothing that Mattermost sends over HTTP is signed. A command carries a token
// of its own; for presses and forms the address holds a secret, and the API is
// asked whether that person is in that channel. That the post or the form is
// one of ours is for the core to see, in its own record.
package mattermost

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/internal/cache"
	"kansbot/internal/chat"
)

// Name is the Platform value of this adapter's events and addresses.
const Name = "mattermost"

// Settings are what it takes to run on one server, for the commands of one
// team. Setup makes them. Only the addresses may be seen.
type Settings struct {
	URL           string            // where we reach the server
	PublicURL     string            // where the server reaches us
	Token         string            // of the bot account
	CommandTokens map[string]string // by command, without slash
	ActionSecret  string            // in the address of presses, which no user gets to see
	DialogSecret  string            // in the address of forms, which whoever opens one can see
}

// String keeps the secrets out of what is printed by accident.
func (s Settings) String() string { return "mattermost at " + s.URL }

// Adapter is a chat.Platform on a Mattermost server.
type Adapter struct {
	settings Settings
	now      func() time.Time
	log      *slog.Logger
	patience time.Duration // before the second try of what failed; then twice that, up to a minute
	api      *model.Client4
	handler  atomic.Pointer[chat.Handler] // nil when Receive does not run
	bot      atomic.Pointer[model.User]   // our own account, once known
	version  atomic.Pointer[string]

	users    cache.Cache[*model.User] // by user id
	directs  cache.Cache[string]      // the direct channel with the bot, by user id
	channels cache.Cache[string]      // channel name when it is a direct one, else empty, by channel id

	hooks  hooks
	health health
}

var _ chat.Platform = (*Adapter)(nil)

// New makes an adapter. It asks the server nothing yet, so it fails on unusable
// settings only, and names no secret when it does.
func New(s Settings, now func() time.Time, log *slog.Logger) (*Adapter, error) {
	var err error
	if s.URL, err = baseURL(s.URL); err != nil {
		return nil, fmt.Errorf("mattermost: address of the server: %w", err)
	}
	if s.PublicURL, err = baseURL(s.PublicURL); err != nil {
		return nil, fmt.Errorf("mattermost: our public address: %w", err)
	}
	switch {
	case s.Token == "":
		return nil, errors.New("mattermost: no token")
	case len(s.CommandTokens) == 0:
		return nil, errors.New("mattermost: no command tokens")
	case len(s.ActionSecret) < 32 || len(s.DialogSecret) < 32:
		return nil, errors.New("mattermost: action and dialog secret must be 32 characters or more")
	case s.ActionSecret == s.DialogSecret:
		return nil, errors.New("mattermost: action and dialog secret must differ")
	}
	for command, token := range s.CommandTokens {
		if token == "" {
			return nil, fmt.Errorf("mattermost: command %q has no token", command)
		}
	}
	a := &Adapter{settings: s, now: now, log: log.With("platform", Name), patience: time.Second, api: client(s.URL, s.Token)}
	a.health.since = now()
	return a, nil
}

// Name implements chat.Platform.
func (a *Adapter) Name() string { return Name }

func (a *Adapter) actionURL() string {
	return a.settings.PublicURL + actionPath + a.settings.ActionSecret
}
func (a *Adapter) dialogURL() string {
	return a.settings.PublicURL + dialogPath + a.settings.DialogSecret
}

// requestTimeout is for one request to the server, the answer included.
const requestTimeout = 30 * time.Second

// client is the API with our limits. It follows no redirects, which would turn
// a POST into a GET.
func client(server, token string) *model.Client4 {
	c := model.NewAPIv4Client(server)
	c.HTTPClient = &http.Client{
		Timeout:       requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.SetToken(token)
	return c
}

// baseURL is an http(s) address without a slash at its end.
func baseURL(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil {
		return "", errors.New("not an address")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("must look like https://chat.example.org")
	}
	return strings.TrimRight(s, "/"), nil
}

// fault is a request that failed. It names no address, token or content.
type fault struct {
	status int           // 0: no answer came
	id     string        // Mattermost's name of the error; empty when the answer was not Mattermost's
	after  time.Duration // asked for by the server
	cause  error         // when there was no answer, or none that could be read
}

func (f *fault) Error() string {
	switch {
	case f.status == 0:
		return fmt.Sprintf("mattermost: no answer: %v", f.cause)
	case f.id != "":
		return fmt.Sprintf("mattermost: status %d, %s", f.status, f.id)
	case f.cause != nil:
		return fmt.Sprintf("mattermost: status %d: %v", f.status, f.cause)
	}
	return fmt.Sprintf("mattermost: status %d", f.status)
}

func (f *fault) Unwrap() error { return f.cause }

var errorID = regexp.MustCompile(`^[A-Za-z0-9_.]{1,150}$`)

// checked turns what the client library returns into nil or a *fault.
func checked(resp *model.Response, err error) error {
	if err == nil {
		return nil
	}
	f := &fault{cause: err}
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		f.cause = wrapped.Err // without the address
	}
	if resp == nil {
		return f
	}
	f.status = resp.StatusCode
	f.after = retryAfter(resp.Header)
	if told := (*model.AppError)(nil); errors.As(err, &told) && errorID.MatchString(told.Id) {
		f.id = told.Id
	}
	if f.status >= 300 {
		f.cause = nil // it quotes the answer
	}
	return f
}

// retryAfter reads the header in its form of seconds, the only one that
// Mattermost uses; 0 without it.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}

func status(err error) int {
	if f := (*fault)(nil); errors.As(err, &f) {
		return f.status
	}
	return 0
}

// absent says that Mattermost itself, not something in front of it, knows of no
// such thing or does not let us see it.
func absent(err error) bool {
	f := (*fault)(nil)
	return errors.As(err, &f) && f.id != "" && (f.status == http.StatusNotFound || f.status == http.StatusForbidden)
}

// me is our own account. It asks the server until that has worked once.
func (a *Adapter) me(ctx context.Context) (*model.User, error) {
	if u := a.bot.Load(); u != nil {
		return u, nil
	}
	return a.askMe(ctx)
}

func (a *Adapter) askMe(ctx context.Context) (*model.User, error) {
	u, resp, err := a.api.GetMe(ctx, "")
	if err := checked(resp, err); err != nil {
		return nil, err
	}
	a.bot.Store(u)
	a.version.Store(&resp.ServerVersion)
	return u, nil
}

// recent says whether the server knows lists with more than one choice and
// forms that follow a form: since version 11.
func (a *Adapter) recent() bool {
	v := a.version.Load()
	if v == nil {
		return false
	}
	major, _, _ := strings.Cut(*v, ".")
	n, err := strconv.Atoi(major)
	return err == nil && n >= 11
}

const userFresh = 10 * time.Minute

// user is somebody's account, at most userFresh old.
func (a *Adapter) user(ctx context.Context, id string) (*model.User, error) {
	if u, ok := a.users.Get(id, a.now().Add(-userFresh)); ok {
		return u, nil
	}
	u, resp, err := a.api.GetUser(ctx, id, "")
	if err := checked(resp, err); err != nil {
		return nil, err
	}
	a.users.Put(id, u, a.now())
	return u, nil
}

// person is somebody with what can be known of them within two seconds, and
// their language. Somebody unknown is called by their handle.
func (a *Adapter) person(ctx context.Context, id, handle string) (p chat.Person, locale string) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	u, err := a.user(ctx, id)
	if err != nil {
		a.log.Warn("account not looked up", "user", id, "err", err)
		return chat.Person{ID: id, Handle: handle, Name: handle}, ""
	}
	return personOf(u), u.Locale
}

func personOf(u *model.User) chat.Person {
	name := strings.TrimSpace(u.FirstName + " " + u.LastName)
	if name == "" {
		name = u.Nickname
	}
	if name == "" {
		name = u.Username
	}
	return chat.Person{ID: u.Id, Handle: u.Username, Name: name}
}

// direct is the channel between the bot and one person, made when need be.
func (a *Adapter) direct(ctx context.Context, user string) (string, error) {
	if id, ok := a.directs.Get(user, time.Time{}); ok {
		return id, nil
	}
	me, err := a.me(ctx)
	if err != nil {
		return "", err
	}
	c, resp, err := a.api.CreateDirectChannel(ctx, me.Id, user)
	if err := checked(resp, err); err != nil {
		return "", err
	}
	a.directs.Put(user, c.Id, a.now())
	return c.Id, nil
}

// Health is the state of the connection that brings the channels' news.
type Health struct {
	Connected bool
	Since     time.Time // when that became so
	Err       string    // why there is no connection
	Version   string    // of the server; empty when it was never reached
	Lost      []string  // channels that the bot was removed from, or that were archived, since the start
}

// Health says how it goes. Err is fit for a log.
func (a *Adapter) Health() Health {
	a.health.Lock()
	defer a.health.Unlock()
	h := Health{Connected: a.health.connected, Since: a.health.since, Err: a.health.err, Lost: slices.Clone(a.health.lost)}
	if v := a.version.Load(); v != nil {
		h.Version = shortVersion(*v)
	}
	return h
}

// shortVersion leaves "11.1.0" of "11.1.0.11.1.0.0123abc.false".
func shortVersion(v string) string {
	parts := strings.SplitN(v, ".", 4)
	return strings.Join(parts[:min(3, len(parts))], ".")
}

type health struct {
	sync.Mutex
	connected bool
	since     time.Time
	err       string
	lost      []string
}

func (h *health) set(connected bool, err error, now time.Time) {
	h.Lock()
	defer h.Unlock()
	if h.connected != connected {
		h.connected, h.since = connected, now
	}
	h.err = ""
	if err != nil {
		h.err = err.Error()
	}
}
