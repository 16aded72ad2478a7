package practice

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"time"

	"kansbot/internal/chat"
)

// page is everything the templates need, and what each part of it refers back
// to. T, N, Day and Short come from the language.
type page struct {
	language
	Seat
	Me        Person
	Theme     string
	Welcome   []chat.Choice // empty when it has been put away
	People    []personView
	Places    []placeView
	Place     placeView
	Members   []Person
	Now       time.Time
	Next      time.Time // zero when nothing will happen by itself
	Since     uint64    // what came after this is new
	Elsewhere []newsView
	More      int // people with news that Elsewhere leaves out
	Flow      []item
	Form      *formView
	Usages    []chat.Usage
	Say       string // what went wrong just now
}

type personView struct {
	Person
	Link   string
	Unread int
	Hue    int
}

type placeView struct {
	Name   string
	Link   string
	Here   bool
	Direct bool
	Unread int
}

type newsView struct {
	Text string
	Link string
}

// item is one thing in the flow of a conversation: exactly one field is set.
type item struct {
	Day     string
	Post    *postView
	Private *privateView
	Pointer *pointerView
}

type postView struct {
	*page
	Post
	By      personView // zero for Kansbot
	When    string
	Changed string
	New     bool
	Replies []postView
	Fresh   int // new ones among Replies
	Near    []privateView
}

type privateView struct {
	*page
	Private
	When string
	New  bool
}

// pointerView says, where the reader is, that a thread further up went on.
type pointerView struct {
	Title string
	Count int
	To    chat.PostID // the newest of them
	When  string
	New   bool
}

// look is what the reader's browser asks for.
type look struct {
	Seat
	Theme   string
	Welcome bool
	Since   uint64
	After   bool // Since was asked for: the reader has just done something
	Say     string
}

