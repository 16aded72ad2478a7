package slacktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"
)

const field = `{"type":"input","block_id":"zien","label":{"type":"plain_text","text":"Wat zie je"},"element":{"type":"plain_text_input","action_id":"value","max_length":10}},
	{"type":"input","block_id":"soort","optional":true,"label":{"type":"plain_text","text":"Soort"},"element":{"type":"static_select","action_id":"value",
		"options":[{"text":{"type":"plain_text","text":"Zorg"},"value":"zorg"},{"text":{"type":"plain_text","text":"Kans"},"value":"kans"}],
		"initial_option":{"text":{"type":"plain_text","text":"Kans"},"value":"kans"}}}`

func modalJSON(title, blocks string) json.RawMessage {
	return json.RawMessage(`{"type":"modal","callback_id":"kansbot","private_metadata":"f1","title":{"type":"plain_text","text":"` + title +
		`"},"submit":{"type":"plain_text","text":"Meld"},"notify_on_close":true,"blocks":[` + blocks + `]}`)
}

// A person's day with an app, over both transports.
func TestPeople(t *testing.T) {
	for name, connect := range map[string]func(*world, func(heard) any){"socket": (*world).listen, "http": (*world).serve} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Options{})
			got := make(chan heard, 20)
			var answer any
			connect(w, func(h heard) any { got <- h; return answer })
			next := func(kind string) heard {
				t.Helper()
				select {
				case h := <-got:
					if h.kind != kind {
						t.Fatalf("an app hears of a %s, not of a %s: %s", h.kind, kind, h.raw)
					}
					return h
				case <-w.ctx.Done():
					t.Fatalf("no %s", kind)
				}
				panic("unreachable")
			}

			// A command, with an answer in its ack, a modal and a late answer.
			answer = map[string]any{"text": "Even *kijken*, <@" + w.anna.ID + ">"}
			said, err := w.anna.Type(w.ctx, w.zwaan, `/signaal K-014 <3 @bram & @nobody, zie https://x.nl/a anna@x.nl #kernteam-zwaan.`)
			w.must(err)
			if said.Read() != "Even kijken, @anna" || !said.Ephemeral {
				t.Errorf("the answer reads %q", said.Read())
			}
			c := next("command").slash
			want := fmt.Sprintf(`K-014 &lt;3 <@%s|bram> &amp; @nobody, zie <https://x.nl/a> <mailto:anna@x.nl|anna@x.nl> <#%s|kernteam-zwaan>.`, w.bram.ID, w.zwaan.ID)
			if c.Text != want || c.Command != "/signaal" || c.ChannelName != "privategroup" || c.UserID != w.anna.ID || c.APIAppID != w.app.ID {
				t.Errorf("the command is %+v, want text %s", c, want)
			}
			loading := slack.ModalViewRequest{Type: slack.VTModal, Title: slack.NewTextBlockObject("plain_text", "Laden", false, false),
				Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewDividerBlock()}}}
			opened, err := w.api.OpenView(c.TriggerID, loading)
			w.must(err)
			if _, err = w.api.OpenView(c.TriggerID, loading); err == nil || err.Error() != "exchanged_trigger_id" {
				t.Errorf("a trigger opens twice: %v", err)
			}
			code, _ := w.call(w.bot.Token, "views.update", "view_id", opened.ID, "hash", opened.Hash, "view", string(modalJSON("Signaal", field)))
			if code != "" {
				t.Fatal(code)
			}
			modal := w.anna.Modal()
			if modal.Read() != "Signaal\nWat zie je: \nSoort: Kans" || modal.Fields[1].Options[0] != (Option{"zorg", "Zorg"}) {
				t.Errorf("the modal reads %q", modal.Read())
			}

			// What the client refuses, what the app refuses, and that it goes in.
			for _, values := range []map[string][]string{{"anders": {"x"}}, {"zien": {""}}, {"zien": {"veel te lange tekst"}}, {"zien": {"x"}, "soort": {"niets"}}} {
				if _, err := w.anna.Submit(w.ctx, values); err == nil {
					t.Errorf("the client takes %v", values)
				}
			}
			answer = slack.NewErrorsViewSubmissionResponse(map[string]string{"zien": "Liever anders"})
			problems, err := w.anna.Submit(w.ctx, map[string][]string{"zien": {"iets"}, "soort": {"zorg"}})
			if err != nil || problems["zien"] != "Liever anders" {
				t.Fatal(problems, err)
			}
			values := next("interaction").act.View.State.Values
			if values["zien"]["value"].Value != "iets" || values["soort"]["value"].SelectedOption.Value != "zorg" {
				t.Errorf("values are %+v", values)
			}
			if got := w.anna.Modal().Read(); got != "Signaal\nWat zie je: iets\nLiever anders\nSoort: Zorg" {
				t.Errorf("the modal reads %q", got)
			}
			for _, wrong := range []any{
				slack.NewErrorsViewSubmissionResponse(map[string]string{"niets": "x"}),
				map[string]any{"response_action": "update", "view": map[string]any{"type": "modal"}},
				map[string]any{"response_action": "dance"},
			} {
				answer = wrong
				if _, err := w.anna.Submit(w.ctx, nil); err != ErrTrouble {
					t.Errorf("%v: %v", wrong, err)
				}
				next("interaction")
			}
			answer = map[string]any{"response_action": "push", "view": modalJSON("Nog een", field)}
			_, err = w.anna.Submit(w.ctx, nil)
			w.must(err)
			next("interaction")
			if n := len(w.anna.Modals()); n != 2 {
				t.Fatalf("%d modals open", n)
			}
			answer = nil
			w.must(w.anna.CloseModal(w.ctx))
			if h := next("interaction"); h.act.Type != slack.InteractionTypeViewClosed || h.act.View.PrivateMetadata != "f1" {
				t.Errorf("closing tells %s", h.raw)
			}
			_, err = w.anna.Submit(w.ctx, map[string][]string{"soort": nil})
			w.must(err)
			if h := next("interaction"); h.act.View.State.Values["soort"]["value"].SelectedOption.Value != "" || w.anna.Modal() != nil {
				t.Errorf("left empty: %s", h.raw)
			}

			// A button, and what the app does about it.
			button := slack.NewActionBlock("knop", slack.NewButtonBlockElement("do", "klaar 7", slack.NewTextBlockObject("plain_text", "Klaar & weg", false, false)))
			_, ts, err := w.api.PostMessage(w.zwaan.ID, slack.MsgOptionText("Actie 7", false), slack.MsgOptionBlocks(slack.NewHeaderBlock(slack.NewTextBlockObject("plain_text", "Actie 7", false, false)), button))
			w.must(err)
			post := w.bram.Sees(w.zwaan)[0]
			if post.Read() != "Actie 7\n[Klaar & weg]" || post.Bot != w.bot {
				t.Errorf("the post reads %q", post.Read())
			}
			w.must(w.bram.Press(w.ctx, post, "Klaar & weg"))
			act := next("interaction").act
			if a := act.ActionCallback.BlockActions[0]; a.Value != "klaar 7" || a.ActionID != "do" || act.Message.Timestamp != ts || act.User.ID != w.bram.ID || act.User.TeamID != w.team.ID {
				t.Errorf("the press is %+v", act)
			}
			shown := act.Message.Blocks.BlockSet[1].(*slack.ActionBlock).Elements.ElementSet[0].(*slack.ButtonBlockElement)
			if want := "Klaar &amp; weg"; act.ActionCallback.BlockActions[0].Text.Text != want || shown.Text.Text != want {
				t.Errorf("the button's text is %q and %q", act.ActionCallback.BlockActions[0].Text.Text, shown.Text.Text)
			}
			_, _, err = w.api.PostMessage("", slack.MsgOptionText("Gedaan", false), slack.MsgOptionReplaceOriginal(act.ResponseURL))
			w.must(err)
			if got := w.zwaan.Messages()[0]; got.Read() != "Gedaan" || !got.Edited {
				t.Errorf("replaced: %+v", got)
			}

			// A shortcut, the home page and a direct conversation.
			asked, err := w.bram.Write(w.zwaan, "Wie belt @anna?", "")
			w.must(err)
			w.must(w.anna.Shortcut(w.ctx, w.bot, "message", asked))
			if act := next("interaction").act; act.Type != slack.InteractionTypeMessageAction || act.CallbackID != "message" || act.Message.Text != "Wie belt <@"+w.anna.ID+">?" {
				t.Errorf("the shortcut is %+v", act)
			}
			w.anna.OpenHome(w.bot)
			if h := next("event"); !strings.Contains(string(h.raw), `"tab":"home"`) {
				t.Errorf("opening home tells %s", h.raw)
			}
			_, err = w.api.PublishView(w.anna.ID, slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{button}}}, "")
			w.must(err)
			w.must(w.anna.PressHome(w.ctx, w.bot, "Klaar & weg"))
			if act := next("interaction").act; act.Container.Type != "view" || act.View.Type != slack.VTHomeTab {
				t.Errorf("a press at home is %+v", act)
			}
			_, err = w.anna.Write(w.anna.DM(w.bot), "hallo", "")
			w.must(err)
			if h := next("event"); !strings.Contains(string(h.raw), `"channel_type":"im"`) || !strings.Contains(string(h.raw), "hallo") {
				t.Errorf("writing tells %s", h.raw)
			}
			w.must(w.Idle(w.ctx))
		})
	}
}

