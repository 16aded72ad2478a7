package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// grant is a turn that was taken.
type grant struct {
	turn
	at time.Duration // since the test began
}

// most is how many turns fall in any stretch of time.
func most(at []time.Duration, stretch time.Duration) (n int) {
	slices.Sort(at)
	for from, to := 0, 0; to < len(at); to++ {
		for at[to]-at[from] >= stretch {
			from++
		}
		n = max(n, to-from+1)
	}
	return n
}

// withinLimits checks turns against what Slack allows: each method so often in
// any minute, and messages in a channel one a second with three at once.
func withinLimits(t interface{ Errorf(string, ...any) }, grants []grant) {
	methods, lanes := map[string][]time.Duration{}, map[string][]time.Duration{}
	for _, g := range grants {
		for _, b := range g.bounds() {
			if b.lane != "" {
				lanes[b.lane] = append(lanes[b.lane], g.at)
			} else {
				methods[b.method] = append(methods[b.method], g.at)
			}
		}
	}
	for m, at := range methods {
		if n := most(at, time.Minute); n > perMinute[m] {
			t.Errorf("%d times %s in a minute", n, m)
		}
	}
	for lane, at := range lanes {
		for _, seconds := range []int{1, 2, 5, 10, 60} {
			if n := most(at, time.Duration(seconds)*time.Second); n > seconds+3 {
				t.Errorf("%d messages in %s within %d s", n, lane, seconds)
			}
		}
	}
}

// walker is a lane with things to do, one by one.
type walker struct {
	todo    []turn
	ask     time.Duration // when it asks again
	since   time.Duration // when it first asked for what it waits for
	refusal int           // how often it was sent away since
}

// play has lanes take their turns, in the order of time, and hands back the turns
// taken. Each comes back when it was told to, and then as late as tardy says.
func play(t *rapid.T, p *pacer, lanes []*walker, tardy func(at time.Duration) time.Duration, taken func(w *walker, g grant)) {
	for steps := 0; ; steps++ {
		var next *walker
		for _, w := range lanes {
			if len(w.todo) > 0 && (next == nil || w.ask < next.ask) {
				next = w
			}
		}
		if next == nil {
			return
		}
		if steps > 100_000 {
			t.Fatalf("somebody starves")
		}
		wait := p.take(next.todo[0], someday.Add(next.ask))
		if wait > 0 {
			next.refusal++
			next.ask += wait
			next.ask += tardy(next.ask)
			continue
		}
		taken(next, grant{next.todo[0], next.ask})
		next.todo, next.since, next.refusal = next.todo[1:], next.ask, 0
	}
}

var anyTurn = rapid.Custom(func(t *rapid.T) turn {
	return rapid.SampledFrom([]turn{
		{method: chatPostMessage}, {method: chatPostMessage}, {method: chatPostMessage}, {method: chatAnswers},
		{method: chatUpdate}, {method: viewsPublish}, {method: conversationsOpen}, {method: usersInfo},
	}).Draw(t, "turn")
})

func anyLanes(t *rapid.T) (lanes []*walker) {
	for i := range rapid.IntRange(1, 150).Draw(t, "lanes") {
		w := &walker{ask: time.Duration(rapid.IntRange(0, 90_000).Draw(t, "begins")) * time.Millisecond}
		w.since = w.ask
		for range rapid.IntRange(1, 6).Draw(t, "messages") {
			next := anyTurn.Draw(t, "next")
			next.lane = fmt.Sprint("lane ", i)
			w.todo = append(w.todo, next)
		}
		lanes = append(lanes, w)
	}
	return lanes
}

// Whoever comes back in time is sent away once at most, has its turn before all
// that asked later, and all together stay within the limits.
func TestTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var grants []grant
		tardy := func(time.Duration) time.Duration {
			return time.Duration(rapid.Int64Range(0, int64(late-time.Millisecond)).Draw(t, "tardy"))
		}
		if rapid.Bool().Draw(t, "punctual") {
			tardy = func(time.Duration) time.Duration { return 0 }
		}
		play(t, newPacer(Pace{}), anyLanes(t), tardy, func(w *walker, g grant) {
			if w.refusal > 1 {
				t.Errorf("%v came back %d times", g.turn, w.refusal)
			}
			grants = append(grants, g)
		})
		withinLimits(t, grants)
	})
}

