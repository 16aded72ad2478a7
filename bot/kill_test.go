package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
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

	"github.com/mattermost/mattermost/server/public/model"
)

const (
	killEnv  = "KILL_TEST_BOT"  // when set, this process is the bot to be killed
	seedEnv  = "KILL_TEST_SEED" // decides who does what, what goes wrong and when to kill; not how processes take turns
	kills    = 220              // a few of them before the bot is up
	typists  = 8
	channels = 6
	forever  = 1 << 30
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
// A few minutes pass between one life and the next, by the rehearsal's clock,
// so that no post waits long; the night goes by, and reminders fall due.
func TestKilled(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv(seedEnv), 10, 64); err == nil {
		seed = given
	}
	t.Logf("%s=%d", seedEnv, seed)
	h := newHunt(t, seed)
	h.next(forever)
	for _, room := range h.server.rooms {
		h.found(room)
	}

	h.server.trouble(true)
	var typing sync.WaitGroup
	for i := range uint64(typists) {
		p := &typist{hunt: h, rand: rand.New(rand.NewPCG(seed, 2+i)), mine: map[string][]told{}}
		typing.Go(p.keepBusy)
	}
	for range kills {
		if h.rand.IntN(10) == 0 {
			h.next(forever)
			time.Sleep(time.Duration(h.rand.Int64N(int64(200 * time.Millisecond)))) // perhaps before it is up
			continue
		}
		h.next(h.rand.IntN(70))
		h.await()
	}
	h.goHome()
	typing.Wait()

	h.server.trouble(false)
	h.next(forever)
	<-h.life.Load().up
	for range 3 {
		if _, err := h.server.sendJSON(h.server.bot+"/rehearse/advance", map[string]string{"by": "10m"}); err != nil {
			t.Fatal(err)
		}
	}
	h.kill(h.life.Load())
	h.check()
	if t.Failed() {
		t.Logf("the last life:\n%s", h.life.Load().log.String())
	}
	h.report()
}

// hunt is one bot in all of its lives.
type hunt struct {
	*testing.T
	server  *imitation
	dir     string
	address string
	rand    *rand.Rand
	began   time.Time
	killed  int
	life    atomic.Pointer[life]
	awake   context.Context // of the people; ends with goHome
	goHome  func()
	serial  atomic.Int64

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

func newHunt(t *testing.T, seed uint64) *hunt {
	address := freeAddress(t)
	h := &hunt{
		T: t, dir: t.TempDir(), address: address,
		rand: rand.New(rand.NewPCG(seed, 1)), began: time.Now(),
	}
	h.awake, h.goHome = context.WithCancel(t.Context())
	h.server = imitate(t, "http://"+address, seed, channels, func() {
		if l := h.life.Load(); l != nil { // who comes before the first life is not ours
			l.happens()
		}
	})
	t.Cleanup(func() {
		if l := h.life.Load(); l.ended != nil {
			l.cmd.Process.Kill()
			<-l.ended
		}
	})
	return h
}

// freeAddress stays free between two lives: its port is not one that a
// connection from here gets by chance.
func freeAddress(t *testing.T) string {
	for range 100 {
		address := fmt.Sprint("127.0.0.1:", 20_000+rand.IntN(10_000))
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal("no free port")
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
	evening := time.Date(2027, 1, 11, 20, 0, 0, 0, amsterdam)
	now := evening.Add(time.Since(h.began) + time.Duration(h.killed)*6*time.Minute)
	l.cmd = exec.Command(os.Args[0], "serve", "--rehearse-from", now.Format(time.RFC3339Nano))
	l.cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "KANSBOT_") }),
		killEnv+"=1",
		"KANSBOT_LISTEN="+h.address, "KANSBOT_PUBLIC_URL="+h.server.bot, "KANSBOT_DATA="+h.dir,
		"KANSBOT_MATTERMOST_URL="+h.server.URL, "KANSBOT_MATTERMOST_TOKEN="+imitationToken,
		"KANSBOT_MATTERMOST_COMMAND_TOKENS={signaal: "+commandToken("signaal")+", actie: "+commandToken("actie")+", kernteam: "+commandToken("kernteam")+"}",
		"KANSBOT_MATTERMOST_ACTION_SECRET="+strings.Repeat("a1", 20), "KANSBOT_MATTERMOST_DIALOG_SECRET="+strings.Repeat("d2", 20),
	)
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

// await returns at a random moment after the fuse has burnt.
func (h *hunt) await() {
	l := h.life.Load()
	select {
	case <-l.doom:
	case <-l.ended: // which kill reports
	case <-time.After(2 * time.Minute): // only a failing test waits for it
		h.Fatalf("nothing happens any more\n%s", l.log.String())
	}
	time.Sleep(time.Duration(h.rand.Int64N(int64(3 * time.Millisecond))))
}

func (h *hunt) kill(l *life) {
	l.cmd.Process.Kill()
	<-l.ended
	if status, ok := l.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		h.Fatalf("it ended by itself: %v\n%s", l.cmd.ProcessState, l.log.String())
	}
	h.server.settle()
	h.killed++
	for _, bad := range []string{"panic", "event failed", "due moment failed", "refused for good", "cannot write", "cannot read", "DATA RACE"} {
		if strings.Contains(l.log.String(), bad) {
			h.Errorf("%s:\n%s", bad, l.log.String())
		}
	}
}

