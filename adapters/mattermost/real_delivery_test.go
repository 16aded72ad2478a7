package mattermost

import (
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/adapters/mattermost/mmtest"
	"kansbot/internal/chat"
)

func TestRealDelivery(t *testing.T) {
	s := newSchool(t)
	s.open(t)
	s.invite(t)
	ctx := t.Context()
	began := time.Now()

	rootID, err := s.Deliver(ctx, chat.Delivery{Key: "overleg/1", To: s.to(), Body: says("Kans!overleg")})
	if err != nil {
		t.Fatal(err)
	}
	mentions := func(u *mmtest.User) int64 {
		m, _, err := u.Client.GetChannelMember(ctx, s.zwaan.Id, u.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		return m.MentionCount
	}
	bartBefore, annaBefore := mentions(s.bart), mentions(s.anna)
	d := chat.Delivery{Key: "actie/7", To: s.to(), Under: rootID, Body: chat.Message{
		{Kind: chat.Text, Text: []chat.Span{{Style: chat.Mention, User: s.bart.ID, Text: "Bart"}, {Text: ": belt @all, @channel, @here en @" + s.anna.Username}}},
		{Kind: chat.Buttons, Buttons: []chat.Button{{Do: "actie klaar 7", Label: "Klaar", Tone: chat.Primary}, {Do: "actie hulp 7", Label: "Hulp"}}},
	}}
	id, err := s.Deliver(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	post, err := s.bart.WaitPost(limit, func(p *model.Post) bool { return p.Id == string(id) })
	if err != nil {
		t.Fatal(err)
	}
	if post.RootId != string(rootID) || post.UserId != s.botID(t) {
		t.Errorf("post %+v", post)
	}
	if m := mentions(s.bart) - bartBefore; m != 1 {
		t.Errorf("Bart is mentioned %d times", m)
	}
	if m := mentions(s.anna) - annaBefore; m != 0 {
		t.Errorf("Anna is notified %d times by what somebody typed", m)
	}

	// A press, and the change that follows. The addresses are for the server alone.
	s.reply.Store(&chat.Reply{Body: says("Fijn!")})
	if err := s.bart.Press(string(id), "Klaar"); err != nil {
		t.Fatal(err)
	}
	e, pressed := event[chat.Pressed](t, s)
	if e.Channel != s.zwaan.Id || e.User != s.person(s.bart) || pressed.Post != id || pressed.Do != "actie klaar 7" || e.ID == "" {
		t.Errorf("pressed %+v", e)
	}
	if told, err := s.bart.WaitEphemeral(limit); err != nil || told.Message != "Fijn!" {
		t.Errorf("told %+v, %v", told, err)
	}
	seen, _, err := s.bart.Client.GetPost(ctx, string(id), "")
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := seen.ToJSON(); strings.Contains(text, s.settings.ActionSecret) {
		t.Error("a user sees the address of presses")
	}
	d.Edits, d.Body = id, chat.Message{{Kind: chat.Text, Text: []chat.Span{{Style: chat.Struck, Text: "belt"}, {Text: " klaar"}}}}
	if again, err := s.Deliver(ctx, d); err != nil || again != id {
		t.Fatalf("edit: %q, %v", again, err)
	}
	edited, err := s.anna.WaitPost(limit, func(p *model.Post) bool { return p.Id == string(id) && p.EditAt > 0 })
	if err != nil || edited.Message != "~~belt~~ klaar" || len(edited.Attachments()) != 0 || edited.GetProp("from_bot") != "true" || edited.GetProp(keyProp) != "actie/7" {
		t.Errorf("edited %+v, %v", edited, err)
	}

	// The answer is lost; the post is found by its key, in the thread and directly.
	for _, lost := range []chat.Delivery{
		{Key: "actie/8", To: s.to(), Under: rootID, Body: says("acht")},
		{Key: "overleg/2", To: s.to(), Body: says("twee")},
		{Key: "anna/1", To: chat.To{Platform: Name, User: s.anna.ID}, Body: says("voor jou")},
	} {
		if lost.To.User != "" {
			if _, err := s.direct(ctx, lost.To.User); err != nil {
				t.Fatal(err)
			}
		}
		transport := s.api.HTTPClient.Transport
		s.api.HTTPClient.Transport = lostAnswers{}
		_, err := s.Deliver(ctx, lost)
		s.api.HTTPClient.Transport = transport
		if f := (*chat.Failure)(nil); !errors.As(err, &f) || f.Outcome != chat.Unknown {
			t.Fatalf("%s: %v", lost.Key, err)
		}
		landed, err := s.anna.WaitPost(limit, func(p *model.Post) bool { return p.GetProp(keyProp) == lost.Key })
		if err != nil {
			t.Fatal(err)
		}
		lost.Unsure, lost.Since = true, began
		if id, err := s.Deliver(ctx, lost); err != nil || string(id) != landed.Id {
			t.Errorf("%s: found %q for %q, %v", lost.Key, id, landed.Id, err)
		}
		lost.Key += "b"
		if id, err := s.Deliver(ctx, lost); err != nil || string(id) == landed.Id {
			t.Errorf("%s: sent %q, %v", lost.Key, id, err)
		}
	}

	// As long as can be.
	for _, long := range []string{strings.Repeat("é*", 20_000), strings.Repeat("x", 40_000)} {
		if _, err := s.Deliver(ctx, chat.Delivery{Key: "lang/" + long[:2], To: s.to(), Body: says(long)}); err != nil {
			t.Error(err)
		}
	}
}

func TestRealRefusals(t *testing.T) {
	s := newSchool(t)
	s.open(t)
	s.invite(t)
	ctx := t.Context()
	fails := func(what string, d chat.Delivery, want chat.Outcome) {
		t.Helper()
		_, err := s.Deliver(ctx, d)
		if f := (*chat.Failure)(nil); !errors.As(err, &f) || f.Outcome != want {
			t.Errorf("%s: %v", what, err)
		}
	}
	d := chat.Delivery{Key: "x", To: s.to(), Body: chat.Message{
		{Kind: chat.Text, Text: plain("x")}, {Kind: chat.Buttons, Buttons: []chat.Button{{Do: "x", Label: "X"}}},
	}}
	id, err := s.Deliver(ctx, d)
	if err != nil {
		t.Fatal(err)
	}

	// Somebody who is not in the channel gets nowhere, through the server or past it.
	carla := s.server.NewUser(t, s.team, "carla")
	if _, err := carla.Command(s.zwaan.Id, "", "/signaal"); err == nil {
		t.Error("a command from outside")
	}
	if _, err := carla.Client.DoPostActionWithCookie(ctx, string(id), "x", "", ""); err == nil {
		t.Error("a press from outside")
	}
	got, err := http.Post(s.actionURL(), "application/json", strings.NewReader(pressBody(carla.ID, s.zwaan.Id)))
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := io.ReadAll(got.Body); !strings.Contains(string(text), dutch.stranger) {
		t.Errorf("a forged press: %s", text)
	}
	got.Body.Close()
	open := s.server.NewChannel(t, s.team, "plein", false, s.anna.ID, s.botID(t))
	response, _, err := carla.Client.SubmitInteractiveDialog(ctx, model.SubmitDialogRequest{
		URL: s.dialogURL(), State: "f1", ChannelId: open.Id, TeamId: s.team.Id, Submission: map[string]any{},
	})
	if err != nil || response.Error != dutch.stranger {
		t.Errorf("a form from outside: %+v, %v", response, err)
	}
	for len(s.events) > 0 {
		if e := <-s.events; e.User.ID == carla.ID {
			t.Errorf("the core got %+v", e)
		}
	}

	elsewhere := d
	elsewhere.Key, elsewhere.Under = "x2", id
	elsewhere.To.Channel = open.Id
	fails("a thread of another channel", elsewhere, chat.Refused)
	if _, err := s.server.Admin.DeletePost(ctx, string(id)); err != nil {
		t.Fatal(err)
	}
	edit := d
	edit.Edits = id
	fails("editing what was deleted", edit, chat.Refused)
	under := d
	under.Key, under.Under = "x3", id
	fails("a deleted thread", under, chat.Refused)
	if _, err := s.anna.Client.RemoveUserFromChannel(ctx, s.zwaan.Id, s.botID(t)); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return slices.Contains(s.Health().Lost, s.zwaan.Id) })
	d.Key = "x4"
	fails("removed", d, chat.Refused)
	fails("removed, and unsure", chat.Delivery{Key: "x", To: s.to(), Body: d.Body, Unsure: true, Since: time.Now()}, chat.Refused)
	if _, err := s.server.Admin.DeleteChannel(ctx, open.Id); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return slices.Contains(s.Health().Lost, open.Id) })
	archived := d
	archived.To.Channel = open.Id
	fails("archived", archived, chat.Refused)
	fails("nobody", chat.Delivery{Key: "x", To: chat.To{Platform: Name, User: model.NewId()}, Body: d.Body}, chat.Refused)
	if _, _, err := s.server.Admin.DisableBot(ctx, s.botID(t)); err != nil {
		t.Fatal(err)
	}
	fails("bot switched off", d, chat.NotSent)
	if _, _, err := s.server.Admin.EnableBot(ctx, s.botID(t)); err != nil {
		t.Fatal(err)
	}
}