// page takes one picture of the room. Who looks has seen what is there.
func (r *Room) page(ctx context.Context, l look) *page {
	me, _ := r.person(l.User)
	now := r.opt.Clock.Now().In(r.opt.Location)
	p := &page{
		language: texts(l.Locale), Seat: l.Seat, Me: me, Theme: l.Theme, Say: l.Say,
		Now: now, Usages: r.opt.Usages(l.locale()),
	}
	if l.Welcome {
		p.Welcome = r.opt.Try(l.locale())
	}
	if due, ok := r.opt.Clock.NextDue(ctx); ok {
		p.Next = due.In(r.opt.Location)
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	p.Since = l.Since
	if !l.After || p.Since > r.seq {
		p.Since = r.seenBy(l.User, l.Channel)
	}
	r.seen[Seat{User: l.User, Channel: l.Channel}] = r.seq
	for i, q := range r.opt.People {
		seat := Seat{User: q.ID}
		p.People = append(p.People, personView{Person: q, Hue: i % hues, Link: p.link(r.seatFor(q, l.Channel)), Unread: r.unread(seat, r.seenBy(q.ID, ""))})
	}
	for _, c := range r.opt.Channels {
		if c.has(me.ID) {
			p.place(placeView{Name: c.Name, Unread: r.unread(Seat{User: me.ID, Channel: c.ID}, r.seenBy(me.ID, c.ID))}, c.ID)
		}
	}
	p.place(placeView{Name: p.T("direct"), Direct: true, Unread: r.unread(Seat{User: me.ID}, r.seenBy(me.ID, ""))}, "")
	if c, ok := r.channel(l.Channel); ok {
		p.Members = r.members(c)
	}
	if l.After {
		r.elsewhere(p)
	}
	r.flow(p)
	if f := r.forms[l.User]; f != nil {
		p.Form = viewForm(p, f)
	}
	return p
}

const hues = 6

// seatFor is where q sits down when somebody changes places: in the same
// channel if q is in it.
func (r *Room) seatFor(q Person, channel string) Seat {
	if c, ok := r.channel(channel); ok && c.has(q.ID) {
		return Seat{User: q.ID, Channel: channel}
	}
	return Seat{User: q.ID}
}

func (r *Room) seenBy(user, channel string) uint64 {
	return max(r.first, r.seen[Seat{User: user, Channel: channel}])
}

func (r *Room) unread(seat Seat, since uint64) int {
	n := 0
	for _, p := range r.posts {
		if p.in(seat) && p.Seq > since && p.From != seat.User {
			n++
		}
	}
	return n
}

func (p *page) place(v placeView, channel string) {
	v.Link = p.link(Seat{User: p.User, Channel: channel})
	v.Here = channel == p.Channel
	if v.Here {
		p.Place = v
	}
	p.Places = append(p.Places, v)
}

func (p *page) link(s Seat) string { return Seat{s.User, s.Channel, p.Locale}.link() }

// link is the page's address for that seat.
func (s Seat) link() string {
	q := url.Values{"as": {s.User}}
	if s.Channel != "" {
		q.Set("in", s.Channel)
	} else {
		q.Set("in", direct)
	}
	if s.Locale != "" {
		q.Set("lang", s.Locale)
	}
	return "/?" + q.Encode()
}

// InOther is the same page in the other language.
func (p *page) InOther() string {
	return Seat{p.User, p.Channel, (1 - p.language).String()}.link()
}

func (p *page) In() string { return cmp.Or(p.Channel, direct) }

const maxNews = 3

// elsewhere tells what came since the reader's last act in conversations that
// are not on the screen.
func (r *Room) elsewhere(p *page) {
	tell := func(text string, seat Seat) {
		if len(p.Elsewhere) == maxNews {
			p.More++
			return
		}
		p.Elsewhere = append(p.Elsewhere, newsView{text, p.link(seat)})
	}
	for _, c := range r.opt.Channels {
		seat := Seat{User: p.User, Channel: c.ID}
		if n := r.unread(seat, max(p.Since, r.seenBy(p.User, c.ID))); n > 0 && c.ID != p.Channel && c.has(p.User) {
			tell(p.N("news.in", n, c.Name), seat)
		}
	}
	for _, q := range r.opt.People {
		n := r.unread(Seat{User: q.ID}, max(p.Since, r.seenBy(q.ID, "")))
		switch {
		case n == 0 || q.ID == p.User && p.Channel == "":
		case q.ID == p.User:
			tell(p.N("news.me", n), Seat{User: q.ID})
		default:
			tell(p.N("news.to", n, q.Name), Seat{User: q.ID})
		}
	}
}

// flow lays out the conversation. Threads stay where they began; a thread that
// goes on after something else came below it leaves a pointer there.
func (r *Room) flow(p *page) {
	type happening struct {
		seq     uint64
		post    *Post
		private *Private
	}
	var all []happening
	roots := map[chat.PostID]*postView{}
	for _, q := range r.posts {
		if q.in(p.Seat) {
			all = append(all, happening{seq: q.Seq, post: q})
		}
	}
	for _, o := range r.private[p.User] {
		if o.Channel == p.Channel {
			all = append(all, happening{seq: o.Seq, private: &o})
		}
	}
	slices.SortFunc(all, func(a, b happening) int { return cmp.Compare(a.seq, b.seq) })

	var day string
	var last chat.PostID // the thread at the bottom
	put := func(at time.Time, it item) {
		if d := p.Day(at.In(r.opt.Location)); d != day {
			day = d
			p.Flow = append(p.Flow, item{Day: d})
		}
		p.Flow = append(p.Flow, it)
	}
	for _, h := range all {
		switch {
		case h.private != nil:
			o := r.viewPrivate(p, *h.private)
			if root, at := nearTo(roots, o.Near); root != nil {
				*at = append(*at, o)
				continue
			}
			put(o.At, item{Private: &o})
			last = ""
		case roots[h.post.Under] == nil:
			v := r.viewPost(p, *h.post, time.Time{})
			roots[v.ID] = &v
			put(v.At, item{Post: &v})
			last = v.ID
		default:
			root := roots[h.post.Under]
			reply := r.viewPost(p, *h.post, root.At)
			root.Replies = append(root.Replies, reply)
			if reply.New {
				root.Fresh++
			}
			tail := p.Flow[len(p.Flow)-1].Pointer
			switch {
			case last == root.ID && tail != nil && day == p.Day(reply.At.In(r.opt.Location)):
				tail.Count++
				tail.To, tail.New = reply.ID, tail.New || reply.New
			case last != root.ID || tail != nil || day != p.Day(reply.At.In(r.opt.Location)):
				put(reply.At, item{Pointer: &pointerView{Title: title(root.Body), Count: 1, To: reply.ID, When: reply.At.In(r.opt.Location).Format("15:04"), New: reply.New}})
				last = root.ID
			}
		}
	}
}

// Title names the answer for the button that takes it away.
func (v privateView) Title() string { return title(v.Body) }

// nearTo finds the post in the threads so far, and its list of answers beside
// it.
func nearTo(roots map[chat.PostID]*postView, id chat.PostID) (*postView, *[]privateView) {
	if id == "" {
		return nil, nil
	}
	for _, root := range roots {
		if root.ID == id {
			return root, &root.Near
		}
		for i := range root.Replies {
			if root.Replies[i].ID == id {
				return root, &root.Replies[i].Near
			}
		}
	}
	return nil, nil
}

// viewPost shows the time alone when the post is of the same day as under, or
// begins a thread: its day is above it then.
func (r *Room) viewPost(p *page, q Post, under time.Time) postView {
	v := postView{page: p, Post: q, New: q.Seq > p.Since && q.From != p.User}
	when := func(t, near time.Time) string {
		t, near = t.In(r.opt.Location), near.In(r.opt.Location)
		if near.IsZero() || p.Day(t) == p.Day(near) {
			return t.Format("15:04")
		}
		return p.Short(t)
	}
	v.When = when(q.At, under)
	if q.Edited.Sub(q.At) >= time.Minute {
		v.Changed = when(q.Edited, q.At)
	}
	if i := slices.IndexFunc(r.opt.People, func(o Person) bool { return o.ID == q.From }); i >= 0 {
		v.By = personView{Person: r.opt.People[i], Hue: i % hues}
	}
	return v
}

func (r *Room) viewPrivate(p *page, o Private) privateView {
	return privateView{page: p, Private: o, When: o.At.In(r.opt.Location).Format("15:04"), New: o.Seq > p.Since}
}
