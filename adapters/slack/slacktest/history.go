package slacktest

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// conversationHistory gives the newest first, without replies in threads.
func conversationHistory(r *request) (object, error) {
	c, err := r.channel("history")
	if err != nil {
		return nil, err
	}
	if !c.has(r.bot.UserID) {
		return nil, refuse("not_in_channel")
	}
	var found []*message
	for _, m := range slices.Backward(c.messages) {
		if m.thread == "" || m.broadcast {
			found = append(found, m)
		}
	}
	messages, body, err := r.span(found)
	if err == nil {
		body["pin_count"], body["channel_actions_ts"], body["channel_actions_count"] = 0, nil, 0
		body["messages"] = r.shown(c, messages)
	}
	return body, err
}

// conversationReplies gives the oldest first. Every page begins with the first
// message of the thread.
func conversationReplies(r *request) (object, error) {
	c, err := r.channel("history")
	if err != nil {
		return nil, err
	}
	root := c.find(r.args["ts"])
	if !c.has(r.bot.UserID) || root == nil {
		return nil, refuse("thread_not_found")
	}
	var replies []*message
	for _, m := range c.messages {
		if m.thread == root.ts {
			replies = append(replies, m)
		}
	}
	messages, body, err := r.span(replies)
	if err == nil {
		body["messages"] = r.shown(c, append([]*message{root}, messages...))
	}
	return body, err
}

// span is the page of messages between oldest and latest.
func (r *request) span(messages []*message) ([]*message, object, error) {
	oldest, ok := microseconds(r.args["oldest"], 0)
	if !ok {
		return nil, nil, refuse("invalid_ts_oldest")
	}
	latest, ok := microseconds(r.args["latest"], 1<<62)
	if !ok {
		return nil, nil, refuse("invalid_ts_latest")
	}
	if r.args.flag("inclusive") {
		oldest, latest = oldest-1, latest+1
	}
	var found []*message
	for _, m := range messages {
		if at, _ := microseconds(m.ts, 0); oldest < at && at < latest {
			found = append(found, m)
		}
	}
	if cursor := r.args["cursor"]; cursor != "" {
		ts, ok := decodeCursor(cursor, "next_ts:")
		i := slices.IndexFunc(found, func(m *message) bool { return m.ts == ts })
		if !ok || i < 0 {
			return nil, nil, refuse("invalid_cursor")
		}
		found = found[i:]
	}
	limit, err := r.limit()
	if err != nil || len(found) <= limit {
		return found, object{"has_more": false}, err
	}
	next := encodeCursor("next_ts:", found[limit].ts)
	return found[:limit], object{"has_more": true, "response_metadata": object{"next_cursor": next}}, nil
}

func (r *request) shown(c *Channel, messages []*message) []object {
	shown := []object{}
	for _, m := range messages {
		o := m.json(c)
		if len(m.metadata) > 0 && r.args.flag("include_all_metadata") {
			o["metadata"] = m.metadata
		}
		shown = append(shown, o)
	}
	return shown
}

// microseconds reads a timestamp.
func microseconds(ts string, absent int64) (int64, bool) {
	if ts == "" {
		return absent, true
	}
	whole, part, _ := strings.Cut(ts, ".")
	if len(part) > 6 {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", 6-len(part)), 10, 64)
	return n, err == nil
}

func encodeCursor(kind, position string) string {
	return base64.StdEncoding.EncodeToString([]byte(kind + position))
}

func decodeCursor(cursor, kind string) (string, bool) {
	text, err := base64.StdEncoding.DecodeString(cursor)
	position, ok := strings.CutPrefix(string(text), kind)
	return position, ok && err == nil
}
