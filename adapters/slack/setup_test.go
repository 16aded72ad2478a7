package slack

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
)

var errGone = errors.New("gone")

// scripted answers questions in turn, and then is gone.
func scripted(answers ...string) func(context.Context, string) (string, error) {
	return func(context.Context, string) (string, error) {
		if len(answers) == 0 {
			return "", errGone
		}
		answer := answers[0]
		answers = answers[1:]
		return answer, nil
	}
}

func TestSetup(t *testing.T) {
	current := ManifestDigest(Manifest(usages, ""))
	overHTTP := App{BotTokens: []string{cannedBot}, SigningSecrets: []string{cannedSecret}}
	for _, test := range []struct {
		name    string
		change  func(*canned, *SetupOptions)
		answers []string
		want    App
		err     string // in the error
		says    []string
		not     string // what it does not say
	}{
		{name: "the first time", answers: []string{" " + cannedBot + "\r\n", cannedApp + "\n"}, want: App{Token: cannedApp, BotTokens: []string{cannedBot}}, says: []string{
			"Create New App en From a manifest", "de inhoud van dir/kansbot-slack.yaml", "connections:write", "/invite @Kansbot",
			"users:read        om een lid met naam te noemen", "Werkt: bot @kansbot in werkruimte SWV Zuidoost.", "Werkt: Slack laat Kansbot verbinden.",
		}, not: "Signing"},
		{name: "the first time, over HTTP", change: func(_ *canned, o *SetupOptions) { o.PublicURL = "https://kansbot.example" },
			answers: []string{cannedBot, cannedSecret}, want: overHTTP, says: []string{"Signing Secret", "/invite @Kansbot", "(Verify)", "Genoteerd."}, not: "connections:write"},
		{name: "one secret replaces the other", change: func(_ *canned, o *SetupOptions) { o.PublicURL, o.Previous = "https://kansbot.example", overHTTP },
			answers: []string{"", cannedSecret + ", 0123456789abcdef"}, want: App{BotTokens: []string{cannedBot}, SigningSecrets: []string{cannedSecret, "0123456789abcdef"}}},
		{name: "again, all the same", change: func(s *canned, o *SetupOptions) { o.Previous, o.Written = s.app(), current },
			answers: []string{"", ""}, want: App{Token: cannedApp, BotTokens: []string{cannedBot}}, says: []string{"Het manifest is niet veranderd"}, not: "Plak"},
		{name: "again, with new commands", change: func(s *canned, o *SetupOptions) { o.Previous, o.Written = s.app(), "0123456789ab" },
			answers: []string{"", ""}, want: App{Token: cannedApp, BotTokens: []string{cannedBot}}, says: []string{"Het manifest is veranderd", "installeer de app opnieuw"}, not: "Create New App"},
		{name: "again, with another token", change: func(s *canned, o *SetupOptions) {
			o.Previous, o.Written = App{Token: cannedApp, BotTokens: []string{"xoxb-0-hushhush"}}, current
		}, answers: []string{cannedBot, ""}, want: App{Token: cannedApp, BotTokens: []string{cannedBot}}},
		{name: "tokens that were kept and no longer work", change: func(s *canned, o *SetupOptions) {
			o.Previous, o.Written = App{Token: cannedApp, BotTokens: []string{"xoxb-0-hushhush"}}, current
		}, answers: []string{"", ""}, err: "het bot-token doet het niet: Slack kent dit token niet"},
		{name: "asked again", change: func(s *canned, o *SetupOptions) { o.Patient = true },
			answers: []string{"", cannedApp, "xoxb-0-hushhush", cannedBot, cannedBot, "xapp-1-A2-hushhush-2", "xapp-1-A1-0-hushhush", cannedApp},
			want:    App{Token: cannedApp, BotTokens: []string{cannedBot}},
			says:    []string{"er is nog geen bot-token", "dit is een app-token", "Slack kent dit token niet", "dit is geen app-token", "van een andere app dan het bot-token"}},
		{name: "nothing", err: "gone"},
		{name: "no bot token", answers: []string{"\n"}, err: "er is nog geen bot-token"},
		{name: "no app token", answers: []string{cannedBot, "\n"}, err: "er is nog geen app-token"},
		{name: "token of a person", answers: []string{"xoxp-hushhush"}, err: "dit is geen bot-token"},
		{name: "token that rotates", answers: []string{"xoxe.xoxb-hushhush"}, err: "token rotation"},
		{name: "scopes missing", change: func(s *canned, _ *SetupOptions) { s.scopes = strings.ReplaceAll(s.scopes, "im:write,", "") },
			answers: []string{cannedBot}, err: "de bot mist rechten: im:write"},
		{name: "no secret", change: func(_ *canned, o *SetupOptions) { o.PublicURL = "https://kansbot.example" },
			answers: []string{cannedBot, "hush-hush"}, err: "dit is geen signing secret"},
		{name: "nobody there", change: func(_ *canned, o *SetupOptions) { o.APIURL = "http://127.0.0.1:1" },
			answers: []string{cannedBot}, err: "daar luistert niemand"},
		{name: "no address", change: func(_ *canned, o *SetupOptions) { o.APIURL = "slack" }, err: "het adres van de API moet eruitzien als https://"},
		{name: "no address of ours", change: func(_ *canned, o *SetupOptions) { o.PublicURL = "kansbot.example" }, err: "https://kansbot.voorbeeld.nl"},
		{name: "without TLS", change: func(_ *canned, o *SetupOptions) { o.APIURL, o.PublicURL = "", "http://kansbot.example" }, err: "moet met https:// beginnen"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newCanned(t)
			o := SetupOptions{APIURL: s.url, Usages: usages, ManifestFile: "dir/kansbot-slack.yaml", Ask: scripted(test.answers...)}
			if test.change != nil {
				test.change(s, &o)
			}
			var out strings.Builder
			got, err := Setup(t.Context(), o, &out)
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if err == nil && !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			for _, want := range test.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("does not say %q but\n%s", want, &out)
				}
			}
			if test.not != "" && strings.Contains(out.String(), test.not) {
				t.Errorf("says %q:\n%s", test.not, &out)
			}
			if strings.Contains(out.String(), "hushhush") || err != nil && strings.Contains(err.Error(), "hushhush") {
				t.Errorf("shows a secret: %v\n%s", err, &out)
			}
			if s.dials.Load() > 0 {
				t.Error("connected")
			}
		})
	}
}
