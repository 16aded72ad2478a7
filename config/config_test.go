package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const (
	secretA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	secretB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// write makes a file for its owner only and returns its path.
func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExampleHoldsEverySettingAtItsDefault(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "kansbot.yaml", Example)
	got, err := Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Secrets = filepath.Join(dir, want.Secrets)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("example gives\n%+v, default is\n%+v", got, want)
	}

	root, err := parse([]byte(Example))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings {
		path := strings.Split(s.key, ".")
		if s.secret {
			if !strings.Contains(Example, "#       "+path[len(path)-1]+":") {
				t.Errorf("example does not explain %s", s.key)
			}
			continue
		}
		if _, depth := find(root, path); depth != len(path) {
			t.Errorf("example lacks %s", s.key)
		}
	}
}

func TestEverySettingFromTheEnvironment(t *testing.T) {
	elements := `[{key: a, label: A, vraag: A?}, {key: b, label: B, vraag: B?}, {key: c, label: C, vraag: C?},
		{key: d, label: D, vraag: D?}, {key: e, label: E, vraag: E?}, {key: f, label: F, vraag: F?}]`
	got, err := Load("", []string{
		"KANSBOT_LISTEN=:9000",
		"KANSBOT_PUBLIC_URL=https://kansbot.example/",
		"KANSBOT_DATA=/srv/kansbot",
		"KANSBOT_LOG=debug",
		"KANSBOT_LOG_FORMAT=json",
		"KANSBOT_VAKANTIES=/srv/vakanties.json",
		"KANSBOT_MATTERMOST_URL=http://127.0.0.1:8065",
		"KANSBOT_MATTERMOST_TEAM=zuidoost",
		"KANSBOT_MATTERMOST_TOKEN_FILE=" + write(t, t.TempDir(), "token", "tok123\n"),
		"KANSBOT_MATTERMOST_COMMAND_TOKENS={signaal: s1, kansoverleg: '007'}",
		"KANSBOT_MATTERMOST_ACTION_SECRET=" + secretA,
		"KANSBOT_MATTERMOST_DIALOG_SECRET=" + secretB,
		"KANSBOT_SLACK_BOT_TOKEN_FILE=" + write(t, t.TempDir(), "bot", "xoxb-1-a\n"),
		"KANSBOT_SLACK_APP_TOKEN=xapp-1-A1-a",
		"KANSBOT_SLACK_SIGNING_SECRET=" + secretA + ", " + secretB,
		"KANSBOT_SLACK_API_URL=http://127.0.0.1:8066/api/",
		"KANSBOT_SLACK_MANIFEST=0123456789ab",
		"KANSBOT_SLACK_MORE=[{bot_token: xoxb-2-b, signing_secret: " + secretA + "}]",
		"KANSBOT_CIRKEL_NAAM=Cirkel",
		"KANSBOT_CIRKEL_BRON=de regio",
		"KANSBOT_CIRKEL_ELEMENTEN=" + elements,
		"KANSBOT_SECRETS=",
		"KANSBOT_CONFIG=elders", "KANSBOT_PORT_8080_TCP=tcp://10.0.0.1:8080", "HOME=/root",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Listen: ":9000", PublicURL: "https://kansbot.example", Data: "/srv/kansbot", Log: "debug", LogFormat: "json", Holidays: "/srv/vakanties.json",
		Secrets: "kansbot.secrets.yaml",
		Mattermost: Mattermost{
			URL: "http://127.0.0.1:8065", Team: "zuidoost", Token: "tok123",
			CommandTokens: map[string]Secret{"signaal": "s1", "kansoverleg": "007"},
			ActionSecret:  secretA, DialogSecret: secretB,
		},
		Slack: Slack{
			APIURL: "http://127.0.0.1:8066/api", Manifest: "0123456789ab",
			Workspace: Workspace{BotToken: "xoxb-1-a", AppToken: "xapp-1-A1-a", SigningSecret: secretA + "," + secretB},
			More:      []Workspace{{BotToken: "xoxb-2-b", SigningSecret: secretA}},
		},
		Circle: Circle{Name: "Cirkel", Source: "de regio", Elements: []Element{
			{"a", "A", "A?"}, {"b", "B", "B?"}, {"c", "C", "C?"}, {"d", "D", "D?"}, {"e", "E", "E?"}, {"f", "F", "F?"}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if string(got.Slack.BotToken) != "xoxb-1-a" || string(got.Slack.More[0].BotToken) != "xoxb-2-b" ||
		string(got.Mattermost.Token) != "tok123" || string(got.Mattermost.CommandTokens["kansoverleg"]) != "007" {
		t.Error("a secret changed on the way")
	}
}

func TestFilesAndWhoWins(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "kansbot.yaml", "log: warn\npublic_url: https://a.example\nmattermost:\n  url: https://chat.example/\n  team: zuid\n")
	write(t, dir, "kansbot.secrets.yaml", "mattermost:\n  token: abc\n  command_tokens: {signaal: def}\n  action_secret: "+secretA+"\n  dialog_secret: "+secretB+"\n")
	got, err := Load(path, []string{"KANSBOT_LOG=debug", "KANSBOT_MATTERMOST_TOKEN=env"})
	if err != nil {
		t.Fatal(err)
	}
	if got.Log != "debug" || string(got.Mattermost.Token) != "env" || got.Mattermost.URL != "https://chat.example" ||
		got.Data != filepath.Join(dir, "data") || got.Mattermost.Team != "zuid" || string(got.Mattermost.ActionSecret) != secretA {
		t.Errorf("got %+v", got)
	}
	if got.Warnings() != nil {
		t.Errorf("warns without reason: %q", got.Warnings())
	}
}

func TestSlackAloneOrBesideMattermost(t *testing.T) {
	const mattermost = "KANSBOT_MATTERMOST_URL=https://chat.example\nKANSBOT_MATTERMOST_TOKEN=a\nKANSBOT_MATTERMOST_COMMAND_TOKENS={signaal: b}\n" +
		"KANSBOT_MATTERMOST_ACTION_SECRET=" + secretA + "\nKANSBOT_MATTERMOST_DIALOG_SECRET=" + secretB + "\nKANSBOT_PUBLIC_URL=https://kansbot.example"
	for _, test := range []struct {
		name, config, secrets, env string
		slack, mattermost          bool
	}{
		{name: "Socket Mode needs no address", secrets: "slack: {bot_token: xoxb-1, app_token: xapp-1}\n", slack: true},
		{name: "requests need one", config: "public_url: https://a.example\n", secrets: "slack: {bot_token: xoxb-1, signing_secret: " + secretA + "}\n", slack: true},
		{name: "both", secrets: "slack: {bot_token: xoxb-1, app_token: xapp-1}\n", env: mattermost, slack: true, mattermost: true},
		{name: "the other alone", env: mattermost, mattermost: true},
		{name: "neither", config: "slack: {api_url: 'http://127.0.0.1:1/api', manifest: 0123456789ab}\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := write(t, dir, "kansbot.yaml", test.config)
			write(t, dir, "kansbot.secrets.yaml", test.secrets)
			c, err := Load(path, strings.Split(test.env, "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if c.HasSlack() != test.slack || c.HasMattermost() != test.mattermost || c.HasPlatform() != (test.slack || test.mattermost) {
				t.Errorf("slack %t, mattermost %t, a platform %t", c.HasSlack(), c.HasMattermost(), c.HasPlatform())
			}
			if want := filepath.Join(dir, "data"); c.HasPlatform() && c.Data != want {
				t.Errorf("data in %q, want %q", c.Data, want)
			}
		})
	}
}

func TestSlackApps(t *testing.T) {
	const x, y, z Secret = "xxxxxxxxxxxxxxxx", "yyyyyyyyyyyyyyyy", "zzzzzzzzzzzzzzzz"
	one := Workspace{BotToken: "xoxb-1", AppToken: "xapp-1"}
	for _, test := range []struct {
		name string
		s    Slack
		want []SlackApp
	}{
		{"nothing", Slack{}, nil},
		{"one workspace", Slack{Workspace: one}, []SlackApp{{Token: "xapp-1", BotTokens: []Secret{"xoxb-1"}}}},
		{"one app in two, and another", Slack{Workspace: one, More: []Workspace{
			{BotToken: "xoxb-2", AppToken: "xapp-2"}, {BotToken: "xoxb-3", AppToken: "xapp-1", SigningSecret: x},
		}}, []SlackApp{
			{Token: "xapp-1", BotTokens: []Secret{"xoxb-1", "xoxb-3"}, SigningSecrets: []Secret{x}},
			{Token: "xapp-2", BotTokens: []Secret{"xoxb-2"}},
		}},
		{"by signing secret, while one replaces the other", Slack{Workspace: Workspace{BotToken: "xoxb-1", SigningSecret: x + "," + y}, More: []Workspace{
			{BotToken: "xoxb-2", SigningSecret: y}, {BotToken: "xoxb-3", SigningSecret: z}, {BotToken: "xoxb-4", AppToken: "xapp-1", SigningSecret: x},
		}}, []SlackApp{
			{BotTokens: []Secret{"xoxb-1", "xoxb-2"}, SigningSecrets: []Secret{x, y}},
			{BotTokens: []Secret{"xoxb-3"}, SigningSecrets: []Secret{z}},
			{Token: "xapp-1", BotTokens: []Secret{"xoxb-4"}, SigningSecrets: []Secret{x}},
		}},
	} {
		if got := test.s.Apps(); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %d apps, want %d", test.name, len(got), len(test.want))
		}
	}
}

func TestMistakesAllAtOnceEachInItsPlace(t *testing.T) {
	for _, test := range []struct {
		name, config, secrets string
		mode                  os.FileMode
		env                   []string
		want                  []string
	}{
		{name: "values", config: "listen: 8080\npublic_url: kansbot.example?x=1\nlog: info\nlog: ingo\nlog_format: [json]\n", want: []string{
			"C:1: listen: schrijf host:poort, zoals 127.0.0.1:8080, of :8080 voor elk adres",
			"C:2: public_url: schrijf een volledig adres, zoals https://kansbot.voorbeeld.nl",
			"C:4: log: staat er twee keer",
			"C:5: log_format: hier hoort één waarde",
		}},
		{name: "a path", config: "public_url: https://school.example/kansbot/\n", want: []string{
			"C:1: public_url: zet niets achter de naam van de server: Kansbot heeft een eigen naam nodig, zoals https://kansbot.voorbeeld.nl",
		}},
		{name: "names", config: "lisen: a\nmattermost:\n  urll: b\nmattermst:\n  url: c\ntoken: d\nxyzzy: e\n",
			env: []string{"KANSBOT_LOGG=info", "KANSBOT_LOG=ingo", "KANSBOT_MATTERMOST_TOKN_FILE=/x"}, want: []string{
				"KANSBOT_LOG: log: kies debug, info of warn",
				"KANSBOT_LOGG: onbekende variabele; bedoel je KANSBOT_LOG?",
				"KANSBOT_MATTERMOST_TOKN_FILE: onbekende variabele; bedoel je KANSBOT_MATTERMOST_TOKEN_FILE?",
				"C:1: lisen: onbekende instelling; bedoel je listen?",
				"C:3: mattermost.urll: onbekende instelling; bedoel je mattermost.url?",
				"C:4: mattermst: onbekende instelling; bedoel je mattermost?",
				"C:6: token: onbekende instelling; bedoel je mattermost.token?",
				"C:7: xyzzy: onbekende instelling",
			}},
		{name: "secrets in the wrong file", config: "mattermost: {token: abc}\n", secrets: "log: info\n", mode: 0o600, want: []string{
			"C:1: mattermost.token: is geheim en hoort in kansbot.secrets.yaml",
			"S:1: log: is niet geheim en hoort in het gewone bestand",
		}},
		{name: "secrets open to others", secrets: "mattermost: {token: hushhush}\n", mode: 0o640, want: []string{
			"S: anderen op deze machine kunnen bij dit bestand (0640); doe: chmod 600 S",
		}},
		{name: "nothing of a secret shows", secrets: "mattermost:\n  token: hush hush\n  hushhush:\n  command_tokens: {signaal: hush-hush}\n  dialog_secret: hushhush\n", mode: 0o400, want: []string{
			"S:2: mattermost.token: schrijf letters en cijfers, zonder spaties",
			"S:3: onbekende instelling",
			"S:4: mattermost.command_tokens.signaal: schrijf letters en cijfers, zonder spaties",
			"S:5: mattermost.dialog_secret: schrijf ten minste 32 letters, cijfers, _ of -",
			"S:2: mattermost.token: staat er zonder mattermost.url",
		}},
		{name: "secrets that are no YAML", secrets: "mattermost:\n  token: [hushhush\n", mode: 0o600, want: []string{
			"S:2: dit is geen geldige YAML",
		}},
		{name: "incomplete", config: "mattermost:\n  url: https://chat.example\n  team: Zuid Oost\n", want: []string{
			"C:3: mattermost.team: schrijf kleine letters, cijfers en streepjes, zoals in het adres van het team",
			"C:2: public_url: ontbreekt, en is nodig bij mattermost.url",
			"C:2: mattermost.token: ontbreekt, en is nodig bij mattermost.url (in S)",
			"C:2: mattermost.command_tokens: ontbreekt, en is nodig bij mattermost.url (in S)",
			"C:2: mattermost.action_secret: ontbreekt, en is nodig bij mattermost.url (in S)",
			"C:2: mattermost.dialog_secret: ontbreekt, en is nodig bij mattermost.url (in S)",
		}},
		{name: "Slack, nothing of a secret shows", mode: 0o600, secrets: `slack:
  bot_token: xoxp-hushhush
  app_token: xoxb-hushhush
  signing_secret: hushhushhushhush, hushhushhushhush, hushhushhushhush
  manifest: hushhush
  more:
    - {bot_token: xoxe.xoxb-hushhush, app_token: xapp-1}
    - {bot_token: xoxb-hushhush}
    - {bot_tokn: xoxb-hushhush, hushhush: x}
    - xoxb-hushhush
`, want: []string{
			"S:2: slack.bot_token: schrijf het token van de bot, dat begint met xoxb-",
			"S:3: slack.app_token: schrijf het token van de app, dat begint met xapp-",
			"S:4: slack.signing_secret: schrijf het signing secret: letters en cijfers; of twee met een komma ertussen, zolang het ene het andere vervangt",
			"S:5: slack.manifest: is niet geheim en hoort in het gewone bestand",
			"S:7: slack.more.bot_token: schrijf het token van de bot, dat begint met xoxb-",
			"S:8: slack.more: elke werkruimte heeft een bot_token, en een app_token of een signing_secret",
			"S:9: slack.more.bot_tokn: onbekend onderdeel; bedoel je bot_token?",
			"S:9: slack.more: onbekend onderdeel",
			"S:10: slack.more: schrijf {bot_token: ..., app_token: ..., signing_secret: ...}",
		}},
		{name: "Slack, incomplete", config: "slack: {manifest: nieuw, more: []}\n", secrets: "slack:\n  bot_token: xoxb-1\n  more: [{bot_token: xoxb-1, signing_secret: " + secretA + "}]\n", mode: 0o600, want: []string{
			"C:1: slack.manifest: schrijf hier niets: kansbot setup slack vult dit in",
			"C:1: slack.more: is geheim en hoort in kansbot.secrets.yaml",
			"S:2: slack.app_token: ontbreekt, en is nodig bij slack.bot_token (of slack.signing_secret, voor wie geen Socket Mode gebruikt)",
			"S:2: public_url: ontbreekt, en is nodig bij slack.bot_token zonder slack.app_token",
			"S:3: slack.more: een bot_token staat er twee keer",
		}},
		{name: "Slack, no bot token", env: []string{"KANSBOT_SLACK_APP_TOKEN=xapp-1", "KANSBOT_SLACK_BOT_TOKN=xoxb-1"}, want: []string{
			"KANSBOT_SLACK_BOT_TOKN: onbekende variabele; bedoel je KANSBOT_SLACK_BOT_TOKEN?",
			"KANSBOT_SLACK_APP_TOKEN: slack.app_token: staat er zonder slack.bot_token",
		}},
		{name: "circle", config: `cirkel:
  elementen:
    - {key: a, label: A, vraag: A?}
    - {key: a, label: B, vraag: B?}
    - {key: É, label: C, vraag: C?}
    - {key: d, lable: D, vraag: D?}
    - {key: e, vraag: E?}
    - f
`, want: []string{
			"C:4: cirkel.elementen: de key a staat er twee keer",
			"C:5: cirkel.elementen.key: schrijf een kort woord in kleine letters, zonder accenten",
			"C:6: cirkel.elementen.lable: onbekend onderdeel; bedoel je label?",
			"C:7: cirkel.elementen: elk element heeft een key, een label en een vraag",
			"C:8: cirkel.elementen: schrijf {key: ..., label: ..., vraag: ...}",
		}},
		{name: "few elements", config: "cirkel: {elementen: [a]}", want: []string{"C:1: cirkel.elementen: hier hoort een lijst van 6 tot en met 10 elementen"}},
		{name: "an overridden value is checked too", config: "log: ingo\n", env: []string{"KANSBOT_LOG=info"}, want: []string{"C:1: log: kies debug, info of warn"}},
		{name: "documents", config: "log: info\n---\nlog: warn\n", want: []string{"C: dit is geen geldige YAML: meer dan één document"}},
		{name: "alias", config: "log: &a info\nlog_format: *a\n", want: []string{"C:1: log: hier hoort één waarde", "C:2: log_format: hier hoort één waarde"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			config := write(t, dir, "kansbot.yaml", test.config)
			secrets := filepath.Join(dir, "kansbot.secrets.yaml")
			if test.secrets != "" {
				write(t, dir, "kansbot.secrets.yaml", test.secrets)
				if err := os.Chmod(secrets, test.mode); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Load(config, test.env)
			problems, ok := err.(Problems)
			if !ok {
				t.Fatalf("got %v", err)
			}
			got := strings.NewReplacer(config, "C", secrets, "S").Replace(problems.Error())
			if got != strings.Join(test.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, strings.Join(test.want, "\n"))
			}
			if strings.Contains(got, "hush") {
				t.Error("a secret shows")
			}
		})
	}
}

func TestAbsentFiles(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "no.yaml"), nil); err == nil || !strings.Contains(err.Error(), "no.yaml: kan dit bestand niet lezen: no such file") {
		t.Errorf("config: %v", err)
	}
	if _, err := Load("", []string{"KANSBOT_MATTERMOST_TOKEN_FILE=" + dir}); err == nil || !strings.Contains(err.Error(), "KANSBOT_MATTERMOST_TOKEN_FILE: mattermost.token: kan "+dir+" niet lezen") {
		t.Errorf("token file: %v", err)
	}
	if c, err := Load("", nil); err != nil || c.HasPlatform() || c.Data != "" {
		t.Errorf("nothing set: %+v, %v", c, err)
	}
}

