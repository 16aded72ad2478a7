package slack

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"kansbot/adapters/slack/slacktest"
	"kansbot/internal/chat"
)

func TestSubmit(t *testing.T) {
	h := newHall(t)
	got := h.interact(h.sentIn("f1", obj{"ziet": "Kees & co", "nodig": nil, "nooit": "gevraagd"}, nil))
	if got.Code != 200 || got.Body.Len() != 0 {
		t.Errorf("answer %d %s", got.Code, got.Body)
	}
	want := chat.Event{
		Platform: "slack", Workspace: teamID, User: anna, Locale: "nl-NL",
		Act: chat.Submitted{Form: "f1", Values: map[string][]string{"ziet": {"Kees & co"}, "nodig": nil, "nooit": {"gevraagd"}}},
	}
	if events := h.got(); len(events) != 1 || !reflect.DeepEqual(events[0], want) {
		t.Errorf("event %+v", events)
	}
}

// response is an answer to a form.
type response struct {
	Action string `json:"response_action"`
	View   json.RawMessage
	Errors map[string]string
}

func responseOf(t *testing.T, got *httptest.ResponseRecorder) (r response) {
	t.Helper()
	if err := json.Unmarshal(got.Body.Bytes(), &r); err != nil || got.Code != 200 {
		t.Fatalf("answer %d %s", got.Code, got.Body)
	}
	if r.View != nil {
		if wrong := slacktest.CheckView(r.View); len(wrong) > 0 {
			t.Errorf("Slack would refuse the view: %q", wrong)
		}
	}
	return r
}

// Slack shows problems at fields only; another name and it shows nothing.
func TestSubmitProblems(t *testing.T) {
	h := newHall(t)
	h.always(chat.Reply{Problems: map[string]string{"": "zo niet", "nodig": "te lang", "intro": "geen veld", "weg": "onbekend"}})
	r := responseOf(t, h.interact(h.sentIn("f1", nil, nil)))
	if want := map[string]string{"ziet": "zo niet\ngeen veld\nonbekend", "nodig": "te lang"}; r.Action != "errors" || !reflect.DeepEqual(r.Errors, want) {
		t.Errorf("answer %+v", r)
	}
	// With nothing to show them at, the view itself says it.
	h.prompt = 3 * time.Millisecond
	r = responseOf(t, h.interact(h.sentIn("f1", nil, obj{"blocks": []obj{}})))
	h.idle(t)
	if updates := h.slack.made("views.update"); r.Action != "update" || len(updates) != 1 || !strings.Contains(updates[0].args.Get("body"), "zo niet") {
		t.Errorf("answer %+v, updates %v", r, updates)
	}
}

// The answer to a form goes where the command was given, five times at most;
// after that, or after half an hour, to the person directly.
func TestSubmitAnswer(t *testing.T) {
	h := newHall(t)
	h.always(chat.Reply{Form: aForm})
	h.command()
	h.idle(t)
	h.always(chat.Reply{Body: says("Bewaard, <!channel>.")})
	for range 6 {
		if got := h.interact(h.sentIn("f1", nil, nil)); got.Code != 200 || got.Body.Len() != 0 {
			t.Errorf("answer %d %s", got.Code, got.Body)
		}
		h.idle(t)
	}
	hooked, direct := h.slack.made("hook"), h.slack.made("chat.postMessage")
	if len(hooked) != 5 || len(direct) != 1 {
		t.Fatalf("%d by hook and %d direct", len(hooked), len(direct))
	}
	if said := hooked[0].args.Get("body"); !strings.Contains(said, `"response_type":"ephemeral"`) || strings.Contains(said, "<!channel>") {
		t.Errorf("by hook %s", said)
	}
	if args := direct[0].args; args.Get("channel") != annaID || !strings.Contains(args.Get("text"), "Bewaard") || args.Get("unfurl_links") != "false" || args.Get("unfurl_media") != "false" {
		t.Errorf("direct %v", args)
	}

	// The form that follows takes over, and a press's form has its own.
	h.always(chat.Reply{Form: &chat.Form{ID: "f2", Title: "Nog iets", Submit: "Ok", Fields: aForm.Fields}})
	h.interact(h.press("do0", "x", nil))
	h.idle(t)
	h.always(chat.Reply{Body: says("Twee."), Form: &chat.Form{ID: "f3", Title: "En dit", Submit: "Ok", Fields: aForm.Fields}})
	if r := responseOf(t, h.interact(h.sentIn("f2", nil, nil))); r.Action != "update" || !strings.Contains(string(r.View), `"private_metadata":"f3"`) {
		t.Errorf("answer %+v", r)
	}
	h.idle(t)
	h.always(chat.Reply{Body: says("Drie.")})
	h.interact(h.sentIn("f3", nil, nil))
	h.idle(t)
	if hooked := h.slack.made("hook"); len(hooked) != 7 || !strings.Contains(hooked[5].args.Get("body"), "Twee.") || !strings.Contains(hooked[6].args.Get("body"), "Drie.") {
		t.Errorf("by hook %v", hooked)
	}
	h.pass(hookLife + time.Second)
	h.interact(h.sentIn("f3", nil, nil))
	h.idle(t)
	if hooked, direct := h.slack.made("hook"), h.slack.made("chat.postMessage"); len(hooked) != 7 || len(direct) != 2 {
		t.Errorf("%d by hook and %d direct", len(hooked), len(direct))
	}
	h.always(chat.Reply{Form: aForm})
	h.command()
	h.idle(t)
	if n := len(h.hooks.kept); n != 1 {
		t.Errorf("%d forms remembered", n)
	}
}

