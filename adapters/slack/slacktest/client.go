package slacktest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Type types a slash command in a channel. It returns what its ack made appear
// at once; nil for nothing. The error is what the client refuses, ErrTimeout,
// ErrDispatch or what is wrong with the message in the ack.
func (u *User) Type(ctx context.Context, c *Channel, line string) (*Message, error) {
	done := c.workspace.slack.change()
	b, fields, err := u.command(c, line)
	done()
	if err != nil {
		return nil, err
	}
	got, err := b.App.send(ctx, command(fields))
	if err != nil {
		return nil, err
	}
	defer c.workspace.slack.change()()
	return u.answer(b, c, got.answer)
}

// CommandRequest is the signed request that Type makes over HTTP.
func (u *User) CommandRequest(c *Channel, line string) (*http.Request, error) {
	done := c.workspace.slack.change()
	b, fields, err := u.command(c, line)
	done()
	if err != nil {
		return nil, err
	}
	h := command(fields)
	kind, body := h.body()
	return b.App.Request(h.path, kind, body)
}

// command is the payload of a command line.
func (u *User) command(c *Channel, line string) (*Bot, object, error) {
	name, text, _ := strings.Cut(line, " ")
	if u.deleted || !c.has(u.ID) {
		return nil, nil, fmt.Errorf("%s is not in the channel", u.Handle)
	}
	if c.archived {
		return nil, nil, fmt.Errorf("the channel is archived")
	}
	w := u.home // commands are those of one's own workspace, in a shared channel too
	for _, b := range w.bots {
		for _, known := range b.App.manifest.Features.SlashCommands {
			if known.Command != name || b.gone {
				continue
			}
			if text = strings.TrimSpace(text); known.ShouldEscape {
				text = u.composed(c, text, true)
			} else {
				text = entities.Replace(text)
			}
			return b, object{
				"token": "verification", "team_id": w.ID, "team_domain": w.Domain, "channel_id": c.ID, "channel_name": c.label(),
				"user_id": u.ID, "user_name": u.Handle, "command": name, "text": text, "api_app_id": b.App.ID, "is_enterprise_install": "false",
				"response_url": b.respond(u, c, nil, "/commands/"), "trigger_id": b.trigger(u),
			}, nil
		}
	}
	return nil, nil, fmt.Errorf("%s is not a valid command", name)
}

// answer shows the answer in the ack of a command.
func (u *User) answer(b *Bot, c *Channel, raw []byte) (*Message, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var said struct {
		Type   string `json:"response_type"`
		Text   string
		Blocks json.RawMessage
	}
	if json.Unmarshal(raw, &said) != nil {
		said.Text = string(raw) // plain text is one too
	}
	if said.Text == "" && len(said.Blocks) == 0 {
		return nil, nil
	}
	shown, err := b.App.slack.contentOf(said.Text, said.Blocks, false)
	if err != nil {
		return nil, err
	}
	m := b.say(u, c, shown, said.Type, "")
	snapshot := m.snapshot(c)
	snapshot.Ephemeral = said.Type != "in_channel"
	return &snapshot, nil
}

// Composing: an address is linked, and @somebody and #channel become
// references.
var (
	linked   = regexp.MustCompile(`(?i)\bhttps?://[^\s<>]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+|[@#][\p{L}\p{N}][\p{L}\p{N}._-]*`)
	announce = map[string]string{"@here": "<!here>", "@channel": "<!channel>", "@everyone": "<!everyone>"}
)

// composed is text as a client sends it, with labels as in commands or without
// as in messages.
func (u *User) composed(c *Channel, text string, labels bool) string {
	w := c.workspace
	return linked.ReplaceAllStringFunc(entities.Replace(text), func(s string) string {
		word, tail := strings.TrimRight(s, ".-_"), ""
		if s[0] == '@' || s[0] == '#' {
			tail = s[len(word):]
		}
		switch s[0] {
		case '@':
			if id, found := w.called(word[1:]); found && labels {
				return "<@" + id + "|" + strings.ToLower(word[1:]) + ">" + tail
			} else if found {
				return "<@" + id + ">" + tail
			}
			if all := announce[word]; all != "" {
				return all + tail
			}
		case '#':
			for _, other := range w.channels {
				if other.user == nil && other.name == word[1:] && (!other.private || other.has(u.ID)) {
					return "<#" + other.ID + "|" + other.name + ">" + tail
				}
			}
		default:
			if !strings.Contains(s, "://") {
				return "<mailto:" + s + "|" + s + ">"
			}
			return "<" + s + ">"
		}
		return s
	})
}

