package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"pgregory.net/rapid"

	"kansbot/internal/chat"
)

// A token is asked whose it is until that worked. A delivery does not ask: it
// comes again, soon if its workspace may still turn up.
func TestKnow(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	well := s.answers[authTest]
	w := a.apps[0].workspaces[0]
	w.self.Store(nil)
	clear(a.teams)
	for name, bad := range map[string]http.HandlerFunc{"down": status(503, "", ""), "nothing": saying(`{}`), "half": saying(`{"ok":true,"team_id":"T1"}`)} {
		s.answer(authTest, bad)
		if me, err := a.know(t.Context(), w); err == nil || w.self.Load() != nil {
			t.Errorf("%s: knows %v", name, me)
		}
		asked := len(s.asked(authTest))
		_, err := a.Deliver(t.Context(), toZwaan("x"))
		if f := failure(err); f.Outcome != chat.NotSent || f.After != 5*time.Second || f.Here || f.Turn || len(s.asked(authTest)) != asked {
			t.Errorf("%s: %+v", name, err)
		}
	}
	s.answer(authTest, well)
	for range 2 {
		me, err := a.know(t.Context(), w)
		if err != nil || *me != (self{team: ourTeam, teamName: "De Zwaan", user: ourUser, bot: ourBot}) {
			t.Fatal(me, err)
		}
	}
	if found, ok := a.workspace(ourTeam); !ok || found != w {
		t.Error("cannot be found")
	}
	asked := len(s.asked(authTest))
	d := toZwaan("x")
	d.To.Workspace = "T0ANDERS"
	_, err := a.Deliver(t.Context(), d)
	if f := failure(err); f.Outcome != chat.NotSent || f.After != time.Minute || f.Here || f.Turn || len(s.asked(authTest)) != asked {
		t.Errorf("%+v", err)
	}
}

