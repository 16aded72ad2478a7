package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kansbot/config"
	"kansbot/internal/chat"
)

// The transcripts in testdata are the specification: who types what, and what
// appears where. Each runs on every platform, in the real wiring; only time is
// driven by hand.
//
//	anna types '/signaal nieuw ...'   in the kernteam's channel
//	anna sees 'TEXT'                  in the last answer that only she got; ! for not
//	anna gets FORM-TITLE              a form opened for her
//	anna fills FIELD 'VALUE'          what a field of it holds
//	anna sends FIELD=VALUE ...        sends it in; other fields go as they are
//	anna told FIELD 'TEXT'            a problem that came back with it
//	anna presses 'POST' 'BUTTON'      on the newest post with that text
//	anna opens                        writes to the bot directly
//	channel 'TEXT'                    the channel shows a post with that; ! for none
//	thread 'ROOT' 'TEXT'              the same for a reply under a post
//	direct anna 'TEXT'                her direct messages from the bot
//	once [anna] 'TEXT'                exactly one post (direct message to her) has it
//	page [anna] 'TEXT'                the page that the last link (the first that she got) leads to
//	! page [anna]                     it leads nowhere any more
//	at 2027-01-12T08:30               moves the clock on, firing what is due
//	kernteam [en]                     Anna sets up the kernteam, as its chair
//	joins hugo, leaves bram           the channel's members change
//	outage on|off|refused, restart    the platform is gone, or wants no more; the bot starts anew
//	trail 'DID', log 'TEXT'           audit trail; log
//	kept 'TEXT'                       anything in the store has it, in any record
//	many 200 anna types 'LINE'        so many times, one after the other
//	dump                              shows everything, for who writes a transcript
//
// Texts compare by words: case and the platform's way of showing do not count.
func TestTranscripts(t *testing.T) {
	for _, platform := range []struct {
		name string
		open func(t *testing.T) func(ts *testscript.TestScript, s *scene) stage
	}{
		{"practice", practiceStage},
		{"mattermost", mattermostStage},
		{"slack", slackStage(false)},
		{"slack-http", slackStage(true)},
	} {
		t.Run(platform.name, func(t *testing.T) {
			open := platform.open(t)
			commands := map[string]func(*testscript.TestScript, bool, []string){
				"channel": withScene(channelShows), "thread": withScene(threadShows), "once": withScene(onceShown), "direct": withScene(directShows), "page": withScene(pageShows),
				"at": withScene(moveTo), "joins": withScene(joins), "leaves": withScene(leaves), "outage": withScene(outage),
				"kernteam": withScene(founded), "restart": withScene(restart), "trail": withScene(trail), "kept": withScene(kept), "log": withScene(logHas), "many": withScene(many), "dump": withScene(dump),
			}
			for _, name := range castNames {
				commands[name] = withScene(func(ts *testscript.TestScript, s *scene, neg bool, args []string) {
					s.person(ts, neg, name, args)
				})
			}
			testscript.Run(t, testscript.Params{
				Dir: "testdata",
				Setup: func(env *testscript.Env) error {
					s := &scene{open: open, dir: env.WorkDir}
					env.Values["scene"] = s
					env.Defer(s.end)
					return nil
				},
				Cmds:                commands,
				RequireExplicitExec: true,
				RequireUniqueNames:  true,
			})
		})
	}
}

// castNames are the people of the transcripts: all but hugo are in the
// kernteam's channel from the start. After a mention: @anna.
var castNames = []string{"anna", "bram", "chantal", "dewi", "emre", "fenna", "gerard", "hugo"}

// stage is where a transcript plays: people at one platform. Its doings return
// an error for what the platform itself refuses.
type stage interface {
	wire(ctx context.Context, a *app) (wired, error)
	types(user, line string) error
	sends(user string, form chat.Form, values map[string][]string) (problems map[string]string, err error)
	presses(user, post, button string) error
	opens(user string) error
	id(user string) string
	// joins and leaves change who is in the channel; again when the bot has to
	// start anew to hear of it.
	joins(user string) (again bool, err error)
	leaves(user string) (again bool, err error)

	// sees returns when reply is what user has before them, as they read it.
	sees(user string, reply chat.Reply) (string, error)
	channel() ([]shown, error)
	direct(user string) ([]shown, error)
}

// shown is a post as people read it, with its thread.
type shown struct {
	text    string
	replies []shown
}

