package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"kansbot/adapters/mattermost"
	"kansbot/bot/command"
	"kansbot/config"
	"kansbot/internal/text"
)

type setupCommand struct {
	Slack      setupSlack      `cmd:"" help:"Maak het manifest van de app, zeg wat je in Slack doet, en vraag de tokens. Nog eens doen kan geen kwaad."`
	Mattermost setupMattermost `cmd:"" help:"Maak op een Mattermost-server de bot en de slash-opdrachten. Wat er al is, blijft; nog eens doen kan geen kwaad."`
}

type setupMattermost struct {
	Config         string      `env:"KANSBOT_CONFIG" default:"kansbot.yaml" placeholder:"BESTAND" help:"Configuratiebestand om in te schrijven (${default})."`
	URL            string      `placeholder:"ADRES" help:"Adres van de Mattermost-server. Standaard wat er in de configuratie staat, net als --team en --public-url."`
	PublicURL      config.Site `placeholder:"ADRES" help:"Adres waarop de server Kansbot bereikt."`
	Team           string      `placeholder:"TEAM" help:"Team, zoals het in zijn adres staat."`
	Channel        []string    `placeholder:"KANAAL" help:"Kanaal van een kernteam; mag vaker."`
	AdminTokenFile string      `required:"" placeholder:"BESTAND" help:"Bestand met het token van een systeembeheerder. Het wordt niet bewaard."`
}

func (s setupMattermost) Run(stdout io.Writer) error {
	c, err := config.Draft(s.Config)
	if err != nil {
		return err
	}
	for _, given := range []struct {
		into *string
		flag string
		name string
	}{{&c.Mattermost.URL, s.URL, "--url"}, {&c.PublicURL, string(s.PublicURL), "--public-url"}, {&c.Mattermost.Team, s.Team, "--team"}} {
		if given.flag != "" {
			*given.into = given.flag
		}
		if *given.into == "" {
			return fmt.Errorf("geef %s mee", given.name)
		}
	}
	token, err := readToken(s.AdminTokenFile)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	settings, err := mattermost.Setup(ctx, mattermost.SetupOptions{
		URL:        c.Mattermost.URL,
		AdminToken: token,
		Team:       c.Mattermost.Team,
		Channels:   s.Channel,
		PublicURL:  c.PublicURL,
		Usages:     command.Usages(text.NL),
		Previous:   mattermostSettings(c),
	}, stdout)
	if err != nil && settings.Token == string(c.Mattermost.Token) {
		return err
	}
	// A new token is kept also when Setup stopped half way: the next run goes on with it.
	if err := errors.Join(err, config.Save(s.Config, withSettings(c, settings))); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "Geschreven: %[1]s en %[2]s.\nTrek het token van de beheerder nu in, als het alleen hiervoor was.\nKijk alles na:  kansbot check --config %[1]s\nStart Kansbot:  kansbot serve --config %[1]s\n", s.Config, c.Secrets)
	return err
}

// readToken is the one line in a file.
func readToken(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, 1<<10))
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(content))
	if token == "" || strings.ContainsAny(token, " \t\r\n") {
		return "", fmt.Errorf("in %s hoort één regel met het token", path)
	}
	return token, nil
}

// withSettings is c with what Setup found or made.
func withSettings(c config.Config, s mattermost.Settings) config.Config {
	c.PublicURL, c.Mattermost.URL = s.PublicURL, s.URL
	c.Mattermost.Token = config.Secret(s.Token)
	c.Mattermost.ActionSecret, c.Mattermost.DialogSecret = config.Secret(s.ActionSecret), config.Secret(s.DialogSecret)
	c.Mattermost.CommandTokens = make(map[string]config.Secret, len(s.CommandTokens))
	for command, token := range s.CommandTokens {
		c.Mattermost.CommandTokens[command] = config.Secret(token)
	}
	return c
}
