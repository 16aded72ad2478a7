package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost/server/public/model"
)

// imitation is as much of a Mattermost server as a running bot has to do with.
// It fails, which a real one does not do on request. Its rooms have the same
// people.
type imitation struct {
	*httptest.Server
	bot    string // its address
	mux    *http.ServeMux
	heard  func() // called when a request comes in, and when it has been done
	people []*model.User
	rooms  []*model.Channel

	mu       sync.Mutex
	rand     *rand.Rand
	troubled bool
	troubles map[trouble]int
	posts    []*model.Post          // oldest first
	pending  map[string]*model.Post // by pending id; nil while it is being made
	dialogs  map[string]model.OpenDialogRequest
	sessions int
	triggers int
}

const imitationToken = "imitationimitationimitatio"

// imitationID looks like an id of the server.
func imitationID(kind string, n int) string { return fmt.Sprintf("%s%0*d", kind, 26-len(kind), n) }

var imitationBot = &model.User{Id: imitationID("bot", 0), Username: "kansbot", IsBot: true}

func imitate(t *testing.T, bot string, seed uint64, rooms int, heard func()) *imitation {
	s := &imitation{
		bot: bot, mux: http.NewServeMux(), heard: heard,
		rand: rand.New(rand.NewPCG(seed, 0)), troubles: map[trouble]int{},
		pending: map[string]*model.Post{}, dialogs: map[string]model.OpenDialogRequest{},
	}
	for i, name := range []string{"Anna", "Bram", "Chantal", "Dewi"} {
		s.people = append(s.people, &model.User{Id: imitationID("user", i), Username: strings.ToLower(name), FirstName: name, Locale: "nl"})
	}
	for i := range rooms {
		s.rooms = append(s.rooms, &model.Channel{Id: imitationID("room", i), Type: model.ChannelTypePrivate, Name: "kernteam-" + strconv.Itoa(i)})
	}
	give := func(pattern string, v any) {
		s.mux.HandleFunc("GET /api/v4"+pattern, func(w http.ResponseWriter, _ *http.Request) { give(w, http.StatusOK, v) })
	}
	give("/users/me", imitationBot)
	give("/users", append(slices.Clone(s.people), imitationBot))
	give("/users/"+imitationBot.Id+"/channels", s.rooms)
	for _, u := range append(slices.Clone(s.people), imitationBot) {
		give("/users/"+u.Id, u)
	}
	for _, room := range s.rooms {
		give("/channels/"+room.Id, room)
		for _, u := range s.people {
			give("/channels/"+room.Id+"/members/"+u.Id, &model.ChannelMember{ChannelId: room.Id, UserId: u.Id})
		}
	}
	for pattern, handle := range map[string]http.HandlerFunc{
		"POST /api/v4/channels/direct":      s.direct,
		"POST /api/v4/posts":                s.create,
		"PUT /api/v4/posts/{id}/patch":      s.patch,
		"GET /api/v4/channels/{id}/posts":   s.page,
		"POST /api/v4/actions/dialogs/open": s.open,
		"/": func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusNotFound, "imitation.missing.app_error")
		},
	} {
		s.mux.HandleFunc(pattern, handle)
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func give(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func refuse(w http.ResponseWriter, status int, id string) {
	give(w, status, &model.AppError{Id: id, Message: "no", StatusCode: status})
}

// trouble is what goes wrong with one request.
type trouble string

const (
	dropped trouble = "done, no answer"
	failed  trouble = "done, 500"
	broken  trouble = "not done, 500"
	limited trouble = "429"
	slow    trouble = "slow answer"
	late    trouble = "done late"
)

const longestDelay = 60 * time.Millisecond

// draw decides what goes wrong: one of these, mostly nothing.
func (s *imitation) draw(kinds ...trouble) (what trouble, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.rand.IntN(40); s.troubled && n < len(kinds) {
		what = kinds[n]
		s.troubles[what]++
	}
	return what, time.Duration(s.rand.Int64N(int64(longestDelay)))
}

func (s *imitation) trouble(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.troubled = on
}

// settle waits, in calm, for posts that are still being made.
func (s *imitation) settle() {
	for {
		s.mu.Lock()
		busy := !s.troubled && slices.Contains(slices.Collect(maps.Values(s.pending)), nil)
		s.mu.Unlock()
		if !busy {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// ServeHTTP does what it was asked also when who asked has died meanwhile.
func (s *imitation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.heard()
	if !strings.EqualFold(r.Header.Get("Authorization"), "bearer "+imitationToken) {
		refuse(w, http.StatusUnauthorized, "imitation.token.app_error")
		return
	}
	if r.URL.Path == "/api/v4/websocket" {
		s.socket(w, r)
		return
	}
	what, delay := s.draw(dropped, failed, broken, limited, slow)
	switch what {
	case broken:
		refuse(w, http.StatusInternalServerError, "imitation.broken.app_error")
		return
	case limited:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "limit exceeded", http.StatusTooManyRequests)
		return
	}
	answer := httptest.NewRecorder()
	s.mux.ServeHTTP(answer, r)
	s.heard()
	switch what {
	case dropped:
		panic(http.ErrAbortHandler) // closes the connection
	case failed:
		refuse(w, http.StatusInternalServerError, "imitation.failed.app_error")
		return
	case slow:
		time.Sleep(delay)
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.Header().Set("X-Version-Id", "11.1.0.11.1.0.0123abc.false")
	w.WriteHeader(answer.Code)
	w.Write(answer.Body.Bytes())
}

// socket says hello, as to a client it never saw, and has no other news.
func (s *imitation) socket(w http.ResponseWriter, r *http.Request) {
	conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	s.mu.Lock()
	s.sessions++
	session := imitationID("session", s.sessions)
	s.mu.Unlock()
	err = conn.WriteJSON(map[string]any{
		"event": model.WebsocketEventHello, "seq": 0, "data": map[string]any{"connection_id": session}, "broadcast": map[string]any{},
	})
	for err == nil {
		_, _, err = conn.ReadMessage()
	}
}

func (s *imitation) direct(w http.ResponseWriter, r *http.Request) {
	var two []string
	if json.NewDecoder(r.Body).Decode(&two) != nil || len(two) != 2 {
		refuse(w, http.StatusBadRequest, "imitation.direct.app_error")
		return
	}
	give(w, http.StatusCreated, &model.Channel{Id: directRoom(two[1]), Type: model.ChannelTypeDirect, Name: model.GetDMNameFromIds(two[0], two[1])})
}

// directRoom is the channel of the bot and one person.
func directRoom(user string) string { return "dm" + user[2:] }

// create answers a pending id that it knows as the real server does: with an
// error while the post is being made, and with that post later.
func (s *imitation) create(w http.ResponseWriter, r *http.Request) {
	var post model.Post
	if json.NewDecoder(r.Body).Decode(&post) != nil {
		refuse(w, http.StatusBadRequest, "imitation.post.app_error")
		return
	}
	s.mu.Lock()
	made, known := s.pending[post.PendingPostId]
	if !known && post.PendingPostId != "" {
		s.pending[post.PendingPostId] = nil
	}
	s.mu.Unlock()
	if known && made == nil {
		refuse(w, http.StatusInternalServerError, "api.post.deduplicate_create_post.pending")
		return
	}
	if known {
		give(w, http.StatusCreated, made)
		return
	}

	if what, delay := s.draw(late, late); what == late {
		time.Sleep(10 * delay) // so that the bot's next life may ask for the same
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if post.RootId != "" && !slices.ContainsFunc(s.posts, func(p *model.Post) bool {
		return p.Id == post.RootId && p.RootId == "" && p.ChannelId == post.ChannelId
	}) {
		delete(s.pending, post.PendingPostId)
		refuse(w, http.StatusBadRequest, "api.post.create_post.root_id.app_error")
		return
	}
	post.Id, post.UserId = imitationID("post", len(s.posts)), imitationBot.Id
	post.CreateAt = time.Now().UnixMilli()
	s.posts = append(s.posts, &post)
	if post.PendingPostId != "" {
		s.pending[post.PendingPostId] = &post
	}
	give(w, http.StatusCreated, &post)
}

func (s *imitation) patch(w http.ResponseWriter, r *http.Request) {
	var change model.PostPatch
	if json.NewDecoder(r.Body).Decode(&change) != nil || change.Message == nil || change.Props == nil {
		refuse(w, http.StatusBadRequest, "imitation.patch.app_error")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.posts, func(p *model.Post) bool { return p.Id == r.PathValue("id") })
	if i < 0 {
		refuse(w, http.StatusNotFound, "imitation.post.app_error")
		return
	}
	post := s.posts[i].Clone() // who reads the old one goes on with that
	post.Message, post.EditAt = *change.Message, time.Now().UnixMilli()
	post.SetProps(*change.Props)
	s.posts[i] = post
	give(w, http.StatusOK, post)
}

// page gives a channel's posts newest first, as of the one named "before". Of
// these the pending ids are forgotten, as in a restart or after 30 seconds: who
// looks must find.
func (s *imitation) page(w http.ResponseWriter, r *http.Request) {
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	before := r.URL.Query().Get("before")
	list := model.NewPostList()
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.pending, func(_ string, p *model.Post) bool { return p != nil && p.ChannelId == r.PathValue("id") })
	for _, post := range slices.Backward(s.posts) {
		switch {
		case len(list.Order) == cmp.Or(size, 60):
		case before != "":
			if post.Id == before {
				before = ""
			}
		case post.ChannelId == r.PathValue("id"):
			list.AddPost(post)
			list.AddOrder(post.Id)
		}
	}
	give(w, http.StatusOK, list)
}

func (s *imitation) open(w http.ResponseWriter, r *http.Request) {
	var dialog model.OpenDialogRequest
	if json.NewDecoder(r.Body).Decode(&dialog) != nil {
		refuse(w, http.StatusBadRequest, "imitation.dialog.app_error")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dialogs[dialog.TriggerId] = dialog
	give(w, http.StatusOK, map[string]string{"status": "OK"})
}

// all are the posts now, oldest first.
func (s *imitation) all() []*model.Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.posts)
}
