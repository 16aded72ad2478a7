package practice

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"kansbot/internal/chat"
)

func request(method, target, body string) *http.Request {
	req := httptest.NewRequest(method, target, strings.NewReader(body))
	req.Host = "127.0.0.1:8065"
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req
}

func answer(h http.Handler, req *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w.Result()
}

func read(t testing.TB, res *http.Response) string {
	t.Helper()
	return string(must(io.ReadAll(res.Body))(t))
}

func TestOnlyNamesOfThisMachine(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	h := room.Handler()
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8065": 200, "LOCALHOST": 200, "127.0.0.1:1": 200, "[::1]:8065": 200, "[::1]": 200,
		"": 421, "evil.example": 421, "evil.example:8065": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example:80": 421, "192.168.1.4:8065": 421, "0.0.0.0:8065": 421,
	} {
		req := request("GET", "/", "")
		req.Host = host
		if got := answer(h, req).StatusCode; got != want {
			t.Errorf("host %q: %d, want %d", host, got, want)
		}
	}
}

func TestPostsOfOtherSites(t *testing.T) {
	room, core := rehearse(t, &memory{})
	h := room.Handler()
	for name, header := range map[string][2]string{
		"another site":   {"Sec-Fetch-Site", "cross-site"},
		"a sister name":  {"Sec-Fetch-Site", "same-site"},
		"another origin": {"Origin", "https://evil.example"},
		"a hidden one":   {"Origin", "null"},
		"another port":   {"Origin", "http://127.0.0.1:9999"},
	} {
		req := request("POST", "/type", "as=anna&in=kernteam-zwaan&line=/kernteam")
		req.Header.Set(header[0], header[1])
		if got := answer(h, req).StatusCode; got != http.StatusForbidden {
			t.Errorf("%s: %d", name, got)
		}
	}
	if len(room.Only("anna")) != 0 {
		t.Error("another site typed for Anna")
	}
	req := request("POST", "/type", "as=anna&in=kernteam-zwaan&line=/kernteam")
	req.Header.Set("Origin", "http://127.0.0.1:8065")
	if got := answer(h, req).StatusCode; got != http.StatusSeeOther || len(room.Only("anna")) != 1 {
		t.Errorf("its own page: %d; Kansbot heard %v", got, core.seen())
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	h := room.Handler()
	for _, target := range []string{"/", "/web/room.css", "/web/room.js", "/web/mark.svg", "/nowhere", "/type", "/web/page.html"} {
		head := answer(h, request("GET", target, "")).Header
		if head.Get("Content-Security-Policy") != policy || head.Get("X-Content-Type-Options") != "nosniff" || head.Get("Cross-Origin-Resource-Policy") != "same-origin" {
			t.Errorf("%s: %v", target, head)
		}
	}
	page := read(t, answer(h, request("GET", "/", "")))
	for _, inline := range []string{"<style", " style=", "onclick", "http://", "https://"} {
		if strings.Contains(page, inline) {
			t.Errorf("the page has %q", inline)
		}
	}
}

func TestAssetsAreKeptByTheBrowser(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	h := room.Handler()
	first := answer(h, request("GET", "/web/room.js", ""))
	if got := first.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/javascript") {
		t.Errorf("the script is %s", got)
	}
	again := request("GET", "/web/room.js", "")
	again.Header.Set("If-None-Match", first.Header.Get("ETag"))
	if got := answer(h, again).StatusCode; got != http.StatusNotModified {
		t.Errorf("asked again: %d", got)
	}
}

// post sends a form as the page would and gives the address that it goes to.
func post(t *testing.T, room *Room, path string, form url.Values) *url.URL {
	t.Helper()
	res := answer(room.Handler(), request("POST", path, form.Encode()))
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %d %s", path, res.StatusCode, read(t, res))
	}
	return must(res.Location())(t)
}

