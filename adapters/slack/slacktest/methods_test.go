package slacktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

// What Slack refuses, by its own names.
func TestRefusals(t *testing.T) {
	w := newWorld(t, Options{NoLimits: true})
	m := Manifest()
	m.Features.AppHome = slack.AppHome{}
	bare := w.App(m).Install(w.team, "chat:write")
	elsewhere := w.team.Channel("elders", false)
	hidden := w.team.Channel("geheim", true)
	old := w.team.Channel("oud", false, w.anna, w.bot)
	old.Archive()
	gone := w.team.User("weg", "Weg", "nl")
	gone.Deactivate()
	post := func(text string) string {
		_, ts, err := w.api.PostMessage(w.zwaan.ID, slack.MsgOptionText(text, false))
		w.must(err)
		return ts
	}
	ts := post("een")
	_, closed, err := w.api.PostMessage(old.ID, slack.MsgOptionText("x", false))
	if err == nil || err.Error() != "is_archived" {
		t.Errorf("an archived channel takes a post %s: %v", closed, err)
	}
	asked, err := w.anna.Write(w.zwaan, "vraag", "")
	w.must(err)
	long, blocks := strings.Repeat("x", 4001), func(n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(`{"type":"section","text":{"type":"mrkdwn","text":"`+strings.Repeat("x", 2900)+`"}},`, n), ",") + "]"
	}
	home := `{"type":"home","blocks":[{"type":"divider"}]}`
	for _, c := range []struct {
		want, token, method string
		args                string // name=value&...
	}{
		{"not_authed", "", "auth.test", ""},
		{"invalid_auth", "xoxb-1", "auth.test", ""},
		{"unknown_method", w.bot.Token, "chat.dance", ""},
		{"not_allowed_token_type", w.bot.Token, "apps.connections.open", ""},
		{"not_allowed_token_type", w.app.Token, "chat.postMessage", ""},
		{"", w.app.Token, "auth.test", ""},
		{"missing_scope", bare.Token, "users.info", "user=" + w.anna.ID},
		{"missing_scope", bare.Token, "conversations.info", "channel=" + elsewhere.ID},
		{"missing_scope", bare.Token, "users.conversations", "types=im"},
		{"user_not_found", w.bot.Token, "users.info", "user=U0"},
		{"bot_not_found", w.bot.Token, "bots.info", "bot=B0"},
		{"channel_not_found", w.bot.Token, "conversations.info", "channel=" + hidden.ID},
		{"channel_not_found", w.bot.Token, "chat.postMessage", "text=x&channel=" + hidden.ID},
		{"not_in_channel", w.bot.Token, "chat.postMessage", "text=x&channel=" + elsewhere.ID},
		{"not_in_channel", w.bot.Token, "conversations.history", "channel=" + elsewhere.ID},
		{"", w.bot.Token, "conversations.join", "channel=" + elsewhere.ID},
		{"", w.bot.Token, "chat.postMessage", "text=x&channel=" + elsewhere.ID},
		{"messages_tab_disabled", bare.Token, "chat.postMessage", "text=x&channel=" + w.anna.ID},
		{"no_text", w.bot.Token, "chat.postMessage", "blocks=[]&channel=" + w.zwaan.ID},
		{"", w.bot.Token, "chat.postMessage", "text=" + long + "&channel=" + w.zwaan.ID},
		{"invalid_blocks_format", w.bot.Token, "chat.postMessage", "blocks={&channel=" + w.zwaan.ID},
		{"invalid_blocks", w.bot.Token, "chat.postMessage", `blocks=[{"type":"dance"}]&channel=` + w.zwaan.ID},
		{"", w.bot.Token, "chat.postMessage", "blocks=" + blocks(4) + "&channel=" + w.zwaan.ID},
		{"msg_blocks_too_long", w.bot.Token, "chat.postMessage", "blocks=" + blocks(5) + "&channel=" + w.zwaan.ID},
		{"invalid_metadata_format", w.bot.Token, "chat.postMessage", `text=x&metadata={"event_type":"k"}&channel=` + w.zwaan.ID},
		{"invalid_metadata_schema", w.bot.Token, "chat.postMessage", `text=x&metadata={"event_type":"k","event_payload":{"a":{"b":{}}}}&channel=` + w.zwaan.ID},
		{"metadata_too_large", w.bot.Token, "chat.postMessage", `text=x&metadata={"event_type":"k","event_payload":{"a":"` + long + long + `"}}&channel=` + w.zwaan.ID},
		{"thread_not_found", w.bot.Token, "chat.postMessage", "text=x&thread_ts=1.2&channel=" + w.zwaan.ID},
		{"thread_not_found", w.bot.Token, "conversations.replies", "ts=1.2&channel=" + w.zwaan.ID},
		{"message_not_found", w.bot.Token, "chat.update", "text=x&ts=1.2&channel=" + w.zwaan.ID},
		{"msg_too_long", w.bot.Token, "chat.update", "text=" + long + "&ts=" + ts + "&channel=" + w.zwaan.ID},
		{"cant_update_message", w.bot.Token, "chat.update", "text=x&ts=" + asked.TS + "&channel=" + w.zwaan.ID},
		{"cant_delete_message", w.bot.Token, "chat.delete", "ts=" + asked.TS + "&channel=" + w.zwaan.ID},
		{"channel_not_found", w.bot.Token, "chat.update", "text=x&ts=1.2&channel=" + w.anna.ID},
		{"user_not_in_channel", w.bot.Token, "chat.postEphemeral", "text=x&user=" + gone.ID + "&channel=" + w.zwaan.ID},
		{"user_disabled", w.bot.Token, "conversations.open", "users=" + gone.ID},
		{"invalid_cursor", w.bot.Token, "conversations.members", "cursor=x&channel=" + w.zwaan.ID},
		{"invalid_ts_oldest", w.bot.Token, "conversations.history", "oldest=x&channel=" + w.zwaan.ID},
		{"not_enabled", bare.Token, "views.publish", "user_id=" + w.anna.ID + "&view=" + home},
		{"invalid_arguments", w.bot.Token, "views.publish", "user_id=U0&view=" + home},
		{"invalid_arguments", w.bot.Token, "views.open", "trigger_id=1&view=" + home},
		{"invalid_trigger_id", w.bot.Token, "views.open", "trigger_id=1&view=" + string(modalJSON("T", field))},
		{"not_found", w.bot.Token, "views.update", "view_id=V0&view=" + string(modalJSON("T", field))},
		{"view_too_large", w.bot.Token, "views.publish", "user_id=" + w.anna.ID + "&view=" + strings.Repeat(" ", MaxViewBytes) + home},
		{"hash_conflict", w.bot.Token, "views.publish", "hash=1&user_id=" + w.bram.ID + "&view=" + home},
	} {
		var args []string
		for pair := range strings.SplitSeq(c.args, "&") {
			if name, value, ok := strings.Cut(pair, "="); ok {
				args = append(args, name, value)
			}
		}
		if c.want == "hash_conflict" {
			w.code(c.token, c.method, slices.Concat(args, []string{"hash", ""})...)
		}
		if got := w.code(c.token, c.method, args...); got != c.want {
			t.Errorf("%s %.100s: %q, want %q", c.method, c.args, got, c.want)
		}
	}
	if _, answer := w.call(bare.Token, "users.info", "user", w.anna.ID); answer["needed"] != "users:read" || answer["provided"] != "chat:write" {
		t.Errorf("missing_scope says %v", answer)
	}
	_, _, err = w.api.PostMessage(w.zwaan.ID, slack.MsgOptionBlocks(slack.NewHeaderBlock(slack.NewTextBlockObject("plain_text", strings.Repeat("x", 151), false, false))))
	if refused, ok := err.(slack.SlackErrorResponse); !ok || len(refused.ResponseMetadata.Messages) != 1 || !strings.Contains(refused.ResponseMetadata.Messages[0], "[json-pointer:/blocks/0/text/text]") {
		t.Errorf("invalid_blocks says %v", err)
	}
}