// found sets up the kernteam of a room, as its people would.
func (h *hunt) found(room *model.Channel) {
	<-h.life.Load().up
	chair, trigger := h.server.people[0], h.trigger()
	answer, err := h.server.command(room, chair, "kernteam", trigger)
	for n := 0; err != nil && n < 100; n++ { // it says that it runs a moment before it takes commands
		time.Sleep(10 * time.Millisecond)
		answer, err = h.server.command(room, chair, "kernteam", trigger)
	}
	if err == nil {
		err = h.server.submit(room, chair, trigger, map[string]any{
			"naam": "Kernteam De Zwaan", "school": "De Zwaan", "gemeente": "Zwanendam",
			"soort": "basisonderwijs", "regio": "midden", "taal": "nl", "voorzitter": chair.Id,
		})
	}
	if err != nil {
		h.Fatalf("no kernteam: %v; %q\n%s", err, answer, h.life.Load().log.String())
	}
}

func (h *hunt) trigger() string { return fmt.Sprint("trigger", h.serial.Add(1)) }

// word is one that nobody ever typed before, and no name.
func (h *hunt) word() string {
	const letters = "bcdfghjklmnpqrstvwxz"
	word := "zq"
	for n := int(h.serial.Add(1)); n > 0; n /= len(letters) {
		word += letters[n%len(letters):][:1]
	}
	return word
}

// typist is somebody, or rather everybody in turn, at a keyboard.
type typist struct {
	*hunt
	rand *rand.Rand
	mine map[string][]told // what they were told of, by kind
}

func (p *typist) keepBusy() {
	for p.awaitUp() {
		p.act()
	}
}

// awaitUp returns when the bot runs, or false when the people go home.
func (h *hunt) awaitUp() bool {
	for {
		l := h.life.Load()
		select {
		case <-h.awake.Done():
			return false
		case <-l.up:
			return true
		case <-l.over:
		}
	}
}

// act does one thing: a new signal or action, or something with an earlier one.
func (p *typist) act() {
	room, user := p.rand.IntN(channels), p.rand.IntN(len(p.server.people))
	switch kind := p.rand.IntN(20); {
	case kind < 8:
		word := p.word()
		p.types(told{room: room, word: word}, user, "signaal nieuw kijkt weg bij "+word+" #leren")
	case kind < 12:
		word, owner := p.word(), p.server.people[p.rand.IntN(len(p.server.people))].Username
		p.types(told{room: room, word: word}, user, "actie @"+owner+" belt "+word+" morgen")
	case kind < 15:
		if a, found := p.earlier("action"); found {
			deed := []string{"klaar %d", "uitstel %d tot over 3 weken", "hulp %d"}[p.rand.IntN(3)]
			p.types(told{room: a.room}, user, "actie "+fmt.Sprintf(deed, a.nr))
		}
	case kind < 17:
		if s, found := p.earlier("signal"); found {
			p.types(told{room: s.room}, 0, fmt.Sprintf("signaal wijzig %d ouders: akkoord", s.nr)) // the chair may
		}
	default:
		p.presses(user)
	}
}

func (p *typist) earlier(what string) (told, bool) {
	list := p.mine[what]
	if len(list) == 0 {
		return told{}, false
	}
	return list[p.rand.IntN(len(list))], true
}

// types gives a command. When the answer got lost, the request may come a
// second time, as proxies do.
func (p *typist) types(about told, user int, line string) {
	room, trigger := p.server.rooms[about.room], p.trigger()
	answer, err := p.server.command(room, p.server.people[user], line, trigger)
	if err != nil && p.rand.IntN(2) == 0 && p.awaitUp() {
		answer, err = p.server.command(room, p.server.people[user], line, trigger)
		if err == nil && answer == "" && about.word != "" {
			about.what = "again" // nothing to say: that was done already
			p.note(about)
		}
	}
	if err == nil {
		p.hears(about, answer)
	}
}

func (p *typist) presses(user int) {
	posts := p.server.all()
	if len(posts) == 0 {
		return
	}
	post := posts[p.rand.IntN(len(posts))]
	room := slices.IndexFunc(p.server.rooms, func(c *model.Channel) bool { return c.Id == post.ChannelId })
	for _, a := range post.Attachments() {
		if len(a.Actions) == 0 || room < 0 {
			continue
		}
		answer, err := p.server.press(post, a.Actions[p.rand.IntN(len(a.Actions))], p.server.people[user], p.trigger())
		if err == nil {
			p.hears(told{room: room}, answer)
		}
		return
	}
}

// answers are what people are told once something is stored.
var answers = map[string]*regexp.Regexp{
	"signal":    regexp.MustCompile(`nu signaal \*\*(\d+)\*\* over`),
	"changed":   regexp.MustCompile(`^Signaal (\d+) is aangepast`),
	"action":    regexp.MustCompile(`^Actie \*\*(\d+)\*\* staat op naam`),
	"done":      regexp.MustCompile(`^Mooi, actie (\d+) is klaar`),
	"postponed": regexp.MustCompile(`^Actie (\d+) heeft een nieuwe datum`),
}

func (p *typist) hears(about told, answer string) {
	for what, pattern := range answers {
		if found := pattern.FindStringSubmatch(answer); found != nil {
			about.what = what
			about.nr, _ = strconv.Atoi(found[1])
			p.mine[what] = append(p.mine[what], about)
			p.note(about)
		}
	}
}

func (h *hunt) note(about told) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, about)
}
