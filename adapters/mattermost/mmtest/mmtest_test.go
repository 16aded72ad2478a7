package mmtest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

const limit = 20 * time.Second

// An integration answers a command with an ephemeral line and a dialog, a submitted dialog with an
// error or a press of a button with a changed post.
func integration(t *testing.T, bot *Bot, submitted chan<- model.SubmitDialogRequest) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /command", func(w http.ResponseWriter, r *http.Request) {
		_, err := bot.Client.OpenInteractiveDialog(r.Context(), model.OpenDialogRequest{
			TriggerId: r.PostFormValue("trigger_id"),
			URL:       "http://" + r.Host + "/dialog",
			Dialog: model.Dialog{CallbackId: "signaal", State: "st8", Title: "Signaal", Elements: []model.DialogElement{
				{Name: "code", DisplayName: "Casus", Type: "text"},
				{Name: "kind", DisplayName: "Soort", Type: "select", Default: "zorg", Options: []*model.PostActionOptions{
					{Text: "Zorg", Value: "zorg"}, {Text: "Kans", Value: "kans"},
				}},
			}},
		})
		if err != nil {
			t.Errorf("open dialog: %v", err)
		}
		reply(w, model.CommandResponse{Text: r.PostFormValue("user_name") + ": " + r.PostFormValue("text")})
	})
	mux.HandleFunc("POST /dialog", func(w http.ResponseWriter, r *http.Request) {
		var request model.SubmitDialogRequest
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Errorf("dialog submission: %v", err)
		}
		submitted <- request
		reply(w, model.SubmitDialogResponse{Errors: map[string]string{"code": "bestaat al"}})
	})
	mux.HandleFunc("POST /press", func(w http.ResponseWriter, r *http.Request) {
		var request model.PostActionIntegrationRequest
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Errorf("press: %v", err)
		}
		reply(w, model.PostActionIntegrationResponse{Update: &model.Post{Message: "klaar, zegt " + request.UserName}})
	})
	return mux
}

func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(body)
}

