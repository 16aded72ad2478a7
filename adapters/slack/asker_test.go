package slack

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// members makes an answer of who is in a channel.
func members(ids ...string) func(url.Values) any {
	return func(url.Values) any { return obj{"ok": true, "members": append([]string{}, ids...)} }
}

// Strangers, and who is not in the channel, read and change nothing, nor does
// anyone where the bot is not; each hears why.
func TestOutsiders(t *testing.T) {
	user := func(id, team string) obj { return obj{"id": id, "username": "x", "team_id": team} }
	pick := func(h *hall, channel, user string) string {
		return h.payload("message_action", obj{
			"callback_id": "pick:signaal", "channel": obj{"id": channel}, "message": obj{"ts": "1.2", "text": "x"}, "response_url": h.slack.URL + "/hook",
			"user": obj{"id": user, "team_id": teamID},
		})
	}
	press := func(h *hall, who obj) string { return h.press("do0", "x", obj{"user": who}) }
	for name, test := range map[string]struct {
		send func(*hall) *httptest.ResponseRecorder
		want string // empty: the core decides
	}{
		"press, in the channel": {func(h *hall) *httptest.ResponseRecorder { return h.interact(press(h, user(annaID, teamID))) }, ""},
		"press, no team given":  {func(h *hall) *httptest.ResponseRecorder { return h.interact(press(h, user(annaID, ""))) }, ""},
		"press, in more teams":  {func(h *hall) *httptest.ResponseRecorder { return h.interact(press(h, user(annaID, "T0OTHER"))) }, ""},
		"press, hidden from us": {func(h *hall) *httptest.ResponseRecorder { return h.interact(press(h, user("U0HIDDEN", teamID))) }, dutch.foreign},
		"press, by a stranger":  {func(h *hall) *httptest.ResponseRecorder { return h.interact(press(h, user("U0STRANGE", teamID))) }, dutch.foreign},
		"press, not there":      {func(h *hall) *httptest.ResponseRecorder { return h.interact(press(h, user("U0CARLA", teamID))) }, dutch.absent},
		"press, bot not there": {func(h *hall) *httptest.ResponseRecorder {
			return h.interact(h.press("do0", "x", obj{"channel": obj{"id": "C0OTHER"}}))
		}, dutch.uninvited},
		"press, Slack away": {func(h *hall) *httptest.ResponseRecorder {
			h.slack.answer("conversations.members", func(url.Values) any { return 503 })
			return h.interact(press(h, user(annaID, teamID)))
		}, dutch.failed},
		"press, whole organisation": {func(h *hall) *httptest.ResponseRecorder {
			return h.interact(h.press("do0", "x", obj{"team": nil, "is_enterprise_install": true}))
		}, dutch.everywhere},
		"pick, not there":     {func(h *hall) *httptest.ResponseRecorder { return h.interact(pick(h, zwaanID, "U0CARLA")) }, dutch.absent},
		"pick, bot not there": {func(h *hall) *httptest.ResponseRecorder { return h.interact(pick(h, "C0OTHER", annaID)) }, dutch.uninvited},
		"command, not there":  {func(h *hall) *httptest.ResponseRecorder { return h.command("user_id", "U0CARLA") }, dutch.absent},
		"command, a stranger": {func(h *hall) *httptest.ResponseRecorder { return h.command("user_id", "U0STRANGE") }, dutch.foreign},
		"command, whole organisation": {func(h *hall) *httptest.ResponseRecorder {
			return h.command("team_id", "", "is_enterprise_install", "true")
		}, dutch.everywhere},
		"command, hidden from us": {func(h *hall) *httptest.ResponseRecorder {
			h.slack.answer("users.info", failing("user_not_visible"))
			return h.command()
		}, dutch.foreign},
		"command, bot not there": {func(h *hall) *httptest.ResponseRecorder { return h.command("channel_id", "C0OTHER") }, dutch.uninvited},
		"command, among members without the bot": {func(h *hall) *httptest.ResponseRecorder {
			h.slack.answer("conversations.members", members(annaID, bartID))
			return h.command()
		}, dutch.uninvited},
		"command, among nobody": {func(h *hall) *httptest.ResponseRecorder {
			h.slack.answer("conversations.members", members())
			return h.command()
		}, dutch.uninvited},
		"command, in group messages": {func(h *hall) *httptest.ResponseRecorder {
			h.slack.answer("conversations.members", failing("missing_scope"))
			return h.command()
		}, dutch.uninvited},
		"command, in a crowd": {func(h *hall) *httptest.ResponseRecorder {
			h.slack.answer("conversations.members", members(make([]string, crowd+1)...))
			return h.command()
		}, ""},
		"press, in a crowd": {func(h *hall) *httptest.ResponseRecorder {
			h.slack.answer("conversations.members", members(append(make([]string, crowd), annaID)...))
			return h.interact(press(h, user(annaID, teamID)))
		}, dutch.crowd},
		"command, Slack away": {func(h *hall) *httptest.ResponseRecorder {
			h.slack.answer("conversations.members", func(url.Values) any { return 503 })
			return h.command()
		}, ""},
		"form, by a stranger": {func(h *hall) *httptest.ResponseRecorder {
			return h.interact(strings.Replace(h.sentIn("f1", nil, nil), `"id":"`+annaID+`"`, `"id":"U0STRANGE"`, 1))
		}, dutch.foreign},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			got := test.send(h)
			h.idle(t)
			said := got.Body.String()
			for _, c := range h.slack.made("hook") {
				said += c.args.Get("body")
			}
			if got.Code != 200 || (said != "") != (test.want != "") || !strings.Contains(said, test.want) {
				t.Errorf("answer %d %s", got.Code, said)
			}
			if n := len(h.got()); (n == 0) != (test.want != "") {
				t.Errorf("%d events", n)
			}
			if posts := h.slack.made("chat.postMessage", "views.open"); len(posts) > 0 {
				t.Errorf("posts %v", posts)
			}
		})
	}
}

// What is refused is said in the asker's language.
func TestOutsidersLanguage(t *testing.T) {
	h := newHall(t)
	if got := h.command("channel_id", "C0OTHER", "user_id", bartID); !strings.Contains(got.Body.String(), english.uninvited) {
		t.Errorf("answer %s", got.Body)
	}
}

// Nobody waits for the whole list of a crowd, and that it is one is remembered.
func TestCrowdAsked(t *testing.T) {
	h := newHall(t)
	h.slack.answer("conversations.members", func(url.Values) any {
		return obj{"ok": true, "members": make([]string, perPage), "response_metadata": obj{"next_cursor": "more"}}
	})
	for range 3 {
		h.command()
		h.interact(h.press("do0", "x", nil))
	}
	h.idle(t)
	if n := len(h.slack.made("conversations.members")); n != crowd/perPage+1 {
		t.Errorf("asked for %d pages", n)
	}
	if n := len(h.got()); n != 3 {
		t.Errorf("%d events", n)
	}
}

// Somebody who just joined is looked up anew.
func TestJustJoined(t *testing.T) {
	h := newHall(t)
	h.command()
	h.slack.answer("conversations.members", members(annaID, "U0CARLA", botUser))
	h.command("user_id", "U0CARLA")
	if events := h.got(); len(events) != 2 || events[1].User.Handle != "carla" {
		t.Errorf("events %+v", events)
	}
}
