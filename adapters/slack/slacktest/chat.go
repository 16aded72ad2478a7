package slacktest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Slack's limits for messages, beside those of blocks.
const (
	maxText     = 40_000 // characters; the rest of a post is cut off
	maxMetadata = 8_000  // bytes
)

// message is a message in a channel, or one that only a person sees.
type message struct {
	ts        string
	thread    string // ts of the first message of its thread; empty for a first one
	broadcast bool   // a reply that shows in the channel too
	user      string
	bot       *Bot // nil for people's
	text      string
	blocks    []any // as JSON; nil for none
	metadata  object
	edited    string // ts
	deleted   bool   // it was first in a thread that has replies
	replies   []string
	users     []string // who replied
}

// content is what a bot gives to show.
type content struct {
	text   string
	blocks []any
}

// content reads and checks the arguments text and blocks.
func (r *request) content() (content, error) {
	return r.contentOf(r.args["text"], r.args.raw("blocks"), r.args["attachments"] != "")
}

func (s *Slack) contentOf(text string, raw json.RawMessage, attached bool) (content, error) {
	var c content
	c.text = text
	if raw = bytes.TrimSpace(raw); len(raw) > 0 && string(raw) != "null" {
		if json.Unmarshal(raw, &c.blocks) != nil {
			return c, refuse("invalid_blocks_format")
		}
	}
	if len(c.blocks) == 0 {
		c.blocks = nil
		if text == "" && !attached {
			return c, refuse("no_text")
		}
		return c, nil
	}
	// The text beside blocks has limits of its own.
	if messages := CheckMessage("", raw); len(messages) > 0 {
		return c, &refusal{code: "invalid_blocks", messages: messages, more: object{"errors": messages}}
	}
	if Size(raw) > MaxMessageSize {
		return c, refuse("msg_blocks_too_long")
	}
	s.name(c.blocks)
	return c, nil
}

// name gives blocks and their elements the ids that they were not given.
func (s *Slack) name(blocks []any) {
	give := func(o object, id string) {
		if text, _ := o[id].(string); text == "" {
			s.made++
			o[id] = fmt.Sprintf("b%04d", s.made)
		}
	}
	for _, b := range blocks {
		give(b.(object), "block_id")
		for _, e := range elements(b.(object)) {
			give(e, "action_id")
		}
	}
}

// elements are what people can press or fill in, in a block.
func elements(block object) []object {
	list := []any{block["accessory"], block["element"]}
	if block["type"] == "actions" {
		list, _ = block["elements"].([]any)
	}
	var found []object
	for _, e := range list {
		if e, ok := e.(object); ok {
			found = append(found, e)
		}
	}
	return found
}

// metadata reads and checks that argument; nil without one.
func (r *request) metadata() (object, error) {
	raw := r.args["metadata"]
	if raw == "" {
		return nil, nil
	}
	var m object
	if json.Unmarshal([]byte(raw), &m) != nil {
		return nil, refuse("invalid_metadata_format")
	}
	if len(m) == 0 {
		return object{}, nil
	}
	kind, _ := m["event_type"].(string)
	payload, ok := m["event_payload"].(object)
	if kind == "" || !ok || len(m) != 2 {
		return nil, refuse("invalid_metadata_format")
	}
	for _, v := range payload {
		list, isList := v.([]any)
		if !isList {
			list = []any{v}
		}
		for _, v := range list {
			if o, nested := v.(object); nested {
				for _, v := range o {
					if !scalar(v) {
						return nil, refuse("invalid_metadata_schema")
					}
				}
			} else if isList || !scalar(v) {
				return nil, refuse("invalid_metadata_schema")
			}
		}
	}
	if len(raw) > maxMetadata {
		return nil, refuse("metadata_too_large")
	}
	return m, nil
}

func scalar(v any) bool {
	switch v.(type) {
	case string, float64, bool:
		return true
	}
	return false
}

// conversation is the id of the channel that a request is about. A person's id is
// for the direct conversation.
func (r *request) conversation() string {
	if r.bot != nil {
		if u := r.bot.Workspace.user(r.args["channel"]); u != nil && !u.deleted {
			return r.bot.direct(u).ID
		}
	}
	return r.args["channel"]
}