// eventually asks again and again until the answer is yes.
func eventually(t *testing.T, yes func() bool) {
	t.Helper()
	deadline, tick := time.After(limit), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it never happened")
		}
	}
}

// A wire carries connections to the server until it is cut.
type wire struct {
	net.Listener
	to string

	mu   sync.Mutex
	cut  bool
	ends []net.Conn
}

func (w *wire) run() {
	for {
		near, err := w.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.to)
		w.mu.Lock()
		if err != nil || w.cut {
			near.Close()
		} else {
			w.ends = append(w.ends, near, far)
			go io.Copy(near, far)
			go io.Copy(far, near)
		}
		w.mu.Unlock()
	}
}

func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	for _, end := range w.ends {
		end.Close()
	}
	w.ends = nil
}

// What happened while the connection was down comes after it.
func TestRealBreak(t *testing.T) {
	s := newSchool(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: strings.TrimPrefix(s.server.URL, "http://")}
	defer w.set(true)
	defer l.Close()
	go w.run()
	set := s.settings
	set.URL = "http://" + l.Addr().String()
	if s.Adapter, err = New(set, time.Now, discard); err != nil {
		t.Fatal(err)
	}
	s.patience = 10 * time.Millisecond
	s.open(t)
	eventually(t, func() bool { return s.Health().Connected })

	w.set(true)
	eventually(t, func() bool { h := s.Health(); return !h.Connected && h.Err != "" })
	if _, _, err := s.anna.Client.AddChannelMember(t.Context(), s.zwaan.Id, s.bot.Load().Id); err != nil {
		t.Fatal(err)
	}
	w.set(false)
	if e, _ := event[chat.Arrived](t, s); e.Channel != s.zwaan.Id || e.User != s.person(s.anna) {
		t.Errorf("arrived %+v", e)
	}
	for {
		if e, _ := event[chat.Roster](t, s); e.Channel == s.zwaan.Id {
			break
		}
	}
}
