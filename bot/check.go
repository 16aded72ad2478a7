package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"kansbot/adapters/bolt"
	"kansbot/adapters/slack"
	"kansbot/config"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/schedule"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

type healthCommand struct{ configFlag }

func (h healthCommand) Run() error {
	c, err := h.load()
	if err != nil {
		return err
	}
	_, err = ask(context.Background(), c, "/healthz")
	return err
}

// ask asks the Kansbot that runs on this machine. The error is about there
// being no answer; an answer may well be bad news.
func ask(ctx context.Context, c config.Config, path string) ([]byte, error) {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusServiceUnavailable {
		return nil, fmt.Errorf("op %s antwoordt iets anders dan Kansbot: %s", request.URL.Host, answer.Status)
	}
	return io.ReadAll(io.LimitReader(answer.Body, 1<<20))
}

type checkCommand struct{ configFlag }

var errFindings = errors.New("niet alles klopt; zie FOUT hierboven")

func (k checkCommand) Run(stdout io.Writer) error {
	c, err := k.load()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	from := "alleen de omgeving"
	if k.Config != "" {
		from = k.Config
	}
	findings := []chat.Finding{{Name: "configuratie", OK: true, Says: from}, checkZones()}
	known, err := holidays(c)
	if err != nil {
		findings = append(findings, chat.Finding{Name: "vakanties", Says: err.Error(), Mend: "haal het bestand opnieuw op, of maak vakanties leeg: dan geldt wat Kansbot zelf weet"})
	}
	stored, teams, running := checkStore(ctx, c)
	findings = append(findings, stored...)
	for _, region := range regions(teams) {
		if err == nil {
			findings = append(findings, checkHolidays(string(region), known.KnownUntil(region, team.DateOf(time.Now())), time.Now()))
		}
	}
	if c.HasMattermost() {
		findings = append(findings, checkMattermost(ctx, c)...)
	}
	if c.HasSlack() {
		findings = append(findings, checkSlack(ctx, c, channelsOf(teams), running)...)
	}
	if running && c.HasPlatform() && c.PublicURL != "" {
		findings = append(findings, checkPages(ctx, c))
	}
	if !c.HasPlatform() {
		findings = append(findings, chat.Finding{Name: "platform", OK: true, Says: "geen; Kansbot start als oefenruimte"})
	}
	for _, w := range c.Warnings() {
		fmt.Fprintln(stdout, "let op", w)
	}
	return print(stdout, findings)
}

func print(w io.Writer, findings []chat.Finding) error {
	var err error
	for _, f := range findings {
		if f.OK {
			fmt.Fprintf(w, "ok    %s: %s\n", f.Name, f.Says)
			continue
		}
		err = errFindings
		fmt.Fprintf(w, "FOUT  %s: %s / %s\n", f.Name, f.Says, f.Mend)
	}
	return err
}

func checkZones() chat.Finding {
	f := chat.Finding{Name: "tijdzones", OK: true, Says: "aanwezig"}
	if _, err := time.LoadLocation("Europe/Amsterdam"); err != nil {
		f = chat.Finding{Name: "tijdzones", Says: err.Error(), Mend: "verwijder de variabele ZONEINFO, of laat die naar goede tijdzonegegevens wijzen"}
	}
	return f
}

// checkStore asks the Kansbot that has the store open, or opens it when there
// is none; then it also gives the kernteams.
func checkStore(ctx context.Context, c config.Config) (found []chat.Finding, teams []team.Kernteam, running bool) {
	if body, err := ask(ctx, c, "/readyz"); err == nil {
		var h health
		if json.Unmarshal(body, &h) == nil {
			return askedFindings(ctx, c, h), nil, true
		}
	}
	if c.Data == "" {
		return []chat.Finding{{Name: "gegevens", OK: true, Says: "in een tijdelijke map"}}, nil, false
	}
	path := filepath.Join(c.Data, "kansbot.db")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return []chat.Finding{checkFolder(c.Data)}, nil, false
	}
	wrong := func(err error, mend string) ([]chat.Finding, []team.Kernteam, bool) {
		return []chat.Finding{{Name: "gegevens", Says: err.Error(), Mend: mend}}, nil, false
	}
	const mend = "kijk of de map bestaat, van de gebruiker is die Kansbot draait, en of de schijf niet vol is"
	db, err := bolt.Open(path)
	if err != nil {
		return wrong(err, mend)
	}
	defer db.Close()
	if err := errors.Join(store.Prepare(ctx, db), writable(ctx, db)); err != nil {
		return wrong(err, mend)
	}
	h, err := outbox.New(db, nil, outbox.Options{Now: time.Now}).Health(ctx)
	if err == nil {
		teams, err = kernteams(ctx, db)
	}
	if err != nil {
		return wrong(err, "zet een reservekopie terug")
	}
	return []chat.Finding{
		{Name: "gegevens", OK: true, Says: path + " (Kansbot draait nu niet)"},
		{Name: "uitgaande berichten", OK: true, Says: fmt.Sprintf("%d wachten tot Kansbot weer draait", h.Waiting)},
	}, teams, false
}