// scene is one transcript at work.
type scene struct {
	open  func(*testscript.TestScript, *scene) stage
	stage stage
	dir   string

	clock    clock
	app      *app
	stop     func() error
	down     atomic.Bool // nothing reaches the platform
	refusing atomic.Bool // it takes nothing for the channel
	log      lockedBuffer
	told     chan struct{} // something came of who is in a channel
	mu       sync.Mutex
	sizes    map[string]int        // how many are in each channel, as the bot last heard
	replies  map[string]chat.Reply // newest by platform user
	answers  map[string]string     // newest text by name
	forms    map[string]chat.Form
	problems map[string]map[string]string
	web      browser
}

func withScene(do func(*testscript.TestScript, *scene, bool, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		s := ts.Value("scene").(*scene)
		if s.app == nil && !(len(args) > 0 && s.beforeStart(ts, args)) {
			s.start(ts)
		}
		do(ts, s, neg, args)
	}
}

// beforeStart: a transcript may begin with the moment at which it plays.
func (s *scene) beforeStart(ts *testscript.TestScript, args []string) bool {
	at, err := time.ParseInLocation("2006-01-02T15:04", args[0], amsterdam)
	if err != nil || len(args) != 1 {
		return false
	}
	s.clock.set(at)
	s.run(ts)
	return true
}

func (s *scene) start(ts *testscript.TestScript) {
	s.clock.set(time.Date(2027, 1, 4, 9, 0, 0, 0, amsterdam))
	s.run(ts)
}

var amsterdam = func() *time.Location {
	loc, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err)
	}
	return loc
}()

func (s *scene) run(ts *testscript.TestScript) {
	if s.stage == nil {
		s.stage = s.open(ts, s)
		s.replies, s.answers = map[string]chat.Reply{}, map[string]string{}
		s.forms, s.problems = map[string]chat.Form{}, map[string]map[string]string{}
	}
	ctx := context.Background()
	log := slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	defaults, err := config.Load("", nil)
	ts.Check(err)
	defaults.Data = filepath.Join(s.dir, "data")
	s.app, err = newApp(ctx, defaults, &s.clock, log, func(ctx context.Context, a *app) (wired, error) {
		w, err := s.stage.wire(ctx, a)
		w.Platform = observed{w.Platform, s}
		return w, err
	})
	ts.Check(err)
	listener := s.listen(ts)
	s.told, s.sizes = make(chan struct{}, 1), map[string]int{}
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.app.run(running, listener, false) }()
	a := s.app
	s.stop = func() error {
		cancel()
		err := <-ended
		if closing := a.close(); err == nil {
			err = closing
		}
		return err
	}
	s.hears(ts, func(map[string]int) bool { return true })
}

// listen takes the address that the platform knows the bot by.
func (s *scene) listen(ts *testscript.TestScript) net.Listener {
	address := "127.0.0.1:0"
	if m, ok := s.stage.(interface{ address() string }); ok {
		address = m.address()
	}
	listener, err := net.Listen("tcp", address)
	ts.Check(err)
	return listener
}

func (s *scene) end() {
	if s.stop != nil {
		s.stop()
	}
}

// observed is the platform of a transcript: it notes what the bot answers, and
// can be gone.
type observed struct {
	chat.Platform
	scene *scene
}

func (o observed) Receive(ctx context.Context, handle chat.Handler) error {
	return o.Platform.Receive(ctx, func(ctx context.Context, e chat.Event) chat.Reply {
		reply := handle(ctx, e)
		o.scene.mu.Lock()
		defer o.scene.mu.Unlock()
		o.scene.replies[e.User.ID] = reply
		if roster, is := e.Act.(chat.Roster); is {
			o.scene.sizes[e.Channel] = len(roster.People)
			select {
			case o.scene.told <- struct{}{}:
			default:
			}
		}
		return reply
	})
}

func (o observed) Deliver(ctx context.Context, d chat.Delivery) (chat.PostID, error) {
	if o.scene.refusing.Load() && d.To.Channel != "" {
		return "", &chat.Failure{Outcome: chat.Refused, Err: fmt.Errorf("archived")}
	}
	if o.scene.down.Load() {
		return "", &chat.Failure{Outcome: chat.NotSent, Err: fmt.Errorf("outage")}
	}
	return o.Platform.Deliver(ctx, d)
}

