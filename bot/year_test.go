package main

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kansbot/config"
	"kansbot/internal/chat"
	"kansbot/internal/schedule"
	"kansbot/internal/team"
)

// A kernteam of five lives through a school year in the practice room, from the
// last days of August to the summer: nothing asks twice, nobody is disturbed on
// a free day, every agreement is found back in one step, and it costs each of
// them less than five minutes a meeting.
func TestSchoolYear(t *testing.T) {
	y := openYear(t, "2027-08-30T08:00")
	y.types("anna", "/kernteam")
	y.sends("anna", "naam=Kernteam De Zwaan", "school=De Zwaan", "gemeente=Zwanendam", "soort=basisonderwijs", "regio=midden", "taal=nl", "voorzitter=anna")
	for user, role := range map[string]string{"anna": "ib", "bram": "leerkracht", "chantal": "cjg", "dewi": "smw", "fenna": "gemeente"} {
		y.types(user, "/kernteam rol "+role)
	}
	y.types("anna", "/kansoverleg plan elke 6 weken op dinsdag om 13:30 vanaf 7 september")
	y.started = y.today()
	clear(y.costs) // setting up is done once, and not each year

	for day := y.today(); day.Before(team.Date{Year: 2028, Month: time.July, Day: 8}); day = day.AddDays(1) {
		y.lives(day)
	}
	y.report()
}

// schoolYear is that year as it goes.
type schoolYear struct {
	t     *testing.T
	app   *app
	clock clock
	play  *practicePlay
	days  schedule.Calendar

	mu      sync.Mutex
	byClock bool // what appears now, nobody did something for
	fresh   []arrival
	before  map[string]time.Time // when a text appeared, by address and text
	costs   map[string]*cost

	started                              team.Date
	meetings, signals, agreed, reminders int
}

// arrival is a message that was not there before.
type arrival struct {
	to     chat.To
	thread bool
	body   chat.Message
}

// cost is what somebody had to do and read.
type cost struct {
	read, glanced, clicks, lines, forms int
	words, typed                        int             // words read, characters typed
	known                               map[string]bool // lines read before: nobody reads them again
}

// seconds is what that took, by what people need: 250 words a minute for lines
// that are new to them, and two seconds to open a message; one second to see that
// a message in a thread is for somebody else; two for a click, four for a form,
// and three characters a second for what they type.
func (c cost) seconds() float64 {
	return float64(c.words)*60/250 + 2*float64(c.read) + float64(c.glanced) + 2*float64(c.clicks) + 4*float64(c.forms) + float64(c.typed)/3
}

var five = []string{"anna", "bram", "chantal", "dewi", "fenna"}

func openYear(t *testing.T, from string) *schoolYear {
	y := &schoolYear{t: t, play: &practicePlay{here: slices.Clone(five)}, before: map[string]time.Time{}, costs: map[string]*cost{}}
	at, err := time.ParseInLocation("2006-01-02T15:04", from, amsterdam)
	if err != nil {
		t.Fatal(err)
	}
	y.clock.set(at)
	free := schedule.FreeDays{Region: "midden", Holidays: schedule.BuiltIn()}
	y.days = free.Calendar(amsterdam)
	c, err := config.Load("", []string{"KANSBOT_DATA=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	y.app, err = newApp(t.Context(), c, &y.clock, quiet(), func(ctx context.Context, a *app) (wired, error) {
		w, err := y.play.wire(ctx, a)
		w.Platform = counted{w.Platform, y}
		return w, err
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- y.app.run(ctx, listener, false) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		y.app.close()
	})
	y.settle()
	return y
}

// counted is the practice room, with an eye on what appears in it.
type counted struct {
	chat.Platform
	year *schoolYear
}

func (c counted) Deliver(ctx context.Context, d chat.Delivery) (chat.PostID, error) {
	id, err := c.Platform.Deliver(ctx, d)
	if err == nil && d.Edits == "" {
		c.year.appears(arrival{d.To, d.Under != "", d.Body})
	}
	return id, err
}

func (y *schoolYear) appears(a arrival) {
	y.mu.Lock()
	defer y.mu.Unlock()
	text, now := asRead(a.body), y.clock.Now().In(amsterdam)
	if y.byClock {
		if working := y.days.Working(now); working.After(now) && !strings.Contains(text, "begint het Kans!overleg") {
			y.t.Errorf("%s: a message while nobody is at work:\n%s", now.Format("Mon 2 Jan 15:04"), text)
		}
		key := fmt.Sprint(a.to, text)
		if last, is := y.before[key]; is && now.Sub(last) < 20*time.Hour {
			y.t.Errorf("%s: the same again:\n%s", now.Format("Mon 2 Jan 15:04"), text)
		}
		y.before[key] = now
	}
	y.fresh = append(y.fresh, a)
	for _, user := range five {
		switch {
		case a.to.User == user, a.to.Channel != "" && (!a.thread || mentions(a.body, user)):
			y.reads(user, text)
		case a.to.Channel != "":
			y.cost(user).glanced++
		}
	}
}

