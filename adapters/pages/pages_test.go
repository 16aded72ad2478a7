package pages

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kansbot/internal/chat"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		ok(t, os.MkdirAll("testdata", 0o755))
		ok(t, os.WriteFile(path, got, 0o644))
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: make it with go test -update", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs: look at it with go test -update and git diff\n%s", path, got)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	key    = strings.Repeat("0123456789abcdef", 4)
	opened = strings.Repeat("fedcba9876543210", 4)
	at     = time.Date(2027, 1, 12, 13, 40, 0, 0, time.FixedZone("CET", 3600))
)

const hostile = "</p></main><script>alert(1)</script>\"'&lt; @channel *vet* ~~weg~~ `code` [x](javascript:alert(1)) ![i](http://a.nl/i.png) www.kwaad.nl https://kwaad.nl/x a@kwaad.nl <https://kwaad.nl> \u202egnuh\u202c\x00\x1b[31m {{.Secret}} | a | :smile: $x$\n# kop\n- lijst\n1. een\n> citaat\n---\n    code\n"

func spans(text string) []chat.Span {
	return []chat.Span{{Text: text}, {Style: chat.Bold, Text: text}, {Style: chat.Struck, Text: text}, {Style: chat.Mention, Text: text, User: "joris"}, {Style: chat.Link, Text: text, URL: "https://kansbot.example.org/pagina/abc"}, {Style: chat.Link, Text: text, URL: "javascript:alert(1)"}}
}

// every is a message with each kind of block and style in it, all saying text.
func every(text string) chat.Message {
	return chat.Message{
		{Kind: chat.Heading, Text: spans(text)},
		{Kind: chat.Text, Text: spans(text)},
		{Kind: chat.Note, Text: spans(text)},
		{Kind: chat.Bullets, Items: [][]chat.Span{spans(text), spans(text)}},
		{Kind: chat.Bullets, Items: [][]chat.Span{spans(text)}},
		{Kind: chat.Numbers, Items: [][]chat.Span{spans(text)}},
		{Kind: chat.Numbers, Items: [][]chat.Span{spans(text)}},
		{Kind: chat.Copy, Text: []chat.Span{{Text: text}}},
	}
}

func agenda() chat.Page {
	return chat.Page{Lang: "nl", Title: "Agenda Kans!overleg 12 januari 2027", Until: at.Add(27 * time.Hour), Body: chat.Message{
		{Kind: chat.Heading, Text: []chat.Span{{Text: "Agenda Kans!overleg 12 januari 2027"}}},
		{Kind: chat.Text, Text: []chat.Span{{Text: "Dinsdag om 13:30, een uur en een kwartier. Voorzitter: "}, {Style: chat.Mention, Text: "Anna", User: "u1"}, {Text: "."}}},
		{Kind: chat.Heading, Text: []chat.Span{{Text: "Eerst even"}}},
		{Kind: chat.Numbers, Items: [][]chat.Span{
			{{Text: "Welkom, rollen en privacy (3 min)"}},
			{{Style: chat.Bold, Text: "Eén succes"}, {Text: " van deze periode (5 min)"}},
			{{Text: "Terugblik op afspraken: "}, {Style: chat.Struck, Text: "actie 7"}, {Text: " is klaar (10 min)"}},
		}},
		{Kind: chat.Heading, Text: []chat.Span{{Text: "Casussen"}}},
		{Kind: chat.Bullets, Items: [][]chat.Span{
			{{Style: chat.Bold, Text: "K-014"}, {Text: ": leren en spelen. De coördinator heeft ideeën (12 min)"}},
			{{Style: chat.Bold, Text: "K-021"}, {Text: ": ouders geïnformeerd, € 0 nodig, “kort en duidelijk” (12 min)"}},
		}},
		{Kind: chat.Text, Text: []chat.Span{{Text: "De vorige keer staat op "}, {Style: chat.Link, Text: "deze pagina", URL: "https://kansbot.example.org/pagina/abc"}, {Text: "."}}},
		{Kind: chat.Note, Text: []chat.Span{{Text: "Goed is goed genoeg."}}},
	}}
}

