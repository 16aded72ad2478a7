package slack

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"kansbot/internal/chat"
)

// Whoever is not Slack learns nothing, and reaches nobody.
func TestSignature(t *testing.T) {
	const other = "other-app-secret-0123456789"
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	with := func(secret string, at time.Time, body string) func(*http.Request) {
		return func(r *http.Request) { sign(r, secret, at, body) }
	}
	h := newHall(t)
	body := h.commandForm()
	signed := httptest.NewRequest(http.MethodPost, "/", nil)
	sign(signed, appSecret, monday, body)
	hexed := signed.Header.Get("X-Slack-Signature")
	for name, test := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"good":                  {func(*http.Request) {}, 200},
		"the second secret":     {with("new-secret-0123456789", monday, body), 200},
		"just in time":          {with(appSecret, monday.Add(-5*time.Minute), body), 200},
		"clock ahead":           {with(appSecret, monday.Add(5*time.Minute), body), 200},
		"too old":               {with(appSecret, monday.Add(-5*time.Minute-time.Second), body), 401},
		"too new":               {with(appSecret, monday.Add(5*time.Minute+time.Second), body), 401},
		"no signature":          {func(r *http.Request) { r.Header.Del("X-Slack-Signature") }, 401},
		"no time":               {func(r *http.Request) { r.Header.Del("X-Slack-Request-Timestamp") }, 401},
		"bad time":              {set("X-Slack-Request-Timestamp", "now"), 401},
		"huge time":             {set("X-Slack-Request-Timestamp", "9223372036854775807"), 401},
		"tiny time":             {set("X-Slack-Request-Timestamp", "-9223372036854775808"), 401},
		"another time":          {set("X-Slack-Request-Timestamp", strconv.FormatInt(monday.Unix()+1, 10)), 401},
		"another version":       {set("X-Slack-Signature", "v1"+hexed[2:]), 401},
		"bare":                  {set("X-Slack-Signature", hexed[3:]), 401},
		"empty":                 {set("X-Slack-Signature", "v0="), 401},
		"short":                 {set("X-Slack-Signature", hexed[:len(hexed)-2]), 401},
		"long":                  {set("X-Slack-Signature", hexed+"00"), 401},
		"no hex":                {set("X-Slack-Signature", "v0="+strings.Repeat("zz", 32)), 401},
		"of zeros":              {set("X-Slack-Signature", "v0="+strings.Repeat("00", 32)), 401},
		"wrong secret":          {with("guess", monday, body), 401},
		"empty secret":          {with("", monday, body), 401},
		"another body":          {with(appSecret, monday, body+"&"), 401},
		"secret of another app": {with(other, monday, body), 403},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			got := h.request("/slack/command", body, test.change)
			if got.Code != test.status || got.Body.Len() != 0 {
				t.Errorf("answer %d %q", got.Code, got.Body)
			}
			if events := h.got(); (len(events) == 1) != (test.status == 200) {
				t.Errorf("events %+v", events)
			}
			if test.status != 200 && len(h.slack.calls) != 0 {
				t.Errorf("it reached Slack: %v", h.slack.calls)
			}
			for _, secret := range []string{appSecret, other, botToken, hexed, trigger, "leert"} {
				if strings.Contains(h.log.String(), secret) {
					t.Errorf("%q in the log: %s", secret, &h.log)
				}
			}
		})
	}
}

