package slacktest

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Slack's limits for modals.
const (
	triggerLife = 3 * time.Second
	maxModals   = 3 // on top of each other
)

// view is a modal or a home page.
type view struct {
	id      string
	hash    string
	bot     *Bot
	user    *User
	parent  *view
	content object                 // what the app gave: type, title, blocks, ...
	typed   map[[2]string][]string // by block and action id
	errors  map[string]string      // shown, by block id
}

// trigger lets an app open a view once.
type trigger struct {
	bot  *Bot
	user *User
	at   time.Time
	used bool
}

// trigger makes one. It wants the lock held.
func (b *Bot) trigger(u *User) string {
	s := b.App.slack
	id := u.ID[1:] + "." + b.Workspace.ID[1:] + "." + s.secret()
	s.triggers[id] = &trigger{bot: b, user: u, at: s.options.Now()}
	return id
}

// exchange uses up the trigger of a request.
func (r *request) exchange() (*User, error) {
	t := r.triggers[r.args["trigger_id"]]
	switch {
	case t == nil || t.bot != r.bot:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case r.options.Now().Sub(t.at) > triggerLife:
		return nil, refuse("expired_trigger_id")
	}
	t.used = true
	return t.user, nil
}

// What follows wants the lock held.

// view reads and checks a view for the bot; instead is the one that it
// replaces, if any.
func (b *Bot) view(raw json.RawMessage, kind string, instead *view) (object, error) {
	if len(raw) == 0 {
		return nil, missing("view")
	}
	if len(raw) > MaxViewBytes {
		return nil, refuse("view_too_large")
	}
	messages := CheckView(raw)
	var content object
	if json.Unmarshal(raw, &content) == nil && content["type"] != kind {
		messages = append(messages, "invalid type [json-pointer:/view/type]")
	}
	if len(messages) > 0 {
		return nil, &refusal{code: "invalid_arguments", messages: messages}
	}
	if external, _ := content["external_id"].(string); external != "" {
		for _, v := range b.views() {
			if v != instead && v.content["external_id"] == external {
				return nil, refuse("duplicate_external_id")
			}
		}
	}
	b.App.slack.name(content["blocks"].([]any))
	return content, nil
}

// views are all that people have open of the bot.
func (b *Bot) views() (open []*view) {
	for _, u := range b.Workspace.users {
		for _, v := range u.modals {
			if v.bot == b {
				open = append(open, v)
			}
		}
		if v := u.homes[b]; v != nil {
			open = append(open, v)
		}
	}
	return open
}

// show gives a person a view.
func (b *Bot) show(u *User, content object, parent *view) *view {
	s := b.App.slack
	v := &view{id: s.id("V"), bot: b, user: u, parent: parent, typed: map[[2]string][]string{}}
	v.set(content)
	return v
}

// set replaces the content. What was typed stays in inputs that keep their
// block and action id.
func (v *view) set(content object) {
	v.content, v.hash, v.errors = content, v.bot.App.slack.timestamp()+"."+v.bot.App.slack.secret()[:8], nil
	kept := map[[2]string][]string{}
	for _, f := range v.fields() {
		if typed, ok := v.typed[f.key()]; ok {
			kept[f.key()] = typed
		}
	}
	v.typed = kept
}

// json is the view as the Web API and payloads give it, with what is filled in.
func (v *view) json() object {
	o := object{
		"submit": nil, "close": nil, "private_metadata": "", "callback_id": "", "external_id": "", "clear_on_close": false, "notify_on_close": false,
	}
	maps.Copy(o, v.content)
	root, previous := v, any(nil)
	if v.parent != nil {
		previous = v.parent.id
	}
	for root.parent != nil {
		root = root.parent
	}
	o["id"], o["team_id"], o["hash"], o["app_id"], o["bot_id"] = v.id, v.bot.Workspace.ID, v.hash, v.bot.App.ID, v.bot.ID
	o["root_view_id"], o["previous_view_id"], o["app_installed_team_id"] = root.id, previous, v.bot.Workspace.ID
	values := map[string]object{}
	for _, f := range v.fields() {
		values[f.Block] = object{f.Action: f.state()}
	}
	o["state"] = object{"values": values}
	return o
}

// openView puts a modal in the place of all that the person has open.
func openView(r *request) (object, error) {
	content, err := r.bot.view(r.args.raw("view"), "modal", nil)
	if err != nil {
		return nil, err
	}
	u, err := r.exchange()
	if err != nil {
		return nil, err
	}
	v := r.bot.show(u, content, nil)
	u.modals = []*view{v}
	return object{"view": v.json()}, nil
}

func pushView(r *request) (object, error) {
	content, err := r.bot.view(r.args.raw("view"), "modal", nil)
	if err != nil {
		return nil, err
	}
	u, err := r.exchange()
	if err != nil {
		return nil, err
	}
	v, err := r.bot.push(u, content)
	if err != nil {
		return nil, err
	}
	return object{"view": v.json()}, nil
}

func (b *Bot) push(u *User, content object) (*view, error) {
	n := len(u.modals)
	if n == 0 || u.modals[n-1].bot != b {
		return nil, refuse("not_found")
	}
	if n == maxModals {
		return nil, refuse("push_limit_reached")
	}
	v := b.show(u, content, u.modals[n-1])
	u.modals = append(u.modals, v)
	return v, nil
}

func updateView(r *request) (object, error) {
	id, external := r.args["view_id"], r.args["external_id"]
	if id == "" && external == "" {
		return nil, missing("view_id")
	}
	open := r.bot.views()
	i := slices.IndexFunc(open, func(v *view) bool { return v.id == id || external != "" && v.content["external_id"] == external })
	if i < 0 {
		return nil, refuse("not_found")
	}
	v := open[i]
	content, err := r.bot.view(r.args.raw("view"), v.content["type"].(string), v)
	if err != nil {
		return nil, err
	}
	if hash := r.args["hash"]; hash != "" && hash != v.hash {
		return nil, refuse("hash_conflict")
	}
	v.set(content)
	return object{"view": v.json()}, nil
}

func publishView(r *request) (object, error) {
	u := r.bot.Workspace.user(r.args["user_id"])
	if u == nil || u.deleted {
		return nil, &refusal{code: "invalid_arguments", messages: []string{"invalid `user_id`"}}
	}
	if !r.app.manifest.Features.AppHome.HomeTabEnabled {
		return nil, refuse("not_enabled")
	}
	v := u.homes[r.bot]
	content, err := r.bot.view(r.args.raw("view"), "home", v)
	if err != nil {
		return nil, err
	}
	if hash := r.args["hash"]; hash != "" && v != nil && hash != v.hash {
		return nil, refuse("hash_conflict")
	}
	if v == nil {
		v = r.bot.show(u, content, nil)
		u.homes[r.bot] = v
	} else {
		v.set(content)
	}
	return object{"view": v.json()}, nil
}
