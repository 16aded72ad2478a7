// Package team is the domain: the kernteam around a school, the children it
// speaks of by code only, their signals, the Kans!overleg and the agreements
// made there. Standard library only; the clock is always an argument.
package team

import (
	"slices"
	"strings"
	"time"
)

// Kernteam is the fixed team around one school; it lives in one channel.
type Kernteam struct {
	ID           string
	Platform     string
	Workspace    string
	Channel      string
	Name         string
	School       string
	Municipality string
	SchoolType   SchoolType
	Region       Region
	Lang         string // "nl" or "en"
	Zone         string // IANA name
	Chair        string // member's user id
	Minutes      int    // length of a Kans!overleg
	Turns        Turns
	Quorum       int      // how many it takes to meet; 0 for no such rule
	Standing     []string // points that are on every agenda
	Contact      string   // user id of the fixed contact person, who also hears of calls for help; may be empty
	Created      time.Time
}

// Turns is which jobs in the Kans!overleg go round.
type Turns string

const (
	AllTurns   Turns = "" // chair and minute-taker
	NotesTurns Turns = "notulist"
	NoTurns    Turns = "vast" // nobody's: the kernteam's chair leads, and who wants to writes
)

// SchoolType is the kind of school that a kernteam stands around.
type SchoolType string

const (
	Primary    SchoolType = "basisonderwijs"
	Preschool  SchoolType = "voorschool"
	Special    SchoolType = "speciaal"
	Secondary  SchoolType = "voortgezet"
	Vocational SchoolType = "mbo"
)

// SchoolTypes in the order in which a form shows them.
var SchoolTypes = []SchoolType{Primary, Preschool, Special, Secondary, Vocational}

// Region of the Dutch school holidays. It follows the municipality, not the
// province, so it is asked, never guessed.
type Region string

var Regions = []Region{"noord", "midden", "zuid"}

// Member is somebody in the kernteam's channel, or who once was.
type Member struct {
	User   string
	Handle string
	Name   string
	Role   Role
	Org    string
	Does   string // what I do and don't do, in my own words
	Reach  string // how to reach me
	Here   bool   // in the channel now
	Away   Date   // last day of an absence; zero when there is none
	Cover  string // user id of who does meanwhile what is theirs; may be empty
	Muted  bool   // no overview on Mondays
	Led    int    // the last Kans!overleg that they led; 0 for none
	Noted  int    // the last one of which they wrote the minutes
}

// Absent reports whether the member is away on that day.
func (m Member) Absent(day Date) bool { return !m.Away.IsZero() && !m.Away.Before(day) }

// Called reports whether a word is the member's handle or one of their names;
// the "de" of Anna de Groot is none.
func (m Member) Called(word string) bool {
	return strings.EqualFold(word, m.Handle) || slices.ContainsFunc(strings.Fields(m.Name), func(part string) bool {
		return part != strings.ToLower(part) && strings.EqualFold(word, part)
	})
}

// Role of a member, as the organisations around a school name them.
type Role string

const (
	NoRole       Role = ""
	IB           Role = "ib"
	Teacher      Role = "leerkracht"
	Head         Role = "directeur"
	CJG          Role = "cjg"
	SocialWork   Role = "smw"
	Health       Role = "jgz"
	Municipality Role = "gemeente"
	SWV          Role = "swv"
	PreschoolPro Role = "voorschool"
	OtherRole    Role = "anders"
)

// Roles in the order in which a form shows them.
var Roles = []Role{IB, Teacher, Head, CJG, SocialWork, Health, Municipality, SWV, PreschoolPro, OtherRole}

// Circle is the Kansencirkel as the region names its parts, and where those
// names come from.
type Circle struct {
	Name     string
	Source   string
	Elements []Element
}

// Element is one part of the Kansencirkel. Key is stored and so never
// changes; Label and Question are configuration.
type Element struct {
	Key      string
	Label    string
	Question string
}

// Parents is where the child's parents stand.
type Parents string

const (
	NotYet   Parents = "nog niet"
	Informed Parents = "geïnformeerd"
	Agreed   Parents = "akkoord"
	Joining  Parents = "doen mee"
	Objected Parents = "bezwaar"
)

var ParentsAll = []Parents{NotYet, Informed, Agreed, Joining, Objected}