// Write posts a message, under thread if that is not empty. A bot hears of it
// in a direct conversation, or when it is mentioned.
func (u *User) Write(c *Channel, text, thread string) (Message, error) {
	defer c.workspace.slack.change()()
	switch {
	case u.deleted || !c.has(u.ID):
		return Message{}, fmt.Errorf("%s is not in the channel", u.Handle)
	case c.archived:
		return Message{}, fmt.Errorf("the channel is archived")
	case c.bot != nil && !c.bot.writable():
		return Message{}, fmt.Errorf("sending messages to this app has been turned off")
	case thread != "" && c.find(thread) == nil:
		return Message{}, fmt.Errorf("there is no message %s", thread)
	}
	m := &message{user: u.ID, thread: thread, text: u.composed(c, text, false)}
	c.post(m)
	return m.snapshot(c), nil
}

func (b *Bot) writable() bool {
	tab := b.App.manifest.Features.AppHome
	return tab.MessagesTabEnabled && !tab.MessagesTabReadOnlyEnabled
}

// did is what an app gets to know of what a person did.
func (u *User) did(kind string, b *Bot, more object) object {
	o := object{
		"type": kind, "token": "verification", "api_app_id": b.App.ID, "enterprise": nil, "is_enterprise_install": false,
		"team": object{"id": b.Workspace.ID, "domain": b.Workspace.Domain},
		"user": object{"id": u.ID, "username": u.Handle, "name": u.Handle, "team_id": u.home.ID},
	}
	maps.Copy(o, more)
	return o
}

// Press presses a button of a message, as it is now.
func (u *User) Press(ctx context.Context, m Message, label string) error {
	done := u.home.slack.change()
	b, payload, err := u.press(m, label)
	done()
	if err != nil {
		return err
	}
	_, err = b.App.send(ctx, interaction(payload))
	return err
}

func (u *User) press(shown Message, label string) (*Bot, object, error) {
	c := shown.Channel
	m := c.find(shown.TS)
	if shown.Ephemeral {
		m = u.whispered(c, shown.TS)
	}
	if m == nil || m.bot == nil || !c.has(u.ID) {
		return nil, nil, fmt.Errorf("%s does not see that message of a bot", u.Handle)
	}
	action := pressed(m.blocks, label)
	if action == nil {
		return nil, nil, fmt.Errorf("the message has no button %q", label)
	}
	action["action_ts"] = u.home.slack.timestamp()
	container := object{"type": "message", "message_ts": m.ts, "channel_id": c.ID, "is_ephemeral": shown.Ephemeral}
	if m.thread != "" {
		container["thread_ts"] = m.thread
	}
	more := object{
		"container": container, "channel": object{"id": c.ID, "name": c.label()}, "actions": []object{action}, "state": object{"values": object{}},
		"response_url": m.bot.respond(u, c, m, "/actions/"), "trigger_id": m.bot.trigger(u),
	}
	if !shown.Ephemeral { // Slack keeps no ephemeral message to tell of
		more["message"] = m.json(c)
	}
	return m.bot, u.did("block_actions", m.bot, more), nil
}

// pressed is what a press on the button with a label makes.
func pressed(blocks []any, label string) object {
	for _, block := range blocks {
		for _, e := range elements(block.(object)) {
			if e["type"] != "button" || textOf(e["text"]) != label {
				continue
			}
			action := object{"type": "button", "block_id": block.(object)["block_id"], "action_id": e["action_id"], "text": escaped(e["text"])}
			for _, name := range []string{"value", "style", "url"} {
				if e[name] != nil {
					action[name] = e[name]
				}
			}
			return action
		}
	}
	return nil
}

