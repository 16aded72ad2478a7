package command

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
)

// page is somebody's home page, in words; empty when they have none.
func (b *trial) page(t *testing.T, user string) string {
	t.Helper()
	b.tick(t)
	var s outbox.Status
	b.read(func(tx kv.Tx) (err error) {
		s, _, err = outbox.Get(tx, homeKey(chat.To{Platform: "test", User: user}))
		return err
	})
	if s.Post.To.User != "" && !s.Post.To.Home {
		t.Errorf("not to a home page: %+v", s.Post.To)
	}
	var out strings.Builder
	for _, block := range s.Post.Body {
		for _, line := range append(block.Items, block.Text) {
			for _, span := range line {
				out.WriteString(span.Text)
			}
			out.WriteString("\n")
		}
		for _, button := range block.Buttons {
			fmt.Fprintf(&out, "[%s]", button.Label)
		}
	}
	return out.String()
}

func (b *trial) tick(t *testing.T) {
	t.Helper()
	if _, err := b.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestHomePage(t *testing.T) {
	b := course(t, "/actie @bram belt de school voor 7 jan", "/signaal nieuw stil #leren")
	if b.page(t, "bram") != "" {
		t.Error("a page that nobody looked at")
	}
	b.event(person("bram"), chat.Visited{})
	b.event(person("bram"), chat.Visited{})
	has := func(user string, wants bool, texts ...string) {
		t.Helper()
		page := b.page(t, user)
		for _, text := range texts {
			if strings.Contains(page, text) != wants {
				t.Errorf("%s has %q: want %v in\n%s", user, text, wants, page)
			}
		}
	}
	has("bram", true, "belt de school", "[Klaar]", "K-001")
	has("anna", false, "K-001")

	// What happens elsewhere shows at home, what is read changes nothing.
	b.types("anna", "/actie @bram fietst voor 8 jan")
	has("bram", true, "fietst")
	before := b.version(t, "bram")
	b.types("anna", "/actie lijst")
	b.tick(t)
	if after := b.version(t, "bram"); after != before {
		t.Errorf("version %d became %d by reading", before, after)
	}
	b.types("anna", "/signaal nieuw moe #gezond")
	b.types("anna", "/signaal nieuw druk #gezond")
	b.tick(t)
	if after := b.version(t, "bram"); after != before+1 {
		t.Errorf("version %d became %d by two at once", before, after)
	}

	// A button at home does what it does elsewhere, for who is in the kernteam.
	press := chat.Pressed{Post: "home/bram", Do: "in " + b.team().ID + " action.done 1"}
	b.shown("bram")
	b.direct(person("bram"), press)
	has("bram", false, "belt de school")
	has("bram", true, "fietst")
	if reply := b.direct(person("bram"), press); len(reply.Body) == 0 {
		t.Error("no answer to an old button")
	}
	b.direct(person("bram"), chat.Pressed{Post: "home/bram", Do: "in elsewhere action.done 2"})
	b.direct(person("anna"), chat.Pressed{Post: "home/bram", Do: "in " + b.team().ID + " action.done 2"})
	b.roster("anna", "chantal", "dewi", "emre")
	b.direct(person("bram"), chat.Pressed{Post: "home/bram", Do: "in " + b.team().ID + " action.done 2"})
	has("bram", false, "fietst") // he left
	b.roster("anna", "bram", "chantal", "dewi", "emre")
	has("bram", true, "fietst")
}

// shown says that somebody's page is on the platform.
func (b *trial) shown(user string) {
	err := b.db.Update(context.Background(), func(tx kv.Tx) error {
		key := homeKey(chat.To{Platform: "test", User: user})
		return store.Table[string]{Name: "posted"}.Put(tx, key, "test", "", "home/"+user)
	})
	if err != nil {
		panic(err)
	}
}

// direct is an event in a direct conversation.
func (b *trial) direct(by chat.Person, act chat.Act) chat.Reply {
	return b.Handle(context.Background(), chat.Event{Platform: "test", User: by, Act: act})
}

// version counts what was written for somebody's page.
func (b *trial) version(t *testing.T, user string) int {
	t.Helper()
	var s outbox.Status
	b.read(func(tx kv.Tx) (err error) {
		s, _, err = outbox.Get(tx, homeKey(chat.To{Platform: "test", User: user}))
		return err
	})
	return s.Wanted
}

func TestPicked(t *testing.T) {
	b := course(t, "/signaal nieuw stil #leren")
	b.now = time.Date(2027, time.January, 5, 9, 0, 0, 0, zone(""))
	values := func(reply chat.Reply) map[string]string {
		t.Helper()
		if reply.Form == nil {
			t.Fatalf("no form: %+v", reply)
		}
		found := map[string]string{}
		for _, f := range reply.Form.Fields {
			found[f.Name] = strings.Join(f.Value, ",")
		}
		return found
	}
	got := values(b.event(person("anna"), chat.Picked{Command: "signaal", Text: "K-001 begon vandaag zelf"}))
	if got["casus"] != "K-001" || got["gezien"] != "K-001 begon vandaag zelf" {
		t.Errorf("signal %v", got)
	}
	got = values(b.event(person("anna"), chat.Picked{Command: "actie", Text: "@bram belt de school voor 12 januari", Mentions: map[string]string{"bram": "bram"}}))
	if got["wie"] != "bram" || got["wat"] != "belt de school" || !strings.Contains(got["datum"], "12 jan") {
		t.Errorf("action %v", got)
	}
	got = values(b.event(person("anna"), chat.Picked{Command: "actie", Text: strings.Repeat("zo veel ", 400)}))
	if n := len([]rune(got["wat"])); n != maxTold {
		t.Errorf("an action of %d characters", n)
	}
	for _, reply := range []chat.Reply{
		b.event(person("anna"), chat.Picked{Command: "signaal", Text: "hij wil dood"}),
		b.event(person("anna"), chat.Picked{Command: "kernteam", Text: "hallo"}),
		b.event(person("anna"), chat.Picked{Command: "bestaatniet", Text: "hallo"}),
	} {
		if reply.Form != nil || len(reply.Body) == 0 {
			t.Errorf("got %+v", reply)
		}
	}
}