// Case is a child under a code. Whose code it is stays outside Kansbot.
//
// Helps, Need and Goal, and what Evaluations say of what helped, are free text.
type Case struct {
	Code        string
	Parents     Parents
	Created     time.Time
	Helps       string // what helps already
	Need        string
	Goal        string
	Version     int          // counts the changes of its goal and evaluations
	Evaluations []Evaluation // oldest first; the first is where the goal started from
	Evaluate    Date         // when to look whether the goal is nearer; zero when there is no such day
	Agreed      Date         // the day that Evaluate stands in for, as school is closed on it by now; zero when there is none
	Asked       int          // counts the askings in the kernteam; 0 before that day
	Told        int          // counts what the kernteam was told of evaluations
	Anonymous   int          // the Kans!overleg that spoke of it without the parents knowing: it may once; 0 for none
	Closed      Date         // zero while it is open
	Erase       Date         // when what is kept of it goes, for a closed one
}

// EvaluateOn sets the day that somebody agreed to look whether the goal is nearer.
func (c *Case) EvaluateOn(d Date) {
	if d != c.Evaluate {
		c.Evaluate, c.Agreed = d, Date{}
	}
}

// Evaluation is how near a goal is on a day.
type Evaluation struct {
	Day     Date
	Scale   int // 0 to 10, or NoScale
	Outcome Outcome
	Helped  string
	Success string // what an agenda tells of it, without its code
	By      string // user id
	Meeting int    // the Kans!overleg that it was made in; 0 for none
}

// NoScale is for a case that was closed without a word on how near its goal was.
const NoScale = -1

// From is the scale that the goal of now started from; false when nobody said.
func (c Case) From() (scale int, known bool) {
	for _, e := range slices.Backward(c.Evaluations) {
		if e.Outcome == Begins || e.Outcome == Adjust {
			return e.Scale, e.Scale != NoScale
		}
	}
	return NoScale, false
}

// Outcome is how a case goes on after an evaluation.
type Outcome string

const (
	Begins     Outcome = "" // no evaluation yet: the goal was set
	Continue   Outcome = "doorgaan"
	Adjust     Outcome = "bijstellen"
	Close      Outcome = "afsluiten"
	Celebrated Outcome = "vieren" // closed, as the goal was reached
)

// Ends: nothing is evaluated any more after it.
func (o Outcome) Ends() bool { return o == Close || o == Celebrated }

// Outcomes in the order in which a form shows them.
var Outcomes = []Outcome{Continue, Adjust, Close, Celebrated}

// MayDiscuss reports whether a Kans!overleg may speak of the case: with the
// parents' knowledge, or once without it, and never when they object.
func (c Case) MayDiscuss() bool {
	switch c.Parents {
	case Objected:
		return false
	case NotYet:
		return c.Anonymous == 0
	}
	return true
}

// MayDiscussIn also lets the Kans!overleg that speaks of the case without the
// parents' knowledge go on.
func (c Case) MayDiscussIn(meeting int) bool {
	return c.MayDiscuss() || c.Parents == NotYet && c.Anonymous == meeting
}

// Untold: a Kans!overleg spoke of the case, and the parents still have to hear
// of it before another does.
func (c Case) Untold() bool { return c.Parents == NotYet && c.Anonymous != 0 && c.Closed.IsZero() }

// SignalKind is what sort of observation a Signal is.
type SignalKind string

const (
	Worry    SignalKind = "zorg"
	Chance   SignalKind = "kans"
	Success  SignalKind = "succes"
	Handover SignalKind = "overdracht"
)

var SignalKinds = []SignalKind{Worry, Chance, Success, Handover}

// Group is as near as Kansbot comes to a class: anything smaller could point at
// one child.
type Group string

var Groups = []Group{"voorschool", "onderbouw", "middenbouw", "bovenbouw"}

// SignalStatus is how far a Signal has come.
type SignalStatus string

const (
	Waiting   SignalStatus = "open"        // for the next Kans!overleg
	Discussed SignalStatus = "besproken"   //
	Withdrawn SignalStatus = "ingetrokken" //
)

