package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

const (
	handleTime = 25 * time.Second // what the handler gets
	answerTime = 30 * time.Second // what telling its reply gets, after that
	lookupTime = 2 * time.Second  // what finding out about the asker gets, their channel, and whom they mention
)

// seats is how much of what came in is being worked on at once, at most.
const seats = 256

// maxAnswer is how large an answer in an acknowledgement may be, in bytes of
// JSON. Over Socket Mode Slack drops one of 20 KiB without a word; a larger one
// goes out as a request of ours.
const maxAnswer = 16 << 10

// answer is what Slack gets within its three seconds, and what comes after.
type answer struct {
	refused int    // HTTP status; 0 for an acknowledgement
	payload any    // nil for an empty one
	then    func() // what is left to do once that went out; nil for nothing
}

// handle has something that came in handled, when we receive and when there is
// a seat for it. That is taken until everything is done.
func (a *Adapter) handle(f func() answer) (got answer) {
	select {
	case a.seats <- struct{}{}:
	default:
		a.log.Warn("too much at once: turned away")
		return answer{refused: http.StatusServiceUnavailable}
	}
	leave := func() { <-a.seats }
	defer func() {
		if p := recover(); p != nil {
			a.panicked("request panicked", p)
			got = answer{refused: http.StatusInternalServerError}
		}
		if got.then == nil {
			leave()
		}
	}()
	if a.handler.Load() == nil {
		return answer{refused: http.StatusServiceUnavailable}
	}
	got = f()
	if then := got.then; then != nil {
		got.then = func() {
			defer leave()
			defer func() {
				if p := recover(); p != nil {
					a.panicked("answer panicked", p)
				}
			}()
			then()
		}
	}
	return got
}

