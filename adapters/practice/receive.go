package practice

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"kansbot/internal/chat"
)

// Seat is a place at the keyboard: who sits there and what they look at.
type Seat struct {
	User    string
	Channel string // empty for their direct conversation with Kansbot
	Locale  string // language of the page, "nl" or "en"; empty for "nl"
}

// Receive tells handle who is in each channel, and then passes on what people
// do until ctx ends. What is done before waits for it. Once is enough: a second
// Receive beside a running one takes its place.
func (r *Room) Receive(ctx context.Context, handle chat.Handler) error {
	direct := func(ctx context.Context, e chat.Event) (chat.Reply, error) { return handle(ctx, e), nil }
	if err := r.rollCall(ctx, direct); err != nil {
		return nil
	}
	r.listen(handle)
	<-ctx.Done()
	r.listen(nil)
	return nil
}

// listen lets events through to handle, or with nil holds them back and
// returns when none is being handled.
func (r *Room) listen(handle chat.Handler) {
	r.mu.Lock()
	switch {
	case handle != nil && r.handle == nil:
		close(r.awake)
	case handle == nil && r.handle != nil:
		r.awake = make(chan struct{})
		close(r.closing)
		r.closing = make(chan struct{})
	}
	r.handle = handle
	r.mu.Unlock()
	if handle == nil {
		r.running.Wait()
	}
}

