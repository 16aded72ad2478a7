package command_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kansbot/adapters/bolt"
	"kansbot/bot/command"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

var amsterdam = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		panic(err)
	}
	return zone
}()

// tuesday is a school day, at the moment of its reminders.
var tuesday = time.Date(2027, time.January, 12, 8, 30, 0, 0, amsterdam)

// The agenda of a kernteam that has been at it for years: 10,000 signals on
// 2,000 cases, three a day, of which 100 still wait, 40 evaluations to come, and
// 3,000 actions that are done. It takes at most 10 ms.
func BenchmarkAgenda(b *testing.B) {
	db := open(b, filepath.Join(b.TempDir(), "kansbot.db"))
	k := kernteam(0)
	write(b, db, 1, func(tx kv.Tx, _ int) error {
		if err := found(tx, k); err != nil {
			return err
		}
		return store.PutMeeting(tx, k.ID, team.Meeting{Nr: 1, Start: tuesday.AddDate(0, 0, 14).Add(5 * time.Hour).UTC(), Status: team.Planned})
	})
	write(b, db, 2000, func(tx kv.Tx, i int) error {
		c := team.Case{
			Code: fmt.Sprintf("K-%03d", i+1), Parents: team.Agreed, Created: tuesday.UTC(),
			Need: "een begin dat lukt, en iemand die even naast hem komt zitten", Goal: "begint aan drie van de vier taken zelf",
			Evaluations: []team.Evaluation{{Day: team.DateOf(tuesday), Scale: 4}, {Day: team.DateOf(tuesday), Scale: 6, Outcome: team.Continue, Helped: "samen de eerste som"}},
		}
		if i%50 == 0 {
			c.Evaluate = team.DateOf(tuesday).AddDays(i % 28)
		}
		return store.PutCase(tx, k.ID, c)
	})
	write(b, db, 10_000, func(tx kv.Tx, i int) error {
		nr, err := store.Next(tx, "signal", k.ID)
		if err != nil {
			return err
		}
		s := team.Signal{
			Nr: nr, Code: fmt.Sprintf("K-%03d", i%2000+1), Kind: team.SignalKinds[i%len(team.SignalKinds)], Parents: team.Agreed,
			Seen: "begint niet aan een taak die moeilijk lijkt, en zegt dan dat het niet hoeft", Needed: "een eerste stap samen",
			Elements: []string{"leren"}, Status: team.Discussed, By: member(0, i%8), At: tuesday.AddDate(0, 0, (i-10_000)/3).UTC(), Meeting: 1,
		}
		if i%100 == 0 {
			s.Status = team.Waiting
		}
		return store.PutSignal(tx, k.ID, s)
	})
	write(b, db, 3000, func(tx kv.Tx, i int) error {
		return store.PutAction(tx, k.ID, team.Action{
			Nr: i + 1, Owner: member(0, i%8), By: member(0, 0), Text: "vraagt de logopedist om tips voor de klas",
			Due: team.DateOf(tuesday), Status: team.Done, Done: tuesday.UTC(),
		})
	})
	bot := newBot(db)
	b.ResetTimer()
	for i := range b.N {
		reply := bot.Handle(b.Context(), chat.Event{
			ID: fmt.Sprint(i), Platform: k.Platform, Channel: k.Channel, User: chat.Person{ID: member(0, 1), Handle: member(0, 1), Name: member(0, 1)},
			Act: chat.Typed{Command: "kansoverleg", Text: "agenda"},
		})
		if len(reply.Body) < 3 {
			b.Fatalf("no agenda: %v", reply)
		}
	}
}

// The calendar feed of a kernteam that has met for years, twice a week from
// here on: some 500 dates to come; and the same with a rule.
func BenchmarkFeed(b *testing.B) {
	for name, rhythm := range map[string]schedule.Rhythm{
		"cron": {Cron: "0 9 * * 1,4", Time: schedule.Clock{Hour: 9}},
		"rule": {Rule: "FREQ=WEEKLY;INTERVAL=1;BYDAY=TU", Start: team.DateOf(tuesday), Time: schedule.Clock{Hour: 13, Minute: 30}},
	} {
		b.Run(name, func(b *testing.B) {
			db := open(b, filepath.Join(b.TempDir(), "kansbot.db"))
			k := kernteam(0)
			write(b, db, 1, func(tx kv.Tx, _ int) error {
				if err := found(tx, k); err != nil {
					return err
				}
				if err := store.PutLink(tx, "secret", store.Link{Kind: "feed", Team: k.ID, User: k.Chair}); err != nil {
					return err
				}
				if err := store.Rhythms.Put(tx, store.Rhythm{Rhythm: rhythm, Version: 1}, k.ID); err != nil {
					return err
				}
				start := time.Date(2027, time.January, 18, 9, 0, 0, 0, amsterdam)
				return store.PutMeeting(tx, k.ID, team.Meeting{Nr: 101, Start: start.UTC(), Occurrence: "2027-01-18T09:00", Status: team.Planned})
			})
			write(b, db, 100, func(tx kv.Tx, i int) error {
				start := tuesday.AddDate(0, 0, -14*i-14)
				return store.PutMeeting(tx, k.ID, team.Meeting{
					Nr: i + 1, Start: start.UTC(), Occurrence: start.Format("2006-01-02T15:04"), Status: team.Held,
					Agenda: team.BuildAgenda(team.Backlog{}, 75).Items, Present: map[string]bool{k.Chair: true},
				})
			})
			b.ResetTimer()
			for range b.N {
				bot := newBot(db) // one that made no feed yet
				feed, err := bot.Feed(b.Context(), "secret")
				if err != nil || len(feed) < 3000 {
					b.Fatal(len(feed), err)
				}
			}
		})
	}
}

