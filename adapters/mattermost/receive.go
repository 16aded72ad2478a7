package mattermost

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/internal/chat"
)

// Paths that the server calls; a secret follows the second and the third.
const (
	routes      = "/mattermost/"
	commandPath = routes + "command"
	actionPath  = routes + "action/"
	dialogPath  = routes + "dialog/"
)

const maxBody = 64 << 10

// handleTime is what the handler gets: the server gives up after 30 seconds.
const handleTime = 25 * time.Second

// Routes mounts what the server calls. Until Receive runs, it answers 503.
//
// The addresses hold secrets: a log of requests may name the route
// (http.Request.Pattern), never the path.
func (a *Adapter) Routes(mux *http.ServeMux) {
	mux.HandleFunc(routes, a.serve)
}

// Whatever is wrong with a request, who sent it learns a status and no more.
// Once a request is the server's own, its user gets an answer of status 200 in
// any case: Mattermost shows people nothing of another one.
func (a *Adapter) serve(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	// What the handler began is finished, also when the server hangs up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), handleTime)
	defer cancel()
	var answer any
	refused := http.StatusNotFound
	if path := r.URL.Path; r.Method == http.MethodPost {
		if path == commandPath {
			answer, refused = a.command(ctx, r)
		} else if secret, ok := strings.CutPrefix(path, actionPath); ok && same(secret, a.settings.ActionSecret) {
			answer, refused = a.action(ctx, r)
		} else if secret, ok := strings.CutPrefix(path, dialogPath); ok && same(secret, a.settings.DialogSecret) {
			answer, refused = a.dialog(ctx, r)
		}
	}
	if refused != 0 {
		a.log.Debug("request refused", "status", refused)
		w.WriteHeader(refused)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(answer)
}

// same compares in a time that tells nothing of the secret.
func same(given, secret string) bool {
	x, y := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// body reads a request of one content type; a status other than 0 refuses it.
func body(r *http.Request, contentType string) ([]byte, int) {
	if given, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); given != contentType {
		return nil, http.StatusUnsupportedMediaType
	}
	data, err := io.ReadAll(r.Body)
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return nil, http.StatusBadRequest
	}
	return data, 0
}

// whisper is an answer that only the asker sees. It carries neither buttons nor
// attachments: the asker's client gets to see all that those hold.
type whisper struct {
	ResponseType     string `json:"response_type,omitempty"`
	Text             string `json:"text,omitempty"`
	EphemeralText    string `json:"ephemeral_text,omitempty"`
	SkipSlackParsing bool   `json:"skip_slack_parsing,omitempty"`
}

// command takes a slash command. The server vouches for its fields, the user's
// right to write in the channel included, with the token of that very command.
func (a *Adapter) command(ctx context.Context, r *http.Request) (any, int) {
	data, refused := body(r, "application/x-www-form-urlencoded")
	if refused != 0 {
		return nil, refused
	}
	form, err := url.ParseQuery(string(data))
	if err != nil {
		return nil, http.StatusBadRequest
	}
	name := strings.ToLower(strings.TrimPrefix(form.Get("command"), "/"))
	token, known := a.settings.CommandTokens[name]
	inHeader := same(r.Header.Get("Authorization"), "Token "+token)
	inForm := same(form.Get("token"), token)
	if !known || !inHeader || !inForm {
		return nil, http.StatusUnauthorized
	}
	user, channel, trigger := form.Get("user_id"), form.Get("channel_id"), form.Get("trigger_id")
	if !isID(user) || !isID(channel) {
		return nil, http.StatusBadRequest
	}
	if a.handler.Load() == nil {
		return nil, http.StatusServiceUnavailable
	}
	who, locale := a.person(ctx, user, form.Get("user_name"))
	say := phrasesFor(locale)
	me, err := a.me(ctx)
	if err != nil {
		a.log.Error("command not handled: own account unknown", "err", err)
		return whisper{ResponseType: "ephemeral", Text: say.failed}, 0
	}
	if form.Get("channel_name") == model.GetDMNameFromIds(user, me.Id) {
		channel = ""
	}
	reply := a.ask(ctx, chat.Event{
		ID: chat.EventIDOf("command", trigger), Channel: channel, User: who, Locale: locale,
		Act: chat.Typed{Command: name, Text: form.Get("text"), Mentions: mentions(form)},
	})
	text := a.reply(ctx, reply, trigger, say)
	if reply.Form != nil {
		a.hooks.keep(reply.Form.ID, form.Get("response_url"), a.now())
	}
	if text == "" {
		return whisper{}, 0
	}
	return whisper{ResponseType: "ephemeral", Text: text, SkipSlackParsing: true}, 0
}

// mentions pairs the names that the server found in the text with their ids.
func mentions(form url.Values) map[string]string {
	names, ids := form["user_mentions"], form["user_mentions_ids"]
	if len(names) != len(ids) {
		return nil
	}
	found := make(map[string]string, len(names))
	for i, name := range names {
		if isID(ids[i]) {
			found[strings.ToLower(strings.TrimPrefix(name, "@"))] = ids[i]
		}
	}
	return found
}

