package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// course is a kernteam on the morning of Monday 4 January 2027, after Anna
// typed some lines.
func course(t *testing.T, lines ...string) *trial {
	t.Helper()
	b := founded(t, time.Date(2027, time.January, 4, 9, 0, 0, 0, zone("")))
	for _, line := range lines {
		b.types("anna", line)
	}
	return b
}

// at lets it be a moment, and the clock do what is due.
func (b *trial) at(t *testing.T, moment string) {
	t.Helper()
	var err error
	if b.now, err = time.ParseInLocation("2006-01-02 15:04", moment, zone("")); err != nil {
		t.Fatal(err)
	}
	if _, err = b.Tick(context.Background()); err != nil || b.log.Len() > 0 {
		t.Fatal(err, b.log.String())
	}
}

// posts are the newest bodies of the posts whose key starts with kind.
func (b *trial) posts(kind string) (bodies []chat.Message) {
	b.read(func(tx kv.Tx) error {
		return store.Table[outbox.Status]{Name: "post"}.Each(tx, func(s outbox.Status) error {
			if strings.HasPrefix(s.Post.Key, kind+"/") {
				bodies = append(bodies, s.Post.Body)
			}
			return nil
		})
	})
	return bodies
}

// plans are the starts of the open meetings, with a star for one of the rhythm.
func (b *trial) plans() (starts []string) {
	for _, m := range b.open() {
		start := m.Start.In(zone("")).Format("2 Jan 15:04")
		if m.Occurrence != "" {
			start += "*"
		}
		starts = append(starts, start)
	}
	return starts
}

// A machine that was off catches up when people are at work.
func TestNothingComesAfterHours(t *testing.T) {
	b := course(t, "/actie @bram belt de school voor 7 jan", "/kansoverleg eenmalig 7 jan 10:00")
	b.at(t, "2027-01-09 03:00") // a Saturday
	if len(b.posts("remind")) != 0 || len(b.posts("notice")) != 1 {
		t.Errorf("in the night came %v and %v", b.posts("remind"), b.posts("notice"))
	}
	b.at(t, "2027-01-11 08:30")
	if len(b.posts("remind")) != 1 || len(b.posts("notice")) != 2 {
		t.Errorf("on Monday there are %v and %v", b.posts("remind"), b.posts("notice"))
	}

	// An evening is too late for the reminder of the afternoon before an early
	// meeting, and in time for the quarter of an hour before a late one.
	b = course(t, "/kansoverleg eenmalig 12 jan 08:30", "/kansoverleg eenmalig 12 jan 20:00")
	b.at(t, "2027-01-11 17:00")
	if n := len(b.posts("today")); n != 0 {
		t.Errorf("%d reminders after hours", n)
	}
	b.at(t, "2027-01-12 19:50")
	if n := len(b.posts("soon")); n != 1 {
		t.Errorf("%d reminders just before the meeting", n)
	}
}

func TestPlans(t *testing.T) {
	const tuesday = "/kansoverleg plan elke 6 weken op dinsdag om 13:30"
	for _, c := range []struct {
		name  string
		at    string
		lines []string
		want  []string
	}{
		{"a rhythm", "", []string{tuesday}, []string{"5 Jan 13:30*"}},
		{"another rhythm", "", []string{tuesday, "/kansoverleg plan elke maandag om 15:00"}, []string{"4 Jan 15:00*"}},
		{"an extra date becomes the first of the rhythm", "",
			[]string{"/kansoverleg eenmalig 5 jan 13:30", tuesday}, []string{"5 Jan 13:30*"}},
		{"an extra date becomes the next of the rhythm", "",
			[]string{tuesday, "/kansoverleg eenmalig 16 feb 13:30", "/kansoverleg overslaan"}, []string{"16 Feb 13:30*"}},
		{"a rhythm does not move to where an extra date is", "",
			[]string{tuesday, "/kansoverleg eenmalig 8 jan 10:00", "/kansoverleg plan elke vrijdag om 10:00"}, []string{"5 Jan 13:30*", "8 Jan 10:00"}},
		{"nothing is planned twice", "",
			[]string{tuesday, "/kansoverleg eenmalig 5 jan 13:30"}, []string{"5 Jan 13:30*"}},
		{"started early, the date is taken", "2027-01-05 13:20",
			[]string{"/kansoverleg start", tuesday, "/kansoverleg overslaan"}, []string{"5 Jan 13:30*", "30 Mar 13:30*"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := course(t)
			if c.at != "" {
				b.types("anna", tuesday)
				b.at(t, c.at)
			}
			for _, line := range c.lines {
				b.types("anna", line)
			}
			if got := b.plans(); !slices.Equal(got, c.want) {
				t.Errorf("planned are %q, want %q", got, c.want)
			}
		})
	}
}

