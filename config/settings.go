package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// setting is one key of the files and one variable of the environment.
type setting struct {
	key    string               // dotted: the path in the file
	secret bool                 // belongs in the secrets file, and is never shown
	path   bool                 // relative to the file that it stands in
	field  func(*Config) any    // *string, *Secret, *map[string]Secret, *[]Workspace or *[]Element
	check  func(*string) string // may tidy the value; says in Dutch what is wrong with it
}

// settings are all there are; the files, the environment, the suggestions and
// the test of the example go by this list.
var settings = []setting{
	{key: "listen", field: func(c *Config) any { return &c.Listen }, check: checkListen},
	{key: "public_url", field: func(c *Config) any { return &c.PublicURL }, check: checkSite},
	{key: "data", path: true, field: func(c *Config) any { return &c.Data }, check: checkLine(4096)},
	{key: "log", field: func(c *Config) any { return &c.Log }, check: checkOneOf("debug", "info", "warn")},
	{key: "log_format", field: func(c *Config) any { return &c.LogFormat }, check: checkOneOf("text", "json")},
	{key: "secrets", path: true, field: func(c *Config) any { return &c.Secrets }, check: checkLine(4096)},
	{key: "vakanties", path: true, field: func(c *Config) any { return &c.Holidays }, check: checkLine(4096)},
	{key: "mattermost.url", field: func(c *Config) any { return &c.Mattermost.URL }, check: checkURL},
	{key: "mattermost.team", field: func(c *Config) any { return &c.Mattermost.Team }, check: checkMatch(teamName, "kleine letters, cijfers en streepjes, zoals in het adres van het team")},
	{key: "mattermost.token", secret: true, field: func(c *Config) any { return &c.Mattermost.Token }, check: checkMatch(tokenForm, "letters en cijfers, zonder spaties")},
	{key: "mattermost.command_tokens", secret: true, field: func(c *Config) any { return &c.Mattermost.CommandTokens }, check: checkMatch(tokenForm, "letters en cijfers, zonder spaties")},
	{key: "mattermost.action_secret", secret: true, field: func(c *Config) any { return &c.Mattermost.ActionSecret }, check: checkMatch(pathSecret, "ten minste 32 letters, cijfers, _ of -")},
	{key: "mattermost.dialog_secret", secret: true, field: func(c *Config) any { return &c.Mattermost.DialogSecret }, check: checkMatch(pathSecret, "ten minste 32 letters, cijfers, _ of -")},
	{key: "slack.bot_token", secret: true, field: func(c *Config) any { return &c.Slack.BotToken }, check: checkBotToken},
	{key: "slack.app_token", secret: true, field: func(c *Config) any { return &c.Slack.AppToken }, check: checkAppToken},
	{key: "slack.signing_secret", secret: true, field: func(c *Config) any { return &c.Slack.SigningSecret }, check: checkSigningSecret},
	{key: "slack.api_url", field: func(c *Config) any { return &c.Slack.APIURL }, check: checkURL},
	{key: "slack.manifest", field: func(c *Config) any { return &c.Slack.Manifest }, check: checkMatch(digest, "hier niets: kansbot setup slack vult dit in")},
	{key: "slack.more", secret: true, field: func(c *Config) any { return &c.Slack.More }},
	{key: "cirkel.naam", field: func(c *Config) any { return &c.Circle.Name }, check: checkLine(24)},
	{key: "cirkel.bron", field: func(c *Config) any { return &c.Circle.Source }, check: checkLine(200)},
	{key: "cirkel.elementen", field: func(c *Config) any { return &c.Circle.Elements }},
}