// PressHome presses a button of the person's home page with a bot.
func (u *User) PressHome(ctx context.Context, b *Bot, label string) error {
	done := u.home.slack.change()
	var payload object
	err := fmt.Errorf("the home page has no button %q", label)
	if v := u.homes[b]; v != nil {
		if action := pressed(v.content["blocks"].([]any), label); action != nil {
			action["action_ts"] = u.home.slack.timestamp()
			payload, err = u.did("block_actions", b, object{
				"container": object{"type": "view", "view_id": v.id}, "view": v.json(), "actions": []object{action}, "trigger_id": b.trigger(u),
			}), nil
		}
	}
	done()
	if err == nil {
		_, err = b.App.send(ctx, interaction(payload))
	}
	return err
}

// Shortcut uses a message shortcut of a bot on a message.
func (u *User) Shortcut(ctx context.Context, b *Bot, callbackID string, m Message) error {
	done := u.home.slack.change()
	payload, err := u.shortcut(b, callbackID, m)
	done()
	if err == nil {
		_, err = b.App.send(ctx, interaction(payload))
	}
	return err
}

func (u *User) shortcut(b *Bot, callbackID string, shown Message) (object, error) {
	c := shown.Channel
	m := c.find(shown.TS)
	if m == nil || !c.has(u.ID) {
		return nil, fmt.Errorf("%s does not see that message", u.Handle)
	}
	for _, s := range b.App.manifest.Features.Shortcuts {
		if s.CallbackID == callbackID && s.Type == "message" {
			return u.did("message_action", b, object{
				"callback_id": callbackID, "channel": object{"id": c.ID, "name": c.label()}, "message": m.json(c), "message_ts": m.ts, "action_ts": u.home.slack.timestamp(),
				"response_url": b.respond(u, c, nil, "/actions/"), "trigger_id": b.trigger(u),
			}), nil
		}
	}
	return nil, fmt.Errorf("there is no message shortcut %q", callbackID)
}

// OpenHome opens the person's home page with a bot.
func (u *User) OpenHome(b *Bot) { u.open(b, "home") }

// OpenMessages opens the direct conversation with a bot.
func (u *User) OpenMessages(b *Bot) { u.open(b, "messages") }

func (u *User) open(b *Bot, tab string) {
	defer u.home.slack.change()()
	event := object{"type": "app_home_opened", "user": u.ID, "channel": b.direct(u).ID, "tab": tab}
	if v := u.homes[b]; v != nil && tab == "home" {
		event["view"] = v.json()
	}
	b.hear("", event)
}

// Home is the person's home page with a bot; nil when none was published.
func (u *User) Home(b *Bot) *View {
	u.home.slack.mu.Lock()
	defer u.home.slack.mu.Unlock()
	if u.homes[b] == nil {
		return nil
	}
	shown := u.homes[b].snapshot()
	return &shown
}

// Ephemerals are the messages in a channel that only this person sees.
func (u *User) Ephemerals(c *Channel) (shown []Message) {
	u.home.slack.mu.Lock()
	defer u.home.slack.mu.Unlock()
	for _, w := range u.whispers {
		if w.in == c {
			m := w.snapshot(c)
			m.Ephemeral = true
			shown = append(shown, m)
		}
	}
	return shown
}

// Sees is all that the person sees in a channel: nothing when not in it.
func (u *User) Sees(c *Channel) []Message {
	u.home.slack.mu.Lock()
	in := c.has(u.ID)
	u.home.slack.mu.Unlock()
	if !in {
		return nil
	}
	shown := c.Messages()
	for _, m := range u.Ephemerals(c) {
		if i := slices.IndexFunc(shown, func(root Message) bool { return root.TS == m.Thread }); i >= 0 {
			shown[i].Replies = append(shown[i].Replies, m)
		} else {
			shown = append(shown, m)
		}
	}
	slices.SortStableFunc(shown, func(a, b Message) int { return strings.Compare(a.TS, b.TS) })
	return shown
}

func (u *User) whispered(c *Channel, ts string) *message {
	for _, w := range u.whispers {
		if w.in == c && w.ts == ts {
			return w.message
		}
	}
	return nil
}
