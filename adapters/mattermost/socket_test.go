package mattermost

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/internal/chat"
)

var discard = slog.New(slog.DiscardHandler)

const limit = 20 * time.Second // only a failing test waits for it

// connections are the WebSockets that an imitation gets, each with the query it
// came with.
type connection struct {
	*websocket.Conn
	query string
}

func (s *imitation) connections(t *testing.T) <-chan connection {
	upgrader, got := websocket.Upgrader{}, make(chan connection, 10)
	s.answer("GET /api/v4/websocket", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+secretTok {
			t.Errorf("connected as %q", r.Header.Get("Authorization"))
		}
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		got <- connection{conn, r.URL.RawQuery}
		for {
			if _, _, err := conn.ReadMessage(); err != nil {
				return
			}
		}
	})
	return got
}

func (c connection) send(t *testing.T, seq int, event string, channel string, data map[string]any) {
	t.Helper()
	err := c.WriteJSON(map[string]any{"event": event, "seq": seq, "data": data, "broadcast": map[string]any{"channel_id": channel}})
	if err != nil {
		t.Fatal(err)
	}
}

func (c connection) post(t *testing.T, seq int, channelType, channelName string, post *model.Post) {
	t.Helper()
	text, err := post.ToJSON()
	if err != nil {
		t.Fatal(err)
	}
	c.send(t, seq, "posted", post.ChannelId, map[string]any{"post": text, "channel_type": channelType, "channel_name": channelName})
}

func next[T any](t *testing.T, from <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-from:
	case <-time.After(limit):
		t.Fatal("nothing came")
	}
	return v
}

// receiving runs Receive until the test ends.
func receiving(t *testing.T, s *stage) <-chan chat.Event {
	events := make(chan chat.Event, 100)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- s.Receive(ctx, func(_ context.Context, e chat.Event) chat.Reply {
			events <- e
			return chat.Reply{Body: says("Hallo, @" + e.User.Handle)}
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := next(t, ended); err != nil {
			t.Errorf("Receive: %v", err)
		}
		if s.handler.Load() != nil {
			t.Error("still open")
		}
	})
	return events
}

func TestNews(t *testing.T) {
	s := newStage(t)
	posted := make(chan *model.Post, 10)
	s.server.answer(createPost, func(w http.ResponseWriter, r *http.Request) {
		post := s.server.land(r)
		write(w, http.StatusCreated, post)
		posted <- post
	})
	sockets := s.server.connections(t)
	events := receiving(t, s)
	bart := chat.Person{ID: bartID, Handle: "bart", Name: "Bart"}
	everybody := chat.Event{Platform: Name, Channel: zwaanID, Act: chat.Roster{People: []chat.Person{anna, bart}}}
	want := func(what string, want chat.Event) {
		t.Helper()
		if got := next(t, events); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: got %+v, want %+v", what, got, want)
		}
	}

	c := next(t, sockets)
	if c.query != "connection_id=&sequence_number=0" {
		t.Errorf("connected with %s", c.query)
	}
	c.send(t, 0, "hello", "", map[string]any{"connection_id": "c1", "server_version": "11.1.0"})
	want("at the start", everybody)
	if h := s.Health(); !h.Connected || h.Err != "" || h.Version != "11.1.0" {
		t.Errorf("health %+v", h)
	}
	c.send(t, 1, "user_added", zwaanID, map[string]any{"user_id": annaID})
	want("somebody added", everybody)
	c.send(t, 2, "user_removed", zwaanID, map[string]any{"user_id": annaID})
	want("somebody removed", everybody)
	c.send(t, 3, "typing", zwaanID, nil)
	c.send(t, 4, "user_activation_status_change", "", nil)
	want("somebody deactivated", everybody)

	added := &model.Post{Id: "addedaddedaddedaddedadded1", UserId: bartID, ChannelId: zwaanID, Type: model.PostTypeAddToChannel, Message: "x"}
	added.AddProp(model.PostPropsAddedUserId, botID)
	c.post(t, 5, "P", "zwaan", added)
	want("the bot added", chat.Event{ID: "post:addedaddedaddedaddedadded1", Platform: Name, Channel: zwaanID, User: bart, Locale: "en", Act: chat.Arrived{}})
	want("and then", everybody)
	other := added.Clone()
	other.AddProp(model.PostPropsAddedUserId, annaID)
	c.post(t, 6, "P", "zwaan", other)
	forged := added.Clone()
	forged.Type = "custom_add_to_channel"
	c.post(t, 7, "P", "zwaan", forged)

	dm := model.GetDMNameFromIds(annaID, botID)
	hello := &model.Post{Id: "hellohellohellohellohello1", UserId: annaID, ChannelId: directID, Message: "hallo"}
	c.send(t, 8, "user_updated", "", map[string]any{"user": map[string]any{"id": annaID}})
	c.post(t, 9, "D", dm, hello)
	want("a direct message", chat.Event{ID: "post:hellohellohellohellohello1", Platform: Name, User: anna, Locale: "nl", Act: chat.Opened{}})
	if n := len(s.server.bodies("GET /api/v4/users/" + annaID)); n != 1 {
		t.Errorf("somebody who changed their name was looked up %d times", n)
	}
	if sent := next(t, posted); sent.ChannelId != directID || sent.Message != "Hallo, @"+zeroWidth+"anna" {
		t.Errorf("answered with %q in %s", sent.Message, sent.ChannelId)
	}
	mine := hello.Clone()
	mine.UserId = botID
	c.post(t, 10, "D", dm, mine)
	elsewhere := hello.Clone()
	c.post(t, 11, "P", "zwaan", elsewhere)
	header := hello.Clone()
	header.Type = model.PostTypeHeaderChange
	c.post(t, 12, "D", dm, header)

	c.send(t, 14, "typing", zwaanID, nil)
	want("after a gap", everybody)
	c.send(t, 15, "user_removed", "", map[string]any{"channel_id": zwaanID, "remover_id": annaID})
	want("the bot removed", chat.Event{Platform: Name, Channel: zwaanID, Act: chat.Roster{}})
	c.send(t, 16, "channel_deleted", "", map[string]any{"channel_id": directID})
	want("a channel archived", chat.Event{Platform: Name, Channel: directID, Act: chat.Roster{}})

	// A connection lost is taken up where it was.
	c.Close()
	c = next(t, sockets)
	if c.query != "connection_id=c1&sequence_number=17" {
		t.Errorf("again with %s", c.query)
	}
	if lost := s.Health().Lost; !slices.Equal(lost, []string{zwaanID, directID}) {
		t.Errorf("lost %v", lost)
	}
	c.send(t, 17, "user_added", zwaanID, map[string]any{"user_id": annaID})
	want("after the break", everybody)
	c.Close()
	c = next(t, sockets)
	c.send(t, 0, "hello", "", map[string]any{"connection_id": "c2"})
	want("after a restart of the server", everybody)
}

