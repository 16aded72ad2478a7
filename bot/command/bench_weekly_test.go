package command_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kansbot/bot/command"
	"kansbot/internal/kv"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// Monday 08:30 for 1,000 kernteams of eight, who all have something to do: until
// 8,000 overviews are in the outbox. ms-held is the longest that one transaction
// kept everybody else waiting.
func BenchmarkWeekly(b *testing.B) {
	const teams = 1000
	monday := tuesday.AddDate(0, 0, -1)
	dir := b.TempDir()
	full := filepath.Join(dir, "full.db")
	db := open(b, full)
	write(b, db, teams, func(tx kv.Tx, i int) error {
		k := kernteam(i)
		if err := found(tx, k); err != nil {
			return err
		}
		for nr := 1; nr <= 16; nr++ {
			a := team.Action{
				Nr: nr, Owner: member(i, nr%8), By: k.Chair, Text: "vraagt de logopedist om tips voor de klas", Gain: "de klas ze gebruikt",
				Due: team.DateOf(monday).AddDays(nr - 4), Code: "K-014", Status: team.ToDo,
			}
			if err := store.PutAction(tx, k.ID, a); err != nil {
				return err
			}
		}
		return store.Schedule(tx, store.Due{ID: "weekly/" + k.ID, At: monday, Kind: "weekly"})
	})
	before := waiting(b, db)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	content, err := os.ReadFile(full)
	if err != nil {
		b.Fatal(err)
	}
	held := time.Duration(0)
	b.ResetTimer()
	for i := range b.N {
		b.StopTimer()
		path := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			b.Fatal(err)
		}
		db := &heldDB{DB: open(b, path)}
		bot := command.New(command.Options{
			DB: db, Now: func() time.Time { return monday }, Wake: func() {}, Log: slog.New(slog.DiscardHandler), Holidays: schedule.BuiltIn(),
		})
		b.StartTimer()
		if _, err := bot.Tick(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if got := waiting(b, db) - before; got != 8*teams {
			b.Fatalf("%d overviews", got)
		}
		held = max(held, db.longest)
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		os.Remove(path)
		b.StartTimer()
	}
	b.ReportMetric(8*teams*float64(b.N)/b.Elapsed().Seconds(), "overviews/s")
	b.ReportMetric(float64(held.Microseconds())/1000, "ms-held")
}

// heldDB notes how long its longest transaction was at work.
type heldDB struct {
	kv.DB
	longest time.Duration
}

func (db *heldDB) Update(ctx context.Context, do func(kv.Tx) error) error {
	return db.DB.Update(ctx, func(tx kv.Tx) error {
		began := time.Now()
		defer func() { db.longest = max(db.longest, time.Since(began)) }()
		return do(tx)
	})
}
