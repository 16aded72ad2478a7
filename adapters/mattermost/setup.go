package mattermost

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/internal/chat"
)

// SetupOptions are what an administrator decides.
type SetupOptions struct {
	URL        string // of the server
	AdminToken string // of a system administrator; used now and not kept
	Team       string // as in the team's address
	Channels   []string
	PublicURL  string // where the server will reach us
	Usages     []chat.Usage
	BotName    string // "kansbot" when empty
	Previous   Settings
}

// Setup prepares a server: the bot account with its token, its place in the
// team and the channels, and a slash command for each usage. What is there
// already stays as it is; a second run changes nothing. It never takes somebody
// out of a channel or gives the bot more rights than any user has, and it looks
// at everything that could be in its way before it changes anything.
//
// Out gets a line, in Dutch, for each thing done or found, and no secrets. The
// errors are in Dutch too: they are for the administrator. When it fails half
// way the settings so far come with the error, for the next run's Previous.
func Setup(ctx context.Context, o SetupOptions, out io.Writer) (Settings, error) {
	if o.BotName == "" {
		o.BotName = "kansbot"
	}
	s := &setup{SetupOptions: o, out: out, settings: Settings{
		Token: o.Previous.Token, CommandTokens: maps.Clone(o.Previous.CommandTokens),
		ActionSecret: o.Previous.ActionSecret, DialogSecret: o.Previous.DialogSecret,
	}}
	if s.settings.CommandTokens == nil {
		s.settings.CommandTokens = make(map[string]string)
	}
	for _, step := range []func(context.Context) error{
		s.addresses, s.server, s.places, s.foreignCommands, s.account, s.token, s.membership, s.commands, s.secrets, s.reach,
	} {
		if err := step(ctx); err != nil {
			return s.settings, err
		}
	}
	if !s.changed {
		s.say("Alles stond al goed; er is niets veranderd.")
	}
	return s.settings, nil
}

type setup struct {
	SetupOptions
	out      io.Writer
	settings Settings
	changed  bool

	admin    *model.Client4
	adminID  string
	config   *model.Config
	team     *model.Team
	channels []*model.Channel
	existing map[string]*model.Command // ours and others', by trigger
	bot      *model.User
}