var (
	teamName    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	tokenForm   = regexp.MustCompile(`^[A-Za-z0-9]{1,128}$`)
	pathSecret  = regexp.MustCompile(`^[A-Za-z0-9_-]{32,128}$`)
	commandName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)
	elementKey  = regexp.MustCompile(`^[a-z][a-z0-9]{0,19}$`)
	digest      = regexp.MustCompile(`^[0-9a-f]{8,64}$`)

	checkBotToken = checkMatch(regexp.MustCompile(`^xoxb-[A-Za-z0-9-]{1,250}$`), "het token van de bot, dat begint met xoxb-")
	checkAppToken = checkMatch(regexp.MustCompile(`^xapp-[A-Za-z0-9-]{1,250}$`), "het token van de app, dat begint met xapp-")
	signingSecret = regexp.MustCompile(`^[A-Za-z0-9]{16,128}$`)
)

// variable is the name in the environment: mechanical, and so never listed.
func (s setting) variable() string {
	return "KANSBOT_" + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

func defaults() Config {
	return Config{
		Listen:    "127.0.0.1:8080",
		Log:       "info",
		LogFormat: "text",
		Secrets:   "kansbot.secrets.yaml",
		Circle: Circle{
			Name:   "Kansencirkel",
			Source: "voorlopig: vrij naar de acht SHANARRI-indicatoren uit Schotland; vul in wat uw regio afsprak",
			Elements: []Element{
				{"veilig", "Veilig", "Waar en bij wie voelt dit kind zich veilig, en wat is daar meer van nodig?"},
				{"gezond", "Gezond", "Wat helpt dit kind om goed te slapen, te eten en zich fit te voelen?"},
				{"leren", "Leren en groeien", "Wat heeft dit kind nodig om iets nieuws te durven en te kunnen leren?"},
				{"geborgen", "Geborgen", "Bij wie vindt dit kind warmte en houvast, en wat helpt die volwassenen?"},
				{"actief", "Actief", "Welke kansen zijn er om te spelen, te sporten of iets te maken?"},
				{"gehoord", "Gehoord", "Wat wil dit kind zelf, en wie heeft het gevraagd?"},
				{"eigen", "Eigen stappen", "Welke stap kan dit kind zelf zetten, en wie loopt mee?"},
				{"erbij", "Erbij horen", "Wat helpt dit kind om mee te doen in de groep, thuis en in de buurt?"},
			},
		},
	}
}

func checkListen(value *string) string {
	_, port, err := net.SplitHostPort(*value)
	if err != nil {
		return "schrijf host:poort, zoals 127.0.0.1:8080, of :8080 voor elk adres"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "de poort moet een getal van 1 tot en met 65535 zijn"
	}
	return ""
}

func checkURL(value *string) string {
	u, err := url.Parse(*value)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "schrijf een volledig adres, zoals https://kansbot.voorbeeld.nl"
	case u.User != nil:
		return "zet geen naam of wachtwoord in het adres"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "zet niets achter een ? of # in het adres"
	}
	*value = strings.TrimRight(u.String(), "/")
	return ""
}

// checkSite wants the address of a whole site: pages refer to one another from
// its root.
func checkSite(value *string) string {
	if wrong := checkURL(value); wrong != "" {
		return wrong
	}
	if u, err := url.Parse(*value); err != nil || u.Path != "" {
		return "zet niets achter de naam van de server: Kansbot heeft een eigen naam nodig, zoals https://kansbot.voorbeeld.nl"
	}
	return ""
}

// Site is a value for PublicURL on a command line, checked as the one in a file.
type Site string

func (s *Site) UnmarshalText(given []byte) error {
	value := string(given)
	if wrong := checkSite(&value); wrong != "" {
		return errors.New(wrong)
	}
	*s = Site(value)
	return nil
}

func checkOneOf(words ...string) func(*string) string {
	return func(value *string) string {
		if slices.Contains(words, *value) {
			return ""
		}
		return "kies " + strings.Join(words[:len(words)-1], ", ") + " of " + words[len(words)-1]
	}
}

func checkMatch(pattern *regexp.Regexp, form string) func(*string) string {
	return func(value *string) string {
		if pattern.MatchString(*value) {
			return ""
		}
		return "schrijf " + form
	}
}

