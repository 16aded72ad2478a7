package slack

import (
	"context"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kansbot/internal/chat"
)

// receiving runs Receive until the test ends.
func (h *hall) receiving(t *testing.T) <-chan chat.Event {
	events := make(chan chat.Event, 100)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- h.Receive(ctx, func(_ context.Context, e chat.Event) chat.Reply {
			events <- e
			return chat.Reply{Body: says("Hallo, @" + e.User.Handle)}
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := await(t, ended); err != nil {
			t.Errorf("Receive: %v", err)
		}
		if h.handler.Load() != nil {
			t.Error("still open")
		}
	})
	return events
}

func await[T any](t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(patiently):
		t.Fatal("nothing came")
	}
	return v
}

func TestNews(t *testing.T) {
	h := newHall(t)
	h.apps = h.apps[1:]
	h.apps[0].workspaces[0].self.Store(nil)
	clear(h.teams)
	h.handler.Store(nil)
	h.slack.answer("users.conversations", func(args url.Values) any {
		if args.Get("cursor") == "" {
			return obj{"ok": true, "channels": []obj{}, "response_metadata": obj{"next_cursor": "more"}}
		}
		return obj{"ok": true, "channels": []obj{{"id": zwaanID}}, "response_metadata": obj{"next_cursor": ""}}
	})
	events := h.receiving(t)
	everybody := chat.Event{Platform: Name, Workspace: teamID, Channel: zwaanID, Act: chat.Roster{People: []chat.Person{anna, bart}}}
	nobody := everybody
	nobody.Act = chat.Roster{}
	want := func(what string, want chat.Event) {
		t.Helper()
		if got := await(t, events); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: got %+v, want %+v", what, got, want)
		}
	}
	send := func(inner obj) string {
		t.Helper()
		h.mu.Lock()
		id := "Ev" + itoa(h.serial+1)
		h.mu.Unlock()
		if got := h.event(inner, nil); got.Code != 200 || got.Body.Len() != 0 {
			t.Errorf("%v: %d %s", inner, got.Code, got.Body)
		}
		return id
	}
	want("at the start", everybody)
	if all := h.Health(); len(all) != 1 || !all[0].Connected || all[0].Team != teamID || all[0].Name != "School" || all[0].Err != "" || len(all[0].Lost) != 0 {
		t.Errorf("health %+v", all)
	}

	send(obj{"type": "member_joined_channel", "user": "U0CARLA", "channel": zwaanID, "channel_type": "C", "team": teamID, "inviter": annaID})
	want("somebody joined", everybody)
	send(obj{"type": "member_left_channel", "user": "U0CARLA", "channel": zwaanID})
	want("somebody left", everybody)
	id := send(obj{"type": "member_joined_channel", "user": botUser, "channel": zwaanID, "inviter": bartID})
	want("the bot was added", chat.Event{ID: id, Platform: Name, Workspace: teamID, Channel: zwaanID, User: bart, Locale: "en-US", Act: chat.Arrived{}})
	want("and then", everybody)
	send(obj{"type": "member_joined_channel", "user": botUser, "channel": zwaanID, "inviter": "U0STRANGE"})
	want("the bot was added by a stranger", everybody)
	send(obj{"type": "member_joined_channel", "user": botUser, "channel": zwaanID})
	want("the bot joined by itself", everybody)

	id = send(obj{"type": "app_home_opened", "user": annaID, "channel": directID, "tab": "home", "view": obj{"type": "home", "blocks": []obj{{"type": "of later"}}}})
	want("a visit", chat.Event{ID: id, Platform: Name, Workspace: teamID, User: anna, Locale: "nl-NL", Act: chat.Visited{}})
	send(obj{"type": "app_home_opened", "user": annaID, "channel": directID, "tab": "messages"})
	send(obj{"type": "app_home_opened", "user": "U0STRANGE", "channel": directID, "tab": "home"})

	id = send(obj{"type": "message", "user": annaID, "text": "hallo", "channel": directID, "channel_type": "im", "ts": "1.2"})
	want("a direct message", chat.Event{ID: id, Platform: Name, Workspace: teamID, User: anna, Locale: "nl-NL", Act: chat.Opened{}})
	if post := h.slack.called(t, "chat.postMessage", 1); post.args.Get("channel") != directID || !strings.HasPrefix(post.args.Get("text"), "Hallo, @") {
		t.Errorf("answered %v", post)
	}
	for _, other := range []obj{
		{"subtype": "message_changed", "message": obj{"user": annaID}},
		{"user": botUser}, {"bot_id": "B0BOT"}, {"bot_id": "B0OTHER", "user": "U0OTHER"}, {"channel_type": "channel", "channel": zwaanID}, {"channel_type": "mpim"},
	} {
		inner := obj{"type": "message", "user": annaID, "text": "hallo", "channel": directID, "channel_type": "im", "ts": "1.2"}
		for k, v := range other {
			inner[k] = v
		}
		send(inner)
	}
	send(obj{"type": "message", "user": "U0STRANGE", "text": "hallo", "channel": directID, "channel_type": "im", "ts": "1.2"})
	if post := h.slack.called(t, "chat.postMessage", 2); post.args.Get("text") != dutch.foreign {
		t.Errorf("a stranger hears %v", post)
	}

	send(obj{"type": "user_change", "user": obj{"id": annaID, "deleted": false, "profile": obj{"x": "y"}}})
	n := len(h.slack.made("users.info"))
	send(obj{"type": "app_home_opened", "user": annaID, "tab": "home"})
	if await(t, events); len(h.slack.made("users.info")) != n+1 {
		t.Error("somebody who changed their name was not looked up")
	}
	send(obj{"type": "user_change", "user": obj{"id": "U0GONE", "deleted": true}})
	want("somebody deactivated", everybody)

	for i, kind := range []string{"channel_left", "group_left", "channel_archive", "group_archive", "channel_deleted", "group_deleted"} {
		send(obj{"type": kind, "channel": zwaanID, "user": annaID, "actor_id": annaID})
		want(kind, nobody)
		if lost := h.Health()[0].Lost; !slices.Equal(lost, []string{zwaanID}) {
			t.Errorf("%s: lost %v", kind, lost)
		}
		if i%2 == 0 {
			send(obj{"type": "channel_unarchive", "channel": zwaanID})
		} else {
			send(obj{"type": "member_joined_channel", "user": botUser, "channel": zwaanID})
		}
		want("after "+kind, everybody)
		if lost := h.Health()[0].Lost; len(lost) != 0 {
			t.Errorf("%s: lost %v", kind, lost)
		}
	}
	send(obj{"type": "member_left_channel", "user": botUser, "channel": zwaanID})
	want("the bot was removed", nobody)
	send(obj{"type": "channel_id_changed", "old_channel_id": "C0OLD", "new_channel_id": "C0NEW"})
	if lost := h.Health()[0].Lost; !slices.Equal(lost, []string{zwaanID, "C0OLD"}) {
		t.Errorf("lost %v", lost)
	}
	if !strings.Contains(h.log.String(), "C0NEW") {
		t.Error("the new id is not logged")
	}

	send(obj{"type": "channel_rename", "channel": obj{"id": zwaanID, "name": "zwanen", "created": 1}})
	send(obj{"type": "of_later", "channel": []int{1}, "user": nil})
	send(obj{"type": "tokens_revoked", "tokens": obj{"oauth": []string{annaID}, "bot": []string{}}})
	if !h.Health()[0].Connected {
		t.Error("somebody else's token counts")
	}
	send(obj{"type": "tokens_revoked", "tokens": obj{"bot": []string{botUser}}})
	if got := h.Health()[0]; got.Connected || got.Err == "" {
		t.Errorf("health %+v", got)
	}
	send(obj{"type": "app_uninstalled"})
	if got := h.Health()[0]; got.Connected || !strings.Contains(got.Err, "uninstalled") {
		t.Errorf("health %+v", got)
	}
	h.request("/slack/event", `{"type":"app_rate_limited","team_id":"`+teamID+`","minute_rate_limited":1518467820,"api_app_id":"A0APP"}`)
	want("after events that were held back", everybody)
	if !strings.Contains(h.log.String(), "holds back events") {
		t.Error("held back events are not logged")
	}
	h.idle(t)
	if len(events) != 0 {
		t.Errorf("event %+v", await(t, events))
	}
}

