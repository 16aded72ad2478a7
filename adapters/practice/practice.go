// Package practice is the practice room: a chat platform that is a page in the
// browser, with an example team and a clock that can be put forward. Anybody
// can try Kansbot in it without an account or a network.
//
// The room keeps what any platform keeps: posts, who is where, and which
// answers and forms one person has in front of them. Posts live in a kv.DB and
// survive a restart; answers and open forms do not.
//
// Everyone at the keyboard may take any seat, so the room holds invented
// people only and is served to the machine it runs on.
package practice

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
)

// Name is the platform's name in events and addresses.
const Name = "practice"

// Person is one of the example people.
type Person struct {
	chat.Person
	Role string // in words, "intern begeleider"
}

// Channel is a conversation of several people.
type Channel struct {
	ID      string
	Name    string   // as shown, "kernteam-zwaan"
	Members []string // ids of people; empty for everybody
}

// Clock is the time Kansbot lives by.
type Clock interface {
	Now() time.Time
	// Advance moves the clock and returns when what fell due has been done.
	Advance(ctx context.Context, by time.Duration) error
	// NextDue is when something happens by itself, false when nothing will.
	NextDue(ctx context.Context) (time.Time, bool)
	// Restart takes Kansbot back to the beginning of the example. The room is
	// empty when it is called, and hears its posts from then on.
	Restart(ctx context.Context) error
}

// Options is what a room is made of. All of it is needed.
type Options struct {
	DB       kv.DB // keys that begin with "room/" are the room's
	Clock    Clock
	Location *time.Location // of the times shown
	People   []Person       // the first sits down when nobody is chosen
	Channels []Channel
	Usages   func(locale string) []chat.Usage  // the commands there are, in either language
	Try      func(locale string) []chat.Choice // what a newcomer may try first
	Log      *slog.Logger
}

// Post is a message in the room.
type Post struct {
	ID      chat.PostID  `json:"id"`
	Seq     uint64       `json:"seq"`           // orders all that is in the room
	Key     string       `json:"key,omitempty"` // of Kansbot's posts
	Channel string       `json:"channel,omitempty"`
	User    string       `json:"user,omitempty"` // whose direct conversation, when Channel is empty
	From    string       `json:"from,omitempty"` // person's id; empty for Kansbot
	Under   chat.PostID  `json:"under,omitempty"`
	At      time.Time    `json:"at"`
	Edited  time.Time    `json:"edited,omitzero"`
	Body    chat.Message `json:"body"`
}

// Thread is a post with what came under it, oldest first.
type Thread struct {
	Post
	Replies []Post
}

// Private is an answer that one person sees and nobody else.
type Private struct {
	ID      string
	Seq     uint64
	Channel string // where it shows; empty for the direct conversation
	At      time.Time
	Line    string      // what they typed
	Sent    string      // title of the form they sent
	Near    chat.PostID // the post whose button they pressed
	Body    chat.Message
}

// OpenForm is the form that one person has in front of them.
type OpenForm struct {
	chat.Form
	Channel  string
	Values   map[string][]string // as last sent, or as the form starts
	Problems map[string]string
	Try      int // grows each time the form comes back
	locale   string
}

// Room is a chat.Platform. Its methods may be called from many goroutines.
type Room struct {
	opt Options

	clock sync.Mutex // one change of the clock at a time

	mu      sync.Mutex
	seq     uint64
	first   uint64 // seq when the room opened: what came before has been seen
	posts   []*Post
	private map[string][]Private
	forms   map[string]*OpenForm
	seen    map[Seat]uint64
	changed chan struct{} // closed, and made anew, at each change
	handle  chat.Handler
	awake   chan struct{} // closed while there is a handler
	closing chan struct{} // closed when Receive ends

	running sync.WaitGroup // of handlers; grows under mu, and only while there is one
}

// What a caller can have wrong. The page tells it in the reader's language.
var (
	ErrNoSeat = errors.New("practice: nobody of that name in that conversation")
	ErrGone   = errors.New("practice: that button or form is not there any more")
	ErrLong   = fmt.Errorf("practice: a line is at most %d characters", maxLine)
)

const (
	maxLine    = 4000
	maxPrivate = 100 // answers kept for each person
)

