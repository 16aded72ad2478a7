package slack

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"kansbot/internal/chat"
)

const (
	cannedBot    = "xoxb-1-hushhush"
	cannedApp    = "xapp-1-A1-2-hushhush"
	cannedSecret = "hushhushhushhushhush"
)

// canned is a Slack that answers each method with what a test put there, and a
// connection with its "hello".
type canned struct {
	url    string
	scopes string
	says   map[string]string
	dials  atomic.Int32
}

func newCanned(t *testing.T) *canned {
	var names []string
	for _, s := range botScopes {
		names = append(names, s.name)
	}
	s := &canned{scopes: strings.Join(names, ","), says: map[string]string{
		"auth.test":             `{"ok":true,"team":"SWV Zuidoost","team_id":"T1","user":"kansbot","user_id":"U1","bot_id":"B1"}`,
		"bots.info":             `{"ok":true,"bot":{"id":"B1","app_id":"A1"}}`,
		"users.conversations":   `{"ok":true,"channels":[{"id":"C1","name":"zwaan"}],"response_metadata":{"next_cursor":"2"}}`,
		"users.conversations/2": `{"ok":true,"channels":[{"id":"C2","name":"eend"},{"id":"C3","name":"gans","is_archived":true},{"id":"C4","name":"reiger","is_read_only":true}]}`,
		"apps.connections.open": `{"ok":true,"url":"ws://HOST/socket?ticket=hushhush"}`,
		"hello":                 `{"type":"hello","num_connections":1}`,
	}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL + "/api/"
	return s
}

func (s *canned) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/socket" {
		s.dials.Add(1)
		socket, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err == nil {
			defer socket.Close()
			socket.WriteMessage(websocket.TextMessage, []byte(s.says["hello"]))
			socket.ReadMessage()
		}
		return
	}
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	token := r.FormValue("token") + strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	want := cannedBot
	if method == "apps.connections.open" {
		want = cannedApp
	} else {
		w.Header().Set("X-OAuth-Scopes", s.scopes)
	}
	answer := s.says[strings.TrimSuffix(method+"/"+r.FormValue("cursor"), "/")]
	if token != want {
		answer = `{"ok":false,"error":"invalid_auth"}`
	}
	io.WriteString(w, strings.ReplaceAll(answer, "HOST", r.Host))
}

func (s *canned) app() App { return App{Token: cannedApp, BotTokens: []string{cannedBot}} }

// swan is the channel of a kernteam.
func swan(channel string) []chat.To {
	return []chat.To{{Platform: Name, Workspace: "T1", Channel: "C1"}, {Platform: Name, Workspace: "T1", Channel: channel}, {Platform: "other", Channel: "C9"}}
}

