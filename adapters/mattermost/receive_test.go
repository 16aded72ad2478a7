package mattermost

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/internal/chat"
)

var anna = chat.Person{ID: annaID, Handle: "anna", Name: "Anna de Vries"}

func TestCommand(t *testing.T) {
	s := newStage(t)
	s.reply = func(chat.Event) chat.Reply { return chat.Reply{Body: says("Signaal 12 bewaard.")} }
	got := s.command()
	if want := `{"response_type":"ephemeral","text":"Signaal 12 bewaard.","skip_slack_parsing":true}` + "\n"; got.Code != 200 || got.Body.String() != want {
		t.Errorf("answer %d %s", got.Code, got.Body)
	}
	want := chat.Event{
		ID: chat.EventIDOf("command", "dHJpZ2dlcg=="), Platform: "mattermost", Channel: zwaanID, User: anna, Locale: "nl",
		Act: chat.Typed{Command: "signaal", Text: "K-014  leert @Bart.\ngraag", Mentions: map[string]string{"bart": bartID}},
	}
	if len(s.events) != 1 || !reflect.DeepEqual(s.events[0], want) {
		t.Errorf("event %+v", s.events)
	}
	if strings.Contains(want.ID, "dHJp") {
		t.Error("the event's id gives the trigger away")
	}
	for range 3 {
		s.command("trigger_id", "bmV4dA==")
	}
	if n := len(s.server.bodies("GET /api/v4/users/" + annaID)); n != 1 {
		t.Errorf("%d look-ups of one person", n)
	}
}

func TestCommandWhere(t *testing.T) {
	for name, test := range map[string]struct{ name, channel string }{
		"with the bot":       {model.GetDMNameFromIds(annaID, botID), ""},
		"between two people": {model.GetDMNameFromIds(annaID, bartID), zwaanID},
		"not by the asker":   {model.GetDMNameFromIds(bartID, botID), zwaanID},
		"a channel":          {"zwaan", zwaanID},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.command("channel_name", test.name)
			if len(s.events) != 1 || s.events[0].Channel != test.channel {
				t.Errorf("events %+v", s.events)
			}
		})
	}
}

