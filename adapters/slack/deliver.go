package slack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

// keyEvent is the event type of the metadata that hold a message's Key. Any app
// can give its own messages any metadata, so they say something on the bot's
// messages only.
const keyEvent = "kansbot_post"

// keyField is where in them the Key is.
const keyField = "key"

// clockMargin is how far Slack's clock may be behind ours when looking for a
// message that was made "since".
const clockMargin = time.Hour

// homePage begins the PostID of a home page; the user follows. Other PostIDs
// are a channel, a slash and the ts, which is unique in its channel only.
const homePage = "home/"

func postID(channel, ts string) chat.PostID { return chat.PostID(channel + "/" + ts) }

func message(id chat.PostID) (channel, ts string, err error) {
	channel, ts, ok := strings.Cut(string(id), "/")
	if !ok || channel == "" || ts == "" || strings.HasPrefix(string(id), homePage) {
		return "", "", &chat.Failure{Outcome: chat.Refused, Err: errors.New("slack: not the id of a message")}
	}
	return channel, ts, nil
}

// Deliver implements chat.Platform. It does not wait for Slack's limits: it
// fails, and tells when to come again.
func (a *Adapter) Deliver(ctx context.Context, d chat.Delivery) (chat.PostID, error) {
	id, err := a.deliver(ctx, d)
	if err != nil {
		return "", failure(err)
	}
	return id, nil
}

func (a *Adapter) deliver(ctx context.Context, d chat.Delivery) (chat.PostID, error) {
	w, me, err := a.installation(d.To.Workspace)
	if err != nil {
		return "", err
	}
	switch {
	case d.To.Home:
		return a.publish(ctx, w, d)
	case d.Edits != "":
		return a.edit(ctx, w, d)
	}
	return a.post(ctx, w, me, d)
}

// post makes a message.
func (a *Adapter) post(ctx context.Context, w *workspace, me *self, d chat.Delivery) (chat.PostID, error) {
	thread := ""
	if d.Under != "" {
		var err error
		if _, thread, err = message(d.Under); err != nil {
			return "", err
		}
	}
	t := turn{lane: d.To.Channel + d.To.User, method: chatPostMessage}
	channel := d.To.Channel
	if d.To.User != "" {
		channel = w.conversation(d.To.User)
	}
	if d.Unsure {
		if d.To.User != "" {
			var err error
			if channel, err = a.direct(ctx, w, d.To.User); err != nil {
				return "", err
			}
		}
		t.look = conversationsHistory
		if thread != "" {
			t.look = conversationsReplies
		}
	}
	if pause := w.pace.take(t, a.now()); pause > 0 {
		return "", waits(pause)
	}
	if d.Unsure {
		id, err := a.find(ctx, w, me, channel, thread, d)
		if err != nil || id != "" {
			return id, err
		}
	}
	body := render(d.Body)
	options := []slack.MsgOption{
		slack.MsgOptionText(body.text, false), slack.MsgOptionBlocks(body.blocks...),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: keyEvent, EventPayload: map[string]any{keyField: d.Key}}),
		slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
	if thread != "" {
		options = append(options, slack.MsgOptionTS(thread))
	}
	channel, ts, err := w.api.PostMessageContext(ctx, channel, options...)
	if err := a.asked(w, t, err); err != nil {
		return "", err
	}
	if channel == "" || ts == "" {
		return "", unreadable()
	}
	if d.To.User != "" {
		w.directs.Put(d.To.User, channel, a.now())
	}
	return postID(channel, ts), nil
}

// edit changes a message; it keeps its metadata.
func (a *Adapter) edit(ctx context.Context, w *workspace, d chat.Delivery) (chat.PostID, error) {
	channel, ts, err := message(d.Edits)
	if err != nil {
		return "", err
	}
	t := turn{lane: d.To.Channel + d.To.User, method: chatUpdate}
	if pause := w.pace.take(t, a.now()); pause > 0 {
		return "", waits(pause)
	}
	body := render(d.Body)
	_, ts, _, err = w.api.UpdateMessageContext(ctx, channel, ts,
		slack.MsgOptionText(body.text, false), slack.MsgOptionBlocks(body.blocks...),
		slack.MsgOptionParse(false), // which is what a new message has by itself
	)
	if err := a.asked(w, t, err); err != nil {
		return "", err
	}
	if ts == "" {
		return "", unreadable()
	}
	return d.Edits, nil
}