// New opens the room as it was left.
func New(ctx context.Context, opt Options) (*Room, error) {
	if len(opt.People) == 0 || len(opt.Channels) == 0 {
		return nil, errors.New("practice: a room needs a person and a channel")
	}
	r := &Room{opt: opt, awake: make(chan struct{}), closing: make(chan struct{}), changed: make(chan struct{})}
	r.empty()
	err := opt.DB.View(ctx, func(tx kv.Tx) error {
		r.posts = nil
		return tx.Scan(firstPost, afterPosts, func(_, value []byte) error {
			p := new(Post)
			r.posts = append(r.posts, p)
			return json.Unmarshal(value, p)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("practice: read the room: %w", err)
	}
	for _, p := range r.posts {
		r.seq = max(r.seq, p.Seq)
	}
	r.first = r.seq
	return r, nil
}

// empty forgets everything but the sequence: ids are never used twice.
func (r *Room) empty() {
	r.posts, r.private, r.forms, r.seen = nil, map[string][]Private{}, map[string]*OpenForm{}, map[Seat]uint64{}
	r.first = r.seq
}

var firstPost, afterPosts = []byte("room/post/"), []byte("room/post0")

func (p *Post) store() []byte { return fmt.Appendf(nil, "room/post/%016x", p.Seq) }

// save makes p durable and then part of the room. Callers hold r.mu.
func (r *Room) save(ctx context.Context, p Post) error {
	value, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := r.opt.DB.Update(ctx, func(tx kv.Tx) error { return tx.Put(p.store(), value) }); err != nil {
		return err
	}
	if old := r.post(func(q *Post) bool { return q.ID == p.ID }); old != nil {
		*old = p
	} else {
		r.posts = append(r.posts, &p)
	}
	r.tell()
	return nil
}

// next gives a new place in the order. Callers hold r.mu.
func (r *Room) next() uint64 {
	r.seq++
	return r.seq
}

// tell wakes the pages that watch. Callers hold r.mu.
func (r *Room) tell() {
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *Room) post(is func(*Post) bool) *Post {
	if i := slices.IndexFunc(r.posts, is); i >= 0 {
		return r.posts[i]
	}
	return nil
}

func (r *Room) Name() string { return Name }

// Posts is what the channel shows to everybody in it, oldest thread first.
func (r *Room) Posts(channel string) []Thread {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.threads(Seat{Channel: channel})
}

// Direct is the conversation of that person with Kansbot.
func (r *Room) Direct(user string) []Thread {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.threads(Seat{User: user})
}

// Only is the answers that nobody but that person sees, oldest first.
func (r *Room) Only(user string) []Private {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.private[user])
}

// Form is the form in front of that person, nil when there is none.
func (r *Room) Form(user string) *OpenForm {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.forms[user]; f != nil {
		copied := *f
		return &copied
	}
	return nil
}

func (r *Room) threads(seat Seat) []Thread {
	var all []Thread
	at := map[chat.PostID]int{}
	for _, p := range r.posts {
		if !p.in(seat) {
			continue
		}
		if root, ok := at[p.Under]; ok {
			all[root].Replies = append(all[root].Replies, *p)
			continue
		}
		at[p.ID] = len(all)
		all = append(all, Thread{Post: *p})
	}
	return all
}

func (p *Post) in(seat Seat) bool {
	if seat.Channel != "" {
		return p.Channel == seat.Channel
	}
	return p.Channel == "" && p.User == seat.User
}

func (r *Room) person(id string) (Person, bool) {
	i := slices.IndexFunc(r.opt.People, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return Person{}, false
	}
	return r.opt.People[i], true
}

func (r *Room) channel(id string) (Channel, bool) {
	i := slices.IndexFunc(r.opt.Channels, func(c Channel) bool { return c.ID == id })
	if i < 0 {
		return Channel{}, false
	}
	return r.opt.Channels[i], true
}

func (c Channel) has(user string) bool {
	return len(c.Members) == 0 || slices.Contains(c.Members, user)
}

// members is everybody in the channel, in the order of Options.People.
func (r *Room) members(c Channel) []Person {
	return slices.DeleteFunc(slices.Clone(r.opt.People), func(p Person) bool { return !c.has(p.ID) })
}

// usage finds a command however it is capitalised: phones like to begin with
// a capital.
func (r *Room) usage(locale, command string) (chat.Usage, bool) {
	all := r.opt.Usages(locale)
	i := slices.IndexFunc(all, func(u chat.Usage) bool { return strings.EqualFold(u.Command, command) })
	if i < 0 {
		return chat.Usage{}, false
	}
	return all[i], true
}

// Advance moves the clock on.
func (r *Room) Advance(ctx context.Context, by time.Duration) error {
	r.clock.Lock()
	defer r.clock.Unlock()
	return r.moved(r.opt.Clock.Advance(ctx, by))
}

// AdvanceToNext moves the clock to when something happens by itself, and does
// nothing when nothing will.
func (r *Room) AdvanceToNext(ctx context.Context) error {
	r.clock.Lock()
	defer r.clock.Unlock()
	due, ok := r.opt.Clock.NextDue(ctx)
	if !ok {
		return nil
	}
	return r.moved(r.opt.Clock.Advance(ctx, max(0, due.Sub(r.opt.Clock.Now()))))
}

// Restart empties the room and begins the example again.
func (r *Room) Restart(ctx context.Context) error {
	r.clock.Lock()
	defer r.clock.Unlock()
	if err := r.forget(ctx); err != nil {
		return fmt.Errorf("practice: empty the room: %w", err)
	}
	if err := r.opt.Clock.Restart(ctx); err != nil {
		return err
	}
	return r.moved(r.rollCall(ctx, r.send))
}

func (r *Room) forget(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.opt.DB.Update(ctx, func(tx kv.Tx) error {
		for _, p := range r.posts {
			if err := tx.Delete(p.store()); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		r.empty()
	}
	return err
}

func (r *Room) moved(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell()
	return err
}

// locale is the language of the page: Dutch unless English is asked for.
func (s Seat) locale() string { return cmp.Or(s.Locale, "nl") }