// A request counts once, for as long as its signature would.
func TestReplay(t *testing.T) {
	h := newHall(t)
	body := h.commandForm()
	at := func(at time.Time) func(*http.Request) {
		return func(r *http.Request) { sign(r, appSecret, at, body) }
	}
	ahead := monday.Add(5 * time.Minute)
	for _, step := range []struct {
		what   string
		pass   time.Duration
		at     time.Time
		status int
	}{
		{"first", 0, ahead, 200},
		{"again", 0, ahead, 401},
		{"signed anew", 0, monday, 200},
		{"later", 4 * time.Minute, ahead, 401},
		{"as late as can be", 6 * time.Minute, ahead, 401},
		{"and then", time.Second, ahead, 401},
	} {
		h.pass(step.pass)
		if got := h.request("/slack/command", body, at(step.at)); got.Code != step.status || got.Body.Len() != 0 {
			t.Errorf("%s: %d %s", step.what, got.Code, got.Body)
		}
	}
	if n := len(h.got()); n != 2 {
		t.Errorf("%d events", n)
	}
	h.pass(2 * time.Minute)
	h.command()
	if n := len(h.replays.until); n != 1 {
		t.Errorf("%d signatures remembered", n)
	}
}

// What was not taken may come again, within the second too.
func TestRefusedIsNoReplay(t *testing.T) {
	h := newHall(t)
	body := h.commandForm()
	handler := h.handler.Swap(nil)
	if got := h.request("/slack/command", body); got.Code != 503 {
		t.Errorf("answer %d", got.Code)
	}
	h.handler.Store(handler)
	w := h.teams[teamID]
	me := w.self.Swap(nil)
	if got := h.request("/slack/command", body); got.Code != 503 {
		t.Errorf("answer %d", got.Code)
	}
	w.self.Store(me)
	if got := h.request("/slack/command", body); got.Code != 200 || len(h.got()) != 1 {
		t.Errorf("answer %d, events %v", got.Code, h.got())
	}
}

// Signed or not, what is no request of Slack's has no effect.
func TestRefused(t *testing.T) {
	h := newHall(t)
	press := url.Values{"payload": {h.press("do0", "x", nil)}}.Encode()
	form := h.commandForm()
	is := func(contentType string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Content-Type", contentType) }
	}
	none := func(*http.Request) {}
	for name, test := range map[string]struct {
		path, body string
		change     func(*http.Request)
		status     int
	}{
		"elsewhere":            {"/slack/", form, none, 404},
		"below":                {"/slack/command/x", form, none, 404},
		"by GET":               {"/slack/command", form, func(r *http.Request) { r.Method = http.MethodGet }, 404},
		"command as JSON":      {"/slack/command", form, is(jsonType), 415},
		"command without type": {"/slack/command", form, is(""), 415},
		"event as form":        {"/slack/event", form, is(formType), 415},
		"bad form":             {"/slack/command", form + "&x=%zz", none, 400},
		"no user":              {"/slack/command", strings.Replace(form, annaID, "", 1), none, 400},
		"bad user":             {"/slack/command", strings.Replace(form, annaID, "..", 1), none, 400},
		"bad channel":          {"/slack/command", strings.Replace(form, zwaanID, "C0%2FX", 1), none, 400},
		"no command":           {"/slack/command", strings.Replace(form, "%2FSignaal", "%2F", 1), none, 400},
		"no payload":           {"/slack/interactive", "x=y", none, 400},
		"payload is no JSON":   {"/slack/interactive", "payload=%7B", none, 400},
		"payload of a list":    {"/slack/interactive", "payload=%5B%5D", none, 400},
		"payload of nothing":   {"/slack/interactive", "payload=%7B%7D", none, 400},
		"payload by query":     {"/slack/interactive?" + press, "", none, 400},
		"command by query":     {"/slack/command?" + form, "", none, 400},
		"press, no user":       {"/slack/interactive", url.Values{"payload": {h.press("do0", "x", obj{"user": nil})}}.Encode(), none, 400},
		"press, no message":    {"/slack/interactive", url.Values{"payload": {h.press("do0", "x", obj{"container": nil})}}.Encode(), none, 400},
		"press, bad message":   {"/slack/interactive", url.Values{"payload": {h.press("do0", "x", obj{"container": obj{"message_ts": "1/2"}})}}.Encode(), none, 400},
		"press, wrong types":   {"/slack/interactive", url.Values{"payload": {h.press("do0", "x", obj{"user": 7})}}.Encode(), none, 400},
		"form, no id":          {"/slack/interactive", url.Values{"payload": {h.sentIn("", nil, nil)}}.Encode(), none, 400},
		"form, huge id":        {"/slack/interactive", url.Values{"payload": {h.sentIn(strings.Repeat("f", 201), nil, nil)}}.Encode(), none, 400},
		"form, no view":        {"/slack/interactive", url.Values{"payload": {h.payload("view_submission", nil)}}.Encode(), none, 400},
		"event, no JSON":       {"/slack/event", "{", none, 400},
		"event, nothing in it": {"/slack/event", `{"type":"event_callback","team_id":"` + teamID + `"}`, none, 400},
		"huge command":         {"/slack/command", form + "&x=" + strings.Repeat("x", maxBody), none, 413},
		"huge event":           {"/slack/event", strings.Repeat(" ", maxView+1), none, 413},
		"huge options":         {"/slack/options", "x=" + strings.Repeat("x", maxBody), none, 413},
		"huge press":           {"/slack/interactive", press + "&x=" + strings.Repeat("x", maxView), none, 413},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t)
			got := h.request(test.path, test.body, test.change)
			h.idle(t)
			if got.Code != test.status || got.Body.Len() != 0 {
				t.Errorf("answer %d %q", got.Code, got.Body)
			}
			if len(h.got()) != 0 || len(h.slack.calls) != 0 {
				t.Errorf("it reached the core (%v) or Slack (%v)", h.got(), h.slack.calls)
			}
		})
	}
}