// person is everything that one of the cast does or reads.
func (s *scene) person(ts *testscript.TestScript, neg bool, name string, args []string) {
	if len(args) < 2 && !(len(args) == 1 && (args[0] == "sends" || args[0] == "opens")) {
		ts.Fatalf("usage: %s types|sees|gets|fills|sends|told|presses ...", name)
	}
	verb, args := args[0], args[1:]
	if most, is := map[string]int{"types": 1, "opens": 0, "gets": 1, "presses": 2, "fills": 2}[verb]; is && len(args) > most {
		ts.Fatalf("%s takes %d, not %q", verb, most, args) // nothing is passed over
	}
	switch verb {
	case "types":
		s.acts(ts, name, neg, func() error { return s.stage.types(name, args[0]) })
	case "presses":
		s.acts(ts, name, neg, func() error { return s.stage.presses(name, args[0], args[1]) })
	case "sends":
		form, open := s.forms[name]
		if !open {
			ts.Fatalf("%s has no form open", name)
		}
		s.acts(ts, name, neg, func() error {
			values := s.filled(ts, form, args)
			problems, err := s.stage.sends(name, form, values)
			s.problems[name] = problems
			for i, f := range form.Fields { // a client keeps what was typed
				form.Fields[i].Value = values[f.Name]
			}
			if len(problems) == 0 && err == nil {
				delete(s.forms, name)
			}
			if neg && err == nil && len(problems) > 0 {
				err = fmt.Errorf("sent back: %v", problems)
			}
			return err
		})
	case "opens":
		s.acts(ts, name, neg, func() error { return s.stage.opens(name) })
	case "sees":
		expect(ts, neg, s.answers[name], args...)
	case "gets":
		expect(ts, neg, s.forms[name].Title, args[0])
	case "told":
		expect(ts, neg, s.problems[name][args[0]], args[1:]...)
	case "fills":
		for _, f := range s.forms[name].Fields {
			if f.Name == args[0] {
				expect(ts, neg, strings.Join(f.Value, ","), args[1])
				return
			}
		}
		ts.Fatalf("the form has no field %s", args[0])
	default:
		ts.Fatalf("nobody can %q", verb)
	}
}

// acts does something as name, and waits until all that it caused is there.
func (s *scene) acts(ts *testscript.TestScript, name string, refused bool, do func() error) {
	s.mu.Lock()
	clear(s.replies)
	s.mu.Unlock()
	s.answers[name] = ""
	err := do()
	if refused {
		if err == nil {
			ts.Fatalf("the platform let it pass")
		}
		return
	}
	ts.Check(err)
	s.settle(ts)
	s.mu.Lock()
	reply := s.replies[s.stage.id(name)] // another's may come late
	s.mu.Unlock()
	text, err := s.stage.sees(name, reply)
	ts.Check(err)
	s.answers[name] = text
	s.web.got(name, s.app.bot.Site, reply)
	if reply.Form != nil {
		s.forms[name] = *reply.Form
	}
}

// many lets somebody type a line again and again; what is answered meanwhile
// nobody reads.
func many(ts *testscript.TestScript, s *scene, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	if len(args) != 4 || args[2] != "types" {
		ts.Fatalf("usage: many N WHO types LINE")
	}
	for range n {
		s.person(ts, false, args[1], args[2:])
	}
}

// filled is what a client would send: what the form starts with, changed.
func (s *scene) filled(ts *testscript.TestScript, form chat.Form, args []string) map[string][]string {
	values := map[string][]string{}
	for _, f := range form.Fields {
		values[f.Name] = f.Value
	}
	for _, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		if !found {
			ts.Fatalf("%q is not FIELD=VALUE", arg)
		}
		values[name] = nil
		for _, f := range form.Fields {
			if f.Name == name && f.Kind == chat.Many {
				values[name] = strings.Split(value, ",")
				value = ""
			}
			// People go by name in a transcript.
			for _, o := range f.Options {
				if f.Name == name && strings.HasPrefix(strings.ToLower(o.Label), value) && slices.Contains(castNames, value) {
					value = o.Key
				}
			}
		}
		if value != "" {
			values[name] = []string{value}
		}
	}
	return values
}

// settle waits until what is due was done and what could be sent is there.
func (s *scene) settle(ts *testscript.TestScript) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := s.app.bot.Tick(ctx)
	ts.Check(err)
	ts.Check(s.app.outbox.Drain(ctx))
}

func channelShows(ts *testscript.TestScript, s *scene, neg bool, args []string) {
	posts, err := s.stage.channel()
	ts.Check(err)
	expect(ts, neg, all(posts), args...)
}

func threadShows(ts *testscript.TestScript, s *scene, neg bool, args []string) {
	posts, err := s.stage.channel()
	ts.Check(err)
	for i := len(posts) - 1; i >= 0; i-- {
		if words(posts[i].text, args[0]) {
			expect(ts, neg, all(posts[i].replies), args[1:]...)
			return
		}
	}
	ts.Fatalf("no post with %q in\n%s", args[0], all(posts))
}