func TestCommandAnswers(t *testing.T) {
	form := &chat.Form{ID: "f1", Title: "Signaal", Submit: "Bewaar", Fields: []chat.Field{{Name: "ziet", Label: "Wat zie je?", Kind: chat.Lines}}}
	for name, test := range map[string]struct {
		reply chat.Reply
		want  string
		open  http.HandlerFunc
	}{
		"nothing":      {want: "{}"},
		"no buttons":   {reply: chat.Reply{Body: chat.Message{{Kind: chat.Text, Text: plain("x")}, {Kind: chat.Buttons, Buttons: []chat.Button{{Do: "geheim doel", Label: "Klaar"}}}}}, want: `{"response_type":"ephemeral","text":"x","skip_slack_parsing":true}`},
		"a form":       {reply: chat.Reply{Form: form}, want: "{}"},
		"no form":      {reply: chat.Reply{Form: form, Body: says("x")}, open: refusing(400, "interactive_message.decode_trigger_id.expired"), want: `{"response_type":"ephemeral","text":"x\n\nHet formulier ging niet open. Probeer het nog eens.","skip_slack_parsing":true}`},
		"misfit":       {reply: chat.Reply{Form: &chat.Form{ID: "f1", Title: "t", Fields: []chat.Field{{Name: "a", Label: "A"}}}}, want: `{"response_type":"ephemeral","text":"Het formulier ging niet open. Probeer het nog eens.","skip_slack_parsing":true}`},
		"no injection": {reply: chat.Reply{Body: says("<!channel> <http://a|b>")}, want: `{"response_type":"ephemeral","text":"\u0026lt;` + zeroWidth + `!channel\u003e \u0026lt;` + zeroWidth + `http:` + zeroWidth + `//a\\|b\u003e","skip_slack_parsing":true}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.reply = func(chat.Event) chat.Reply { return test.reply }
			if test.open != nil {
				s.server.answer("POST /api/v4/actions/dialogs/open", test.open)
			}
			if got := s.command(); got.Code != 200 || strings.TrimSpace(got.Body.String()) != test.want {
				t.Errorf("answer %d %s", got.Code, got.Body)
			}
		})
	}
}

func TestLongReplyFits(t *testing.T) {
	s := newStage(t)
	s.reply = func(chat.Event) chat.Reply { return chat.Reply{Body: says(strings.Repeat("lang ", 10_000))} }
	var got whisper
	json.Unmarshal(s.command().Body.Bytes(), &got)
	if n := len([]rune(got.Text)); n > maxRunes || !strings.HasSuffix(got.Text, tooLong) {
		t.Errorf("%d runes, ends with %q", n, got.Text[len(got.Text)-60:])
	}
}

// Whoever is not the server learns nothing, and reaches nobody.
func TestRefused(t *testing.T) {
	set := settingsFor("http://chat.example")
	token := set.CommandTokens["signaal"]
	good := "command=%2Fsignaal&token=" + token + "&user_id=" + annaID + "&channel_id=" + zwaanID
	press := `{"user_id":"` + annaID + `","channel_id":"` + zwaanID + `","post_id":"` + annaID + `","context":{"do":"x"}}`
	sent := `{"type":"dialog_submission","state":"f1","user_id":"` + annaID + `","channel_id":"` + zwaanID + `"}`
	command, action, dialog := "/mattermost/command", "/mattermost/action/"+set.ActionSecret, "/mattermost/dialog/"+set.DialogSecret
	for name, test := range map[string]struct {
		path, contentType, authorization, body string
		status                                 int
	}{
		"elsewhere":              {"/mattermost/", formType, "Token " + token, good, 404},
		"below":                  {command + "/x", formType, "Token " + token, good, 404},
		"no tokens":              {command, formType, "", strings.Replace(good, token, "", 1), 401},
		"no header":              {command, formType, "", good, 401},
		"no token in the form":   {command, formType, "Token " + token, strings.Replace(good, token, "", 1), 401},
		"other scheme":           {command, formType, "Bearer " + token, good, 401},
		"token of another":       {command, formType, "Token " + set.CommandTokens["actie"], strings.Replace(good, token, set.CommandTokens["actie"], 1), 401},
		"tokens differ":          {command, formType, "Token " + set.CommandTokens["actie"], good, 401},
		"unknown command":        {command, formType, "Token ", "command=/x&token=&user_id=" + annaID + "&channel_id=" + zwaanID, 401},
		"no command":             {command, formType, "Token ", "", 401},
		"command as JSON":        {command, jsonType, "Token " + token, `{}`, 415},
		"command without type":   {command, "", "Token " + token, good, 415},
		"bad form":               {command, formType, "Token " + token, good + "&x=%zz", 400},
		"bad user":               {command, formType, "Token " + token, strings.Replace(good, annaID, "../../me", 1), 400},
		"bad channel":            {command, formType, "Token " + token, strings.Replace(good, zwaanID, "", 1), 400},
		"huge command":           {command, formType, "Token " + token, good + "&text=" + strings.Repeat("x", maxBody), 413},
		"action, no secret":      {"/mattermost/action/", jsonType, "", press, 404},
		"action, dialog secret":  {"/mattermost/action/" + set.DialogSecret, jsonType, "", press, 404},
		"action, part of secret": {action[:len(action)-1], jsonType, "", press, 404},
		"action, more":           {action + "/x", jsonType, "", press, 404},
		"action as form":         {action, formType, "", press, 415},
		"action, garbage":        {action, jsonType, "", "{", 400},
		"action, wrong types":    {action, jsonType, "", `{"user_id":7}`, 400},
		"action, no post":        {action, jsonType, "", strings.Replace(press, `"post_id":"`+annaID, `"post_id":"`, 1), 400},
		"action, no do":          {action, jsonType, "", strings.Replace(press, `"do":"x"`, `"do":7`, 1), 400},
		"action, huge":           {action, jsonType, "", strings.Repeat(" ", maxBody) + press, 413},
		"dialog, action secret":  {"/mattermost/dialog/" + set.ActionSecret, jsonType, "", sent, 404},
		"dialog, no secret":      {"/mattermost/dialog/", jsonType, "", sent, 404},
		"dialog, garbage":        {dialog, jsonType, "", "[]", 400},
		"dialog, no state":       {dialog, jsonType, "", strings.Replace(sent, "f1", "", 1), 400},
		"dialog, huge state":     {dialog, jsonType, "", strings.Replace(sent, "f1", strings.Repeat("f", 201), 1), 400},
		"dialog, no user":        {dialog, jsonType, "", strings.Replace(sent, annaID, "", 1), 400},
		"dialog, huge":           {dialog, jsonType, "", strings.Repeat(" ", maxBody) + sent, 413},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			got := s.request(test.path, test.contentType, test.authorization, test.body)
			if got.Code != test.status || got.Body.Len() != 0 {
				t.Errorf("answer %d %q", got.Code, got.Body)
			}
			if len(s.events) != 0 || len(s.server.calls) != 0 {
				t.Errorf("it reached the core (%v) or the server (%v)", s.events, s.server.calls)
			}
			for _, secret := range []string{set.ActionSecret, set.DialogSecret, token, secretTok} {
				if strings.Contains(s.log.String(), secret) {
					t.Errorf("a secret in the log: %s", &s.log)
				}
			}
		})
	}
	s := newStage(t)
	mux := http.NewServeMux()
	s.Routes(mux)
	for _, path := range []string{command, action, dialog} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != 404 || w.Body.Len() != 0 {
			t.Errorf("GET %s: %d %q", path, w.Code, w.Body)
		}
	}
}

func TestNotReceivingYet(t *testing.T) {
	s := newStage(t)
	s.handler.Store(nil)
	for name, got := range map[string]*httptest.ResponseRecorder{
		"command": s.command(),
		"press":   s.press(pressBody(annaID, zwaanID)),
		"form":    s.submit(submission("{}")),
	} {
		if got.Code != 503 || got.Body.Len() != 0 {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
}

func TestPanicIsOurFault(t *testing.T) {
	s := newStage(t)
	s.reply = func(chat.Event) chat.Reply { panic("wat Anna typte") }
	for name, got := range map[string]*httptest.ResponseRecorder{
		"command": s.command(),
		"press":   s.press(pressBody(annaID, zwaanID)),
		"form":    s.submit(submission("{}")),
	} {
		if got.Code != 200 || strings.Contains(got.Body.String(), "typte") {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
	if posts := s.server.bodies("POST /api/v4/posts"); len(posts) != 1 || !strings.Contains(posts[0], dutch.failed) {
		t.Errorf("after the form: %v", posts)
	}
	if log := s.log.String(); !strings.Contains(log, "handler panicked") || strings.Contains(log, "wat Anna typte") {
		t.Errorf("log: %s", log)
	}
}

func pressBody(user, channel string) string {
	return fmt.Sprintf(`{"user_id":%q,"user_name":"anna","channel_id":%q,"post_id":"postpostpostpostpostpost00","trigger_id":"dA==","type":"button","context":{"do":"actie klaar 7","selected_option":"zzz"}}`, user, channel)
}

func TestPress(t *testing.T) {
	s := newStage(t)
	s.reply = func(chat.Event) chat.Reply { return chat.Reply{Body: says("Fijn!")} }
	got := s.press(pressBody(annaID, zwaanID))
	if want := `{"ephemeral_text":"Fijn!","skip_slack_parsing":true}` + "\n"; got.Code != 200 || got.Body.String() != want {
		t.Errorf("answer %d %s", got.Code, got.Body)
	}
	want := chat.Event{
		ID: chat.EventIDOf("press", "dA=="), Platform: "mattermost", Channel: zwaanID, User: anna, Locale: "nl",
		Act: chat.Pressed{Post: "postpostpostpostpostpost00", Do: "actie klaar 7"},
	}
	if len(s.events) != 1 || !reflect.DeepEqual(s.events[0], want) {
		t.Errorf("event %+v", s.events)
	}
	s.reply = nil
	if got := s.press(pressBody(annaID, directID)); strings.TrimSpace(got.Body.String()) != "{}" || s.events[1].Channel != "" {
		t.Errorf("in the direct channel: %s, %+v", got.Body, s.events[1])
	}
}

// Nothing says that a press comes from the server but its secret, so who it
// names must be in the channel.
func TestPressFromOutside(t *testing.T) {
	member := "GET /api/v4/channels/" + zwaanID + "/members/" + annaID
	for name, test := range map[string]struct {
		user   string
		answer http.HandlerFunc
		want   string
	}{
		"not a member":          {user: bartID, want: english.stranger},
		"bot not there":         {user: annaID, answer: refusing(403, "api.context.permissions.app_error"), want: dutch.stranger},
		"server away":           {user: annaID, answer: refusing(500, "app.channel.get_member.app_error"), want: dutch.failed},
		"a proxy's own refusal": {user: annaID, answer: func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) }, want: dutch.failed},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			if test.answer != nil {
				s.server.answer(member, test.answer)
			}
			var got whisper
			json.Unmarshal(s.press(pressBody(test.user, zwaanID)).Body.Bytes(), &got)
			if got.EphemeralText != test.want || len(s.events) != 0 {
				t.Errorf("answer %+v, events %v", got, s.events)
			}
		})
	}
}

func submission(values string) string {
	return fmt.Sprintf(`{"type":"dialog_submission","callback_id":"x","state":"f1","user_id":%q,"channel_id":%q,"team_id":"","submission":%s,"cancelled":false}`, annaID, zwaanID, values)
}

func TestSubmit(t *testing.T) {
	s := newStage(t)
	got := s.submit(submission(`{"a":"x","b":true,"c":["1","2",3],"d":2.5,"e":null,"f":"","g":{"h":1},"i":[["j"]],"elementen__list":"leren, erbij;veilig","nooit":"gevraagd"}`))
	if strings.TrimSpace(got.Body.String()) != "{}" {
		t.Errorf("answer %s", got.Body)
	}
	want := chat.Event{
		Platform: "mattermost", Channel: zwaanID, User: anna, Locale: "nl",
		Act: chat.Submitted{Form: "f1", Values: map[string][]string{
			"a": {"x"}, "b": {"true"}, "c": {"1", "2", "3"}, "d": {"2.5"}, "e": nil, "f": nil, "g": nil, "i": nil,
			"elementen": {"leren", "erbij", "veilig"}, "nooit": {"gevraagd"},
		}},
	}
	if len(s.events) != 1 || !reflect.DeepEqual(s.events[0], want) {
		t.Errorf("event %+v", s.events)
	}
	for _, quiet := range []string{
		strings.Replace(submission("null"), `"cancelled":false`, `"cancelled":true`, 1),
		strings.Replace(submission("{}"), "dialog_submission", "refresh", 1),
		strings.Replace(submission("{}"), "dialog_submission", "dialog_lookup", 1),
	} {
		if got := s.submit(quiet); strings.TrimSpace(got.Body.String()) != "{}" {
			t.Errorf("%s: %s", quiet, got.Body)
		}
	}
	if len(s.events) != 1 {
		t.Errorf("events %+v", s.events[1:])
	}
}

func TestSubmitFromOutside(t *testing.T) {
	s := newStage(t)
	got := s.submit(strings.Replace(submission("{}"), annaID, bartID, 1))
	if want := `{"error":"` + english.stranger + `"}`; strings.TrimSpace(got.Body.String()) != want || len(s.events) != 0 {
		t.Errorf("answer %s, events %v", got.Body, s.events)
	}
}

func TestSubmitProblems(t *testing.T) {
	s := newStage(t)
	s.reply = func(chat.Event) chat.Reply {
		return chat.Reply{Problems: map[string]string{"": "zo niet", "elementen": "te veel", "ziet": "leeg"}}
	}
	got := s.submit(submission(`{"elementen__list":"a,b"}`))
	if want := `{"error":"zo niet","errors":{"elementen__list":"te veel","ziet":"leeg"}}`; strings.TrimSpace(got.Body.String()) != want {
		t.Errorf("answer %s", got.Body)
	}
}

// The answer to a form goes where the command was given, five times at most;
// after that, or after half an hour, to the person directly.
func TestSubmitAnswer(t *testing.T) {
	s := newStage(t)
	now := monday
	s.now = func() time.Time { return now }
	form := &chat.Form{ID: "f1", Title: "Signaal", Submit: "Bewaar", Fields: []chat.Field{{Name: "ziet", Label: "Wat zie je?", Kind: chat.Lines}}}
	reply := chat.Reply{Form: form}
	s.reply = func(chat.Event) chat.Reply { return reply }
	s.command()
	reply = chat.Reply{Body: says("Bewaard, @all.")}
	for range 6 {
		s.submit(submission("{}"))
	}
	hooked, direct := s.server.bodies("POST /hooks/commands/"+hookID), s.server.bodies("POST /api/v4/posts")
	if len(hooked) != 5 || len(direct) != 1 {
		t.Fatalf("%d by hook and %d direct", len(hooked), len(direct))
	}
	if want := `{"response_type":"ephemeral","text":"Bewaard, @` + zeroWidth + `all.","skip_slack_parsing":true}`; hooked[0] != want {
		t.Errorf("by hook %s", hooked[0])
	}
	if !strings.Contains(direct[0], `"channel_id":"`+directID+`"`) || !strings.Contains(direct[0], "Bewaard, @"+zeroWidth+"all.") {
		t.Errorf("direct %s", direct[0])
	}

	reply = chat.Reply{Form: form}
	s.command()
	now = now.Add(31 * time.Minute)
	reply = chat.Reply{Body: says("Bewaard.")}
	s.submit(submission("{}"))
	if len(s.server.bodies("POST /hooks/commands/"+hookID)) != 5 || len(s.server.bodies("POST /api/v4/posts")) != 2 {
		t.Error("a hook was used after its time")
	}

	reply = chat.Reply{Form: form}
	s.command("response_url", "https://kwaad.example/steal?x=/hooks/commands/../../x")
	reply = chat.Reply{Body: says("Bewaard.")}
	s.submit(submission("{}"))
	if len(s.server.bodies("POST /api/v4/posts")) != 3 {
		t.Error("an odd address was not left alone")
	}
}

func TestNextForm(t *testing.T) {
	s := newStage(t)
	form := func(id string) *chat.Form {
		return &chat.Form{ID: id, Title: "Volgende", Submit: "Verder", Fields: []chat.Field{{Name: "doel", Label: "Doel", Kind: chat.Line}}}
	}
	s.reply = func(e chat.Event) chat.Reply {
		switch act := e.Act.(type) {
		case chat.Typed:
			return chat.Reply{Form: form("f1")}
		case chat.Submitted:
			if act.Form == "f1" {
				return chat.Reply{Form: form("f2")}
			}
		}
		return chat.Reply{Body: says("Klaar.")}
	}
	s.command()
	var got model.SubmitDialogResponse
	json.Unmarshal(s.submit(submission("{}")).Body.Bytes(), &got)
	if got.Type != "form" || got.Form == nil || got.Form.State != "f2" || got.IsValid() != nil {
		t.Errorf("answer %+v", got)
	}
	s.submit(strings.Replace(submission("{}"), `"f1"`, `"f2"`, 1))
	if n := len(s.server.bodies("POST /hooks/commands/" + hookID)); n != 1 {
		t.Errorf("%d answers at the command", n)
	}

	old := "10.5.0.10.5.0.abc.false"
	s.version.Store(&old)
	got = model.SubmitDialogResponse{}
	json.Unmarshal(s.submit(submission("{}")).Body.Bytes(), &got)
	if got.Form != nil || got.Error != dutch.noStep {
		t.Errorf("an older server got %+v", got)
	}
}

func TestDialog(t *testing.T) {
	three := []chat.Option{{Key: "zorg", Label: "Zorg"}, {Key: "kans", Label: "Kans"}, {Key: "succes", Label: "Succes"}}
	many := append(three, chat.Option{Key: "x", Label: "X"}, chat.Option{Key: "y", Label: "Y"})
	form := chat.Form{
		ID: "f1", Title: "Één heel lange titel voor een dialoog", Submit: "Bewaar", Intro: "Voor *K-014* @all\nen verder",
		Fields: []chat.Field{
			{Name: "casus", Label: "Casus", Kind: chat.Line, Value: []string{"K-014"}, Hint: strings.Repeat("é", 100)},
			{Name: "lang", Label: "Lang", Kind: chat.Line, Value: []string{strings.Repeat("x", 151)}},
			{Name: "ziet", Label: "Wat zie je?", Kind: chat.Lines, Optional: true, Value: []string{strings.Repeat("é", 1600)}},
			{Name: "kort", Label: "Kort", Kind: chat.Lines, Max: 200},
			{Name: "soort", Label: "Soort", Kind: chat.One, Options: three, Value: []string{"kans"}},
			{Name: "mag", Label: "Mag leeg", Kind: chat.One, Options: three, Optional: true, Value: []string{"weg"}},
			{Name: "veel", Label: "Veel", Kind: chat.One, Options: many},
			{Name: "elementen", Label: "Elementen", Kind: chat.Many, Options: many, Value: []string{"kans", "weg", "x"}, Hint: "hoogstens drie"},
		},
	}
	for _, recent := range []bool{true, false} {
		d, err := dialogOf(form, recent)
		if err != nil {
			t.Fatal(err)
		}
		type short struct {
			name, kind, value string
			max, options      int
			multi             bool
		}
		want := []short{
			{"casus", "text", "K-014", 150, 0, false},
			{"lang", "textarea", strings.Repeat("x", 151), 150, 0, false},
			{"ziet", "textarea", strings.Repeat("é", 1500), 3000, 0, false},
			{"kort", "textarea", "", 200, 0, false},
			{"soort", "radio", "kans", 0, 3, false},
			{"mag", "select", "", 0, 3, false},
			{"veel", "select", "", 0, 5, false},
			{"elementen", "select", "kans,x", 0, 5, true},
		}
		if !recent {
			want[7] = short{"elementen__list", "text", "kans,x", 3000, 0, false}
			if d.Elements[7].HelpText != "zorg, kans, succes, x, y" {
				t.Errorf("help %q", d.Elements[7].HelpText)
			}
		}
		for i, e := range d.Elements {
			if got := (short{e.Name, e.Type, e.Default, e.MaxLength, len(e.Options), e.MultiSelect}); got != want[i] {
				t.Errorf("recent %v: %+v, want %+v", recent, got, want[i])
			}
		}
		if d.Title != "Één heel lange titel v" {
			t.Errorf("title %q", d.Title)
		}
		if d.IntroductionText != `Voor \*K-014\* @`+zeroWidth+"all\nen verder" {
			t.Errorf("intro %q", d.IntroductionText)
		}
	}
}

// FuzzRequests holds that nothing gets through to the core without the secrets,
// and that nothing makes the adapter panic.
func FuzzRequests(f *testing.F) {
	set := settingsFor("http://127.0.0.1:1")
	f.Add("/mattermost/command", formType, "Token x", "command=%2Fsignaal&token=x", false)
	f.Add("/mattermost/action/", jsonType, "", pressBody(annaID, zwaanID), true)
	f.Add("/mattermost/dialog/", jsonType, "", submission(`{"a":[1,[2],{"b":null}]}`), true)
	f.Add("/mattermost/command", formType, "", "command=%2Fsignaal&user_id="+annaID+"&channel_id="+zwaanID+"&user_mentions=a&user_mentions_ids=", true)
	s := newStage(f)
	f.Fuzz(func(t *testing.T, path, contentType, authorization, body string, secrets bool) {
		if strings.ContainsAny(authorization+contentType, "\r\n\x00") {
			t.Skip()
		}
		if secrets {
			switch path {
			case actionPath:
				path += set.ActionSecret
			case dialogPath:
				path += set.DialogSecret
			case commandPath:
				token := set.CommandTokens["signaal"]
				authorization, body = "Token "+token, body+"&token="+token
			}
		}
		r := httptest.NewRequest(http.MethodPost, "/mattermost/", strings.NewReader(body))
		r.URL.Path = path
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Authorization", authorization)
		s.mu.Lock()
		s.events, s.server.calls = nil, nil
		s.log.Reset()
		s.mu.Unlock()
		w := httptest.NewRecorder()
		s.serve(w, r)
		if w.Code != 200 && w.Body.Len() != 0 {
			t.Errorf("%d with %q", w.Code, w.Body)
		}
		if len(s.events) > 0 && !secrets {
			t.Errorf("%s reached the core", path)
		}
		for _, e := range s.events {
			if !isID(e.User.ID) || e.Channel != "" && !isID(e.Channel) {
				t.Errorf("event %+v", e)
			}
		}
	})
}

func BenchmarkCommand(b *testing.B) {
	s := newStage(b)
	s.reply = func(chat.Event) chat.Reply { return chat.Reply{Body: says("Signaal 12 bewaard.")} }
	for b.Loop() {
		s.command()
		s.events = s.events[:0]
	}
}
