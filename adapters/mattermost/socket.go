package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/internal/chat"
	"kansbot/internal/tasks"
)

// Receive implements chat.Platform. It keeps trying when the server is away or
// the token revoked, which a person can mend; Health and Check say so meanwhile.
//
// The channel of a Submitted is one that the person is in; that it is where the
// form was opened is not said, since the person's client names it.
//
// A short break in the connection loses nothing. After a longer one, or a
// restart of either side, a channel that the bot was added to meanwhile gives no
// Arrived; its Roster comes.
func (a *Adapter) Receive(ctx context.Context, handle chat.Handler) error {
	a.handler.Store(&handle)
	defer a.handler.Store(nil)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := news{Adapter: a, line: tasks.NewLine[task](), ignored: make(map[string]bool), seats: make(chan struct{}, 8)}
	var running sync.WaitGroup
	running.Go(func() { n.work(ctx) })
	wait := a.patience
	for ctx.Err() == nil {
		connected, err := n.connect(ctx)
		if connected {
			wait = a.patience
		}
		if status(err) == http.StatusUnauthorized {
			wait = time.Minute
		}
		a.health.set(false, err, a.now())
		if ctx.Err() == nil {
			a.log.Warn("no connection", "err", err, "again_in", wait)
		}
		pause(ctx, wait/2+rand.N(wait))
		wait = min(2*wait, time.Minute)
	}
	running.Wait()
	n.chats.Wait()
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// news is one run of Receive: the WebSocket's events, and what they give us to
// look up, one task at a time.
type news struct {
	*Adapter
	session string // of the WebSocket; a server that still knows it repeats what was missed
	next    int64  // sequence number of the event to come

	line *tasks.Line[task]

	ignored map[string]bool // channels that are nobody's kernteam; for work alone

	chats sync.WaitGroup // direct messages being answered
	seats chan struct{}  // how many at once
}

// connect stays connected as long as that lasts, and says whether it began.
func (n *news) connect(ctx context.Context) (connected bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	me, err := n.askMe(ctx)
	if err != nil {
		return false, err
	}
	socket, err := n.dial(ctx, n.session, n.next)
	if err != nil {
		return false, err
	}
	// Not socket.Close: when a ping comes at that moment, the library panics.
	defer socket.Conn.Close()
	n.health.set(true, nil, n.now())
	n.log.Info("connected", "version", n.Health().Version)
	for {
		select {
		case e, open := <-socket.EventChannel:
			if !open {
				if socket.ListenError != nil {
					return true, fmt.Errorf("mattermost: connection lost: %w", unwrapped(socket.ListenError))
				}
				return true, errors.New("mattermost: the server closed the connection")
			}
			n.event(me.Id, e)
		case _, open := <-socket.ResponseChannel:
			if !open {
				socket.ResponseChannel = nil
			}
		case <-socket.PingTimeoutChannel:
			socket.Conn.Close() // which closes EventChannel
		}
	}
}

// dial opens a WebSocket that closes when ctx ends.
func (a *Adapter) dial(ctx context.Context, session string, next int64) (*model.WebSocketClient, error) {
	dialer := &websocket.Dialer{
		Proxy:            http.ProxyFromEnvironment,
		HandshakeTimeout: requestTimeout,
		NetDialContext: func(handshake context.Context, network, address string) (net.Conn, error) {
			handshake, cancel := context.WithCancel(handshake)
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			conn, err := (&net.Dialer{}).DialContext(handshake, network, address)
			if err == nil {
				context.AfterFunc(ctx, func() { conn.Close() })
			}
			return conn, err
		},
	}
	address := "ws" + strings.TrimPrefix(a.settings.URL, "http")
	socket, err := model.NewReliableWebSocketClientWithDialer(dialer, address, a.settings.Token, session, int(next), true)
	if err != nil {
		return nil, fmt.Errorf("mattermost: no WebSocket: %w", unwrapped(err))
	}
	socket.Listen()
	return socket, nil
}

// unwrapped is the cause within an error of the client library, which alone
// says anything.
func unwrapped(err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		return cause
	}
	return err
}

// event keeps the count of events and sees what each one asks for.
func (n *news) event(me string, e *model.WebSocketEvent) {
	if hello := e.EventType() == model.WebsocketEventHello; hello || e.GetSequence() != n.next {
		// A new session, or a gap: whatever happened in between, we missed it.
		if id, _ := e.GetData()["connection_id"].(string); hello && id != n.session {
			n.session = id
			n.line.Add(task{kind: allRosters})
		} else if !hello {
			n.line.Add(task{kind: allRosters})
		}
	}
	n.next = e.GetSequence() + 1

	text := func(key string) string { s, _ := e.GetData()[key].(string); return s }
	channel := e.GetBroadcast().ChannelId
	switch e.EventType() {
	case model.WebsocketEventUserAdded:
		n.line.Add(task{kind: roster, channel: channel})
	case model.WebsocketEventUserRemoved:
		if channel == "" { // to whom was removed: here, the bot
			n.lose(text("channel_id"))
			return
		}
		n.line.Add(task{kind: roster, channel: channel})
	case model.WebsocketEventChannelDeleted:
		n.lose(text("channel_id"))
	case model.WebsocketEventLeaveTeam, model.WebsocketEventUserActivationStatusChange:
		n.line.Add(task{kind: allRosters}) // they name no channel
	case model.WebsocketEventUserUpdated:
		if user, ok := e.GetData()["user"].(*model.User); ok {
			n.users.Drop(user.Id)
		}
	case model.WebsocketEventPosted:
		var post model.Post
		if json.Unmarshal([]byte(text("post")), &post) == nil && post.UserId != me {
			n.posted(me, text("channel_type"), text("channel_name"), &post)
		}
	}
}

