package slack

import (
	"context"
	"errors"
	"math"
	"slices"
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
	usersList            = "users.list"
	viewsPublish         = "views.publish"

	// chatAnswers are messages to people who wait for one. They have a share of
	// chat.postMessage of their own, and so do not wait behind what is delivered.
	chatAnswers = "answers"
)

// perMinute is how often Slack lets an app use a method in one workspace: see
// https://docs.slack.dev/apis/web-api/rate-limits and each method's tier there.
// Of auth.test and chat.postMessage it does not tell; the latter's "several
// hundred" we take for 300, with the answers.
var perMinute = map[string]int{
	chatAnswers:          40,
	authTest:             100,
	chatPostMessage:      260,
	chatUpdate:           50,
	conversationsHistory: 50,
	conversationsMembers: 100,
	conversationsOpen:    50,
	conversationsReplies: 50,
	usersConversations:   50,
	usersInfo:            100,
	usersList:            20,
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

// next is when there is one to give that nobody was promised.
func (l *limit) next(now time.Time) time.Time {
	free := later(now, l.until)
	missing := max(0, 1-l.TokensAt(free))
	return free.Add(time.Duration(missing / float64(l.Limit()) * float64(time.Second)))
}

// give counts one that was given or promised: always as of now, as a limiter
// cannot go back to an earlier moment.
func (l *limit) give(now time.Time) { l.ReserveN(later(now, l.until), 1) }

// rest gives nothing until a moment, and gathers nothing either.
func (l *limit) rest(now, until time.Time) {
	if from := later(now, l.until); until.After(from) {
		usual := l.Limit()
		l.SetLimitAt(from, 0)
		l.SetLimitAt(until, usual)
		l.until = until
	}
}

// bound is where a limit holds: for a method, or for messages in a lane.
type bound struct{ method, lane string }

// turn is what a lane waits for: to use a method once, and one to look with
// before that. A lane is what goes by itself: a channel, a person, one look-up.
type turn struct{ lane, look, method string }

func (t turn) posts() bool { return t.method == chatPostMessage || t.method == chatAnswers }

// bounds are the limits that a turn counts in.
func (t turn) bounds() []bound {
	all := []bound{{method: t.method}}
	if t.look != "" {
		all = append(all, bound{method: t.look})
	}
	if t.posts() {
		all = append(all, bound{chatPostMessage, t.lane})
	}
	return all
}

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
	return p.takeWithin(t, math.MaxInt64, now)
}

// takeWithin is take for who will not wait longer than most, and is promised no
// turn that comes later.
func (p *pacer) takeWithin(t turn, most time.Duration, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(now)
	at, promised := p.promised[t]
	delete(p.promised, t)
	if !promised || now.After(at.Add(late)) {
		at = now
		for _, b := range t.bounds() {
			at = later(at, p.limit(b).next(now))
		}
		if wait := roundUp(at.Sub(now)); wait > most {
			return wait
		}
		for _, b := range t.bounds() {
			p.limit(b).give(now)
		}
	}
	if !at.After(now) {
		return 0
	}
	p.promised[t] = at
	return roundUp(at.Sub(now))
}

// block heeds that Slack refused a turn, until a moment when that very turn is
// the first. Slack does not say of chat.postMessage whether the channel has had
// enough or the workspace. It is the workspace when another channel was refused
// too, and still is.
func (p *pacer) block(t turn, now, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	held := []bound{{method: t.method}}
	if t.posts() {
		l := p.limit(bound{method: chatPostMessage})
		if l.refused == t.lane || !l.refusedUntil.After(now) {
			held = []bound{{chatPostMessage, t.lane}}
		} else {
			held = []bound{{method: chatPostMessage}, {method: chatAnswers}}
		}
		l.refused, l.refusedUntil = t.lane, later(l.refusedUntil, until)
	}
	for _, b := range held {
		p.hold(b, now, until)
	}
	for _, b := range t.bounds() {
		until = later(until, p.limit(b).until)
	}
	p.promised[t] = until
}

// hold gives nothing of a limit until a moment. What was promised of it moves on
// by as much, so that all keep their place: who comes meanwhile waits on.
func (p *pacer) hold(b bound, now, until time.Time) {
	l := p.limit(b)
	from := later(now, l.until)
	if !until.After(from) {
		return
	}
	held := map[*limit]bool{l: true} // with what those who move on look with first
	for t, at := range p.promised {
		if now.After(at.Add(late)) || !slices.Contains(t.bounds(), b) {
			continue
		}
		p.promised[t] = later(at, from).Add(until.Sub(from))
		if t.look != "" {
			held[p.limit(bound{method: t.look})] = true
		}
	}
	for l := range held {
		l.rest(now, until)
	}
}

func (p *pacer) limit(at bound) *limit {
	l := p.limits[at]
	if l == nil {
		l = &limit{Limiter: p.limiter(at)}
		p.limits[at] = l
	}
	return l
}

// limiter gives out a fifth of a minute's allowance at once and three quarters
// of it as the minute goes by: never more than 95% in any minute.
func (p *pacer) limiter(at bound) *rate.Limiter {
	switch {
	case p.pace.Unlimited:
		return rate.NewLimiter(rate.Inf, 0)
	case at.lane != "":
		return rate.NewLimiter(rate.Every(channelEvery), channelBurst)
	}
	n := perMinute[at.method]
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

// waits is what a delivery fails with that must wait its turn.
func waits(wait time.Duration) *chat.Failure {
	return &chat.Failure{Outcome: chat.NotSent, After: wait, Here: true, Turn: true, Err: errTurn}
}

// lookUp is a turn for one request to find something out.
func (p *pacer) lookUp(method string) turn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lookUps++
	return turn{lane: "look-up " + strconv.Itoa(p.lookUps), method: method}
}

// wait waits for a turn; when ctx would end before, it does not wait, and takes
// nobody's place. Who is patient leaves half of what may be asked at once to
// others.
func (p *pacer) wait(ctx context.Context, t turn, patient bool, now func() time.Time) error {
	for {
		most := time.Duration(math.MaxInt64)
		if end, ends := ctx.Deadline(); ends {
			most = max(0, time.Until(end))
		}
		pause := time.Duration(0)
		if patient {
			pause = p.crowded(t.method, now())
		}
		if pause == 0 {
			pause = p.takeWithin(t, most, now())
		}
		switch {
		case pause == 0:
			return nil
		case pause > most:
			return waits(pause)
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// crowded is how long it takes until half of what may be asked at once is left.
func (p *pacer) crowded(method string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.limit(bound{method: method})
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
