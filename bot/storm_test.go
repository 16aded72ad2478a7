package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"kansbot/adapters/slack"
	"kansbot/adapters/slack/slacktest"
	"kansbot/bot/command"
	"kansbot/config"
	"kansbot/internal/kv"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
	"kansbot/internal/text"
)

// A region's morning: 1,000 workspaces with eight kernteams each, all of which
// meet today, and a Slack that takes 50 ms for an answer. Measured is the time
// from the moment of the reminder until the last of the 8,000 is there, with
// Slack's limits in force: earned-429s are the times that it had to refuse.
func BenchmarkStorm(b *testing.B) {
	const workspaces, each, answer = 1000, 8, 50 * time.Millisecond
	for range b.N {
		b.StopTimer()
		server := slacktest.New(slacktest.Options{})
		server.SetFault(func(slacktest.Call) slacktest.Fault { return slacktest.Fault{Wait: answer} })
		one := server.App(slack.Manifest(command.Usages(text.NL), ""))
		var tokens []string
		var teams []team.Kernteam
		for i := range workspaces {
			w := server.Workspace(fmt.Sprint("school ", i))
			bot, chair := one.Install(w), w.User("anna", "Anna de Groot", "nl-NL")
			tokens = append(tokens, bot.Token)
			for j := range each {
				teams = append(teams, team.Kernteam{
					ID: fmt.Sprintf("%04d-%d", i, j), Name: "Kernteam De Zwaan", Platform: slack.Name, Workspace: w.ID,
					Channel: w.Channel(fmt.Sprint("kernteam-", j), true, bot, chair).ID, School: "De Zwaan",
					Lang: "nl", Zone: "Europe/Amsterdam", Minutes: 75, Chair: chair.ID,
				})
			}
		}
		c, err := config.Load("", nil)
		if err != nil {
			b.Fatal(err)
		}
		c.Data = filepath.Join(b.TempDir(), "data")
		clk := &clock{}
		due := time.Date(2027, time.January, 12, 8, 30, 0, 0, amsterdam)
		clk.set(due.Add(-time.Hour))
		a, err := newApp(b.Context(), c, clk, quiet(), func(_ context.Context, a *app) (wired, error) {
			adapter, err := slack.New(slack.Settings{APIURL: server.APIURL(), Apps: []slack.App{{SigningSecrets: []string{one.Secret()}, BotTokens: tokens}}}, time.Now, a.log)
			if err != nil {
				return wired{}, err
			}
			return wiredSlack(adapter, a), nil
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := a.db.Update(b.Context(), func(tx kv.Tx) error { return meetToday(tx, teams, due) }); err != nil {
			b.Fatal(err)
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.run(ctx, listener, false) }()
		// Who is in each channel is looked up at the start.
		if err := server.Until(ctx, func() bool { return server.Calls("conversations.members") >= workspaces*each }); err != nil {
			b.Fatal(err)
		}
		before := server.Calls("chat.postMessage")
		b.StartTimer()
		if err := a.advance(ctx, due.Sub(clk.Now())); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if n := server.Calls("chat.postMessage") - before; n != workspaces*each {
			b.Errorf("%d reminders", n)
		}
		refused := 0
		for _, n := range server.Limited() {
			refused += n
		}
		b.ReportMetric(float64(refused), "earned-429s")
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		a.close()
		server.Close()
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/storm")
}

// meetToday gives each kernteam a Kans!overleg five hours after due, with the
// reminder of the day left.
func meetToday(tx kv.Tx, teams []team.Kernteam, due time.Time) error {
	for _, k := range teams {
		if err := store.PutKernteam(tx, k); err != nil {
			return err
		}
		if err := store.PutMember(tx, k, team.Member{User: k.Chair, Handle: "anna", Name: "Anna de Groot", Here: true}); err != nil {
			return err
		}
		m := team.Meeting{
			Nr: 1, Start: due.Add(5 * time.Hour).UTC(), Since: due.AddDate(0, 0, -20).UTC(), Status: team.Planned,
			Sent: []string{schedule.StepPoints, schedule.StepAgenda}, Present: map[string]bool{k.Chair: true},
		}
		if err := store.PutMeeting(tx, k.ID, m); err != nil {
			return err
		}
		if err := store.Schedule(tx, store.Due{ID: "meeting/" + k.ID + "/1", At: due.UTC(), Team: k.ID, Kind: "meeting", Nr: 1}); err != nil {
			return err
		}
	}
	return nil
}