// Signal is an early observation plus a need: not a Verwijsindex-signaal and
// not a Veilig Thuis-melding. Seen, Helps and Needed are free text: shown to
// the member who asks, never in a channel.
type Signal struct {
	Nr       int
	Code     string // case code; empty for a group or theme
	Group    Group
	Theme    string // a few words; the channel shows them
	Kind     SignalKind
	Seen     string
	Helps    string
	Needed   string
	Elements []string // keys, at most 3
	Parents  Parents  // of a group or theme; a case says that itself
	Urgent   bool
	Status   SignalStatus
	By       string // user id of the reporter
	At       time.Time
	Carried  int // Kans!overleggen that it was moved on from
	Chosen   int // the Kans!overleg on whose agenda the chair put it by hand; 0 for none
	Meeting  int // where it was discussed
}

// MeetingStatus is where a Kans!overleg is.
type MeetingStatus string

const (
	Planned MeetingStatus = "gepland"
	Running MeetingStatus = "bezig"
	Held    MeetingStatus = "geweest"
	Skipped MeetingStatus = "vervallen"
)

// Meeting is one Kans!overleg.
type Meeting struct {
	Nr         int
	Occurrence string // of the rhythm, by its nominal local time: unique, whatever happens to clocks; empty for one beside it
	Start      time.Time
	Since      time.Time // when this start was set: steps before it never come
	Round      int       // counts dates so far apart that asking for points begins anew
	First      time.Time // the start with which this round began
	Instead    time.Time // the start on a closed day that this one is a proposal for; zero when nobody has to say anything about it
	Asked      int       // counts such proposals
	Chosen     bool      // somebody wanted this day although school is closed
	Status     MeetingStatus
	Present    map[string]bool   // user id -> comes (true) or not (false)
	Stands     map[string]string // user id of who does not come -> who comes instead
	Chair      string            // user id of who leads it; empty for the kernteam's chair
	Notes      string            // user id of who writes the minutes; may be empty
	Sent       []string          // ladder steps done or given up on, in this round
	Points     []Point
	Agenda     []AgendaItem // fixed when it starts
	Now        int          // which of Agenda is being talked about; len(Agenda) after the last
	NowSince   time.Time
	Shown      bool  // the text of what is being talked about is on the meeting screen
	Over       []int // signals that did not fit on it
	Actions    []int // agreed in it
	Erased     int   // counts those among them of which nothing is kept
	Ended      time.Time
}

// Open reports whether the meeting is still to be held or finished.
func (m Meeting) Open() bool { return m.Status == Planned || m.Status == Running }

// CutPoints takes out of the meeting the points that go along to the next one.
func (m *Meeting) CutPoints() (along []Point) {
	m.Points = slices.DeleteFunc(m.Points, func(p Point) bool {
		goes := slices.ContainsFunc(m.Agenda, func(i AgendaItem) bool {
			return i.Own() && i.State == ItemCarried && i.Text == p.Text && i.By == p.By
		})
		if goes {
			along = append(along, p)
		}
		return goes
	})
	return along
}

// HasSent reports whether a ladder step needs nothing more.
func (m Meeting) HasSent(step string) bool { return slices.Contains(m.Sent, step) }

// Point is an agenda point of somebody's own. It never speaks of a child: a
// success is told without its code.
type Point struct {
	Nr      int // in its kernteam, wherever it goes along to; 0 before it has one
	Text    string
	By      string
	Success bool
}

// Action is who does what by when. Text is what an adult does; the channel
// shows it.
type Action struct {
	Nr       int
	Owner    string
	By       string
	Text     string
	Gain     string // "gelukt als ..."
	Due      Date
	Agreed   Date   // the day that Due stands in for, as school is closed on it by now; zero when there is none
	First    Date   // the day that was agreed at first; zero while it was never put off
	Code     string // empty: on the werkagenda
	Meeting  int    // the Kans!overleg whose thread it lives in; 0 for none
	Status   ActionStatus
	Help     bool   // help was asked
	Asker    string // who asked for it, the last time
	Snoozed  Date   // no reminder before that day; zero for no such wish
	Helped   string // what helped, said when done; free text
	DoneBy   string
	Done     time.Time
	Created  time.Time
	Since    time.Time // when Due or Owner was set: steps before it never come
	Sent     []string  // follow-ups done for this Due
	Reminded Date      // the day of the last one
}

// ActionStatus is open or done.
type ActionStatus string

const (
	ToDo ActionStatus = "open"
	Done ActionStatus = "klaar"
)