func TestCheck(t *testing.T) {
	healthy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer healthy.Close()
	for _, test := range []struct {
		name   string
		change func(*canned, *App, *CheckOptions)
		skew   time.Duration
		wrong  []string // names of what is not OK
		says   string   // by one of the findings
	}{
		{name: "all is well", says: "in SWV Zuidoost de kanalen van 2 kernteams"},
		{name: "kernteams not known", change: func(_ *canned, _ *App, o *CheckOptions) { o.Channels = nil }, says: "in SWV Zuidoost: 4"},
		{name: "Kansbot runs", change: func(_ *canned, _ *App, o *CheckOptions) { o.Running = true }, says: "het app-token werkt, en Kansbot draait"},
		{name: "over HTTP", change: func(_ *canned, a *App, _ *CheckOptions) { a.Token, a.SigningSecrets = "", []string{cannedSecret} }, says: "bereikt Kansbot"},
		{name: "manifest by hand", change: func(_ *canned, _ *App, o *CheckOptions) { o.Written = "" }, says: "niet na te kijken"},
		{name: "scopes that nobody needs", change: func(s *canned, _ *App, _ *CheckOptions) { s.scopes += ",files:write" }, says: "weg mag: files:write"},
		{name: "a proxy took the scopes away", change: func(s *canned, _ *App, _ *CheckOptions) { s.scopes = "" }},
		{name: "old manifest", change: func(_ *canned, _ *App, o *CheckOptions) { o.Written = "0123456789ab" },
			wrong: []string{"Slack-manifest"}, says: "het manifest in Slack is ouder dan dit programma"},
		{name: "nobody there", change: func(s *canned, _ *App, _ *CheckOptions) { s.url = "http://127.0.0.1:1/api/" },
			wrong: []string{"Slack", "Slack-verbinding"}, says: "daar luistert niemand"},
		{name: "somebody else there", change: func(s *canned, _ *App, _ *CheckOptions) {
			s.says["auth.test"], s.says["apps.connections.open"] = "<html>hushhush", "{}"
		}, wrong: []string{"Slack", "Slack-verbinding"}, says: "daar antwoordt iets anders dan Slack"},
		{name: "token revoked", change: func(s *canned, _ *App, _ *CheckOptions) { s.says["auth.test"] = `{"ok":false,"error":"token_revoked"}` },
			wrong: []string{"Slack-token"}, says: "dit token is ingetrokken"},
		{name: "token of nobody", change: func(_ *canned, a *App, _ *CheckOptions) { a.BotTokens = []string{"xoxb-2-hushhush"} },
			wrong: []string{"Slack-token"}, says: "Slack kent dit token niet"},
		{name: "refused for a reason of its own", change: func(s *canned, _ *App, _ *CheckOptions) { s.says["auth.test"] = `{"ok":false,"error":"team_on_fire"}` },
			wrong: []string{"Slack-token"}, says: "Slack antwoordt team_on_fire"},
		{name: "scopes missing", change: func(s *canned, _ *App, _ *CheckOptions) {
			s.scopes = "commands,chat:write,im:write,im:history,channels:read,groups:read,channels:history"
		},
			wrong: []string{"Slack-rechten"}, says: "in SWV Zuidoost ontbreekt: users:read, groups:history"},
		{name: "our clock is ahead", skew: time.Minute, wrong: []string{"Klok"}, says: "uiteen met die van Slack"},
		{name: "our clock is behind", skew: -time.Hour, wrong: []string{"Klok"}, says: "uiteen met die van Slack"},
		{name: "app token of another app", change: func(_ *canned, a *App, _ *CheckOptions) { a.Token = "xapp-1-A2-2-hushhush" },
			wrong: []string{"Slack-verbinding"}, says: "van een andere app"},
		{name: "app token revoked", change: func(_ *canned, a *App, _ *CheckOptions) { a.Token = "xapp-1-A1-3-hushhush" },
			wrong: []string{"Slack-verbinding"}, says: "het app-token doet het niet: Slack kent dit token niet"},
		{name: "app token without its scope", change: func(s *canned, _ *App, _ *CheckOptions) {
			s.says["apps.connections.open"] = `{"ok":false,"error":"missing_scope","needed":"connections:write"}`
		}, wrong: []string{"Slack-verbinding"}, says: "het recht connections:write ontbreekt"},
		{name: "no way for a WebSocket", change: func(s *canned, _ *App, _ *CheckOptions) {
			s.says["apps.connections.open"] = `{"ok":true,"url":"ws://HOST/elsewhere?ticket=hushhush"}`
		}, wrong: []string{"Slack-verbinding"}, says: "gaat niet open"},
		{name: "an address that is none", change: func(s *canned, _ *App, _ *CheckOptions) {
			s.says["apps.connections.open"] = `{"ok":true,"url":"ws://a b/?ticket=hushhush"}`
		}, wrong: []string{"Slack-verbinding"}},
		{name: "others listen too", change: func(s *canned, _ *App, _ *CheckOptions) { s.says["hello"] = `{"type":"hello","num_connections":3}` },
			wrong: []string{"Slack-verbinding"}, says: "er luisteren al 2 andere"},
		{name: "no room for a connection", change: func(s *canned, _ *App, _ *CheckOptions) {
			s.says["hello"] = `{"type":"disconnect","reason":"too_many_websockets"}`
		}, wrong: []string{"Slack-verbinding"}, says: "al tien verbindingen"},
		{name: "in no channel", change: func(s *canned, _ *App, o *CheckOptions) {
			s.says["users.conversations"], o.Channels = `{"ok":true,"channels":[]}`, nil
		}, wrong: []string{"Slack-kanalen"}, says: "nog in geen enkel kanaal"},
		{name: "removed from a channel", change: func(_ *canned, _ *App, o *CheckOptions) { o.Channels = swan("C5") },
			wrong: []string{"Slack-kanalen"}, says: "C5 (de bot zit er niet in)"},
		{name: "channel in the archive", change: func(_ *canned, _ *App, o *CheckOptions) { o.Channels = swan("C3") },
			wrong: []string{"Slack-kanalen"}, says: "#gans (in het archief)"},
		{name: "channel to read only", change: func(_ *canned, _ *App, o *CheckOptions) { o.Channels = swan("C4") },
			wrong: []string{"Slack-kanalen"}, says: "#reiger (de bot mag er niet schrijven)"},
		{name: "channels unreadable", change: func(s *canned, _ *App, _ *CheckOptions) {
			s.says["users.conversations/2"] = `{"ok":false,"error":"ratelimited"}`
		},
			wrong: []string{"Slack-kanalen"}, says: "het ging te snel"},
		{name: "a kernteam elsewhere", change: func(_ *canned, _ *App, o *CheckOptions) {
			o.Channels = append(o.Channels, chat.To{Platform: Name, Workspace: "T2", Channel: "C1"})
		}, wrong: []string{"Slack-werkruimtes"}, says: "1 kernteam zit in een werkruimte die niet is ingesteld"},
		{name: "not running yet", change: func(_ *canned, a *App, o *CheckOptions) {
			a.Token, a.SigningSecrets, o.PublicURL = "", []string{cannedSecret}, "http://127.0.0.1:1"
		}, says: "http://127.0.0.1:1; na te kijken zodra Kansbot draait"},
		{name: "an answer without anything", change: func(s *canned, _ *App, _ *CheckOptions) { s.says["auth.test"] = `{"ok":true}` },
			wrong: []string{"Slack"}, says: "iets anders dan Slack"},
		{name: "unreachable", change: func(_ *canned, a *App, o *CheckOptions) {
			a.Token, a.SigningSecrets, o.PublicURL, o.Running = "", []string{cannedSecret}, "http://127.0.0.1:1", true
		}, wrong: []string{"Adres voor Slack"}, says: "http://127.0.0.1:1/healthz antwoordt niet"},
		{name: "something else at our address", change: func(_ *canned, a *App, o *CheckOptions) {
			a.Token, a.SigningSecrets, o.PublicURL, o.Running = "", []string{cannedSecret}, healthy.URL+"/elders", true
		}, wrong: []string{"Adres voor Slack"}, says: "status 404"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newCanned(t)
			settings := s.app()
			o := CheckOptions{PublicURL: healthy.URL + "/", Manifest: "aaaaaaaaaaaa", Written: "aaaaaaaaaaaa", Channels: swan("C2")}
			if test.change != nil {
				test.change(s, &settings, &o)
			}
			now := func() time.Time { return time.Now().Add(test.skew) }
			a, err := New(Settings{APIURL: s.url, Apps: []App{settings}}, now, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			var wrong []string
			all := ""
			for _, f := range a.Check(t.Context(), o) {
				if f.Says == "" || f.OK != (f.Mend == "") {
					t.Errorf("says too little, or too much: %+v", f)
				}
				if !f.OK {
					wrong = append(wrong, f.Name)
				}
				all += f.Name + ": " + f.Says + " / " + f.Mend + "\n"
			}
			if !slices.Equal(wrong, test.wrong) || !strings.Contains(all, test.says) || strings.Contains(all, "hushhush") {
				t.Errorf("wrong are %q, want %q and %q in\n%s", wrong, test.wrong, test.says, all)
			}
			if n := s.dials.Load(); o.Running && n > 0 {
				t.Error("it took a connection beside the Kansbot that runs")
			}
		})
	}
}
