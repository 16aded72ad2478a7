package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"kansbot/internal/chat"
)

// SetupOptions are what an administrator decides, and what an earlier run left.
type SetupOptions struct {
	APIURL       string // empty for DefaultAPIURL
	PublicURL    string // where Slack reaches us; empty for Socket Mode
	Usages       []chat.Usage
	ManifestFile string // where the manifest has been written, to name it
	Previous     App    // its first bot token counts
	Written      string // ManifestDigest of an earlier run; empty before the first

	// Ask puts a question for a secret and gives the answer as typed; empty
	// keeps what Previous has.
	Ask func(ctx context.Context, question string) (string, error)
	// Patient: who answers can be asked again when something is wrong.
	Patient bool
}

// Setup leads an administrator through what only people can do in Slack, asks
// for the secrets that they find there, and tries them. It changes nothing in
// Slack.
//
// Out gets what to do and what was found, in Dutch, and no secrets. The errors
// are in Dutch too: they are for the administrator.
func Setup(ctx context.Context, o SetupOptions, out io.Writer) (App, error) {
	s := &setup{SetupOptions: o, out: out}
	var err error
	if s.apiURL, err = baseURL(o.APIURL); err != nil {
		return App{}, errors.New("het adres van de API moet eruitzien als " + DefaultAPIURL)
	}
	if _, err := baseURL(o.PublicURL); err != nil {
		return App{}, errors.New("het adres waarop Slack Kansbot bereikt moet eruitzien als https://kansbot.voorbeeld.nl")
	}
	if s.apiURL == DefaultAPIURL && o.PublicURL != "" && !strings.HasPrefix(o.PublicURL, "https://") {
		return App{}, errors.New("het adres voor Slack moet met https:// beginnen; zet er een proxy met https voor, of gebruik Socket Mode")
	}
	s.tell()
	was := ""
	if len(o.Previous.BotTokens) > 0 {
		was = o.Previous.BotTokens[0]
	}
	bot, err := s.ask(ctx, "Bot-token (xoxb-..., bij Install App)", was, s.tryBotToken)
	if err != nil {
		return App{}, err
	}
	app := App{BotTokens: []string{bot}}
	if o.PublicURL == "" {
		app.Token, err = s.ask(ctx, "App-token (xapp-..., bij Basic Information, App-Level Tokens)", o.Previous.Token, s.tryAppToken)
		return app, err
	}
	secrets, err := s.ask(ctx, "Signing secret (bij Basic Information, App Credentials)", strings.Join(o.Previous.SigningSecrets, ","), s.trySigningSecret)
	app.SigningSecrets = strings.Split(secrets, ",")
	return app, err
}

var secretForm = regexp.MustCompile(`^[A-Za-z0-9]{16,128}$`)

type setup struct {
	SetupOptions
	out    io.Writer
	apiURL string
	bot    identity
}

