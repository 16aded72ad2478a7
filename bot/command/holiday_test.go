package command

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kansbot/internal/audit"
	"kansbot/internal/kv"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// What stands in for an occurrence on a day that school is closed.
func TestStandIns(t *testing.T) {
	const sixWeeks = "/kansoverleg plan elke 6 weken op dinsdag om 13:30 vanaf 23 feb"
	for _, c := range []struct {
		name  string
		at    string
		lines []string
		want  string
		asks  bool
	}{
		{"a holiday: the nearest school day", "", []string{sixWeeks}, "19 Feb 13:30*", true},
		{"too soon to prepare: after it", "2027-02-18 09:00", []string{sixWeeks}, "1 Mar 13:30*", true},
		{"another meeting that day", "", []string{"/kansoverleg eenmalig 19 feb 10:00", sixWeeks}, "19 Feb 10:00 18 Feb 13:30*", true},
		{"a public holiday at the end of the week", "", []string{"/kansoverleg plan elke 6 weken op vrijdag om 10:00 vanaf 26 maart"}, "25 Mar 10:00*", true},
		{"and at its beginning", "", []string{"/kansoverleg plan elke 6 weken op maandag om 10:00 vanaf 29 maart"}, "30 Mar 10:00*", true},
		{"with the day after it", "", []string{"/kansoverleg plan elke 6 weken op vrijdag om 10:00 vanaf 7 mei"}, "5 May 10:00*", true},
		{"as near before as after", "", []string{"/kernteam vrij 13 jan studiedag", "/kansoverleg plan elke 6 weken op woensdag om 10:00 vanaf 13 jan"}, "14 Jan 10:00*", true},
		{"each week: passed over", "", []string{"/kansoverleg plan elke week op dinsdag om 13:30 vanaf 23 feb"}, "2 Mar 13:30*", false},
		{"each week, a single day", "", []string{"/kansoverleg plan elke week op vrijdag om 10:00 vanaf 26 maart"}, "25 Mar 10:00*", true},
		{"far into the summer: passed over", "", []string{"/kansoverleg plan elke 4 weken op dinsdag om 13:30 vanaf 3 aug"}, "31 Aug 13:30*", false},
		{"a Saturday on purpose", "", []string{"/kansoverleg plan elke zaterdag om 10:00 toch"}, "9 Jan 10:00*", false},
		{"a Saturday by chance", "", []string{"/kansoverleg plan cron: 0 10 16 * *"}, "15 Jan 10:00*", true},
		{"a Saturday behind a question mark", "", []string{"/kansoverleg plan cron: 0 10 16 * ?"}, "15 Jan 10:00*", true},
		{"a Saturday beside each Wednesday: passed over", "2028-03-30 09:00", []string{"/kansoverleg plan cron: 0 9 1 * 3"}, "5 Apr 09:00*", false},
		{"open after all", "", []string{"/kernteam vrij toch open 23 feb", sixWeeks}, "23 Feb 13:30*", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := course(t)
			if c.at != "" {
				b.at(t, c.at)
			}
			for _, line := range c.lines {
				b.types("anna", line)
			}
			if got := strings.Join(b.plans(), " "); got != c.want {
				t.Errorf("planned are %s, want %s", got, c.want)
			}
			if asked := len(b.posts("proposal")); (asked == 1) != c.asks || asked > 1 {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

// An occurrence keeps its name wherever it stands: once held or skipped, it does
// not come back on the day that it should have been.
func TestStandInIsTheOccurrence(t *testing.T) {
	for _, did := range []string{"/kansoverleg start", "/kansoverleg overslaan"} {
		b := course(t, "/kansoverleg plan elke 6 weken op dinsdag om 13:30 vanaf 23 feb")
		b.at(t, "2027-02-19 13:30")
		b.types("anna", did)
		b.types("anna", "/kansoverleg afronden")
		if got := b.plans(); !slices.Equal(got, []string{"6 Apr 13:30*"}) {
			t.Errorf("after %s planned are %q", did, got)
		}
		if body := fmt.Sprint(b.posts("proposal")); strings.Contains(body, "meeting.keep") {
			t.Errorf("after %s it still asks: %s", did, body)
		}
	}
}

// Days become free and open again under what is planned: the question comes and
// goes, and the reminders with it. What somebody wanted on a closed day stays.
func TestOwnDaysUnderAMeeting(t *testing.T) {
	b := course(t, "/kansoverleg plan elke 6 weken op dinsdag om 13:30 vanaf 19 jan", "/kernteam vrij 18 jan tot 22 jan", "/kernteam vrij 15 jan")
	if got := b.plans(); !slices.Equal(got, []string{"14 Jan 13:30*"}) {
		t.Fatalf("planned are %q", got)
	}
	if asked := b.posts("proposal"); len(asked) != 2 || strings.Contains(fmt.Sprint(asked[0]), "meeting.keep") || !strings.Contains(fmt.Sprint(asked[1]), "Dinsdag 19 januari is bij jullie een vrije dag") {
		t.Errorf("asked are %v", asked)
	}
	b.types("anna", "/kernteam vrij weg 1")
	if got := b.plans(); !slices.Equal(got, []string{"19 Jan 13:30*"}) || strings.Contains(fmt.Sprint(b.posts("proposal")), "meeting.keep") {
		t.Errorf("open again: planned are %q, asked is %v", got, b.posts("proposal"))
	}
	b.at(t, "2027-01-14 08:30") // the 15th is free, so the agenda comes a day early
	if n := len(b.posts("agenda")); n != 1 {
		t.Errorf("%d agendas", n)
	}

	b = course(t, "/kernteam vrij 19 jan", "/kansoverleg eenmalig 19 jan 10:00 toch", "/kernteam vrij 18 jan tot 22 jan")
	if got := b.plans(); !slices.Equal(got, []string{"19 Jan 10:00"}) || len(b.posts("proposal")) != 0 {
		t.Errorf("planned are %q, asked is %v", got, b.posts("proposal"))
	}
}

// Days that are open after all bring reminders forward; never two on a day.
func TestOneReminderADay(t *testing.T) {
	b := course(t, "/kernteam vrij 12 jan tot 20 jan", "/actie @bram belt de school voor 11 jan")
	b.at(t, "2027-01-11 08:30")
	b.types("anna", "/actie later 1 tot 21 jan")
	b.at(t, "2027-01-21 08:30")
	b.types("anna", "/kernteam vrij weg 1")
	for _, c := range []struct {
		at   string
		want int
	}{{"2027-01-21 16:00", 2}, {"2027-01-22 08:29", 2}, {"2027-01-22 08:30", 3}} {
		if b.at(t, c.at); len(b.posts("remind")) != c.want {
			t.Errorf("on %s there are %d reminders, want %d", c.at, len(b.posts("remind")), c.want)
		}
	}
}

// Holidays that were not known when something was planned are seen in time.
func TestNewerHolidays(t *testing.T) {
	b := course(t)
	b.Holidays = schedule.Holidays{}
	b.types("anna", "/kansoverleg plan elke 6 weken op dinsdag om 13:30 vanaf 23 feb")
	b.types("anna", "/actie @bram belt de school voor 24 feb")
	b.Holidays = schedule.BuiltIn()
	b.at(t, "2027-02-16 08:30")
	if got := b.plans(); !slices.Equal(got, []string{"19 Feb 13:30*"}) || len(b.posts("proposal")) != 1 || len(b.posts("points")) != 0 {
		t.Errorf("planned are %q, asked is %v", got, b.posts("proposal"))
	}
	b.at(t, "2027-02-24 08:30")
	if n := len(b.posts("remind")); n != 0 {
		t.Errorf("%d reminders on a free day", n)
	}
	b.at(t, "2027-03-01 08:30")
	if last := textOf(b.posts("remind")[0]); len(b.posts("remind")) != 1 || !strings.Contains(last, "op woensdag 24 februari was de school dicht") {
		t.Errorf("the reminders are %s", last)
	}
	if post := textOf(b.posts("action")[0]); !strings.Contains(post, "ma 1 mrt") {
		t.Errorf("the action says %s", post)
	}
}

// A reminder that the newer holidays make too early waits for its day.
func TestNewerHolidaysPutOff(t *testing.T) {
	b := course(t, "/actie @bram belt de school voor 1 maart")
	b.Holidays = schedule.Holidays{}
	for _, c := range []struct {
		at   string
		want int
	}{{"2027-02-17 16:00", 0}, {"2027-02-24 08:29", 0}, {"2027-02-24 08:30", 1}, {"2027-03-01 08:30", 2}, {"2027-03-04 08:30", 3}} {
		if b.at(t, c.at); len(b.posts("remind")) != c.want {
			t.Errorf("at %s there are %d reminders, want %d", c.at, len(b.posts("remind")), c.want)
		}
	}
}

func TestDeadlines(t *testing.T) {
	for asked, want := range map[string]string{"7 jan": "2027-01-07", "9 jan": "2027-01-11", "26 maart": "2027-03-30", "24 feb": "2027-03-01", "20 juli": "2027-08-30"} {
		b := course(t, "/actie @bram belt de school voor "+asked)
		b.types("anna", "/actie @emre belt de school voor 6 jan")
		reply := fmt.Sprint(b.types("anna", "/actie uitstel 2 tot "+asked).Body)
		b.read(func(tx kv.Tx) error {
			for nr := 1; nr <= 2; nr++ {
				a, _, err := store.Actions.Get(tx, b.team().ID, store.Nr(nr))
				if err != nil || a.Due.String() != want {
					t.Errorf("asked for %s, action %d is for %s (%v)", asked, nr, a.Due, err)
				}
			}
			return nil
		})
		if strings.Contains(reply, "Daarom") == (asked == "7 jan") {
			t.Errorf("asked for %s, the answer is %s", asked, reply)
		}
	}
}

func TestBeforeTheSummer(t *testing.T) {
	summers := func(b *trial) int { return len(b.posts("summer")) }
	missed := func(b *trial) (n int) {
		b.read(func(tx kv.Tx) error {
			lines, err := audit.Of(tx, b.team().ID)
			for _, line := range lines {
				if line.Did == "summer.missed" {
					n++
				}
			}
			return err
		})
		return n
	}
	for _, c := range []struct {
		name  string
		lines []string
		at    []string
		posts []int // at those moments
	}{
		{"nothing is open", nil, []string{"2027-07-16 08:30"}, []int{0}},
		{"once each summer", []string{"/signaal nieuw stil"}, []string{"2027-07-16 08:29", "2027-07-16 08:30", "2027-08-30 08:30", "2028-07-07 08:30"}, []int{0, 1, 1, 2}},
		{"the school closes earlier", []string{"/signaal nieuw stil", "/kernteam vrij 12 juli tot 16 juli"}, []string{"2027-07-09 08:30", "2027-07-16 08:30"}, []int{1, 1}},
		{"the school stays open", []string{"/signaal nieuw stil", "/kernteam vrij toch open 19 juli"}, []string{"2027-07-16 08:30"}, []int{1}},
		{"a machine that was off for a morning", []string{"/signaal nieuw stil"}, []string{"2027-07-16 14:00"}, []int{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := course(t)
			b.at(t, "2027-06-14 09:00")
			for _, line := range c.lines {
				b.types("anna", line)
			}
			for i, at := range c.at {
				for day := b.now.AddDate(0, 0, 1); day.Format("2006-01-02 15:04") < at && day.Year() == 2027; day = day.AddDate(0, 0, 1) {
					b.at(t, day.Format("2006-01-02")+" 08:29")
				}
				if at[:4] == "2028" {
					b.at(t, "2028-07-06 09:00")
				}
				if b.at(t, at); summers(b) != c.posts[i] {
					t.Errorf("at %s there are %d posts", at, summers(b))
				}
			}
			if missed(b) != 0 {
				t.Error("one was missed")
			}
		})
	}

	b := course(t, "/signaal nieuw stil")
	b.at(t, "2027-07-01 09:00")
	b.at(t, "2027-07-17 09:00")
	b.at(t, "2027-08-30 08:30")
	if summers(b) != 0 || missed(b) != 1 {
		t.Errorf("after the last day there are %d posts, and %d missed", summers(b), missed(b))
	}
}

// A stand-in needs a school day: without any, the rhythm waits for one.
func TestNoSchoolAtAll(t *testing.T) {
	b := course(t)
	var own []schedule.Period
	for i := range 30 {
		first := team.Date{Year: 2027, Month: time.January, Day: 4}.AddDays(30 * i)
		own = append(own, schedule.Period{Nr: i + 1, First: first, Last: first.AddDays(29)})
	}
	if err := b.db.Update(t.Context(), func(tx kv.Tx) error { return store.OwnDays.Put(tx, own, b.team().ID) }); err != nil {
		t.Fatal(err)
	}
	b.types("anna", "/kansoverleg plan elke 6 weken op dinsdag om 13:30")
	b.types("anna", "/kernteam vrij 1 feb")
	if b.log.Len() > 0 || len(b.plans()) != 1 {
		t.Errorf("planned are %q\n%s", b.plans(), b.log.String())
	}
}