// Points of a meeting that is off wait for the next one, also when there is
// none yet.
func TestPointsAreKept(t *testing.T) {
	b := course(t, "/kansoverleg eenmalig 8 jan 10:00", "/kansoverleg punt fietsenstalling", "/kansoverleg overslaan")
	if len(b.plans()) != 0 {
		t.Fatal(b.plans())
	}
	b.types("anna", "/kansoverleg eenmalig 15 jan 10:00")
	b.types("anna", "/kansoverleg punt schoolplein")
	b.types("anna", "/kansoverleg eenmalig 22 jan 10:00")
	for _, m := range b.open() {
		want := map[int][]string{2: {"fietsenstalling", "schoolplein"}}[m.Nr]
		var got []string
		for _, p := range m.Points {
			got = append(got, p.Text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("meeting %d has the points %q, want %q", m.Nr, got, want)
		}
	}
}

// A signal that is withdrawn while it is on the table is neither discussed nor
// moved on, and its reply in the thread has no buttons.
func TestWithdrawnDuringTheMeeting(t *testing.T) {
	b := course(t, "/signaal nieuw stil", "/signaal nieuw druk", "/kansoverleg eenmalig 5 jan 10:00")
	b.at(t, "2027-01-05 10:00")
	b.types("anna", "/kansoverleg start")
	b.types("anna", "/signaal intrekken 1")
	for i, gone := range []bool{true, false} {
		body := fmt.Sprint(b.posts("item")[i])
		if strings.Contains(body, "item.done") == gone || strings.Contains(body, "ingetrokken") != gone {
			t.Errorf("case %d shows %s", i+1, body)
		}
	}
	b.types("anna", "/kansoverleg afronden")
	minutes := fmt.Sprint(b.posts("minutes"))
	if strings.Contains(minutes, "K-001") || !strings.Contains(minutes, "K-002") {
		t.Errorf("the minutes say %s", minutes)
	}
}

// Who comes is asked until the meeting begins.
func TestNobodyIsAskedAfterTheStart(t *testing.T) {
	b := course(t, "/kansoverleg eenmalig 11 jan 10:00")
	b.at(t, "2027-01-07 08:30")
	b.at(t, "2027-01-11 10:00")
	asks := func() (n int) {
		for _, body := range append(b.posts("agenda"), b.posts("today")...) {
			n += strings.Count(fmt.Sprint(body), "meeting.in 1")
		}
		return n
	}
	if n := asks(); n != 1 {
		t.Fatalf("%d posts ask who comes", n)
	}
	b.types("anna", "/kansoverleg start")
	if n := asks(); n != 0 {
		t.Errorf("%d posts still ask who comes", n)
	}
}

// What shows nothing is no answer.
func TestEmptyAnswers(t *testing.T) {
	b := course(t)
	form := b.types("anna", "/actie").Form
	values := map[string][]string{"wie": {"bram"}, "datum": {"vrijdag"}, "casus": {"-"}}
	for _, nothing := range []string{"", " ", "\u200b", " \u2060\n", "-", " , ;"} {
		values["wat"] = []string{nothing}
		if problems := b.sends("anna", form, values).Problems; problems["wat"] == "" {
			t.Errorf("%q is taken for something to do: %v", nothing, problems)
		}
	}
	if n := b.counts()["action"]; n != 0 {
		t.Errorf("%d actions", n)
	}
}

// A form shows as much of a name as every platform can.
func TestLongNamesInForms(t *testing.T) {
	for _, name := range []string{strings.Repeat("a", 75), strings.Repeat("a", 76), strings.Repeat("é", 128), strings.Repeat("👩‍🏫", 30)} {
		label := persons([]chat.Person{{ID: "1", Name: name}})[0].Label
		if len(label) > maxLabel || len(name) <= maxLabel && label != name || len(label) < maxLabel-8 {
			t.Errorf("%q is %d bytes", label, len(label))
		}
	}
	if label := persons([]chat.Person{{ID: "1", Handle: "anna"}})[0].Label; label != "anna" {
		t.Errorf("without a name she is %q", label)
	}
}

// What was chosen for a meeting that is off waits for there to be another.
func TestChosenGoesAlong(t *testing.T) {
	b := course(t, "/kansoverleg eenmalig 12 jan 13:30", "/kansoverleg eenmalig 14 jan 13:30")
	for range team.MaxNewCases + 1 {
		b.types("bram", "/signaal nieuw stil | ouders: akkoord")
	}
	b.types("anna", "/kansoverleg kies K-004")
	for _, line := range []string{"/kansoverleg overslaan", "/kansoverleg overslaan", "/kansoverleg eenmalig 15 jan 13:30"} {
		b.types("anna", line)
		if got, open := b.signal(4).Chosen, b.open(); len(open) > 0 && got != open[0].Nr {
			t.Errorf("%s: it is on the agenda of meeting %d", line, got)
		}
	}
}
