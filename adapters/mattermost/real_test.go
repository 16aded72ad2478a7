package mattermost

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/adapters/mattermost/mmtest"
	"kansbot/internal/chat"
)

var usages = []chat.Usage{
	{Command: "signaal", Hint: "[code] wat je ziet #element", About: "Meld een signaal.", Verbs: []chat.Verb{{Word: "lijst"}, {Word: "toon"}}},
	{Command: "actie", Hint: "@wie wat voor datum", About: "Spreek een actie af."},
}

// A school is a team on a real server with a kernteam's private channel, and
// the adapter that was set up for it.
type school struct {
	*Adapter
	server      *mmtest.Server
	team        *model.Team
	anna, bart  *mmtest.User
	zwaan       *model.Channel
	options     SetupOptions
	settings    Settings
	public      *httptest.Server
	mux         *http.ServeMux
	events      chan chat.Event
	reply       atomic.Pointer[chat.Reply] // to whatever comes
	setupOutput string
}

func newSchool(t *testing.T) *school {
	s := &school{server: mmtest.Start(t), events: make(chan chat.Event, 100), mux: http.NewServeMux()}
	s.team = s.server.NewTeam(t, "school")
	s.anna, s.bart = s.server.NewUser(t, s.team, "anna"), s.server.NewUser(t, s.team, "bart")
	s.zwaan = s.server.NewChannel(t, s.team, "zwaan", true, s.anna.ID, s.bart.ID)
	s.mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	s.public = httptest.NewServer(s.mux)
	t.Cleanup(s.public.Close)
	s.options = SetupOptions{
		URL: s.server.URL, AdminToken: s.server.AdminToken, Team: s.team.Name, PublicURL: s.public.URL,
		Usages: usages, BotName: "kansbot-" + s.team.Name,
	}
	s.setup(t)
	s.Routes(s.mux)
	return s
}

// setup runs Setup and makes the adapter of its settings.
func (s *school) setup(t *testing.T) {
	t.Helper()
	var out strings.Builder
	var err error
	if s.settings, err = Setup(t.Context(), s.options, &out); err != nil {
		t.Fatal(err)
	}
	s.options.Previous, s.setupOutput = s.settings, out.String()
	if s.Adapter, err = New(s.settings, time.Now, discard); err != nil {
		t.Fatal(err)
	}
}

// open lets the adapter receive until the test ends, and waits until it is
// connected.
func (s *school) open(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- s.Receive(ctx, func(_ context.Context, e chat.Event) chat.Reply {
			s.events <- e
			if r := s.reply.Load(); r != nil {
				return *r
			}
			return chat.Reply{}
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := next(t, ended); err != nil {
			t.Error(err)
		}
	})
}

// invite has Anna add the bot to the channel and waits for what comes of it.
func (s *school) invite(t *testing.T) {
	t.Helper()
	if _, _, err := s.anna.Client.AddChannelMember(t.Context(), s.zwaan.Id, s.botID(t)); err != nil {
		t.Fatal(err)
	}
}

