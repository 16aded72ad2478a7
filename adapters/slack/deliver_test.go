package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"kansbot/adapters/slack/slacktest"
	"kansbot/internal/chat"
)

func TestDeliver(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	d := toZwaan("actie/7")
	d.Under = "C0ZWAAN/1.000042"
	id, err := a.Deliver(t.Context(), d) // the answer tells of no thread: it is there all the same
	if err != nil || id != "C0ZWAAN/1.000001" {
		t.Fatal(id, err)
	}
	sent := s.asked(chatPostMessage)[0].form
	for field, want := range map[string]string{
		"token": secretToken, "channel": inZwaan, "thread_ts": "1.000042", "unfurl_links": "false", "unfurl_media": "false",
		"link_names": "", "parse": "", "text": render(d.Body).text,
		"metadata": `{"event_type":"kansbot_post","event_payload":{"key":"actie/7"}}`,
	} {
		if got := sent.Get(field); got != want {
			t.Errorf("%s is %q, not %q", field, got, want)
		}
	}
	if blocks, _ := json.Marshal(render(d.Body).blocks); sent.Get("blocks") != string(blocks) || !strings.Contains(sent.Get("text"), "&lt;!channel&gt; &amp; school") {
		t.Errorf("sent %v", sent)
	}
	if n := len(s.asked(authTest)); n != 1 {
		t.Errorf("asked %d times whose token it is", n)
	}
}

// A person's conversation needs no look-up, and is known from then on.
func TestDeliverDirect(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	for _, want := range []string{annaUser, annaDirect} {
		id, err := a.Deliver(t.Context(), toAnna("x"))
		if err != nil || !strings.HasPrefix(string(id), annaDirect+"/") {
			t.Fatal(id, err)
		}
		all := s.asked(chatPostMessage)
		if got := all[len(all)-1].form.Get("channel"); got != want {
			t.Errorf("sent to %s, not %s", got, want)
		}
	}
	if n := len(s.asked(conversationsOpen)); n != 0 {
		t.Errorf("%d look-ups", n)
	}
}

func TestEdit(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	d := toZwaan("actie/7")
	d.Edits = "C0ANDERS/1.000007" // where it went, not where it was sent
	d.Body = chat.Message{{Kind: chat.Text, Text: []chat.Span{{Text: "klaar"}}}}
	id, err := a.Deliver(t.Context(), d)
	if err != nil || id != d.Edits {
		t.Fatal(id, err)
	}
	sent := s.asked(chatUpdate)[0].form
	if sent.Get("channel") != "C0ANDERS" || sent.Get("ts") != "1.000007" || sent.Get("parse") != "none" || sent.Has("metadata") || sent.Get("blocks") == "" {
		t.Errorf("sent %v", sent)
	}
	for _, odd := range []chat.PostID{"x", "/1.1", "C0ZWAAN/", "home/U0ANNA"} {
		d.Edits = odd
		if _, err := a.Deliver(t.Context(), d); failure(err).Outcome != chat.Refused {
			t.Errorf("%q: %v", odd, err)
		}
		under := toZwaan("x")
		under.Under = odd
		if _, err := a.Deliver(t.Context(), under); failure(err).Outcome != chat.Refused {
			t.Errorf("under %q: %v", odd, err)
		}
	}
}