// What cannot work now may work later, and meanwhile says why. A roster that
// Slack refuses for now is asked for again; one that it never gives is left.
func TestReceiveKeepsTrying(t *testing.T) {
	h := newHall(t)
	h.apps = h.apps[1:]
	clear(h.teams)
	h.apps[0].workspaces[0].self.Store(nil)
	tries := make(chan int)
	h.slack.answer("auth.test", func(url.Values) any {
		select {
		case tries <- 1:
		case <-t.Context().Done():
		}
		return no("fatal_error")
	})
	h.slack.answer("users.conversations", func(url.Values) any {
		return obj{"ok": true, "channels": []obj{{"id": "C0HIDDEN"}, {"id": zwaanID}}}
	})
	n := 0
	h.slack.answer("conversations.members", func(args url.Values) any {
		if args.Get("channel") != zwaanID {
			return no("channel_not_found")
		}
		if n++; n < 3 {
			return 503
		}
		return obj{"ok": true, "members": []string{annaID}}
	})
	events := h.receiving(t)
	for range 3 {
		await(t, tries)
	}
	if got := h.Health()[0]; got.Connected || !strings.Contains(got.Err, "fatal_error") || h.apps[0].workspaces[0].shut.Load() {
		t.Errorf("health %+v", got)
	}
	h.slack.answer("auth.test", nil)
	go func() {
		for range tries {
		}
	}()
	if e := await(t, events); e.Channel != zwaanID || !reflect.DeepEqual(e.Act, chat.Roster{People: []chat.Person{anna}}) {
		t.Errorf("event %+v", e)
	}
	if got := h.Health()[0]; !got.Connected || got.Err != "" {
		t.Errorf("health %+v", got)
	}
}

