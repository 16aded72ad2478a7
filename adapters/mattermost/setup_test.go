package mattermost

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"
)

// The server calls no internal address unless told to, and says so nowhere but
// in its own log.
func TestPrivateAddresses(t *testing.T) {
	for address, private := range map[string]bool{
		"http://127.0.0.1:8080": true, "http://localhost": true, "http://10.1.2.3/kansbot": true, "https://192.168.1.9": true,
		"http://[::1]:80": true, "http://[fd00::1]": true, "http://[::ffff:10.0.0.1]": true, "http://169.254.1.1": true, "http://100.64.0.9": true,
		"https://93.184.216.34": false, "https://[2606:2800::1]": false,
	} {
		if _, got := privateHost(t.Context(), address); got != private {
			t.Errorf("%s: private %v", address, got)
		}
	}
	for _, test := range []struct {
		list, host string
		allowed    bool
	}{
		{"", "10.1.2.3", false},
		{"kansbot.intern 10.1.2.3", "10.1.2.3", true},
		{"kansbot.intern,10.0.0.0/8", "10.1.2.3", true},
		{"10.0.0.0/8", "11.1.2.3", false},
		{"kansbot.intern", "kansbot.intern", true},
		{"10.0.0.0/8", "kansbot.intern", false},
	} {
		if got := allows(test.list, test.host); got != test.allowed {
			t.Errorf("%q allows %s: %v", test.list, test.host, got)
		}
	}
}

func TestSetupWarnsOfPrivateAddress(t *testing.T) {
	for allowed, warns := range map[string]bool{"": true, "127.0.0.1": false} {
		var out strings.Builder
		s := setup{out: &out, settings: settingsFor("https://chat.example.org"), config: &model.Config{}}
		s.settings.PublicURL = "http://127.0.0.1:8080"
		s.config.ServiceSettings.AllowedUntrustedInternalConnections = &allowed
		if err := s.reach(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "Zet 127.0.0.1 erbij in ServiceSettings.AllowedUntrustedInternalConnections"); got != warns {
			t.Errorf("allowed %q: it says %q", allowed, out.String())
		}
	}
}

func TestSettingsDoNotPrint(t *testing.T) {
	s := settingsFor("https://chat.example.org")
	for _, format := range []string{"%v", "%+v", "%s"} {
		if text := fmt.Sprintf(format, s); strings.Contains(text, s.Token) || strings.Contains(text, s.ActionSecret) {
			t.Errorf("%s prints %s", format, text)
		}
	}
}