// The turns of a method come in the order in which lanes asked, and none is
// wasted: n lanes take no longer than the limit makes them.
func TestOrder(t *testing.T) {
	for _, method := range []string{chatPostMessage, chatUpdate, viewsPublish} {
		p, n := newPacer(Pace{}), 2000
		type slot struct{ lane, ms int }
		var slots []slot
		for i := range n {
			slots = append(slots, slot{i, int(p.take(turn{lane: fmt.Sprint(i), method: method}, someday).Milliseconds())})
		}
		if !slices.IsSortedFunc(slots, func(a, b slot) int { return cmp.Compare(a.ms, b.ms) }) {
			t.Errorf("%s: not in order", method)
		}
		longest := time.Duration(float64(n-perMinute[method]/5) / (0.75 * float64(perMinute[method])) * float64(time.Minute))
		if last := time.Duration(slots[n-1].ms) * time.Millisecond; last < longest-time.Second || last > longest+time.Second {
			t.Errorf("%s: %d lanes take %v instead of %v", method, n, last, longest)
		}
		for _, s := range slots {
			at := someday.Add(time.Duration(s.ms) * time.Millisecond)
			if s.ms == 0 {
				continue
			}
			mine := turn{lane: fmt.Sprint(s.lane), method: method}
			if wait := p.take(mine, at.Add(-time.Millisecond)); wait != time.Millisecond {
				t.Fatalf("%s: too early by 1 ms, and waits %v", method, wait)
			}
			if wait := p.take(mine, at); wait != 0 {
				t.Fatalf("%s: lane %d waits %v on", method, s.lane, wait)
			}
		}
	}
}

// However late lanes come back, and whatever Slack refuses meanwhile: the limits
// hold, nobody asks while Slack refuses, and everybody has their turn.
func TestTurnsInDisorder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPacer(Pace{})
		var grants []grant
		tardy := func(at time.Duration) time.Duration {
			switch rapid.IntRange(0, 3).Draw(t, "tardy") {
			case 0:
				return time.Duration(rapid.IntRange(0, 60_000).Draw(t, "ms")) * time.Millisecond
			case 1: // nothing happens for a while, and then all at once
				return at.Truncate(40*time.Second) + 40*time.Second - at
			}
			return 0
		}
		type refusal struct {
			turn
			until time.Duration
		}
		var refusals []refusal
		play(t, p, anyLanes(t), tardy, func(w *walker, g grant) {
			for _, r := range refusals {
				if r.until > g.at && (r.posts() && g.posts() && r.lane == g.lane || !r.posts() && r.method == g.method) {
					t.Errorf("%v at %v, refused until %v", g.turn, g.at, r.until)
				}
			}
			if len(refusals) < 5 && rapid.IntRange(0, 20).Draw(t, "refused") == 0 {
				r := refusal{g.turn, g.at + time.Duration(rapid.IntRange(1, 60).Draw(t, "seconds"))*time.Second}
				refusals = append(refusals, r)
				p.block(g.turn, someday.Add(g.at), someday.Add(r.until))
			}
			grants = append(grants, g)
		})
		withinLimits(t, grants)
	})
}

// After a while without any, turns that were promised in it do not come together.
func TestStall(t *testing.T) {
	for _, stall := range []time.Duration{59 * time.Second, 10 * time.Minute} {
		p, at, grants := newPacer(Pace{}), time.Duration(0), []grant(nil)
		lanes := make(map[turn]time.Duration) // when each asks again
		for i := range 1000 {
			lanes[turn{lane: fmt.Sprint(i), method: chatUpdate}] = 0
		}
		for len(lanes) > 0 {
			next := time.Duration(math.MaxInt64)
			for one, ask := range lanes {
				if ask <= at {
					wait := p.take(one, someday.Add(at))
					if wait == 0 {
						grants = append(grants, grant{one, at})
						delete(lanes, one)
						continue
					}
					ask = at + wait
					lanes[one] = ask
				}
				next = min(next, ask)
			}
			if at == 0 {
				next = stall
			}
			at = next
		}
		withinLimits(t, grants)
	}
}

