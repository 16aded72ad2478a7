package slack

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kansbot/adapters/slack/slacktest"
	"kansbot/internal/chat"
)

var (
	anna = chat.Person{ID: annaID, Handle: "anna", Name: "Anna de Vries"}
	bart = chat.Person{ID: bartID, Handle: "bart", Name: "Bart"}
)

func TestCommand(t *testing.T) {
	h := newHall(t)
	h.always(chat.Reply{Body: says("Signaal 12 bewaard.")})
	got := h.command("trigger_id", trigger)
	var said struct {
		ResponseType string `json:"response_type"`
		Replace      bool   `json:"replace_original"`
		Text         string
		Blocks       json.RawMessage
	}
	if err := json.Unmarshal(got.Body.Bytes(), &said); err != nil || got.Code != 200 {
		t.Fatalf("answer %d %s", got.Code, got.Body)
	}
	if said.ResponseType != "ephemeral" || said.Replace || said.Text != "Signaal 12 bewaard." {
		t.Errorf("answer %s", got.Body)
	}
	if wrong := slacktest.CheckMessage(said.Text, said.Blocks); len(wrong) > 0 {
		t.Errorf("Slack would refuse it: %q", wrong)
	}
	want := chat.Event{
		ID: chat.EventIDOf("command", trigger), Platform: "slack", Workspace: teamID, Channel: zwaanID, User: anna, Locale: "nl-NL",
		Act: chat.Typed{Command: "signaal", Text: "K-014 leert <3 & @bart.b.\ngraag", Mentions: map[string]string{"bart.b": bartID}},
	}
	if events := h.got(); len(events) != 1 || !reflect.DeepEqual(events[0], want) {
		t.Errorf("event %+v", events)
	}
	if strings.Contains(want.ID, trigger) {
		t.Error("the event's id gives the trigger away")
	}
	for range 3 {
		h.command()
	}
	if n := len(h.slack.made("users.info")); n != 1 {
		t.Errorf("%d look-ups of one person", n)
	}
	if n := len(h.slack.made("conversations.members")); n != 1 {
		t.Errorf("%d look-ups of one channel", n)
	}
}

// Somebody who is known by another handle than Slack's label is called by that.
func TestCommandMentions(t *testing.T) {
	h := newHall(t)
	h.command("text", "<@"+annaID+"|oud> <@"+bartID+"> <@U0GONE>")
	act := h.got()[0].Act.(chat.Typed)
	if act.Text != "@anna @bart @U0GONE" || !reflect.DeepEqual(act.Mentions, map[string]string{"anna": annaID, "bart": bartID, "u0gone": "U0GONE"}) {
		t.Errorf("%+v", act)
	}
}

func TestCommandWhere(t *testing.T) {
	for channel, want := range map[string]string{zwaanID: zwaanID, "G0GROUP": "G0GROUP", directID: "", "D0BETWEEN": ""} {
		h := newHall(t)
		h.slack.answer("conversations.members", members(annaID, botUser))
		h.command("channel_id", channel)
		if events := h.got(); len(events) != 1 || events[0].Channel != want {
			t.Errorf("%s: events %+v", channel, events)
		}
	}
}

func TestCommandAnswers(t *testing.T) {
	long := chat.Message{{Kind: chat.Bullets}}
	for range 250 {
		long[0].Items = append(long[0].Items, []chat.Span{{Text: "lang"}})
	}
	for name, test := range map[string]struct {
		reply    chat.Reply
		open     func(url.Values) any
		ack, say string // what the acknowledgement and the hook say; - for nothing
		opened   int
	}{
		"nothing":       {ack: "-", say: "-"},
		"text":          {reply: chat.Reply{Body: says("a")}, ack: "a", say: "-"},
		"too long":      {reply: chat.Reply{Body: long}, ack: "-", say: "lang"},
		"a form":        {reply: chat.Reply{Form: aForm}, ack: "-", say: "-", opened: 1},
		"both":          {reply: chat.Reply{Form: aForm, Body: says("a")}, ack: "a", say: "-", opened: 1},
		"stale trigger": {reply: chat.Reply{Form: aForm, Body: says("a")}, open: failing("expired_trigger_id"), ack: "a", say: dutch.noForm, opened: 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			h.always(test.reply)
			if test.open != nil {
				h.slack.answer("views.open", test.open)
			}
			got := h.command()
			h.idle(t)
			hooked := ""
			for _, c := range h.slack.made("hook") {
				hooked += c.args.Get("body")
			}
			for what, pair := range map[string][2]string{"acknowledgement": {got.Body.String(), test.ack}, "hook": {hooked, test.say}} {
				if said, want := pair[0], pair[1]; want == "-" && said != "" || want != "-" && !strings.Contains(said, want) {
					t.Errorf("%s %s", what, said)
				}
			}
			if hooked != "" && (!strings.Contains(hooked, `"response_type":"ephemeral"`) || !strings.Contains(hooked, `"replace_original":false`)) {
				t.Errorf("hook %s", hooked)
			}
			if opened := h.slack.made("views.open"); got.Code != 200 || len(opened) != test.opened {
				t.Errorf("status %d, opened %v", got.Code, opened)
			}
			if strings.Contains(h.log.String(), "/hook") || strings.Contains(h.log.String(), trigger) {
				t.Errorf("log %s", &h.log)
			}
		})
	}
}