func TestTokensEnd(t *testing.T) {
	w := newWorld(t, Options{NoLimits: true})
	events := make(chan string, 9)
	w.listen(func(h heard) any { events <- string(h.raw); return nil })
	w.bot.Revoke()
	if got := w.code(w.bot.Token, "auth.test"); got != "token_revoked" || !strings.Contains(<-events, `"tokens_revoked"`) {
		t.Error(got)
	}
	before := w.bot.Token
	if w.app.Install(w.team) != w.bot || w.bot.Token == before || w.code(w.bot.Token, "auth.test") != "" {
		t.Error("installed again, the bot has no new token")
	}
	w.bot.Uninstall()
	if got := w.code(w.bot.Token, "auth.test"); got != "account_inactive" {
		t.Error(got)
	}
	if _, err := w.anna.Type(w.ctx, w.zwaan, "/signaal"); err == nil {
		t.Error("the command is still there")
	}
	w.app.RevokeToken()
	if got := w.code(w.app.Token, "apps.connections.open"); got != "invalid_auth" {
		t.Error(got)
	}
}

func TestThreads(t *testing.T) {
	clock := newHands()
	w := newWorld(t, Options{NoLimits: true, Now: clock.Now})
	key := slack.SlackMetadata{EventType: "kansbot", EventPayload: map[string]any{"key": "a"}}
	_, root, err := w.api.PostMessage(w.zwaan.ID, slack.MsgOptionText("Overleg", false), slack.MsgOptionMetadata(key))
	w.must(err)
	var replies []string
	for i := range 5 {
		clock.advance(time.Minute)
		_, ts, err := w.api.PostMessage(w.zwaan.ID, slack.MsgOptionText(fmt.Sprint("reactie ", i), false), slack.MsgOptionTS(root))
		w.must(err)
		replies = append(replies, ts)
	}
	history, err := w.api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: w.zwaan.ID, IncludeAllMetadata: true})
	w.must(err)
	if m := history.Messages; len(m) != 1 || m[0].Metadata.EventPayload["key"] != "a" || m[0].ReplyCount != 5 || m[0].BotID != w.bot.ID {
		t.Errorf("history is %+v", m)
	}
	var got []string
	params := &slack.GetConversationRepliesParameters{ChannelID: w.zwaan.ID, Timestamp: root, Oldest: replies[0], Limit: 2}
	for pages := 0; ; pages++ {
		messages, more, next, err := w.api.GetConversationReplies(params)
		w.must(err)
		if messages[0].Timestamp != root || messages[0].Metadata.EventType != "" {
			t.Errorf("a page begins with %+v", messages[0])
		}
		for _, m := range messages[1:] {
			got = append(got, m.Timestamp)
		}
		if params.Cursor = next; !more {
			break
		}
	}
	if !slices.Equal(got, replies[1:]) {
		t.Errorf("replies after the first are %v, want %v", got, replies[1:])
	}

	// An update keeps metadata unless told; what is first in a thread leaves a trace.
	_, _, _, err = w.api.UpdateMessage(w.zwaan.ID, root, slack.MsgOptionText("Overleg!", false))
	w.must(err)
	if m := w.zwaan.Messages()[0]; m.Text != "Overleg!" || !m.Edited || m.Metadata == nil || len(m.Replies) != 5 || m.Replies[4].Text != "reactie 4" {
		t.Errorf("after an update: %+v", m)
	}
	w.code(w.bot.Token, "chat.update", "channel", w.zwaan.ID, "ts", root, "text", "x", "metadata", "{}")
	if m := w.zwaan.Messages()[0]; m.Metadata != nil {
		t.Errorf("the metadata is still %v", m.Metadata)
	}
	for _, ts := range []string{replies[0], root} {
		_, _, err = w.api.DeleteMessage(w.zwaan.ID, ts)
		w.must(err)
	}
	if m := w.zwaan.Messages()[0]; m.Text != "This message was deleted." || len(m.Replies) != 4 {
		t.Errorf("after the end: %+v", m)
	}
}

