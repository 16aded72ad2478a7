package mattermost

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/internal/chat"
)

// The imitation is a server for what a real one does not do on request: fail.
// It has one channel, with Anna in it, and Anna's direct channel with the bot.
type imitation struct {
	*httptest.Server

	mu      sync.Mutex
	answers map[string]http.HandlerFunc // by "METHOD /path", in place of its own
	calls   []call
	posts   []*model.Post // oldest first
}

type call struct {
	route string
	body  string
}

const (
	botID     = "botbotbotbotbotbotbotbot00"
	zwaanID   = "zwaanzwaanzwaanzwaanzwaan1"
	directID  = "directdirectdirectdirect00"
	hookID    = "hookhookhookhookhookhook00"
	secretTok = "tokentokentokentokentoken1"
)

var monday = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

func imitate(t testing.TB) *imitation {
	s := &imitation{answers: make(map[string]http.HandlerFunc)}
	anna := &model.User{Id: annaID, Username: "anna", FirstName: "Anna", LastName: "de Vries", Locale: "nl"}
	bob := &model.User{Id: bartID, Username: "bart", Nickname: "Bart", Locale: "en"}
	bot := &model.User{Id: botID, Username: "kansbot", IsBot: true}
	mux := http.NewServeMux()
	give := func(pattern string, v any) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { write(w, http.StatusOK, v) })
	}
	give("GET /api/v4/users/me", bot)
	give("GET /api/v4/users/"+annaID, anna)
	give("GET /api/v4/users/"+bartID, bob)
	give("GET /api/v4/users/"+botID, bot)
	give("GET /api/v4/users", []*model.User{anna, bob, bot, {Id: "wegwegwegwegwegwegwegweg11", Username: "weg", DeleteAt: 1}})
	give("GET /api/v4/users/"+botID+"/channels", []*model.Channel{{Id: zwaanID, Type: model.ChannelTypePrivate}, {Id: directID, Type: model.ChannelTypeDirect}})
	give("GET /api/v4/channels/"+zwaanID+"/members/"+annaID, &model.ChannelMember{ChannelId: zwaanID, UserId: annaID})
	give("GET /api/v4/channels/"+directID+"/members/"+annaID, &model.ChannelMember{ChannelId: directID, UserId: annaID})
	give("GET /api/v4/channels/"+zwaanID, &model.Channel{Id: zwaanID, Type: model.ChannelTypePrivate, Name: "zwaan"})
	give("GET /api/v4/channels/"+directID, &model.Channel{Id: directID, Type: model.ChannelTypeDirect, Name: model.GetDMNameFromIds(annaID, botID)})
	give("POST /api/v4/channels/direct", &model.Channel{Id: directID, Type: model.ChannelTypeDirect})
	give("POST /api/v4/actions/dialogs/open", map[string]string{"status": "OK"})
	give("POST /hooks/commands/"+hookID, "ok")
	mux.HandleFunc("POST /api/v4/posts", func(w http.ResponseWriter, r *http.Request) { write(w, http.StatusCreated, s.land(r)) })
	mux.HandleFunc("PUT /api/v4/posts/{id}/patch", func(w http.ResponseWriter, r *http.Request) {
		write(w, http.StatusOK, &model.Post{Id: r.PathValue("id")})
	})
	mux.HandleFunc("GET /api/v4/channels/{id}/posts", s.page)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "store.imitation.missing.app_error")
	})

	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		body.ReadFrom(r.Body)
		route := r.Method + " " + r.URL.Path
		s.mu.Lock()
		s.calls = append(s.calls, call{route, body.String()})
		answer := s.answers[route]
		s.mu.Unlock()
		r.Body = http.NoBody
		r = r.WithContext(context.WithValue(r.Context(), bodyKey{}, body.Bytes()))
		w.Header().Set("X-Version-Id", "11.1.0.11.1.0.0123abc.false")
		if answer == nil {
			answer = mux.ServeHTTP
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

type bodyKey struct{}

// land keeps the post of a request.
func (s *imitation) land(r *http.Request) *model.Post {
	var post model.Post
	json.Unmarshal(r.Context().Value(bodyKey{}).([]byte), &post)
	post.UserId = botID
	s.mu.Lock()
	defer s.mu.Unlock()
	post.Id = fmt.Sprintf("post%022d", len(s.posts))
	post.CreateAt = monday.UnixMilli() + int64(len(s.posts))
	s.posts = append(s.posts, &post)
	return &post
}

// page gives posts newest first, as of the one named "before".
func (s *imitation) page(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := model.NewPostList()
	before := r.URL.Query().Get("before")
	for i := len(s.posts) - 1; i >= 0 && len(list.Order) < 200; i-- {
		if post := s.posts[i]; before == "" {
			list.AddPost(post)
			list.AddOrder(post.Id)
		} else if post.Id == before {
			before = ""
		}
	}
	write(w, http.StatusOK, list)
}

func (s *imitation) answer(route string, f http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[route] = f
}

// bodies are those of the calls of one route.
func (s *imitation) bodies(route string) (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if c.route == route {
			all = append(all, c.body)
		}
	}
	return all
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, id string) {
	write(w, status, &model.AppError{Id: id, Message: "no", StatusCode: status})
}

