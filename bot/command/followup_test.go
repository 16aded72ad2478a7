package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kansbot/internal/audit"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// there says that a post is on the platform.
func (b *trial) there(t *testing.T, key string) chat.PostID {
	t.Helper()
	err := b.db.Update(context.Background(), func(tx kv.Tx) error {
		if _, found, err := outbox.Get(tx, key); err != nil || !found {
			t.Fatalf("no post %s (%v)", key, err)
		}
		return store.Table[string]{Name: "posted"}.Put(tx, key, "test", "", key)
	})
	if err != nil {
		t.Fatal(err)
	}
	return chat.PostID(key)
}

// reads is what messages say.
func reads(messages ...chat.Message) string {
	var out strings.Builder
	for _, block := range slices.Concat(messages...) {
		for _, line := range append(block.Items, block.Text) {
			for _, span := range line {
				out.WriteString(span.Text)
			}
			out.WriteString("\n")
		}
	}
	return out.String()
}

// Five people press at once: the first has it, the others hear who.
func TestOnlyOneTakesOver(t *testing.T) {
	b := course(t, "/actie @bram belt de school voor 7 jan")
	b.types("bram", "/kernteam weg tot 20 jan")
	b.at(t, "2027-01-07 08:30")
	post := b.there(t, "remind/"+b.team().ID+"/1/2027-01-07/due")
	for i, user := range []string{"chantal", "dewi", "emre", "anna", "bram"} {
		answer := reads(b.event(person(user), chat.Pressed{Post: post, Do: "action.take 1"}).Body)
		if !strings.Contains(answer, "Chantal") || strings.Contains(answer, "staat nu op naam van") != (i > 0) {
			t.Errorf("%s gets %s", user, answer)
		}
	}
	if n := len(b.posts("given")); n != 1 {
		t.Errorf("%d posts about who has it", n)
	}
	b.types("chantal", "/actie klaar 1")
	if answer := reads(b.event(person("emre"), chat.Pressed{Post: post, Do: "action.take 1"}).Body); !strings.Contains(answer, "was al klaar (Chantal)") {
		t.Errorf("emre gets %s", answer)
	}
}

// The chair and the contact person both press: one of them calls.
func TestOnlyOneCalls(t *testing.T) {
	b := course(t, "/actie @bram belt de school voor 7 jan")
	form := b.types("anna", "/kernteam instellen").Form
	values := map[string][]string{"contact": {"dewi"}}
	for _, f := range form.Fields {
		if f.Name != "contact" {
			values[f.Name] = f.Value
		}
	}
	b.sends("anna", form, values)
	b.types("bram", "/actie hulp 1")
	id := b.team().ID
	press := "in " + id + " action.callback 1 1 bram"
	for _, to := range []struct{ kind, user string }{{"helpcontact", "dewi"}, {"helpchair", "anna"}, {"helpcontact", "dewi"}} {
		b.direct(person(to.user), chat.Pressed{Post: b.there(t, to.kind+"/"+id+"/1/1"), Do: press})
	}
	if calling := reads(b.posts("calling")...); len(b.posts("calling")) != 1 || !strings.Contains(calling, "Dewi neemt contact op met Bram") {
		t.Errorf("calling: %s", calling)
	}
	if n := len(b.posts("callback")); n != 1 {
		t.Errorf("bram hears it %d times", n)
	}
}

// weeks are the weeks of which somebody has an overview.
func (b *trial) weeks(user string) (weeks []string) {
	b.read(func(tx kv.Tx) error {
		keys, err := store.Table[outbox.Status]{Name: "post"}.Keys(tx)
		for _, key := range keys {
			if week, found := strings.CutPrefix(key, "week/test//"+user+"/"); found {
				weeks = append(weeks, week)
			}
		}
		return err
	})
	return weeks
}

// missed counts on how many Mondays the machine was off all day.
func (b *trial) missed() (n int) {
	b.read(func(tx kv.Tx) error {
		lines, err := audit.Of(tx, b.team().ID)
		for _, line := range lines {
			if line.Did == "weekly.missed" {
				n++
			}
		}
		return err
	})
	return n
}

