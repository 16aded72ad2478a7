package slack

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// Settings that cannot work are refused, and what is printed of any holds no
// secret.
func TestSettings(t *testing.T) {
	good := App{Token: "xapp-hushhush", SigningSecrets: []string{"hushhush"}, BotTokens: []string{"xoxb-hushhush"}}
	for name, test := range map[string]struct {
		change func(*Settings)
		err    string
	}{
		"good":               {func(*Settings) {}, ""},
		"HTTP only":          {func(s *Settings) { s.Apps[0].Token = "" }, ""},
		"Socket Mode only":   {func(s *Settings) { s.Apps[0].SigningSecrets = nil }, ""},
		"no app":             {func(s *Settings) { s.Apps = nil }, "no app"},
		"no way in":          {func(s *Settings) { s.Apps[0].Token, s.Apps[0].SigningSecrets = "", nil }, "needs an app token or a signing secret"},
		"another app token":  {func(s *Settings) { s.Apps[0].Token = "xoxb-hushhush" }, "begins with xapp-"},
		"no bot token":       {func(s *Settings) { s.Apps[0].BotTokens = nil }, "needs a bot token"},
		"another bot token":  {func(s *Settings) { s.Apps[0].BotTokens = []string{"xapp-hushhush"} }, "begins with xoxb-"},
		"a wrong address":    {func(s *Settings) { s.APIURL = "https://hushhush@slack.com/api/" }, "must look like"},
		"no address, really": {func(s *Settings) { s.APIURL = "hushhush" }, "must look like"},
	} {
		s := Settings{Apps: []App{good}}
		test.change(&s)
		_, err := New(s, time.Now, slog.New(slog.DiscardHandler))
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v", name, err)
		}
		if printed := fmt.Sprint(err, s, s.Apps) + fmt.Sprintf("%+v %v", s.Apps, &s); strings.Contains(printed, "hushhush") {
			t.Errorf("%s: printed %s", name, printed)
		}
	}
}