func (n *news) lose(channel string) {
	n.log.Warn("channel lost", "channel", channel)
	n.health.Lock()
	defer n.health.Unlock()
	if channel != "" && !slices.Contains(n.health.lost, channel) {
		n.health.lost = append(n.health.lost, channel)
	}
	n.line.Add(task{kind: lost, channel: channel})
}

func (n *news) regain(channel string) {
	n.health.Lock()
	defer n.health.Unlock()
	n.health.lost = slices.DeleteFunc(n.health.lost, func(id string) bool { return id == channel })
}

// posted sees two kinds of posts: the server's own of who added the bot, a type
// that users cannot give theirs, and what people write to the bot.
func (n *news) posted(me, channelType, channelName string, post *model.Post) {
	switch {
	case post.Type == model.PostTypeAddToChannel && post.GetProp(model.PostPropsAddedUserId) == me:
		n.line.Add(task{kind: arrived, channel: post.ChannelId, by: post.UserId, post: post.Id})
	case post.Type == model.PostTypeDefault && channelType == string(model.ChannelTypeDirect) &&
		channelName == model.GetDMNameFromIds(post.UserId, me):
		select {
		case n.seats <- struct{}{}:
			n.chats.Go(func() {
				defer func() { <-n.seats }()
				n.opened(post)
			})
		default: // so many at once that this one goes without an answer
		}
	}
}

func (n *news) opened(post *model.Post) {
	ctx, cancel := context.WithTimeout(context.Background(), handleTime)
	defer cancel()
	u, err := n.user(ctx, post.UserId)
	if err != nil || u.IsBot {
		return
	}
	reply := n.ask(ctx, chat.Event{ID: "post:" + post.Id, User: personOf(u), Locale: u.Locale, Act: chat.Opened{}})
	n.sendDirect(ctx, post.UserId, rendered{Message: n.text(ctx, reply.Body)})
}

// task is something to look up and tell the core.
type task struct {
	kind    taskKind
	channel string
	by      string // arrived: who added the bot
	post    string // arrived: the post that says so
}

type taskKind int

const (
	roster taskKind = iota
	allRosters
	arrived
	lost
)

// work does the tasks in their order. One that fails is tried until it works;
// what the server does not let us see is left.
func (n *news) work(ctx context.Context) {
	for t, ok := n.line.Next(ctx); ok; t, ok = n.line.Next(ctx) {
		wait := n.patience
		for err := n.do(ctx, t); err != nil && ctx.Err() == nil; err = n.do(ctx, t) {
			if absent(err) {
				break
			}
			n.log.Warn("channel not looked up", "channel", t.channel, "err", err)
			pause(ctx, max(wait, failure(err).After))
			wait = min(2*wait, time.Minute)
		}
	}
}

func (n *news) do(ctx context.Context, t task) error {
	switch t.kind {
	case allRosters:
		return n.everyChannel(ctx)
	case arrived:
		who, locale := n.person(ctx, t.by, "")
		n.regain(t.channel)
		n.ask(context.WithoutCancel(ctx), chat.Event{ID: "post:" + t.post, Channel: t.channel, User: who, Locale: locale, Act: chat.Arrived{}})
		n.line.Add(task{kind: roster, channel: t.channel})
		return nil
	}
	if n.ignored[t.channel] {
		return nil
	}
	if t.kind == lost { // whoever is in it, we cannot know any more
		n.ask(context.WithoutCancel(ctx), chat.Event{Channel: t.channel, Act: chat.Roster{}})
		return nil
	}
	people, err := n.people(ctx, t.channel)
	if err == nil {
		n.ask(context.WithoutCancel(ctx), chat.Event{Channel: t.channel, Act: chat.Roster{People: people}})
	}
	return err
}

// everybodys are the channels that a server puts everyone in, the bot too.
// Nobody asked for it there.
var everybodys = []string{model.DefaultChannelName, "off-topic"}

func (n *news) everyChannel(ctx context.Context) error {
	me, err := n.me(ctx)
	if err != nil {
		return err
	}
	channels, resp, err := n.api.GetChannelsForUserWithLastDeleteAt(ctx, me.Id, 0)
	if err := checked(resp, err); err != nil {
		return err
	}
	for _, c := range channels {
		if slices.Contains(everybodys, c.Name) {
			n.ignored[c.Id] = true
			continue
		}
		if c.DeleteAt == 0 && (c.Type == model.ChannelTypeOpen || c.Type == model.ChannelTypePrivate) {
			n.line.Add(task{kind: roster, channel: c.Id})
		}
	}
	return nil
}

// people are the members of a channel who are people and can log in.
func (n *news) people(ctx context.Context, channel string) (people []chat.Person, err error) {
	const perPage = 200
	for page := 0; ; page++ {
		users, resp, err := n.api.GetUsersInChannel(ctx, channel, page, perPage, "")
		if err := checked(resp, err); err != nil {
			return nil, err
		}
		for _, u := range users {
			n.users.Put(u.Id, u, n.now())
			if !u.IsBot && u.DeleteAt == 0 {
				people = append(people, personOf(u))
			}
		}
		if len(users) < perPage {
			return people, nil
		}
	}
}
