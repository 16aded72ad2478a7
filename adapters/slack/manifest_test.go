package slack

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

var usages = []chat.Usage{
	{Command: "signaal", Hint: "[code] wat je ziet #element", About: "Meld een signaal.", Pick: "Maak er een signaal van",
		Verbs: []chat.Verb{{Word: "lijst"}, {Word: "toon", Hint: "12"}}},
	{Command: "actie", Hint: "@wie wat voor datum", About: "Spreek af: wie, wat & wanneer?"},
}

func TestManifestGoldens(t *testing.T) {
	for name, address := range map[string]string{"manifest-socket": "", "manifest-http": "https://kansbot.example.org/"} {
		m := Manifest(usages, address)
		for ext, got := range map[string][]byte{".json": ManifestJSON(m), ".yaml": ManifestYAML(m)} {
			file := filepath.Join("testdata", name+ext)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s became\n%s", file, got)
			}
		}
	}
}

// Both forms say the same, and the client library understands them.
func TestManifestForms(t *testing.T) {
	m := Manifest(usages, "https://kansbot.example.org")
	var fromJSON, fromYAML any
	if err := json.Unmarshal(ManifestJSON(m), &fromJSON); err != nil {
		t.Fatal(err)
	}
	back, err := yaml.YAMLToJSON(ManifestYAML(m))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(back, &fromYAML); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(fromJSON, fromYAML) {
		t.Errorf("as YAML it says\n%v\nas JSON\n%v", fromYAML, fromJSON)
	}
	d := json.NewDecoder(bytes.NewReader(ManifestJSON(m)))
	d.DisallowUnknownFields()
	if err := d.Decode(new(slack.Manifest)); err != nil {
		t.Error(err)
	}
}

func TestManifestDigest(t *testing.T) {
	digest := func(usages []chat.Usage, address string) string { return ManifestDigest(Manifest(usages, address)) }
	same := digest(usages, "")
	if got := digest(slices.Clone(usages), ""); got != same || len(same) != 12 {
		t.Errorf("digest %q, then %q", same, got)
	}
	other := slices.Clone(usages)
	other[1].Hint = "wie"
	for _, got := range []string{digest(usages, "https://a.example"), digest(usages[:1], ""), digest(other, "")} {
		if got == same {
			t.Error("two manifests have one digest")
		}
	}
}

// The limits of https://docs.slack.dev/reference/app-manifest, and the 24 of a
// shortcut's name from Slack's published schema.
func TestManifestLimits(t *testing.T) {
	long := strings.Repeat("één ", 2000)
	var many []chat.Usage
	for range 10 {
		many = append(many, chat.Usage{Command: "kansoverleg", Hint: long, About: long, Pick: "Maak er een signaal van", Verbs: []chat.Verb{{Word: long}}})
	}
	for _, address := range []string{"", "https://kansbot.example.org"} {
		m := Manifest(many, address)
		within := func(what, s string, limit int) {
			if n := utf8.RuneCountInString(s); n == 0 || n > limit || !utf8.ValidString(s) {
				t.Errorf("%s has %d characters, of at most %d", what, n, limit)
			}
		}
		within("name", m.Display.Name, 35)
		within("description", m.Display.Description, 140)
		within("bot", m.Features.BotUser.DisplayName, 80)
		for _, c := range m.Features.SlashCommands {
			within("command", c.Command, 32)
			within("command's description", c.Description, 2000)
			within("command's hint", c.UsageHint, 1000)
			if (c.Url != "") != (address != "") || !c.ShouldEscape {
				t.Errorf("command %+v", c)
			}
		}
		for _, s := range m.Features.Shortcuts {
			within("shortcut", s.Name, 24)
			within("shortcut's callback id", s.CallbackID, 255)
			within("shortcut's description", s.Description, 150)
		}
		if c, s, r, e := len(m.Features.SlashCommands), len(m.Features.Shortcuts), len(m.OAuthConfig.Scopes.Bot), len(m.Settings.EventSubscriptions.BotEvents); c > 50 || s > 10 || r > 255 || e > 100 {
			t.Errorf("%d commands, %d shortcuts, %d scopes, %d events", c, s, r, e)
		}
		if m.Settings.SocketModeEnabled != (address == "") || (m.Settings.EventSubscriptions.RequestUrl == "") != m.Settings.SocketModeEnabled {
			t.Errorf("socket mode %t, requests to %q", m.Settings.SocketModeEnabled, m.Settings.EventSubscriptions.RequestUrl)
		}
	}
}