func (s *school) botID(t *testing.T) string {
	t.Helper()
	me, err := s.me(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return me.Id
}

// event is the next one of this kind; others are let go.
func event[A chat.Act](t *testing.T, s *school) (chat.Event, A) {
	t.Helper()
	for {
		e := next(t, s.events)
		if act, ok := e.Act.(A); ok {
			return e, act
		}
	}
}

func (s *school) person(u *mmtest.User) chat.Person {
	return chat.Person{ID: u.ID, Handle: u.Username, Name: u.Name}
}

func (s *school) to() chat.To { return chat.To{Platform: Name, Channel: s.zwaan.Id} }

func TestRealSetup(t *testing.T) {
	s := newSchool(t)
	ctx := t.Context()
	for _, line := range []string{"Bot-account @" + s.options.BotName + " gemaakt", "Token voor de bot gemaakt", "/signaal gemaakt", "/actie gemaakt", "Bot toegevoegd aan team"} {
		if !strings.Contains(s.setupOutput, line) {
			t.Errorf("setup does not say %q:\n%s", line, s.setupOutput)
		}
	}
	for _, secret := range []string{s.settings.Token, s.settings.ActionSecret, s.settings.DialogSecret, s.settings.CommandTokens["actie"], s.server.AdminToken} {
		if strings.Contains(s.setupOutput, secret) {
			t.Errorf("setup shows a secret:\n%s", s.setupOutput)
		}
	}

	before := s.settings
	s.setup(t)
	if !reflect.DeepEqual(s.settings, before) || !strings.Contains(s.setupOutput, "er is niets veranderd") {
		t.Errorf("the second time it says\n%s", s.setupOutput)
	}

	// What a person changed stays.
	s.options.Channels = []string{"~zwaan"}
	s.setup(t)
	if !strings.Contains(s.setupOutput, "Bot toegevoegd aan kanaal zwaan.") {
		t.Errorf("it says\n%s", s.setupOutput)
	}
	name := "Ons kanarievogeltje"
	if _, _, err := s.server.Admin.PatchBot(ctx, s.botID(t), &model.BotPatch{DisplayName: &name}); err != nil {
		t.Fatal(err)
	}
	s.setup(t)
	if bot, _, err := s.server.Admin.GetBot(ctx, s.botID(t), ""); err != nil || bot.DisplayName != name {
		t.Errorf("bot %+v, %v", bot, err)
	}
	if !strings.Contains(s.setupOutput, "er is niets veranderd") {
		t.Errorf("it says\n%s", s.setupOutput)
	}

	// Another address: the same commands, with the same tokens.
	s.options.PublicURL = s.public.URL + "/elders"
	s.setup(t)
	if !maps.Equal(s.settings.CommandTokens, before.CommandTokens) || !strings.Contains(s.setupOutput, "/signaal bijgewerkt") {
		t.Errorf("it says\n%s", s.setupOutput)
	}
	commands, _, err := s.server.Admin.ListCommands(ctx, s.team.Id, true)
	if err != nil || len(commands) != 2 {
		t.Fatalf("%d commands, %v", len(commands), err)
	}
	for _, c := range commands {
		if c.URL != s.public.URL+"/elders/mattermost/command" {
			t.Errorf("/%s is sent to %s", c.Trigger, c.URL)
		}
		if c.Trigger == "signaal" && (c.AutoCompleteHint != usages[0].Hint || c.AutoCompleteDesc != "Meld een signaal. Ook: lijst, toon.") {
			t.Errorf("suggests %q, %q", c.AutoCompleteHint, c.AutoCompleteDesc)
		}
	}

	// A token that works no more.
	tokens, _, err := s.server.Admin.GetUserAccessTokensForUser(ctx, s.botID(t), 0, 10)
	if err != nil || len(tokens) != 1 {
		t.Fatalf("%d tokens, %v", len(tokens), err)
	}
	if _, err := s.server.Admin.RevokeUserAccessToken(ctx, tokens[0].Id); err != nil {
		t.Fatal(err)
	}
	s.setup(t)
	if s.settings.Token == before.Token || !strings.Contains(s.setupOutput, "Token voor de bot gemaakt") {
		t.Errorf("it says\n%s", s.setupOutput)
	}
}

func TestRealSetupStops(t *testing.T) {
	s := newSchool(t)
	ctx := t.Context()
	foreign := s.server.NewTeam(t, "elders")
	if _, _, err := s.server.Admin.CreateCommand(ctx, &model.Command{TeamId: foreign.Id, Trigger: "actie", Method: "P", URL: "http://127.0.0.1:1/x"}); err != nil {
		t.Fatal(err)
	}
	off, on := false, true
	for name, test := range map[string]struct {
		change func(*SetupOptions)
		says   string
	}{
		"no such team":       {func(o *SetupOptions) { o.Team = "weg" }, `er is geen team "weg"`},
		"no such channels":   {func(o *SetupOptions) { o.Channels = []string{"zwaan", "eend", "gans"} }, "kanaal eend, gans"},
		"command of another": {func(o *SetupOptions) { o.Team = foreign.Name }, "/actie bestaat al in team " + foreign.Name},
		"name of a person":   {func(o *SetupOptions) { o.BotName = s.anna.Username }, "is een gewone gebruiker"},
		"token of nobody":    {func(o *SetupOptions) { o.AdminToken = "x" }, "niet (meer) bekend"},
		"not an admin":       {func(o *SetupOptions) { o.AdminToken = s.anna.Client.AuthToken }, "is geen systeembeheerder"},
		"bad address":        {func(o *SetupOptions) { o.PublicURL = "kansbot.example" }, "https://kansbot.voorbeeld.nl"},
		"switched off": {func(o *SetupOptions) {
			if _, _, err := s.server.Admin.PatchConfig(ctx, &model.Config{ServiceSettings: model.ServiceSettings{EnableCommands: &off}}); err != nil {
				t.Fatal(err)
			}
		}, "ServiceSettings.EnableCommands"},
	} {
		t.Run(name, func(t *testing.T) {
			o := s.options
			test.change(&o)
			var out strings.Builder
			if _, err := Setup(ctx, o, &out); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v", err)
			}
			if strings.Contains(out.String(), "gemaakt") || strings.Contains(out.String(), "toegevoegd") {
				t.Errorf("it changed something:\n%s", &out)
			}
			if _, _, err := s.server.Admin.PatchConfig(ctx, &model.Config{ServiceSettings: model.ServiceSettings{EnableCommands: &on}}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestRealCheck(t *testing.T) {
	s := newSchool(t)
	s.invite(t)
	for _, f := range s.Check(t.Context()) {
		if !f.OK || f.Mend != "" || f.Says == "" {
			t.Errorf("%+v", f)
		}
		for _, secret := range []string{s.settings.Token, s.settings.ActionSecret, s.settings.DialogSecret} {
			if strings.Contains(f.Says, secret) {
				t.Errorf("a secret in %+v", f)
			}
		}
	}
	wrong := func(a *Adapter) (names []string) {
		for _, f := range a.Check(t.Context()) {
			if !f.OK {
				names = append(names, f.Name)
				if f.Mend == "" || f.Says == "" {
					t.Errorf("says too little: %+v", f)
				}
			}
		}
		return names
	}
	for name, test := range map[string]struct {
		change func(*Settings)
		now    func() time.Time
		want   []string
	}{
		"token":    {change: func(x *Settings) { x.Token = "x" }, want: []string{"Mattermost-token"}},
		"server":   {change: func(x *Settings) { x.URL = "http://127.0.0.1:1" }, want: []string{"Mattermost-server"}},
		"address":  {change: func(x *Settings) { x.PublicURL = "http://127.0.0.1:1" }, want: []string{"Adres voor Mattermost"}},
		"commands": {change: func(x *Settings) { x.CommandTokens = map[string]string{"kernteam": "x"} }, want: []string{"Slash-opdrachten"}},
		"clock":    {now: func() time.Time { return time.Now().Add(time.Minute) }, want: []string{"Klok"}},
		"not a bot, and too mighty": {change: func(x *Settings) { x.Token = s.server.AdminToken },
			want: []string{"Mattermost-token", "Mattermost-rechten", "Mattermost-kanalen"}},
	} {
		t.Run(name, func(t *testing.T) {
			set, now := s.settings, time.Now
			if test.change != nil {
				test.change(&set)
			}
			if test.now != nil {
				now = test.now
			}
			a, err := New(set, now, discard)
			if err != nil {
				t.Fatal(err)
			}
			if got := wrong(a); !slices.Equal(got, test.want) {
				t.Errorf("finds %q, want %q", got, test.want)
			}
		})
	}
}

func TestRealConversation(t *testing.T) {
	s := newSchool(t)
	s.open(t)
	ctx := t.Context()

	// The bot arrives: who added it, and who is there. Bots and people whose
	// account is off do not count.
	eventually(t, func() bool { return s.Health().Connected }) // or it was there from the start
	s.invite(t)
	e, _ := event[chat.Arrived](t, s)
	if e.Channel != s.zwaan.Id || e.User != s.person(s.anna) || e.Locale != "nl" || e.ID == "" {
		t.Errorf("arrived %+v", e)
	}
	roster := func() []string {
		_, r := event[chat.Roster](t, s)
		var handles []string
		for _, p := range r.People {
			handles = append(handles, p.Handle)
		}
		return handles
	}
	for want := []string{s.anna.Username, s.bart.Username}; !slices.Equal(roster(), want); {
	}
	carla := s.server.NewUser(t, s.team, "carla")
	if _, _, err := s.anna.Client.AddChannelMember(ctx, s.zwaan.Id, carla.ID); err != nil {
		t.Fatal(err)
	}
	for !slices.Contains(roster(), carla.Username) {
	}
	if _, err := s.anna.Client.RemoveUserFromChannel(ctx, s.zwaan.Id, carla.ID); err != nil {
		t.Fatal(err)
	}
	for slices.Contains(roster(), carla.Username) {
	}

	// A command in the channel, with a form; then the form.
	form := &chat.Form{ID: "eenmalig-1", Title: "Signaal", Intro: "Voor **K-014**", Submit: "Bewaar", Fields: []chat.Field{
		{Name: "ziet", Label: "Wat zie je?", Kind: chat.Lines, Value: []string{"begint niet"}},
		{Name: "soort", Label: "Soort", Kind: chat.One, Options: []chat.Option{{Key: "zorg", Label: "Zorg"}, {Key: "kans", Label: "Kans"}}, Value: []string{"zorg"}},
		{Name: "elementen", Label: "Elementen", Kind: chat.Many, Optional: true, Options: []chat.Option{{Key: "leren", Label: "Leren"}, {Key: "erbij", Label: "Erbij horen"}}},
	}}
	s.reply.Store(&chat.Reply{Body: chat.Message{{Kind: chat.Choices, Choices: []chat.Choice{{Label: "Verder", Line: "/signaal lijst"}}}}, Form: form})
	answer, err := s.anna.Command(s.zwaan.Id, "", "/signaal K-014  ziet @"+s.bart.Username+", graag")
	if err != nil {
		t.Fatal(err)
	}
	if want := "Verder\n\n```\n/signaal lijst\n```"; answer.Text != want || answer.ResponseType != "ephemeral" || len(answer.Attachments) != 0 {
		t.Errorf("answer %+v", answer)
	}
	e, typed := event[chat.Typed](t, s)
	want := chat.Typed{Command: "signaal", Text: "K-014  ziet @" + s.bart.Username + ", graag", Mentions: map[string]string{s.bart.Username: s.bart.ID}}
	if e.Channel != s.zwaan.Id || e.User != s.person(s.anna) || !reflect.DeepEqual(typed, want) {
		t.Errorf("typed %+v", e)
	}
	if _, err := s.anna.WaitEphemeral(limit); err != nil {
		t.Error(err)
	}
	dialog, err := s.anna.WaitDialog(limit)
	if err != nil {
		t.Fatal(err)
	}
	if dialog.Dialog.State != "eenmalig-1" || dialog.URL != s.dialogURL() || dialog.Dialog.IntroductionText != `Voor \*\*K-014\*\*` {
		t.Errorf("dialog %+v", dialog)
	}
	s.reply.Store(&chat.Reply{Problems: map[string]string{"ziet": "Wat meer graag."}})
	response, err := s.anna.Submit(dialog, map[string]any{"elementen": []string{"leren", "erbij"}})
	if err != nil || response.Errors["ziet"] != "Wat meer graag." {
		t.Fatalf("response %+v, %v", response, err)
	}
	e, submitted := event[chat.Submitted](t, s)
	if e.User != s.person(s.anna) || e.Channel != s.zwaan.Id || submitted.Form != "eenmalig-1" ||
		!reflect.DeepEqual(submitted.Values, map[string][]string{"ziet": {"begint niet"}, "soort": {"zorg"}, "elementen": {"leren", "erbij"}}) {
		t.Errorf("submitted %+v", e)
	}
	second := *form
	second.ID = "eenmalig-2"
	s.reply.Store(&chat.Reply{Form: &second})
	if response, err = s.anna.Submit(dialog, nil); err != nil || response.Form == nil || response.Form.State != "eenmalig-2" {
		t.Fatalf("response %+v, %v", response, err)
	}
	s.reply.Store(&chat.Reply{Body: says("Signaal 12 bewaard.")})
	dialog.Dialog = *response.Form
	if _, err = s.anna.Submit(dialog, nil); err != nil {
		t.Fatal(err)
	}
	if told, err := s.anna.WaitEphemeral(limit); err != nil || told.Message != "Signaal 12 bewaard." || told.ChannelId != s.zwaan.Id {
		t.Errorf("told %+v, %v", told, err)
	}

	// Directly with the bot: a message opens, a command has no channel.
	direct, err := s.bart.DM(s.botID(t))
	if err != nil {
		t.Fatal(err)
	}
	s.reply.Store(&chat.Reply{Body: says("Typ /signaal.")})
	if _, _, err := s.bart.Client.CreatePost(ctx, &model.Post{ChannelId: direct, Message: "hallo"}); err != nil {
		t.Fatal(err)
	}
	if e, _ := event[chat.Opened](t, s); e.Channel != "" || e.User != s.person(s.bart) || e.ID == "" {
		t.Errorf("opened %+v", e)
	}
	if _, err := s.bart.WaitPost(limit, func(p *model.Post) bool { return p.ChannelId == direct && p.Message == "Typ /signaal." }); err != nil {
		t.Error(err)
	}
	s.reply.Store(&chat.Reply{Form: form})
	if _, err := s.bart.Command(direct, "", "/signaal"); err != nil {
		t.Fatal(err)
	}
	if e, _ := event[chat.Typed](t, s); e.Channel != "" {
		t.Errorf("typed in %q", e.Channel)
	}
	if dialog, err = s.bart.WaitDialog(limit); err != nil {
		t.Fatal(err)
	}
	if _, err := s.bart.Submit(dialog, nil); err != nil {
		t.Fatal(err)
	}
	if e, _ := event[chat.Submitted](t, s); e.Channel != "" || e.User != s.person(s.bart) {
		t.Errorf("submitted %+v", e)
	}
	between, err := s.anna.DM(s.bart.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.anna.Command(between, "", "/signaal"); err != nil {
		t.Fatal(err)
	}
	if e, _ := event[chat.Typed](t, s); e.Channel != between {
		t.Errorf("typed in %q, between two people", e.Channel)
	}
}

// lostAnswers passes requests on and loses the answers.
type lostAnswers struct{}

func (lostAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && r.Method == http.MethodPost {
		resp.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return resp, err
}
