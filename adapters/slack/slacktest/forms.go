package slacktest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// View is a modal or a home page, as it is now.
type View struct {
	ID, ExternalID, Hash, CallbackID, PrivateMetadata string

	Title, Submit, Close string
	JSON                 json.RawMessage // all of it, as Slack gives it to the app
	Fields               []Field
	Errors               map[string]string // shown under fields, by block id

	view *view
}

// Field is one input of a modal.
type Field struct {
	Block, Action string // ids
	Label, Hint   string
	Kind          string // type of its element: plain_text_input, static_select, ...
	Multiline     bool
	Optional      bool
	Min, Max      int // characters of text; 0 for none given
	Options       []Option
	Values        []string // what it holds: text, or values of Options
}

// Option is one choice of a Field.
type Option struct{ Value, Label string }

func (f Field) key() [2]string { return [2]string{f.Block, f.Action} }

// selects are the elements that hold any one thing, by where view.state has
// it; multi tells those with several.
var selects = map[string]string{
	"static_select": "selected_option", "radio_buttons": "selected_option", "multi_static_select": "selected_options", "checkboxes": "selected_options",
	"datepicker": "selected_date", "timepicker": "selected_time", "users_select": "selected_user",
}

// state is what view.state.values has for the field.
func (f Field) state() object {
	at, known := selects[f.Kind]
	if !known {
		at = "value"
	}
	o := object{"type": f.Kind, at: nil}
	switch at {
	case "selected_options":
		list := []object{}
		for _, v := range f.Values {
			list = append(list, f.option(v))
		}
		o[at] = list
	case "selected_option":
		if len(f.Values) > 0 {
			o[at] = f.option(f.Values[0])
		}
	default:
		if len(f.Values) > 0 {
			o[at] = f.Values[0]
		}
	}
	return o
}

func (f Field) option(value string) object {
	for _, o := range f.Options {
		if o.Value == value {
			return object{"text": object{"type": "plain_text", "text": o.Label, "emoji": true}, "value": o.Value}
		}
	}
	return nil
}

// fill is the field with other values, as a client lets a person fill it in.
func (f Field) fill(values []string) (Field, error) {
	if len(values) == 1 && values[0] == "" {
		values = nil
	}
	f.Values = values
	if at := selects[f.Kind]; len(values) > 1 && at != "selected_options" {
		return f, fmt.Errorf("%s takes one value", f.Label)
	}
	for _, v := range values {
		length := utf8.RuneCountInString(v)
		switch {
		case f.Options != nil && f.option(v) == nil:
			return f, fmt.Errorf("%s has no option %q", f.Label, v)
		case f.Max > 0 && length > f.Max:
			return f, fmt.Errorf("%s takes %d characters", f.Label, f.Max)
		case length < f.Min:
			return f, fmt.Errorf("%s wants %d characters", f.Label, f.Min)
		}
	}
	return f, nil
}

// fields are the inputs of a view with what they hold now.
func (v *view) fields() (fields []Field) {
	var decoded struct {
		Blocks []struct {
			Type, Label, Hint any
			BlockID           string `json:"block_id"`
			Optional          bool
			Element           struct {
				Type      string
				ActionID  string `json:"action_id"`
				Multiline bool
				Min       int    `json:"min_length"`
				Max       int    `json:"max_length"`
				Value     string `json:"initial_value"`
				Date      string `json:"initial_date"`
				Time      string `json:"initial_time"`
				User      string `json:"initial_user"`
				Options   []choice
				Groups    []struct{ Options []choice } `json:"option_groups"`
				One       *choice                      `json:"initial_option"`
				Many      []choice                     `json:"initial_options"`
			}
		}
	}
	json.Unmarshal(encode(v.content), &decoded)
	for _, b := range decoded.Blocks {
		if b.Type != "input" {
			continue
		}
		e := b.Element
		f := Field{Block: b.BlockID, Action: e.ActionID, Label: textOf(b.Label), Hint: textOf(b.Hint), Kind: e.Type,
			Multiline: e.Multiline, Optional: b.Optional, Min: e.Min, Max: e.Max}
		for _, g := range e.Groups {
			e.Options = append(e.Options, g.Options...)
		}
		for _, o := range e.Options {
			f.Options = append(f.Options, Option{o.Value, textOf(o.Text)})
		}
		if typed, ok := v.typed[f.key()]; ok {
			f.Values = typed
		} else {
			for _, value := range []string{e.Value, e.Date, e.Time, e.User} {
				if value != "" {
					f.Values = append(f.Values, value)
				}
			}
			if e.One != nil {
				f.Values = []string{e.One.Value}
			}
			for _, o := range e.Many {
				f.Values = append(f.Values, o.Value)
			}
		}
		fields = append(fields, f)
	}
	return fields
}

type choice struct {
	Text  any
	Value string
}

// textOf is the text of a text object.
func textOf(v any) string {
	o, _ := v.(object)
	text, _ := o["text"].(string)
	return text
}

