package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

// CheckOptions are what Check cannot know of itself.
type CheckOptions struct {
	PublicURL string    // where Slack reaches us without Socket Mode
	Manifest  string    // ManifestDigest of what Slack should have
	Written   string    // ManifestDigest of what setup wrote; empty when it did not
	Channels  []chat.To // of the kernteams, as far as they are known
	// Running: a Kansbot with these settings is at work. A connection of our
	// own would then take away what people do, so there will be none.
	Running bool
}

// clockTolerance is how far Slack's clock may be from ours. Slack itself signs
// for five minutes; finding a post back by its time wants less.
const clockTolerance = 30 * time.Second

// Check looks at all that this adapter needs, with the bot's own rights. It
// changes nothing.
func (a *Adapter) Check(ctx context.Context, o CheckOptions) []chat.Finding {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	c := &checkup{Adapter: a, CheckOptions: o}
	c.manifest()
	if slices.ContainsFunc(a.apps, func(one *app) bool { return one.Token == "" }) {
		c.public(ctx)
	}
	known, all := make(map[string]bool), true
	for _, one := range a.apps {
		var bot identity
		for _, w := range one.workspaces {
			found, ok := c.workspace(ctx, w)
			if all = all && ok; ok {
				bot = found
				known[bot.team] = true
			}
		}
		if one.Token != "" {
			c.connection(ctx, one, bot)
		} else {
			c.ok("Slack-geheim", "%d signing secret; of het klopt, blijkt als Slack Kansbot aanroept", len(one.SigningSecrets))
		}
	}
	if all {
		c.elsewhere(known)
	}
	return c.found
}

type checkup struct {
	*Adapter
	CheckOptions
	found     []chat.Finding
	timeKnown bool
}

func (c *checkup) ok(name, format string, args ...any) {
	c.found = append(c.found, chat.Finding{Name: name, OK: true, Says: fmt.Sprintf(format, args...)})
}

func (c *checkup) bad(name, mend, format string, args ...any) {
	c.found = append(c.found, chat.Finding{Name: name, Says: fmt.Sprintf(format, args...), Mend: mend})
}

func (c *checkup) manifest() {
	const name = "Slack-manifest"
	switch c.Written {
	case c.Manifest:
		c.ok(name, "past bij dit programma")
	case "":
		c.ok(name, "niet door `kansbot setup slack` gemaakt, dus niet na te kijken")
	default:
		c.bad(name, "Doe `kansbot setup slack`, en plak het manifest opnieuw.", "het manifest in Slack is ouder dan dit programma")
	}
}

// public calls our own address. That says it leads here, not that Slack can
// follow.
func (c *checkup) public(ctx context.Context) {
	const name = "Adres voor Slack"
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	address := strings.TrimRight(c.PublicURL, "/")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/healthz", nil)
	if err == nil {
		var answer *http.Response
		if answer, err = client(nil).Do(request); err == nil {
			io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				err = &fault{status: answer.StatusCode}
			}
		}
	}
	switch {
	case err != nil && !c.Running:
		c.ok(name, "%s; na te kijken zodra Kansbot draait", address)
	case err != nil:
		c.bad(name, "Controleer public_url en de proxy.", "%s/healthz antwoordt niet zoals het hoort: %s", address, refusal(err))
	default:
		c.ok(name, "%s bereikt Kansbot", address)
	}
}

// workspace looks at one installation; ok tells that its token works.
func (c *checkup) workspace(ctx context.Context, w *workspace) (bot identity, ok bool) {
	const name = "Slack-token"
	began := c.now()
	bot, err := identify(ctx, w.api)
	switch {
	case codeOf(err) != "":
		c.bad(name, "Doe `kansbot setup slack` opnieuw, met het token bij Install App.", "%s", refusal(err))
		return bot, false
	case err != nil:
		c.bad("Slack", "Controleer het netwerk, de proxy en slack.api_url.", "geeft geen antwoord: %s", refusal(err))
		return bot, false
	}
	c.ok(name, "van @%s in werkruimte %s", bot.botName, bot.teamName)
	if lacks := bot.lacks(); len(lacks) > 0 {
		c.bad("Slack-rechten", "Doe `kansbot setup slack`, plak het manifest, en installeer de app opnieuw.", "in %s ontbreekt: %s", bot.teamName, strings.Join(lacks, ", "))
	} else if more := bot.exceeds(); len(more) > 0 {
		c.ok("Slack-rechten", "alle %d; wat niet nodig is en weg mag: %s", len(botScopes), strings.Join(more, ", "))
	} else {
		c.ok("Slack-rechten", "precies de %d die nodig zijn", len(botScopes))
	}
	if !c.timeKnown {
		c.clock(began, bot.date)
	}
	c.channels(ctx, w, bot)
	return bot, true
}

func (c *checkup) clock(began time.Time, date string) {
	const name = "Klok"
	theirs, err := http.ParseTime(date)
	if err != nil {
		return
	}
	c.timeKnown = true
	// The header has whole seconds, and was written between then and now.
	early, late := theirs.Sub(c.now()), theirs.Add(time.Second).Sub(began)
	if early > clockTolerance || late < -clockTolerance {
		c.bad(name, "Zet op deze machine de tijd gelijk (NTP).", "loopt %s uiteen met die van Slack", theirs.Sub(began).Abs().Round(time.Second))
		return
	}
	c.ok(name, "gelijk met die van Slack")
}

