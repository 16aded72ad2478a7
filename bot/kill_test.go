package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kansbot/internal/chat"
)

const (
	killEnv = "KILL_TEST_BOT"  // when set, this process is the bot to be killed
	seedEnv = "KILL_TEST_SEED" // decides who does what, what goes wrong and when to kill; not how processes take turns
	forever = 1 << 30
)

func TestMain(m *testing.M) {
	if os.Getenv(killEnv) != "" {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			os.Exit(1) // the test has died first
		}()
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// TestKilled kills the bot again and again while people keep it busy and the
// chat server fails. What somebody was told is stored must be there, once, and
// of all that is stored the posts: each once, in order, in its thread, with its
// newest text.
//
// Some time passes between one life and the next, by the rehearsal's clock, so
// that no post waits long; the night goes by, and reminders fall due.
func TestKilled(t *testing.T) {
	t.Parallel()
	newHunt(t, plan{kills: 160, typists: 8, rooms: 6, fuse: 70}, func(h *hunt) crowd {
		return imitate(t, h.bot, h.seed, h.rooms, h.heard)
	}).run()
}

// crowd is a platform with people in some rooms, all of them in each. Rooms and
// people go by number; the first of the people leads the kernteams. The platform
// fails now and then, which a real one does not do on request.
type crowd interface {
	env() []string // tells the bot how to reach it
	handles() []string
	address(room int) chat.To
	found(room int) error // sets up the room's kernteam

	// command types a line. Each call sends the very same; the answer is what
	// only the asker gets to read.
	command(room, user int, line string) (send func() (answer string, err error))
	// press presses some button; it gives the room where the answer counts.
	press(r *rand.Rand, user int) (room int, answer string, err error)
	// after are the answers in a room that came by another way than that of what
	// they answer.
	after(room int) []string

	shown() []posted // oldest first
	trouble(on bool)
	failed() string // what went wrong, how often
	settle()        // waits for what is still being done for processes that died
}

// posted is a message, or a page, as people see it.
type posted struct {
	id   chat.PostID
	to   chat.To
	key  string      // what the bot knows it by; of a page, which has none, its id
	root chat.PostID // first message of its thread
	text string      // the letters of it
}

// plan is how large a hunt is.
type plan struct {
	kills   int // a few of them before the bot is up
	typists int
	rooms   int
	fuse    int           // how much happens in a life, at most
	think   time.Duration // before somebody does the next thing, at most
}

// hunt is one bot in all of its lives.
type hunt struct {
	*testing.T
	plan
	crowd  crowd
	seed   uint64
	dir    string
	listen string // where the bot does
	bot    string // its address
	rand   *rand.Rand
	began  time.Time
	killed int
	life   atomic.Pointer[life]
	awake  context.Context // of the people; ends with goHome
	goHome func()
	words  atomic.Int64 // typed so far

	mu   sync.Mutex
	told []told
}

// told is what somebody was told is stored. A new signal or action has a word
// that nothing else has.
type told struct {
	room int
	what string
	nr   int
	word string
}

func newHunt(t *testing.T, p plan, gather func(*hunt) crowd) *hunt {
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv(seedEnv), 10, 64); err == nil {
		seed = given
	}
	t.Logf("%s=%d", seedEnv, seed)
	h := &hunt{
		T: t, plan: p, seed: seed, dir: t.TempDir(), listen: freeAddress(t),
		rand: rand.New(rand.NewPCG(seed, 1)), began: time.Now(),
	}
	h.bot = "http://" + h.listen
	h.awake, h.goHome = context.WithCancel(t.Context())
	h.crowd = gather(h)
	t.Cleanup(func() {
		if l := h.life.Load(); l != nil && l.ended != nil {
			l.cmd.Process.Kill()
			<-l.ended
		}
	})
	return h
}

// heard is called when something happened that the bot had to do with.
func (h *hunt) heard() {
	if l := h.life.Load(); l != nil { // who comes before the first life is not ours
		l.happens()
	}
}

func (h *hunt) run() {
	h.next(forever)
	<-h.life.Load().up
	for room := range h.rooms {
		h.found(room)
	}

	h.crowd.trouble(true)
	var typing sync.WaitGroup
	for i := range uint64(h.typists) {
		p := &typist{hunt: h, rand: rand.New(rand.NewPCG(h.seed, 2+i)), mine: map[string][]told{}}
		typing.Go(p.keepBusy)
	}
	for range h.kills {
		if h.rand.IntN(10) == 0 {
			h.next(forever)
			h.pass(200 * time.Millisecond) // perhaps before it is up
			continue
		}
		h.next(h.rand.IntN(h.fuse))
		h.await()
	}
	h.goHome()
	typing.Wait()
	for range h.kills / 10 { // while it works off what waits
		h.next(forever)
		<-h.life.Load().up
		h.pass(300 * time.Millisecond)
	}
	h.crowd.trouble(false)
	h.next(forever)
	<-h.life.Load().up
	h.finish()
	h.kill(h.life.Load())
	h.noteAfter()
	h.check()
	if t := h.T; t.Failed() {
		t.Logf("the last life:\n%s", h.life.Load().log.String())
	}
	h.report()
}

