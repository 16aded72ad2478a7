package slack

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

// hook is an address to answer at, which Slack gives along with what somebody
// does. It needs no token, so it is as secret as one. Slack takes 5 answers
// there, for 30 minutes.
// https://docs.slack.dev/interactivity/handling-user-interaction
type hook struct {
	url     string
	channel string // where it was given, as in an event
	until   time.Time

	mu   sync.Mutex
	left int
}

const (
	hookUses = 5
	hookLife = 29 * time.Minute
)

// hookAt is nil where nothing can be answered.
func (a *Adapter) hookAt(address, channel string) *hook {
	if !a.ours(address) {
		return nil
	}
	return &hook{url: address, channel: channel, until: a.now().Add(hookLife), left: hookUses}
}

// ours says whether an address is one that we may answer at: what people are
// told travels encrypted, or to the very server that we were set to use.
func (a *Adapter) ours(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	api, err := url.Parse(a.apiURL)
	return u.Scheme == "https" || err == nil && u.Scheme == api.Scheme && u.Host == api.Host
}

// use gives the address, for one answer; empty when it has had its answers.
func (h *hook) use(now time.Time) string {
	if h == nil {
		return ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.left == 0 || now.After(h.until) {
		return ""
	}
	h.left--
	return h.url
}

// hooks remembers, by form and by modal, where to answer what opened it. It has
// to know before Slack shows one: people can be quick.
type hooks struct {
	mu    sync.Mutex
	kept  map[string]*hook
	swept time.Time // when those past their time were dropped
}

func (h *hooks) keep(of string, at *hook, now time.Time) {
	if at == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.kept == nil {
		h.kept = make(map[string]*hook)
	}
	if now.Sub(h.swept) > time.Minute {
		maps.DeleteFunc(h.kept, func(_ string, k *hook) bool { return now.After(k.until) })
		h.swept = now
	}
	h.kept[of] = at
}

// of is the hook of a form or a modal, nil for none.
func (h *hooks) of(id string) *hook {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.kept[id]
}

// whispered is a message that only the asker sees, and that leaves the message
// that they answered as it is.
func whispered(body chat.Message) slack.WebhookMessage {
	r := render(body)
	said := slack.WebhookMessage{ResponseType: slack.ResponseTypeEphemeral, Text: r.text}
	if len(r.blocks) > 0 {
		said.Blocks = &slack.Blocks{BlockSet: r.blocks}
	}
	return said
}

// fits says whether an acknowledgement can carry an answer.
func fits(v any) bool {
	data, err := json.Marshal(v)
	return err == nil && len(data) < maxAnswer
}

var errNoHook = errors.New("slack: no address to answer at")

// whisper answers at a hook.
func (a *Adapter) whisper(ctx context.Context, at *hook, body chat.Message) error {
	address := at.use(a.now())
	if address == "" {
		return errNoHook
	}
	said := whispered(body)
	return checked(slack.PostWebhookCustomHTTPContext(ctx, address, a.client, &said))
}

// tell says something to the asker: where they asked, if that can still be
// done, else directly. It may get lost.
func (a *Adapter) tell(from asker, body chat.Message) {
	if len(body) == 0 {
		return
	}
	if from.hook != nil {
		ctx, cancel := context.WithTimeout(context.Background(), fillTime)
		err := a.whisper(ctx, from.hook, body)
		cancel()
		if err == nil {
			return
		}
		a.log.Warn("answer not given where it was asked for", "err", err)
	}
	ctx, cancel := answering()
	defer cancel()
	if err := a.send(ctx, from.w, from.user, body); err != nil {
		a.log.Error("direct message not sent", "user", from.user, "err", err)
	}
}

// send posts something that may get lost to a person. It takes its turn among the
// answers, and fails at once when that would come too late.
func (a *Adapter) send(ctx context.Context, w *workspace, user string, body chat.Message) error {
	t := turn{lane: user, method: chatAnswers}
	if err := w.pace.wait(ctx, t, false, a.now); err != nil {
		return err
	}
	r := render(body)
	_, _, err := w.api.PostMessageContext(ctx, w.conversation(user),
		slack.MsgOptionText(r.text, false), slack.MsgOptionBlocks(r.blocks...),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	return a.asked(w, t, err)
}