func talking() chat.Screen {
	return chat.Screen{Lang: "nl", Title: "Kans!overleg De Zwaan, 12 januari",
		Now: chat.Message{{Kind: chat.Heading, Text: []chat.Span{{Text: "K-014 · leren, spelen"}}},
			{Kind: chat.Text, Text: []chat.Span{{Text: "Stap 3 van 5: wat is nodig?"}}}},
		Since: at.Add(-4 * time.Minute), Ends: at.Add(8 * time.Minute),
		Next: chat.Message{{Kind: chat.Numbers, Items: [][]chat.Span{{{Text: "K-021 · rust (12 min)"}}, {{Text: "Voorschool: V-003 (5 min)"}}}}},
		Agreements: chat.Message{{Kind: chat.Bullets, Items: [][]chat.Span{
			{{Style: chat.Mention, Text: "Joris"}, {Text: " vraagt de logopedist om tips voor de klas, voor 12 feb"}},
			{{Style: chat.Mention, Text: "Fatima"}, {Text: " belt het wijkteam, voor vrijdag"}}}}},
	}
}

// site answers as opt says, and with a page, a feed and a screen where it says
// nothing.
func site(t testing.TB, opt Options) (*Server, http.Handler) {
	t.Helper()
	if opt.Page == nil {
		opt.Page = func(context.Context, string) (chat.Page, error) { return agenda(), nil }
	}
	if opt.Peek == nil {
		opt.Peek = func(context.Context, string) (string, error) { return "nl", nil }
	}
	if opt.Feed == nil {
		opt.Feed = func(context.Context, string) ([]byte, error) {
			return []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), nil
		}
	}
	if opt.Open == nil {
		opt.Open = func(context.Context, string) (string, time.Time, error) { return opened, at.Add(3 * time.Hour), nil }
	}
	if opt.Screen == nil {
		opt.Screen = func(context.Context, string) (chat.Screen, error) { return talking(), nil }
	}
	if opt.Now == nil {
		opt.Now = func() time.Time { return at }
	}
	opt.Log = cmp.Or(opt.Log, slog.New(slog.NewTextHandler(t.Output(), nil)))
	s := New(opt)
	t.Cleanup(s.Close)
	mux := http.NewServeMux()
	s.Routes(mux)
	return s, mux
}

func get(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	return ask(h, http.MethodGet, path, header...)
}