// A core that takes long is answered for at once: a modal opens while the
// trigger lives, and shows later what came.
func TestSlowCommand(t *testing.T) {
	for name, test := range map[string]struct {
		reply        chat.Reply
		view, hooked string
	}{
		"a form":  {chat.Reply{Form: aForm}, `"private_metadata":"f1"`, ""},
		"text":    {chat.Reply{Body: says("Het zijn er 3.")}, "Het zijn er 3.", ""},
		"nothing": {chat.Reply{}, dutch.done, ""},
		"both":    {chat.Reply{Form: aForm, Body: says("let op")}, `"private_metadata":"f1"`, "let op"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			goOn := h.slowly(test.reply)
			if got := h.command(); got.Code != 200 || got.Body.Len() != 0 {
				t.Errorf("answer %d %s", got.Code, got.Body)
			}
			opened := h.slack.called(t, "views.open", 1)
			if body := opened.args.Get("body"); !strings.Contains(body, trigger) || !strings.Contains(body, dutch.moment) {
				t.Errorf("opened %s", body)
			}
			goOn()
			h.idle(t)
			if updates := h.slack.made("views.update"); len(updates) != 1 || !strings.Contains(updates[0].args.Get("body"), test.view) || !strings.Contains(updates[0].args.Get("body"), `"view_id":"V0VIEW"`) {
				t.Errorf("updated %v", updates)
			}
			if hooked := h.slack.made("hook"); len(hooked) > 1 || (len(hooked) == 1) != (test.hooked != "") || len(hooked) == 1 && !strings.Contains(hooked[0].args.Get("body"), test.hooked) {
				t.Errorf("hooked %v", hooked)
			}
			if n := len(h.got()); n != 1 {
				t.Errorf("%d events", n)
			}
		})
	}
}

// Somebody whose modal could not open, or who closed it, is told otherwise.
func TestSlowCommandWithoutModal(t *testing.T) {
	for name, test := range map[string]struct {
		method, code string
		reply        chat.Reply
		hooked       string
	}{
		"text, not opened": {"views.open", "expired_trigger_id", chat.Reply{Body: says("Het zijn er 3.")}, "Het zijn er 3."},
		"form, not opened": {"views.open", "expired_trigger_id", chat.Reply{Form: aForm}, dutch.noForm},
		"text, closed":     {"views.update", "not_found", chat.Reply{Body: says("Het zijn er 3.")}, "Het zijn er 3."},
		"form, closed":     {"views.update", "not_found", chat.Reply{Form: aForm}, dutch.noForm},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			h.slack.answer(test.method, failing(test.code))
			goOn := h.slowly(test.reply)
			h.command()
			h.slack.called(t, "views.open", 1)
			goOn()
			h.idle(t)
			if hooked := h.slack.made("hook"); len(hooked) != 1 || !strings.Contains(hooked[0].args.Get("body"), test.hooked) {
				t.Errorf("hooked %v", hooked)
			}
		})
	}
}

func TestPress(t *testing.T) {
	h := newHall(t)
	h.always(chat.Reply{Body: says("Fijn!")})
	if got := h.interact(h.press("do0", "actie klaar 7", obj{"trigger_id": trigger})); got.Code != 200 || got.Body.Len() != 0 {
		t.Errorf("answer %d %s", got.Code, got.Body)
	}
	h.idle(t)
	want := chat.Event{
		ID: chat.EventIDOf("press", trigger), Platform: "slack", Workspace: teamID, Channel: zwaanID, User: anna, Locale: "nl-NL",
		Act: chat.Pressed{Post: zwaanID + "/" + messageTS, Do: "actie klaar 7"},
	}
	if events := h.got(); len(events) != 1 || !reflect.DeepEqual(events[0], want) {
		t.Errorf("event %+v", events)
	}
	if hooked := h.slack.made("hook"); len(hooked) != 1 || !strings.Contains(hooked[0].args.Get("body"), "Fijn!") || !strings.Contains(hooked[0].args.Get("body"), `"replace_original":false`) {
		t.Errorf("hooked %v", hooked)
	}
}