func TestClientRefuses(t *testing.T) {
	w := newWorld(t, Options{})
	w.listen(func(heard) any { return nil })
	outsider := w.team.User("hugo", "Hugo", "nl")
	stranger := w.team.Stranger("vreemd", "Van Elders", "nl", w.Workspace("Elders"))
	w.zwaan.Invite(w.anna, stranger)
	for _, c := range []struct {
		who  *User
		line string
	}{{outsider, "/signaal"}, {w.anna, "/onbekend"}, {w.anna, "hallo"}, {stranger, "/signaal"}} {
		if _, err := c.who.Type(w.ctx, w.zwaan, c.line); err == nil {
			t.Errorf("%s types %s", c.who.Handle, c.line)
		}
	}
	if said, err := w.anna.Type(w.ctx, w.zwaan, "/signaal"); said != nil || err != nil {
		t.Error(said, err)
	}
	w.zwaan.Archive()
	if _, err := w.anna.Write(w.zwaan, "hallo", ""); err == nil {
		t.Error("an archived channel takes messages")
	}
	if outsider.Sees(w.zwaan) != nil {
		t.Error("somebody sees a channel that they are not in")
	}
}

// An answer comes at most five times, within half an hour.
func TestResponseURL(t *testing.T) {
	clock := newHands()
	w := newWorld(t, Options{Now: clock.Now})
	address := make(chan string, 1)
	w.listen(func(h heard) any { address <- h.slash.ResponseURL; return nil })
	_, err := w.anna.Type(w.ctx, w.zwaan, "/signaal")
	w.must(err)
	at := <-address
	say := func(m slack.WebhookMessage) error { return slack.PostWebhookContext(w.ctx, at, &m) }
	for i := range 4 {
		w.must(say(slack.WebhookMessage{Text: fmt.Sprint(i)}))
	}
	if err := say(slack.WebhookMessage{}); err == nil {
		t.Error("nothing can be said")
	}
	w.must(say(slack.WebhookMessage{Text: "voor allen", ResponseType: "in_channel"}))
	var status slack.StatusCodeError
	if err := say(slack.WebhookMessage{Text: "te veel"}); !errors.As(err, &status) || status.Code != 404 {
		t.Errorf("the sixth: %v", err)
	}
	if n, m := len(w.anna.Ephemerals(w.zwaan)), w.zwaan.Messages(); n != 4 || len(m) != 1 || m[0].Text != "voor allen" {
		t.Errorf("%d ephemeral, %v", n, m)
	}
	if len(w.bram.Ephemerals(w.zwaan)) != 0 {
		t.Error("somebody else sees them too")
	}
	_, err = w.anna.Type(w.ctx, w.zwaan, "/signaal")
	w.must(err)
	at = <-address
	clock.advance(responseLife + 1)
	if err := say(slack.WebhookMessage{Text: "te laat"}); !errors.As(err, &status) || status.Code != 404 {
		t.Errorf("late: %v", err)
	}
}