// needs says of each method that we call, by the client library's name, and of
// each event, which of our scopes Slack asks for it; one for each kind of
// channel. From the reference of the methods and of the events.
var needs = map[string][]string{
	"AuthTestContext":                nil,
	"StartSocketModeContext":         nil, // of the app token: connections:write
	"OpenViewContext":                nil,
	"UpdateViewContext":              nil,
	"PushViewContext":                nil,
	"PublishViewContext":             nil,
	"PostMessageContext":             {"chat:write"},
	"PostEphemeralContext":           {"chat:write"},
	"UpdateMessageContext":           {"chat:write"},
	"SendMessageContext":             {"chat:write"},
	"OpenConversationContext":        {"im:write"},
	"GetBotInfoContext":              {"users:read"},
	"GetUserInfoContext":             {"users:read"},
	"GetConversationInfoContext":     {"channels:read", "groups:read"},
	"GetConversationsForUserContext": {"channels:read", "groups:read"},
	"GetUsersInConversationContext":  {"channels:read", "groups:read"},
	"GetConversationHistoryContext":  {"channels:history", "groups:history", "im:history"},
	"GetConversationRepliesContext":  {"channels:history", "groups:history", "im:history"},

	"slash_commands":        {"commands"},
	"app_home_opened":       nil,
	"message.im":            {"im:history"},
	"member_joined_channel": {"channels:read", "groups:read"},
	"member_left_channel":   {"channels:read", "groups:read"},
	"channel_left":          {"channels:read"},
	"group_left":            {"groups:read"},
	"channel_archive":       {"channels:read"},
	"group_archive":         {"groups:read"},
	"channel_deleted":       {"channels:read"},
	"group_deleted":         {"groups:read"},
	"channel_unarchive":     {"channels:read"},
	"group_unarchive":       {"groups:read"},
	"user_change":           {"users:read"},
	"channel_id_changed":    nil,
	"app_uninstalled":       nil,
	"tokens_revoked":        nil,
}

var contextMethod = regexp.MustCompile(`\.(\w+Context)\(`)

// What the manifest asks is what the code and the events need: no more, no less.
// Every event is there for something.
func TestScopesAreTheLeast(t *testing.T) {
	used := append([]string{"slash_commands"}, botEvents...)
	var code strings.Builder
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	client := reflect.TypeFor[*slack.Client]()
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "manifest.go" {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(source)
		for _, call := range contextMethod.FindAllStringSubmatch(string(source), -1) {
			if _, ours := client.MethodByName(call[1]); ours {
				used = append(used, call[1])
			}
		}
	}
	for _, event := range botEvents {
		if name, _, _ := strings.Cut(event, "."); !strings.Contains(code.String(), `"`+name+`"`) {
			t.Errorf("%s comes in for nothing", event)
		}
	}
	needed := map[string]bool{}
	for _, what := range used {
		list, known := needs[what]
		if !known {
			t.Errorf("which scopes does %s need?", what)
		}
		for _, s := range list {
			needed[s] = true
		}
	}
	var asked []string
	for _, s := range botScopes {
		asked = append(asked, s.name)
		if s.reason == "" {
			t.Errorf("%s has no reason", s.name)
		}
	}
	slices.Sort(asked)
	if want := slices.Sorted(maps.Keys(needed)); !slices.Equal(asked, want) {
		t.Errorf("asks %q, needs %q", asked, want)
	}
}