func ask(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestGoldens(t *testing.T) {
	english := agenda()
	english.Lang, english.Title = "en", "Agenda"
	for name, p := range map[string]chat.Page{
		"agenda":    agenda(),
		"agenda-en": english,
		"every":     {Lang: "nl", Title: "Anna's plan", Body: every("Anna's plan"), Until: at},
		"hostile":   {Lang: hostile, Title: hostile, Body: every(hostile), Until: at},
		"unknown":   {Body: chat.Message{{Kind: "film", Text: spans("later")}, {Kind: chat.Text}, {Kind: chat.Bullets}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, h := site(t, Options{Page: func(context.Context, string) (chat.Page, error) { return p, nil }})
			golden(t, name+".html", get(h, "/pagina/"+key).Body.Bytes())
			golden(t, name+".md", get(h, "/pagina/"+key+".md").Body.Bytes())
		})
	}
}

func TestScreenGoldens(t *testing.T) {
	english, evil, shown, over, early := talking(), talking(), talking(), talking(), chat.Screen{Title: "Kans!overleg"}
	english.Lang = "en"
	evil.Title, evil.Now, evil.Next, evil.Text, evil.Agreements = hostile, every(hostile), every(hostile), every(hostile), every(hostile)
	shown.Text = chat.Message{{Kind: chat.Text, Text: []chat.Span{{Text: "Begint wel als het in stapjes gaat."}}}}
	over.Over = true
	for name, sc := range map[string]chat.Screen{"screen": shown, "screen-en": english, "screen-hostile": evil, "screen-over": over, "screen-early": early} {
		t.Run(name, func(t *testing.T) {
			_, h := site(t, Options{Screen: func(context.Context, string) (chat.Screen, error) { return sc, nil }})
			golden(t, name+".html", get(h, "/pagina/scherm", "Cookie", "kansbot-scherm="+opened).Body.Bytes())
		})
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	_, h := site(t, Options{})
	for _, c := range []struct {
		method, path string
		status       int
		kind, cache  string
	}{
		{"GET", "/pagina/" + key, 200, "text/html; charset=utf-8", "no-store"},
		{"HEAD", "/pagina/" + key, 200, "text/html; charset=utf-8", "no-store"},
		{"GET", "/pagina/" + key + ".md", 200, "text/markdown; charset=utf-8", "no-store"},
		{"GET", "/pagina/" + key + ".pdf", 200, "application/pdf", "no-store"},
		{"GET", "/pagina/" + key + ".ics", 200, "text/calendar; charset=utf-8", "private, no-cache"},
		{"HEAD", "/pagina/" + key + ".ics", 200, "text/calendar; charset=utf-8", "private, no-cache"},
		{"GET", "/pagina/" + key + "/scherm", 200, "text/html; charset=utf-8", "no-store"},
		{"GET", "/pagina/scherm", 404, "text/html; charset=utf-8", "no-store"},
		{"GET", "/pagina/scherm/stroom", 404, "text/html; charset=utf-8", "no-store"},
		{"GET", "/pagina/", 404, "text/html; charset=utf-8", "no-store"},
		{"GET", "/pagina/x/y/z", 404, "text/html; charset=utf-8", "no-store"},
		{"GET", "/pagina/stijl.css", 200, "text/css; charset=utf-8", "no-cache"},
		{"GET", "/pagina/scherm.js", 200, "text/javascript; charset=utf-8", "no-cache"},
		{"GET", "/pagina/teken.svg", 200, "image/svg+xml", "no-cache"},
		{"POST", "/pagina/" + key + "/scherm", 303, "", "no-store"},
		{"POST", "/pagina/" + key, 404, "text/html; charset=utf-8", "no-store"},
	} {
		w := ask(h, c.method, c.path)
		got := w.Header()
		if w.Code != c.status || got.Get("Content-Type") != c.kind || got.Get("Cache-Control") != c.cache {
			t.Errorf("%s %s: %d, %s, %s", c.method, c.path, w.Code, got.Get("Content-Type"), got.Get("Cache-Control"))
		}
		for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex, nofollow"} {
			if got.Get(name) != want {
				t.Errorf("%s %s: %s is %q", c.method, c.path, name, got.Get(name))
			}
		}
		if p := got.Get("Content-Security-Policy"); strings.Contains(p, "unsafe") || !strings.Contains(p, "default-src 'none'") || !strings.Contains(p, "frame-ancestors 'none'") {
			t.Errorf("%s %s: policy %q", c.method, c.path, p)
		}
	}
}

func TestNothingIsAskedAboutWhatCannotBeASecret(t *testing.T) {
	asked := 0
	_, h := site(t, Options{
		Page:   func(context.Context, string) (chat.Page, error) { asked++; return chat.Page{}, nil },
		Peek:   func(context.Context, string) (string, error) { asked++; return "", nil },
		Feed:   func(context.Context, string) ([]byte, error) { asked++; return nil, nil },
		Open:   func(context.Context, string) (string, time.Time, error) { asked++; return "", time.Time{}, nil },
		Screen: func(context.Context, string) (chat.Screen, error) { asked++; return chat.Screen{}, nil },
	})
	for _, bad := range []string{key[1:], key + "0", strings.ToUpper(key), key[1:] + "g", key[1:] + "%00", key + ".MD", key + ".html", key + ".", key + ".md.md", key[1:] + "٣", "a%2f" + key[2:]} {
		if w := get(h, "/pagina/"+bad); w.Code != 404 {
			t.Errorf("%s: %d", bad, w.Code)
		}
		for _, method := range []string{"GET", "POST"} {
			if w := ask(h, method, "/pagina/"+bad+"/scherm"); w.Code != 404 {
				t.Errorf("%s %s: %d", method, bad, w.Code)
			}
		}
		if w := get(h, "/pagina/scherm", "Cookie", "kansbot-scherm="+bad); w.Code != 404 {
			t.Errorf("cookie %s: %d", bad, w.Code)
		}
	}
	if asked > 0 {
		t.Errorf("asked %d times", asked)
	}
}

func TestGoneSaysSoInPlainDutch(t *testing.T) {
	_, h := site(t, Options{
		Page:   func(context.Context, string) (chat.Page, error) { return chat.Page{}, chat.ErrGone },
		Peek:   func(context.Context, string) (string, error) { return "", chat.ErrGone },
		Feed:   func(context.Context, string) ([]byte, error) { return nil, chat.ErrGone },
		Open:   func(context.Context, string) (string, time.Time, error) { return "", time.Time{}, chat.ErrGone },
		Screen: func(context.Context, string) (chat.Screen, error) { return chat.Screen{}, chat.ErrGone },
	})
	for _, w := range []*httptest.ResponseRecorder{
		get(h, "/pagina/"+key), get(h, "/pagina/"+key+".md"), get(h, "/pagina/"+key+".pdf"), get(h, "/pagina/"+key+".ics"),
		ask(h, "HEAD", "/pagina/"+key), get(h, "/pagina/"+key+"/scherm"), ask(h, "POST", "/pagina/"+key+"/scherm"),
		get(h, "/pagina/scherm", "Cookie", "kansbot-scherm="+opened), get(h, "/pagina/scherm/stroom", "Cookie", "kansbot-scherm="+opened),
	} {
		if w.Code != 404 || !strings.Contains(w.Body.String(), "Deze link werkt niet meer") || len(w.Result().Cookies()) > 0 || w.Header().Get("Content-Disposition") != "" {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
	}
	golden(t, "gone.html", get(h, "/pagina/"+key).Body.Bytes())
}

func TestErrorsAreLoggedWithoutTheSecret(t *testing.T) {
	var log bytes.Buffer
	_, h := site(t, Options{
		Page:   func(_ context.Context, s string) (chat.Page, error) { return chat.Page{}, errors.New("disk: " + s) },
		Screen: func(_ context.Context, s string) (chat.Screen, error) { return chat.Screen{}, errors.New("disk: " + s) },
		Log:    slog.New(slog.NewTextHandler(&log, nil)),
	})
	for _, w := range []*httptest.ResponseRecorder{get(h, "/pagina/"+key), get(h, "/pagina/scherm", "Cookie", "kansbot-scherm="+opened), get(h, "/pagina/scherm/stroom", "Cookie", "kansbot-scherm="+opened)} {
		if w.Code != 500 || strings.Contains(w.Body.String(), "disk") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if l := log.String(); strings.Count(l, "disk") != 3 || strings.Contains(l, key) || strings.Contains(l, opened) {
		t.Error(l)
	}
}

func TestFeedIsKeptByWhoHasIt(t *testing.T) {
	_, h := site(t, Options{})
	tag := get(h, "/pagina/"+key+".ics").Header().Get("ETag")
	if w := get(h, "/pagina/"+key+".ics", "If-None-Match", tag); w.Code != 304 || w.Body.Len() > 0 {
		t.Errorf("%d %q %s", w.Code, tag, w.Body)
	}
	if w := get(h, "/pagina/"+key+".ics", "If-None-Match", `"other"`); w.Code != 200 || w.Body.Len() == 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Who only asks whether a page is there has not read it; nor has a chat that
// looks for what to show below a link.
func TestAskingIsNoReading(t *testing.T) {
	_, h := site(t, Options{Page: func(context.Context, string) (chat.Page, error) {
		t.Error("read")
		return agenda(), nil
	}})
	for _, ending := range []string{"", ".md", ".pdf"} {
		for _, w := range []*httptest.ResponseRecorder{
			ask(h, "HEAD", "/pagina/"+key+ending),
			get(h, "/pagina/"+key+ending, "User-Agent", "Mattermost-Bot/1.1"),
			get(h, "/pagina/"+key+ending, "User-Agent", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),
		} {
			if w.Code != 200 || w.Body.Len() > 0 {
				t.Errorf("%s: %d", ending, w.Code)
			}
		}
	}
}

func TestFileNames(t *testing.T) {
	for title, want := range map[string]string{
		"Agenda Kans!overleg, 12 januari": "agenda-kans-overleg-12-januari", "Coördinatie: één idee": "coordinatie-een-idee",
		"\"; x=\"../..\r\n": "x", "東京": "kansbot", "": "kansbot", strings.Repeat("a", 99): strings.Repeat("a", 60),
	} {
		if got := slug(title); got != want {
			t.Errorf("%q: %q", title, got)
		}
	}
	_, h := site(t, Options{})
	if got := get(h, "/pagina/"+key+".pdf").Header().Get("Content-Disposition"); got != `attachment; filename="agenda-kans-overleg-12-januari-2027.pdf"` {
		t.Error(got)
	}
}

func TestEveryTextIsThereInBothLanguages(t *testing.T) {
	for name, text := range wording {
		if text[0] == "" || text[1] == "" || strings.Count(text[0], "%") != strings.Count(text[1], "%") {
			t.Errorf("%s: %q", name, text)
		}
	}
	used := regexp.MustCompile(`\.T "([a-z.]+)"`)
	files, err := filepath.Glob("web/*.html")
	ok(t, err)
	for _, f := range files {
		source, err := os.ReadFile(f)
		ok(t, err)
		for _, m := range used.FindAllStringSubmatch(string(source), -1) {
			if wording[m[1]][0] == "" {
				t.Errorf("%s: no text %q", f, m[1])
			}
		}
	}
}

// FuzzRoutes: whatever the address, nothing but a secret is asked about, and
// every answer is guarded.
func FuzzRoutes(f *testing.F) {
	for _, path := range []string{key, key + ".md", key + "/scherm", "scherm", "scherm/stroom", "../" + key, "//", "%2e%2e/", key + "%00", ""} {
		f.Add("GET", path, opened)
		f.Add("POST", path, "x")
	}
	known := func(s string) error {
		if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(s) {
			panic(s)
		}
		return chat.ErrGone
	}
	s := New(Options{
		Page:   func(_ context.Context, s string) (chat.Page, error) { return chat.Page{}, known(s) },
		Peek:   func(_ context.Context, s string) (string, error) { return "", known(s) },
		Feed:   func(_ context.Context, s string) ([]byte, error) { return nil, known(s) },
		Open:   func(_ context.Context, s string) (string, time.Time, error) { return "", time.Time{}, known(s) },
		Screen: func(_ context.Context, s string) (chat.Screen, error) { return chat.Screen{}, known(s) },
		Now:    func() time.Time { return at }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	mux := http.NewServeMux()
	s.Routes(mux)
	f.Fuzz(func(t *testing.T, method, path, cookie string) {
		r, err := http.NewRequest(method, "http://kansbot.example.org/pagina/"+path, nil)
		if err != nil {
			t.Skip()
		}
		r.AddCookie(&http.Cookie{Name: "kansbot-scherm", Value: cookie})
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code >= 500 || w.Code != 301 && w.Code != 307 && w.Code != 308 && strings.HasPrefix(r.URL.Path, "/pagina/") && w.Header().Get("Content-Security-Policy") == "" && w.Code != 404 {
			t.Errorf("%s %s: %d %v", method, path, w.Code, w.Header())
		}
	})
}