func TestPressElsewhere(t *testing.T) {
	home := obj{"channel": nil, "message": nil, "response_url": nil, "container": obj{"type": "view", "view_id": "V0HOME"}, "view": obj{"id": "V0HOME", "type": "home", "blocks": []obj{{"type": "of later"}}}}
	for name, test := range map[string]struct {
		action, value string
		changes       obj
		channel       string
		act           chat.Act
		told          string
	}{
		"directly":          {"do0", "x", obj{"channel": obj{"id": directID}}, "", chat.Pressed{Post: directID + "/" + messageTS, Do: "x"}, "hook"},
		"at home":           {"do3", "x", home, "", chat.Pressed{Post: "home/" + annaID, Do: "x"}, "chat.postMessage"},
		"seen by one":       {"type0", "/actie", obj{"message": nil}, zwaanID, chat.Typed{Command: "actie"}, "hook"},
		"a line":            {"type0", "/actie lijst  open", nil, zwaanID, chat.Typed{Command: "actie", Text: "lijst  open"}, "hook"},
		"a line, at home":   {"type0", "/Actie", home, "", chat.Typed{Command: "actie"}, "chat.postMessage"},
		"without an answer": {"do0", "x", obj{"response_url": "http://elsewhere.example/hook"}, zwaanID, chat.Pressed{Post: zwaanID + "/" + messageTS, Do: "x"}, "chat.postMessage"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			h.always(chat.Reply{Body: says("Fijn!")})
			h.interact(h.press(test.action, test.value, test.changes))
			h.idle(t)
			if events := h.got(); len(events) != 1 || events[0].Channel != test.channel || !reflect.DeepEqual(events[0].Act, test.act) {
				t.Fatalf("events %+v", events)
			}
			if told := h.slack.made("hook", "chat.postMessage"); len(told) != 1 || told[0].method != test.told {
				t.Errorf("told %v", told)
			}
		})
	}
}

// A reply that is late is shown in a modal; what can be pressed there is about
// the channel where it all began, and is shown there too.
func TestPressInModal(t *testing.T) {
	h := newHall(t)
	goOn := h.slowly(chat.Reply{Body: says("Kies:")})
	h.command()
	h.slack.called(t, "views.open", 1)
	goOn()
	h.idle(t)
	h.always(chat.Reply{Body: says("Dit is de lijst.")})
	modal := obj{"channel": nil, "message": nil, "response_url": nil, "view": obj{"id": "V0VIEW", "type": "modal", "callback_id": callback}}
	h.interact(h.press("type0", "/actie lijst", modal))
	h.idle(t)
	if events := h.got(); len(events) != 2 || events[1].Channel != zwaanID || !reflect.DeepEqual(events[1].Act, chat.Typed{Command: "actie", Text: "lijst"}) {
		t.Errorf("events %+v", events)
	}
	if updates := h.slack.made("views.update"); len(updates) != 2 || !strings.Contains(updates[1].args.Get("body"), "Dit is de lijst.") {
		t.Errorf("updates %v", updates)
	}
}

func TestPicked(t *testing.T) {
	h := newHall(t)
	h.always(chat.Reply{Form: aForm})
	message := obj{"ts": messageTS, "user": bartID, "text": "Kees &amp; <@" + annaID + "> <https://x.example|hier>", "thread_ts": "1.2"}
	pick := obj{"callback_id": "pick:signaal", "channel": obj{"id": zwaanID}, "message": message, "response_url": h.slack.URL + "/hook", "message_ts": messageTS, "trigger_id": trigger}
	if got := h.interact(h.payload("message_action", pick)); got.Code != 200 || got.Body.Len() != 0 {
		t.Errorf("answer %d %s", got.Code, got.Body)
	}
	h.idle(t)
	events := h.got()
	if len(events) != 1 || events[0].Channel != zwaanID || events[0].ID != chat.EventIDOf("pick", trigger) || events[0].User != anna {
		t.Fatalf("events %+v", events)
	}
	if act := events[0].Act.(chat.Picked); act.Command != "signaal" || !strings.HasPrefix(act.Text, "Kees & @anna ") || !reflect.DeepEqual(act.Mentions, map[string]string{"anna": annaID}) {
		t.Errorf("act %+v", act)
	}
	if n := len(h.slack.made("views.open")); n != 1 {
		t.Errorf("%d forms opened", n)
	}
	for _, other := range []string{"kies:signaal", "pick:", ""} {
		pick["callback_id"] = other
		if got := h.interact(h.payload("message_action", pick)); got.Code != 200 || got.Body.Len() != 0 {
			t.Errorf("%q: %d %s", other, got.Code, got.Body)
		}
	}
	h.idle(t)
	if n := len(h.got()); n != 1 {
		t.Errorf("%d events", n)
	}
}

