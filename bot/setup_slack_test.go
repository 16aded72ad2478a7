package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"kansbot/adapters/slack/slacktest"
	"kansbot/bot/command"
	"kansbot/config"
	"kansbot/internal/text"
)

// From an empty folder to an answered /signaal, in four commands: build, setup,
// check and serve. In between, an administrator does in Slack what setup says.
func TestSlackFromNothing(t *testing.T) {
	program := filepath.Join(t.TempDir(), "kansbot")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	t.Run("Socket Mode", func(t *testing.T) { newNewcomer(t, program).connects(false) })
	t.Run("requests", func(t *testing.T) { newNewcomer(t, program).connects(true) })
}

// newcomer is an administrator who has a workspace, and the program.
type newcomer struct {
	*testing.T
	program, config, at string
	server              *slacktest.Slack
	workspace           *slacktest.Workspace
	printed             lockedBuffer // by every command
}

func newNewcomer(t *testing.T, program string) *newcomer {
	n := &newcomer{T: t, program: program, at: freeAddress(t), config: filepath.Join(t.TempDir(), "kansbot.yaml")}
	n.server = slacktest.New(slacktest.Options{})
	t.Cleanup(n.server.Close)
	n.workspace = n.server.Workspace("SWV Zuidoost")
	return n
}

func (n *newcomer) connects(overHTTP bool) {
	setup := []string{"setup", "slack", "--config", n.config}
	address := "http://" + n.at
	if overHTTP {
		setup = append(setup, "--public-url", address)
	}
	questions := n.starts(setup...)
	questions.until("Bot-token")
	app := n.server.App(pasted(n.T, filepath.Dir(n.config)))
	bot := app.Install(n.workspace)
	questions.answers(bot.Token)
	if overHTTP {
		questions.until("Signing secret")
		questions.answers(app.Secret())
	} else {
		questions.until("App-token")
		questions.answers(app.Token)
	}
	questions.ends(0, "Geschreven: "+n.config)

	n.runs(1, "FOUT  Slack-kanalen: de bot zit in SWV Zuidoost nog in geen enkel kanaal", "check", "--config", n.config)
	anna := n.workspace.User("anna", "Anna de Groot", "nl-NL")
	bram := n.workspace.User("bram", "Bram Visser", "nl-NL")
	room := n.workspace.Channel("kernteam-zwaan", true, anna, bram)
	room.Invite(anna, bot)

	running := n.starts("serve", "--config", n.config)
	ctx, cancel := context.WithTimeout(n.Context(), patience)
	defer cancel()
	running.until("kansbot runs")
	if overHTTP {
		if err := app.UseHTTP(ctx, address); err != nil {
			n.Fatal(err)
		}
	} else if err := n.server.Until(ctx, func() bool { return app.Connections() > 0 }); err != nil {
		n.Fatal(err)
	}
	connections := app.Connections()
	reached := "Slack-verbinding: het app-token werkt, en Kansbot draait"
	if overHTTP {
		reached = address + " bereikt Kansbot"
	}
	n.runs(0, reached, "check", "--config", n.config)
	if got := app.Connections(); got != connections {
		n.Errorf("check made %d connections of %d", got, connections)
	}

	if _, err := anna.Type(ctx, room, "/kernteam"); err != nil {
		n.Fatal(err)
	}
	if err := n.server.Until(ctx, func() bool { return anna.Modal() != nil && len(anna.Modal().Fields) > 0 }); err != nil {
		n.Fatal(err)
	}
	problems, err := anna.Submit(ctx, map[string][]string{"naam": {"Kernteam De Zwaan"}, "school": {"De Zwaan"}, "gemeente": {"Zwanendam"},
		"soort": {"basisonderwijs"}, "regio": {"midden"}, "taal": {"nl"}, "voorzitter": {anna.ID}})
	if err != nil || len(problems) > 0 {
		n.Fatal(err, problems)
	}
	if _, err := bram.Type(ctx, room, "/signaal K-014 begint niet aan een taak als het moeilijk lijkt #leren"); err != nil {
		n.Fatal(err)
	}
	n.sees(ctx, "an answer to bram", func() bool {
		return anyReads(bram.Ephemerals(room), "Signaal 1") && anyReads(room.Messages(), "Signaal 1: K-014")
	})
	if anyReads(room.Messages(), "begint niet aan een taak") {
		n.Error("the channel shows what bram typed")
	}

	running.process.Process.Signal(syscall.SIGTERM)
	running.ends(0, "stopped")
	n.runs(0, "in SWV Zuidoost het kanaal van 1 kernteam", "check", "--config", n.config)
	before := n.files()
	n.runs(0, "Het manifest is niet veranderd", "setup", "slack", "--config", n.config)
	if after := n.files(); after != before {
		n.Errorf("setup changed\n%s\ninto\n%s", before, after)
	}
	for _, secret := range []string{bot.Token, app.Token, app.Secret(), "begint niet aan een taak"} {
		if strings.Contains(n.printed.String(), secret) {
			n.Error("a secret was printed")
		}
	}
}