func TestPeopleAndPages(t *testing.T) {
	w := newWorld(t, Options{NoLimits: true, PageSize: 2})
	elders := w.Workspace("Elders")
	w.zwaan.Invite(w.anna, w.team.User("gast", "Gast", "nl-NL"), w.team.Stranger("vreemd", "Van Elders", "nl-NL", elders))
	var ids []string
	params := &slack.GetUsersInConversationParameters{ChannelID: w.zwaan.ID, Limit: 100}
	for pages := 1; ; pages++ {
		page, next, err := w.api.GetUsersInConversation(params)
		w.must(err)
		ids = append(ids, page...)
		if params.Cursor = next; next == "" {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
	}
	var kinds []string
	for _, id := range ids {
		_, answer := w.call(w.bot.Token, "users.info", "user", id, "include_locale", "true")
		u := answer["user"].(object)
		kinds = append(kinds, fmt.Sprintln(u["name"], u["locale"], u["is_bot"], u["is_stranger"] == true, u["team_id"] == elders.ID))
	}
	if want := []string{"anna nl-NL false false false\n", "bram en-US false false false\n", "kansbot <nil> true false false\n",
		"gast nl-NL false false false\n", "vreemd <nil> false true true\n"}; !slices.Equal(kinds, want) {
		t.Errorf("members are %v", kinds)
	}
	var listed []string
	for list, err := w.api.GetUsersPaginated().Next(w.ctx); err == nil; list, err = list.Next(w.ctx) {
		for _, u := range list.Users {
			listed = append(listed, u.Name+" "+u.Locale)
		}
	}
	if want := []string{"anna nl-NL", "bram en-US", "gast nl-NL", "kansbot "}; !slices.Equal(listed, want) {
		t.Errorf("listed are %q", listed)
	}
	info, err := w.api.GetConversationInfo(&slack.GetConversationInfoInput{ChannelID: w.zwaan.ID, IncludeNumMembers: true})
	w.must(err)
	if !info.IsExtShared || !info.IsPrivate || info.NumMembers != 5 {
		t.Errorf("the channel is %+v", info)
	}
	for i := range 3 {
		w.team.Channel(fmt.Sprint("c", i), false, w.bot)
	}
	channels, next, err := w.api.GetConversationsForUser(&slack.GetConversationsForUserParameters{Types: []string{"public_channel", "private_channel"}})
	if err != nil || len(channels) != 2 || next == "" {
		t.Errorf("channels: %d, next %q: %v", len(channels), next, err)
	}
}

func TestViews(t *testing.T) {
	clock := newHands()
	w := newWorld(t, Options{NoLimits: true, Now: clock.Now})
	triggers := make(chan string, 1)
	w.listen(func(h heard) any { triggers <- h.slash.TriggerID; return nil })
	trigger := func() string {
		_, err := w.anna.Type(w.ctx, w.zwaan, "/signaal")
		w.must(err)
		return <-triggers
	}
	modal := func(title, id string) string {
		return strings.Replace(string(modalJSON(title, field)), `"modal"`, `"modal","external_id":"`+id+`"`, 1)
	}
	late := trigger()
	clock.advance(triggerLife + 1)
	for _, c := range []struct{ want, method, trigger, view string }{
		{"expired_trigger_id", "views.open", late, modal("Een", "a")},
		{"not_found", "views.push", trigger(), modal("Een", "a")},
		{"", "views.open", trigger(), modal("Een", "a")},
		{"duplicate_external_id", "views.push", trigger(), modal("Twee", "a")},
		{"", "views.push", trigger(), modal("Twee", "b")},
		{"", "views.push", trigger(), modal("Drie", "c")},
		{"push_limit_reached", "views.push", trigger(), modal("Vier", "d")},
	} {
		if got := w.code(w.bot.Token, c.method, "trigger_id", c.trigger, "view", c.view); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.method, c.view, got, c.want)
		}
	}
	open := w.anna.Modals()
	if len(open) != 3 || open[2].Title != "Drie" {
		t.Fatalf("open are %+v", open)
	}
	if got := w.code(w.bot.Token, "views.update", "external_id", "b", "hash", "1.2", "view", modal("Anders", "b")); got != "hash_conflict" {
		t.Error(got)
	}
	if got := w.code(w.bot.Token, "views.update", "external_id", "b", "hash", open[1].Hash, "view", modal("Anders", "b")); got != "" || w.anna.Modals()[1].Title != "Anders" {
		t.Error(got)
	}
}

