package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/internal/chat"
)

const createPost = "POST /api/v4/posts"

func toZwaan(key string) chat.Delivery {
	return chat.Delivery{Key: key, To: chat.To{Platform: Name, Channel: zwaanID}, Body: chat.Message{
		{Kind: chat.Text, Text: []chat.Span{{Style: chat.Mention, User: annaID}, {Text: " belt @all"}}},
		{Kind: chat.Buttons, Buttons: []chat.Button{{Do: "actie klaar 7", Label: "Klaar", Tone: chat.Primary}}},
	}}
}

func TestDeliver(t *testing.T) {
	s := newStage(t)
	d := toZwaan("actie/7")
	d.Under = "rootrootrootrootrootroot00"
	id, err := s.Deliver(t.Context(), d)
	if err != nil || id != "post0000000000000000000000" {
		t.Fatal(id, err)
	}
	var sent model.Post
	if err := json.Unmarshal([]byte(s.server.bodies(createPost)[0]), &sent); err != nil {
		t.Fatal(err)
	}
	if sent.ChannelId != zwaanID || sent.RootId != string(d.Under) || sent.Message != "@anna belt @"+zeroWidth+"all" || sent.GetProp(keyProp) != "actie/7" {
		t.Errorf("sent %+v", &sent)
	}
	action := sent.Attachments()[0].Actions[0]
	if action.Integration.URL != s.actionURL() || action.Integration.Context["do"] != "actie klaar 7" {
		t.Errorf("action %+v", action.Integration)
	}

	d = toZwaan("persoonlijk")
	d.To = chat.To{Platform: Name, User: annaID}
	for range 2 {
		if _, err := s.Deliver(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if bodies := s.server.bodies(createPost); !strings.Contains(bodies[2], directID) {
		t.Errorf("direct message sent as %s", bodies[2])
	}
	if n := len(s.server.bodies("POST /api/v4/channels/direct")); n != 1 {
		t.Errorf("%d look-ups of a direct channel", n)
	}
}

// A post waits for the name that mentions somebody, unless there is none.
func TestWhoIsMentioned(t *testing.T) {
	for name, test := range map[string]struct {
		answer  http.HandlerFunc
		outcome chat.Outcome
		shows   string // instead of waiting
	}{
		"server error":  {answer: refusing(500, "app.user.get.app_error"), outcome: chat.NotSent},
		"rate limit":    {answer: refusing(429, ""), outcome: chat.NotSent},
		"nobody":        {answer: refusing(404, "app.user.missing_account.const"), shows: "Anna belt"},
		"not an id":     {answer: refusing(400, "api.context.invalid_url_param.app_error"), shows: "Anna belt"},
		"found at once": {shows: "@anna belt"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.server.answer("GET /api/v4/users/"+annaID, test.answer)
			d := toZwaan("actie/7")
			d.Body[0].Text[0].Text = "Anna"
			_, err := s.Deliver(t.Context(), d)
			if test.shows == "" {
				if f := (*chat.Failure)(nil); !errors.As(err, &f) || f.Outcome != test.outcome || len(s.server.bodies(createPost)) != 0 {
					t.Fatalf("%v, sent %q", err, s.server.bodies(createPost))
				}
				d.Unsure = true // an earlier attempt may have landed all the same
				if _, err = s.Deliver(t.Context(), d); failure(err).Outcome != chat.Unknown {
					t.Errorf("unsure: %v", err)
				}
				return
			}
			if err != nil || !strings.Contains(s.server.bodies(createPost)[0], test.shows) {
				t.Errorf("%v, sent %q", err, s.server.bodies(createPost))
			}
		})
	}
}

func TestEdit(t *testing.T) {
	s := newStage(t)
	d := toZwaan("actie/7")
	d.Edits, d.Unsure = "postpostpostpostpostpost00", true // an edit done twice is one edit
	id, err := s.Deliver(t.Context(), d)
	if err != nil || id != d.Edits {
		t.Fatal(id, err)
	}
	var patch model.PostPatch
	if err := json.Unmarshal([]byte(s.server.bodies("PUT /api/v4/posts/" + string(d.Edits) + "/patch")[0]), &patch); err != nil {
		t.Fatal(err)
	}
	props := *patch.Props
	if *patch.Message == "" || props["from_bot"] != "true" || props[keyProp] != "actie/7" || props["attachments"] == nil {
		t.Errorf("patch %q %v", *patch.Message, props)
	}
	d.Body = says("klaar")
	if _, err := s.Deliver(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if last := s.server.bodies("PUT /api/v4/posts/" + string(d.Edits) + "/patch")[1]; strings.Contains(last, "attachments") {
		t.Errorf("the buttons stay in %s", last)
	}
}

func TestOutcomes(t *testing.T) {
	raw := func(status int, header, value, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if header != "" {
				w.Header().Set(header, value)
			}
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	broken := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		conn.Close()
	}
	for name, test := range map[string]struct {
		answer  http.HandlerFunc
		outcome chat.Outcome
		after   time.Duration
	}{
		"rate limit":             {raw(429, "Retry-After", "7", "limit exceeded"), chat.NotSent, 7 * time.Second},
		"rate limit, no word":    {raw(429, "", "", "limit exceeded"), chat.NotSent, time.Second},
		"odd Retry-After":        {raw(429, "Retry-After", "soon", ""), chat.NotSent, time.Second},
		"long Retry-After":       {raw(429, "Retry-After", "999999", ""), chat.NotSent, time.Hour},
		"token revoked":          {refusing(401, "api.context.session_expired.app_error"), chat.NotSent, time.Minute},
		"not a member":           {refusing(403, "api.context.permissions.app_error"), chat.Refused, 0},
		"no such channel":        {refusing(404, "app.channel.get.existing.app_error"), chat.Refused, 0},
		"archived":               {refusing(400, "api.post.create_post.can_not_post_to_deleted.error"), chat.Refused, 0},
		"thread gone":            {refusing(400, "api.post.create_post.root_id.app_error"), chat.Refused, 0},
		"too large":              {raw(413, "", "", "http: request body too large\n"), chat.Refused, 0},
		"proxy says no":          {raw(403, "", "", "<html>"), chat.NotSent, time.Minute},
		"proxy knows no server":  {raw(404, "", "", "<html>"), chat.NotSent, time.Minute},
		"moved":                  {raw(301, "Location", "https://elsewhere.example", ""), chat.NotSent, time.Minute},
		"earlier one under way":  {refusing(500, "api.post.deduplicate_create_post.pending"), chat.Unknown, 0},
		"server error":           {refusing(500, "app.post.save.app_error"), chat.Unknown, 0},
		"bad gateway":            {raw(502, "", "", "<html>"), chat.Unknown, 0},
		"unavailable for a time": {raw(503, "Retry-After", "120", ""), chat.Unknown, 2 * time.Minute},
		"timed out":              {raw(408, "", "", ""), chat.Unknown, 0},
		"connection lost":        {broken, chat.Unknown, 0},
		"garbage":                {raw(201, "", "", "<html>wat Anna schreef"), chat.Unknown, 0},
	} {
		t.Run(name, func(t *testing.T) {
			for _, edit := range []bool{false, true} {
				s := newStage(t)
				s.server.answer(createPost, test.answer)
				s.server.answer("PUT /api/v4/posts/x/patch", test.answer)
				d := toZwaan("actie/7")
				if edit {
					d.Edits = "x"
				}
				id, err := s.Deliver(t.Context(), d)
				f := (*chat.Failure)(nil)
				if !errors.As(err, &f) || id != "" || f.Outcome != test.outcome || f.After != test.after {
					t.Fatalf("edit %v: %q, %+v", edit, id, err)
				}
				for _, leak := range []string{secretTok, "Anna", "belt", "html", s.server.URL} {
					if strings.Contains(err.Error(), leak) {
						t.Errorf("the error says too much: %v", err)
					}
				}
			}
		})
	}
}

func TestNoConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = slog.NewLogLogger(discard.Handler(), slog.LevelError)
	stranger.StartTLS()
	defer stranger.Close()
	for name, address := range map[string]string{"nobody listens": "http://" + l.Addr().String(), "an unknown certificate": stranger.URL} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.api = client(address, secretTok)
			_, err := s.Deliver(t.Context(), toZwaan("x"))
			if f := (*chat.Failure)(nil); !errors.As(err, &f) || f.Outcome != chat.NotSent {
				t.Errorf("%+v", err)
			}
			d := toZwaan("x")
			d.Unsure = true
			_, err = s.Deliver(t.Context(), d)
			if f := (*chat.Failure)(nil); !errors.As(err, &f) || f.Outcome != chat.Unknown {
				t.Errorf("an earlier attempt is forgotten: %+v", err)
			}
		})
	}
}