// action takes a press on a button.
func (a *Adapter) action(ctx context.Context, r *http.Request) (any, int) {
	var press model.PostActionIntegrationRequest
	if refused := decode(r, &press); refused != 0 {
		return nil, refused
	}
	do, _ := press.Context["do"].(string)
	if !isID(press.UserId) || !isID(press.ChannelId) || !isID(press.PostId) || do == "" {
		return nil, http.StatusBadRequest
	}
	if a.handler.Load() == nil {
		return nil, http.StatusServiceUnavailable
	}
	who, locale := a.person(ctx, press.UserId, press.UserName)
	say := phrasesFor(locale)
	channel, err := a.place(ctx, press.ChannelId, press.UserId)
	if err != nil {
		return whisper{EphemeralText: a.notThere(err, say), SkipSlackParsing: true}, 0
	}
	reply := a.ask(ctx, chat.Event{
		ID: chat.EventIDOf("press", press.TriggerId), Channel: channel, User: who, Locale: locale,
		Act: chat.Pressed{Post: chat.PostID(press.PostId), Do: do},
	})
	text := a.reply(ctx, reply, press.TriggerId, say)
	return whisper{EphemeralText: text, SkipSlackParsing: text != ""}, 0
}

func decode(r *http.Request, into any) int {
	data, refused := body(r, "application/json")
	if refused == 0 && json.Unmarshal(data, into) != nil {
		refused = http.StatusBadRequest
	}
	return refused
}

// place checks that somebody is in a channel, now, and gives its name in an
// event: empty for their direct channel with the bot. The error is absent where
// they are not.
func (a *Adapter) place(ctx context.Context, channel, user string) (string, error) {
	_, resp, err := a.api.GetChannelMember(ctx, channel, user, "")
	if err := checked(resp, err); err != nil {
		return "", err
	}
	direct, ok := a.channels.Get(channel, time.Time{})
	if !ok {
		c, resp, err := a.api.GetChannel(ctx, channel)
		if err := checked(resp, err); err != nil {
			return "", err
		}
		if c.Type == model.ChannelTypeDirect {
			direct = c.Name
		}
		a.channels.Put(channel, direct, a.now())
	}
	me, err := a.me(ctx)
	if err != nil {
		return "", err
	}
	if direct == model.GetDMNameFromIds(user, me.Id) {
		return "", nil
	}
	return channel, nil
}

func (a *Adapter) notThere(err error, say phrases) string {
	if absent(err) {
		return say.stranger
	}
	a.log.Error("membership not checked", "err", err)
	return say.failed
}

// ask hands an event to the core. A core that panics has said that it failed.
func (a *Adapter) ask(ctx context.Context, e chat.Event) (reply chat.Reply) {
	e.Platform = Name
	defer func() {
		if p := recover(); p != nil {
			// Its text may quote what somebody typed.
			a.log.Error("handler panicked", "event", e.ID, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			reply = chat.Reply{Body: chat.Message{{Kind: chat.Text, Text: []chat.Span{{Text: phrasesFor(e.Locale).failed}}}}}
		}
	}()
	handle := a.handler.Load()
	if handle == nil {
		return chat.Reply{}
	}
	return (*handle)(ctx, e)
}

// reply opens the reply's form, if any, and gives the text to show.
func (a *Adapter) reply(ctx context.Context, reply chat.Reply, trigger string, say phrases) string {
	text := a.text(ctx, reply.Body)
	if reply.Form == nil {
		return text
	}
	if err := a.open(ctx, *reply.Form, trigger); err != nil {
		a.log.Error("form not opened", "err", err)
		text = strings.TrimPrefix(text+"\n\n"+say.noForm, "\n\n")
	}
	return text
}

// text renders what only the asker sees.
func (a *Adapter) text(ctx context.Context, body chat.Message) string {
	r := renderer{handle: func(id string) string {
		if u, err := a.user(ctx, id); err == nil {
			return u.Username
		}
		return ""
	}}
	return r.message(body).Message
}

// isID says whether s has the form of the server's ids.
func isID(s string) bool {
	return len(s) == 26 && strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	}) < 0
}

// phrases is what the adapter itself says: what is wrong between the server and
// us, and nobody else can know of.
type phrases struct{ failed, stranger, noForm, noStep string }

var (
	dutch = phrases{
		failed:   "Dat lukte niet. Probeer het over een paar minuten nog eens.",
		stranger: "Dat kan alleen wie lid is van dit kanaal, en Kansbot ook.",
		noForm:   "Het formulier ging niet open. Probeer het nog eens.",
		noStep:   "Deze versie van Mattermost kan niet verder met een volgend formulier. Sluit dit formulier en geef de opdracht opnieuw.",
	}
	english = phrases{
		failed:   "That did not work. Please try again in a few minutes.",
		stranger: "Only a member of this channel can do that, and Kansbot must be one too.",
		noForm:   "The form did not open. Please try again.",
		noStep:   "This version of Mattermost cannot go on to another form. Close this form and give the command again.",
	}
)

func phrasesFor(locale string) phrases {
	if strings.HasPrefix(strings.ToLower(locale), "en") {
		return english
	}
	return dutch
}