// An answer that Slack does not take at the hook still arrives.
func TestHookGone(t *testing.T) {
	h := newHall(t)
	h.slack.answer("hook", failingHook)
	h.always(chat.Reply{Body: says("Fijn!")})
	h.interact(h.press("do0", "x", nil))
	h.idle(t)
	if direct := h.slack.made("chat.postMessage"); len(direct) != 1 || direct[0].args.Get("channel") != annaID {
		t.Errorf("direct %v", direct)
	}
	if log := h.log.String(); !strings.Contains(log, "answer not given") || strings.Contains(log, h.slack.URL) {
		t.Errorf("log %s", log)
	}
}

// A form too large for an acknowledgement is shown by a request of ours.
func TestLargeForm(t *testing.T) {
	h := newHall(t)
	large := &chat.Form{ID: "f9", Title: "Veel", Submit: "Ok"}
	for _, name := range []string{"a", "b", "c"} {
		f := chat.Field{Name: name, Label: name, Kind: chat.Many}
		for i := range 80 {
			f.Options = append(f.Options, chat.Option{Key: name + strings.Repeat("k", 60) + string(rune('0'+i%10)) + string(rune('0'+i/10)), Label: "keuze"})
		}
		large.Fields = append(large.Fields, f)
	}
	h.always(chat.Reply{Form: large})
	h.prompt = patiently / 1000
	r := responseOf(t, h.interact(h.sentIn("f1", nil, nil)))
	h.idle(t)
	if updates := h.slack.made("views.update"); r.Action != "update" || len(updates) != 1 || !strings.Contains(updates[0].args.Get("body"), `"private_metadata":"f9"`) || !strings.Contains(updates[0].args.Get("body"), `"view_id":"V0FORM"`) {
		t.Errorf("answer %+v, %d updates", r, len(updates))
	}
}

func TestSlowSubmit(t *testing.T) {
	for name, test := range map[string]struct {
		reply chat.Reply
		view  []string
		told  string
	}{
		"nothing":  {chat.Reply{}, []string{dutch.done}, ""},
		"text":     {chat.Reply{Body: says("Bewaard.")}, []string{"Bewaard."}, ""},
		"problems": {chat.Reply{Problems: map[string]string{"nodig": "te lang"}}, []string{"te lang", "wat ik zag", `"private_metadata":"f1"`}, ""},
		"a form":   {chat.Reply{Form: &chat.Form{ID: "f2", Title: "Nog iets", Submit: "Ok", Fields: aForm.Fields}, Body: says("Bewaard.")}, []string{`"private_metadata":"f2"`}, "Bewaard."},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			goOn := h.slowly(test.reply)
			r := responseOf(t, h.interact(h.sentIn("f1", obj{"ziet": "wat ik zag"}, nil)))
			if r.Action != "update" || !strings.Contains(string(r.View), dutch.moment) {
				t.Errorf("answer %+v", r)
			}
			goOn()
			h.idle(t)
			updates := h.slack.made("views.update")
			if len(updates) != 1 {
				t.Fatalf("updates %v", updates)
			}
			for _, want := range append(test.view, `"view_id":"V0FORM"`) {
				if !strings.Contains(updates[0].args.Get("body"), want) {
					t.Errorf("no %s in %s", want, updates[0].args.Get("body"))
				}
			}
			if told := h.slack.made("chat.postMessage"); (len(told) == 1) != (test.told != "") || len(told) == 1 && !strings.Contains(told[0].args.Get("text"), test.told) {
				t.Errorf("told %v", told)
			}
		})
	}
}

// Somebody who closed a form that was on its way hears what became of it.
func TestSlowSubmitClosed(t *testing.T) {
	h := newHall(t)
	h.slack.answer("views.update", failing("not_found"))
	goOn := h.slowly(chat.Reply{Problems: map[string]string{"": "zo niet", "nodig": "te lang"}})
	h.interact(h.sentIn("f1", nil, nil))
	goOn()
	h.idle(t)
	if told := h.slack.made("chat.postMessage"); len(told) != 1 || !strings.Contains(told[0].args.Get("text"), "zo niet") || !strings.Contains(told[0].args.Get("text"), "te lang") {
		t.Errorf("told %v", told)
	}
}

// A form that is sent in twice is the core's to refuse, and then stays open.
func TestDoubleSubmit(t *testing.T) {
	h := newHall(t)
	var once sync.Once
	h.reply = func(chat.Event) chat.Reply {
		reply := chat.Reply{Problems: map[string]string{"": "Dit formulier is al verstuurd."}}
		once.Do(func() { reply = chat.Reply{} })
		return reply
	}
	body := url.Values{"payload": {h.sentIn("f1", nil, nil)}}.Encode()
	if got := h.request("/slack/interactive", body); got.Code != 200 || got.Body.Len() != 0 {
		t.Errorf("first: %d %s", got.Code, got.Body)
	}
	if got := h.request("/slack/interactive", body); got.Code != 401 {
		t.Errorf("again, to the letter: %d %s", got.Code, got.Body)
	}
	h.pass(time.Second)
	if r := responseOf(t, h.request("/slack/interactive", body)); r.Action != "errors" || r.Errors["ziet"] == "" {
		t.Errorf("again: %+v", r)
	}
	if n := len(h.got()); n != 2 {
		t.Errorf("%d events", n)
	}
}