func onceShown(ts *testscript.TestScript, s *scene, _ bool, args []string) {
	posts, err := s.stage.channel()
	if slices.Contains(castNames, args[0]) {
		posts, err = s.stage.direct(args[0])
		args = args[1:]
	}
	ts.Check(err)
	n := 0
	var count func([]shown)
	count = func(posts []shown) {
		for _, p := range posts {
			if !slices.ContainsFunc(args, func(text string) bool { return !words(p.text, text) }) {
				n++
			}
			count(p.replies)
		}
	}
	count(posts)
	if n != 1 {
		ts.Fatalf("%d posts with %q in\n%s", n, args, all(posts))
	}
}

func directShows(ts *testscript.TestScript, s *scene, neg bool, args []string) {
	posts, err := s.stage.direct(args[0])
	ts.Check(err)
	expect(ts, neg, all(posts), args[1:]...)
}

func moveTo(ts *testscript.TestScript, s *scene, _ bool, args []string) {
	at, err := time.ParseInLocation("2006-01-02T15:04", args[0], amsterdam)
	ts.Check(err)
	if by := at.Sub(s.clock.Now()); by > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		ts.Check(s.app.advance(ctx, by))
	}
	s.settle(ts)
}

func founded(ts *testscript.TestScript, s *scene, _ bool, args []string) {
	lang := "nl"
	if len(args) > 0 {
		lang = args[0]
	}
	s.person(ts, false, "anna", []string{"types", "/kernteam"})
	s.person(ts, false, "anna", []string{"sends", "naam=Kernteam De Zwaan", "school=De Zwaan", "gemeente=Zwanendam",
		"soort=basisonderwijs", "regio=midden", "taal=" + lang, "voorzitter=anna"})
}

func joins(ts *testscript.TestScript, s *scene, _ bool, args []string) {
	s.members(ts, func() (bool, error) { return s.stage.joins(args[0]) })
}

func leaves(ts *testscript.TestScript, s *scene, _ bool, args []string) {
	s.members(ts, func() (bool, error) { return s.stage.leaves(args[0]) })
}

func (s *scene) members(ts *testscript.TestScript, change func() (again bool, err error)) {
	s.mu.Lock()
	before := maps.Clone(s.sizes)
	s.mu.Unlock()
	again, err := change()
	ts.Check(err)
	if again {
		restart(ts, s, false, nil)
		return
	}
	s.hears(ts, func(sizes map[string]int) bool { return !maps.Equal(sizes, before) })
	s.settle(ts)
}

// hears waits until the bot was told who is in the channel. What it hears of an
// earlier moment is not enough.
func (s *scene) hears(ts *testscript.TestScript, enough func(map[string]int) bool) {
	for late := time.After(30 * time.Second); ; {
		select {
		case <-s.told:
		case <-late:
			ts.Fatalf("the bot never heard who is in the channel")
		}
		s.mu.Lock()
		heard := enough(s.sizes)
		s.mu.Unlock()
		if heard {
			return
		}
	}
}

func outage(ts *testscript.TestScript, s *scene, _ bool, args []string) {
	s.down.Store(args[0] == "on")
	s.refusing.Store(args[0] == "refused")
}

func restart(ts *testscript.TestScript, s *scene, _ bool, _ []string) {
	ts.Check(s.stop())
	s.run(ts)
	s.settle(ts)
}

func all(posts []shown) string {
	var b strings.Builder
	for _, p := range posts {
		fmt.Fprintf(&b, "%s\n", p.text)
		for _, r := range p.replies {
			fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(r.text, "\n", "\n    "))
		}
	}
	return b.String()
}

// expect checks that the wanted texts stand in what is there, in this order; or
// that they do not.
func expect(ts *testscript.TestScript, neg bool, there string, wanted ...string) {
	found := words(there, wanted...)
	if found == neg {
		not := ""
		if neg {
			not = "not "
		}
		ts.Fatalf("wanted %s%q in\n%s", not, wanted, there)
	}
}

var blank = regexp.MustCompile(`\s+`)

func words(there string, wanted ...string) bool {
	there = strings.ToLower(blank.ReplaceAllString(there, " "))
	for _, w := range wanted {
		w = strings.ToLower(blank.ReplaceAllString(w, " "))
		i := strings.Index(there, w)
		if i < 0 {
			return false
		}
		there = there[i+len(w):]
	}
	return true
}

// lockedBuffer is a log that many goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
