// Package chat is the vocabulary between Kansbot and whatever it talks
// through: what happened (Event), what the asker sees now (Reply), what the
// team sees later and for good (Post), and the port that each platform fills.
//
// Nothing here has the shape of one platform. Triggers, response addresses and
// tokens stay in the adapter.
package chat

import (
	"context"
	"time"
)

// Platform is one way to reach people. An adapter fills it.
type Platform interface {
	// Name is the Platform value of its events and addresses.
	Name() string

	// Receive passes on what happens, until ctx ends; it returns nil then, and
	// an error when it can never work (a wrong token, say). It calls handle
	// from many goroutines at once, only with events whose sender the platform
	// itself vouches for: the person is in that channel at that moment.
	Receive(ctx context.Context, handle Handler) error

	// Deliver makes or changes one message and returns its id on the platform.
	// It is never called twice at once for the same To. A failure that is not
	// a *Failure counts as Failure{Outcome: Unknown}.
	Deliver(ctx context.Context, d Delivery) (PostID, error)
}

// Handler decides what the asker sees. When it returns, all that the event
// caused is durable.
type Handler func(context.Context, Event) Reply

// To is an address: a channel, or with User set that person's direct
// conversation with the bot (Channel is then empty).
type To struct {
	Platform  string `json:"platform"`
	Workspace string `json:"workspace,omitempty"`
	Channel   string `json:"channel,omitempty"`
	User      string `json:"user,omitempty"`
	// Home is the page about the bot that only User sees, on platforms that
	// have one and so sent a Visited. It shows one Post.
	Home bool `json:"home,omitempty"`
}

// PostID is a message's id as the platform names it.
type PostID string

// Person is somebody as the platform knows them. ID is stable; Handle, what
// one types after the @, and Name can change.
type Person struct {
	ID     string
	Handle string
	Name   string
}

// Event is something that happened on a platform.
type Event struct {
	// ID is the same when the platform delivers the same happening again, and
	// otherwise unique per platform. Empty when it cannot be delivered twice.
	ID        string
	Platform  string
	Workspace string
	Channel   string // empty in a direct conversation with the bot
	User      Person // zero for Roster
	Locale    string // "nl", "en-US", ... or empty
	Act       Act
}

// Act is one of Typed, Picked, Submitted, Pressed, Arrived, Opened, Visited and
// Roster.
type Act interface{ act() }

type (
	// Typed is a command line. Command has no slash; Text is as typed.
	Typed struct {
		Command string
		Text    string
		// Mentions gives the person's id for each handle that the platform
		// recognised in Text, in lower case and without the @.
		Mentions map[string]string
	}

	// Picked is a message that somebody pointed at, to give Command about it.
	// Text and Mentions are as in Typed, of the message.
	Picked struct {
		Command  string
		Text     string
		Mentions map[string]string
	}

	// Submitted is a form sent in. Values are as the person's client sent
	// them: unchecked, and perhaps for fields that the form never had.
	Submitted struct {
		Form   string // Form.ID
		Values map[string][]string
	}

	// Pressed is a press on a button of one of our posts.
	Pressed struct {
		Post PostID
		Do   string // Button.Do, unchecked
	}

	// Arrived: the bot was added to the channel, by User.
	Arrived struct{}

	// Opened: User wrote to the bot directly.
	Opened struct{}

	// Visited: User looks at their home page with the bot (To.Home).
	Visited struct{}

	// Roster is everybody in the channel now, without the bot. An adapter
	// sends it when it starts and after each change.
	Roster struct{ People []Person }
)

func (Typed) act()     {}
func (Picked) act()    {}
func (Submitted) act() {}
func (Pressed) act()   {}
func (Arrived) act()   {}
func (Opened) act()    {}
func (Visited) act()   {}
func (Roster) act()    {}

// Reply is for the asker only and at once; it may get lost, so nothing that
// somebody needs later goes into one.
type Reply struct {
	Body Message
	// Form is opened for the asker, beside the Body.
	Form *Form
	// Problems, by field name, keep a submitted form open with what was typed.
	// The empty name is for the form as a whole.
	Problems map[string]string
}

// Post is a message for the team, or for one person, kept and sent until it is
// there. Key is ours and unique: a second Post with the same Key is no post.
type Post struct {
	Key   string  `json:"key"`
	To    To      `json:"to"`
	Under string  `json:"under,omitempty"` // Key of the thread's first post, in the same channel
	Body  Message `json:"body"`
}

// Delivery is one attempt to bring a Post, or its newest Body, to a platform.
type Delivery struct {
	Key   string
	To    To
	Under PostID // first post of the thread; empty for none
	Edits PostID // the message whose content Body replaces; empty to make one
	Body  Message

	// Unsure: an earlier attempt, at or after Since, may have landed. The
	// adapter first looks for Key on the platform and returns what it finds.
	Unsure bool
	Since  time.Time
}

// Outcome says what an adapter knows of a failed Delivery.
type Outcome int

const (
	Unknown Outcome = iota // it may have landed: time-out, connection lost, 5xx
	NotSent                // it did not land, another try may succeed: refused connection, 429, revoked token
	Refused                // it did not land and never will: archived channel, not a member
)

// Failure is why a Delivery failed.
type Failure struct {
	Outcome Outcome
	// After is how long the platform asked us to wait; zero when it did not.
	After time.Duration
	// Here: only this To has to wait, not all of the workspace.
	Here bool
	// Turn: the adapter itself held it back, as others have their turn first.
	// Nothing is wrong, and nothing was sent.
	Turn bool
	// Err goes into the log: it names no token and no content.
	Err error
}

func (f *Failure) Error() string { return f.Err.Error() }
func (f *Failure) Unwrap() error { return f.Err }

// Usage describes one command to platforms that suggest while people type.
type Usage struct {
	Command string // without slash
	Hint    string // what may follow, "[code] wat je ziet #element"
	About   string // one line
	Pick    string // what to call giving it about a message, at most 24 bytes; empty when that cannot be done
	Verbs   []Verb
}

// Verb is a word that may follow a command.
type Verb struct {
	Word  string
	Hint  string
	About string
}

// Finding is one line of a check-up: what was looked at, and when it is not
// OK what is wrong and how to mend it. No secrets, no content.
type Finding struct {
	Name string
	OK   bool
	Says string // the reading ("version 11.1.0") or what is wrong
	Mend string // what the administrator can do; empty when OK
}
