package slack

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"kansbot/internal/chat"
)

// Pace is how fast we ask, so that Slack never has to refuse. The zero Pace is
// what Slack allows.
type Pace struct {
	Unlimited bool // for a server that is not Slack
}

// The methods that wait their turn. Others answer a person, whose trigger does
// not wait.
const (
	authTest             = "auth.test"
	chatPostMessage      = "chat.postMessage"
	chatUpdate           = "chat.update"
	conversationsHistory = "conversations.history"
	conversationsMembers = "conversations.members"
	conversationsOpen    = "conversations.open"
	conversationsReplies = "conversations.replies"
	usersConversations   = "users.conversations"
	usersInfo            = "users.info"
	viewsPublish         = "views.publish"
)

// perMinute is how often Slack lets an app use a method in one workspace: see
// https://docs.slack.dev/apis/web-api/rate-limits and each method's tier there.
// Of auth.test and chat.postMessage it does not tell; the latter's "several
// hundred" we take for 300.
var perMinute = map[string]int{
	authTest:             100,
	chatPostMessage:      300,
	chatUpdate:           50,
	conversationsHistory: 50,
	conversationsMembers: 100,
	conversationsOpen:    50,
	conversationsReplies: 50,
	usersConversations:   50,
	usersInfo:            100,
	viewsPublish:         100,
}

// A channel takes one message a second, and a few at once. This is a little less,
// for turns that come late.
const (
	channelEvery = 1100 * time.Millisecond
	channelBurst = 2
)

// late is how long after its moment a turn is still good. All that late turns
// and the limits below can amount to in any minute is 98% of what Slack allows.
const late = 2 * time.Second

// limit is one allowance of Slack's.
type limit struct {
	*rate.Limiter
	until time.Time // Slack refuses everything until then
	// Of chat.postMessage: the lane that it last refused, and until when.
	refused      string
	refusedUntil time.Time
}

// bound is where a limit holds: for a method, of chat.postMessage also in a lane.
type bound struct{ method, lane string }

// turn is what a lane waits for: to use a method once, and one to look with
// before that. A lane is what goes by itself: a channel, a person, one look-up.
type turn struct{ lane, look, method string }

// pacer gives out turns in one workspace.
type pacer struct {
	pace     Pace
	mu       sync.Mutex
	limits   map[bound]*limit
	promised map[turn]time.Time
	swept    time.Time
	lookUps  int
}

func newPacer(p Pace) *pacer {
	return &pacer{pace: p, limits: make(map[bound]*limit), promised: make(map[turn]time.Time)}
}

// take gives 0 when it can be this turn now. Otherwise it gives how long to
// wait, and promises the turn to who asks again within two seconds of that
// moment. Who comes earlier waits on, who comes later gets a new promise, behind
// all others.
func (p *pacer) take(t turn, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(now)
	at, promised := p.promised[t]
	delete(p.promised, t)
	if !promised || now.After(at.Add(late)) || p.blocked(t).After(later(at, now)) {
		at = p.next(t, now)
	}
	if !at.After(now) {
		return 0
	}
	p.promised[t] = at
	return roundUp(at.Sub(now))
}

// next is the first moment that nobody has been promised.
func (p *pacer) next(t turn, now time.Time) time.Time {
	at := now
	for _, m := range t.methods() {
		l := p.limit(m, "")
		// Always as of now: a limiter cannot go back to an earlier moment.
		free := later(now, l.until)
		at = later(at, free.Add(l.ReserveN(free, 1).DelayFrom(free)))
	}
	if t.method == chatPostMessage {
		// No other lane uses this one, so it can count from the turn itself.
		l := p.limit(t.method, t.lane)
		at = later(at, l.until)
		at = at.Add(l.ReserveN(at, 1).DelayFrom(at))
	}
	return at
}