func TestLimits(t *testing.T) {
	clock := newHands()
	w := newWorld(t, Options{Now: clock.Now})
	// count sends until it is refused.
	count := func(method string, args ...string) (n int) {
		for w.code(w.bot.Token, method, args...) == "" {
			n++
		}
		return n
	}
	if n := count("conversations.info", "channel", w.zwaan.ID); n != tier3 {
		t.Errorf("tier 3 takes %d", n)
	}
	if n := count("users.info", "user", w.anna.ID); n != tier4 {
		t.Errorf("tier 4 takes %d", n)
	}
	post := func() error {
		_, _, err := w.api.PostMessage(w.zwaan.ID, slack.MsgOptionText("x", false))
		return err
	}
	for range postBurst {
		w.must(post())
	}
	if limited, ok := post().(*slack.RateLimitedError); !ok || limited.RetryAfter != time.Second {
		t.Errorf("too many posts at once: %v", limited)
	}
	clock.advance(time.Second)
	w.must(post())
	n := 1 + postBurst
	for n < tierPost {
		c := w.team.Channel(fmt.Sprint("c", n), false, w.bot)
		n += count("chat.postMessage", "text", "x", "channel", c.ID)
	}
	if n != tierPost {
		t.Errorf("the workspace takes %d posts", n)
	}
	if got := w.Limited(); got["conversations.info"] != 1 || got["users.info"] != 1 || got["chat.postMessage"] < 2 || w.Calls("users.info") != tier4+1 {
		t.Errorf("refused: %v", got)
	}
	clock.advance(time.Minute)
	w.must(post())

	// A person's id is for the conversation with them.
	n = count("chat.postMessage", "text", "x", "channel", w.anna.ID)
	if n += count("chat.postMessage", "text", "x", "channel", w.anna.DM(w.bot).ID); n != postBurst {
		t.Errorf("a person takes %d posts at once", n)
	}
}