// snapshot wants the lock held.
func (v *view) snapshot() View {
	text := func(name string) string { s, _ := v.content[name].(string); return s }
	return View{
		ID: v.id, ExternalID: text("external_id"), Hash: v.hash, CallbackID: text("callback_id"), PrivateMetadata: text("private_metadata"),
		Title: textOf(v.content["title"]), Submit: textOf(v.content["submit"]), Close: textOf(v.content["close"]),
		JSON: encode(v.json()), Fields: v.fields(), Errors: v.errors, view: v,
	}
}

// Modals are what the person has open, the newest last.
func (u *User) Modals() (open []View) {
	u.home.slack.mu.Lock()
	defer u.home.slack.mu.Unlock()
	for _, v := range u.modals {
		open = append(open, v.snapshot())
	}
	return open
}

// Modal is the one that the person has before them; nil for none.
func (u *User) Modal() *View {
	open := u.Modals()
	if len(open) == 0 {
		return nil
	}
	return &open[len(open)-1]
}

// Submit fills in fields of the modal, by block id, and sends it in; what is
// not in values stays as it is. It returns the problems that the app shows at
// fields. The error is what the client refuses, or why sending it in failed:
// ErrTimeout, or ErrTrouble for anything else, an answer that Slack does not
// accept included. Then the modal stays as it is.
func (u *User) Submit(ctx context.Context, values map[string][]string) (problems map[string]string, err error) {
	done := u.home.slack.change()
	v, payload, err := u.fillIn(values)
	done()
	if err != nil {
		return nil, err
	}
	got, err := v.bot.App.send(ctx, interaction(payload))
	if err == ErrDispatch {
		err = ErrTrouble
	}
	if err != nil {
		return nil, err
	}
	defer u.home.slack.change()()
	return u.answered(v, got.answer)
}

func (u *User) fillIn(values map[string][]string) (*view, object, error) {
	if len(u.modals) == 0 {
		return nil, nil, fmt.Errorf("%s has no modal open", u.Handle)
	}
	v := u.modals[len(u.modals)-1]
	if v.content["submit"] == nil {
		return nil, nil, fmt.Errorf("the modal has no button to submit it")
	}
	fields := v.fields()
	for block := range values {
		if !slices.ContainsFunc(fields, func(f Field) bool { return f.Block == block }) {
			return nil, nil, fmt.Errorf("the modal has no field %q", block)
		}
	}
	for _, f := range fields {
		given, ok := values[f.Block]
		if !ok {
			given = f.Values
		}
		f, err := f.fill(given)
		if err != nil {
			return nil, nil, err
		}
		v.typed[f.key()] = f.Values
	}
	for _, f := range v.fields() {
		if len(f.Values) == 0 && !f.Optional {
			return nil, nil, fmt.Errorf("%s is required", f.Label)
		}
	}
	v.errors = nil
	return v, u.did("view_submission", v.bot, object{"view": v.json(), "trigger_id": v.bot.trigger(u), "response_urls": []object{}}), nil
}

// answered does what the app says in its ack of a submission.
func (u *User) answered(v *view, raw []byte) (problems map[string]string, err error) {
	var answer struct {
		Action string `json:"response_action"`
		View   json.RawMessage
		Errors map[string]string
	}
	if len(raw) > 0 && json.Unmarshal(raw, &answer) != nil {
		return nil, ErrTrouble
	}
	at := slices.Index(u.modals, v)
	if at < 0 {
		return nil, nil // it was closed, or another one opened instead
	}
	switch answer.Action {
	case "":
		u.modals = u.modals[:at]
	case "clear":
		u.modals = nil
	case "errors":
		for block := range answer.Errors {
			if !slices.ContainsFunc(v.fields(), func(f Field) bool { return f.Block == block }) {
				return nil, ErrTrouble
			}
		}
		if len(answer.Errors) == 0 {
			return nil, ErrTrouble
		}
		v.errors = answer.Errors
		return maps.Clone(answer.Errors), nil
	case "update":
		content, err := v.bot.view(answer.View, "modal", v)
		if err != nil {
			return nil, ErrTrouble
		}
		v.set(content)
	case "push":
		content, err := v.bot.view(answer.View, "modal", nil)
		if err != nil {
			return nil, ErrTrouble
		}
		if _, err := v.bot.push(u, content); err != nil {
			return nil, ErrTrouble
		}
	default:
		return nil, ErrTrouble
	}
	return nil, nil
}

// CloseModal goes back from the modal; of one that asked for it, the app hears.
// With clear_on_close, all of them close.
func (u *User) CloseModal(ctx context.Context) error {
	done := u.home.slack.change()
	n := len(u.modals)
	if n == 0 {
		done()
		return fmt.Errorf("%s has no modal open", u.Handle)
	}
	v := u.modals[n-1]
	clear := v.content["clear_on_close"] == true
	u.modals = u.modals[:n-1]
	if clear {
		u.modals = nil
	}
	payload := u.did("view_closed", v.bot, object{"view": v.json(), "is_cleared": clear})
	done()
	if v.content["notify_on_close"] != true {
		return nil
	}
	_, err := v.bot.App.send(ctx, interaction(payload))
	return err
}
