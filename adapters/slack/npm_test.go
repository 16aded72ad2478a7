package slack

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kansbot/adapters/slack/slacktest"
	"kansbot/internal/chat"
)

// npmPackages are Slack's own packages for Node: types to hold what we send to,
// and clients to hold our imitation of Slack to.
const npmPackages = "@slack/types@3.2.0 @slack/web-api@8.2.0 @slack/socket-mode@3.1.0 typescript@7.0.2 undici@7.30.2 @types/node@26.6.6"

// npm is the folder that has node_modules in it.
func npm(t *testing.T) string {
	t.Helper()
	missing := t.Skipf
	if os.Getenv("CI") == "true" {
		missing = t.Fatalf
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing("node is not installed: %v", err)
	}
	cache := os.Getenv("KANSTEST_CACHE")
	if cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			missing("no cache folder: %v", err)
		}
		cache = filepath.Join(dir, "kansbot-test")
	}
	dir := filepath.Join(cache, "slack")
	if got, err := os.ReadFile(filepath.Join(dir, "packages")); err != nil || strings.TrimSpace(string(got)) != npmPackages {
		missing("not in %s: %s: run .ci/slack", dir, npmPackages)
	}
	return dir
}

// goldens are what the golden files hold: messages and views.
func goldens(t *testing.T) (all []json.RawMessage) {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*.golden", "golden/*.golden", "golden/*/*.golden"} {
		found, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var kept []string
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "=====") {
				kept = append(kept, line)
			}
		}
		for values := json.NewDecoder(strings.NewReader(strings.Join(kept, ""))); ; {
			var one json.RawMessage
			if err := values.Decode(&one); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			all = append(all, one)
		}
	}
	if len(all) < 300 {
		t.Fatalf("only %d", len(all))
	}
	return all
}

// shapes are what the types are for, and what they would not let pass.
const shapes = `import type { HomeView, KnownBlock, ModalView } from '@slack/types';
type Of<V> = Omit<V, 'blocks'> & { blocks: KnownBlock[] };
type Message = { text: string; blocks: KnownBlock[] };
// @ts-expect-error
export const header: KnownBlock = { type: 'header', text: { type: 'mrkdwn', text: 'a' } };
// @ts-expect-error
export const button: Message = { text: '', blocks: [{ type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'a' }, disabled: true }] }] };
// @ts-expect-error
export const modal: Of<ModalView> = { type: 'modal', blocks: [] };
// @ts-expect-error
export const home: Of<HomeView> = { type: 'home', blocks: [{ type: 'rich_text', elements: [{ type: 'rich_text_list', style: 'bullet', elements: [{ type: 'text', text: 'a' }] }] }] };
`

// What we send is what Slack's own types take.
func TestTypesOfSlack(t *testing.T) {
	modules := filepath.Join(npm(t), "node_modules")
	var source bytes.Buffer
	source.WriteString(shapes)
	for i, one := range goldens(t) {
		var v struct{ Type string }
		if err := json.Unmarshal(one, &v); err != nil {
			t.Fatal(err)
		}
		of := map[string]string{"": "Message", "modal": "Of<ModalView>", "home": "Of<HomeView>"}[v.Type]
		// A list has an offset, says Slack's reference of rich text; its types do not know.
		fmt.Fprintf(&source, "export const v%d: %s = %s;\n", i, of, bytes.ReplaceAll(one, []byte(`,"offset":0`), nil))
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "goldens.ts"), source.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	tsc := exec.CommandContext(t.Context(), filepath.Join(modules, ".bin", "tsc"), "--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck", "goldens.ts")
	tsc.Dir = dir
	if out, err := tsc.CombinedOutput(); err != nil {
		t.Errorf("%v\n%.5000s", err, out)
	}
}

// script is a program for node that tells what it did.
type script struct {
	t     *testing.T
	lines *bufio.Scanner
}