// destination is the channel that a bot may post in.
func (r *request) destination() (*Channel, error) {
	c := r.visible(r.conversation())
	switch {
	case c == nil:
		return nil, refuse("channel_not_found")
	case c.user != nil && !r.app.manifest.Features.AppHome.MessagesTabEnabled:
		return nil, refuse("messages_tab_disabled")
	case c.archived:
		return nil, refuse("is_archived")
	case !c.has(r.bot.UserID) && r.need("chat:write.public") != nil:
		return nil, refuse("not_in_channel")
	}
	return c, nil
}

func postMessage(r *request) (object, error) {
	c, err := r.destination()
	if err != nil {
		return nil, err
	}
	content, err := r.content()
	if err != nil {
		return nil, err
	}
	metadata, err := r.metadata()
	if err != nil {
		return nil, err
	}
	m := &message{user: r.bot.UserID, bot: r.bot, blocks: content.blocks, metadata: metadata, broadcast: r.args.flag("reply_broadcast")}
	body := object{}
	if m.text = content.text; utf8.RuneCountInString(m.text) > maxText {
		m.text = string([]rune(m.text)[:maxText])
		body["warning"] = "message_truncated"
	}
	if ts := r.args["thread_ts"]; ts != "" {
		root := c.find(ts)
		if root == nil { // unconfirmed: Slack may post it outside a thread instead
			return nil, refuse("thread_not_found")
		}
		m.thread = cmp.Or(root.thread, root.ts)
	}
	c.post(m)
	body["channel"], body["ts"], body["message"] = c.ID, m.ts, m.json(c)
	return body, nil
}

func updateMessage(r *request) (object, error) {
	c, m, err := r.own("cant_update_message")
	if err != nil {
		return nil, err
	}
	if c.archived {
		return nil, refuse("is_inactive")
	}
	if utf8.RuneCountInString(r.args["text"]) > MaxUpdateText {
		return nil, refuse("msg_too_long")
	}
	content, err := r.content()
	if err != nil {
		return nil, err
	}
	metadata, err := r.metadata()
	if err != nil {
		return nil, err
	}
	if rich(m.blocks) && !rich(content.blocks) {
		return nil, refuse("block_mismatch")
	}
	if metadata != nil { // an empty one takes away what there is
		m.metadata = metadata
	}
	c.edit(m, content)
	return object{"channel": c.ID, "ts": m.ts, "text": m.text, "message": m.json(c)}, nil
}

func rich(blocks []any) bool {
	return slices.ContainsFunc(blocks, func(b any) bool {
		block, _ := b.(object)
		return block["type"] == "rich_text"
	})
}

func deleteMessage(r *request) (object, error) {
	c, m, err := r.own("cant_delete_message")
	if err != nil {
		return nil, err
	}
	c.remove(m)
	return object{"channel": c.ID, "ts": m.ts}, nil
}

// own finds a message of the bot.
func (r *request) own(refused string) (*Channel, *message, error) {
	c := r.visible(r.args["channel"])
	if c == nil {
		return nil, nil, refuse("channel_not_found")
	}
	m := c.find(r.args["ts"])
	switch {
	case m == nil || m.deleted:
		return nil, nil, refuse("message_not_found")
	case m.bot != r.bot:
		return nil, nil, refuse(refused)
	}
	return c, m, nil
}

func postEphemeral(r *request) (object, error) {
	c, err := r.destination()
	if err != nil {
		return nil, err
	}
	u := r.bot.Workspace.user(r.args["user"])
	if u == nil || !c.has(u.ID) || u.deleted {
		return nil, refuse("user_not_in_channel")
	}
	content, err := r.content()
	if err != nil {
		return nil, err
	}
	m := u.whisper(r.bot, c, content, r.args["thread_ts"])
	return object{"message_ts": m.ts}, nil
}

// whisper shows a message to one person. In a thread without replies it shows
// nowhere.
func (u *User) whisper(b *Bot, c *Channel, shown content, thread string) *message {
	m := &message{ts: u.home.slack.timestamp(), thread: thread, user: b.UserID, bot: b, text: shown.text, blocks: shown.blocks}
	if root := c.find(thread); thread == "" || root != nil && len(root.replies) > 0 {
		u.whispers = append(u.whispers, whispered{m, c})
	}
	return m
}

// What follows is of a channel, and wants the lock held.

func (c *Channel) find(ts string) *message {
	i, found := slices.BinarySearchFunc(c.messages, ts, func(m *message, ts string) int { return cmp.Compare(m.ts, ts) })
	if !found {
		return nil
	}
	return c.messages[i]
}