func TestFaults(t *testing.T) {
	w := newWorld(t, Options{NoLimits: true})
	meet := func(f Fault) {
		w.SetFault(func(c Call) Fault {
			if c.Method != "chat.postMessage" || c.Team != w.team.ID || c.Channel != w.zwaan.ID {
				t.Errorf("a call %+v", c)
			}
			return f
		})
	}
	for name, c := range map[string]struct {
		fault Fault
		done  bool
		fine  func(error) bool
	}{
		"none":             {Fault{}, true, func(err error) bool { return err == nil }},
		"slow":             {Fault{Wait: 1}, true, func(err error) bool { return err == nil }},
		"dropped after":    {Fault{Drop: true}, true, func(err error) bool { return strings.Contains(err.Error(), "EOF") }},
		"not done":         {Fault{Undone: true}, false, func(err error) bool { return strings.Contains(err.Error(), "EOF") }},
		"dropped before":   {Fault{Drop: true, Undone: true}, false, func(err error) bool { return strings.Contains(err.Error(), "EOF") }},
		"500 after":        {Fault{Status: 500}, true, func(err error) bool { return err.(slack.StatusCodeError).Code == 500 }},
		"500 before":       {Fault{Status: 500, Undone: true}, false, func(err error) bool { return err.(slack.StatusCodeError).Code == 500 }},
		"429":              {Fault{Status: 429, RetryAfter: 7 * time.Second, Undone: true}, false, func(err error) bool { return err.(*slack.RateLimitedError).RetryAfter == 7*time.Second }},
		"429 without time": {Fault{Status: 429, Undone: true}, false, func(err error) bool { return err.(slack.StatusCodeError).Code == 429 }},
	} {
		before := len(w.zwaan.Messages())
		meet(c.fault)
		_, _, err := w.api.PostMessage(w.zwaan.ID, slack.MsgOptionText("x", false))
		if done := len(w.zwaan.Messages()) > before; done != c.done || !c.fine(err) {
			t.Errorf("%s: done %v, %v", name, done, err)
		}
	}
	ctx, cancel := context.WithTimeout(w.ctx, 20*time.Millisecond)
	defer cancel()
	meet(Fault{Hang: true})
	if _, _, err := w.api.PostMessageContext(ctx, w.zwaan.ID, slack.MsgOptionText("hangt", false)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hanging: %v", err)
	}
	if m := w.zwaan.Messages(); m[len(m)-1].Text != "hangt" {
		t.Error("without an answer, it was not done either")
	}
	if len(w.Limited()) != 0 {
		t.Error("a fault counts as earned")
	}
}