func TestSlowServer(t *testing.T) {
	s := newStage(t)
	s.server.answer(createPost, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.Deliver(ctx, toZwaan("x"))
	if f := (*chat.Failure)(nil); !errors.As(err, &f) || f.Outcome != chat.Unknown || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%+v", err)
	}
}

// The server kept the post and lost the answer: the next attempt finds it, also
// among many, and never takes somebody else's for ours.
func TestReconcile(t *testing.T) {
	s := newStage(t)
	s.server.answer(createPost, func(w http.ResponseWriter, r *http.Request) {
		s.server.land(r)
		refuse(w, 500, "app.post.save.app_error")
	})
	d := toZwaan("actie/7")
	if _, err := s.Deliver(t.Context(), d); err == nil {
		t.Fatal("no failure")
	}
	landed := s.server.posts[0].Id
	for i := range 450 {
		forged := &model.Post{Id: fmt.Sprintf("fake%022d", i), UserId: bartID, ChannelId: zwaanID, CreateAt: monday.UnixMilli() + 1}
		forged.AddProp(keyProp, "actie/7")
		s.server.posts = append(s.server.posts, forged)
	}
	d.Unsure, d.Since = true, monday
	id, err := s.Deliver(t.Context(), d)
	if err != nil || string(id) != landed {
		t.Errorf("found %q, %v", id, err)
	}
	if n := len(s.server.bodies(createPost)); n != 1 {
		t.Errorf("%d posts", n)
	}

	// Not there: then it is sent, after a look no further back than needed.
	s = newStage(t)
	for i := range 1000 {
		s.server.posts = append(s.server.posts, &model.Post{Id: fmt.Sprintf("old%023d", i), UserId: botID, CreateAt: monday.Add(-time.Hour).UnixMilli()})
	}
	if id, err := s.Deliver(t.Context(), d); err != nil || id != "post0000000000000000001000" {
		t.Errorf("sent %q, %v", id, err)
	}
	if n := len(s.server.bodies("GET /api/v4/channels/" + zwaanID + "/posts")); n != 1 {
		t.Errorf("%d pages read", n)
	}
}

