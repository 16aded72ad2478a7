package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kansbot/config"
	"kansbot/internal/chat"
	"kansbot/internal/kv"
	"kansbot/internal/outbox"
	"kansbot/internal/store"
	"kansbot/internal/team"
)

// boot runs an app, and gives its address and what stops it, as a signal would.
func boot(t *testing.T, rehearse bool, wires ...wiring) (a *app, address string, stop func() error) {
	t.Helper()
	c, err := config.Load("", []string{"KANSBOT_DATA=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	a, err = newApp(t.Context(), c, &clock{}, quiet(), wires...)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.run(ctx, listener, rehearse) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return errors.Join(<-ended, a.close())
	})
	t.Cleanup(func() { stop() })
	return a, "http://" + listener.Addr().String(), stop
}

func get(t *testing.T, address string) (int, string) {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func post(t *testing.T, address string, form url.Values) (int, string) {
	t.Helper()
	answer, err := http.PostForm(address, form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestPracticeRoomFromStartToRestart(t *testing.T) {
	a, address, _ := boot(t, false, wirePractice)
	seat := func(more ...string) url.Values {
		v := url.Values{"as": {"anna"}, "in": {exampleChannel}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	if err := a.outbox.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, page := get(t, address+"/")
	if !strings.Contains(page, "Kernteam De Zwaan") {
		t.Fatalf("the example is not there:\n%s", page)
	}
	checkExample(t, a)

	post(t, address+"/type", seat("line", "/kansoverleg plan elke 6 weken op dinsdag om 13:30"))
	next, found := a.nextDue(t.Context())
	if !found {
		t.Fatal("planned a meeting, and nothing is due")
	}
	before := a.clock.Now()
	if status, page := post(t, address+"/clock", seat("go", "next")); status != http.StatusOK {
		t.Fatalf("clock: %d %s", status, page)
	}
	if now := a.clock.Now(); now.Before(next) || now.After(next.Add(time.Minute)) {
		t.Errorf("due at %v, and it is %v", next, now)
	}

	if status, page := post(t, address+"/restart", seat()); status != http.StatusOK {
		t.Fatalf("restart: %d %s", status, page)
	}
	if now := a.clock.Now(); now.After(before.Add(time.Minute)) {
		t.Errorf("after the restart it is %v", now)
	}
	if at, found := a.nextDue(t.Context()); found && at.After(before.AddDate(0, 0, 2)) {
		t.Errorf("after the restart the meeting is still due at %v", at)
	}
	checkExample(t, a)
}

func checkExample(t *testing.T, a *app) {
	t.Helper()
	err := a.db.View(t.Context(), func(tx kv.Tx) error {
		k, found, err := store.At(tx, "practice", "", exampleChannel)
		if err != nil || !found {
			t.Fatalf("no kernteam: %v", err)
		}
		members, err := store.Members.All(tx, k.ID)
		if len(members) != len(people) {
			t.Errorf("%d members", len(members))
		}
		for _, m := range members {
			if m.Role == team.NoRole || m.Org == "" || !m.Here {
				t.Errorf("%s is not introduced: %+v", m.User, m)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRehearsal(t *testing.T) {
	a, address, _ := boot(t, true, wirePractice)
	ask := func(body string) (int, map[string]string) {
		answer, err := http.Post(address+"/rehearse/advance", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		got := map[string]string{}
		if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, got
	}
	before := a.clock.Now()
	status, got := ask(`{"by": "24h"}`)
	now, err := time.Parse(time.RFC3339, got["now"])
	if status != http.StatusOK || err != nil || now.Before(before.Add(24*time.Hour)) || now.After(before.Add(25*time.Hour)) {
		t.Errorf("%d %v", status, got)
	}
	for _, body := range []string{"", `{"by": "-1h"}`, `{"by": "99999h"}`, `{"by": 24}`, `{"for": "24h"}`, `{"by": "` + strings.Repeat("1", 2000) + `h"}`} {
		if status, got := ask(body); status != http.StatusBadRequest || got["error"] == "" {
			t.Errorf("%.40s: %d %v", body, status, got)
		}
	}
	if a.clock.Now().After(before.Add(25 * time.Hour)) {
		t.Error("the clock moved all the same")
	}

	for name, rehearse := range map[string]bool{"from elsewhere": true, "without rehearsal": false} {
		request := httptest.NewRequest(http.MethodPost, "/rehearse/advance", strings.NewReader(`{"by": "24h"}`))
		request.RemoteAddr = "192.0.2.1:4711"
		answer := httptest.NewRecorder()
		a.routes(rehearse).ServeHTTP(answer, request)
		if answer.Code < 400 {
			t.Errorf("%s: %d", name, answer.Code)
		}
	}
}

func TestHealthReadinessAndMetrics(t *testing.T) {
	a, address, _ := boot(t, false, wirePractice)
	for path, want := range map[string]string{"/healthz": `{"ok":true}`, "/readyz": `{"ok":true}`} {
		if status, body := get(t, address+path); status != http.StatusOK || strings.TrimSpace(body) != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	post(t, address+"/type", url.Values{"as": {"anna"}, "in": {exampleChannel}, "line": {"/kernteam"}})
	_, body := get(t, address+"/metrics")
	for _, want := range []string{
		`kansbot_event_seconds_count{act="typed",platform="practice"} 1`, "\nkansbot_outbox_waiting 0\n", "\n" + oldestMetric + " 0\n",
		"\nkansbot_outbox_buried 0\n", "\nkansbot_due_late_seconds 0\n", "\ngo_goroutines ", "\nprocess_open_fds ",
		`kansbot_outbox_attempts_total{outcome="delivered"}`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("metrics lack %q", want)
		}
	}
	if strings.Contains(body, "anna") || strings.Contains(body, "zwaan") {
		t.Error("metrics name somebody")
	}

	a.db.Close()
	a.ready.Lock()
	a.ready.at = time.Time{}
	a.ready.Unlock()
	if status, body := get(t, address+"/readyz"); status != http.StatusServiceUnavailable || strings.TrimSpace(body) != `{"ok":false,"failing":["store"]}` {
		t.Errorf("without a store: %d %s", status, body)
	}
	if status, _ := get(t, address+"/healthz"); status != http.StatusOK {
		t.Errorf("a process without a store does not live: %d", status)
	}
}

// pipe is a platform for a test of the order in which things stop.
type pipe struct {
	mu       sync.Mutex
	happened []string
	fails    error
}

func (p *pipe) note(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.happened = append(p.happened, what)
}

func (p *pipe) Name() string { return "pipe" }

func (p *pipe) Receive(ctx context.Context, _ chat.Handler) error {
	if p.fails != nil {
		return p.fails
	}
	<-ctx.Done()
	p.note("receive")
	return nil
}

func (p *pipe) Deliver(_ context.Context, d chat.Delivery) (chat.PostID, error) {
	p.note("deliver " + d.Key)
	return "1", nil
}

func (p *pipe) wire(routes func(a *app, mux *http.ServeMux)) func(context.Context, *app) (wired, error) {
	return func(_ context.Context, a *app) (wired, error) {
		return wired{
			Platform: p,
			routes:   func(mux *http.ServeMux) { routes(a, mux) },
			state:    func() state { return state{apart: 1, foreign: 2, lost: 3, refused: time.Unix(1795424400, 0)} },
			begin:    func(context.Context) error { return nil },
		}, nil
	}
}

func TestStoppingFinishesWhatWasBegun(t *testing.T) {
	p := &pipe{}
	arrived, goOn := make(chan struct{}), make(chan struct{})
	_, address, stop := boot(t, false, p.wire(func(a *app, mux *http.ServeMux) {
		mux.HandleFunc("POST /slow", func(w http.ResponseWriter, r *http.Request) {
			close(arrived)
			<-goOn
			err := a.db.Update(r.Context(), func(tx kv.Tx) error {
				return outbox.Put(tx, chat.Post{Key: "late", To: chat.To{Platform: "pipe", Channel: "c"}})
			})
			if err != nil {
				t.Error(err)
			}
			a.wake()
			p.note("request")
		})
	}))
	if status, body := get(t, address+"/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, `["pipe"]`) {
		t.Errorf("not connected: %d %s", status, body)
	}
	answered := make(chan int, 1)
	go func() {
		answer, err := http.Post(address+"/slow", "text/plain", nil)
		if err != nil {
			t.Error(err)
			answered <- 0
			return
		}
		answer.Body.Close()
		answered <- answer.StatusCode
	}()
	<-arrived
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for { // until the server takes no more
		answer, err := http.Get(address + "/healthz")
		if err != nil {
			break
		}
		answer.Body.Close()
	}
	close(goOn)
	if status := <-answered; status != http.StatusOK {
		t.Errorf("the request under way got %d", status)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	order := strings.Join(p.happened, ", ")
	if !strings.HasPrefix(order, "request, ") || !strings.Contains(order, "receive") || strings.Count(order, "deliver late") > 1 {
		t.Errorf("happened: %s", order)
	}
}

func TestAPlatformThatCannotWorkStopsTheRest(t *testing.T) {
	p := &pipe{fails: errors.New("wrong token")}
	c, err := config.Load("", []string{"KANSBOT_DATA=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	a, err := newApp(t.Context(), c, &clock{}, quiet(), p.wire(func(*app, *http.ServeMux) {}))
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.run(t.Context(), listener, false); !errors.Is(err, p.fails) {
		t.Errorf("got %v", err)
	}
	if _, err := net.Dial("tcp", listener.Addr().String()); err == nil {
		t.Error("still listening")
	}
}

func TestTemporaryStoreIsRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	c, err := config.Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := newApp(t.Context(), c, &clock{}, quiet(), wirePractice)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(a.temp, "kansbot.db")); err != nil {
		t.Error(err)
	}
	if err := a.close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// shell runs the program as a shell would.
func shell(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("lisen: x\nlog: luid\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args           []string
		code           int
		stdout, stderr string // a part of it; empty for nothing
	}{
		{[]string{"--help"}, 0, "Opdrachten:\n  serve", ""},
		{[]string{"serve", "--help"}, 0, "--rehearse-from=MOMENT", ""},
		{[]string{"setup", "mattermost", "--help"}, 0, "--admin-token-file=BESTAND", ""},
		{[]string{"version"}, 0, "kansbot ", ""},
		{[]string{"dans"}, 2, "", "kansbot --help"},
		{[]string{"serve", "--rehearse-from=morgen"}, 2, "", "rehearse-from"},
		{[]string{"check", "--config", bad}, 1, "", bad + ":1: lisen: onbekende instelling; bedoel je listen?\n" + bad + ":2: log: kies debug, info of warn\n"},
		{[]string{"serve", "--config", bad}, 1, "", bad + ":1: lisen"},
		{[]string{"setup", "mattermost", "--config", filepath.Join(dir, "new.yaml"), "--admin-token-file", bad}, 1, "", "geef --url mee"},
		{[]string{"setup", "mattermost", "--config", filepath.Join(dir, "new.yaml"), "--admin-token-file", bad, "--url=http://127.0.0.1:1", "--team=zuid", "--public-url=http://127.0.0.1:2"},
			1, "", "één regel met het token"},
		{[]string{"setup", "mattermost", "--admin-token-file", bad, "--public-url=https://swv.example/kansbot"}, 2, "", "public-url: zet niets achter de naam van de server"},
		{[]string{"setup", "slack", "--public-url=swv.example"}, 2, "", "public-url: schrijf een volledig adres"},
	} {
		code, stdout, stderr := shell(test.args...)
		if code != test.code || !part(stdout, test.stdout) || !part(stderr, test.stderr) {
			t.Errorf("%v: %d\n%s\n%s", test.args, code, stdout, stderr)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
	t.Setenv("KANSBOT_LISTEN", "0.0.0.0:8080")
	if code, _, stderr := shell("serve"); code != 1 || !strings.Contains(stderr, "oefenruimte is er alleen voor deze machine") {
		t.Errorf("practice room for everybody: %d %s", code, stderr)
	}
}

func part(text, wanted string) bool {
	return wanted == "" && text == "" || wanted != "" && strings.Contains(text, wanted)
}

// What only the Kansbot that runs can know, the check-up hears from it.
func TestCheckAsksTheOneThatRuns(t *testing.T) {
	a, address, _ := boot(t, false, (&pipe{}).wire(func(*app, *http.ServeMux) {}))
	t.Setenv("KANSBOT_DATA", a.config.Data)
	t.Setenv("KANSBOT_LISTEN", strings.TrimPrefix(address, "http://"))
	code, stdout, _ := shell("check")
	for _, line := range []string{"FOUT  gegevens: Kansbot draait, maar niet goed: pipe", "FOUT  pipe, vreemde verbindingen: 2;", "FOUT  pipe, kanalen kwijt: 3 ", "FOUT  pipe, handtekening: klopte niet van het laatste verzoek, 2026-11-23 "} {
		if code != 1 || !strings.Contains(stdout, line) {
			t.Errorf("no %q in %d\n%s", line, code, stdout)
		}
	}
	if _, body := get(t, address+"/metrics"); !strings.Contains(body, `kansbot_workspaces{connected="no",platform="pipe"} 1`) {
		t.Error(body)
	}
}

func TestCheckAndHealth(t *testing.T) {
	a, address, stop := boot(t, false, wirePractice)
	t.Setenv("KANSBOT_DATA", a.config.Data)
	t.Setenv("KANSBOT_LISTEN", strings.TrimPrefix(address, "http://"))
	if code, _, stderr := shell("health"); code != 0 {
		t.Errorf("health: %s", stderr)
	}
	code, stdout, _ := shell("check")
	if code != 0 || !strings.Contains(stdout, "ok    gegevens: Kansbot draait, en schrijft\nok    uitgaande berichten: niets wacht lang\n") {
		t.Errorf("while it runs: %d\n%s", code, stdout)
	}
	if err := a.outbox.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := shell("health"); code != 1 {
		t.Error("health of nothing is fine")
	}
	code, stdout, _ = shell("check")
	if code != 0 || !strings.Contains(stdout, "(Kansbot draait nu niet)\nok    uitgaande berichten: 0 wachten") {
		t.Errorf("while it does not run: %d\n%s", code, stdout)
	}

	t.Setenv("KANSBOT_DATA", filepath.Join(t.TempDir(), "new"))
	if code, stdout, _ = shell("check"); code != 0 || !strings.Contains(stdout, "ok    gegevens: nog leeg") {
		t.Errorf("before the first start: %d\n%s", code, stdout)
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "kansbot.db"), []byte("geen gegevens"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KANSBOT_DATA", broken)
	if code, stdout, stderr := shell("check"); code != 1 || !strings.Contains(stdout, "FOUT  gegevens: ") || !strings.Contains(stderr, "niet alles klopt") {
		t.Errorf("with a broken store: %d\n%s%s", code, stdout, stderr)
	}
}
