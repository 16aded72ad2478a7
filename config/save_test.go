package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"pgregory.net/rapid"
)

func found(dir string) Config {
	c := defaults()
	c.Secrets = filepath.Join(dir, "kansbot.secrets.yaml")
	c.PublicURL = "https://kansbot.example"
	c.Data = filepath.Join(dir, "data")
	c.Mattermost = Mattermost{
		URL: "https://chat.example", Team: "zuid", Token: "newtoken",
		CommandTokens: map[string]Secret{"signaal": "t1", "actie": "t2"},
		ActionSecret:  secretA, DialogSecret: secretB,
	}
	c.Slack = Slack{Manifest: "0123456789ab", Workspace: Workspace{BotToken: "xoxb-1", AppToken: "xapp-1", SigningSecret: secretA + "," + secretB}}
	return c
}

func TestSaveMakesFilesThatLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kansbot.yaml")
	for range 2 { // the second time over what the first wrote
		if err := Save(path, found(dir)); err != nil {
			t.Fatal(err)
		}
		got, err := Load(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, found(dir)) {
			t.Errorf("got  %+v\nwant %+v", got, found(dir))
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(`public_url: ""`, `public_url: "https://kansbot.example"`, `  url: ""`, `  url: "https://chat.example"`, `team: ""`, `team: "zuid"`, `manifest: ""`, `manifest: "0123456789ab"`).Replace(Example)
	if string(text) != want {
		t.Errorf("more changed than was asked:\n%s", text)
	}
	info, err := os.Stat(filepath.Join(dir, "kansbot.secrets.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("secrets have mode %o", info.Mode().Perm())
	}
	if files, _ := os.ReadDir(dir); len(files) != 2 {
		t.Errorf("left behind: %v", files)
	}
}

func TestSaveKeepsWhatAPersonWrote(t *testing.T) {
	for _, test := range []struct{ name, before, after string }{
		{"nothing there", "", "mattermost:\n  url: \"U\"\n  team: \"T\"\npublic_url: \"P\"\n"},
		{"no newline at the end", "log: warn # kort", "log: warn # kort\nmattermost:\n  url: \"U\"\n  team: \"T\"\npublic_url: \"P\"\n"},
		{"own order and comments",
			"# van Anna\nmattermost:   # de chat\n    # het team\n    team: oud   # was noord\n    url:\npublic_url: 'http://oud.example' # straks https\nlog: warn\n",
			"# van Anna\nmattermost:   # de chat\n    # het team\n    team: \"T\"   # was noord\n    url: \"U\"\npublic_url: \"P\" # straks https\nlog: warn\n"},
		{"empty mapping", "mattermost:\nlog: warn\n", "mattermost:\n  url: \"U\"\n  team: \"T\"\nlog: warn\npublic_url: \"P\"\n"},
		{"line ends of Windows", "log: warn\r\npublic_url: http://x\r\nmattermost:\r\n  url: http://y # z\r\n",
			"log: warn\r\npublic_url: \"P\"\r\nmattermost:\r\n  team: \"T\"\n  url: \"U\" # z\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := write(t, dir, "kansbot.yaml", test.before)
			c := found(dir)
			c.Slack = Slack{}
			if err := Save(path, c); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := strings.NewReplacer(`"P"`, `"https://kansbot.example"`, `"U"`, `"https://chat.example"`, `"T"`, `"zuid"`).Replace(test.after)
			if string(text) != want {
				t.Errorf("got\n%s\nwant\n%s", text, want)
			}
			if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
				t.Errorf("mode became %o", info.Mode().Perm())
			}
		})
	}
}

func TestSaveEmptiesWhatIsNoLongerSet(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "kansbot.yaml", "slack: # de chat\n  manifest: 'aaaaaaaa' # van setup\n")
	secrets := write(t, dir, "kansbot.secrets.yaml", "slack:\n  app_token: xapp-1 # socket\n  bot_token: 'xoxb-1'\n  more:\n    - {bot_token: xoxb-2, app_token: xapp-2}\n")
	c, err := Draft(path)
	if err != nil {
		t.Fatal(err)
	}
	c.Slack.AppToken, c.Slack.SigningSecret, c.Slack.Manifest = "", secretA, ""
	if err := Save(path, c); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		path:    "slack: # de chat\n  manifest: \"\" # van setup\n",
		secrets: "slack:\n  signing_secret: \"" + secretA + "\"\n  app_token: \"\" # socket\n  bot_token: 'xoxb-1'\n  more:\n    - {bot_token: xoxb-2, app_token: xapp-2}\n",
	} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != want {
			t.Errorf("got\n%s\nwant\n%s", text, want)
		}
	}
}

func TestSaveLeavesFilesItCannotEdit(t *testing.T) {
	for _, before := range []string{"mattermost: {url: 'http://x'}\n", "- a\n", "mattermost: [\n", "public_url: |\n  http://x\n"} {
		dir := t.TempDir()
		path := write(t, dir, "kansbot.yaml", before)
		err := Save(path, found(dir))
		if err == nil || !strings.Contains(err.Error(), "zelf") {
			t.Errorf("%q: %v", before, err)
		}
		if text, _ := os.ReadFile(path); string(text) != before {
			t.Errorf("%q became %q", before, text)
		}
		if _, err := os.Stat(filepath.Join(dir, "kansbot.secrets.yaml")); err == nil {
			t.Errorf("%q: wrote the secrets all the same", before)
		}
	}
}

// Whatever lines surround the keys, assign changes no other value.
func TestAssignChangesOneValue(t *testing.T) {
	value := rapid.StringMatching(`[a-z0-9:/.-]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		indent := strings.Repeat(" ", rapid.IntRange(1, 5).Draw(t, "indent"))
		lines := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"one", "two", "three"}), 0, 3, rapid.ID).Draw(t, "keys")
		mark := rapid.SampledFrom([]string{`"`, `'`}).Draw(t, "mark")
		comment := rapid.SampledFrom([]string{"", " # one: \"two\"", "\n\n" + indent + "# two: three"}).Draw(t, "comment")
		b.WriteString("before: \"x\"\ntop:\n")
		for _, key := range lines {
			b.WriteString(indent + key + ": " + mark + value.Draw(t, "value") + mark + comment + "\n")
		}
		b.WriteString("after: y\n")
		path, to := []string{"top", "two"}, value.Draw(t, "to")

		after, ok := assign([]byte(b.String()), assignment{path, to})
		if !ok {
			t.Fatalf("cannot edit\n%s", b.String())
		}
		was, err := parse([]byte(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		is, err := parse(after)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range [][]string{{"before"}, {"after"}, {"top", "one"}, {"top", "three"}} {
			if x, y := at(was, path), at(is, path); x != y {
				t.Errorf("%v went from %q to %q", path, x, y)
			}
		}
		if got := at(is, path); got != to {
			t.Errorf("became %q, not %q", got, to)
		}
	})
}

// at is the value at the end of path, or "absent".
func at(root ast.Node, path []string) string {
	pair, depth := find(root, path)
	if depth < len(path) {
		return "absent"
	}
	value, _ := scalar(pair.Value)
	return value
}