func TestRefusedByPace(t *testing.T) {
	p := newPacer(Pace{})
	zwaan, gans := turn{lane: "zwaan", method: chatPostMessage}, turn{lane: "gans", method: chatPostMessage}
	edit, anna := turn{lane: "zwaan", method: chatUpdate}, turn{lane: "anna", look: conversationsHistory, method: chatPostMessage}
	expect := func(when string, now time.Time, want map[turn]time.Duration) {
		t.Helper()
		for one, wait := range want {
			if got := p.take(one, now); got != wait {
				t.Errorf("%s: %v waits %v, not %v", when, one, got, wait)
			}
		}
	}
	p.block(zwaan, someday, someday.Add(30*time.Second))
	again := turn{lane: "zwaan", look: conversationsHistory, method: chatPostMessage}
	expect("one channel is refused", someday, map[turn]time.Duration{zwaan: 30 * time.Second, again: 30 * time.Second, gans: 0, edit: 0, anna: 0})
	p.block(gans, someday.Add(time.Second), someday.Add(11*time.Second))
	expect("another one too", someday.Add(time.Second), map[turn]time.Duration{zwaan: 39 * time.Second, gans: 10 * time.Second, edit: 0, anna: 10 * time.Second})
	expect("the workspace may", someday.Add(11*time.Second), map[turn]time.Duration{zwaan: 29 * time.Second, gans: 0, anna: 0})
	expect("all may", someday.Add(40*time.Second), map[turn]time.Duration{zwaan: 0, gans: 0, anna: 0})
	for i := range 100 { // they ask later, and have no turn before
		p.take(turn{lane: fmt.Sprint(i), method: chatUpdate}, someday.Add(40*time.Second))
	}
	p.block(edit, someday.Add(40*time.Second), someday.Add(50*time.Second))
	expect("edits are refused", someday.Add(41*time.Second), map[turn]time.Duration{edit: 9 * time.Second, zwaan: 0})
	expect("edits may", someday.Add(50*time.Second), map[turn]time.Duration{edit: 0})
}

// A refusal moves everybody on by as long as it lasts; nobody loses their place,
// and who comes later is behind them.
func TestRefusedInOrder(t *testing.T) {
	for _, look := range []string{"", conversationsHistory} {
		p, n, block := newPacer(Pace{}), 500, 30*time.Second
		lane := func(i int) turn { return turn{lane: fmt.Sprint(i), look: look, method: chatPostMessage} }
		var at []time.Duration
		for i := range n {
			at = append(at, p.take(lane(i), someday))
		}
		now := someday.Add(10 * time.Second)
		for _, refused := range []string{"a", "b"} { // which makes it the workspace
			p.block(turn{lane: refused, method: chatPostMessage}, now, now.Add(block))
		}
		newcomer := now.Add(p.take(lane(n), now))
		var grants []grant
		for i, promised := range at {
			come := someday.Add(promised)
			if come.Before(now.Add(-late)) {
				continue // and gone
			}
			come = later(come, now)
			if wait := p.take(lane(i), come); wait != block {
				t.Fatalf("%s: lane %d was promised %v, and waits %v on", look, i, promised, wait)
			}
			if come = come.Add(block); p.take(lane(i), come) != 0 || come.After(newcomer) {
				t.Fatalf("%s: lane %d lost its place", look, i)
			}
			grants = append(grants, grant{lane(i), come.Sub(someday)})
		}
		withinLimits(t, grants)
	}
}

// Answers are not behind what is delivered, and what is delivered to the same
// person is not behind it.
func TestAnswersFirst(t *testing.T) {
	p := newPacer(Pace{})
	for i := range 3000 {
		p.take(turn{lane: fmt.Sprint("U", i), method: chatPostMessage}, someday)
	}
	for i := range perMinute[chatAnswers] / 5 {
		if wait := p.take(turn{lane: fmt.Sprint("U", 3000-i), method: chatAnswers}, someday); wait != 0 {
			t.Errorf("answer %d waits %v", i, wait)
		}
	}
	if both := perMinute[chatAnswers] + perMinute[chatPostMessage]; both > 300 {
		t.Errorf("together %d in a minute", both)
	}
}

// A promise that nobody comes for is forgotten, as is a channel at rest.
func TestPacerForgets(t *testing.T) {
	p := newPacer(Pace{})
	for i := range 1000 {
		p.take(turn{lane: fmt.Sprint(i), method: chatPostMessage}, someday)
	}
	if len(p.promised) != 1000-perMinute[chatPostMessage]/5 || len(p.limits) != 1001 {
		t.Fatalf("%d promises, %d limits", len(p.promised), len(p.limits))
	}
	p.take(turn{method: chatUpdate}, someday.Add(time.Hour))
	if len(p.promised) != 0 || len(p.limits) != 2 {
		t.Errorf("%d promises, %d limits are kept", len(p.promised), len(p.limits))
	}
}

