package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kansbot/adapters/slack/slacktest"
	"kansbot/internal/chat"
)

// clockwork is a clock that others than the test read.
type clockwork struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clockwork) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clockwork) to(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = later(c.now, now)
}

// imitated is a workspace of the imitation with Anna and the bot in its
// channels, and an adapter; all by one clock.
func imitated(t interface{ Fatal(...any) }, clock *clockwork, o slacktest.Options, p Pace, channels int) (*slacktest.Slack, *Adapter, *slacktest.Bot, *slacktest.User, []*slacktest.Channel) {
	o.Now = clock.Now
	s := slacktest.New(o)
	team := s.Workspace("zwaan")
	app := s.App(slacktest.Manifest("/actie"))
	bot, anna := app.Install(team), team.User("anna", "Anna de Vries", "nl-NL")
	var all []*slacktest.Channel
	for i := range channels {
		all = append(all, team.Channel(fmt.Sprint("zwaan-", i), i%2 == 0, anna, bot))
	}
	a, err := New(Settings{APIURL: s.APIURL(), Pace: p, Apps: []App{{Token: app.Token, BotTokens: []string{bot.Token}}}}, clock.Now, slog.New(slog.DiscardHandler))
	if err == nil {
		_, err = a.know(context.Background(), a.apps[0].workspaces[0])
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, a, bot, anna, all
}

// lane is a sender as the outbox is one: in order, again after a failure, and
// unsure from when it cannot know that nothing landed.
type lane struct {
	to   chat.To
	todo []chat.Delivery
	sent []chat.PostID
	at   time.Time // when to try again
}

// step makes one attempt.
func (l *lane) step(ctx context.Context, a *Adapter, now time.Time) (failed *chat.Failure) {
	d := &l.todo[0]
	l.to = d.To
	if d.Since.IsZero() {
		d.Since = now
	}
	id, err := a.Deliver(ctx, *d)
	if err == nil {
		l.todo, l.sent = l.todo[1:], append(l.sent, id)
		return nil
	}
	errors.As(err, &failed)
	if failed.Outcome == chat.Unknown && d.Edits == "" {
		d.Unsure = true
	}
	l.at = now.Add(max(failed.After, time.Second))
	return failed
}

// Whatever happens to requests and their answers: each message is there once, in
// order, under the one it was meant for, and with its newest content.
func TestNothingTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := &clockwork{now: someday}
		s, a, bot, anna, channels := imitated(t, clock, slacktest.Options{NoLimits: true, PageSize: rapid.SampledFrom([]int{0, 1, 2}).Draw(t, "page size")}, Pace{Unlimited: true}, 1)
		defer s.Close()
		zwaan := channels[0]
		place := rapid.SampledFrom([]string{"channel", "direct", "thread"}).Draw(t, "place")
		target := chat.To{Platform: Name, Workspace: bot.Workspace.ID, Channel: zwaan.ID}
		if place == "direct" {
			target.Channel, target.User, zwaan = "", anna.ID, anna.DM(bot)
		}
		about := func(key, text string) chat.Delivery {
			d := toZwaan(key)
			d.To, d.Body[0].Text[1].Text = target, text
			return d
		}
		under := chat.PostID("")
		if place == "thread" {
			root, err := a.Deliver(context.Background(), about("overleg/1", "overleg"))
			if err != nil {
				t.Fatal(err)
			}
			under = root
		}

		var mu sync.Mutex
		var giveUp context.CancelFunc
		trouble := rapid.SliceOfN(rapid.IntRange(0, 7), 0, 25).Draw(t, "trouble")
		s.SetFault(func(c slacktest.Call) (f slacktest.Fault) {
			mu.Lock()
			defer mu.Unlock()
			if len(trouble) == 0 {
				return f
			}
			kind := trouble[0]
			trouble = trouble[1:]
			switch kind {
			case 1:
				f.Drop = true
			case 2:
				f.Undone, f.Drop = true, true
			case 3:
				f.Status = 500
			case 4:
				f.Undone, f.Status = true, 502
			case 5:
				f.Undone, f.Status, f.RetryAfter = true, 429, 7*time.Second
			case 6:
				f.Undone, f.Status = true, 429
			case 7:
				f.Hang = true
				giveUp()
			}
			return f
		})
		n := rapid.IntRange(1, 4).Draw(t, "messages")
		l := &lane{}
		for i := range n {
			d := about(fmt.Sprint("actie/", i), fmt.Sprint("eerst ", i))
			d.Under = under
			l.todo = append(l.todo, d)
		}
		finish := func() {
			for tries := 0; len(l.todo) > 0; tries++ {
				if tries > 200 {
					t.Fatalf("never ends")
				}
				clock.to(l.at)
				ctx, cancel := context.WithCancel(context.Background())
				mu.Lock()
				giveUp = cancel
				mu.Unlock()
				if f := l.step(ctx, a, clock.Now()); f != nil && f.Outcome == chat.Refused {
					t.Fatalf("refused: %v", f)
				}
				cancel()
			}
		}
		finish()
		ids := l.sent
		for i, id := range ids {
			d := about(fmt.Sprint("actie/", i), fmt.Sprint("daarna ", i))
			d.Edits = id
			l.todo = append(l.todo, d)
		}
		finish()

		there := zwaan.Messages()
		if place == "thread" {
			if len(there) != 1 {
				t.Fatalf("%d messages beside the thread", len(there)-1)
			}
			there = there[0].Replies
		}
		if len(there) != n {
			t.Fatalf("%d messages instead of %d", len(there), n)
		}
		for i, m := range there {
			if m.Metadata == nil || m.Metadata.EventPayload[keyField] != fmt.Sprint("actie/", i) || ids[i] != postID(zwaan.ID, m.TS) {
				t.Errorf("message %d is %v, %v", i, ids[i], m.Metadata)
			}
			if want := fmt.Sprintf("daarna %d", i); !strings.Contains(m.Read(), want) {
				t.Errorf("message %d reads %q", i, m.Read())
			}
		}
	})
}