// publish replaces somebody's home page.
func (a *Adapter) publish(ctx context.Context, w *workspace, d chat.Delivery) (chat.PostID, error) {
	t := turn{lane: d.To.User, method: viewsPublish}
	if pause := w.pace.take(t, a.now()); pause > 0 {
		return "", waits(pause)
	}
	answer, err := w.api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: d.To.User, View: home(d.Body)})
	if err := a.asked(w, t, err); err != nil {
		return "", err
	}
	if !answer.Ok {
		return "", unreadable()
	}
	return homePage + chat.PostID(d.To.User), nil
}

// find looks for the bot's message with the delivery's key, in the thread that it
// was meant for. The turn for the first page is taken. When it has to stop, a
// next attempt goes on from there: a cursor always comes to an end, but a page
// may hold few messages, or none.
func (a *Adapter) find(ctx context.Context, w *workspace, me *self, channel, thread string, d chat.Delivery) (chat.PostID, error) {
	history := func(cursor string) ([]slack.Message, string, error) {
		since := d.Since.Add(-clockMargin)
		page, err := w.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
			ChannelID: channel, Oldest: fmt.Sprintf("%d.%06d", since.Unix(), since.Nanosecond()/1000),
			Cursor: cursor, Limit: perPage, IncludeAllMetadata: true,
		})
		if err == nil && !page.Ok {
			err = unreadable()
		}
		if err != nil {
			return nil, "", err
		}
		return page.Messages, page.ResponseMetaData.NextCursor, nil
	}
	replies := func(cursor string) ([]slack.Message, string, error) {
		messages, _, next, err := w.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: channel, Timestamp: thread, Cursor: cursor, Limit: perPage, IncludeAllMetadata: true,
		})
		if err == nil && cursor == "" && len(messages) == 0 { // without its first message
			err = unreadable()
		}
		return messages, next, err
	}

	search := func(method string, read func(cursor string) ([]slack.Message, string, error)) (chat.PostID, error) {
		t, this := turn{method: method}, method+" "+d.Key
		cursor, _ := w.searches.Get(this, time.Time{})
		for {
			messages, next, err := read(cursor)
			if err == nil && next != "" && next == cursor {
				err = unreadable() // it would never end
			}
			if err := a.asked(w, t, err); err != nil {
				if codeOf(err) == "invalid_cursor" {
					w.searches.Drop(this)
				}
				return "", err
			}
			for _, m := range messages {
				if me.wrote(m) && m.Metadata.EventType == keyEvent && m.Metadata.EventPayload[keyField] == d.Key {
					w.searches.Drop(this)
					return postID(channel, m.Timestamp), nil
				}
			}
			if cursor = next; cursor == "" {
				w.searches.Drop(this)
				return "", nil
			}
			w.searches.Put(this, cursor, a.now())
			t = w.pace.lookUp(method)
			if err := w.pace.wait(ctx, t, false, a.now); err != nil {
				return "", err
			}
		}
	}

	if thread == "" {
		return search(conversationsHistory, history)
	}
	id, err := search(conversationsReplies, replies)
	if codeOf(err) != "thread_not_found" {
		return id, err
	}
	// A reply to a message that is gone may have landed in the channel itself.
	if pause := w.pace.take(turn{lane: channel, method: conversationsHistory}, a.now()); pause > 0 {
		return "", waits(pause)
	}
	return search(conversationsHistory, history)
}

// wrote says whether a message is the bot's.
func (me *self) wrote(m slack.Message) bool {
	return m.User == me.user || m.BotID != "" && m.BotID == me.bot
}