// blocked is until when Slack refuses.
func (p *pacer) blocked(t turn) (until time.Time) {
	for _, m := range t.methods() {
		until = later(until, p.limit(m, "").until)
	}
	if t.method == chatPostMessage {
		until = later(until, p.limit(t.method, t.lane).until)
	}
	return until
}

func (t turn) methods() []string {
	if t.look != "" {
		return []string{t.look, t.method}
	}
	return []string{t.method}
}

// block heeds that Slack refused the method of a turn until a moment; the turn
// itself is kept. Slack does not say of chat.postMessage whether the channel has
// had enough or the workspace. It is the workspace when another channel was
// refused too, and still is.
func (p *pacer) block(t turn, now, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.promised[t] = until
	l := p.limit(t.method, "")
	if t.method == chatPostMessage {
		here := p.limit(t.method, t.lane)
		here.until = later(here.until, until)
		alone := l.refused == t.lane || !l.refusedUntil.After(now)
		l.refused, l.refusedUntil = t.lane, later(l.refusedUntil, until)
		if alone {
			return
		}
	}
	l.until = later(l.until, until)
}

func (p *pacer) limit(method, lane string) *limit {
	at := bound{method, lane}
	l := p.limits[at]
	if l == nil {
		l = &limit{Limiter: p.limiter(method, lane)}
		p.limits[at] = l
	}
	return l
}

// limiter gives out a fifth of a minute's allowance at once and three quarters
// of it as the minute goes by: never more than 95% in any minute.
func (p *pacer) limiter(method, lane string) *rate.Limiter {
	switch {
	case p.pace.Unlimited:
		return rate.NewLimiter(rate.Inf, 0)
	case lane != "":
		return rate.NewLimiter(rate.Every(channelEvery), channelBurst)
	}
	n := perMinute[method]
	return rate.NewLimiter(rate.Limit(float64(n)*0.75/60), n/5)
}

// sweep forgets, once a minute, what would be the same if made anew.
func (p *pacer) sweep(now time.Time) {
	if now.Sub(p.swept) < time.Minute {
		return
	}
	p.swept = now
	for t, at := range p.promised {
		if now.After(at.Add(late)) {
			delete(p.promised, t)
		}
	}
	for at, l := range p.limits {
		if at.lane != "" && !l.until.After(now) && l.TokensAt(now) >= float64(l.Burst()) {
			delete(p.limits, at)
		}
	}
}

var errTurn = errors.New("slack: others have their turn first")

// waits is what a delivery fails with that must wait its turn. Nothing was sent.
func waits(wait time.Duration) *chat.Failure {
	return &chat.Failure{Outcome: chat.NotSent, After: wait, Here: true, Err: errTurn}
}

// wait waits for a turn at a look-up; when ctx would end before, it does not
// wait. Who is patient leaves half of what may be asked at once to others.
func (p *pacer) wait(ctx context.Context, method string, patient bool, now func() time.Time) (turn, error) {
	p.mu.Lock()
	p.lookUps++
	t := turn{lane: "look-up " + strconv.Itoa(p.lookUps), method: method}
	p.mu.Unlock()
	for {
		pause := time.Duration(0)
		if patient {
			pause = p.crowded(method, now())
		}
		if pause == 0 {
			pause = p.take(t, now())
		}
		if pause == 0 {
			return t, nil
		}
		if end, ends := ctx.Deadline(); ends && time.Until(end) < pause {
			return t, waits(pause)
		}
		if err := sleep(ctx, pause); err != nil {
			return t, err
		}
	}
}

// crowded is how long it takes until half of what may be asked at once is left.
func (p *pacer) crowded(method string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.limit(method, "")
	missing := float64(l.Burst()/2) - l.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return roundUp(time.Duration(missing / float64(l.Limit()) * float64(time.Second)))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// roundUp makes up for what a limiter leaves off below the nanosecond.
func roundUp(d time.Duration) time.Duration {
	return (d + time.Millisecond - 1).Truncate(time.Millisecond)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