func kernteams(ctx context.Context, db kv.DB) (list []team.Kernteam, err error) {
	err = db.View(ctx, func(tx kv.Tx) error {
		list, err = store.Kernteams.All(tx)
		return err
	})
	return list, err
}

// channelsOf are those of all kernteams.
func channelsOf(teams []team.Kernteam) (list []chat.To) {
	for _, k := range teams {
		list = append(list, chat.To{Platform: k.Platform, Workspace: k.Workspace, Channel: k.Channel})
	}
	return list
}

// regions are those that the kernteams are in.
func regions(teams []team.Kernteam) (list []team.Region) {
	for _, region := range team.Regions {
		if slices.ContainsFunc(teams, func(k team.Kernteam) bool { return k.Region == region }) {
			list = append(list, region)
		}
	}
	return list
}

// checkHolidays warns when the holidays of a region are known for less than a
// year.
func checkHolidays(region string, until team.Date, now time.Time) chat.Finding {
	f := chat.Finding{Name: "vakanties, regio " + region, OK: true, Says: "bekend tot en met " + schedule.FormatDate("nl", until, true)}
	switch {
	case until.IsZero():
		f.Says = "LET OP, die van dit schooljaar zijn niet bekend" + newerHolidays
	case until.Before(team.DateOf(now.AddDate(1, 0, 0))):
		f.Says = "LET OP, " + f.Says + newerHolidays
	}
	return f
}

const newerHolidays = "; zet een nieuwer bestand bij vakanties (zie het voorbeeld van de instellingen)"

// checkFolder is for before the first start: it leaves nothing behind.
func checkFolder(dir string) chat.Finding {
	f, err := os.CreateTemp(dir, "check-*")
	if errors.Is(err, os.ErrNotExist) {
		f, err = os.CreateTemp(filepath.Dir(dir), "check-*") // where the folder will be made
	}
	if err != nil {
		return chat.Finding{Name: "gegevens", Says: "geen bestand te maken in " + dir, Mend: "maak de map, en geef die aan de gebruiker die Kansbot draait"}
	}
	f.Close()
	os.Remove(f.Name())
	return chat.Finding{Name: "gegevens", OK: true, Says: "nog leeg: " + dir}
}

// oldestAllowed is how long a post may wait before something is amiss.
const oldestAllowed = 15 * time.Minute

// askedFindings are those of a Kansbot that runs.
func askedFindings(ctx context.Context, c config.Config, h health) []chat.Finding {
	running := chat.Finding{Name: "gegevens", OK: true, Says: "Kansbot draait, en schrijft"}
	if !h.OK {
		running = chat.Finding{Name: "gegevens", Says: "Kansbot draait, maar niet goed: " + strings.Join(h.Failing, ", "), Mend: "kijk in het logboek van Kansbot"}
	}
	findings := []chat.Finding{running}
	if h.Clock != "" {
		findings = append(findings, chat.Finding{Name: "klok", OK: true, Says: "LET OP, DIT IS EEN OEFENING: voor Kansbot is het " + h.Clock})
	}
	body, err := ask(ctx, c, "/metrics")
	if err != nil {
		return findings
	}
	lines := bufio.NewScanner(strings.NewReader(string(body)))
	for lines.Scan() {
		if f, found := asked(lines.Text()); found {
			findings = append(findings, f)
		}
	}
	return findings
}