// pasted is the manifest as Slack reads it from what setup wrote.
func pasted(t *testing.T, dir string) (m slack.Manifest) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "kansbot-slack.json"))
	if err == nil {
		err = json.Unmarshal(content, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (n *newcomer) files() string {
	var b strings.Builder
	for _, name := range []string{"kansbot.yaml", "kansbot.secrets.yaml", "kansbot-slack.yaml", "kansbot-slack.json"} {
		content, err := os.ReadFile(filepath.Join(filepath.Dir(n.config), name))
		if err != nil {
			n.Fatal(err)
		}
		b.Write(content)
	}
	return b.String()
}

// session is a command at work.
type session struct {
	n       *newcomer
	process *exec.Cmd
	stdin   io.WriteCloser
	printed lockedBuffer
	ended   chan struct{}
}

func (n *newcomer) starts(args ...string) *session {
	s := &session{n: n, process: exec.CommandContext(n.Context(), n.program, args...), ended: make(chan struct{})}
	s.process.Env = append(os.Environ(), "KANSBOT_LISTEN="+n.at, "KANSBOT_SLACK_API_URL="+n.server.APIURL())
	s.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.process.Stdout = io.MultiWriter(&s.printed, &n.printed)
	s.process.Stderr = s.process.Stdout
	var err error
	if s.stdin, err = s.process.StdinPipe(); err == nil {
		err = s.process.Start()
	}
	if err != nil {
		n.Fatal(err)
	}
	go func() { s.process.Wait(); close(s.ended) }()
	return s
}

// runs is a command to its end, with no input.
func (n *newcomer) runs(code int, prints string, args ...string) {
	n.Helper()
	s := n.starts(args...)
	s.stdin.Close()
	s.ends(code, prints)
}

func (s *session) until(prints string) {
	s.n.Helper()
	s.n.sees(s.n.Context(), prints, func() bool { return strings.Contains(s.printed.String(), prints) })
}

func (s *session) answers(line string) { io.WriteString(s.stdin, line+"\n") }

func (s *session) ends(code int, prints string) {
	s.n.Helper()
	select {
	case <-s.ended:
	case <-time.After(time.Minute):
		s.n.Fatalf("does not end:\n%s", &s.printed)
	}
	if got := s.process.ProcessState.ExitCode(); got != code || !strings.Contains(s.printed.String(), prints) {
		s.n.Fatalf("exit %d, want %d and %q in\n%s", got, code, prints, s.printed.String())
	}
}

// sees waits for what another process does.
func (n *newcomer) sees(ctx context.Context, what string, so func() bool) {
	n.Helper()
	for deadline := time.Now().Add(patience); !so(); time.Sleep(15 * time.Millisecond) {
		if time.Now().After(deadline) || ctx.Err() != nil {
			n.Fatalf("waited for %s:\n%s", what, n.printed.String())
		}
	}
}

// anyReads reports whether one of the messages has these words.
func anyReads(messages []slacktest.Message, wanted string) bool {
	for _, m := range messages {
		if words(m.Read(), wanted) || anyReads(m.Replies, wanted) {
			return true
		}
	}
	return false
}

// From Socket Mode to requests, and from there back only when asked for. Nothing
// is saved before everything is right.
func TestSetupSlackSwitches(t *testing.T) {
	server := slacktest.New(slacktest.Options{})
	defer server.Close()
	path := filepath.Join(t.TempDir(), "kansbot.yaml")
	setup := setupSlack{Config: path, APIURL: server.APIURL()}
	var out strings.Builder
	if err := setup.run(strings.NewReader(""), &out); err == nil || !strings.Contains(err.Error(), "er is nog geen bot-token") {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a configuration already: %v", err)
	}
	app := server.App(pasted(t, filepath.Dir(path)))
	bot := app.Install(server.Workspace("SWV Zuidoost"))

	for _, step := range []struct {
		name       string
		address    config.Site
		socketMode bool
		answers    string
		want       config.Workspace
		says       string
	}{
		{"Socket Mode", "", false, bot.Token + "\n" + app.Token + "\n", config.Workspace{BotToken: config.Secret(bot.Token), AppToken: config.Secret(app.Token)}, "Zo komt Kansbot in Slack"},
		{"requests", "http://127.0.0.1:1/", false, "\n" + app.Secret() + "\n", config.Workspace{BotToken: config.Secret(bot.Token), SigningSecret: config.Secret(app.Secret())}, "Het app-token is niet meer nodig"},
		{"again", "", false, "", config.Workspace{BotToken: config.Secret(bot.Token), SigningSecret: config.Secret(app.Secret())}, "Het manifest is niet veranderd"},
		{"and back", "", true, "\n" + app.Token + "\n", config.Workspace{BotToken: config.Secret(bot.Token), AppToken: config.Secret(app.Token)}, "Het signing secret is niet meer nodig"},
	} {
		out.Reset()
		setup.PublicURL, setup.SocketMode = step.address, step.socketMode
		if err := setup.run(strings.NewReader(step.answers), &out); err != nil {
			t.Fatalf("%s: %v\n%s", step.name, err, &out)
		}
		c, err := config.Load(path, nil)
		if err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if c.Slack.Workspace != step.want || c.Slack.Manifest != slackManifest(c) || !strings.Contains(out.String(), step.says) {
			t.Errorf("%s: tokens as wanted %t, manifest %q of %q, says\n%s", step.name, c.Slack.Workspace == step.want, c.Slack.Manifest, slackManifest(c), &out)
		}
	}
}

// A shortcut's name is at most 24 characters to Slack, and nothing cuts it off.
func TestSlackShortcutNames(t *testing.T) {
	for _, lang := range []text.Lang{text.NL, text.EN} {
		picks := 0
		for _, u := range command.Usages(lang) {
			if len(u.Pick) > 24 {
				t.Errorf("%q is too long", u.Pick)
			}
			if u.Pick != "" {
				picks++
			}
		}
		if picks == 0 || picks > 10 {
			t.Errorf("%d shortcuts", picks)
		}
	}
}
