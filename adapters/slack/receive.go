package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

const (
	handleTime = 25 * time.Second // what the handler gets
	answerTime = 30 * time.Second // what telling its reply gets, after that
	lookupTime = 2 * time.Second  // what finding out about the asker gets
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

// asker is who something came from, and how they can be answered.
type asker struct {
	w       *workspace
	user    string
	name    string // as Slack gave it along
	foreign bool   // of another team, by what Slack gave along
	channel string // as in an event: empty in a direct conversation and at home
	member  bool   // only members of the channel could have sent this
	form    string // the id of the form that this is, or empty
	trigger string // opens one view, within three seconds
	hook    *hook  // answers where it was sent from; nil where that cannot be done
}

// refusal is a reply that leaves everything as it was, what is in a form too.
func (from asker) refusal(why string) chat.Reply {
	if from.form != "" {
		return chat.Reply{Problems: map[string]string{"": why}}
	}
	return chat.Reply{Body: notice(why)}
}

// say is what the adapter itself says, in the asker's language as far as known.
func (a *Adapter) say(from asker) phrases {
	who, _ := from.w.users.Get(from.user, time.Time{})
	return phrasesFor(who.locale)
}

// workspaceOf is where something of an app came from; a status other than 0
// refuses it.
func (one *app) workspaceOf(team string) (*workspace, int) {
	refused := http.StatusForbidden
	for _, w := range one.workspaces {
		switch me := w.self.Load(); {
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
		return answer{payload: whispered(notice(dutch.stranger))}
	}
	w, refused := one.workspaceOf(c.TeamID)
	if refused != 0 {
		return answer{refused: refused}
	}
	from := asker{
		w: w, user: c.UserID, name: c.UserName, channel: place(c.ChannelID), member: true,
		trigger: c.TriggerID, hook: a.hookAt(c.ResponseURL, place(c.ChannelID)),
	}
	pending := a.begin(from, eventID("command", c.TriggerID), func(ctx context.Context) chat.Act {
		text, mentions := plain(c.Text, a.handles(ctx, w))
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
	if in.Team.ID == "" && in.Enterprise {
		return answer{then: func() {
			ctx, cancel := answering()
			defer cancel()
			if err := a.whisper(ctx, hook, notice(dutch.stranger)); err != nil {
				a.log.Warn("stranger not answered", "err", err)
			}
		}}
	}
	w, refused := one.workspaceOf(in.Team.ID)
	if refused != 0 {
		return answer{refused: refused}
	}
	name := in.User.Username
	if name == "" {
		name = in.User.Name
	}
	return take(in, asker{
		w: w, user: in.User.ID, name: name, foreign: in.User.TeamID != "" && in.User.TeamID != in.Team.ID,
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
			pending := a.begin(from, eventID("press", from.trigger), just(act))
			return answer{then: func() {
				reply := <-pending
				ctx, cancel := answering()
				defer cancel()
				a.fill(ctx, from, view.ID, nil, reply)
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
		text, mentions := plain(in.Message.Text, a.handles(ctx, from.w))
		return chat.Picked{Command: command, Text: text, Mentions: mentions}
	})
}

// answered acknowledges at once, and answers after that.
func (a *Adapter) answered(from asker, kind string, act func(context.Context) chat.Act) answer {
	pending := a.begin(from, eventID(kind, from.trigger), act)
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
	say := phrasesFor(who.locale)
	if who.stranger {
		return from.refusal(say.stranger)
	}
	if why := a.absent(ctx, from, say); why != "" {
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

// who is the asker with what can be known of them in time. Somebody unknown is
// what came along says they are.
func (a *Adapter) who(ctx context.Context, from asker) account {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	who, err := a.user(ctx, from.w, from.user)
	if err != nil {
		a.log.Warn("account not looked up", "user", from.user, "err", err)
		return account{Person: chat.Person{ID: from.user, Handle: from.name, Name: from.name}, stranger: from.foreign}
	}
	return who
}

// absent is what to say to somebody who is not in the channel now, and empty
// when they are. Where the bot itself is not, Slack's word counts, as far as it
// goes: anyone can press and pick in a public channel.
func (a *Adapter) absent(ctx context.Context, from asker, say phrases) string {
	if from.channel == "" {
		return ""
	}
	if from.member {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lookupTime)
		defer cancel()
	}
	in, err := a.roster(ctx, from.w, from.channel)
	if err == nil && !slices.Contains(in, from.user) {
		from.w.rosters.Drop(from.channel) // they may have joined just now
		in, err = a.roster(ctx, from.w, from.channel)
	}
	switch {
	case err == nil && slices.Contains(in, from.user):
		return ""
	case err == nil:
		return say.stranger
	case from.member:
		a.log.Debug("membership not checked", "channel", from.channel, "err", err)
		return ""
	case meanings[codeOf(err)] == final:
		return say.stranger
	}
	a.log.Error("membership not checked", "channel", from.channel, "err", err)
	return say.failed
}

// handles gives the handle of a person who is mentioned. Slack's label is the
// user name, and may be missing.
func (a *Adapter) handles(ctx context.Context, w *workspace) func(id, label string) string {
	return func(id, label string) string {
		if who, known := w.users.Get(id, time.Time{}); known {
			return who.Handle
		}
		if label != "" {
			return label
		}
		return a.who(ctx, asker{w: w, user: id, name: id}).Handle
	}
}

// eventID makes an id of a trigger, which itself is worth keeping to ourselves:
// whoever has it can open a form for that person.
func eventID(kind, trigger string) string {
	if trigger == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(trigger))
	return kind + ":" + hex.EncodeToString(sum[:16])
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

// phrases is what the adapter itself says: what is between Slack and us, and
// nobody else can know of.
type phrases struct{ failed, stranger, noForm, moment, done, close string }

var (
	dutch = phrases{
		failed:   "Dat lukte niet. Probeer het over een paar minuten nog eens.",
		stranger: "Dat kan alleen wie lid is van dit kanaal, en Kansbot ook.",
		noForm:   "Het formulier ging niet open. Probeer het nog eens.",
		moment:   "Een moment…",
		done:     "Gelukt.",
		close:    "Sluiten",
	}
	english = phrases{
		failed:   "That did not work. Please try again in a few minutes.",
		stranger: "Only a member of this channel can do that, and Kansbot must be one too.",
		noForm:   "The form did not open. Please try again.",
		moment:   "One moment…",
		done:     "Done.",
		close:    "Close",
	}
)

func phrasesFor(locale string) phrases {
	if strings.HasPrefix(strings.ToLower(locale), "en") {
		return english
	}
	return dutch
}
