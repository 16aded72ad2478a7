package mattermost

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/internal/chat"
)

// clockLimit is how far the server's clock may be from ours. Well under
// clockMargin, on which finding a post back depends.
const clockLimit = 30 * time.Second

// Check looks at all that this adapter needs, with the bot's own rights. It
// changes nothing.
func (a *Adapter) Check(ctx context.Context) []chat.Finding {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var found []chat.Finding
	ok := func(name, format string, args ...any) {
		found = append(found, chat.Finding{Name: name, OK: true, Says: fmt.Sprintf(format, args...)})
	}
	bad := func(name, mend, format string, args ...any) {
		found = append(found, chat.Finding{Name: name, Says: fmt.Sprintf(format, args...), Mend: mend})
	}

	a.checkPublic(ctx, ok, bad)
	began := a.now()
	me, resp, err := a.api.GetMe(ctx, "")
	err = checked(resp, err)
	switch {
	case status(err) == http.StatusUnauthorized:
		ok("Mattermost-server", "bereikbaar op %s", a.settings.URL)
		bad("Mattermost-token", "Zet het bot-account aan, of doe `kansbot setup mattermost` opnieuw.", "wordt geweigerd: ingetrokken, verlopen, of het bot-account staat uit")
		return found
	case err != nil:
		bad("Mattermost-server", "Controleer het adres, het netwerk en of de server draait.", "geeft op %s geen antwoord: %v", a.settings.URL, err)
		return found
	}
	ok("Mattermost-server", "versie %s", shortVersion(resp.ServerVersion))
	if me.IsBot {
		ok("Mattermost-token", "van @%s", me.Username)
	} else {
		bad("Mattermost-token", "Doe `kansbot setup mattermost`, en trek dit token in.", "is van @%s, en dat is geen bot-account", me.Username)
	}
	if me.IsSystemAdmin() {
		bad("Mattermost-rechten", "Maak van de bot weer een gewoon lid (System Console > Users).", "de bot is systeembeheerder")
	} else {
		ok("Mattermost-rechten", "gewoon lid")
	}
	a.checkClock(began, resp.Header.Get("Date"), ok, bad)
	a.checkTeams(ctx, me.Id, ok, bad)
	a.checkSocket(ctx, ok, bad)
	if lost := a.Health().Lost; len(lost) > 0 {
		bad("Mattermost-kanalen kwijt", "Haal het kanaal uit het archief of voeg de bot weer toe, als dat niet de bedoeling was.", "verwijderd of gearchiveerd sinds de start: %s", strings.Join(lost, ", "))
	}
	return found
}

type okay func(name, format string, args ...any)

type wrong func(name, mend, format string, args ...any)

// checkPublic calls our own address. That says it leads here, not that the
// server can follow.
func (a *Adapter) checkPublic(ctx context.Context, ok okay, bad wrong) {
	const name = "Adres voor Mattermost"
	host, private := privateHost(ctx, a.settings.PublicURL)
	hint := ""
	if private {
		hint = fmt.Sprintf("; een intern adres: %s moet staan in ServiceSettings.AllowedUntrustedInternalConnections", host)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.settings.PublicURL+"/healthz", nil)
	if err == nil {
		var resp *http.Response
		if resp, err = a.api.HTTPClient.Do(req); err == nil {
			io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				err = fmt.Errorf("status %d", resp.StatusCode)
			}
		}
	}
	if err != nil {
		bad(name, "Controleer public_url, de proxy en of Kansbot draait.", "%s/healthz antwoordt niet zoals het hoort: %v%s", a.settings.PublicURL, unaddressed(err), hint)
		return
	}
	ok(name, "%s bereikt Kansbot%s", a.settings.PublicURL, hint)
}

func unaddressed(err error) error { return checked(nil, err).(*fault).cause }