func TestHome(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	d := toAnna("thuis")
	d.To.Home = true
	for _, d.Edits = range []chat.PostID{"", "home/U0ANNA"} {
		id, err := a.Deliver(t.Context(), d)
		if err != nil || id != "home/U0ANNA" {
			t.Fatal(id, err)
		}
	}
	var sent struct {
		UserID string `json:"user_id"`
		View   struct {
			Type   string
			Blocks []json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(s.asked(viewsPublish)[1].body), &sent); err != nil {
		t.Fatal(err)
	}
	if sent.UserID != annaUser || sent.View.Type != "home" || len(sent.View.Blocks) != len(home(d.Body).Blocks.BlockSet) {
		t.Errorf("sent %+v", sent)
	}
}

// A delivery that must wait its turn sends nothing, and holds nobody else.
func TestTurnInLine(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	d := toZwaan("x")
	for range channelBurst {
		if _, err := a.Deliver(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	d.Unsure, d.Since = true, someday // and even so nothing is unknown about this attempt
	for range 2 {
		_, err := a.Deliver(t.Context(), d)
		f := (*chat.Failure)(nil)
		if !errors.As(err, &f) || f.Outcome != chat.NotSent || f.After != channelEvery || !f.Here || !f.Turn {
			t.Fatalf("%+v", err)
		}
	}
	if n := len(s.asked(chatPostMessage)) + len(s.asked(conversationsHistory)); n != channelBurst {
		t.Errorf("%d requests", n)
	}
	other := toZwaan("y")
	other.To.Channel = "C0GANS"
	if _, err := a.Deliver(t.Context(), other); err != nil {
		t.Error(err)
	}
	s.pass(channelEvery)
	if _, err := a.Deliver(t.Context(), d); err != nil {
		t.Error(err)
	}
}

// What Slack refuses because of the pace holds that channel; when another one is
// refused too, the workspace.
func TestRateLimited(t *testing.T) {
	s, a := newStandIn(t, Pace{Unlimited: true})
	refuse := true
	s.answer(chatPostMessage, func(w http.ResponseWriter, r *http.Request) {
		if refuse {
			status(429, "30", `{"ok":false,"error":"ratelimited"}`)(w, r)
			return
		}
		s.landing(w, r)
	})
	try := func(channel string, d chat.Delivery) time.Duration {
		t.Helper()
		d.To.Channel = channel
		_, err := a.Deliver(t.Context(), d)
		if err == nil {
			return 0
		}
		f := (*chat.Failure)(nil)
		if !errors.As(err, &f) || f.Outcome != chat.NotSent || !f.Here {
			t.Errorf("%+v", err)
		}
		return f.After
	}
	if after := try(inZwaan, toZwaan("x")); after != 30*time.Second {
		t.Error(after)
	}
	refuse = false
	if after := try("C0GANS", toZwaan("y")); after != 0 {
		t.Error(after)
	}
	s.pass(10 * time.Second)
	asked := len(s.asked(chatPostMessage))
	if after := try(inZwaan, toZwaan("x")); after != 20*time.Second || len(s.asked(chatPostMessage)) != asked {
		t.Error(after)
	}
	refuse = true
	try("C0GANS", toZwaan("y"))
	refuse = false
	if after := try("C0EEND", toZwaan("z")); after != 30*time.Second {
		t.Error(after)
	}
	edit := toZwaan("x")
	edit.Edits = "C0ZWAAN/1.1"
	if after := try(inZwaan, edit); after != 0 {
		t.Errorf("an edit waits %v for messages", after)
	}
	for _, step := range []struct {
		later   time.Duration
		channel string
	}{{30 * time.Second, "C0GANS"}, {0, "C0EEND"}, {20 * time.Second, inZwaan}} { // whose turn was that much later
		s.pass(step.later)
		if after := try(step.channel, toZwaan("x")); after != 0 {
			t.Error(step.channel, after)
		}
	}
}

// The message landed and its answer got lost: the next attempt finds it, also on
// a later page, and never takes for ours what another wrote.
func TestReconcile(t *testing.T) {
	forged := written("3.000001", annaUser, "B0ANDERS", "actie/7")
	old, other := written("3.000002", ourUser, ourBot, ""), written("3.000003", ourUser, ourBot, "actie/8")
	bare := written("3.000004", ourUser, ourBot, "actie/7")
	bare["metadata"].(map[string]any)["event_type"] = "ander_bericht"
	ours := written("3.000005", ourUser, ourBot, "actie/7")
	asUser := written("3.000007", ourUser, "", "actie/7")
	asBot := written("3.000006", "", ourBot, "actie/7")
	parent := written("1.000042", ourUser, ourBot, "overleg/1")
	for name, test := range map[string]struct {
		pages  [][]map[string]any
		thread bool
		found  string
	}{
		"nothing there":    {pages: [][]map[string]any{{}}},
		"others' only":     {pages: [][]map[string]any{{forged, old}, {other, bare}}},
		"ours":             {pages: [][]map[string]any{{forged, old, ours}}, found: "C0ZWAAN/3.000005"},
		"as a bot's":       {pages: [][]map[string]any{{asBot}}, found: "C0ZWAAN/3.000006"},
		"as a user's":      {pages: [][]map[string]any{{asUser}}, found: "C0ZWAAN/3.000007"},
		"on a later page":  {pages: [][]map[string]any{{forged}, {}, {old, ours}}, found: "C0ZWAAN/3.000005"},
		"in a thread":      {pages: [][]map[string]any{{parent, forged}, {ours}}, thread: true, found: "C0ZWAAN/3.000005"},
		"not in a thread":  {pages: [][]map[string]any{{parent}}, thread: true},
		"in a full thread": {pages: [][]map[string]any{{parent, old, other}, {forged}}, thread: true},
	} {
		t.Run(name, func(t *testing.T) {
			s, a := newStandIn(t, Pace{})
			page := func(w http.ResponseWriter, r *http.Request) {
				n := 0
				fmt.Sscanf(r.Form.Get("cursor"), "page %d", &n)
				next := ""
				if n+1 < len(test.pages) {
					next = fmt.Sprintf("page %d", n+1)
				}
				fmt.Fprint(w, messages(next, test.pages[n]...))
			}
			d := toZwaan("actie/7")
			d.Unsure, d.Since = true, someday
			look := conversationsHistory
			if test.thread {
				look, d.Under = conversationsReplies, "C0ZWAAN/1.000042"
			}
			s.answer(look, page)
			id, err := a.Deliver(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			if sent := len(s.asked(chatPostMessage)); test.found != "" && (string(id) != test.found || sent != 0) || test.found == "" && sent != 1 {
				t.Errorf("found %q, sent %d", id, sent)
			}
			looks := s.asked(look)
			if len(looks) != len(test.pages) {
				t.Errorf("%d pages read of %d", len(looks), len(test.pages))
			}
			first := looks[0].form
			if first.Get("include_all_metadata") != "1" || first.Get("channel") != inZwaan || first.Get("ts") != map[bool]string{true: "1.000042"}[test.thread] {
				t.Errorf("looked with %v", first)
			}
			if oldest := first.Get("oldest"); !test.thread && oldest != fmt.Sprintf("%d.000000", someday.Add(-time.Hour).Unix()) {
				t.Errorf("looked from %s", oldest)
			}
		})
	}
}

// A reply to a message that is gone lands in the channel, so it is looked for
// there too.
func TestReconcileWithoutThread(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	s.answer(conversationsReplies, denying("thread_not_found"))
	s.answer(conversationsHistory, saying(messages("", written("3.000005", ourUser, ourBot, "actie/7"))))
	d := toZwaan("actie/7")
	d.Under, d.Unsure, d.Since = "C0ZWAAN/1.000042", true, someday
	if id, err := a.Deliver(t.Context(), d); err != nil || id != "C0ZWAAN/3.000005" {
		t.Errorf("%q, %v", id, err)
	}
	d.Key = "actie/8"
	s.answer(chatPostMessage, denying("thread_not_found"))
	if _, err := a.Deliver(t.Context(), d); failure(err).Outcome != chat.Refused {
		t.Error(err)
	}
}

// A direct message is looked for in its conversation, which then must be opened.
func TestReconcileDirect(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	s.answer(conversationsHistory, saying(messages("", written("3.000005", ourUser, ourBot, "actie/7"))))
	d := toAnna("actie/7")
	d.Unsure, d.Since = true, someday
	for range 2 {
		if id, err := a.Deliver(t.Context(), d); err != nil || id != "D0ANNA/3.000005" {
			t.Fatalf("%q, %v", id, err)
		}
	}
	if opened := s.asked(conversationsOpen); len(opened) != 1 || opened[0].form.Get("users") != annaUser || s.asked(conversationsHistory)[0].form.Get("channel") != annaDirect {
		t.Errorf("opened with %v", opened)
	}
}

func TestReconcileFails(t *testing.T) {
	for name, test := range map[string]struct {
		answer  http.HandlerFunc
		outcome chat.Outcome
		after   time.Duration
	}{
		"rate limit":       {status(429, "7", ""), chat.NotSent, 7 * time.Second},
		"token revoked":    {denying("token_revoked"), chat.NotSent, time.Minute},
		"scope":            {denying("missing_scope"), chat.NotSent, time.Minute},
		"removed":          {denying("not_in_channel"), chat.Refused, 0},
		"server error":     {status(500, "", ""), chat.Unknown, 0},
		"nothing":          {saying(`{}`), chat.Unknown, 0},
		"no answer at all": {breaking, chat.Unknown, 0},
		"without an end":   {saying(messages("more", written("1.000042", annaUser, "", ""))), chat.Unknown, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for _, under := range []chat.PostID{"", "C0ZWAAN/1.000042"} {
				s, a := newStandIn(t, Pace{Unlimited: true})
				s.answer(conversationsHistory, test.answer)
				s.answer(conversationsReplies, test.answer)
				d := toZwaan("x")
				d.Under, d.Unsure, d.Since = under, true, someday
				_, err := a.Deliver(t.Context(), d)
				if f := failure(err); f.Outcome != test.outcome || f.After != test.after || f.Turn {
					t.Errorf("%+v", err)
				}
				if len(s.asked(chatPostMessage)) != 0 {
					t.Error("sent without knowing")
				}
			}
		})
	}
}

// A search that has to stop goes on from there, so that it ends: pages can be
// short or empty.
func TestReconcileGoesOn(t *testing.T) {
	const pages = 25
	for name, last := range map[string][]map[string]any{"found": {written("3.000005", ourUser, ourBot, "actie/7")}, "not there": nil} {
		for _, look := range []string{conversationsHistory, conversationsReplies} {
			s, a := newStandIn(t, Pace{})
			s.answer(look, func(w http.ResponseWriter, r *http.Request) {
				n := 0
				fmt.Sscanf(r.Form.Get("cursor"), "page %d", &n)
				switch {
				case n == pages-1:
					fmt.Fprint(w, messages("", last...))
				case n == 0:
					fmt.Fprint(w, messages("page 1", written("1.000042", annaUser, "", "")))
				default:
					fmt.Fprint(w, messages(fmt.Sprintf("page %d", n+1)))
				}
			})
			d := toZwaan("actie/7")
			d.Unsure, d.Since = true, someday
			if look == conversationsReplies {
				d.Under = "C0ZWAAN/1.000042"
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second) // in which no page's turn comes
			defer cancel()
			id, err := a.Deliver(ctx, d)
			for attempts := 1; err != nil; attempts++ {
				if f := failure(err); !f.Turn || f.Outcome != chat.NotSent || attempts > pages {
					t.Fatalf("%s, attempt %d: %+v", name, attempts, f)
				}
				s.pass(failure(err).After)
				id, err = a.Deliver(ctx, d)
			}
			if n := len(s.asked(look)); n != pages {
				t.Errorf("%s: %d pages read", name, n)
			}
			if sent := len(s.asked(chatPostMessage)); (last == nil) != (sent == 1) || last != nil && id != "C0ZWAAN/3.000005" {
				t.Errorf("%s: %s, sent %d", name, id, sent)
			}
		}
	}

	// What Slack no longer knows, it is not asked again.
	s, a := newStandIn(t, Pace{Unlimited: true})
	s.answer(conversationsHistory, func(w http.ResponseWriter, r *http.Request) {
		if r.Form.Get("cursor") != "" {
			denying("invalid_cursor")(w, r)
			return
		}
		fmt.Fprint(w, messages("next"))
	})
	d := toZwaan("actie/7")
	d.Unsure, d.Since = true, someday
	if _, err := a.Deliver(t.Context(), d); failure(err).Outcome != chat.Unknown {
		t.Error(err)
	}
	s.answer(conversationsHistory, saying(messages("")))
	if _, err := a.Deliver(t.Context(), d); err != nil || s.asked(conversationsHistory)[2].form.Get("cursor") != "" {
		t.Errorf("%v, %v", err, s.asked(conversationsHistory))
	}
}

// Our clock was far ahead of Slack's.
func TestReconcileClockAhead(t *testing.T) {
	clock := &clockwork{now: someday}
	s, a, bot, _, channels := imitated(t, clock, slacktest.Options{NoLimits: true}, Pace{Unlimited: true}, 1)
	defer s.Close()
	d := toZwaan("k")
	d.To = chat.To{Platform: Name, Workspace: bot.Workspace.ID, Channel: channels[0].ID}
	for range 2 {
		if _, err := a.Deliver(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		d.Unsure, d.Since = true, someday.Add(59*time.Minute)
	}
	if n := len(channels[0].Messages()); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// A person's id and the channel they have with the bot are one place, where
// posts and answers take their turn together.
func TestDirectTogether(t *testing.T) {
	clock := &clockwork{now: someday}
	s, a, bot, anna, _ := imitated(t, clock, slacktest.Options{}, Pace{}, 0)
	defer s.Close()
	w := a.apps[0].workspaces[0]
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	sent := 0
	for i := range 4 {
		d := toAnna(fmt.Sprint(i))
		d.To.User, d.To.Workspace = anna.ID, bot.Workspace.ID
		_, err := a.Deliver(ctx, d)
		for _, err := range []error{err, a.send(ctx, w, anna.ID, d.Body)} {
			if err == nil {
				sent++
			} else if !errors.Is(err, errTurn) {
				t.Error(err)
			}
		}
	}
	if there := len(anna.DM(bot).Messages()); sent != channelBurst || there != sent || len(s.Limited()) != 0 {
		t.Errorf("%d of %d messages there, Slack refused %v", there, sent, s.Limited())
	}
}

// An answer that would come too late is not kept waiting for.
func TestAnswerTooLate(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	w := a.apps[0].workspaces[0]
	for i := range 1000 {
		w.pace.take(turn{lane: fmt.Sprint(i), method: chatAnswers}, someday)
	}
	ctx, cancel := context.WithTimeout(t.Context(), answerTime)
	defer cancel()
	if err := a.send(ctx, w, annaUser, notice("te laat")); !errors.Is(err, errTurn) || len(s.asked(chatPostMessage)) != 0 {
		t.Error(err)
	}
}

// A conversation that cannot be opened cannot be looked in.
func TestUnsureBeforeLooking(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	d := toAnna("x")
	d.Unsure, d.Since = true, someday
	s.answer(conversationsOpen, status(500, "", ""))
	_, err := a.Deliver(t.Context(), d)
	if failure(err).Outcome != chat.Unknown {
		t.Error(err)
	}
	s.answer(conversationsOpen, denying("user_not_found"))
	if _, err := a.Deliver(t.Context(), d); failure(err).Outcome != chat.Refused {
		t.Error(err)
	}
	for i := range perMinute[conversationsOpen] { // so many conversations that this one must wait
		a.direct(t.Context(), a.apps[0].workspaces[0], fmt.Sprint("U", i))
	}
	d.To.User = "U0LAAT"
	_, err = a.Deliver(t.Context(), d)
	if f := failure(err); f.Outcome != chat.NotSent || f.After == 0 {
		t.Errorf("%+v", err)
	}
	reply := toZwaan("x")
	reply.Under, reply.Unsure, reply.Since = "C0ZWAAN/1.000042", true, someday
	for i := range perMinute[conversationsReplies] {
		a.apps[0].workspaces[0].pace.take(turn{lane: fmt.Sprint(i), method: conversationsReplies}, someday)
	}
	_, err = a.Deliver(t.Context(), reply)
	if f := failure(err); f.Outcome != chat.NotSent || f.After == 0 {
		t.Errorf("%+v", err)
	}
	if len(s.asked(chatPostMessage))+len(s.asked(conversationsReplies)) != 0 {
		t.Error("sent without knowing")
	}
}