func TestWarnings(t *testing.T) {
	for url, warns := range map[string]bool{
		"https://a.example": false, "http://a.example": true, "http://127.0.0.1:8080": false,
		"http://[::1]": false, "http://localhost": false, "http://192.168.1.9": true,
	} {
		for _, c := range []Config{{PublicURL: url}, {Slack: Slack{APIURL: url}}} {
			if got := c.Warnings(); (len(got) == 1) != warns {
				t.Errorf("%s: %q", url, got)
			}
		}
	}
}

func TestSecretNeverShows(t *testing.T) {
	holder := struct {
		One Secret            `json:"one" yaml:"one"`
		Map map[string]Secret `json:"map" yaml:"map"`
	}{"hushhush", map[string]Secret{"signaal": "hushhush"}}
	var out bytes.Buffer
	for _, verb := range strings.Split("%v %+v %#v %s %q %x %X %d %t %U %08b %T", " ") {
		fmt.Fprintf(&out, verb+"\n", holder)
		fmt.Fprintf(&out, verb+"\n", holder.One)
	}
	fmt.Fprintln(&out, holder.One.String(), holder.One.GoString(), fmt.Errorf("fout: %w", Problems{holder.One.String()}))
	slog.New(slog.NewTextHandler(&out, nil)).Info("start", "token", holder.One, "all", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("start", "token", holder.One, "all", holder)
	for _, marshal := range []func(any) ([]byte, error){json.Marshal, func(v any) ([]byte, error) { return yaml.Marshal(v) }} {
		text, err := marshal(holder)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	shown := out.String()
	for _, form := range []string{"hushhush", "6875736868757368", "0x68", "104", "[h"} {
		if strings.Contains(shown, form) {
			t.Errorf("shows as %q in\n%s", form, shown)
		}
	}
	if strings.Count(shown, hidden) < 30 {
		t.Errorf("hides too little:\n%s", shown)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(Example, "mattermost:\n  token: abc\n", "{signaal: abc}")
	f.Add("mattermost: {url: 'http://a'}", "mattermost: &a {token: *a}", "[")
	f.Add("slack: {api_url: x}", "slack:\n  more: [{bot_token: xoxb-1}, a]", "")
	f.Add("cirkel:\n  elementen:\n  - {key: a}\n", "? a\n: b", "a: |\n b")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, config, secrets, tokens string) {
		path := write(t, dir, "kansbot.yaml", config)
		write(t, dir, "kansbot.secrets.yaml", secrets)
		c, err := Load(path, []string{"KANSBOT_MATTERMOST_COMMAND_TOKENS=" + tokens})
		if err != nil {
			if len(err.(Problems)) == 0 {
				t.Error("an error without a problem")
			}
			return
		}
		if checkListen(&c.Listen) != "" || c.PublicURL != "" && checkSite(&c.PublicURL) != "" || len(c.Circle.Elements) < 6 ||
			c.HasPlatform() && (c.PublicURL == "" || c.Mattermost.Token == "" || c.Mattermost.ActionSecret == c.Mattermost.DialogSecret) {
			t.Errorf("accepted %+v", c)
		}
	})
}