// What Slack's largest views and messages make of a request still fits.
func TestLargePress(t *testing.T) {
	h := newHall(t)
	h.interact(h.press("do0", "x", obj{"message": obj{"ts": messageTS, "text": strings.Repeat(`"é"`, 20_000)}}))
	h.event(obj{"type": "app_home_opened", "tab": "home", "user": annaID, "view": obj{"x": strings.Repeat("x", 250_000)}}, nil)
	h.idle(t)
	if n := len(h.got()); n != 2 {
		t.Errorf("%d taken", n)
	}
}

func TestHandshakes(t *testing.T) {
	h := newHall(t)
	if got := h.request("/slack/event", `{"type":"url_verification","challenge":"3eZbrw","token":"x"}`); got.Code != 200 || got.Body.String() != `{"challenge":"3eZbrw"}` {
		t.Errorf("challenge: %d %s", got.Code, got.Body)
	}
	if got := h.request("/slack/event", `{"type":"url_verification","challenge":"x"}`, func(r *http.Request) { r.Header.Del("X-Slack-Signature") }); got.Code != 401 || got.Body.Len() != 0 {
		t.Errorf("challenge of a stranger: %d %s", got.Code, got.Body)
	}
	if got := h.request("/slack/command", "ssl_check=1&token=x", func(r *http.Request) { r.Header.Del("X-Slack-Signature") }); got.Code != 200 || got.Body.Len() != 0 {
		t.Errorf("certificate: %d %s", got.Code, got.Body)
	}
	if len(h.got()) != 0 {
		t.Errorf("events %v", h.got())
	}
}