func (r *Room) rollCall(ctx context.Context, send func(context.Context, chat.Event) (chat.Reply, error)) error {
	for _, c := range r.opt.Channels {
		var people []chat.Person
		for _, p := range r.members(c) {
			people = append(people, p.Person)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if _, err := send(ctx, chat.Event{Platform: Name, Channel: c.ID, Act: chat.Roster{People: people}}); err != nil {
			return err
		}
	}
	return nil
}

// send gives one event to the handler, waiting for Receive when needed.
func (r *Room) send(ctx context.Context, e chat.Event) (chat.Reply, error) {
	for {
		r.mu.Lock()
		handle, awake := r.handle, r.awake
		if handle != nil {
			r.running.Add(1)
		}
		r.mu.Unlock()
		if handle != nil {
			defer r.running.Done()
			return handle(ctx, e), nil
		}
		select {
		case <-awake:
		case <-ctx.Done():
			return chat.Reply{}, ctx.Err()
		}
	}
}

// event is what happened at seat, or ErrNoSeat when nobody can sit there.
func (r *Room) event(seat Seat, act chat.Act) (chat.Event, error) {
	p, ok := r.person(seat.User)
	if !ok {
		return chat.Event{}, ErrNoSeat
	}
	if c, ok := r.channel(seat.Channel); seat.Channel != "" && (!ok || !c.has(seat.User)) {
		return chat.Event{}, ErrNoSeat
	}
	return chat.Event{Platform: Name, Channel: seat.Channel, User: p.Person, Locale: seat.locale(), Act: act}, nil
}

var (
	handles  = regexp.MustCompile(`@([\pL\pN][\pL\pN._-]*)`)
	newlines = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")
)

// Type enters a line. A command goes to Kansbot and only the asker sees what
// comes of it. Other text is an ordinary message, which in a channel Kansbot
// does not read.
func (r *Room) Type(ctx context.Context, seat Seat, line string) error {
	line = strings.TrimSpace(newlines.Replace(strings.ToValidUTF8(line, "\uFFFD")))
	if utf8.RuneCountInString(line) > maxLine {
		return ErrLong
	}
	word, rest, _ := strings.Cut(line, " ")
	command, isCommand := strings.CutPrefix(word, "/")
	e, err := r.event(seat, chat.Opened{})
	switch {
	case err != nil || line == "":
		return err
	case !isCommand:
		if err := r.say(ctx, seat, line); err != nil || seat.Channel != "" {
			return err
		}
		line = ""
	default:
		usage, ok := r.usage(seat.locale(), command)
		if !ok {
			r.answer(seat, Private{Line: line}, chat.Reply{Body: r.unknown(seat, word)})
			return nil
		}
		e.Act = chat.Typed{Command: usage.Command, Text: strings.TrimSpace(rest), Mentions: r.mentions(rest)}
	}
	reply, err := r.send(ctx, e)
	if err != nil {
		return err
	}
	r.answer(seat, Private{Line: line}, reply)
	return nil
}

func (r *Room) mentions(text string) map[string]string {
	found := map[string]string{}
	for _, m := range handles.FindAllStringSubmatch(text, -1) {
		handle := strings.ToLower(strings.TrimRight(m[1], "._-"))
		i := slices.IndexFunc(r.opt.People, func(p Person) bool { return strings.ToLower(p.Handle) == handle })
		if i >= 0 {
			found[handle] = r.opt.People[i].ID
		}
	}
	return found
}

// unknown is the room's own answer: a platform never passes on a command that
// is not there.
func (r *Room) unknown(seat Seat, word string) chat.Message {
	t := texts(seat.locale())
	choices := chat.Block{Kind: chat.Choices}
	for _, u := range r.opt.Usages(seat.locale()) {
		choices.Choices = append(choices.Choices, chat.Choice{Label: "/" + u.Command, Line: "/" + u.Command + " help"})
	}
	return chat.Message{
		{Kind: chat.Text, Text: []chat.Span{{Text: t.T("unknown.command", word)}}},
		choices,
	}
}

func (r *Room) say(ctx context.Context, seat Seat, line string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := Post{Channel: seat.Channel, From: seat.User, Body: chat.Message{{Kind: chat.Text, Text: []chat.Span{{Text: line}}}}}
	if p.Channel == "" {
		p.User = seat.User
	}
	return r.add(ctx, p)
}

// Press presses the button of a post. Post is its id or its Key, and button
// the Do or the Label of a button that it shows now; else ErrGone.
func (r *Room) Press(ctx context.Context, seat Seat, post, button string) error {
	id, do, ok := r.button(seat, post, button)
	if !ok {
		return ErrGone
	}
	e, err := r.event(seat, chat.Pressed{Post: id, Do: do})
	if err != nil {
		return err
	}
	reply, err := r.send(ctx, e)
	if err != nil {
		return err
	}
	r.answer(seat, Private{Near: id}, reply)
	return nil
}

func (r *Room) button(seat Seat, post, button string) (chat.PostID, string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.post(func(p *Post) bool {
		return p.in(seat) && p.From == "" && post != "" && (string(p.ID) == post || p.Key == post)
	})
	if p == nil {
		return "", "", false
	}
	for _, is := range []func(chat.Button) bool{
		func(b chat.Button) bool { return b.Do == button },
		func(b chat.Button) bool { return b.Label == button },
	} {
		for _, block := range p.Body {
			if i := slices.IndexFunc(block.Buttons, is); i >= 0 {
				return p.ID, block.Buttons[i].Do, true
			}
		}
	}
	return "", "", false
}

// Submit sends in the form that the person has open; ErrGone when it is not
// open. Fields that values does not name go as they stand in the form. With
// problems the form stays open, with what was filled in.
func (r *Room) Submit(ctx context.Context, user, form string, values map[string][]string) error {
	open := r.Form(user)
	if open == nil || open.ID != form {
		return ErrGone
	}
	sent := maps.Clone(open.Values)
	for name, given := range values {
		sent[name] = nil
		for _, v := range given {
			sent[name] = append(sent[name], strings.ToValidUTF8(strings.ReplaceAll(v, "\r\n", "\n"), "\uFFFD"))
		}
	}
	seat := Seat{User: user, Channel: open.Channel, Locale: open.locale}
	e, err := r.event(seat, chat.Submitted{Form: form, Values: sent})
	if err != nil {
		return err
	}
	reply, err := r.send(ctx, e)
	if err != nil {
		return err
	}
	if len(reply.Problems) > 0 && reply.Form == nil {
		open.Values, open.Problems = sent, reply.Problems
		open.Try++
		r.setForm(user, open)
	} else {
		r.Close(user, form)
	}
	r.answer(seat, Private{Sent: open.Title}, reply)
	return nil
}

// Close puts a form away without sending it.
func (r *Room) Close(user, form string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.forms[user]; f != nil && f.ID == form {
		delete(r.forms, user)
		r.tell()
	}
}

func (r *Room) setForm(user string, f *OpenForm) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forms[user] = f
	r.tell()
}

// Dismiss takes an answer away.
func (r *Room) Dismiss(user, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.private[user] = slices.DeleteFunc(r.private[user], func(p Private) bool { return p.ID == id })
	r.tell()
}

// answer shows the reply to the asker: p says what it answers.
func (r *Room) answer(seat Seat, p Private, reply chat.Reply) {
	if reply.Form != nil {
		values := map[string][]string{}
		for _, f := range reply.Form.Fields {
			values[f.Name] = slices.Clone(f.Value)
		}
		r.setForm(seat.User, &OpenForm{Form: *reply.Form, Channel: seat.Channel, Values: values, Problems: reply.Problems, locale: seat.locale()})
	}
	if len(reply.Body) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Seq = r.next()
	p.ID, p.Channel, p.At, p.Body = privateID(p.Seq), seat.Channel, r.opt.Clock.Now(), reply.Body
	all := append(r.private[seat.User], p)
	r.private[seat.User] = all[max(0, len(all)-maxPrivate):]
	r.tell()
}