// A machine that was off on Monday catches up on Monday.
func TestLateOverview(t *testing.T) {
	b := course(t, "/actie @bram belt de school voor 15 jan")
	for _, c := range []struct {
		at     string
		weeks  []string
		missed int
	}{
		{"2027-01-11 16:29", []string{"2027-W02"}, 0},
		{"2027-01-15 10:00", []string{"2027-W02"}, 0},
		{"2027-01-18 16:30", []string{"2027-W02"}, 1},
		{"2027-01-20 10:00", []string{"2027-W02"}, 1},
		{"2027-01-26 08:30", []string{"2027-W02"}, 2},
		{"2027-02-01 08:30", []string{"2027-W02", "2027-W05"}, 2},
	} {
		b.at(t, c.at)
		if got := b.weeks("bram"); !slices.Equal(got, c.weeks) || b.missed() != c.missed {
			t.Errorf("%s: overviews of %q, %d missed, want %q and %d", c.at, got, b.missed(), c.weeks, c.missed)
		}
	}
	if n := len(b.weeks("anna")); n != 0 {
		t.Errorf("anna has %d without anything in them", n)
	}
}

// Somebody in many kernteams has one overview of them all, wherever they are
// and whenever their Monday is; quiet is quiet in all.
func TestOneOverviewOfManyKernteams(t *testing.T) {
	const many = 250
	b := course(t)
	err := b.db.Update(t.Context(), func(tx kv.Tx) error {
		for i := range many {
			k := team.Kernteam{
				ID: fmt.Sprint("k", i), Platform: "test", Channel: fmt.Sprint("channel", i), Name: fmt.Sprint("Kernteam ", i),
				Lang: "nl", Region: team.Regions[i%3], Zone: []string{"Europe/Amsterdam", "America/Curacao"}[i%2],
			}
			a := team.Action{Nr: 1, Owner: "bram", Text: fmt.Sprint("doet iets voor ", i), Due: team.Date{Year: 2027, Month: time.January, Day: 20}, Status: team.ToDo}
			for _, err := range []error{
				store.PutKernteam(tx, k),
				store.PutMember(tx, k, team.Member{User: "bram", Handle: "bram", Name: "Bram", Here: true}),
				store.PutAction(tx, k.ID, a),
				// Of some, the Monday is free.
				store.OwnDays.Put(tx, []schedule.Period{{Nr: 1, First: team.Date{Year: 2027, Month: time.January, Day: 18 + i%2}, Last: team.Date{Year: 2027, Month: time.January, Day: 18 + i%2}}}, k.ID),
			} {
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for day := 5; day <= 19; day++ { // housekeeping finds the new ones
		for _, at := range []string{"08:30", "13:30", "16:00", "23:00"} {
			b.at(t, fmt.Sprintf("2027-01-%02d %s", day, at))
		}
	}
	if got, want := b.weeks("bram"), []string{"2027-W03"}; !slices.Equal(got, want) {
		t.Errorf("overviews of %q, want %q", got, want)
	}
	if shown := reads(b.posts("week")[0]); !strings.Contains(shown, "doet iets voor 107") || !strings.Contains(shown, fmt.Sprintf("En nog %d andere", many-12)) {
		t.Errorf("the overview says %s", shown)
	}
	b.types("bram", "/kernteam stil")
	b.at(t, "2027-01-25 08:30")
	b.at(t, "2027-01-25 15:00")
	b.read(func(tx kv.Tx) error {
		m, _, err := store.Members.Get(tx, "k249", "bram")
		if !m.Muted || len(b.weeks("bram")) != 1 {
			t.Errorf("muted %v, %d overviews", m.Muted, len(b.weeks("bram")))
		}
		return err
	})
}

// What nothing is known to do at its moment is dropped: it would come back for
// ever.
func TestUnknownMoment(t *testing.T) {
	b := course(t)
	b.write(t, func(tx kv.Tx, id string) error {
		return store.Schedule(tx, store.Due{ID: "later", At: b.now, Team: id, Kind: "of another version"})
	})
	_, err := b.Tick(t.Context())
	b.read(func(tx kv.Tx) error {
		if _, found, _ := store.Scheduled(tx, "later"); err != nil || found || !strings.Contains(b.log.String(), "of another version") {
			t.Errorf("it is still there: %v (%v); %s", found, err, b.log.String())
		}
		return nil
	})
}
