package mattermost

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/internal/chat"
)

// listSuffix is on the element name of a Many field that had to be a line of
// text, with keys and commas, because the server is an older one.
const listSuffix = "__list"

// open shows a form to whom the trigger was given, within 30 seconds of that.
// That it worked does not say that they saw it.
func (a *Adapter) open(ctx context.Context, f chat.Form, trigger string) error {
	dialog, err := dialogOf(f, a.recent())
	if err != nil {
		return err
	}
	resp, err := a.api.OpenInteractiveDialog(ctx, model.OpenDialogRequest{TriggerId: trigger, URL: a.dialogURL(), Dialog: dialog})
	return checked(resp, err)
}

// dialogOf makes a dialog. The server would open one that breaks its limits,
// and show nothing, so it is checked here.
func dialogOf(f chat.Form, recent bool) (model.Dialog, error) {
	d := model.Dialog{
		CallbackId: "kansbot", State: f.ID,
		Title:            first(chat.Clean(f.Title), model.DialogTitleMaxLength),
		IntroductionText: renderer{}.lines([]chat.Span{{Text: f.Intro}}),
		SubmitLabel:      chat.Clean(f.Submit),
	}
	for _, field := range f.Fields {
		d.Elements = append(d.Elements, element(field, recent))
	}
	if f.ID == "" {
		return d, fmt.Errorf("mattermost: form without an id")
	}
	if d.IsValid() != nil { // its error quotes the form
		return d, fmt.Errorf("mattermost: form does not fit in a dialog")
	}
	return d, nil
}

func element(f chat.Field, recent bool) model.DialogElement {
	e := model.DialogElement{
		Name:        f.Name,
		DisplayName: first(chat.Clean(f.Label), model.DialogElementDisplayNameMaxLength),
		HelpText:    first(chat.Clean(f.Hint), model.DialogElementHelpTextMaxLength),
		Optional:    f.Optional,
	}
	value := ""
	if len(f.Value) > 0 {
		value = f.Value[0]
	}
	switch f.Kind {
	case chat.Line, chat.Lines:
		e.Type, e.MaxLength, e.Default = "text", f.Limit(), value
		if f.Kind == chat.Lines || len(value) > model.DialogElementTextMaxLength { // which a line cannot start with
			e.Type = "textarea"
			e.Default = first(value, model.DialogElementTextareaMaxLength)
		}
	case chat.One:
		e.Type = "select"
		if len(f.Options) <= 4 && !f.Optional { // a radio button cannot be let go of
			e.Type = "radio"
		}
		e.Options, e.Default = options(f.Options, value)
	case chat.Many:
		e.Type, e.MultiSelect = "select", true
		e.Options, e.Default = options(f.Options, f.Value...)
		if !recent {
			keys := make([]string, len(e.Options))
			for i, o := range e.Options {
				keys[i] = o.Value
			}
			e.Name += listSuffix
			e.Type, e.MultiSelect, e.Options = "text", false, nil
			e.MaxLength = model.DialogElementTextareaMaxLength
			e.HelpText = first(strings.Join(keys, ", "), model.DialogElementHelpTextMaxLength)
		}
	}
	return e
}

// options are the choices, and which of them are chosen, by comma.
func options(from []chat.Option, chosen ...string) (all []*model.PostActionOptions, value string) {
	var keys []string
	for _, o := range from {
		all = append(all, &model.PostActionOptions{Text: chat.Clean(o.Label), Value: o.Key})
		for _, key := range chosen {
			if key == o.Key {
				keys = append(keys, key)
			}
		}
	}
	return all, strings.Join(keys, ",")
}

// first is as much of s as fits in a number of bytes.
func first(s string, bytes int) string {
	if len(s) <= bytes {
		return s
	}
	for bytes > 0 && !utf8.RuneStart(s[bytes]) {
		bytes--
	}
	return s[:bytes]
}

// dialog takes a form that was sent in. Its address, its state and its values
// came through the person's own client, with any channel they can read; only
// who they are is the server's word.
func (a *Adapter) dialog(ctx context.Context, r *http.Request) (any, int) {
	var sent model.SubmitDialogRequest
	if refused := decode(r, &sent); refused != 0 {
		return nil, refused
	}
	if !isID(sent.UserId) || !isID(sent.ChannelId) || sent.State == "" || len(sent.State) > 200 {
		return nil, http.StatusBadRequest
	}
	if sent.Cancelled || sent.Type != "" && sent.Type != "dialog_submission" {
		return model.SubmitDialogResponse{}, 0
	}
	if a.handler.Load() == nil {
		return nil, http.StatusServiceUnavailable
	}
	who, locale := a.person(ctx, sent.UserId, "")
	say := phrasesFor(locale)
	channel, err := a.place(ctx, sent.ChannelId, sent.UserId)
	if err != nil {
		return model.SubmitDialogResponse{Error: a.notThere(err, say)}, 0
	}
	values, asList := valuesOf(sent.Submission)
	reply := a.ask(ctx, chat.Event{
		Channel: channel, User: who, Locale: locale,
		Act: chat.Submitted{Form: sent.State, Values: values},
	})
	if len(reply.Problems) > 0 {
		return problems(reply.Problems, asList), 0
	}
	if reply.Form != nil {
		if !a.recent() {
			return model.SubmitDialogResponse{Error: say.noStep}, 0
		}
		next, err := dialogOf(*reply.Form, true)
		if err != nil {
			a.log.Error("form not opened", "err", err)
			return model.SubmitDialogResponse{Error: say.noForm}, 0
		}
		a.hooks.move(sent.State, reply.Form.ID)
		a.tell(ctx, sent.State, sent.UserId, a.text(ctx, reply.Body))
		return model.SubmitDialogResponse{Type: string(model.SubmitDialogResponseTypeForm), Form: &next}, 0
	}
	a.tell(ctx, sent.State, sent.UserId, a.text(ctx, reply.Body))
	return model.SubmitDialogResponse{}, 0
}