// panicked logs a panic without its text, which may quote what somebody typed.
func (a *Adapter) panicked(what string, p any) {
	a.log.Error(what, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
}

// workspaceOf is where something of an app came from; a status other than 0
// refuses it, Forbidden for good.
func (one *app) workspaceOf(team string) (*workspace, int) {
	refused := http.StatusForbidden
	for _, w := range one.workspaces {
		switch me := w.self.Load(); {
		case me == nil && w.shut.Load():
		case me == nil:
			refused = http.StatusServiceUnavailable // it may be this one
		case me.team == team:
			return w, 0
		}
	}
	return nil, refused
}

// command takes a slash command.
func (a *Adapter) command(one *app, c slack.SlashCommand) answer {
	name := strings.ToLower(strings.TrimPrefix(c.Command, "/"))
	if name == "" || !isID(c.UserID) || !isID(c.ChannelID) {
		return answer{refused: http.StatusBadRequest}
	}
	if c.TeamID == "" && c.IsEnterpriseInstall {
		return answer{payload: whispered(notice(dutch.everywhere))}
	}
	w, refused := one.workspaceOf(c.TeamID)
	if refused != 0 {
		return a.unplaced(refused)
	}
	from := asker{
		w: w, user: c.UserID, name: c.UserName, channel: place(c.ChannelID), member: true,
		trigger: c.TriggerID, hook: a.hookAt(c.ResponseURL, place(c.ChannelID)),
	}
	pending := a.begin(from, chat.EventIDOf("command", c.TriggerID), func(ctx context.Context) chat.Act {
		text, mentions := a.read(ctx, w, c.Text)
		return chat.Typed{Command: name, Text: text, Mentions: mentions}
	})
	reply, done := a.prompted(pending)
	if !done {
		return answer{then: func() { a.late(from, pending) }}
	}
	var got answer
	if len(reply.Body) > 0 {
		if said := whispered(reply.Body); fits(said) {
			got.payload, reply.Body = said, nil
		}
	}
	if len(reply.Body) > 0 || reply.Form != nil {
		got.then = func() { a.give(from, reply) }
	}
	return got
}

// unplaced refuses what a person did in a workspace that is not known, or not
// yet.
func (a *Adapter) unplaced(status int) answer {
	if status == http.StatusForbidden {
		a.warn(a.now().Add(-time.Minute), "something was done in a workspace whose token is not set, or does not work")
	}
	return answer{refused: status}
}

// interaction is what we use of what Slack sends of a press, a shortcut or a
// modal. More than that, the client library's own type might stumble over.
// https://docs.slack.dev/reference/interaction-payloads
type interaction struct {
	Type        string
	CallbackID  string `json:"callback_id"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	Enterprise  bool   `json:"is_enterprise_install"`
	Team        struct{ ID string }
	User        struct {
		ID       string
		Name     string
		Username string
		TeamID   string `json:"team_id"`
	}
	Channel   struct{ ID string }
	Message   struct{ Text string } // not there of one that only the asker sees
	Container struct {
		MessageTS string `json:"message_ts"`
	}
	View    json.RawMessage
	Actions []struct {
		ActionID string `json:"action_id"`
		Value    string
	}
}

// team is whose installation it is for. With one app in several workspaces of
// an organisation, a view says so itself: people take it along to the others.
func (in interaction) team() string {
	var view struct {
		Installed string `json:"app_installed_team_id"`
	}
	if in.View != nil && json.Unmarshal(in.View, &view) == nil && view.Installed != "" {
		return view.Installed
	}
	return in.Team.ID
}

// interaction takes a press, a shortcut or a modal. What it does not know has
// no effect.
func (a *Adapter) interaction(one *app, payload []byte) answer {
	var in interaction
	if json.Unmarshal(payload, &in) != nil || in.Type == "" {
		return answer{refused: http.StatusBadRequest}
	}
	var take func(interaction, asker) answer
	switch in.Type {
	case "block_actions":
		take = a.pressed
	case "message_action":
		take = a.picked
	case "view_submission":
		take = a.submitted
	case "block_suggestion": // we have no lists that grow while one types
		return answer{payload: struct {
			Options []struct{} `json:"options"`
		}{Options: []struct{}{}}}
	default:
		return answer{}
	}
	if !isID(in.User.ID) {
		return answer{refused: http.StatusBadRequest}
	}
	hook := a.hookAt(in.ResponseURL, place(in.Channel.ID))
	team := in.team()
	if team == "" && in.Enterprise {
		return answer{then: func() {
			ctx, cancel := answering()
			defer cancel()
			if err := a.whisper(ctx, hook, notice(dutch.everywhere)); err != nil {
				a.log.Warn("stranger not answered", "err", err)
			}
		}}
	}
	w, refused := one.workspaceOf(team)
	if refused != 0 {
		return a.unplaced(refused)
	}
	name := in.User.Username
	if name == "" {
		name = in.User.Name
	}
	return take(in, asker{
		w: w, user: in.User.ID, name: name, foreign: in.User.TeamID != "" && in.User.TeamID != team,
		channel: place(in.Channel.ID), trigger: in.TriggerID, hook: hook,
	})
}

// pressed takes a press on a button. Slack vouches for its value: it is the one
// that we gave the button. What a press in a modal leads to is shown there.
func (a *Adapter) pressed(in interaction, from asker) answer {
	var view struct{ ID, Type string }
	if in.View != nil && json.Unmarshal(in.View, &view) != nil {
		return answer{refused: http.StatusBadRequest}
	}
	post := postID(in.Channel.ID, in.Container.MessageTS)
	switch {
	case view.Type == string(slack.VTHomeTab):
		from.channel, post = "", chat.PostID(homePage+from.user)
	case view.Type == string(slack.VTModal):
		if from.hook = a.hooks.of(view.ID); from.hook != nil {
			from.channel = from.hook.channel
		}
	case !isID(in.Channel.ID) || !isTS(in.Container.MessageTS):
		return answer{refused: http.StatusBadRequest}
	}
	for _, action := range in.Actions {
		var act chat.Act
		if strings.HasPrefix(action.ActionID, typeAction) {
			name, text, _ := strings.Cut(strings.TrimPrefix(action.Value, "/"), " ")
			act = chat.Typed{Command: strings.ToLower(name), Text: text}
		} else if strings.HasPrefix(action.ActionID, doAction) {
			act = chat.Pressed{Post: post, Do: action.Value}
		}
		switch {
		case act == nil || action.Value == "":
		case view.Type == string(slack.VTModal):
			pending := a.begin(from, chat.EventIDOf("press", from.trigger), just(act))
			return answer{then: func() {
				a.fill(from, view.ID, nil, <-pending)
			}}
		default:
			return a.answered(from, "press", just(act))
		}
	}
	return answer{}
}

// picked takes a message that somebody chose a shortcut for.
func (a *Adapter) picked(in interaction, from asker) answer {
	command, ours := strings.CutPrefix(in.CallbackID, pickPrefix)
	if !ours || command == "" {
		return answer{}
	}
	if !isID(in.Channel.ID) {
		return answer{refused: http.StatusBadRequest}
	}
	return a.answered(from, "pick", func(ctx context.Context) chat.Act {
		text, mentions := a.read(ctx, from.w, in.Message.Text)
		return chat.Picked{Command: command, Text: text, Mentions: mentions}
	})
}

// answered acknowledges at once, and answers after that.
func (a *Adapter) answered(from asker, kind string, act func(context.Context) chat.Act) answer {
	pending := a.begin(from, chat.EventIDOf(kind, from.trigger), act)
	return answer{then: func() {
		if reply, done := a.prompted(pending); done {
			a.give(from, reply)
		} else {
			a.late(from, pending)
		}
	}}
}

// begin asks the core in the background.
func (a *Adapter) begin(from asker, id string, act func(context.Context) chat.Act) <-chan chat.Reply {
	pending := make(chan chat.Reply, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), handleTime)
		defer cancel()
		pending <- a.converse(ctx, from, id, act)
	}()
	return pending
}

// prompted waits for a reply as long as an acknowledgement can.
func (a *Adapter) prompted(pending <-chan chat.Reply) (chat.Reply, bool) {
	patience := time.NewTimer(a.prompt)
	defer patience.Stop()
	select {
	case reply := <-pending:
		return reply, true
	case <-patience.C:
		return chat.Reply{}, false
	}
}

// converse asks the core, for whoever may.
func (a *Adapter) converse(ctx context.Context, from asker, id string, act func(context.Context) chat.Act) chat.Reply {
	who := a.who(ctx, from)
	if why := a.outside(ctx, from, who); why != "" {
		return from.refusal(why)
	}
	return a.ask(ctx, from, chat.Event{ID: id, Channel: from.channel, User: who.Person, Locale: who.locale}, act)
}

// ask hands an event to the core. A core that panics has said that it failed.
func (a *Adapter) ask(ctx context.Context, from asker, e chat.Event, act func(context.Context) chat.Act) (reply chat.Reply) {
	defer func() {
		if p := recover(); p != nil {
			a.panicked("handler panicked", p)
			reply = from.refusal(phrasesFor(e.Locale).failed)
		}
	}()
	handle := a.handler.Load()
	if handle == nil {
		return chat.Reply{}
	}
	e.Platform, e.Workspace, e.Act = Name, from.w.self.Load().team, act(ctx)
	return (*handle)(ctx, e)
}

// just is an act that is known already.
func just(act chat.Act) func(context.Context) chat.Act {
	return func(context.Context) chat.Act { return act }
}

// read reads what somebody wrote, with the people that they mention by their
// handles. Slack's label is the user name, and may be missing. Of whom Slack
// tells too late, that is what they are called, or their id.
func (a *Adapter) read(ctx context.Context, w *workspace, text string) (string, map[string]string) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	late := false
	return plain(text, func(id, label string) string {
		if who, known := w.users.Get(id, time.Time{}); known {
			return who.Handle
		}
		if label != "" {
			return label
		}
		if late {
			return id
		}
		who, err := a.user(ctx, w, id)
		if err != nil {
			late = codeOf(err) == ""
			return id
		}
		return who.Handle
	})
}

// place is a channel as an event names it. Whatever direct conversation
// somebody is in, only they see the answer, as in the one with the bot.
func place(channel string) string {
	if strings.HasPrefix(channel, "D") {
		return ""
	}
	return channel
}

// isID says whether s has the form of Slack's ids.
func isID(s string) bool {
	return len(s) >= 2 && len(s) <= 40 && strings.IndexFunc(s, func(c rune) bool {
		return (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9')
	}) < 0
}

// isTS says whether s has the form of the ids of messages within a channel.
func isTS(s string) bool {
	return len(s) >= 1 && len(s) <= 40 && strings.IndexFunc(s, func(c rune) bool {
		return (c < '0' || c > '9') && c != '.'
	}) < 0
}

// notice is one paragraph.
func notice(text string) chat.Message {
	return chat.Message{{Kind: chat.Text, Text: []chat.Span{{Text: text}}}}
}
