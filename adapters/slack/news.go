package slack

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/tasks"
)

// envelope is what we use of what Slack sends around an event.
// https://docs.slack.dev/apis/events-api
type envelope struct {
	Type           string
	Challenge      string
	TeamID         string `json:"team_id"`
	EventID        string `json:"event_id"`
	Event          json.RawMessage
	Authorizations []struct {
		TeamID string `json:"team_id"`
	}
}

// team is whose event it is: that of the installation that gets it. In a
// channel shared with another organisation team_id may be theirs.
func (e envelope) team() string {
	if len(e.Authorizations) > 0 && e.Authorizations[0].TeamID != "" {
		return e.Authorizations[0].TeamID
	}
	return e.TeamID
}

// happening is what we use of all events together. Some have an object where
// others have an id.
type happening struct {
	Type        string
	Subtype     string
	User        object
	Channel     object
	ChannelType string `json:"channel_type"`
	BotID       string `json:"bot_id"`
	Tab         string
	Inviter     string
	OldChannel  string `json:"old_channel_id"`
	NewChannel  string `json:"new_channel_id"`
	Tokens      struct{ Bot []string }
}

// object is something's id, whether Slack sends that or the thing with its id;
// empty for anything else.
type object struct {
	ID      string
	Deleted bool
}

func (o *object) UnmarshalJSON(data []byte) error {
	type whole object
	if json.Unmarshal(data, &o.ID) != nil && json.Unmarshal(data, (*whole)(o)) != nil {
		*o = object{}
	}
	return nil
}

// event takes an event. Slack sends it again when we do not take it.
func (a *Adapter) event(one *app, payload []byte) answer {
	var e envelope
	if json.Unmarshal(payload, &e) != nil {
		return answer{refused: http.StatusBadRequest}
	}
	switch e.Type {
	case "url_verification":
		return answer{payload: map[string]string{"challenge": e.Challenge}}
	case "app_rate_limited":
		a.log.Warn("slack holds back events: more than 30,000 in an hour", "workspace", e.team())
		if w, refused := one.workspaceOf(e.team()); refused == 0 {
			w.news.add(task{kind: allRosters})
		}
		return answer{}
	case "event_callback":
	default:
		return answer{}
	}
	var h happening
	if json.Unmarshal(e.Event, &h) != nil {
		return answer{refused: http.StatusBadRequest}
	}
	w, refused := one.workspaceOf(e.team())
	switch refused {
	case 0:
		return a.happened(w, e.EventID, h)
	case http.StatusForbidden:
		// Refused, Slack would send it again, and in the end no more to anyone.
		a.warn(time.Time{}, "events of a workspace whose token is not set, or does not work", "workspace", e.team())
		return answer{}
	}
	return answer{refused: refused}
}

// happened sees what an event asks for.
func (a *Adapter) happened(w *workspace, id string, h happening) answer {
	n, channel, me := w.news, h.Channel.ID, w.self.Load().user
	from := asker{w: w, user: h.User.ID, name: h.User.ID}
	switch h.Type {
	case "app_home_opened":
		if h.Tab == "home" && isID(h.User.ID) {
			return answer{then: func() { a.visited(from, id) }}
		}
	case "message":
		if h.Subtype == "" && h.BotID == "" && h.ChannelType == "im" && isID(h.User.ID) && isID(channel) && h.User.ID != me {
			return answer{then: func() { a.opened(from, id, channel) }}
		}
	case "member_joined_channel":
		w.rosters.Drop(channel)
		if h.User.ID == me {
			n.regain(channel)
			if isID(h.Inviter) {
				n.add(task{kind: arrived, channel: channel, by: h.Inviter, event: id})
			}
		}
		n.add(task{kind: roster, channel: channel})
	case "member_left_channel":
		if h.User.ID == me {
			a.lose(w, channel)
			break
		}
		w.rosters.Drop(channel)
		n.add(task{kind: roster, channel: channel})
	case "channel_left", "group_left", "channel_archive", "group_archive", "channel_deleted", "group_deleted":
		a.lose(w, channel)
	case "channel_unarchive", "group_unarchive":
		n.regain(channel)
		n.add(task{kind: roster, channel: channel})
	case "channel_id_changed":
		// Its people are as they were, so the core hears nothing.
		a.log.Error("a channel changed its id: its kernteam is under the old one", "workspace", w.self.Load().team, "old", h.OldChannel, "new", h.NewChannel)
		w.rosters.Drop(h.OldChannel)
		n.lose(h.OldChannel)
	case "user_change":
		w.users.Drop(h.User.ID)
		if h.User.Deleted {
			n.add(task{kind: allRosters}) // nothing says which channels they were in
		}
	case "tokens_revoked":
		if len(h.Tokens.Bot) > 0 {
			a.uninstalled(w, "slack: token revoked")
		}
	case "app_uninstalled":
		a.uninstalled(w, "slack: app uninstalled")
	}
	return answer{}
}

// visited passes on that somebody looks at their home page.
func (a *Adapter) visited(from asker, id string) {
	ctx, cancel := context.WithTimeout(context.Background(), handleTime)
	defer cancel()
	if who := a.who(ctx, from); !who.bot && !who.stranger {
		a.ask(ctx, from, chat.Event{ID: id, User: who.Person, Locale: who.locale}, just(chat.Visited{}))
	}
}

