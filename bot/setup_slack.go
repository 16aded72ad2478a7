package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"kansbot/adapters/slack"
	"kansbot/bot/command"
	"kansbot/config"
	"kansbot/internal/text"
)

type setupSlack struct {
	Config     string      `env:"KANSBOT_CONFIG" default:"kansbot.yaml" placeholder:"BESTAND" help:"Configuratiebestand om in te schrijven (${default}). Ernaast komt het manifest van de app."`
	PublicURL  config.Site `placeholder:"ADRES" xor:"way" help:"Adres waarop Slack Kansbot bereikt, met https. Zonder adres: zoals het was, anders Socket Mode."`
	SocketMode bool        `xor:"way" help:"Laat Kansbot zelf met Slack verbinden, ook als Slack tot nu toe Kansbot aanriep."`
	APIURL     string      `env:"KANSBOT_SLACK_API_URL" hidden:""`
}

func (s setupSlack) Run(stdout io.Writer) error { return s.run(os.Stdin, stdout) }

// run asks for the secrets on stdin: one a line, or unseen at a terminal.
func (s setupSlack) run(stdin io.Reader, stdout io.Writer) error {
	c, err := config.Draft(s.Config)
	if err != nil {
		return err
	}
	overHTTP := !s.SocketMode && (s.PublicURL != "" || c.Slack.SigningSecret != "" && c.Slack.AppToken == "")
	c.PublicURL = cmp.Or(string(s.PublicURL), c.PublicURL)
	address := ""
	if overHTTP {
		if address = strings.TrimRight(c.PublicURL, "/"); address == "" {
			return errors.New("geef --public-url mee")
		}
	}
	usages := command.Usages(text.NL)
	manifest := slack.Manifest(usages, address)
	path, err := writeManifest(filepath.Dir(s.Config), slack.ManifestYAML(manifest), slack.ManifestJSON(manifest), stdout)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	previous := slack.App{Token: string(c.Slack.AppToken)}
	if c.Slack.BotToken != "" {
		previous.BotTokens = []string{string(c.Slack.BotToken)}
	}
	if c.Slack.SigningSecret != "" {
		previous.SigningSecrets = strings.Split(string(c.Slack.SigningSecret), ",")
	}
	ask, patient := asker(stdin, stdout)
	app, err := slack.Setup(ctx, slack.SetupOptions{
		APIURL:       cmp.Or(s.APIURL, c.Slack.APIURL),
		PublicURL:    address,
		Usages:       usages,
		ManifestFile: path,
		Previous:     previous,
		Written:      c.Slack.Manifest,
		Ask:          ask,
		Patient:      patient,
	}, stdout)
	if err != nil {
		return err
	}
	c.Slack.Manifest = slack.ManifestDigest(manifest)
	c.Slack.Workspace = config.Workspace{
		BotToken: config.Secret(app.BotTokens[0]), AppToken: config.Secret(app.Token), SigningSecret: config.Secret(strings.Join(app.SigningSecrets, ",")),
	}
	if err := config.Save(s.Config, c); err != nil {
		return err
	}
	if overHTTP && previous.Token != "" {
		fmt.Fprintln(stdout, "Het app-token is niet meer nodig en is uit de configuratie gehaald.")
	}
	if !overHTTP && previous.SigningSecrets != nil {
		fmt.Fprintln(stdout, "Het signing secret is niet meer nodig en is uit de configuratie gehaald.")
	}
	_, err = fmt.Fprintf(stdout, "Geschreven: %[1]s en %[2]s.\nKijk alles na:  kansbot check --config %[1]s\nStart Kansbot:  kansbot serve --config %[1]s\n", s.Config, c.Secrets)
	return err
}

// writeManifest writes both forms of the manifest into a folder, and gives the
// path of the one to paste.
func writeManifest(dir string, yaml, json []byte, stdout io.Writer) (path string, err error) {
	path = filepath.Join(dir, "kansbot-slack.yaml")
	other := filepath.Join(dir, "kansbot-slack.json")
	if err := errors.Join(os.WriteFile(path, yaml, 0o644), os.WriteFile(other, json, 0o644)); err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(stdout, "Manifest geschreven: %s (en als JSON: %s).\n", path, other)
	return path, err
}

// asker asks on stdout for a line of stdin. Who sits at a terminal is patient,
// and does not see what is typed.
func asker(stdin io.Reader, stdout io.Writer) (ask func(context.Context, string) (string, error), patient bool) {
	if f, ok := stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return func(ctx context.Context, question string) (string, error) {
			return askUnseen(ctx, int(f.Fd()), question, stdout)
		}, true
	}
	lines := bufio.NewReader(io.LimitReader(stdin, 64<<10))
	return func(_ context.Context, question string) (string, error) {
		fmt.Fprintln(stdout, question)
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			err = nil // no answer is an answer
		}
		return line, err
	}, false
}

// askUnseen gives up when ctx ends, which reading a terminal does not.
func askUnseen(ctx context.Context, terminal int, question string, stdout io.Writer) (string, error) {
	before, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	fmt.Fprint(stdout, question)
	defer fmt.Fprintln(stdout)
	type answer struct {
		line []byte
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		line, err := term.ReadPassword(terminal)
		got <- answer{line, err}
	}()
	select {
	case a := <-got:
		if errors.Is(a.err, io.EOF) {
			a.err = errors.New("gestopt; er is niets bewaard")
		}
		return string(a.line), a.err
	case <-ctx.Done():
		return "", errors.Join(errors.New("gestopt; er is niets bewaard"), term.Restore(terminal, before))
	}
}
