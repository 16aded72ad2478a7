package slacktest

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// Slack's limits for response addresses.
const (
	responseLife = 30 * time.Minute
	responseUses = 5
)

// response is where an app can answer one command or interaction.
type response struct {
	bot      *Bot
	user     *User
	channel  *Channel
	original *message // with the button; nil for none
	made     time.Time
	uses     int
}

// respond makes a response address. It wants the lock held.
func (b *Bot) respond(u *User, c *Channel, original *message, prefix string) string {
	s := b.App.slack
	path := prefix + b.Workspace.ID + "/" + s.secret()
	s.responses[path] = &response{bot: b, user: u, channel: c, original: original, made: s.options.Now()}
	return s.server.URL + path
}

func (s *Slack) serveResponse(w http.ResponseWriter, r *http.Request) {
	var said struct {
		Text    string
		Blocks  json.RawMessage
		Type    string `json:"response_type"`
		Thread  string `json:"thread_ts"`
		Replace bool   `json:"replace_original"`
		Delete  bool   `json:"delete_original"`
	}
	err := json.NewDecoder(r.Body).Decode(&said)
	result := reply{status: http.StatusBadRequest, body: object{"ok": false, "error": "invalid_payload"}}
	if err == nil {
		done := s.change()
		a := s.responses[r.URL.Path]
		switch now := s.options.Now(); {
		case a == nil || now.Sub(a.made) > responseLife:
			result.status, err = http.StatusNotFound, refuse("expired_url")
		case a.uses == responseUses:
			result.status, err = http.StatusNotFound, refuse("used_url")
		case said.Delete:
			a.remove()
		default:
			var shown content
			if shown, err = s.contentOf(said.Text, said.Blocks, false); err != nil {
				break
			}
			switch posted := a.original != nil && a.channel.find(a.original.ts) == a.original; {
			case !said.Replace || a.original == nil:
				a.bot.say(a.user, a.channel, shown, said.Type, said.Thread)
			case posted:
				a.channel.edit(a.original, shown)
			default:
				a.original.text, a.original.blocks = shown.text, shown.blocks
			}
		}
		if err == nil {
			a.uses++
			result.status = http.StatusOK
		}
		result.body = answer(nil, err).body
		done()
	}
	Fault{}.write(w, r, s.life, result)
}

// What follows wants the lock held.

// say shows an answer: to all in the channel, even when the bot is not in it,
// or to the one who asked.
func (b *Bot) say(u *User, c *Channel, shown content, kind, thread string) *message {
	if kind != "in_channel" {
		return u.whisper(b, c, shown, thread)
	}
	m := &message{user: b.UserID, bot: b, thread: thread, text: shown.text, blocks: shown.blocks}
	c.post(m)
	return m
}

func (a *response) remove() {
	switch {
	case a.original == nil:
	case a.channel.find(a.original.ts) == a.original:
		a.channel.remove(a.original)
	default:
		a.user.whispers = slices.DeleteFunc(a.user.whispers, func(w whispered) bool { return w.message == a.original })
	}
}