func (s *setup) say(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// tell says what to do in Slack, as far as it has not been done.
func (s *setup) tell() {
	switch s.Written {
	case ManifestDigest(Manifest(s.Usages, s.PublicURL)):
		s.say("Het manifest is niet veranderd; in Slack hoeft niets.")
		return
	case "":
		break
	default:
		s.say("Het manifest is veranderd. Zo wordt de app in Slack weer gelijk:")
		s.say("  1. Ga naar https://api.slack.com/apps, kies Kansbot en dan App Manifest.")
		s.say("     Vervang wat bij YAML staat door de inhoud van %s, en kies Save Changes.", s.ManifestFile)
		s.say("  2. Kies Install App, en installeer de app opnieuw. De tokens blijven hetzelfde.")
		s.tellToVerify(3)
		return
	}
	s.say("Zo komt Kansbot in Slack:")
	s.say("  1. Ga naar https://api.slack.com/apps. Kies Create New App en From a manifest, en dan je werkruimte.")
	s.say("     Plak bij YAML de inhoud van %s, en kies Create.", s.ManifestFile)
	s.say("  2. Kies Install App, en installeer de app. Daarna staat daar het Bot User OAuth Token (xoxb-...).")
	if s.PublicURL == "" {
		s.say("  3. Kies Basic Information, en bij App-Level Tokens: Generate Token and Scopes.")
		s.say("     Voeg connections:write toe, en kies Generate. Je krijgt een token (xapp-...).")
	} else {
		s.say("  3. Kies Basic Information. Bij App Credentials staat het Signing Secret.")
	}
	s.say("  4. Typ in het kanaal van elk kernteam: /invite @%s", appName)
	s.tellToVerify(5)
	s.say("De app vraagt deze rechten, en niet meer:")
	for _, r := range botScopes {
		s.say("  %-16s  %s", r.name, r.reason)
	}
}

// tellToVerify: of all that calls us, Slack wants the address of the events
// confirmed by hand, with us there to answer.
func (s *setup) tellToVerify(step int) {
	if s.PublicURL != "" {
		s.say("  %d. Als Kansbot straks draait: kies App Manifest, en laat Slack daar het adres van de events nakijken (Verify).", step)
	}
}

// ask goes on until the answer is right, or no better one is to come.
func (s *setup) ask(ctx context.Context, question, was string, try func(context.Context, string) error) (string, error) {
	if was != "" {
		question += ", of Enter om te houden wat er is"
	}
	for {
		answer, err := s.Ask(ctx, question+": ")
		if err != nil {
			return "", err
		}
		answer = strings.Join(strings.Fields(answer), "")
		if answer == "" {
			answer = was
		}
		if err = try(ctx, answer); err == nil {
			return answer, nil
		}
		if !s.Patient || ctx.Err() != nil {
			return "", err
		}
		s.say("Nog niet goed: %v", err)
	}
}

func (s *setup) client(bot, app string) *slack.Client {
	return slack.New(bot, slack.OptionAPIURL(s.apiURL), slack.OptionAppLevelToken(app), slack.OptionHTTPClient(client(nil)))
}

func (s *setup) tryBotToken(ctx context.Context, token string) (err error) {
	switch {
	case token == "":
		return errors.New("er is nog geen bot-token; het begint met xoxb-, en staat bij Install App")
	case strings.HasPrefix(token, "xapp-"):
		return errors.New("dit is een app-token; eerst het bot-token, dat met xoxb- begint en bij Install App staat")
	case strings.HasPrefix(token, "xoxe"):
		return errors.New("dit token verloopt na twaalf uur, doordat in Slack token rotation aan staat; maak een nieuwe app van het manifest, want daarin staat het uit")
	case !strings.HasPrefix(token, "xoxb-"):
		return errors.New("dit is geen bot-token; dat begint met xoxb-, en staat bij Install App")
	}
	if s.bot, err = identify(ctx, s.client(token, "")); err != nil {
		return fmt.Errorf("het bot-token doet het niet: %s", refusal(err))
	}
	if lacks := s.bot.lacks(); len(lacks) > 0 {
		return fmt.Errorf("de bot mist rechten: %s; zet het manifest in Slack (App Manifest), en installeer de app opnieuw (Install App)", strings.Join(lacks, ", "))
	}
	s.say("Werkt: bot @%s in werkruimte %s.", s.bot.botName, s.bot.teamName)
	return nil
}

func (s *setup) tryAppToken(ctx context.Context, token string) error {
	switch {
	case token == "":
		return errors.New("er is nog geen app-token; het begint met xapp-, en je maakt het bij Basic Information, App-Level Tokens")
	case !strings.HasPrefix(token, "xapp-"):
		return errors.New("dit is geen app-token; dat begint met xapp-, en je maakt het bij Basic Information, App-Level Tokens")
	case s.bot.foreign(token):
		return errors.New("dit app-token is van een andere app dan het bot-token; neem allebei van dezelfde app")
	}
	if _, err := socketAddress(ctx, s.client("", token)); err != nil {
		return fmt.Errorf("het app-token doet het niet: %s", refusal(err))
	}
	s.say("Werkt: Slack laat Kansbot verbinden.")
	return nil
}

func (s *setup) trySigningSecret(_ context.Context, secret string) error {
	list := strings.Split(secret, ",")
	if len(list) > 2 || slices.ContainsFunc(list, func(one string) bool { return !secretForm.MatchString(one) }) {
		return errors.New("dit is geen signing secret; dat bestaat uit letters en cijfers, en staat bij Basic Information, App Credentials")
	}
	s.say("Genoteerd. Of het klopt, blijkt pas als Slack Kansbot aanroept.")
	return nil
}

// socketAddress asks for an address to connect to. As long as nobody dials it, Slack
// sends nothing there.
func socketAddress(ctx context.Context, api *slack.Client) (address string, err error) {
	_, address, err = api.StartSocketModeContext(ctx)
	if err == nil && address == "" {
		return "", unreadable()
	}
	return address, checked(err)
}

// identity is what Slack says of a bot token.
type identity struct {
	team, teamName string
	botName        string
	app            string   // app id; empty when not told
	scopes         []string // nil when not told
	date           string   // when it said so, by Slack's clock
}

// identify asks whose token this is.
func identify(ctx context.Context, api *slack.Client) (i identity, err error) {
	me, err := api.AuthTestContext(ctx)
	if err := checked(err); err != nil {
		return i, err
	}
	if me.TeamID == "" {
		return i, unreadable()
	}
	i = identity{team: me.TeamID, teamName: me.Team, botName: me.User, date: me.Header.Get("Date")}
	if given := me.Header.Get("X-Oauth-Scopes"); given != "" {
		i.scopes = strings.FieldsFunc(given, func(c rune) bool { return c == ',' || c == ' ' })
	}
	if bot, err := api.GetBotInfoContext(ctx, slack.GetBotInfoParameters{Bot: me.BotID}); err == nil {
		i.app = bot.AppID
	}
	return i, nil
}

// lacks and exceeds compare the scopes that were given with those in the
// manifest.
func (i identity) lacks() (list []string) {
	for _, s := range botScopes {
		if i.scopes != nil && !slices.Contains(i.scopes, s.name) {
			list = append(list, s.name)
		}
	}
	return list
}

func (i identity) exceeds() (list []string) {
	for _, given := range i.scopes {
		if !slices.ContainsFunc(botScopes, func(s scope) bool { return s.name == given }) {
			list = append(list, given)
		}
	}
	return list
}

// foreign reports that an app token is of another app: xapp-1-APPID-...
func (i identity) foreign(appToken string) bool {
	parts := strings.Split(appToken, "-")
	return i.app != "" && len(parts) > 3 && strings.HasPrefix(parts[2], "A") && parts[2] != i.app
}

// refusal is why something failed, in Dutch.
func refusal(err error) string {
	f := (*fault)(nil)
	if !errors.As(checked(err), &f) {
		return "iets onverwachts"
	}
	switch {
	case f.code == "missing_scope" && f.needed != "":
		return "het recht " + f.needed + " ontbreekt"
	case refusals[f.code] != "":
		return refusals[f.code]
	case f.code != "":
		return "Slack antwoordt " + f.code
	case f.limited():
		return refusals["ratelimited"]
	case f.cause == nil:
		return fmt.Sprintf("status %d", f.status)
	}
	return cmp.Or(silences[said(f.cause)], said(f.cause))
}

// refusals are by the code of Slack, silences by what said says.
var refusals = map[string]string{
	"invalid_auth":            "Slack kent dit token niet; is het helemaal gekopieerd?",
	"not_authed":              "Slack kent dit token niet; is het helemaal gekopieerd?",
	"token_revoked":           "dit token is ingetrokken",
	"token_expired":           "dit token is verlopen",
	"account_inactive":        "dit token hoort bij een app die uit de werkruimte is gehaald",
	"not_allowed_token_type":  "dit is het verkeerde soort token",
	"missing_scope":           "er ontbreekt een recht",
	"no_permission":           "er ontbreekt een recht",
	"ekm_access_denied":       "de beheerder van Slack staat het niet toe",
	"team_access_not_granted": "de beheerder van Slack staat het niet toe",
	"access_denied":           "de beheerder van Slack staat het niet toe",
	"ratelimited":             "het ging te snel; wacht een minuut",
	"too_many_websockets":     "er zijn al tien verbindingen met dit app-token",
	"link_disabled":           "Socket Mode staat in Slack uit; het manifest zet het aan",
}

var silences = map[string]string{
	"timed out":               "er kwam op tijd geen antwoord",
	"name not found":          "die naam bestaat niet",
	"connection refused":      "daar luistert niemand",
	"connection closed":       "de verbinding viel weg",
	"connection failed":       "de verbinding mislukt",
	"certificate not trusted": "het certificaat is niet te vertrouwen",
	errUnreadable.Error():     "daar antwoordt iets anders dan Slack",
}
