package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kansbot/adapters/mattermost/mmtest"
	"kansbot/config"
)

// From an empty folder to a bot that answers, the way an administrator goes:
// setup, check, serve, check, and setup once more.
func TestSetupOnARealServer(t *testing.T) {
	server := mmtest.Start(t)
	team := server.NewTeam(t, "setup")
	anna := server.NewUser(t, team, "anna")
	room := server.NewChannel(t, team, "zwaan", true, anna.ID)

	dir := t.TempDir()
	path, tokenFile := filepath.Join(dir, "kansbot.yaml"), filepath.Join(dir, "admin")
	if err := os.WriteFile(tokenFile, []byte(server.AdminToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	address := listener.Addr().String()
	t.Setenv("KANSBOT_LISTEN", address)

	setup := []string{"setup", "mattermost", "--config", path, "--admin-token-file", tokenFile}
	code, stdout, stderr := shell(append(setup, "--url", server.URL, "--team", team.Name, "--channel", room.Name, "--public-url", "http://"+address)...)
	if code != 0 || !strings.Contains(stdout, "Geschreven: "+path) {
		t.Fatalf("setup: %d\n%s%s", code, stdout, stderr)
	}
	c, err := config.Load(path, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []config.Secret{c.Mattermost.Token, c.Mattermost.ActionSecret, c.Mattermost.DialogSecret, c.Mattermost.CommandTokens["signaal"]} {
		if secret == "" || strings.Contains(stdout, string(secret)) {
			t.Error("a secret is missing, or shows")
		}
	}

	ctx, cancel := context.WithCancel(context.Background())
	a, err := newApp(ctx, c, &clock{}, quiet(), wireMattermost)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- a.run(ctx, listener, false) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		a.close()
	}()
	for deadline := time.Now().Add(patience); a.platforms[0].state().connected == 0 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	if code, stdout, stderr = shell("check", "--config", path); code != 0 || strings.Contains(stdout, "FOUT") {
		t.Errorf("check: %d\n%s%s", code, stdout, stderr)
	}
	if _, err := anna.Command(room.Id, "", "/kernteam help"); err != nil {
		t.Fatal(err)
	}
	if answer, err := anna.WaitEphemeral(patience); err != nil || !strings.Contains(answer.Message, "kernteam") {
		t.Errorf("anna sees %v, %v", answer, err)
	}

	before, err := os.ReadFile(c.Secrets)
	if err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr = shell(setup...); code != 0 || !strings.Contains(stdout, "Alles stond al goed") {
		t.Errorf("setup again: %d\n%s%s", code, stdout, stderr)
	}
	if after, _ := os.ReadFile(c.Secrets); string(after) != string(before) {
		t.Error("the second setup changed secrets")
	}
}