// Each workspace has its own token, its own limits and its own messages.
func TestWorkspaces(t *testing.T) {
	s, _ := newStandIn(t, Pace{})
	s.answer(authTest, func(w http.ResponseWriter, r *http.Request) {
		team := strings.TrimPrefix(r.Form.Get("token"), "xoxb-")
		fmt.Fprintf(w, `{"ok":true,"team_id":%q,"user_id":"U1","bot_id":"B1"}`, team)
	})
	a, err := New(Settings{APIURL: s.URL + "/api", Apps: []App{
		{Token: "xapp-1", BotTokens: []string{"xoxb-T1", "xoxb-T2"}},
		{Token: "xapp-2", BotTokens: []string{"xoxb-T3", "xoxb-T1"}},
	}}, s.clock, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range a.installations() {
		if _, err := a.know(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for _, team := range []string{"T3", "T1", "T2", "T3"} {
		all.Go(func() {
			d := toZwaan("x")
			d.To.Workspace = team
			if _, err := a.Deliver(t.Context(), d); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var tokens []string
	for _, sent := range s.asked(chatPostMessage) {
		tokens = append(tokens, sent.form.Get("token"))
	}
	slices.Sort(tokens)
	if want := []string{"xoxb-T1", "xoxb-T2", "xoxb-T3", "xoxb-T3"}; !slices.Equal(tokens, want) {
		t.Errorf("sent with %q", tokens)
	}
}

// Who is known does not wait for who is not; the first token that tells of a
// workspace stays its token.
func TestOneTokenFails(t *testing.T) {
	s, _ := newStandIn(t, Pace{})
	works := map[string]bool{"xoxb-1": true}
	s.answer(authTest, func(w http.ResponseWriter, r *http.Request) {
		if !works[r.Form.Get("token")] {
			denying("token_revoked")(w, r)
			return
		}
		fmt.Fprintf(w, `{"ok":true,"team_id":%q,"user_id":"U1","bot_id":"B1"}`, ourTeam)
	})
	a, err := New(Settings{APIURL: s.URL + "/api", Apps: []App{{Token: "xapp-1", BotTokens: []string{"xoxb-0", "xoxb-1", "xoxb-2"}}}}, s.clock, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	deliver := func() {
		t.Helper()
		if _, err := a.Deliver(t.Context(), toZwaan("x")); err != nil {
			t.Error(err)
		}
		sent := s.asked(chatPostMessage)
		if token := sent[len(sent)-1].form.Get("token"); token != "xoxb-1" {
			t.Errorf("sent with %s", token)
		}
	}
	for i, w := range a.installations() {
		if _, err := a.know(t.Context(), w); (err == nil) != (i == 1) {
			t.Error(err)
		}
	}
	deliver()
	works["xoxb-2"] = true
	if _, err := a.know(t.Context(), a.apps[0].workspaces[2]); err != nil {
		t.Error(err)
	}
	s.pass(time.Minute)
	deliver()
}

func TestAccountOf(t *testing.T) {
	plain := func(change func(*slack.User)) *slack.User {
		u := &slack.User{ID: "U1", TeamID: ourTeam, Name: "anna.devries", RealName: "Anna de Vries", Locale: "nl-NL"}
		u.Profile.DisplayName, u.Profile.RealName = "Anna", "Anna de Vries"
		change(u)
		return u
	}
	good := account{Person: chat.Person{ID: "U1", Handle: "Anna", Name: "Anna de Vries"}, locale: "nl-NL"}
	for name, test := range map[string]struct {
		change func(*slack.User)
		want   func(*account)
	}{
		"somebody":             {func(*slack.User) {}, func(*account) {}},
		"nothing displayed":    {func(u *slack.User) { u.Profile.DisplayName = "" }, func(a *account) { a.Handle = "anna.devries" }},
		"a display name":       {func(u *slack.User) { u.Profile.DisplayName = "Anna (IB)" }, func(a *account) { a.Handle = "anna.devries" }},
		"a dot too many":       {func(u *slack.User) { u.Profile.DisplayName = "Anna." }, func(a *account) { a.Handle = "anna.devries" }},
		"letters":              {func(u *slack.User) { u.Profile.DisplayName = "Zoë_d-V.2" }, func(a *account) { a.Handle = "Zoë_d-V.2" }},
		"no name fits":         {func(u *slack.User) { u.Profile.DisplayName, u.Name = "Anna de Vries", "" }, func(a *account) { a.Handle = "U1" }},
		"profile name":         {func(u *slack.User) { u.RealName = "" }, func(*account) {}},
		"display name only":    {func(u *slack.User) { u.RealName, u.Profile.RealName = "", "" }, func(a *account) { a.Name = "Anna" }},
		"user name only":       {func(u *slack.User) { u.RealName, u.Profile = "", slack.UserProfile{} }, func(a *account) { a.Handle, a.Name = "anna.devries", "anna.devries" }},
		"a bot":                {func(u *slack.User) { u.IsBot = true }, func(a *account) { a.bot = true }},
		"deleted":              {func(u *slack.User) { u.Deleted = true }, func(a *account) { a.bot = true }},
		"Slack's own":          {func(u *slack.User) { u.ID = "USLACKBOT" }, func(a *account) { a.ID, a.bot = "USLACKBOT", true }},
		"a stranger":           {func(u *slack.User) { u.IsStranger = true }, func(a *account) { a.stranger = true }},
		"another team":         {func(u *slack.User) { u.TeamID = "T0ANDERS" }, func(a *account) { a.stranger = true }},
		"another team of ours": {func(u *slack.User) { u.TeamID, u.Enterprise.Teams = "E1", []string{"T2", ourTeam} }, func(*account) {}},
		"a guest":              {func(u *slack.User) { u.IsRestricted, u.IsUltraRestricted = true, true }, func(*account) {}},
	} {
		want := good
		test.want(&want)
		if got := accountOf(plain(test.change), ourTeam); got != want {
			t.Errorf("%s: %+v, not %+v", name, got, want)
		}
	}
}

// Whatever people call themselves: what follows the @ is one word, as commands
// read it.
func TestHandles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := &slack.User{ID: "U1", Name: rapid.StringOfN(rapid.RuneFrom([]rune("aé1 .-_@<ß")), 0, 6, -1).Draw(t, "name")}
		u.Profile.DisplayName = rapid.StringOfN(rapid.RuneFrom([]rune("bË2 .-_@>&")), 0, 6, -1).Draw(t, "display name")
		h := handleOf(u)
		if strings.ContainsAny(h, " @<>&") || h == "" || strings.HasPrefix(h, ".") || strings.HasPrefix(h, "-") || strings.HasPrefix(h, "_") || strings.TrimRight(h, ".-") != h {
			t.Errorf("handle %q", h)
		}
	})
}

func TestUserIsRemembered(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	w := a.apps[0].workspaces[0]
	s.answer(usersInfo, func(w http.ResponseWriter, r *http.Request) {
		if r.Form.Get("user") != annaUser {
			denying("user_not_found")(w, r)
			return
		}
		fmt.Fprintf(w, `{"ok":true,"user":{"id":%q,"team_id":%q,"name":"anna","locale":"nl-NL"}}`, annaUser, ourTeam)
	})
	for _, step := range []struct {
		later time.Duration
		asked int
	}{{0, 1}, {accountFresh - time.Minute, 1}, {time.Minute, 2}} {
		s.pass(step.later)
		u, err := a.user(t.Context(), w, annaUser)
		if err != nil || u.Handle != "anna" || u.locale != "nl-NL" || u.stranger {
			t.Fatal(u, err)
		}
		if n := len(s.asked(usersInfo)); n != step.asked {
			t.Errorf("asked %d times", n)
		}
	}
	if got := s.asked(usersInfo)[0].form.Get("include_locale"); got != "true" {
		t.Errorf("include_locale %q", got)
	}
	if _, err := a.user(t.Context(), w, "U0NIEMAND"); codeOf(err) != "user_not_found" {
		t.Error(err)
	}
	s.answer(usersInfo, saying(`{}`))
	if _, err := a.user(t.Context(), w, "U0LEEG"); err == nil {
		t.Error("nothing is somebody")
	}
}

// A workspace full of people that nobody knows yet is read page by page, once;
// when that cannot be done, one by one.
func TestAccountsListed(t *testing.T) {
	for _, listed := range []bool{true, false} {
		s, a := newStandIn(t, Pace{Unlimited: true})
		w := a.apps[0].workspaces[0]
		user := func(id string) string {
			return fmt.Sprintf(`{"id":%q,"team_id":%q,"name":%q,"locale":"nl-NL"}`, id, ourTeam, strings.ToLower(id))
		}
		s.answer(usersInfo, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"ok":true,"user":%s}`, user(r.Form.Get("user")))
		})
		s.answer(usersList, denying("missing_scope"))
		const everybody = 5 * perPage / 2
		if listed {
			s.answer(usersList, func(w http.ResponseWriter, r *http.Request) {
				if r.Form.Get("limit") != fmt.Sprint(perPage) || r.Form.Get("include_locale") != "true" || r.Form.Get("team_id") != ourTeam {
					t.Errorf("asked %v", r.Form)
				}
				n, next := 0, ""
				fmt.Sscanf(r.Form.Get("cursor"), "from %d", &n)
				var page []string
				for i := n; i < min(n+perPage, everybody); i++ {
					page = append(page, user(fmt.Sprint("U", i)))
				}
				if n+perPage < everybody {
					next = fmt.Sprintf("from %d", n+perPage)
				}
				fmt.Fprintf(w, `{"ok":true,"members":[%s],"response_metadata":{"next_cursor":%q}}`, strings.Join(page, ","), next)
			})
		}
		for range 2 {
			for i := range everybody {
				id := fmt.Sprint("U", i)
				if who, err := a.account(t.Context(), w, id, true); err != nil || who.ID != id || who.locale != "nl-NL" {
					t.Fatal(who, err)
				}
			}
		}
		want := map[bool][2]int{true: {manyUnknown - 1, 3}, false: {everybody, 1}}[listed]
		if got := [2]int{len(s.asked(usersInfo)), len(s.asked(usersList))}; got != want {
			t.Errorf("listed %v: asked for one and for a page %v, not %v", listed, got, want)
		}
	}
}

// Who is in a channel is known from before when others have their turn to ask
// first, and unknown when Slack does not say.
func TestOldRoster(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	w := a.apps[0].workspaces[0]
	w.rosters.Put(inZwaan, []string{annaUser}, someday)
	s.pass(24 * time.Hour)
	s.answer(conversationsMembers, status(500, "", ""))
	if _, err := a.roster(t.Context(), w, inZwaan); err == nil {
		t.Error("old, though Slack could be asked")
	}
	for i := range 2 * perMinute[conversationsMembers] {
		w.pace.take(turn{lane: fmt.Sprint(i), method: conversationsMembers}, s.clock())
	}
	ctx, cancel := context.WithTimeout(t.Context(), lookupTime)
	defer cancel()
	if ids, err := a.roster(ctx, w, inZwaan); err != nil || !slices.Equal(ids, []string{annaUser}) {
		t.Error(ids, err)
	}
	if _, err := a.roster(ctx, w, "C0ANDERS"); !errors.Is(err, errTurn) {
		t.Error(err)
	}
}

func TestPeople(t *testing.T) {
	s, a := newStandIn(t, Pace{Unlimited: true})
	w := a.apps[0].workspaces[0]
	members := []string{ourUser, "U0ANNA", "U0GEEST", "U0BART", "U0VREEMD", "U0WEG", "USLACKBOT"}
	s.answer(conversationsMembers, func(w http.ResponseWriter, r *http.Request) { // two on a page, and an empty one
		n, next := 0, ""
		fmt.Sscanf(r.Form.Get("cursor"), "%d", &n)
		last := min(n+2, len(members))
		if last < len(members) || r.Form.Get("cursor") != "99" && n < 99 {
			next = fmt.Sprint(last)
		}
		if last == len(members) {
			next = "99"
		}
		if n == 99 {
			fmt.Fprint(w, `{"ok":true,"members":[],"response_metadata":{"next_cursor":""}}`)
			return
		}
		fmt.Fprintf(w, `{"ok":true,"members":["%s"],"response_metadata":{"next_cursor":%q}}`, strings.Join(members[n:last], `","`), next)
	})
	s.answer(usersInfo, func(w http.ResponseWriter, r *http.Request) {
		id, more := r.Form.Get("user"), ""
		switch id {
		case ourUser:
			more = `,"is_bot":true`
		case "U0WEG":
			more = `,"deleted":true`
		case "U0VREEMD":
			more = `,"is_stranger":true`
		case "U0GEEST":
			denying("user_not_visible")(w, r)
			return
		}
		fmt.Fprintf(w, `{"ok":true,"user":{"id":%q,"team_id":%q,"name":%q%s}}`, id, ourTeam, strings.ToLower(id), more)
	})
	people, err := a.people(t.Context(), w, inZwaan)
	if want := []chat.Person{{ID: "U0ANNA", Handle: "u0anna", Name: "u0anna"}, {ID: "U0BART", Handle: "u0bart", Name: "u0bart"}}; err != nil || !slices.Equal(people, want) {
		t.Errorf("%v, %v", people, err)
	}

	// The roster is remembered, by whoever asked for it, until somebody says
	// that it changed.
	pages := len(s.asked(conversationsMembers))
	members = append(members, "U0NIEUW")
	for range 2 {
		if ids, err := a.roster(t.Context(), w, inZwaan); err != nil || slices.Contains(ids, "U0NIEUW") || !slices.Contains(ids, "U0VREEMD") {
			t.Errorf("%v, %v", ids, err)
		}
	}
	if n := len(s.asked(conversationsMembers)); n != pages {
		t.Errorf("asked again: %d pages", n-pages)
	}
	if people, err = a.people(t.Context(), w, inZwaan); err != nil || len(people) != 3 {
		t.Errorf("%v, %v", people, err)
	}
	s.pass(rosterFresh)
	pages = len(s.asked(conversationsMembers))
	if ids, err := a.roster(t.Context(), w, inZwaan); err != nil || len(ids) != len(members) || len(s.asked(conversationsMembers)) == pages {
		t.Errorf("%v, %v", ids, err)
	}

	// When nobody can say who somebody is, nobody is left out.
	s.answer(usersInfo, status(500, "", ""))
	w.users.Drop("U0BART")
	if people, err := a.people(t.Context(), w, inZwaan); err == nil {
		t.Errorf("only %v", people)
	}
	s.answer(conversationsMembers, saying(`{}`))
	if people, err := a.people(t.Context(), w, inZwaan); err == nil {
		t.Errorf("only %v", people)
	}
}

// A crowd costs no look-up of everyone in it.
func TestCrowd(t *testing.T) {
	s, a := newStandIn(t, Pace{Unlimited: true})
	ids := make([]string, crowd+1)
	for i := range ids {
		ids[i] = fmt.Sprintf(`"U%d"`, i)
	}
	s.answer(conversationsMembers, saying(`{"ok":true,"members":[`+strings.Join(ids, ",")+`]}`))
	people, err := a.people(t.Context(), a.apps[0].workspaces[0], inZwaan)
	if err != nil || people != nil || len(s.asked(usersInfo)) != 0 {
		t.Errorf("%d people, %v", len(people), err)
	}
}

func TestChannels(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	s.answer(usersConversations, func(w http.ResponseWriter, r *http.Request) {
		if r.Form.Get("types") != "public_channel,private_channel" || r.Form.Get("exclude_archived") != "true" || r.Form.Get("team_id") != ourTeam {
			t.Errorf("asked %v", r.Form)
		}
		switch r.Form.Get("cursor") {
		case "":
			fmt.Fprint(w, `{"ok":true,"channels":[{"id":"C1"},{"id":"C2"}],"response_metadata":{"next_cursor":"a"}}`)
		case "a":
			fmt.Fprint(w, `{"ok":true,"channels":[],"response_metadata":{"next_cursor":"b"}}`)
		default:
			fmt.Fprint(w, `{"ok":true,"channels":[{"id":"G3"}]}`)
		}
	})
	ids, err := a.channels(t.Context(), a.apps[0].workspaces[0])
	if err != nil || !slices.Equal(ids, []string{"C1", "C2", "G3"}) {
		t.Errorf("%v, %v", ids, err)
	}
}

func TestDirect(t *testing.T) {
	s, a := newStandIn(t, Pace{})
	w := a.apps[0].workspaces[0]
	for range 2 {
		if id, err := a.direct(t.Context(), w, annaUser); err != nil || id != annaDirect {
			t.Fatal(id, err)
		}
	}
	s.answer(conversationsOpen, saying(`{"ok":true}`))
	if id, err := a.direct(t.Context(), w, "U0BART"); err == nil {
		t.Errorf("opened %q", id)
	}
	if n := len(s.asked(conversationsOpen)); n != 2 {
		t.Errorf("opened %d times", n)
	}
	for i := range perMinute[conversationsOpen] { // nobody is kept waiting: they hear how long
		a.direct(t.Context(), w, fmt.Sprint("U", i))
	}
	_, err := a.direct(t.Context(), w, "U0LAAT")
	if f := failure(err); f.Outcome != chat.NotSent || f.After < 10*time.Second || !f.Here {
		t.Errorf("%+v", err)
	}
}