// post adds a message, and tells a bot in a direct conversation; of its own
// messages too, as Slack does.
func (c *Channel) post(m *message) {
	m.ts = c.workspace.slack.timestamp()
	c.messages = append(c.messages, m)
	if root := c.find(m.thread); root != nil {
		root.replies = append(root.replies, m.ts)
		if !slices.Contains(root.users, m.user) {
			root.users = append(root.users, m.user)
		}
	}
	event := m.json(c)
	event["channel"] = c.ID
	c.tellMessage(event)
}

// edit gives a message other content.
func (c *Channel) edit(m *message, shown content) {
	before := m.json(c)
	m.text, m.blocks, m.edited = shown.text, shown.blocks, c.workspace.slack.timestamp()
	c.tellMessage(object{"type": "message", "subtype": "message_changed", "hidden": true, "channel": c.ID, "ts": m.edited,
		"message": m.json(c), "previous_message": before})
}

// remove deletes a message. The first one of a thread leaves a trace.
func (c *Channel) remove(m *message) {
	before := m.json(c)
	if len(m.replies) > 0 {
		m.deleted, m.user, m.bot, m.text, m.blocks, m.metadata = true, "USLACKBOT", nil, "This message was deleted.", nil, nil
	} else {
		c.messages = slices.DeleteFunc(c.messages, func(other *message) bool { return other == m })
		if root := c.find(m.thread); root != nil {
			root.replies = slices.DeleteFunc(root.replies, func(ts string) bool { return ts == m.ts })
		}
	}
	c.tellMessage(object{"type": "message", "subtype": "message_deleted", "hidden": true, "channel": c.ID, "ts": c.workspace.slack.timestamp(),
		"deleted_ts": m.ts, "previous_message": before})
}

// tellMessage tells the bot of a direct conversation, and in channels those
// that are mentioned.
func (c *Channel) tellMessage(event object) {
	if c.bot != nil {
		event["channel_type"] = "im"
		c.bot.hear("im", event)
		return
	}
	text, _ := event["text"].(string)
	for _, b := range c.workspace.bots {
		if c.has(b.UserID) && event["user"] != b.UserID && strings.Contains(text, "<@"+b.UserID) {
			event["type"] = "app_mention"
			b.hear(c.kind(), event)
		}
	}
}

// escaped is a copy of blocks with their plain texts as Slack gives them back:
// with entities, which those in mrkdwn had when they came
// (github.com/slackapi/bolt-python/issues/513, of a button).
func escaped(v any) any {
	switch v := v.(type) {
	case []any:
		all := make([]any, len(v))
		for i, one := range v {
			all[i] = escaped(one)
		}
		return all
	case object:
		o := make(object, len(v))
		for name, field := range v {
			o[name] = escaped(field)
		}
		if text, ok := o["text"].(string); ok && o["type"] == "plain_text" {
			o["text"] = entities.Replace(text)
		}
		return o
	}
	return v
}

// json is the message as the Web API and payloads give it.
func (m *message) json(c *Channel) object {
	o := object{"type": "message", "user": m.user, "text": m.text, "ts": m.ts, "team": c.workspace.ID}
	if b := m.bot; b != nil {
		name := b.App.manifest.Features.BotUser.DisplayName
		o["bot_id"], o["app_id"] = b.ID, b.App.ID
		o["bot_profile"] = object{"id": b.ID, "app_id": b.App.ID, "user_id": b.UserID, "name": name, "deleted": b.gone,
			"updated": b.Workspace.created, "team_id": b.Workspace.ID, "icons": object{}}
	}
	if m.blocks != nil {
		o["blocks"] = escaped(m.blocks)
	}
	if m.edited != "" {
		o["edited"] = object{"user": m.user, "ts": m.edited}
	}
	if m.deleted {
		o["subtype"], o["hidden"] = "tombstone", true
	}
	switch root := c.find(m.thread); {
	case m.thread != "":
		o["thread_ts"] = m.thread
		if root != nil {
			o["parent_user_id"] = root.user
		}
		if m.broadcast {
			o["subtype"] = "thread_broadcast"
		}
	case len(m.replies) > 0:
		o["thread_ts"], o["reply_count"], o["reply_users"], o["reply_users_count"] = m.ts, len(m.replies), m.users, len(m.users)
		o["latest_reply"], o["subscribed"], o["is_locked"] = m.replies[len(m.replies)-1], false, false
	}
	return o
}