// 1,000 kernteams have four Kans!overleggen today and four actions that are due
// today: 8,000 reminders at the same moment, until all are in the outbox.
func BenchmarkReminders(b *testing.B) {
	const teams, each = 1000, 4
	dir := b.TempDir()
	full := filepath.Join(dir, "full.db")
	db := open(b, full)
	write(b, db, teams, func(tx kv.Tx, i int) error {
		k := kernteam(i)
		if err := found(tx, k); err != nil {
			return err
		}
		for nr := 1; nr <= each; nr++ {
			if err := dueToday(tx, k, nr); err != nil {
				return err
			}
		}
		return nil
	})
	before := waiting(b, db)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	content, err := os.ReadFile(full)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for i := range b.N {
		b.StopTimer()
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			b.Fatal(err)
		}
		db := open(b, path)
		bot := newBot(db)
		b.StartTimer()
		if _, err := bot.Tick(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if got := waiting(b, db) - before; got != 2*teams*each {
			b.Fatalf("%d reminders", got)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		os.Remove(path)
		b.StartTimer()
	}
	b.ReportMetric(2*teams*each*float64(b.N)/b.Elapsed().Seconds(), "reminders/s")
}

// dueToday makes a Kans!overleg and an action with one step left each, and the
// post that the action's reminder goes under.
func dueToday(tx kv.Tx, k team.Kernteam, nr int) error {
	longAgo := tuesday.AddDate(0, 0, -20).UTC()
	m := team.Meeting{
		Nr: nr, Start: tuesday.Add(5*time.Hour + time.Duration(nr)*time.Minute).UTC(), Since: longAgo,
		Status: team.Planned, Sent: []string{"points", "agenda"}, Present: map[string]bool{k.Chair: true},
	}
	a := team.Action{
		Nr: nr, Owner: k.Chair, By: k.Chair, Text: "vraagt de logopedist om tips voor de klas", Gain: "de klas ze gebruikt",
		Due: team.DateOf(tuesday), Code: "K-014", Status: team.ToDo, Created: longAgo, Since: longAgo, Sent: []string{"ahead"},
	}
	action := fmt.Sprintf("action/%s/%d", k.ID, nr)
	for _, err := range []error{
		store.PutMeeting(tx, k.ID, m),
		store.PutAction(tx, k.ID, a),
		outbox.Put(tx, chat.Post{Key: action, To: chat.To{Platform: k.Platform, Channel: k.Channel}, Body: chat.Message{{Kind: chat.Text}}}),
		store.Schedule(tx, store.Due{ID: fmt.Sprintf("meeting/%s/%d", k.ID, nr), At: tuesday, Team: k.ID, Kind: "meeting", Nr: nr}),
		store.Schedule(tx, store.Due{ID: action, At: tuesday, Team: k.ID, Kind: "action", Nr: nr}),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func kernteam(i int) team.Kernteam {
	return team.Kernteam{
		ID: fmt.Sprintf("team%06d", i), Platform: "bench", Channel: fmt.Sprintf("channel%06d", i), Name: "Kernteam De Zwaan", School: "De Zwaan",
		SchoolType: team.Primary, Region: "midden", Lang: "nl", Zone: "Europe/Amsterdam", Chair: member(i, 0), Minutes: 75, Turns: team.NoTurns,
	}
}

func member(kernteam, nr int) string { return fmt.Sprintf("user%06d.%d", kernteam, nr) }

// found writes a kernteam of eight.
func found(tx kv.Tx, k team.Kernteam) error {
	var nr int
	fmt.Sscanf(k.ID, "team%d", &nr)
	for i := range 8 {
		user := member(nr, i)
		if err := store.PutMember(tx, k, team.Member{User: user, Handle: user, Name: user, Role: team.Roles[i], Org: "De Zwaan", Here: true, Led: 1}); err != nil {
			return err
		}
	}
	return store.PutKernteam(tx, k)
}

func open(b *testing.B, path string) kv.DB {
	db, err := bolt.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	if err := store.Prepare(b.Context(), db); err != nil {
		b.Fatal(err)
	}
	return db
}

func newBot(db kv.DB) *command.Bot {
	return command.New(command.Options{
		DB: db, Now: func() time.Time { return tuesday }, Wake: func() {}, Log: slog.New(slog.DiscardHandler),
		Holidays: schedule.BuiltIn(),
		Circle:   team.Circle{Name: "Kansencirkel", Elements: []team.Element{{Key: "leren", Label: "Leren en groeien"}}},
	})
}

// write calls put n times, in transactions of a hundred.
func write(b *testing.B, db kv.DB, n int, put func(tx kv.Tx, i int) error) {
	for from := 0; from < n; from += 100 {
		err := db.Update(b.Context(), func(tx kv.Tx) error {
			for i := from; i < min(from+100, n); i++ {
				if err := put(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// waiting counts the posts in the outbox.
func waiting(b *testing.B, db kv.DB) int {
	h, err := outbox.New(db, nil, outbox.Options{Now: time.Now}).Health(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return h.Waiting
}