// checkSigningSecret takes two with a comma between them, for while one replaces
// the other.
func checkSigningSecret(value *string) string {
	list := strings.Split(*value, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
		if len(list) > 2 || !signingSecret.MatchString(list[i]) {
			return "schrijf het signing secret: letters en cijfers; of twee met een komma ertussen, zolang het ene het andere vervangt"
		}
	}
	*value = strings.Join(list, ",")
	return ""
}

// checkLine wants one line of at most limit bytes: what is shown on screens
// has byte limits there too.
func checkLine(limit int) func(*string) string {
	return func(value *string) string {
		switch {
		case len(*value) > limit:
			return fmt.Sprintf("te lang: hooguit %d tekens", limit)
		case !utf8.ValidString(*value) || strings.ContainsFunc(*value, unicode.IsControl):
			return "schrijf één regel gewone tekst"
		}
		return ""
	}
}

// needed reports what is missing once everything has been read.
func (l *loader) needed() {
	l.neededForMattermost()
	l.neededForSlack()
}

// alone reports a setting that says nothing without another one.
func (l *loader) alone(other string, keys ...string) {
	for _, key := range keys {
		if l.from[key] != "" && !l.faulty[other] {
			l.wrong(l.from[key], key, "staat er zonder "+other)
			return
		}
	}
}

// lacks reports a setting, unless something else is wrong with it.
func (l *loader) lacks(key, because, where string) {
	if !l.faulty[key] {
		l.wrong(l.from[because], key, "ontbreekt, en is nodig bij "+because+where)
	}
}

func (l *loader) neededForMattermost() {
	m := l.config.Mattermost
	if m.URL == "" {
		var keys []string
		for _, s := range settings {
			if strings.HasPrefix(s.key, "mattermost.") {
				keys = append(keys, s.key)
			}
		}
		l.alone("mattermost.url", keys...)
		return
	}
	secrets := " (in " + l.config.Secrets + ")"
	for _, s := range []struct {
		key     string
		missing bool
		where   string
	}{
		{"public_url", l.config.PublicURL == "", ""},
		{"data", l.config.Data == "", ""},
		{"mattermost.token", m.Token == "", secrets},
		{"mattermost.command_tokens", len(m.CommandTokens) == 0, secrets},
		{"mattermost.action_secret", m.ActionSecret == "", secrets},
		{"mattermost.dialog_secret", m.DialogSecret == "", secrets},
	} {
		if s.missing {
			l.lacks(s.key, "mattermost.url", s.where)
		}
	}
	if m.ActionSecret != "" && m.ActionSecret == m.DialogSecret {
		l.wrong(l.from["mattermost.dialog_secret"], "mattermost.dialog_secret", "moet een ander geheim zijn dan mattermost.action_secret")
	}
}

func (l *loader) neededForSlack() {
	s := l.config.Slack
	if s.BotToken == "" {
		l.alone("slack.bot_token", "slack.app_token", "slack.signing_secret", "slack.more")
		return
	}
	if l.config.Data == "" {
		l.lacks("data", "slack.bot_token", "")
	}
	if s.AppToken == "" && s.SigningSecret == "" && !l.faulty["slack.signing_secret"] {
		l.lacks("slack.app_token", "slack.bot_token", " (of slack.signing_secret, voor wie geen Socket Mode gebruikt)")
	}
	seen := map[Secret]bool{}
	for _, app := range s.Apps() {
		if app.Token == "" && len(app.SigningSecrets) > 0 && l.config.PublicURL == "" {
			l.lacks("public_url", "slack.bot_token", " zonder slack.app_token")
		}
		for _, token := range app.BotTokens {
			if seen[token] {
				l.wrong(l.from["slack.more"], "slack.more", "een bot_token staat er twee keer")
			}
			seen[token] = true
		}
	}
}
