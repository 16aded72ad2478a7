package command

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	goical "github.com/emersion/go-ical"
	"pgregory.net/rapid"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// secrets are those of the links in a reply, in order.
func secrets(reply chat.Reply) (list []string) {
	add := func(spans []chat.Span) {
		for _, s := range spans {
			if _, secret, found := strings.Cut(s.Text+s.URL, pagePath); found {
				list = append(list, secret[:64])
			}
		}
	}
	for _, block := range reply.Body {
		add(block.Text)
	}
	return list
}

// feeds are the secrets of somebody's own feed and of the kernteam's.
func (b *trial) feeds(t failer, user string) (own, shared string) {
	t.Helper()
	b.Site = "https://kansbot.example"
	list := secrets(b.types(user, "/kansoverleg kalender"))
	if len(list) != 2 {
		t.Fatalf("%s gets %d feeds", user, len(list))
	}
	return list[0], list[1]
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

// listed is one meeting in a calendar app.
type listed struct {
	start    time.Time
	sequence int
}

// calendar is what an app shows of a feed: by UID, and the moment it recurs.
func (b *trial) shows(t failer, secret string) map[string]listed {
	t.Helper()
	feed, err := b.Feed(context.Background(), secret)
	if err != nil {
		t.Fatalf("no feed: %v", err)
	}
	cal, err := goical.NewDecoder(bytes.NewReader(feed)).Decode()
	if err != nil {
		t.Fatalf("%v in\n%s", err, feed)
	}
	moment := func(p *goical.Prop) time.Time {
		at, err := p.DateTime(nil)
		if err != nil {
			t.Fatalf("%v", err)
		}
		return at.UTC()
	}
	if err := goical.NewEncoder(io.Discard).Encode(cal); err != nil {
		t.Fatalf("%v in\n%s", err, feed)
	}
	all := map[string]listed{}
	var changes []goical.Event
	for _, e := range cal.Events() {
		nr := sequence(e)
		id := e.Props.Get(goical.PropUID).Value
		set, err := e.RecurrenceSet(nil)
		switch {
		case err != nil:
			t.Fatalf("%v", err)
		case e.Props.Get(goical.PropRecurrenceID) != nil:
			changes = append(changes, e)
		case set == nil:
			all[id] = listed{moment(e.Props.Get(goical.PropDateTimeStart)), nr}
		default:
			for _, at := range set.All() {
				all[id+at.UTC().Format(" 2006-01-02T15:04")] = listed{at.UTC(), nr}
			}
		}
	}
	for _, e := range changes {
		id := e.Props.Get(goical.PropUID).Value + moment(e.Props.Get(goical.PropRecurrenceID)).Format(" 2006-01-02T15:04")
		if _, found := all[id]; !found {
			t.Fatalf("%s changes what is not there", id)
		}
		all[id] = listed{moment(e.Props.Get(goical.PropDateTimeStart)), sequence(e)}
	}
	return all
}

func sequence(e goical.Event) int {
	n, err := e.Props.Get(goical.PropSequence).Int()
	if err != nil {
		panic(err)
	}
	return n
}

func startsOf(all map[string]listed) (list []string) {
	for _, s := range all {
		list = append(list, s.start.In(zone("")).Format("2006-01-02 15:04"))
	}
	slices.Sort(list)
	return list
}

// Whatever was planned anew, moved, skipped, added and closed: the feed tells
// every meeting that there will be in five years, when each is held at its time,
// and no other. What begins at another time than was told has a higher number.
func TestFeedIsThePlanner(t *testing.T) {
	preset(t, "rapid.checks", "4")
	base := founded(t, time.Date(2027, time.January, 4, 9, 0, 0, 0, zone("")))
	rapid.Check(t, func(t *rapid.T) {
		b := base.fork()
		k := b.team()
		k.Region = rapid.SampledFrom(team.Regions).Draw(t, "region")
		if err := b.db.Update(context.Background(), func(tx kv.Tx) error { return store.PutKernteam(tx, k) }); err != nil {
			t.Fatal(err)
		}
		types := func(line string) {
			t.Log(b.now.Format("2006-01-02 15:04 ") + line)
			b.types("anna", line)
		}
		day := func(name string, within int) string {
			return team.DateOf(b.now).AddDays(rapid.IntRange(1, within).Draw(t, name)).String()
		}
		period := func(words string, within int) {
			first := team.DateOf(b.now).AddDays(rapid.IntRange(1, within).Draw(t, "first day"))
			types(fmt.Sprintf("/kernteam vrij %s%s tot %s", words, first, first.AddDays(rapid.IntRange(0, 20).Draw(t, "days"))))
		}
		plan := func() {
			types("/kansoverleg plan " + rapid.SampledFrom([]string{
				"elke dinsdag om 13:30", "elke 2 weken op vrijdag om 08:30", "elke 3 weken op maandag om 09:00", "elke 6 weken op dinsdag om 13:30",
				"elke 5 weken op donderdag om 16:00", "eerste maandag van de maand om 15:00", "laatste vrijdag van de maand om 16:45",
				"elke 3 maanden op de tweede zondag om 20:00", "cron: 30 13 10 * *", "cron: 0 9 1 * 3", "cron: 30 13 * * 2", "elke 2 weken op dinsdag om 13:30",
			}).Draw(t, "rhythm"))
		}
		for range rapid.IntRange(0, 6).Draw(t, "own periods") {
			period("", 4*365)
		}
		plan()
		own, _ := b.feeds(t, "bram")
		told := map[string]listed{}
		looks := func() map[string]listed {
			all := b.shows(t, own)
			for id, is := range all {
				was, had := told[id]
				if had && (is.sequence < was.sequence || !is.start.Equal(was.start) && is.sequence == was.sequence) {
					t.Fatalf("%s was %v, is %v", id, was, is)
				}
			}
			maps.Copy(told, all)
			return all
		}
		for range rapid.IntRange(0, 7).Draw(t, "changes") {
			looks()
			switch rapid.SampledFrom([]string{"plan", "move", "skip", "once", "hold", "free", "open", "not free", "wait"}).Draw(t, "change") {
			case "plan":
				plan()
			case "move":
				types("/kansoverleg verzet " + day("to", 60) + rapid.SampledFrom([]string{"", " 10:00", " 13:30 toch"}).Draw(t, "at"))
			case "skip":
				types("/kansoverleg overslaan")
			case "once":
				types("/kansoverleg eenmalig " + day("once", 400) + rapid.SampledFrom([]string{" 10:00", " 13:30", " 09:00 toch"}).Draw(t, "at"))
			case "hold":
				types("/kansoverleg start nu")
				types("/kansoverleg afronden")
			case "free":
				period("", 60)
			case "open":
				period("toch open ", 60)
			case "not free":
				types("/kernteam vrij weg 1")
			case "wait":
				for range rapid.IntRange(1, 5).Draw(t, "times") {
					b.now = b.now.AddDate(0, 0, rapid.IntRange(1, 8).Draw(t, "days"))
					if _, err := b.Tick(context.Background()); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		until := team.DateOf(b.now.AddDate(feedAhead, 0, 0)).AddDays(1).String()
		got := startsOf(looks())

		var want []string
		will := func(m team.Meeting) { want = append(want, m.Start.In(zone("")).Format("2006-01-02 15:04")) }
		b.read(func(tx kv.Tx) error {
			return store.Meetings.Each(tx, func(m team.Meeting) error {
				if m.Status == team.Held && m.Start.After(b.now.AddDate(0, 0, -feedBack)) {
					will(m)
				}
				return nil
			}, k.ID)
		})
		for {
			next := slices.MinFunc(append(b.open(), team.Meeting{Start: b.now.AddDate(20, 0, 0)}), func(x, y team.Meeting) int { return x.Start.Compare(y.Start) })
			if cmp.Or(next.Occurrence, next.Start.In(zone("")).Format(time.DateOnly)) >= until {
				break
			}
			will(next)
			b.now = later(b.now, next.Start)
			b.types("anna", "/kansoverleg start")
			b.types("anna", "/kansoverleg afronden")
			if b.log.Len() > 0 {
				t.Fatal(b.log.String())
			}
		}
		slices.Sort(want)
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Fatalf("of %d told and %d held the first that differ are %v and %v", len(got), len(want), got[min(i, len(got)):min(i+3, len(got))], want[min(i, len(want)):min(i+3, len(want))])
			}
		}
	})
}

// What is as it was keeps its number, in whatever feed and after whatever time;
// what is not gets a higher one.
func TestFeedNumbers(t *testing.T) {
	b := course(t, "/kansoverleg plan elke 6 weken op dinsdag om 13:30", "/kansoverleg eenmalig 22 jan 10:00")
	own, shared := b.feeds(t, "bram")

	var before map[string]listed
	for _, c := range []struct {
		what  string
		do    func()
		rises []string // where they are now
	}{
		{"nothing", func() {}, nil},
		{"an answer", func() { b.types("bram", "/kansoverleg aanwezig") }, nil},
		{"moved", func() { b.types("anna", "/kansoverleg verzet 7 jan 10:00") }, []string{"2027-01-07 10:00"}},
		{"another point of the agenda", func() { b.types("anna", "/kansoverleg punt fietsenstalling") }, nil},
		{"moved back", func() { b.types("anna", "/kansoverleg verzet 5 jan 13:30") }, []string{"2027-01-05 13:30"}},
		{"a meeting beside it", func() { b.types("anna", "/kansoverleg verzet 22 jan naar 21 jan 10:00") }, []string{"2027-01-21 10:00"}},
		{"time", func() { b.at(t, "2027-01-05 13:30") }, nil},
		{"held", func() { b.types("anna", "/kansoverleg start"); b.types("anna", "/kansoverleg afronden") }, nil},
		{"a free day", func() { b.types("anna", "/kernteam vrij 30 maart") }, []string{"2027-03-31 13:30"}},
	} {
		c.do()
		now := b.shows(t, own)
		if other := b.shows(t, shared); !maps.Equal(now, other) {
			t.Fatalf("%s: own feed %v, the kernteam's %v", c.what, now, other)
		}
		if before == nil {
			before = now
		}
		var rose []string
		for id, s := range now {
			was := before[id]
			if s.start.Equal(was.start) != (s.sequence == was.sequence) || s.sequence < was.sequence {
				t.Errorf("%s: %s was %v, is %v", c.what, id, was, s)
			}
			if s.sequence > was.sequence {
				rose = append(rose, s.start.In(zone("")).Format("2006-01-02 15:04"))
			}
		}
		if slices.Sort(rose); !slices.Equal(rose, c.rises) || len(before) != len(now) {
			t.Errorf("%s: %v rose, want %v", c.what, rose, c.rises)
		}
		before = now
	}

	// A date that goes is one of the series as a whole.
	b.types("anna", "/kansoverleg overslaan")
	b.types("anna", "/kansoverleg overslaan")
	after := b.shows(t, own)
	if len(after) != len(before)-2 {
		t.Errorf("after two are skipped there are %d of %d", len(after), len(before))
	}
	for id, s := range after {
		if was := before[id]; s.sequence < was.sequence || s.sequence == 0 {
			t.Errorf("%s was %v, is %v", id, before[id], s)
		}
	}

	// Time alone changes nothing but what is to be seen.
	data, _ := b.Feed(context.Background(), own)
	b.now = b.now.Add(time.Hour)
	again, err := b.Feed(context.Background(), own)
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("an hour later the feed differs (%v)", err)
	}
	b.now = b.now.AddDate(0, 0, 40)
	for id, s := range b.shows(t, own) {
		if was, known := after[id]; known && (!s.start.Equal(was.start) || s.sequence < was.sequence) {
			t.Errorf("40 days later %s was %v, is %v", id, was, s)
		}
	}
	for _, s := range startsOf(b.shows(t, own)) {
		if s < "2027-01-16" {
			t.Errorf("still there is %s", s)
		}
	}
}

// A feed is made once for as long as it tells the same, also when what it tells
// of was changed beside the bot.
func TestFeedIsKept(t *testing.T) {
	b := course(t, "/kansoverleg plan elke 6 weken op dinsdag om 13:30")
	own, _ := b.feeds(t, "bram")
	get := func() []byte {
		feed, err := b.Feed(context.Background(), own)
		if err != nil {
			t.Fatal(err)
		}
		return feed
	}
	same := func(x, y []byte) bool { return &x[0] == &y[0] }
	old := get()
	b.types("bram", "/signaal K-014 begint niet aan een taak")
	if !same(get(), old) {
		t.Error("a signal makes another feed")
	}
	for what, change := range map[string]func(){
		"a meeting":  func() { b.change(func(m *team.Meeting) { m.Start = m.Start.Add(time.Hour) }) },
		"a free day": func() { b.types("anna", "/kernteam vrij 30 maart studiedag") },
		"the rhythm": func() { b.types("anna", "/kansoverleg plan elke 3 weken op dinsdag om 13:30") },
		"the length": func() {
			k := b.team()
			k.Minutes = 60
			b.write(t, func(tx kv.Tx, _ string) error { return store.PutKernteam(tx, k) })
		},
		"the day": func() { b.now = b.now.AddDate(0, 0, 1) },
	} {
		old := get()
		if change(); same(get(), old) {
			t.Errorf("%s makes no other feed", what)
		}
	}
	b.made.keep("other", "", make([]byte, mostMade+1))
	if get(); len(b.made.all) != 1 {
		t.Errorf("%d feeds are kept", len(b.made.all))
	}
}

// With time the rule begins and ends later, and each time that is a change.
func TestFeedSlides(t *testing.T) {
	b := course(t, "/kansoverleg plan elke 2 weken op dinsdag om 13:30")
	own, _ := b.feeds(t, "bram")
	var was goical.Event
	slid := 0
	for _, day := range []string{"2027-01-05", "2027-01-19", "2027-02-02", "2027-02-16", "2027-03-02"} {
		b.at(t, day+" 13:30")
		b.types("anna", "/kansoverleg start")
		b.types("anna", "/kansoverleg afronden")
		feed, err := b.Feed(context.Background(), own)
		if err != nil {
			t.Fatal(err)
		}
		cal, err := goical.NewDecoder(bytes.NewReader(feed)).Decode()
		if err != nil {
			t.Fatal(err)
		}
		is := cal.Events()[0]
		value := func(e goical.Event, name string) string { return e.Props.Get(name).Value }
		if was.Component != nil && (value(is, goical.PropDateTimeStart) != value(was, goical.PropDateTimeStart) || value(is, goical.PropRecurrenceRule) != value(was, goical.PropRecurrenceRule)) {
			slid++
			if sequence(is) <= sequence(was) || value(is, goical.PropDateTimeStamp) == value(was, goical.PropDateTimeStamp) {
				t.Errorf("%s: was\n%v\nis\n%v", day, was.Props, is.Props)
			}
		}
		was = is
	}
	if slid == 0 {
		t.Error("it did not slide")
	}
}

// Who may see a feed, and for how long.
func TestFeedsEnd(t *testing.T) {
	b := course(t, "/kansoverleg plan elke 6 weken op dinsdag om 13:30")
	if reply := fmt.Sprint(b.types("bram", "/kansoverleg kalender").Body); !strings.Contains(reply, "eigen webadres") {
		t.Errorf("without an address of our own: %s", reply)
	}
	own, shared := b.feeds(t, "bram")
	if o, s := b.feeds(t, "bram"); o != own || s != shared {
		t.Error("asked again, the addresses are others")
	}
	if o, s := b.feeds(t, "anna"); o == own || s != shared {
		t.Error("Anna has Bram's feed, or another of the kernteam")
	}
	is := func(what, secret string, want error) {
		t.Helper()
		if _, err := b.Feed(context.Background(), secret); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	is("own", own, nil)
	is("the kernteam's", shared, nil)
	is("a guess", strings.Repeat("0", 64), chat.ErrGone)
	if _, err := b.Page(context.Background(), own); !errors.Is(err, chat.ErrGone) {
		t.Errorf("a feed as a page: %v", err)
	}

	if list := secrets(b.types("bram", "/kansoverleg kalender nieuw team")); len(list) > 0 {
		t.Error("Bram is no chair, and gives the kernteam another feed")
	}
	newer := secrets(b.types("bram", "/kansoverleg kalender nieuw"))
	is("the old one", own, chat.ErrGone)
	is("the new one", newer[0], nil)
	is("the kernteam's, still", shared, nil)
	newest := secrets(b.types("anna", "/kansoverleg kalender nieuw team"))
	is("the kernteam's old one", shared, chat.ErrGone)
	is("the kernteam's new one", newest[1], nil)

	b.roster("anna", "chantal")
	is("of who left", newer[0], chat.ErrGone)
	is("the kernteam's, which who left has", newest[1], chat.ErrGone)
	_, shared = b.feeds(t, "chantal")
	is("the kernteam's, for who stays", shared, nil)
	b.roster(crew...)
	is("of who came back", newer[0], nil)
	is("the kernteam's, when nobody left", shared, nil)
}