// Nothing that is asked for often waits more than once.
func TestTasksOnce(t *testing.T) {
	n := newNews(monday)
	for range 3 {
		n.add(task{kind: roster, channel: "C1"})
		n.add(task{kind: roster, channel: "C2"})
	}
	var order []string
	for t, ok := n.line.Take(); ok; t, ok = n.line.Take() {
		order = append(order, t.channel)
	}
	if !slices.Equal(order, []string{"C1", "C2"}) {
		t.Errorf("done %v", order)
	}
	n.add(task{kind: roster, channel: "C1"})
	if _, ok := n.line.Take(); !ok {
		t.Error("what changes again is not looked up")
	}
}

// An event that Slack sends again is the same to the core.
func TestRedelivered(t *testing.T) {
	h := newHall(t)
	for i := range 3 {
		h.pass(time.Minute)
		got := h.event(obj{"type": "app_home_opened", "tab": "home", "user": annaID}, obj{"event_id": "Ev0SAME"})
		if got.Code != 200 {
			t.Errorf("delivery %d: %d", i, got.Code)
		}
	}
	h.idle(t)
	for _, e := range h.got() {
		if e.ID != "Ev0SAME" {
			t.Errorf("event %+v", e)
		}
	}
	if n := len(h.got()); n != 3 {
		t.Errorf("%d events", n)
	}
}