func TestUnlimited(t *testing.T) {
	p, zwaan := newPacer(Pace{Unlimited: true}), turn{lane: "zwaan", method: chatPostMessage}
	for range 1000 {
		if wait := p.take(zwaan, someday); wait != 0 {
			t.Fatal(wait)
		}
	}
	p.block(zwaan, someday, someday.Add(time.Second))
	if wait := p.take(zwaan, someday); wait != time.Second {
		t.Errorf("a refusal counts for nothing: %v", wait)
	}
}

// Look-ups in the background leave half of what is there to others, and end.
func TestLookUpsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, began := newPacer(Pace{}), time.Now()
		var background, person []grant
		done := make(chan bool)
		go func() {
			for range 100 {
				if err := p.wait(t.Context(), p.lookUp(usersInfo), true, time.Now); err != nil {
					t.Error(err)
				}
				background = append(background, grant{turn{method: usersInfo}, time.Since(began)})
			}
			close(done)
		}()
		time.Sleep(30 * time.Second)
		for range 10 {
			if err := p.wait(t.Context(), p.lookUp(usersInfo), false, time.Now); err != nil {
				t.Error(err)
			}
			person = append(person, grant{turn{method: usersInfo}, time.Since(began)})
		}
		if waited := person[8].at - 30*time.Second; waited > 0 {
			t.Errorf("somebody waits %v for the background", waited)
		}
		<-done
		withinLimits(t, append(background, person...))
		if took := background[99].at; took > 90*time.Second {
			t.Errorf("100 look-ups take %v", took)
		}

		// Others that keep asking do not keep one from its turn.
		for range 200 {
			go p.wait(t.Context(), p.lookUp(chatUpdate), false, time.Now)
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began = time.Now()
		err := p.wait(ctx, p.lookUp(chatUpdate), false, time.Now)
		if f := failure(err); !errors.Is(err, errTurn) || f.After < time.Minute || time.Since(began) > 0 {
			t.Errorf("waits in vain: %v", err)
		}
		ctx, cancel = context.WithCancel(t.Context())
		go cancel()
		if err = p.wait(ctx, p.lookUp(chatUpdate), false, time.Now); !errors.Is(err, context.Canceled) {
			t.Errorf("waits on: %v", err)
		}
		time.Sleep(10 * time.Minute)
	})
}

// Those who have no time to wait take nobody's place: however many ask, what
// Slack allows is used, and who comes later has their turn.
func TestGivenUp(t *testing.T) {
	for name, test := range map[string]struct {
		method   string
		patience time.Duration
		asking   int
		every    time.Duration
		least    int
	}{
		"all at once":      {usersInfo, lookupTime, 200, 0, 20},
		"for five minutes": {usersInfo, lookupTime, 900, time.Second / 3, 370},
		"presses":          {conversationsMembers, handleTime, 300, time.Second / 15, 70},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newPacer(Pace{})
			try := func(now time.Time) error {
				ctx, cancel := context.WithTimeout(t.Context(), test.patience)
				defer cancel()
				err := p.wait(ctx, p.lookUp(test.method), false, time.Now)
				if err != nil && time.Since(now) > 0 {
					t.Errorf("%s: waits %v in vain", name, time.Since(now))
				}
				return err
			}
			var served atomic.Int64
			var all sync.WaitGroup
			for range test.asking {
				all.Go(func() {
					if try(time.Now()) == nil {
						served.Add(1)
					}
				})
				time.Sleep(test.every)
			}
			all.Wait()
			if n := int(served.Load()); n < test.least {
				t.Errorf("%s: %d of %d had their turn", name, n, test.asking)
			}
			time.Sleep(test.patience)
			if err := try(time.Now()); err != nil {
				t.Errorf("%s: afterwards %v", name, err)
			}
		})
	}
}

// A morning: 10,000 channels that all have something to say at once, and come
// back for it.
func BenchmarkPacer(b *testing.B) {
	lanes := make([]turn, 10_000)
	for i := range lanes {
		lanes[i] = turn{lane: fmt.Sprint("C", i), method: chatPostMessage}
	}
	waits := make([]time.Duration, len(lanes))
	b.ReportAllocs()
	for b.Loop() {
		p := newPacer(Pace{})
		for i, l := range lanes {
			waits[i] = p.take(l, someday)
		}
		for i, l := range lanes {
			if waits[i] > 0 && p.take(l, someday.Add(waits[i])) > 0 {
				b.Fatal("comes back twice")
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(2*len(lanes)), "ns/ask")
}