// FuzzRequests has Slack's own signature on anything at all.
func FuzzRequests(f *testing.F) {
	h := newHall(f)
	paths := []string{"/slack/command", "/slack/interactive", "/slack/event", "/slack/options"}
	for i, body := range []string{
		h.commandForm(), h.commandForm("text", "<@U1|> <!channel> &lt;"), "ssl_check=1",
		h.press("do0", "x", nil), h.press("type0", "/actie lijst", nil), h.sentIn("f1", obj{"ziet": "x"}, nil),
		h.payload("message_action", obj{"callback_id": "pick:signaal", "channel": obj{"id": zwaanID}, "message": obj{"text": "<@U1>"}}),
		h.payload("block_suggestion", nil), `{"type":"view_submission","user":{"id":"U1"},"team":{"id":"T0TEAM"},"view":{"callback_id":"kansbot","private_metadata":"f","blocks":[null,{"type":"input"}]}}`,
		`{"type":"event_callback","team_id":"T0TEAM","event":{"type":"user_change","user":{"id":"U1","deleted":true}}}`,
		`{"type":"event_callback","team_id":"T0TEAM","event":{"type":"message","user":"U1","channel":"D1","channel_type":"im"}}`,
		`{"type":"event_callback","team_id":"T0TEAM","event":{"type":"channel_rename","channel":{"id":"C1","name":"x"}}}`,
	} {
		f.Add(byte(i), body)
	}
	f.Fuzz(func(t *testing.T, route byte, body string) {
		path := paths[int(route)%len(paths)]
		if strings.HasPrefix(body, "{") && path != "/slack/event" {
			body = url.Values{"payload": {body}}.Encode()
		}
		h.pass(time.Second)
		if got := h.request(path, body); got.Code >= 500 {
			t.Errorf("status %d", got.Code)
		}
		h.idle(t)
		h.events, h.slack.calls = nil, nil
		h.log.text.Reset()
	})
}

// BenchmarkCommand is a command over HTTP, from its bytes to its answer.
func BenchmarkCommand(b *testing.B) {
	h := newHall(b)
	h.always(chat.Reply{Body: says("Signaal 12 bewaard.")})
	for b.Loop() {
		h.events = nil
		if got := h.command(); got.Code != 200 {
			b.Fatal(got.Code)
		}
	}
}

// Of a request without a signature that may count, no body is read; of one that
// may only ask for our certificate, a little.
func TestUnsignedBody(t *testing.T) {
	for path, change := range map[string]func(*http.Request){
		"/slack/interactive": func(r *http.Request) { r.Header.Del("X-Slack-Signature") },
		"/slack/options":     func(r *http.Request) { r.Header.Set("X-Slack-Signature", "v0=zz") },
		"/slack/event":       func(r *http.Request) { r.Header.Set("X-Slack-Request-Timestamp", "1") },
	} {
		h := newHall(t)
		if got := h.request(path, "", func(r *http.Request) { change(r); r.Body = unread{t} }); got.Code != 401 {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
	h := newHall(t)
	if got := h.request("/slack/command", "ssl_check=1&x="+strings.Repeat("x", maxUnsigned), func(r *http.Request) { r.Header.Del("X-Slack-Signature") }); got.Code != 413 {
		t.Errorf("large: %d", got.Code)
	}
}

// unread is a body that is not to be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.EOF
}

func (unread) Close() error { return nil }

// A wrong signing secret shows: in the log once a minute, and in the health of
// the app until a right signature comes.
func TestWrongSecret(t *testing.T) {
	h := newHall(t)
	wrong := func(r *http.Request) { sign(r, "a-wrong-secret-0123456789", h.clock(), "x") }
	refused := func() time.Time { return h.Health()[1].Refused }
	if !refused().IsZero() {
		t.Errorf("refused at %v", refused())
	}
	for range 5 {
		h.command()
		h.request("/slack/command", h.commandForm(), wrong)
	}
	if !refused().Equal(monday) {
		t.Errorf("refused at %v", refused())
	}
	if n := strings.Count(h.log.String(), "level=WARN"); n != 1 || strings.Contains(h.log.String(), "leert") {
		t.Errorf("%d warnings: %s", n, &h.log)
	}
	h.pass(time.Minute)
	h.request("/slack/command", h.commandForm(), wrong)
	if n := strings.Count(h.log.String(), "level=WARN"); n != 2 {
		t.Errorf("%d warnings after a minute", n)
	}
	if h.command(); !refused().IsZero() {
		t.Errorf("refused at %v, after a right one", refused())
	}
	for range 5 {
		h.command("team_id", "T0NOBODY")
		h.interact(h.press("do0", "x", obj{"team": obj{"id": "T0NOBODY"}}))
	}
	if n := strings.Count(h.log.String(), "level=WARN"); n != 3 {
		t.Errorf("%d warnings, with one of an unknown workspace", n)
	}
}