// Whom Slack does not tell of in time is called by the label, or by id: all
// together are waited for no longer than one would be.
func TestManyMentions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := hanging(t)
		w := a.apps[0].workspaces[0]
		w.users.Put(annaID, account{Person: anna}, time.Now())
		began := time.Now()
		text, mentions := a.read(t.Context(), w, "<@"+annaID+"|x> <@U0AAAA1|een> <@U0AAAA2> <@U0AAAA3> <@U0AAAA4|vier>")
		if took := time.Since(began); took > lookupTime || text != "@anna @een @U0AAAA2 @U0AAAA3 @vier" || len(mentions) != 5 {
			t.Errorf("after %v: %q, %v", took, text, mentions)
		}
	})
}

// Whatever becomes of a modal, the answer arrives.
func TestHungModal(t *testing.T) {
	for name, answer := range map[string]func(*Adapter, asker){
		"to open": func(a *Adapter, from asker) { a.give(from, chat.Reply{Form: aForm, Body: says("Eerst dit.")}) },
		"to fill": func(a *Adapter, from asker) { a.fill(from, "V0VIEW", nil, chat.Reply{Body: says("Eerst dit.")}) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, slack := hanging(t)
				began := time.Now()
				answer(a, asker{w: a.apps[0].workspaces[0], user: annaID, trigger: trigger, hook: a.hookAt("https://slack.com/hook", zwaanID)})
				if took := time.Since(began); took > fillTime || len(slack.told) != 1 || !strings.Contains(slack.told[0], "Eerst dit.") {
					t.Errorf("after %v told %q", took, slack.told)
				}
			})
		})
	}
}

// hung is a Slack that takes answers at a hook, and hangs otherwise.
type hung struct{ told []string }

func (h *hung) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != "/hook" {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	body, err := io.ReadAll(r.Body)
	h.told = append(h.told, string(body))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: r}, err
}