func TestReconcileFails(t *testing.T) {
	posts := "GET /api/v4/channels/" + zwaanID + "/posts"
	for name, test := range map[string]struct {
		answer  http.HandlerFunc
		outcome chat.Outcome
	}{
		"rate limit":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }, chat.Unknown},
		"token revoked": {refusing(401, "api.context.session_expired.app_error"), chat.Unknown},
		"removed":       {refusing(403, "api.context.permissions.app_error"), chat.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.server.answer(posts, test.answer)
			d := toZwaan("x")
			d.Unsure, d.Since = true, monday
			_, err := s.Deliver(t.Context(), d)
			if f := (*chat.Failure)(nil); !errors.As(err, &f) || f.Outcome != test.outcome {
				t.Errorf("%+v", err)
			}
			if len(s.server.bodies(createPost)) != 0 {
				t.Error("sent without knowing")
			}
		})
	}
}

func TestPendingID(t *testing.T) {
	a, b := newStage(t), newStage(t)
	b.settings.ActionSecret = strings.Repeat("c3", 32)
	x := a.pendingID("x")
	if again := a.pendingID("x"); again != x {
		t.Error("another attempt has another pending id")
	}
	if x == a.pendingID("y") || x == b.pendingID("x") {
		t.Error("a pending id can be guessed, or is that of another post")
	}
	a.server.answer(createPost, func(w http.ResponseWriter, r *http.Request) {
		write(w, 201, &model.Post{Id: "postpostpostpostpostpost00", UserId: bartID, ChannelId: zwaanID})
	})
	_, err := a.Deliver(t.Context(), toZwaan("x"))
	if f := (*chat.Failure)(nil); !errors.As(err, &f) || f.Outcome != chat.NotSent || f.After < 30*time.Second {
		t.Errorf("somebody else's post: %+v", err)
	}
}

func TestNew(t *testing.T) {
	for name, change := range map[string]func(*Settings){
		"no address":      func(s *Settings) { s.URL = "" },
		"no scheme":       func(s *Settings) { s.URL = "chat.example.org" },
		"password":        func(s *Settings) { s.PublicURL = "https://a:geheim@chat.example.org" },
		"query":           func(s *Settings) { s.PublicURL = "https://chat.example.org/?x=geheim" },
		"no token":        func(s *Settings) { s.Token = "" },
		"no commands":     func(s *Settings) { s.CommandTokens = nil },
		"empty command":   func(s *Settings) { s.CommandTokens = map[string]string{"actie": ""} },
		"short secret":    func(s *Settings) { s.ActionSecret = "geheim" },
		"the same secret": func(s *Settings) { s.ActionSecret = s.DialogSecret },
	} {
		t.Run(name, func(t *testing.T) {
			set := settingsFor("https://chat.example.org/")
			if _, err := New(set, time.Now, discard); err != nil {
				t.Fatal(err)
			}
			change(&set)
			if _, err := New(set, time.Now, discard); err == nil || strings.Contains(err.Error(), "geheim") {
				t.Errorf("error %v", err)
			}
		})
	}
}
