package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kansbot/config"
)

// Without pages Mattermost goes on; Slack over Socket Mode has the address for
// nothing else.
func TestCheckPages(t *testing.T) {
	whole := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/pagina/teken.svg" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "image/svg+xml")
	}))
	defer whole.Close()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<p>Welkom")) }))
	defer front.Close()
	var mattermost, socket, hooks config.Config
	mattermost.Mattermost.URL = "https://chat.example"
	socket.Slack.BotToken, socket.Slack.AppToken = "xoxb-1", "xapp-1"
	hooks.Slack.BotToken, hooks.Slack.SigningSecret = "xoxb-1", "s"
	for _, c := range []struct {
		name   string
		config config.Config
		at     string
		ok     bool
		says   string
	}{
		{"Mattermost", mattermost, whole.URL, true, "is bereikbaar"},
		{"Mattermost, no pages", mattermost, front.URL, true, "laat de proxy ook /pagina/ door"},
		{"Mattermost, not found", mattermost, whole.URL + "/x", true, "404"},
		{"Socket Mode", socket, whole.URL, true, "is bereikbaar"},
		{"Socket Mode, no pages", socket, front.URL, false, "laat de proxy ook /pagina/ door"},
		{"requests, no pages", hooks, front.URL, true, "LET OP"},
	} {
		c.config.PublicURL = c.at
		if f := checkPages(t.Context(), c.config); f.OK != c.ok || !strings.Contains(f.Says+f.Mend, c.says) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

// The manual of the settings says what a proxy passes on.
func TestProxyPassesPages(t *testing.T) {
	if !strings.Contains(strings.ReplaceAll(config.Example, "\n# ", " "), "alleen /mattermost/, /slack/, /pagina/ en /healthz doorlaat") {
		t.Error("the comment on public_url leaves pages out")
	}
}