// opened answers what somebody wrote to the bot.
func (a *Adapter) opened(from asker, id, channel string) {
	ctx, cancel := context.WithTimeout(context.Background(), handleTime)
	defer cancel()
	if who := a.who(ctx, from); who.bot {
		return
	}
	reply := a.converse(ctx, from, id, just(chat.Opened{}))
	if len(reply.Body) == 0 {
		return
	}
	ctx, cancel = answering()
	defer cancel()
	from.w.directs.Put(from.user, channel, a.now())
	if err := a.send(ctx, from.w, from.user, reply.Body); err != nil {
		a.log.Error("direct message not sent", "user", from.user, "err", err)
	}
}

func (a *Adapter) lose(w *workspace, channel string) {
	a.log.Warn("channel lost", "workspace", w.self.Load().team, "channel", channel)
	w.rosters.Drop(channel)
	w.news.lose(channel)
	w.news.add(task{kind: lost, channel: channel})
}

func (a *Adapter) uninstalled(w *workspace, why string) {
	a.log.Error("workspace lost: install the app again and give its new token", "workspace", w.self.Load().team, "reason", why)
	w.news.set(false, why, a.now())
}

// news is what a workspace's events give us to look up, one task at a time, and
// how the workspace is doing.
type news struct {
	line *tasks.Line[task]

	mu     sync.Mutex
	usable bool
	since  time.Time // when that became so
	why    string    // it is not usable
	lost   []string  // channels that the bot was removed from, or that were archived, since the start
}

func newNews(now time.Time) *news {
	return &news{line: tasks.NewLine[task](), since: now}
}

func (n *news) set(usable bool, why string, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.usable != usable {
		n.usable, n.since = usable, now
	}
	n.why = why
}

func (n *news) lose(channel string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if isID(channel) && !slices.Contains(n.lost, channel) {
		n.lost = append(n.lost, channel)
	}
}

func (n *news) regain(channel string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lost = slices.DeleteFunc(n.lost, func(id string) bool { return id == channel })
}

func (n *news) health() Health {
	n.mu.Lock()
	defer n.mu.Unlock()
	return Health{Connected: n.usable, Since: n.since, Err: n.why, Lost: slices.Clone(n.lost)}
}

// task is something to look up and tell the core.
type task struct {
	kind    taskKind
	channel string
	by      string // arrived: who added the bot
	event   string // arrived: the event that says so
}

type taskKind int

const (
	roster taskKind = iota
	allRosters
	arrived
	lost
)

// add has a task done later.
func (n *news) add(t task) {
	if t.kind != allRosters && !isID(t.channel) {
		return
	}
	n.line.Add(t)
}

// work finds out which workspace it is, and then does the tasks in their order.
// One that fails comes back at the end of the line, after a pause, until it
// works; what Slack does not let us see is left.
func (a *Adapter) work(ctx context.Context, w *workspace) {
	n := w.news
	a.until(ctx, func() error {
		me, err := a.know(ctx, w)
		if err != nil {
			w.shut.Store(meanings[codeOf(err)] == mendable)
			n.set(false, err.Error(), a.now())
			a.log.Error("workspace unknown", "err", err)
			return err
		}
		n.set(true, "", a.now())
		a.log.Info("workspace known", "workspace", me.team)
		return nil
	})
	n.add(task{kind: allRosters})
	pauses := make(map[task]time.Duration) // after the last failure
	for t, ok := n.line.Next(ctx); ok; t, ok = n.line.Next(ctx) {
		err := a.do(ctx, w, t)
		if err == nil || meanings[codeOf(err)] == final {
			delete(pauses, t)
			continue
		}
		if ctx.Err() != nil {
			return
		}
		a.log.Warn("channel not looked up", "workspace", w.self.Load().team, "channel", t.channel, "err", err)
		pauses[t] = a.longer(pauses[t])
		time.AfterFunc(max(pauses[t], failure(err).After), func() { n.add(t) })
	}
}

// until tries until it works, with more and more patience.
func (a *Adapter) until(ctx context.Context, try func() error) {
	wait := a.longer(0)
	for err := try(); err != nil && ctx.Err() == nil; err = try() {
		sleep(ctx, max(wait, failure(err).After))
		wait = a.longer(wait)
	}
}

// longer is how long to wait after a failure, after one for which it was pause.
func (a *Adapter) longer(pause time.Duration) time.Duration {
	return min(max(2*pause, a.patience), time.Minute)
}

func (a *Adapter) do(ctx context.Context, w *workspace, t task) error {
	from, lasting := asker{w: w}, context.WithoutCancel(ctx)
	switch t.kind {
	case allRosters:
		channels, err := a.channels(ctx, w)
		for _, channel := range channels {
			w.news.add(task{kind: roster, channel: channel})
		}
		return err
	case arrived:
		if who := a.who(ctx, asker{w: w, user: t.by, name: t.by}); !who.stranger {
			a.ask(lasting, from, chat.Event{ID: t.event, Channel: t.channel, User: who.Person, Locale: who.locale}, just(chat.Arrived{}))
		}
		return nil
	case lost: // whoever is in it, we cannot know any more
		a.ask(lasting, from, chat.Event{Channel: t.channel}, just(chat.Roster{}))
		return nil
	}
	people, err := a.people(ctx, w, t.channel)
	if err == nil {
		a.ask(lasting, from, chat.Event{Channel: t.channel}, just(chat.Roster{People: people}))
	}
	return err
}