func (a *Adapter) checkClock(began time.Time, date string, ok okay, bad wrong) {
	const name = "Klok"
	theirs, err := http.ParseTime(date)
	if err != nil {
		ok(name, "de server noemt geen tijd")
		return
	}
	// The header has whole seconds, and was written between then and now.
	early, late := theirs.Sub(a.now()), theirs.Add(time.Second).Sub(began)
	if early > clockLimit || late < -clockLimit {
		bad(name, "Zet op beide machines de tijd gelijk (NTP).", "loopt %s uiteen met die van de server", theirs.Sub(began).Abs().Round(time.Second))
		return
	}
	ok(name, "gelijk met de server")
}

func (a *Adapter) checkTeams(ctx context.Context, me string, ok okay, bad wrong) {
	teams, resp, err := a.api.GetTeamsForUser(ctx, me, "")
	if err := checked(resp, err); err != nil {
		bad("Mattermost-team", "Probeer het opnieuw.", "niet te lezen: %v", err)
		return
	}
	if len(teams) == 0 {
		bad("Mattermost-team", "Doe `kansbot setup mattermost`.", "de bot zit in geen enkel team")
		return
	}
	var places, missing []string
	registered := ""
	for _, team := range teams {
		channels, resp, err := a.api.GetChannelsForTeamForUser(ctx, team.Id, me, false, "")
		if err := checked(resp, err); err != nil {
			bad("Mattermost-team", "Probeer het opnieuw.", "kanalen van %s niet te lezen: %v", team.Name, err)
			return
		}
		n := 0
		for _, c := range channels {
			if c.Type == model.ChannelTypePrivate || c.Type == model.ChannelTypeOpen && c.Name != model.DefaultChannelName && c.Name != "off-topic" {
				n++
			}
		}
		if n > 0 {
			places = append(places, fmt.Sprintf("%d in team %s", n, team.Name))
		}
		lacks, err := a.lacking(ctx, team.Id)
		if err != nil {
			bad("Slash-opdrachten", "Probeer het opnieuw.", "niet te lezen: %v", err)
			return
		}
		if len(lacks) == 0 {
			registered = team.Name
		} else {
			missing = lacks
		}
	}
	if len(places) == 0 {
		bad("Mattermost-kanalen", "Typ in het kanaal van een kernteam /invite en de naam van de bot.", "de bot zit nog in geen kanaal van een kernteam")
	} else {
		ok("Mattermost-kanalen", "%s", strings.Join(places, ", "))
	}
	// The commands are those of one team; the bot may be in more.
	if registered == "" {
		bad("Slash-opdrachten", "Doe `kansbot setup mattermost`.", "niet gevonden: %s", strings.Join(missing, " "))
		return
	}
	ok("Slash-opdrachten", "bekend in team %s; hun adres en token kunnen niet worden nagekeken zonder beheerder", registered)
}

// lacking are our commands that a team does not suggest while people type.
func (a *Adapter) lacking(ctx context.Context, team string) (lacks []string, err error) {
	known, resp, err := a.api.ListAutocompleteCommands(ctx, team)
	if err := checked(resp, err); err != nil {
		return nil, err
	}
	there := make(map[string]bool)
	for _, c := range known {
		there[c.Trigger] = true
	}
	for _, command := range slices.Sorted(maps.Keys(a.settings.CommandTokens)) {
		if !there[command] {
			lacks = append(lacks, "/"+command)
		}
	}
	return lacks, nil
}

func (a *Adapter) checkSocket(ctx context.Context, ok okay, bad wrong) {
	const name = "Mattermost-WebSocket"
	const mend = "Laat de proxy voor Mattermost WebSockets door (de kop Upgrade)."
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel() // which closes it
	socket, err := a.dial(ctx, "", 0)
	if err != nil {
		bad(name, mend, "gaat niet open: %v", err)
		return
	}
	for {
		select {
		case e, open := <-socket.EventChannel:
			if !open {
				bad(name, mend, "gaat open en valt meteen weg")
				return
			}
			if e.EventType() == model.WebsocketEventHello {
				ok(name, "gaat open")
				return
			}
		case <-socket.ResponseChannel:
		case <-ctx.Done():
			bad(name, mend, "gaat open, maar er komt niets")
			return
		}
	}
}