// Nothing is told of a channel that an event does not name.
func TestNamelessChannel(t *testing.T) {
	h := newHall(t)
	for _, kind := range []string{"member_joined_channel", "member_left_channel", "channel_left", "channel_unarchive", "channel_id_changed"} {
		if got := h.event(obj{"type": kind, "user": botUser, "channel": obj{"id": "../x"}}, nil); got.Code != 200 {
			t.Errorf("%s: %d", kind, got.Code)
		}
	}
	n := h.apps[1].workspaces[0].news
	if task, ok := n.line.Take(); ok || len(n.health().Lost) != 0 {
		t.Errorf("task %+v, lost %v", task, n.health().Lost)
	}
}

// One channel that cannot be looked up holds up no other; that nobody is in it
// is an answer too.
func TestOneChannelFails(t *testing.T) {
	for name, answer := range map[string]any{"a fault of Slack's": no("fetch_members_failed"), "unreadable": obj{"ok": true}, "away": 500} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			h.apps = h.apps[1:]
			h.handler.Store(nil)
			h.slack.answer("users.conversations", func(url.Values) any {
				return obj{"ok": true, "channels": []obj{{"id": "C0FAILS"}, {"id": zwaanID}, {"id": "C0EMPTY"}}}
			})
			others := 0
			h.slack.answer("conversations.members", func(args url.Values) any {
				switch args.Get("channel") {
				case zwaanID:
					others++
					return members(annaID)(nil)
				case "C0EMPTY":
					others++
					return members()(nil)
				}
				if others < 2 {
					return answer
				}
				return members(bartID)(nil)
			})
			events := h.receiving(t)
			told := make(map[string]chat.Act)
			for range 3 {
				e := await(t, events)
				told[e.Channel] = e.Act
			}
			want := map[string]chat.Act{
				zwaanID: chat.Roster{People: []chat.Person{anna}}, "C0EMPTY": chat.Roster{}, "C0FAILS": chat.Roster{People: []chat.Person{bart}},
			}
			if !reflect.DeepEqual(told, want) {
				t.Errorf("told %+v", told)
			}
		})
	}
}

// What goes on failing is tried once a minute.
func TestLonger(t *testing.T) {
	a := &Adapter{patience: time.Second}
	var pauses []time.Duration
	for pause := a.longer(0); len(pauses) < 8; pause = a.longer(pause) {
		pauses = append(pauses, pause/time.Second)
	}
	if want := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60}; !slices.Equal(pauses, want) {
		t.Errorf("seconds %d", pauses)
	}
}

// Events of a workspace that is not ours are taken, so that Slack does not send
// them again, and logged once. As long as one may prove to be ours, they are not.
func TestEventsOfOthers(t *testing.T) {
	h := newHall(t)
	send := func(team string) int {
		h.pass(time.Hour)
		return h.event(obj{"type": "app_home_opened", "tab": "home", "user": annaID}, obj{"authorizations": []obj{{"team_id": team}}}).Code
	}
	w := h.apps[1].workspaces[0]
	w.self.Store(nil)
	if got := send("T0NOBODY"); got != 503 {
		t.Errorf("while unknown: %d", got)
	}
	w.shut.Store(true)
	for range 3 {
		for _, team := range []string{"T0NOBODY", "T0ELSE"} {
			if got := send(team); got != 200 {
				t.Errorf("%s: %d", team, got)
			}
		}
	}
	if n := strings.Count(h.log.String(), "level=WARN"); n != 2 || !strings.Contains(h.log.String(), "T0NOBODY") {
		t.Errorf("%d warnings: %s", n, &h.log)
	}
	if len(h.got()) != 0 {
		t.Errorf("events %+v", h.got())
	}
}

// A token that was revoked does not keep Slack sending what is not for it.
func TestEventsBesideRevoked(t *testing.T) {
	h := newHall(t)
	h.apps = h.apps[1:]
	clear(h.teams)
	h.apps[0].workspaces[0].self.Store(nil)
	h.slack.answer("auth.test", failing("token_revoked"))
	h.receiving(t)
	h.log.until(t, "workspace unknown", 1)
	if got := h.event(obj{"type": "app_uninstalled"}, nil); got.Code != 200 {
		t.Errorf("%d", got.Code)
	}
}