// Buttons work in what only one person sees; their app can take it away.
func TestEphemeral(t *testing.T) {
	w := newWorld(t, Options{})
	pressed := make(chan slack.InteractionCallback, 1)
	w.listen(func(h heard) any { pressed <- h.act; return nil })
	button := slack.NewActionBlock("", slack.NewButtonBlockElement("", "", slack.NewTextBlockObject("plain_text", "Weg", false, false)))
	_, err := w.api.PostEphemeral(w.zwaan.ID, w.anna.ID, slack.MsgOptionText("Alleen jij", false), slack.MsgOptionBlocks(button))
	w.must(err)
	own := w.anna.Sees(w.zwaan)
	if len(own) != 1 || !own[0].Ephemeral || len(w.bram.Sees(w.zwaan)) != 0 {
		t.Fatalf("anna sees %+v", own)
	}
	w.must(w.anna.Press(w.ctx, own[0], "Weg"))
	act := <-pressed
	if !act.Container.IsEphemeral || act.Message.Text != "" || act.ActionCallback.BlockActions[0].BlockID == "" {
		t.Errorf("the press is %+v", act)
	}
	_, _, err = w.api.PostMessage("", slack.MsgOptionDeleteOriginal(act.ResponseURL))
	w.must(err)
	if got := w.anna.Sees(w.zwaan); len(got) != 0 {
		t.Errorf("still there: %+v", got)
	}
}