func (s *setup) say(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

func (s *setup) did(format string, args ...any) {
	s.changed = true
	s.say(format, args...)
}

func (s *setup) addresses(context.Context) (err error) {
	if s.settings.URL, err = baseURL(s.URL); err != nil {
		return errors.New("het adres van Mattermost moet eruitzien als https://chat.voorbeeld.nl")
	}
	if s.settings.PublicURL, err = baseURL(s.PublicURL); err != nil {
		return errors.New("het adres waarop Mattermost Kansbot bereikt moet eruitzien als https://kansbot.voorbeeld.nl")
	}
	s.admin = client(s.settings.URL, s.AdminToken)
	return nil
}

// server checks who we are and what the server allows.
func (s *setup) server(ctx context.Context) error {
	me, resp, err := s.admin.GetMe(ctx, "")
	switch err := checked(resp, err); {
	case status(err) == http.StatusUnauthorized:
		return errors.New("het token van de beheerder is bij Mattermost niet (meer) bekend")
	case err != nil:
		return fmt.Errorf("de server is niet bereikbaar: %w", err)
	case !me.IsSystemAdmin():
		return fmt.Errorf("@%s is geen systeembeheerder; setup heeft een token van een systeembeheerder nodig", me.Username)
	}
	s.adminID = me.Id
	s.say("Mattermost %s, beheerder @%s.", shortVersion(resp.ServerVersion), me.Username)
	s.config, resp, err = s.admin.GetConfig(ctx)
	if err := checked(resp, err); err != nil {
		return fmt.Errorf("de instellingen van Mattermost zijn niet te lezen: %w", err)
	}
	service := s.config.ServiceSettings
	var off []string
	for _, need := range []struct {
		on   *bool
		name string
	}{
		{service.EnableBotAccountCreation, "ServiceSettings.EnableBotAccountCreation (System Console > Integrations > Bot Accounts > Enable Bot Account Creation)"},
		{service.EnableUserAccessTokens, "ServiceSettings.EnableUserAccessTokens (System Console > Integrations > Integration Management > Enable Personal Access Tokens)"},
		{service.EnableCommands, "ServiceSettings.EnableCommands (System Console > Integrations > Integration Management > Enable Custom Slash Commands)"},
	} {
		if need.on == nil || !*need.on {
			off = append(off, "\n  "+need.name)
		}
	}
	if len(off) > 0 {
		return fmt.Errorf("zet dit in Mattermost eerst aan:%s", strings.Join(off, ""))
	}
	return nil
}

func (s *setup) places(ctx context.Context) error {
	team, resp, err := s.admin.GetTeamByName(ctx, s.Team, "")
	switch err := checked(resp, err); {
	case absent(err):
		return fmt.Errorf("er is geen team %q; bedoeld is de naam in het adres van het team", s.Team)
	case err != nil:
		return fmt.Errorf("team %q is niet te vinden: %w", s.Team, err)
	}
	s.team = team
	var missing []string
	for _, name := range s.Channels {
		name = strings.TrimPrefix(name, "~")
		c, resp, err := s.admin.GetChannelByName(ctx, name, team.Id, "")
		switch err := checked(resp, err); {
		case absent(err) || err == nil && c.DeleteAt != 0:
			missing = append(missing, name)
		case err != nil:
			return fmt.Errorf("kanaal %q is niet te vinden: %w", name, err)
		default:
			s.channels = append(s.channels, c)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("niet gevonden in team %s: kanaal %s; maak het eerst, of gebruik de naam die in het adres van het kanaal staat",
			s.team.Name, strings.Join(missing, ", "))
	}
	return nil
}

// foreignCommands finds the commands there are, and stops at one that another
// program answers.
func (s *setup) foreignCommands(ctx context.Context) error {
	all, resp, err := s.admin.ListCommands(ctx, s.team.Id, true)
	if err := checked(resp, err); err != nil {
		return fmt.Errorf("de slash-opdrachten zijn niet te lezen: %w", err)
	}
	s.existing = make(map[string]*model.Command)
	for _, c := range all {
		s.existing[c.Trigger] = c
	}
	for _, u := range s.Usages {
		c := s.existing[u.Command]
		if c == nil || c.URL == s.commandURL() ||
			c.Token == s.Previous.CommandTokens[u.Command] || c.CreatorId == s.adminID && strings.HasSuffix(c.URL, commandPath) {
			continue
		}
		return fmt.Errorf("/%s bestaat al in team %s en hoort niet bij Kansbot; verwijder of hernoem die slash-opdracht eerst", u.Command, s.team.Name)
	}
	return nil
}

func (s *setup) commandURL() string { return s.settings.PublicURL + commandPath }

func (s *setup) account(ctx context.Context) error {
	user, resp, err := s.admin.GetUserByUsername(ctx, s.BotName, "")
	switch err := checked(resp, err); {
	case absent(err):
		bot, resp, err := s.admin.CreateBot(ctx, &model.Bot{
			Username: s.BotName, DisplayName: "Kansbot", Description: "Houdt de draad van het kernteam vast.",
		})
		if err := checked(resp, err); err != nil {
			return fmt.Errorf("het bot-account @%s is niet gemaakt: %w", s.BotName, err)
		}
		s.bot = &model.User{Id: bot.UserId, Username: bot.Username}
		s.did("Bot-account @%s gemaakt. Het stopt als het account van wie setup deed wordt uitgezet,", s.BotName)
		s.say("  tenzij ServiceSettings.DisableBotsWhenOwnerIsDeactivated uit staat.")
		return nil
	case err != nil:
		return fmt.Errorf("@%s is niet te vinden: %w", s.BotName, err)
	case !user.IsBot:
		return fmt.Errorf("@%s is een gewone gebruiker; kies een andere naam voor de bot", s.BotName)
	case user.DeleteAt != 0:
		return fmt.Errorf("bot-account @%s is uitgezet; zet het weer aan (Integrations > Bot Accounts) of kies een andere naam", s.BotName)
	case user.IsSystemAdmin():
		s.say("Let op: @%s is systeembeheerder. Dat is niet nodig en niet veilig; maak er weer een gewoon lid van.", s.BotName)
	}
	s.bot = user
	s.say("Bot-account @%s was er al.", s.BotName)
	return nil
}

func (s *setup) token(ctx context.Context) error {
	if s.settings.Token != "" {
		me, resp, err := client(s.settings.URL, s.settings.Token).GetMe(ctx, "")
		err = checked(resp, err)
		if err == nil && me.Id == s.bot.Id {
			s.say("Het token van de bot werkt nog.")
			return nil
		}
		if err != nil && status(err) != http.StatusUnauthorized {
			return fmt.Errorf("het token van de bot is niet na te kijken: %w", err)
		}
	}
	token, resp, err := s.admin.CreateUserAccessToken(ctx, s.bot.Id, "Kansbot", 0)
	if err := checked(resp, err); err != nil {
		return fmt.Errorf("er is geen token voor de bot gemaakt: %w", err)
	}
	s.settings.Token = token.Token
	s.did("Token voor de bot gemaakt.")
	if token.ExpiresAt != 0 { // not asked for, so the server's own limit
		s.say("  Let op: het verloopt op %s. Doe setup vóór die dag opnieuw, na het intrekken van dit token.",
			time.UnixMilli(token.ExpiresAt).UTC().Format(time.DateOnly))
	}
	return nil
}

func (s *setup) membership(ctx context.Context) error {
	member, resp, err := s.admin.GetTeamMember(ctx, s.team.Id, s.bot.Id, "")
	switch err := checked(resp, err); {
	case absent(err) || err == nil && member.DeleteAt != 0:
		_, resp, err := s.admin.AddTeamMember(ctx, s.team.Id, s.bot.Id)
		if err := checked(resp, err); err != nil {
			return fmt.Errorf("de bot komt niet in team %s: %w", s.team.Name, err)
		}
		s.did("Bot toegevoegd aan team %s.", s.team.Name)
	case err != nil:
		return fmt.Errorf("de leden van team %s zijn niet te lezen: %w", s.team.Name, err)
	}
	for _, c := range s.channels {
		_, resp, err := s.admin.GetChannelMember(ctx, c.Id, s.bot.Id, "")
		switch err := checked(resp, err); {
		case absent(err):
			_, resp, err := s.admin.AddChannelMember(ctx, c.Id, s.bot.Id)
			if err := checked(resp, err); err != nil {
				return fmt.Errorf("de bot komt niet in kanaal %s: %w", c.Name, err)
			}
			s.did("Bot toegevoegd aan kanaal %s.", c.Name)
		case err != nil:
			return fmt.Errorf("de leden van kanaal %s zijn niet te lezen: %w", c.Name, err)
		}
	}
	return nil
}

func (s *setup) commands(ctx context.Context) error {
	for _, u := range s.Usages {
		about := u.About
		if len(u.Verbs) > 0 {
			words := make([]string, len(u.Verbs))
			for i, v := range u.Verbs {
				words[i] = v.Word
			}
			about += " Ook: " + strings.Join(words, ", ") + "."
		}
		about, hint := first(about, 1024), first(u.Hint, 1024)
		c := s.existing[u.Command]
		switch {
		case c == nil:
			made, resp, err := s.admin.CreateCommand(ctx, &model.Command{
				TeamId: s.team.Id, Trigger: u.Command, Method: model.CommandMethodPost, URL: s.commandURL(),
				AutoComplete: true, AutoCompleteHint: hint, AutoCompleteDesc: about,
				DisplayName: "Kansbot", Description: first(u.About, 128), Username: s.BotName,
			})
			if err := checked(resp, err); err != nil {
				return fmt.Errorf("/%s is niet gemaakt: %w", u.Command, err)
			}
			c = made
			s.did("Slash-opdracht /%s gemaakt.", u.Command)
		case c.URL != s.commandURL() || c.Method != model.CommandMethodPost || c.AutoCompleteHint != hint || c.AutoCompleteDesc != about:
			c.URL, c.Method, c.AutoCompleteHint, c.AutoCompleteDesc = s.commandURL(), model.CommandMethodPost, hint, about
			_, resp, err := s.admin.UpdateCommand(ctx, c)
			if err := checked(resp, err); err != nil {
				return fmt.Errorf("/%s is niet bijgewerkt: %w", u.Command, err)
			}
			s.did("Slash-opdracht /%s bijgewerkt.", u.Command)
		}
		s.settings.CommandTokens[u.Command] = c.Token
	}
	return nil
}

func (s *setup) secrets(context.Context) error {
	for _, secret := range []*string{&s.settings.ActionSecret, &s.settings.DialogSecret} {
		if *secret == "" {
			var random [32]byte
			rand.Read(random[:])
			*secret = hex.EncodeToString(random[:])
			s.did("Geheim adres voor knoppen of formulieren gemaakt.")
		}
	}
	return nil
}

// reach warns where the server will not call us because our address is a
// private one.
func (s *setup) reach(ctx context.Context) error {
	host, private := privateHost(ctx, s.settings.PublicURL)
	allowed := ""
	if p := s.config.ServiceSettings.AllowedUntrustedInternalConnections; p != nil {
		allowed = *p
	}
	if private && !allows(allowed, host) {
		s.say("Let op: %s is een intern adres, en dat belt Mattermost niet vanzelf.", host)
		s.say("  Zet %s erbij in ServiceSettings.AllowedUntrustedInternalConnections", host)
		s.say("  (System Console > Environment > Developer > Allow untrusted internal connections to).")
	}
	return nil
}

// privateHost gives the host of an address, and whether it is on a private or
// local network.
func privateHost(ctx context.Context, address string) (host string, private bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	host = u.Hostname()
	ips := []netip.Addr{}
	if ip, err := netip.ParseAddr(host); err == nil {
		ips = append(ips, ip)
	} else if found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host); err == nil {
		ips = found
	}
	for _, ip := range ips {
		ip = ip.Unmap()
		if ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || carrierNAT.Contains(ip) {
			return host, true
		}
	}
	return host, false
}

var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

// allows says whether a list of hosts, addresses and networks names the host.
func allows(list, host string) bool {
	ip, _ := netip.ParseAddr(host)
	for _, one := range strings.FieldsFunc(list, func(c rune) bool { return c == ' ' || c == ',' }) {
		network, err := netip.ParsePrefix(one)
		if one == host || err == nil && network.Contains(ip) {
			return true
		}
	}
	return false
}