// hanging makes an adapter on one, that knows its workspace.
func hanging(t *testing.T) (*Adapter, *hung) {
	a, err := New(Settings{Apps: []App{{SigningSecrets: []string{appSecret}, BotTokens: []string{botToken}}}}, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	slack := &hung{}
	a.client.Transport = slack
	a.apps[0].workspaces[0].self.Store(&self{team: teamID, user: botUser})
	return a, slack
}

// A form or a modal is for the installation that showed it, in whichever of the
// organisation's workspaces somebody sends it in; and who sends it is a stranger
// only to that one.
func TestInstalledTeam(t *testing.T) {
	h := newHall(t)
	h.slack.answer("users.info", func(url.Values) any { return 503 })
	payload := h.sentIn("f1", obj{"ziet": "wat ik zag"}, obj{"team_id": "T0OTHER", "app_installed_team_id": teamID})
	payload = strings.Replace(payload, `"team":{"domain":"school","id":"`+teamID+`"}`, `"team":{"domain":"other","id":"T0OTHER"}`, 1)
	if got := h.interact(payload); got.Code != 200 || len(h.got()) != 1 || h.got()[0].Workspace != teamID {
		t.Errorf("status %d, events %+v", got.Code, h.got())
	}
	if got := h.interact(strings.Replace(payload, `"team_id":"`+teamID+`","username"`, `"team_id":"T0OTHER","username"`, 1)); !strings.Contains(got.Body.String(), dutch.foreign) || len(h.got()) != 1 {
		t.Errorf("of another workspace: %s, events %+v", got.Body, h.got())
	}
}

// What comes for another workspace than the app's own is refused.
func TestOtherWorkspace(t *testing.T) {
	h := newHall(t)
	for name, got := range map[string]*httptest.ResponseRecorder{
		"of another app": h.command("team_id", "T0ELSE"),
		"of nobody":      h.command("team_id", "T0NOBODY"),
		"of none":        h.command("team_id", ""),
		"press":          h.interact(h.press("do0", "x", obj{"team": obj{"id": "T0ELSE"}})),
	} {
		if got.Code != 403 || got.Body.Len() != 0 {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	one := h.apps[1].workspaces[0]
	one.self.Store(nil)
	if got := h.command(); got.Code != 503 {
		t.Errorf("before it is known: %d", got.Code)
	}
	if len(h.got()) != 0 || len(h.slack.made("chat.postMessage", "views.open", "hook")) != 0 {
		t.Errorf("events %v", h.got())
	}
}

func TestNoEffect(t *testing.T) {
	h := newHall(t)
	for name, test := range map[string]struct{ payload, want string }{
		"suggestion":       {h.payload("block_suggestion", obj{"value": "x"}), `{"options":[]}`},
		"closed":           {h.payload("view_closed", obj{"view": obj{"id": "V1"}}), ""},
		"unknown":          {h.payload("of_later", nil), ""},
		"global shortcut":  {h.payload("shortcut", obj{"callback_id": "pick:signaal"}), ""},
		"an unknown press": {h.press("other", "x", nil), ""},
		"an empty press":   {h.press("do0", "", nil), ""},
		"no press":         {h.press("do0", "x", obj{"actions": []obj{}}), ""},
		"form of another":  {h.sentIn("f1", nil, obj{"callback_id": "theirs"}), ""},
	} {
		if got := h.interact(test.payload); got.Code != 200 || got.Body.String() != test.want {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	if got := h.request("/slack/options", url.Values{"payload": {h.payload("block_suggestion", nil)}}.Encode()); got.Body.String() != `{"options":[]}` {
		t.Errorf("options: %d %s", got.Code, got.Body)
	}
	h.idle(t)
	if len(h.got()) != 0 {
		t.Errorf("events %+v", h.got())
	}
}

func TestPanicIsOurFault(t *testing.T) {
	h := newHall(t)
	h.reply = func(chat.Event) chat.Reply { panic("wat Anna typte") }
	command, form := h.command(), h.interact(h.sentIn("f1", nil, nil))
	h.interact(h.press("do0", "x", nil))
	h.event(obj{"type": "app_home_opened", "tab": "home", "user": annaID}, nil)
	h.idle(t)
	for name, got := range map[string]*httptest.ResponseRecorder{"command": command, "form": form} {
		if got.Code != 200 || !strings.Contains(got.Body.String(), dutch.failed) {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	if !strings.Contains(form.Body.String(), `"errors"`) {
		t.Errorf("the form closes, with what was typed: %s", form.Body)
	}
	if hooked := h.slack.made("hook"); len(hooked) != 1 || !strings.Contains(hooked[0].args.Get("body"), dutch.failed) {
		t.Errorf("after the press: %v", hooked)
	}
	if log := h.log.String(); strings.Count(log, "handler panicked") != 4 || strings.Contains(log, "wat Anna typte") {
		t.Errorf("log: %s", log)
	}
}

// When there is no seat left, what comes is turned away; Slack says so.
func TestTooMuch(t *testing.T) {
	h := newHall(t)
	for range cap(h.seats) {
		h.seats <- struct{}{}
	}
	if got := h.command(); got.Code != 503 || got.Body.Len() != 0 {
		t.Errorf("answer %d %s", got.Code, got.Body)
	}
	for range cap(h.seats) {
		<-h.seats
	}
	if got := h.command(); got.Code != 200 || len(h.got()) != 1 {
		t.Errorf("answer %d %s", got.Code, got.Body)
	}
}

func TestHookAddress(t *testing.T) {
	a := &Adapter{apiURL: "http://127.0.0.1:8065/api/", now: time.Now}
	for address, want := range map[string]bool{
		"https://hooks.slack.com/commands/T1/2/x": true,
		"http://127.0.0.1:8065/hook/x":            true,
		"http://127.0.0.1:8066/hook/x":            false,
		"http://hooks.slack.com/commands/T1/2/x":  false,
		"https://user@hooks.slack.com/x":          false,
		"file:///etc/passwd":                      false,
		"//hooks.slack.com/x":                     false,
		"https:x":                                 false,
		"":                                        false,
		"%zz":                                     false,
	} {
		if got := a.hookAt(address, "") != nil; got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}

func TestGoneQuiet(t *testing.T) {
	h := newHall(t)
	h.handler.Store(nil)
	for path, got := range map[string]*httptest.ResponseRecorder{
		"command": h.command(), "press": h.interact(h.press("do0", "x", nil)), "event": h.event(obj{"type": "x"}, nil),
		"options": h.request("/slack/options", url.Values{"payload": {h.payload("block_suggestion", nil)}}.Encode()),
	} {
		if got.Code != http.StatusServiceUnavailable || got.Body.Len() != 0 {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
	}
}