// asked is what one line of the metrics of a Kansbot that runs says to its
// administrator.
func asked(line string) (f chat.Finding, found bool) {
	name, value, _ := strings.Cut(line, " ")
	number, err := strconv.ParseFloat(value, 64)
	name, label, _ := strings.Cut(name, "{")
	_, of, _ := strings.Cut(strings.TrimSuffix(label, `"}`), `"`)
	if err != nil {
		return f, false
	}
	switch name {
	case knownMetric:
		until := team.Date{}
		if number > 0 {
			until = team.DateOf(time.Unix(int64(number), 0).UTC())
		}
		return checkHolidays(of, until, time.Now()), true
	case oldestMetric:
		age := time.Duration(number * float64(time.Second)).Round(time.Second)
		f = chat.Finding{Name: "uitgaande berichten", OK: age < oldestAllowed, Says: "niets wacht lang"}
		if !f.OK {
			f.Says, f.Mend = "er wacht al "+age.String()+" een bericht", "kijk of het platform bereikbaar is, en in het logboek van Kansbot"
		}
		return f, true
	case foreignMetric:
		return chat.Finding{
			Name: of + ", vreemde verbindingen",
			Says: fmt.Sprintf("%.0f; iets anders gebruikt hetzelfde token en krijgt een deel van wat mensen doen", number),
			Mend: "zoek die andere Kansbot en stop hem, of maak een nieuw token",
		}, number > 0
	case lostMetric:
		return chat.Finding{
			Name: of + ", kanalen kwijt", Says: fmt.Sprintf("%.0f sinds de start: verwijderd of gearchiveerd", number),
			Mend: "haal het kanaal uit het archief of voeg de bot weer toe, als dat niet de bedoeling was",
		}, number > 0
	case refusedMetric:
		return chat.Finding{
			Name: of + ", handtekening", Says: "klopte niet van het laatste verzoek, " + time.Unix(int64(number), 0).Format("2006-01-02 15:04"),
			Mend: "kijk of het signing secret nog dat van de app is; zo ja, dan riep iets anders Kansbot aan",
		}, number > 0
	}
	return f, false
}

// checkPages asks for a page of ours at the address where people get them. Where
// the platform needs that address too, somebody may have chosen to go without.
func checkPages(ctx context.Context, c config.Config) chat.Finding {
	f := chat.Finding{Name: "pagina's", OK: true, Says: c.PublicURL + "/pagina/ is bereikbaar"}
	err := fetch(ctx, c.PublicURL+"/pagina/teken.svg")
	const mend = "laat de proxy ook /pagina/ door"
	switch {
	case err != nil && (c.HasMattermost() || slackCalls(c)):
		f.Says = fmt.Sprintf("LET OP, de links naar kalender, agenda, verslag en scherm doen het niet (%v); %s", err, mend)
	case err != nil:
		f = chat.Finding{Name: f.Name, Says: fmt.Sprintf("%s/pagina/teken.svg antwoordt niet zoals het hoort: %v", c.PublicURL, err), Mend: mend}
	}
	return f
}

// slackCalls: Slack reaches an app of ours at the public address.
func slackCalls(c config.Config) bool {
	return slices.ContainsFunc(c.Slack.Apps(), func(app config.SlackApp) bool { return app.Token == "" })
}

// fetch reports what is wrong with a picture of ours at that address.
func fetch(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "image/svg+xml") {
		return fmt.Errorf("%s, %s", answer.Status, cmp.Or(kind, "leeg"))
	}
	return nil
}

func checkMattermost(ctx context.Context, c config.Config) []chat.Finding {
	adapter, err := newMattermost(c, slog.New(slog.DiscardHandler))
	if err != nil {
		return []chat.Finding{{Name: "mattermost", Says: err.Error(), Mend: "doe: kansbot setup mattermost"}}
	}
	return adapter.Check(ctx)
}

func checkSlack(ctx context.Context, c config.Config, places []chat.To, running bool) []chat.Finding {
	adapter, err := newSlack(c, slog.New(slog.DiscardHandler))
	if err != nil {
		return []chat.Finding{{Name: "slack", Says: err.Error(), Mend: "doe: kansbot setup slack"}}
	}
	return adapter.Check(ctx, slack.CheckOptions{
		PublicURL: c.PublicURL, Manifest: slackManifest(c), Written: c.Slack.Manifest, Channels: places, Running: running,
	})
}