// However often we ask by our own limits, for any method: Slack does not refuse.
func TestPaceIsSlacks(t *testing.T) {
	clock := &clockwork{now: someday}
	s, _, bot, anna, channels := imitated(t, clock, slacktest.Options{}, Pace{}, 1)
	defer s.Close()
	p := newPacer(Pace{})
	for method, allowed := range perMinute {
		began, name := clock.Now(), method
		if method == chatAnswers {
			name = chatPostMessage
		}
		before := s.Calls(name)
		for i := range 2 * allowed {
			one := turn{lane: fmt.Sprint(i), method: method}
			for wait := p.take(one, clock.Now()); wait > 0; wait = p.take(one, clock.Now()) {
				clock.to(clock.Now().Add(wait))
			}
			// Whatever it answers, it counts.
			answer, err := http.PostForm(s.APIURL()+name, url.Values{"token": {bot.Token}, "channel": {fmt.Sprint("C", i)}, "user": {anna.ID}})
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
		}
		if took := clock.Now().Sub(began); took > 3*time.Minute {
			t.Errorf("%s: %d took %v", method, 2*allowed, took)
		}
		if n := s.Calls(name) - before; n != 2*allowed {
			t.Errorf("%s: %d requests", method, n)
		}
	}
	zwaan := turn{lane: "zwaan", method: chatPostMessage}
	for range 100 {
		for wait := p.take(zwaan, clock.Now()); wait > 0; wait = p.take(zwaan, clock.Now()) {
			clock.to(clock.Now().Add(wait))
		}
		if answer, err := http.PostForm(s.APIURL()+chatPostMessage, url.Values{"token": {bot.Token}, "channel": {channels[0].ID}, "text": {"x"}}); err == nil {
			answer.Body.Close()
		}
	}
	if refused := s.Limited(); len(refused) != 0 {
		t.Errorf("refused %v", refused)
	}
}

// A school morning: hundreds of channels and people get messages, edits and
// pages at once. Slack never has to refuse, and nobody comes back twice for one
// thing.
func TestMorning(t *testing.T) {
	clock := &clockwork{now: someday}
	s, a, bot, anna, channels := imitated(t, clock, slacktest.Options{}, Pace{}, 400)
	defer s.Close()
	var lanes []*lane
	waits := map[*lane]int{}
	for i, c := range channels {
		to := chat.To{Platform: Name, Workspace: bot.Workspace.ID, Channel: c.ID}
		l := &lane{at: someday}
		for n := range 1 + i%4 {
			d := toZwaan(fmt.Sprint("actie/", i, "/", n))
			d.To = to
			d.Unsure = n == 0 && i%4 == 0 // these look first
			l.todo = append(l.todo, d)
		}
		lanes = append(lanes, l)
	}
	for i := range 150 {
		who := anna
		if i > 0 {
			who = bot.Workspace.User(fmt.Sprint("lid", i), fmt.Sprint("Lid ", i), "nl-NL")
		}
		direct, page := toAnna(fmt.Sprint("week/", i)), toAnna(fmt.Sprint("thuis/", i))
		direct.To.Workspace, direct.To.User = bot.Workspace.ID, who.ID
		page.To.Workspace, page.To.User, page.To.Home = bot.Workspace.ID, who.ID, true
		lanes = append(lanes, &lane{at: someday, todo: []chat.Delivery{direct}}, &lane{at: someday, todo: []chat.Delivery{page}})
	}
	work := func() {
		for {
			slices.SortStableFunc(lanes, func(a, b *lane) int { return a.at.Compare(b.at) })
			lanes = slices.DeleteFunc(lanes, func(l *lane) bool { return len(l.todo) == 0 })
			if len(lanes) == 0 {
				return
			}
			l := lanes[0]
			clock.to(l.at)
			if f := l.step(t.Context(), a, clock.Now()); f == nil {
				delete(waits, l)
			} else if waits[l]++; f.Outcome != chat.NotSent || !f.Here || f.After == 0 || waits[l] > 1 {
				t.Fatalf("attempt %d at %v: %+v", waits[l], l.todo[0].Key, f)
			}
		}
	}
	all := slices.Clone(lanes)
	work()
	sent := clock.Now().Sub(someday)
	edits := 0
	for _, l := range all {
		if !strings.HasPrefix(string(l.sent[0]), homePage) && edits < 120 {
			d := toZwaan("")
			d.To, d.Edits = l.to, l.sent[0]
			edits++
			lanes = append(lanes, &lane{at: clock.Now(), todo: []chat.Delivery{d}})
		}
	}
	work()
	if refused := s.Limited(); len(refused) != 0 {
		t.Errorf("refused %v", refused)
	}
	messages := 0
	for _, c := range channels {
		messages += len(c.Messages())
	}
	if messages != 1000 {
		t.Errorf("%d messages", messages)
	}
	if messages += 150; sent > time.Duration(messages)*time.Minute/200 {
		t.Errorf("%d messages took %v", messages, sent)
	}
	t.Logf("%d messages in %v, then %d edits in %v", messages, sent, edits, clock.Now().Sub(someday)-sent)
}