// valuesOf makes lists of strings of whatever the client sent; nothing, or an
// empty string, is an empty list. It says which fields came as one line with
// commas.
func valuesOf(sent map[string]any) (values map[string][]string, asList map[string]bool) {
	values, asList = make(map[string][]string, len(sent)), make(map[string]bool)
	for name, v := range sent {
		list := flat(v)
		if field, ok := strings.CutSuffix(name, listSuffix); ok {
			name, asList[field] = field, true
			list = strings.FieldsFunc(strings.Join(list, ","), func(c rune) bool { return strings.ContainsRune(", ;\n", c) })
		}
		values[name] = list
	}
	return values, asList
}

func flat(v any) []string {
	switch v := v.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case bool:
		return []string{strconv.FormatBool(v)}
	case float64:
		return []string{strconv.FormatFloat(v, 'f', -1, 64)}
	case []any:
		var all []string
		for _, one := range v {
			if _, nested := one.([]any); !nested {
				all = append(all, flat(one)...)
			}
		}
		return all
	}
	return nil
}

func problems(found map[string]string, asList map[string]bool) model.SubmitDialogResponse {
	out := model.SubmitDialogResponse{Errors: make(map[string]string)}
	for field, text := range found {
		switch {
		case field == "":
			out.Error = chat.Clean(text)
		case asList[field]:
			out.Errors[field+listSuffix] = chat.Clean(text)
		default:
			out.Errors[field] = chat.Clean(text)
		}
	}
	return out
}

// tell says something to one person after they sent in a form: where they gave
// the command, if that can still be done, else in their direct channel. It may
// get lost.
func (a *Adapter) tell(ctx context.Context, form, user, text string) {
	if text == "" {
		return
	}
	if hook := a.hooks.take(form, a.now()); hook != "" {
		err := a.answer(ctx, hook, text)
		if err == nil {
			return
		}
		a.log.Warn("answer not given at the command", "err", err)
	}
	a.sendDirect(ctx, user, rendered{Message: text})
}

func (a *Adapter) sendDirect(ctx context.Context, user string, body rendered) {
	if body.Message == "" {
		return
	}
	channel, err := a.direct(ctx, user)
	if err == nil {
		_, resp, failed := a.api.CreatePost(ctx, &model.Post{ChannelId: channel, Message: body.Message})
		err = checked(resp, failed)
	}
	if err != nil {
		a.log.Error("direct message not sent", "user", user, "err", err)
	}
}

// answer posts to the address that the server gave with a command. It needs no
// token, so it is as secret as one.
func (a *Adapter) answer(ctx context.Context, hook, text string) error {
	data, err := json.Marshal(whisper{ResponseType: "ephemeral", Text: text, SkipSlackParsing: true})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.settings.URL+hookPath+hook, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.api.HTTPClient.Do(req)
	if err != nil {
		return checked(nil, err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return &fault{status: resp.StatusCode}
	}
	return nil
}

const hookPath = "/hooks/commands/"

// hooks remembers, by form, where to answer the command that opened it. The
// server takes 5 answers there, for 30 minutes.
type hooks struct {
	mu    sync.Mutex
	kept  map[string]hook
	swept time.Time // when those past their time were dropped
}

type hook struct {
	id    string
	left  int
	until time.Time
}

// keep takes the server's id of the address only: where the server is, we know.
func (h *hooks) keep(form, address string, now time.Time) {
	i := strings.LastIndex(address, hookPath)
	if i < 0 || !isID(address[i+len(hookPath):]) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.kept == nil {
		h.kept = make(map[string]hook)
	}
	if now.Sub(h.swept) > time.Minute {
		maps.DeleteFunc(h.kept, func(_ string, k hook) bool { return now.After(k.until) })
		h.swept = now
	}
	h.kept[form] = hook{address[i+len(hookPath):], 5, now.Add(29 * time.Minute)}
}

// take gives the hook of a form, for one answer.
func (h *hooks) take(form string, now time.Time) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	k, ok := h.kept[form]
	if !ok || k.left == 0 || now.After(k.until) {
		return ""
	}
	k.left--
	h.kept[form] = k
	return k.id
}

// move lets the form that follows another one use its hook.
func (h *hooks) move(from, to string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if k, ok := h.kept[from]; ok {
		h.kept[to] = k
	}
}
