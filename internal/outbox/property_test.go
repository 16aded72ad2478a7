package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
)

// model is what the channels must show in the end.
type model struct {
	order  map[chat.To][]string // keys, as put
	under  map[string]string
	newest map[string]string // text by key
}

// Whatever goes wrong, each post is there exactly once in the end, in the order
// of Put, in its thread, with its newest body.
func TestEverythingArrivesOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var stopped any // how rapid ends a run; it must get there through its own goroutine
		synctest.Test(t, func(*testing.T) {
			defer func() { stopped = recover() }()
			checkRun(rt)
		})
		if stopped != nil {
			panic(stopped)
		}
	})
}

func checkRun(t *rapid.T) {
	w := &world{
		db:    &fragile{DB: &memory{data: make(map[string]string)}},
		p:     &imitation{name: "imitation", script: make(map[string][]act)},
		model: model{make(map[chat.To][]string), make(map[string]string), make(map[string]string)},
	}
	w.start()
	defer func() { w.stop() }()
	t.Repeat(map[string]func(*rapid.T){
		"put":     w.put,
		"replace": w.replace,
		"time":    w.time,
		"crash":   func(*rapid.T) { w.crash() },
	})
	w.p.clear()
	w.crash()
	time.Sleep(2 * longWait)
	synctest.Wait()
	w.check(t)
}

type world struct {
	db    *fragile
	p     *imitation
	model model
	d     *Dispatcher
	stop  func()
}

func (w *world) start() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	w.d = New(w.db, []chat.Platform{w.p}, Options{Now: time.Now, Workers: 2, Rand: rand.Float64})
	go func() { ended <- w.d.Run(ctx) }()
	w.stop = func() {
		cancel()
		<-ended
	}
}

// crash loses all that is not in the store at this moment.
func (w *world) crash() {
	w.db.broken.Store(true)
	w.stop()
	w.db.broken.Store(false)
	w.start()
}

// put queues a post, with what will go wrong on its way.
func (w *world) put(t *rapid.T) {
	to := chat.To{Platform: w.p.name, Workspace: rapid.SampledFrom([]string{"v", "w"}).Draw(t, "workspace"), Channel: "a"}
	if rapid.Bool().Draw(t, "direct") {
		to.Channel, to.User = "", "a"
	}
	post := chat.Post{Key: fmt.Sprint("p", len(w.model.newest)), To: to}
	roots := slices.DeleteFunc(slices.Clone(w.model.order[to]), func(key string) bool { return w.model.under[key] != "" })
	if len(roots) > 0 && rapid.Bool().Draw(t, "reply") {
		post.Under = rapid.SampledFrom(roots).Draw(t, "root")
		w.model.under[post.Key] = post.Under
	}
	w.model.order[to] = append(w.model.order[to], post.Key)
	w.model.newest[post.Key] = "1"
	post.Body = says("1")
	w.p.plan(post.Key, rapid.SliceOfN(rapid.SampledFrom(slices.Sorted(maps.Keys(troubles))), 0, 4).Draw(t, "troubles"))
	w.update(t, func(tx kv.Tx) error { return errors.Join(Put(tx, post), Put(tx, post)) })
}

func (w *world) replace(t *rapid.T) {
	if len(w.model.newest) == 0 {
		t.Skip("nothing to replace")
	}
	key := rapid.SampledFrom(slices.Sorted(maps.Keys(w.model.newest))).Draw(t, "key")
	w.model.newest[key] += "+"
	text := w.model.newest[key]
	w.update(t, func(tx kv.Tx) error { return Replace(tx, key, says(text)) })
}

func (w *world) update(t *rapid.T, fn func(kv.Tx) error) {
	if err := w.db.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
	w.d.Wake()
}

func (w *world) time(t *rapid.T) {
	w.p.takes.Store(int64(rapid.IntRange(0, 40).Draw(t, "a delivery takes")) * int64(time.Millisecond))
	time.Sleep(time.Duration(rapid.SampledFrom([]int{1, 10, 100, 10_000}).Draw(t, "goes by")) * time.Millisecond)
	synctest.Wait()
}

var troubles = map[string]act{
	"none":           func(land func() (chat.PostID, error)) (chat.PostID, error) { return land() },
	"lands, unknown": landing(fail(chat.Unknown, 0)),
	"lands, panics":  func(land func() (chat.PostID, error)) (chat.PostID, error) { land(); panic("imitated") },
	"lands, no id":   landing(nil),
	"lost, unknown":  failing(fail(chat.Unknown, 0)),
	"lost, wait":     failing(fail(chat.Unknown, 20*time.Millisecond)),
	"not sent":       failing(fail(chat.NotSent, 0)),
	"not sent, wait": failing(fail(chat.NotSent, 30*time.Millisecond)),
}

func (p *imitation) plan(key string, names []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range names {
		p.script[key] = append(p.script[key], troubles[name])
	}
}

func (p *imitation) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = nil
}

func (w *world) check(t *rapid.T) {
	ids := make(map[string]chat.PostID)
	for _, m := range w.p.messages {
		ids[m.key] = m.id
	}
	for to, keys := range w.model.order {
		var want []string
		for _, key := range keys {
			line := key + ": " + w.model.newest[key]
			if w.model.under[key] != "" {
				line = "> " + line
			}
			want = append(want, line)
		}
		if got := w.p.shows(to); !slices.Equal(got, want) {
			t.Errorf("%+v shows\n%q\nwant\n%q", to, got, want)
		}
	}
	for _, m := range w.p.messages {
		if root := w.model.under[m.key]; m.under != ids[root] {
			t.Errorf("%s is under %q, not under %s", m.key, m.under, root)
		}
	}
	for _, wrong := range w.p.wrong {
		t.Error(wrong)
	}
	for key := range w.model.newest {
		w.update(t, func(tx kv.Tx) error {
			s, _, err := Get(tx, key)
			if err == nil && (s.State != Sent || s.Sent != s.Wanted || s.ID != ids[key]) {
				err = fmt.Errorf("status %+v", s)
			}
			return err
		})
	}
}