// did waits for the program to have done something, and gives what it tells of
// that.
func (s script) did(what string) (more map[string]string) {
	s.t.Helper()
	if !s.lines.Scan() {
		s.t.Fatalf("ends before %s: %v", what, s.lines.Err())
	}
	if err := json.Unmarshal(s.lines.Bytes(), &more); err != nil || more["did"] != what {
		s.t.Fatalf("did not %s but %s", what, s.lines.Text())
	}
	return more
}

// Slack's own clients take the imitation for Slack.
func TestClientsOfSlack(t *testing.T) {
	dir := npm(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := slacktest.New(slacktest.Options{PageSize: 2, Ack: 20 * time.Second})
	defer s.Close()
	w := s.Workspace("De Zwaan")
	anna, bart := w.User("anna", "Anna de Groot", "nl-NL"), w.User("bart", "Bart Visser", "nl-NL")
	app := s.App(slacktest.Manifest("/signaal"))
	bot := app.Install(w)
	channel := w.Channel("kernteam-zwaan", true, anna, bart, bot)
	s.SetFault(func(c slacktest.Call) slacktest.Fault {
		if c.Method == "users.info" && c.N == 1 {
			return slacktest.Fault{Undone: true, Status: http.StatusTooManyRequests, RetryAfter: time.Second}
		}
		return slacktest.Fault{}
	})

	message := render(samples["buttons"])
	given := encode(t, map[string]any{
		"api": s.APIURL(), "token": bot.Token, "appToken": app.Token,
		"team": w.ID, "bot": bot.UserID, "channel": channel.ID, "people": []string{anna.ID, bart.ID},
		"message": map[string]any{"text": message.text, "blocks": message.blocks},
		"home":    home(samples["buttons"]),
		"modal":   modal(formWith(chat.Field{Name: "wat", Label: "Wat?", Kind: chat.Line})),
	})
	node := exec.CommandContext(ctx, "node", filepath.Join("testdata", "clients.mjs"), dir)
	var complaints bytes.Buffer
	node.Stderr = &complaints
	input, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		input.Close()
		if err := node.Wait(); err != nil || t.Failed() {
			t.Errorf("node: %v\n%s", err, complaints.String())
		}
	}()
	if _, err := fmt.Fprintf(input, "%s\n", given); err != nil {
		t.Fatal(err)
	}
	client := script{t, bufio.NewScanner(output)}

	client.did("post")
	shown := channel.Messages()
	if len(shown) != 1 || len(shown[0].Replies) != 1 {
		t.Fatalf("%d messages", len(shown))
	}
	client.did("read")
	if page := anna.Home(bot); page == nil || !strings.Contains(page.Read(), "Moeder belt school") {
		t.Errorf("her page is %+v", page)
	}
	client.did("connected")
	again := func(what string) {
		t.Helper()
		answer, err := anna.Type(ctx, channel, "/signaal "+what)
		if err != nil || answer == nil || answer.Text != "Gehoord: "+what {
			t.Fatalf("answers %+v, %v", answer, err)
		}
		client.did("opened")
		if view := anna.Modal(); view == nil || view.Title != what {
			t.Fatalf("opens %+v", view)
		}
	}
	again("K-014")
	submit := func(problem string) {
		t.Helper()
		problems, err := anna.Submit(ctx, map[string][]string{"wat": {"begint niet"}})
		if err != nil || problems["wat"] != problem {
			t.Fatalf("problems %q, %v", problems, err)
		}
		if sent := client.did("view_submission"); sent["typed"] != "begint niet" {
			t.Errorf("sent %q", sent)
		}
	}
	submit("Nog niet.")
	submit("")
	if view := anna.Modal(); view != nil {
		t.Errorf("still open: %s", view.Title)
	}
	if err := bart.Press(ctx, shown[0], "Uitstel"); err != nil {
		t.Fatal(err)
	}
	if pressed := client.did("block_actions"); pressed["action"] != doAction+"1" {
		t.Errorf("pressed %q", pressed)
	}
	bart.OpenHome(bot)
	if opened := client.did("home"); opened["user"] != bart.ID {
		t.Errorf("opened by %q", opened)
	}
	if err := s.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	app.Disconnect("refresh_requested")
	client.did("connected")
	again("K-015")
}
