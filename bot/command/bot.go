// Package command is what people and the clock can make Kansbot do: one file
// per use case, one table that lists them, one router that runs them.
//
// A command has two outputs: an answer to the asker, and posts for the team
// that are saved in the same transaction as the records. It cannot reach a
// platform.
package command

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"kansbot/bot/view"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// Options are what a Bot needs.
type Options struct {
	DB       kv.DB
	Now      func() time.Time
	Wake     func() // called after a commit: there may be something to send or to time
	Circle   team.Circle
	Holidays schedule.Holidays
	Site     string // address at which browsers reach the pages, without a slash at its end; empty for none
	Log      *slog.Logger
}

// Bot turns events and the passing of time into records and posts. It keeps
// nothing of its own but feeds that it can make again: all of its state is in
// the store.
type Bot struct {
	Options
	made feeds
}

// New makes a Bot on a prepared store.
func New(o Options) *Bot { return &Bot{Options: o} }

// Handle is the chat.Handler of every platform.
func (b *Bot) Handle(ctx context.Context, event chat.Event) (reply chat.Reply) {
	r := &Request{lang: text.Of(event.Locale)}
	defer func() {
		if cause := recover(); cause != nil {
			reply = b.failed(r.lang, event, panicked(cause))
		}
	}()

	var a answer
	err := b.DB.Update(ctx, func(tx kv.Tx) (err error) {
		r = b.request(tx, event)
		if a, err = r.route(); err != nil {
			return err
		}
		return r.open(tx, a.form)
	})
	var p *team.Problem
	switch {
	case err == nil:
		b.Wake()
	case errors.As(err, &p):
		return b.mistaken(ctx, r, a.form, p)
	default:
		return b.failed(r.lang, event, err)
	}
	reply = chat.Reply{Body: inLanguage(r.lang, a.body), Problems: a.problems}
	if a.form != nil {
		reply.Form = &a.form.Form
	}
	return reply
}

// mistaken tells the asker what to do differently; nothing of the event was
// stored. A submitted form stays open. A typed line is answered, and the form
// that the command offers with it opens, filled in with what was understood.
func (b *Bot) mistaken(ctx context.Context, r *Request, form *store.Form, p *team.Problem) chat.Reply {
	p = dateIn(r.lang, p)
	if _, ok := r.event.Act.(chat.Submitted); ok {
		field := p.Field
		if !slices.ContainsFunc(r.sent.Form.Fields, func(f chat.Field) bool { return f.Name == field }) {
			field = "" // no such field to show it at
		}
		return chat.Reply{Problems: map[string]string{field: view.ProblemLine(r.lang, p)}}
	}
	reply := chat.Reply{Body: inLanguage(r.lang, view.Problem(r.lang, p))}
	if form == nil {
		return reply
	}
	err := b.DB.Update(ctx, func(tx kv.Tx) error { return r.open(tx, form) })
	if err != nil {
		return b.failed(r.lang, r.event, err)
	}
	reply.Form = &form.Form
	return reply
}

// failed answers for a fault of ours: the asker gets a reference, the log what
// it stands for.
func (b *Bot) failed(lang text.Lang, event chat.Event, err error) chat.Reply {
	ref := nonce(4)
	b.Log.Error("event failed", "ref", ref, "platform", event.Platform, "act", fmt.Sprintf("%T", event.Act), "err", err)
	if _, ok := event.Act.(chat.Submitted); ok {
		return chat.Reply{Problems: map[string]string{"": lang.Say("failed", "ref", ref)}}
	}
	return chat.Reply{Body: chat.Message{view.Para(lang, "failed", "ref", ref)}}
}

// panicked is a panic for the log: where, and what kind, but no value that may
// hold what somebody wrote.
func panicked(cause any) error {
	what := fmt.Sprintf("%T", cause)
	if err, ours := cause.(runtime.Error); ours {
		what = err.Error()
	}
	return fmt.Errorf("panic: %s\n%s", what, debug.Stack())
}

// nonce is n random bytes in hex.
func nonce(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}