// channels asks for all channels that the bot is in, a page at a time: asking
// for each kernteam's own would take an hour for some thousands.
func (c *checkup) channels(ctx context.Context, w *workspace, bot identity) {
	const name = "Slack-kanalen"
	const invite = "Typ in dat kanaal /invite @" + appName + "."
	in := make(map[string]slack.Channel)
	for cursor, more := "", true; more; more = cursor != "" {
		var page []slack.Channel
		var err error
		page, cursor, err = w.api.GetConversationsForUserContext(ctx, &slack.GetConversationsForUserParameters{
			Types: []string{"public_channel", "private_channel"}, Limit: 200, Cursor: cursor,
		})
		if err := checked(err); err != nil {
			c.bad(name, "Probeer het over een minuut opnieuw.", "niet te lezen in %s: %s", bot.teamName, refusal(err))
			return
		}
		for _, one := range page {
			in[one.ID] = one
		}
	}
	teams, wrong := 0, []string(nil)
	for _, to := range c.Channels {
		if to.Platform != Name || to.Workspace != bot.team || to.Channel == "" {
			continue
		}
		teams++
		channel, there := in[to.Channel]
		switch {
		case !there:
			wrong = append(wrong, to.Channel+" (de bot zit er niet in)")
		case channel.IsArchived:
			wrong = append(wrong, "#"+channel.Name+" (in het archief)")
		case channel.IsReadOnly:
			wrong = append(wrong, "#"+channel.Name+" (de bot mag er niet schrijven)")
		}
	}
	switch {
	case len(wrong) > 0:
		list := strings.Join(wrong[:min(5, len(wrong))], ", ")
		if len(wrong) > 5 {
			list += fmt.Sprintf(" en nog %d", len(wrong)-5)
		}
		c.bad(name, invite+" Of haal het kanaal uit het archief, of laat de bot er schrijven.", "%s, van kernteams in %s", list, bot.teamName)
	case len(in) == 0:
		c.bad(name, "Typ in het kanaal van een kernteam /invite @"+appName+".", "de bot zit in %s nog in geen enkel kanaal", bot.teamName)
	case teams > 0:
		c.ok(name, "in %s %s van %s", bot.teamName, either(teams, "het kanaal", "de kanalen"), kernteams(teams))
	default:
		c.ok(name, "in %s: %d", bot.teamName, len(in))
	}
}

// elsewhere looks for kernteams in workspaces that are not set.
func (c *checkup) elsewhere(known map[string]bool) {
	homeless := 0
	for _, to := range c.Channels {
		if to.Platform == Name && !known[to.Workspace] {
			homeless++
		}
	}
	if homeless > 0 {
		c.bad("Slack-werkruimtes", "Zet het bot-token van die werkruimte erbij (slack.more).", "%s %s in een werkruimte die niet is ingesteld", kernteams(homeless), either(homeless, "zit", "zitten"))
	}
}

func kernteams(n int) string { return fmt.Sprintf("%d %s", n, either(n, "kernteam", "kernteams")) }

// either is what goes with one, or with more.
func either(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// connection looks at Socket Mode.
func (c *checkup) connection(ctx context.Context, one *app, bot identity) {
	const name, mend = "Slack-verbinding", "Doe `kansbot setup slack` opnieuw, met een app-token met connections:write."
	if bot.foreign(one.Token) {
		c.bad(name, "Doe `kansbot setup slack` opnieuw, met beide tokens van dezelfde app.", "het app-token is van een andere app dan het bot-token")
		return
	}
	address, err := socketAddress(ctx, one.workspaces[0].api)
	switch {
	case codeOf(err) != "":
		c.bad(name, mend, "het app-token doet het niet: %s", refusal(err))
		return
	case err != nil:
		c.bad(name, "Controleer het netwerk, de proxy en slack.api_url.", "geen antwoord: %s", refusal(err))
		return
	case c.Running:
		c.ok(name, "het app-token werkt, en Kansbot draait")
		return
	}
	connections, err := countConnections(ctx, address)
	switch {
	case err != nil:
		c.bad(name, "Laat de firewall of proxy WebSockets naar Slack door (wss, poort 443).", "gaat niet open: %s", refusal(err))
	case connections > 1:
		c.bad(name, "Stop de andere Kansbot. Is die er niet, wacht dan een paar minuten: Slack houdt weggevallen verbindingen nog even vast.",
			"er %s al %d andere, en die %s een deel van wat mensen doen", either(connections-1, "luistert", "luisteren"), connections-1, either(connections-1, "krijgt", "krijgen"))
	default:
		c.ok(name, "gaat open")
	}
}

// countConnections connects, and tells how many connections there are then, this one
// included. What Slack sends meanwhile is lost.
func countConnections(ctx context.Context, address string) (connections int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment}
	socket, _, err := dialer.DialContext(ctx, address, nil)
	if err != nil {
		return 0, checked(err)
	}
	defer socket.Close()
	deadline, _ := ctx.Deadline()
	socket.SetReadDeadline(deadline)
	socket.SetReadLimit(64 << 10)
	_, first, err := socket.ReadMessage()
	if err != nil {
		return 0, checked(err)
	}
	socket.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), deadline)
	var got struct {
		Type        string `json:"type"`
		Reason      string `json:"reason"`
		Connections int    `json:"num_connections"`
	}
	switch err := json.Unmarshal(first, &got); {
	case err != nil:
		return 0, unreadable()
	case got.Type != "hello" && refusals[got.Reason] != "":
		return 0, &fault{code: got.Reason}
	case got.Type != "hello":
		return 0, unreadable()
	}
	return got.Connections, nil
}
