// Kansbot holds the thread of a kernteam around a school: from an early signal,
// by way of the Kans!overleg, to agreements that are kept. This is the program:
// its subcommands, and app.go, where everything is wired together.
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	_ "time/tzdata" // the time zones, for where the system has none

	"github.com/alecthomas/kong"

	"kansbot/config"
)

// commandLine is what can be typed in a shell.
type commandLine struct {
	Help helpFlag `short:"h" help:"Toon deze uitleg."`

	Serve   serveCommand   `cmd:"" default:"withargs" help:"Start Kansbot. Zonder platform in de configuratie: als oefenruimte in de browser."`
	Check   checkCommand   `cmd:"" help:"Kijk of alles klopt, en zeg wat er te doen is."`
	Setup   setupCommand   `cmd:"" help:"Regel een platform in, en schrijf de configuratie."`
	Version versionCommand `cmd:"" help:"Toon de versie."`
	Health  healthCommand  `cmd:"" help:"Vraag de Kansbot op deze machine of hij leeft (exit 0 of 1); voor een container."`
}

// configFlag is shared by the subcommands that read the configuration.
type configFlag struct {
	Config string `env:"KANSBOT_CONFIG" placeholder:"BESTAND" help:"Configuratiebestand. Zonder bestand telt alleen de omgeving."`
}

func (f configFlag) load() (config.Config, error) { return config.Load(f.Config, os.Environ()) }

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program but for the exit.
func run(args []string, stdout, stderr io.Writer) int {
	exit := -1
	parser, err := kong.New(&commandLine{},
		kong.Name("kansbot"),
		kong.Description("Kansbot houdt de draad vast van een kernteam rond een school: van signaal, via het Kans!overleg, naar afspraak."),
		kong.NoDefaultHelp(),
		kong.Help(dutchHelp),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exit = code }),
		kong.BindTo(stdout, (*io.Writer)(nil)),
	)
	if err != nil {
		panic(err) // the declarations above are wrong
	}
	ctx, err := parser.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		fmt.Fprintf(stderr, "kansbot: %v\nProbeer: kansbot --help\n", err)
		return 2
	}
	if err := ctx.Run(); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

type helpFlag bool

func (helpFlag) BeforeReset(ctx *kong.Context) error {
	if err := ctx.PrintUsage(false); err != nil {
		return err
	}
	ctx.Kong.Exit(0)
	return nil
}

// dutchHelp is kong's own, with its few words in Dutch.
func dutchHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if len(ctx.Args) == 0 || strings.HasPrefix(ctx.Args[0], "-") {
		whole := *ctx
		whole.Path = ctx.Path[:1] // without the default subcommand
		ctx = &whole
	}
	out := ctx.Stdout
	var text bytes.Buffer
	ctx.Stdout = &text
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	_, err := helpWords.WriteString(out, text.String())
	return err
}

var helpWords = strings.NewReplacer(
	"Usage: ", "Gebruik: ",
	"Flags:", "Opties:",
	"Commands:", "Opdrachten:",
	"[flags]", "[opties]",
	"<command>", "<opdracht>",
	`Run "kansbot <command> --help" for more information on a command.`, `Meer over een opdracht: kansbot <opdracht> --help`,
	`Run "kansbot setup <command> --help" for more information on a command.`, `Meer over een platform: kansbot setup <platform> --help`,
)

type versionCommand struct{}

func (versionCommand) Run(stdout io.Writer) error {
	_, err := fmt.Fprintln(stdout, "kansbot", version())
	return err
}

// release is set by the linker when a release is built: -X main.release=1.2.3
var release string

// version is the release, or else the source that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "onbekend"
	}
	said := cmp.Or(release, info.Main.Version)
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (said == "" || said == "(devel)") {
			said = s.Value[:min(12, len(s.Value))]
		}
	}
	return said + " " + info.GoVersion
}