func TestFormsOfThePage(t *testing.T) {
	room, core := rehearse(t, &memory{})
	at := func(more ...string) url.Values {
		v := url.Values{"as": {"anna"}, "in": {zwaan}}
		for i := 0; i < len(more); i += 2 {
			v.Add(more[i], more[i+1])
		}
		return v
	}
	if to := post(t, room, "/type", at("line", "/signaal", "lang", "en")); to.Query().Get("lang") != "en" || to.Query().Get("since") == "" {
		t.Errorf("goes to %s", to)
	}
	if core.last(t).Locale != "en" {
		t.Errorf("heard %+v", core.last(t))
	}
	form := room.Form("anna").ID
	post(t, room, "/submit", at("form", form, "f.soort", "kans", "f.gezien", "begint niet", "f.element", "leren", "f.element", "eigen", "f.ouders", "", "f.anders", "x", "soort", "x"))
	sent := core.last(t).Act.(chat.Submitted).Values
	if len(sent["element"]) != 2 || sent["soort"][0] != "kans" || len(sent["ouders"]) != 0 || sent["anders"] != nil {
		t.Errorf("sent %q", sent)
	}
	if to := post(t, room, "/submit", at("form", form)); to.Query().Get("say") != "gone" {
		t.Errorf("goes to %s", to)
	}
	page := read(t, answer(room.Handler(), request("GET", "/?as=anna&say=gone", "")))
	if !strings.Contains(page, dutch.T("say.gone")) {
		t.Error("the page does not tell that the form is gone")
	}
	if page := read(t, answer(room.Handler(), request("GET", "/?say=%3Cb%3E", ""))); strings.Contains(page, `id="say"`) {
		t.Error("the page says what the address tells it to")
	}

	post(t, room, "/type", at("line", "/signaal"))
	post(t, room, "/close", at("form", room.Form("anna").ID))
	if room.Form("anna") != nil {
		t.Error("the form is still open")
	}
	post(t, room, "/dismiss", at("answer", room.Only("anna")[0].ID))
	if len(room.Only("anna")) != 0 {
		t.Error("the answer is still there")
	}
	post(t, room, "/clock", at("go", "next"))
	if !core.Now().Equal(story[0].at) {
		t.Errorf("it is %v", core.Now())
	}
	post(t, room, "/press", at("post", "agenda", "do", "punt"))
	if act := core.last(t).Act.(chat.Pressed); act.Do != "punt" {
		t.Errorf("pressed %+v", act)
	}
	post(t, room, "/clock", at("go", "hour"))
	post(t, room, "/clock", at("go", "day"))
	post(t, room, "/clock", at("go", "nowhere"))
	if want := story[0].at.Add(25 * 60 * 60 * 1e9); !core.Now().Equal(want) {
		t.Errorf("it is %v, want %v", core.Now(), want)
	}
	post(t, room, "/restart", at())
	if !core.Now().Equal(start) {
		t.Errorf("it is %v", core.Now())
	}
}

func TestSeatOfTheAddress(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	for query, want := range map[string]Seat{
		"":                              anna,
		"as=joris":                      joris,
		"as=joris&in=%40kansbot":        {User: "joris"},
		"as=nobody&in=nowhere&lang=tlh": anna,
		"as=ine":                        ine,
		"as=ine&in=kernteam-zwaan":      ine,
		"as=anna&lang=en":               {User: "anna", Channel: zwaan, Locale: "en"},
	} {
		v := must(url.ParseQuery(query))(t)
		if got := room.seat(v); got != want {
			t.Errorf("%q: %+v, want %+v", query, got, want)
		}
	}
}

func TestThemeAndWelcomeStayInTheBrowser(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	h := room.Handler()
	req := request("GET", "/", "")
	for _, path := range []string{"/theme", "/welcome"} {
		for _, c := range answer(h, request("POST", path, "theme=dark")).Cookies() {
			if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
				t.Errorf("cookie %v", c)
			}
			req.AddCookie(c)
		}
	}
	page := read(t, answer(h, req))
	if !strings.Contains(page, `data-theme="dark"`) || strings.Contains(page, `id="welcome"`) {
		t.Error("the page forgot its theme or still welcomes")
	}
	if page := read(t, answer(h, request("GET", "/", ""))); strings.Contains(page, "data-theme") || !strings.Contains(page, `id="welcome"`) {
		t.Error("another browser has this one's theme, or is not welcome")
	}
}