// What cannot work now may work later, and meanwhile says why.
func TestReceiveKeepsTrying(t *testing.T) {
	s := newStage(t)
	tries := make(chan int)
	n := 0
	s.server.answer("GET /api/v4/users/me", func(w http.ResponseWriter, r *http.Request) {
		n++
		select {
		case tries <- n:
		case <-r.Context().Done():
		}
		refuse(w, 500, "api.context.broken.app_error")
	})
	receiving(t, s)
	for range 3 {
		next(t, tries)
	}
	if h := s.Health(); h.Connected || h.Err != "mattermost: status 500, api.context.broken.app_error" {
		t.Errorf("health %+v", h)
	}
	go func() {
		for range tries {
		}
	}()
	s.server.answer("GET /api/v4/users/me", nil)
	sockets := s.server.connections(t)
	next(t, sockets)
}

// A roster that the server refuses for now is asked for again; one that it
// never gives is left, and does not hold up the others.
func TestRosterAgain(t *testing.T) {
	s := newStage(t)
	n := 0
	s.server.answer("GET /api/v4/users", func(w http.ResponseWriter, r *http.Request) {
		channel := r.URL.Query().Get("in_channel")
		if channel == directID {
			refuse(w, 403, "api.context.permissions.app_error")
			return
		}
		if n++; n < 3 {
			w.WriteHeader(500)
			return
		}
		write(w, 200, []*model.User{{Id: annaID, Username: "anna", FirstName: "Anna", LastName: "de Vries"}})
	})
	sockets := s.server.connections(t)
	events := receiving(t, s)
	c := next(t, sockets)
	c.send(t, 0, "user_added", directID, nil)
	c.send(t, 1, "user_added", zwaanID, nil)
	if e := next(t, events); e.Channel != zwaanID || !reflect.DeepEqual(e.Act, chat.Roster{People: []chat.Person{anna}}) {
		t.Errorf("event %+v", e)
	}
}

func TestManyPages(t *testing.T) {
	s := newStage(t)
	s.server.answer("GET /api/v4/users", func(w http.ResponseWriter, r *http.Request) {
		var users []*model.User
		for i := range map[string]int{"0": 200, "1": 200, "2": 7}[r.URL.Query().Get("page")] {
			users = append(users, &model.User{Id: fmt.Sprint(r.URL.Query().Get("page"), i), Username: "u"})
		}
		write(w, 200, users)
	})
	n := news{Adapter: s.Adapter}
	if people, err := n.people(t.Context(), zwaanID); err != nil || len(people) != 407 {
		t.Errorf("%d people, %v", len(people), err)
	}
}
