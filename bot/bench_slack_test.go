package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	sdk "github.com/slack-go/slack"

	"kansbot/adapters/slack"
	"kansbot/adapters/slack/slacktest"
	"kansbot/bot/command"
	"kansbot/config"
	"kansbot/internal/chat"
	"kansbot/internal/text"
)

// BenchmarkSignalAck, for Slack over HTTP. The least is here to verify the
// signature and answer.
func BenchmarkSlackAck(b *testing.B) {
	for _, clients := range benchClients {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			server := slacktest.New(slacktest.Options{NoLimits: true})
			b.Cleanup(server.Close)
			one := server.App(slack.Manifest(command.Usages(text.NL), ""))
			w := server.Workspace("De Zwaan")
			bot := one.Install(w)
			var users []*slacktest.User
			var channels []*slacktest.Channel
			for i := range clients {
				members := []slacktest.Member{bot}
				for j := range 8 {
					u := w.User(fmt.Sprintf("user%d", 8*i+j), "Anna de Groot", "nl-NL")
					users, members = append(users, u), append(members, u)
				}
				channels = append(channels, w.Channel(fmt.Sprint("kernteam-", i), true, members...))
			}
			id := func(kind string, nr int) string {
				if kind == "user" {
					return users[nr].ID
				}
				return channels[nr].ID
			}
			h := &harbour{client: benchClient(clients), place: chat.To{Platform: slack.Name, Workspace: w.ID}}
			h.request = func(address string, team, trigger int) (*http.Request, error) {
				body := []byte(url.Values{
					"command": {"/signaal"}, "text": {benchSignal}, "trigger_id": {fmt.Sprint(trigger)}, "team_id": {w.ID},
					"user_id": {id("user", 8*team)}, "user_name": {"anna"}, "channel_id": {id("channel", team)}, "channel_name": {"privategroup"},
				}.Encode())
				request, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
				if err == nil {
					request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					slacktest.Sign(request, one.Secret(), time.Now(), body)
				}
				return request, err
			}
			c, err := config.Load("", nil)
			if err != nil {
				b.Fatal(err)
			}
			c.Data = b.TempDir()
			h.open(b, c, clients, func(_ context.Context, a *app) (wired, error) {
				adapter, err := slack.New(slack.Settings{
					APIURL: server.APIURL(), Pace: slack.Pace{Unlimited: true},
					Apps: []slack.App{{SigningSecrets: []string{one.Secret()}, BotTokens: []string{bot.Token}}},
				}, time.Now, a.log)
				if err != nil {
					return wired{}, err
				}
				return wiredSlack(adapter, a), nil
			}, "/slack/command", id)
			// Who is in each channel is looked up at the start.
			if err := server.Until(b.Context(), func() bool { return server.Calls("conversations.members") >= clients }); err != nil {
				b.Fatal(err)
			}
			before := server.Calls("chat.postMessage")
			h.acks(b, clients, func(w http.ResponseWriter, r *http.Request) {
				verifier, err := sdk.NewSecretsVerifier(r.Header, one.Secret())
				if err == nil {
					if _, err = io.Copy(&verifier, r.Body); err == nil {
						err = verifier.Ensure()
					}
				}
				if err != nil {
					w.WriteHeader(http.StatusUnauthorized)
				}
			})
			if got := server.Calls("chat.postMessage") - before; got < b.N {
				b.Fatalf("%d signals, and %d posts", b.N, got)
			}
		})
	}
}