// refusing makes an answer of a request.
func refusing(status int, id string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { refuse(w, status, id) }
}

func settingsFor(server string) Settings {
	return Settings{
		URL: server, PublicURL: "https://kansbot.example", Token: secretTok,
		CommandTokens: map[string]string{"signaal": "signaalsignaalsignaalsign1", "actie": "actieactieactieactieactie1"},
		ActionSecret:  strings.Repeat("a1", 32), DialogSecret: strings.Repeat("d2", 32),
	}
}

// stage is an adapter on an imitation, the events that its core got and what
// the core answers. All that is logged ends up in log.
type stage struct {
	*Adapter
	server *imitation
	log    bytes.Buffer

	mu     sync.Mutex
	events []chat.Event
	reply  func(chat.Event) chat.Reply
}

func newStage(t testing.TB) *stage {
	s := &stage{server: imitate(t)}
	a, err := New(settingsFor(s.server.URL), func() time.Time { return monday }, slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	a.patience = time.Millisecond
	s.Adapter = a
	handle := chat.Handler(s.handle)
	a.handler.Store(&handle)
	return s
}

func (s *stage) handle(_ context.Context, e chat.Event) chat.Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
	if s.reply != nil {
		return s.reply(e)
	}
	return chat.Reply{}
}

// request sends one to the adapter, as the server would.
func (s *stage) request(path, contentType, authorization, body string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	s.Routes(mux)
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

func (s *stage) command(changes ...string) *httptest.ResponseRecorder {
	form := url.Values{
		"command": {"/signaal"}, "text": {"K-014  leert @Bart.\ngraag"}, "token": {s.settings.CommandTokens["signaal"]},
		"user_id": {annaID}, "user_name": {"anna"}, "channel_id": {zwaanID}, "channel_name": {"zwaan"},
		"trigger_id": {"dHJpZ2dlcg=="}, "response_url": {"https://chat.example/hooks/commands/" + hookID},
		"user_mentions": {"Bart"}, "user_mentions_ids": {bartID},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return s.request("/mattermost/command", formType, "Token "+s.settings.CommandTokens["signaal"], form.Encode())
}

func (s *stage) press(body string) *httptest.ResponseRecorder {
	return s.request("/mattermost/action/"+s.settings.ActionSecret, jsonType, "", body)
}

func (s *stage) submit(body string) *httptest.ResponseRecorder {
	return s.request("/mattermost/dialog/"+s.settings.DialogSecret, jsonType, "", body)
}

func says(text string) chat.Message { return chat.Message{{Kind: chat.Text, Text: plain(text)}} }