func TestPeopleAtARealServer(t *testing.T) {
	s := Start(t)
	ctx := context.Background()
	team := s.NewTeam(t, "kernteams")
	anna, bart := s.NewUser(t, team, "anna"), s.NewUser(t, team, "bart")
	bot := s.NewBot(t, team, "kansbot")
	channel := s.NewChannel(t, team, "zwaan", true, anna.ID, bart.ID, bot.ID)

	submitted := make(chan model.SubmitDialogRequest, 1)
	endpoint := httptest.NewServer(integration(t, bot, submitted))
	defer endpoint.Close()
	_, _, err := s.Admin.CreateCommand(ctx, &model.Command{
		TeamId: team.Id, Trigger: "signaal", Method: model.CommandMethodPost, URL: endpoint.URL + "/command",
	})
	if err != nil {
		t.Fatal(err)
	}

	root, _, err := bot.Client.CreatePost(ctx, &model.Post{ChannelId: channel.Id, Message: "Kans!overleg"})
	if err != nil {
		t.Fatal(err)
	}
	action := &model.Post{ChannelId: channel.Id, RootId: root.Id, Message: "bellen"}
	action.AddProp(model.PostPropsAttachments, []*model.MessageAttachment{{Actions: []*model.PostAction{{
		Id: "done", Type: model.PostActionTypeButton, Name: "klaar",
		Integration: &model.PostActionIntegration{URL: endpoint.URL + "/press"},
	}}}})
	if action, _, err = bot.Client.CreatePost(ctx, action); err != nil {
		t.Fatal(err)
	}
	if _, _, err = bot.Client.CreatePost(ctx, &model.Post{ChannelId: channel.Id, Message: "tot dan"}); err != nil {
		t.Fatal(err)
	}

	// The command, in the thread, and both of its answers.
	response, err := anna.Command(channel.Id, root.Id, "/signaal K-014  leert graag")
	if err != nil {
		t.Fatal(err)
	}
	want := anna.Username + ": K-014  leert graag"
	if response.Text != want {
		t.Errorf("command response %q, want %q", response.Text, want)
	}
	whisper, err := anna.WaitEphemeral(limit)
	if err != nil {
		t.Fatal(err)
	}
	if whisper.Message != want || whisper.RootId != root.Id {
		t.Errorf("ephemeral %q under %q, want %q under %q", whisper.Message, whisper.RootId, want, root.Id)
	}
	dialog, err := anna.WaitDialog(limit)
	if err != nil {
		t.Fatal(err)
	}

	// The dialog, filled in.
	answer, err := anna.Submit(dialog, map[string]any{"code": "K-014"})
	if err != nil {
		t.Fatal(err)
	}
	if got := answer.Errors["code"]; got != "bestaat al" {
		t.Errorf("error at the field: %q", got)
	}
	got := <-submitted
	if got.UserId != anna.ID || got.ChannelId != channel.Id || got.State != "st8" ||
		!reflect.DeepEqual(got.Submission, map[string]any{"code": "K-014", "kind": "zorg"}) {
		t.Errorf("submitted %+v", got)
	}

	// The button, pressed by the other one, and what everyone sees of it.
	if err := bart.Press(action.Id, "uitstel"); err == nil {
		t.Error("pressed a button that is not there")
	}
	if err := bart.Press(action.Id, "klaar"); err != nil {
		t.Fatal(err)
	}
	done := "klaar, zegt " + bart.Username
	if _, err := anna.WaitPost(limit, func(p *model.Post) bool { return p.Id == action.Id && p.Message == done }); err != nil {
		t.Error(err)
	}
	var lines []string
	posts, err := s.Posts(channel.Id)
	if err != nil {
		t.Fatal(err)
	}
	for _, post := range posts {
		lines = append(lines, post.Message)
	}
	if want := []string{"Kans!overleg", done, "tot dan"}; !reflect.DeepEqual(lines, want) {
		t.Errorf("channel shows %q, want %q", lines, want)
	}

	// The other side of the bot's door.
	direct, err := bart.DM(bot.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bart.Command(direct, "", "/signaal"); err != nil {
		t.Error(err)
	}
	stranger := s.NewUser(t, team, "carla")
	if _, err := stranger.Command(channel.Id, "", "/signaal"); err == nil {
		t.Error("a command from outside the channel went through")
	}
}

func TestFill(t *testing.T) {
	fields := []model.DialogElement{
		{Name: "text", Type: "text"},
		{Name: "note", Type: "textarea", Optional: true},
		{Name: "minutes", Type: "text", SubType: "number", Default: "5"},
		{Name: "soon", Type: "bool"},
		{Name: "kind", Type: "radio", Default: "a", Options: []*model.PostActionOptions{{Value: "a"}, {Value: "b"}}},
		{Name: "who", Type: "select", DataSource: "users", Optional: true},
		{Name: "elements", Type: "select", MultiSelect: true, Optional: true},
	}
	type values = map[string]any
	for name, test := range map[string]struct {
		values, want values
		err          string
	}{
		"defaults":  {values: values{"text": "x"}, want: values{"text": "x", "minutes": 5.0, "soon": false, "kind": "a"}},
		"all given": {values: values{"text": "x", "note": "y", "minutes": "7", "soon": "true", "kind": "b", "who": "u1", "elements": []string{"e1", "e2"}}, want: values{"text": "x", "note": "y", "minutes": 7.0, "soon": true, "kind": "b", "who": "u1", "elements": []string{"e1", "e2"}}},
		"required":  {values: values{}, err: "field text is required"},
		"emptied":   {values: values{"text": "x", "minutes": ""}, err: "field minutes is required"},
		"no option": {values: values{"text": "x", "kind": "c"}, err: `field kind: "c" is not one of a, b`},
		"no number": {values: values{"text": "x", "minutes": "veel"}, err: "field minutes: "},
		"no field":  {values: values{"text": "x", "tekst": "y"}, err: "there is no field tekst"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := fill(fields, test.values)
			if test.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), test.err) {
					t.Fatalf("error %v, want %s", err, test.err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, %v; want %v", got, err, test.want)
			}
		})
	}
}

// A program must not outlive the process that started it, however that one dies.
func TestChildEndsWithItsProcess(t *testing.T) {
	const variable = "MMTEST_CHILD_IN"
	if dir := os.Getenv(variable); dir != "" {
		if _, err := startChild(dir, "TERM", nil, os.Environ(), "sh", "-c", "echo up; exec sleep 600"); err != nil {
			t.Fatal(err)
		}
		os.Stdin.Read(make([]byte, 1)) // never comes: this process is killed
	}
	dir := filepath.Join(t.TempDir(), "child")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(os.Args[0], "-test.run", "^TestChildEndsWithItsProcess$")
	parent.Env = append(os.Environ(), variable+"="+dir)
	input, err := parent.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	// The log tells that the program runs; its folder is removed after it has ended.
	eventually(t, func() bool {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return string(log) == "up\n"
	})
	if err := parent.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	parent.Wait()
	eventually(t, func() bool { return !exists(dir) })
}

func TestChildTellsWhyItEnded(t *testing.T) {
	dir := t.TempDir()
	c, err := startChild(dir, "TERM", nil, os.Environ(), "sh", "-c", "echo geen zin; exit 1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	err = c.await(ctx, func() error { return io.EOF })
	if err == nil || !strings.Contains(err.Error(), "geen zin") {
		t.Errorf("got %v", err)
	}
	eventually(t, func() bool { return !exists(dir) })
}

// eventually asks again and again until the answer is yes.
func eventually(t *testing.T, yes func() bool) {
	t.Helper()
	deadline, tick := time.After(limit), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it never happened")
		}
	}
}