// found sets up the kernteam of a room. The bot says that it runs a moment
// before it takes commands.
func (h *hunt) found(room int) {
	err := h.crowd.found(room)
	for n := 0; err != nil && n < 100; n++ {
		time.Sleep(10 * time.Millisecond)
		err = h.crowd.found(room)
	}
	if err != nil {
		h.Fatalf("no kernteam: %v\n%s", err, h.life.Load().log.String())
	}
}

var waitingPosts = regexp.MustCompile(`(?m)^kansbot_outbox_waiting (\d+)$`)

// finish lets the last life do all that there is to do. What waits for the
// rehearsal's clock needs no patience, what waits for the platform does.
func (h *hunt) finish() {
	for range 3 {
		answer, err := http.Post(h.bot+"/rehearse/advance", "application/json", strings.NewReader(`{"by": "10m"}`))
		if err != nil || answer.StatusCode != http.StatusOK {
			h.Fatalf("%v, %v\n%s", answer, err, h.life.Load().log.String())
		}
		answer.Body.Close()
	}
	deadline := time.Now().Add(time.Minute)
	for first := true; ; first = false {
		answer, err := http.Get(h.bot + "/metrics")
		if err != nil {
			h.Fatal(err)
		}
		metrics, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		waiting := waitingPosts.FindSubmatch(metrics)
		switch {
		case err != nil || waiting == nil:
			h.Fatalf("metrics: %v\n%s", err, metrics)
		case string(waiting[1]) == "0":
			return
		case time.Now().After(deadline):
			h.Errorf("%s posts still wait", waiting[1])
			return
		case first:
			h.Logf("after %v: %s posts wait for the platform", time.Since(h.began).Round(time.Second), waiting[1])
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// freeAddress stays free between two lives: its port is not one that a
// connection from here gets by chance.
func freeAddress(t interface{ Fatalf(string, ...any) }) string {
	for range 100 {
		address := fmt.Sprint("127.0.0.1:", 20_000+rand.IntN(10_000))
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	t.Fatalf("no free port")
	return ""
}

// life is one process.
type life struct {
	cmd   *exec.Cmd
	log   lockedBuffer
	runs  sync.Once
	up    chan struct{} // closed when it runs
	over  chan struct{} // closed when another one is to come
	fuse  atomic.Int64  // how many things happen before its end
	doom  chan struct{} // closed at its end
	ended chan struct{} // closed when it has ended; nil before it began
}

func (l *life) Write(line []byte) (int, error) {
	n, err := l.log.Write(line)
	if strings.Contains(l.log.String(), `msg="kansbot runs"`) {
		l.runs.Do(func() { close(l.up) })
	}
	return n, err
}

func (l *life) happens() {
	if l.fuse.Add(-1) == 0 {
		close(l.doom)
	}
}

// next ends the life before and begins one that lasts for a number of things
// that happen. Meanwhile people wait.
func (h *hunt) next(fuse int) {
	l := &life{up: make(chan struct{}), over: make(chan struct{}), doom: make(chan struct{})}
	l.fuse.Store(int64(fuse) + 1)
	if before := h.life.Swap(l); before != nil {
		close(before.over)
		h.kill(before)
	}
	const whole = 22 * time.Hour
	noon := time.Date(2027, 1, 11, 12, 0, 0, 0, amsterdam)
	now := noon.Add(time.Since(h.began) + time.Duration(h.killed)*whole/time.Duration(h.kills))
	l.cmd = exec.Command(os.Args[0], "serve", "--rehearse-from", now.Format(time.RFC3339Nano))
	l.cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "KANSBOT_") }),
		killEnv+"=1", "KANSBOT_LISTEN="+h.listen, "KANSBOT_PUBLIC_URL="+h.bot, "KANSBOT_DATA="+h.dir)
	l.cmd.Env = append(l.cmd.Env, h.crowd.env()...)
	l.cmd.Stderr = l
	if _, err := l.cmd.StdinPipe(); err != nil {
		h.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		h.Fatal(err)
	}
	l.ended = make(chan struct{})
	go func() {
		l.cmd.Wait() // an error in any case: it is killed
		close(l.ended)
	}()
	l.happens()
}

// pass lets some time pass, less than most.
func (h *hunt) pass(most time.Duration) { time.Sleep(time.Duration(h.rand.Int64N(int64(most)))) }

// await returns at a random moment after the fuse has burnt.
func (h *hunt) await() {
	l := h.life.Load()
	select {
	case <-l.doom:
	case <-l.ended: // which kill reports
	case <-time.After(2 * time.Minute): // only a failing test waits for it
		h.Fatalf("nothing happens any more\n%s", l.log.String())
	}
	h.pass(3 * time.Millisecond)
}

func (h *hunt) kill(l *life) {
	l.cmd.Process.Kill()
	<-l.ended
	if status, ok := l.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		h.Fatalf("it ended by itself: %v\n%s", l.cmd.ProcessState, l.log.String())
	}
	h.crowd.settle()
	h.killed++
	for _, bad := range []string{"panic", "event failed", "due moment failed", "refused for good", "cannot write", "cannot read", "DATA RACE"} {
		if strings.Contains(l.log.String(), bad) {
			h.Errorf("%s:\n%s", bad, l.log.String())
		}
	}
}