func mentions(m chat.Message, user string) bool {
	return strings.Contains(asRead(m), "@"+user)
}

func (y *schoolYear) cost(user string) *cost {
	if y.costs[user] == nil {
		y.costs[user] = &cost{known: map[string]bool{}}
	}
	return y.costs[user]
}

func (y *schoolYear) reads(user, text string) {
	c := y.cost(user)
	c.read++
	for line := range strings.Lines(text) {
		if !c.known[line] {
			c.words += len(strings.Fields(line))
			c.known[line] = true
		}
	}
}

func (y *schoolYear) today() team.Date { return team.DateOf(y.clock.Now().In(amsterdam)) }

// until lets time pass, and takes what appears for the clock's doing.
func (y *schoolYear) until(day team.Date, at schedule.Clock) {
	y.t.Helper()
	y.mu.Lock()
	y.byClock = true
	y.mu.Unlock()
	if by := y.days.At(day, at).Sub(y.clock.Now()); by > 0 {
		if err := y.app.advance(y.t.Context(), by); err != nil {
			y.t.Fatal(err)
		}
	}
	y.settle()
	y.mu.Lock()
	y.byClock = false
	y.mu.Unlock()
}

func (y *schoolYear) settle() {
	y.t.Helper()
	if _, err := y.app.bot.Tick(y.t.Context()); err != nil {
		y.t.Fatal(err)
	}
	if err := y.app.outbox.Drain(y.t.Context()); err != nil {
		y.t.Fatal(err)
	}
}

// types, presses and sends are what people do; each gives what the asker alone
// gets to read.
func (y *schoolYear) types(user, line string) string {
	y.t.Helper()
	y.note(user, func(c *cost) { c.lines++; c.typed += len(line) })
	return y.does(user, line, y.play.types(user, line))
}

func (y *schoolYear) presses(user, post, button string) string {
	y.t.Helper()
	y.note(user, func(c *cost) { c.clicks++ })
	return y.does(user, post+" ["+button+"]", y.play.presses(user, post, button))
}

func (y *schoolYear) sends(user string, filled ...string) string {
	y.t.Helper()
	open := y.play.room.Form(user)
	if open == nil {
		y.t.Fatalf("%s has no form", user)
	}
	values := map[string][]string{}
	for _, f := range open.Form.Fields {
		values[f.Name] = f.Value
	}
	for _, one := range filled {
		name, value, _ := strings.Cut(one, "=")
		for _, f := range open.Form.Fields {
			for _, o := range f.Options { // people go by name
				if f.Name == name && slices.Contains(five, value) && strings.HasPrefix(strings.ToLower(o.Label), value) {
					value = o.Key
				}
			}
		}
		values[name] = []string{value}
		y.note(user, func(c *cost) { c.typed += len(value) })
	}
	y.note(user, func(c *cost) { c.forms++; c.clicks++ })
	problems, err := y.play.sends(user, open.Form, values)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("sent back: %v", problems)
	}
	return y.does(user, open.Form.Title, err)
}

func (y *schoolYear) note(user string, what func(*cost)) {
	y.mu.Lock()
	defer y.mu.Unlock()
	what(y.cost(user))
}

func (y *schoolYear) does(user, what string, err error) string {
	y.t.Helper()
	if err != nil {
		y.t.Fatalf("%s, %s: %s: %v", y.clock.Now().In(amsterdam).Format("Mon 2 Jan 2006 15:04"), user, what, err)
	}
	y.settle()
	only := y.play.room.Only(user)
	if len(only) == 0 {
		return ""
	}
	text := asRead(only[len(only)-1].Body)
	y.mu.Lock()
	y.reads(user, text)
	y.mu.Unlock()
	return text
}

// finds looks something up without counting it: the year does, not the team.
func (y *schoolYear) finds(line string) string {
	y.t.Helper()
	was := *y.cost("anna")
	text := y.types("anna", line)
	*y.cost("anna") = was
	return text
}

func (y *schoolYear) report() {
	if y.meetings < 6 || y.agreed < 4*y.meetings {
		y.t.Errorf("only %d meetings, with %d agreements", y.meetings, y.agreed)
	}
	y.t.Logf("%d meetings, %d signals, %d agreements", y.meetings, y.signals, y.agreed)
	for _, user := range slices.Sorted(maps.Keys(y.costs)) {
		c, n := *y.costs[user], max(1, y.meetings)
		each := c.seconds() / float64(n)
		y.t.Logf("%-8s a meeting: %3d s; in the year %d messages read (%d words), %d glanced at, %d clicks, %d lines, %d forms, %d characters typed",
			user, int(each), c.read, c.words, c.glanced, c.clicks, c.lines, c.forms, c.typed)
		if each >= 300 {
			y.t.Errorf("%s spends %d seconds a meeting", user, int(each))
		}
	}
}