func TestBodyLimit(t *testing.T) {
	room, _ := rehearse(t, &memory{})
	res := answer(room.Handler(), request("POST", "/type", "line="+strings.Repeat("x", maxBody)))
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("a huge form: %d", res.StatusCode)
	}
	to := post(t, room, "/type", url.Values{"line": {strings.Repeat("x", maxLine+1)}})
	if to.Query().Get("say") != "long" {
		t.Errorf("goes to %s", to)
	}
}

func TestEvents(t *testing.T) {
	room, core := rehearse(t, &memory{})
	server := httptest.NewServer(room.Handler())
	defer server.Close()
	req := must(http.NewRequestWithContext(t.Context(), "GET", server.URL+"/events", nil))(t)
	res := must(http.DefaultClient.Do(req))(t)
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("events are %s", got)
	}
	lines := bufio.NewScanner(res.Body)
	next := func() string {
		for lines.Scan() {
			if lines.Text() != "" {
				return lines.Text()
			}
		}
		return "end"
	}
	if got := next(); got != "retry: 1000" {
		t.Errorf("first %q", got)
	}
	must(core.deliver(t.Context(), chatPost("k", "", "hoi")))(t)
	if got := next(); got != "data: changed" {
		t.Errorf("after a post %q", got)
	}
}

func TestEventsEndWithReceive(t *testing.T) {
	room := must(New(t.Context(), quiet(&memory{})))(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		room.Receive(ctx, func(context.Context, chat.Event) chat.Reply { return chat.Reply{} })
		close(ended)
	}()
	ok(t, room.Type(t.Context(), anna, "/kernteam")) // it listens
	server := httptest.NewServer(room.Handler())
	defer server.Close()
	res := must(http.Get(server.URL + "/events"))(t)
	defer res.Body.Close()
	stop()
	<-ended
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Errorf("the stream ended with %v", err)
	}
}

// FuzzRequest: no request from outside breaks the room.
func FuzzRequest(f *testing.F) {
	f.Add("POST", "/type", "as=anna&in=kernteam-zwaan&line=%2Fsignaal")
	f.Add("POST", "/submit", "as=anna&form=f1&f.gezien=%FF%00")
	f.Add("POST", "/press", "as=joris&in=%40kansbot&post=p1&do=x")
	f.Add("GET", "/", "since=18446744073709551615&say=gone&lang=en")
	f.Add("POST", "/clock", "go=%ZZ")
	f.Add("POST", "/theme", "theme=%0D%0ASet-Cookie:x")
	f.Add("GET", "/web/..%2Fpage.go", "")
	room, core := rehearse(f, &memory{})
	must(core.deliver(f.Context(), chatPost("k", "", "hoi")))(f)
	h := room.Handler()
	f.Fuzz(func(t *testing.T, method, path, query string) {
		if path == "/events" || !strings.HasPrefix(path, "/") {
			return // the one that never ends
		}
		if method != "POST" {
			method = "GET"
		}
		u := url.URL{Path: path}
		req := request(method, "/", query)
		req.URL = &u
		if method == "GET" {
			req.URL.RawQuery = query
		}
		if res := answer(h, req); res.StatusCode >= 500 {
			t.Errorf("%s %s %q: %d", method, path, query, res.StatusCode)
		}
	})
}

func BenchmarkPage(b *testing.B) {
	room, core := rehearse(b, &memory{})
	must(core.deliver(b.Context(), chatPost("root", "", "overleg")))(b)
	for i := range 300 {
		under := ""
		if i%2 == 0 {
			under = "root"
		}
		p := story[2].post
		p.Key, p.Under = "k"+string(rune('a'+i)), under
		must(core.deliver(b.Context(), p))(b)
	}
	for b.Loop() {
		ok(b, templates.ExecuteTemplate(io.Discard, "page", room.page(b.Context(), look{Seat: anna, After: true})))
	}
}
