package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"kansbot/adapters/mattermost/mmtest"
)

// operator runs Kansbot as an administrator does, as a program with a file of
// settings, beside a real server with people on it. Now and then the program
// is killed. Its clock is a rehearsal's, which goes on after each start.
type operator struct {
	mattermostPlay
	t       *testing.T
	rand    *rand.Rand
	dir     string
	program string
	config  string
	url     string // of the bot

	log     *lockedBuffer // of this life
	process *exec.Cmd
	ended   chan struct{}
	kills   int
	reached time.Time // what the rehearsal's clock said
	since   time.Time // when that was
}

// newOperator builds the program, and gives it a team with a channel of all of
// cast but the last, who stays outside.
func newOperator(t *testing.T, seed uint64, from string, cast ...string) *operator {
	o := &operator{t: t, rand: rand.New(rand.NewPCG(seed, seed)), dir: t.TempDir(), since: time.Now()}
	o.server, o.users = mmtest.Start(t), map[string]*mmtest.User{}
	team := o.server.NewTeam(t, "acceptance")
	var members []string
	for i, name := range cast {
		u := o.server.NewUser(t, team, name)
		o.users[name] = u
		if i < len(cast)-1 {
			members = append(members, u.ID)
		}
	}
	o.room = o.server.NewChannel(t, team, "kernteam", true, members...)
	o.at = freeAddress(t)
	o.url, o.config, o.program = "http://"+o.at, filepath.Join(o.dir, "kansbot.yaml"), filepath.Join(o.dir, "kansbot")
	o.reached = o.moment(from)
	if out, err := exec.Command("go", "build", "-o", o.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}

	tokenFile := filepath.Join(o.dir, "admin")
	if err := os.WriteFile(tokenFile, []byte(o.server.AdminToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	setup := []string{"setup", "mattermost", "--config", o.config, "--admin-token-file", tokenFile,
		"--url", o.server.URL, "--team", team.Name, "--channel", o.room.Name, "--public-url", o.url}
	o.shell(0, "Geschreven: "+o.config, setup...)
	before := o.files()
	o.shell(0, "Alles stond al goed", setup...)
	if after := o.files(); after != before {
		t.Errorf("the second setup changed\n%s\ninto\n%s", before, after)
	}
	account, _, err := o.server.Admin.GetUserByUsername(t.Context(), "kansbot", "")
	if err != nil {
		t.Fatal(err)
	}
	o.bot = account.Id
	t.Cleanup(func() {
		if o.process != nil {
			o.kill()
		}
		if t.Failed() {
			t.Logf("the bot logged last:\n%s", o.log)
			if posts, err := o.channel(); err == nil {
				t.Logf("the channel:\n%s", all(posts))
			}
		}
	})
	return o
}

// files is the configuration, secrets included.
func (o *operator) files() string {
	var b strings.Builder
	for _, name := range []string{"kansbot.yaml", "kansbot.secrets.yaml"} {
		content, err := os.ReadFile(filepath.Join(o.dir, name))
		if err != nil {
			o.t.Fatal(err)
		}
		b.Write(content)
	}
	return b.String()
}

func (o *operator) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, o.program, args...)
	c.Env = append(os.Environ(), "KANSBOT_LISTEN="+o.at, "KANSBOT_DATA="+filepath.Join(o.dir, "data"))
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}

// shell runs the program to its end, which must have that exit code and print
// that; env goes before the arguments.
func (o *operator) shell(code int, prints string, args ...string) (printed string) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), time.Minute)
	defer cancel()
	var env []string
	for strings.HasPrefix(args[0], "KANSBOT_") {
		env, args = append(env, args[0]), args[1:]
	}
	c := o.command(ctx, args...)
	c.Env = append(c.Env, env...)
	out, err := c.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		o.t.Fatal(err)
	}
	if got := c.ProcessState.ExitCode(); got != code || !strings.Contains(string(out), prints) {
		o.t.Fatalf("%v: exit %d, want %d and %q in\n%s", args, got, code, prints, out)
	}
	return string(out)
}

// moment reads a time on the wall in Amsterdam.
func (o *operator) moment(local string) time.Time {
	at, err := time.ParseInLocation("2006-01-02T15:04", local, amsterdam)
	if err != nil {
		o.t.Fatal(err)
	}
	return at
}

func (o *operator) now() time.Time { return o.reached.Add(time.Since(o.since)) }

// serve starts the bot where its clock was, and returns when it hears the
// server.
func (o *operator) serve() {
	o.t.Helper()
	o.log = &lockedBuffer{}
	o.process = o.command(context.Background(), "serve", "--config", o.config, "--rehearse-from", o.now().Format(time.RFC3339Nano))
	o.process.Stdout, o.process.Stderr = o.log, o.log
	if err := o.process.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.ended = make(chan struct{})
	go func(process *exec.Cmd, ended chan struct{}) {
		process.Wait()
		close(ended)
	}(o.process, o.ended)
	o.await("the bot to connect", func() bool { return strings.Contains(o.log.String(), "msg=connected") })
}

// kill gives the bot no time for anything.
func (o *operator) kill() {
	o.kills++
	o.process.Process.Kill()
	<-o.ended
}

// stop asks the bot to end, and wants it to do so well.
func (o *operator) stop() {
	o.t.Helper()
	if err := o.process.Process.Signal(syscall.SIGTERM); err != nil {
		o.t.Fatal(err)
	}
	<-o.ended
	if code := o.process.ProcessState.ExitCode(); code != 0 {
		o.t.Errorf("stopped with exit code %d", code)
	}
}

// await asks again and again until so, or until patience has run out.
func (o *operator) await(what string, so func() bool) {
	o.t.Helper()
	for deadline := time.Now().Add(patience); !so(); time.Sleep(15 * time.Millisecond) {
		if time.Now().After(deadline) {
			o.t.Fatalf("waited for %s", what)
		}
	}
}

// underFire runs do, during which the bot may be killed. It reports whether
// that may be why do failed.
func (o *operator) underFire(do func() error) (shot bool, err error) {
	if o.rand.IntN(2) == 0 {
		return false, do()
	}
	o.kills++
	time.AfterFunc(time.Duration(o.rand.Int64N(int64(60*time.Millisecond))), func() { o.process.Process.Kill() })
	err = do()
	<-o.ended
	o.serve()
	return true, err
}

// does has somebody do something. What fails because the bot was killed is done
// again, unless it turns out to be done. What the bot said yes to, never.
func (o *operator) does(what string, do func() error, done func() bool) {
	o.t.Helper()
	before := o.rand.IntN(4) == 0
	if before {
		o.kill()
		o.serve()
	}
	during, err := o.underFire(do)
	if err == nil || (before || during) && done() {
		return
	}
	if before || during {
		err = do()
	}
	if err != nil {
		o.t.Fatalf("%s: %v", what, err)
	}
}

// says types a line in the channel, and gives the answer that only they see.
func (o *operator) says(user, line string) (answer string, err error) {
	response, err := o.users[user].Command(o.room.Id, "", o.handles(line))
	if err != nil {
		return "", err
	}
	return o.readable(response.Text), nil
}

// enters is does for a line that must be answered with that.
func (o *operator) enters(user, line, answer string, done func() bool) {
	o.t.Helper()
	o.does(user+" types "+line, func() error {
		got, err := o.says(user, line)
		if err == nil && !words(got, answer) {
			err = fmt.Errorf("answered with %q, want %q", got, answer)
		}
		return err
	}, done)
}

// reads asks for something that changes nothing, until it is answered.
func (o *operator) reads(user, line string) (answer string) {
	o.t.Helper()
	o.await("an answer to "+line, func() bool {
		var err error
		answer, err = o.says(user, line)
		return err == nil
	})
	return answer
}

// fills has somebody open the form with that title and send it in. The form
// outlives the bot.
func (o *operator) fills(user, title string, open func() error, values map[string]any, done func() bool) {
	o.t.Helper()
	var dialog *model.OpenDialogRequest
	o.does(user+" fills in "+title, func() (err error) {
		if dialog == nil {
			if err := open(); err != nil {
				return err
			}
		}
		for dialog == nil || dialog.Dialog.Title != title {
			if dialog, err = o.users[user].WaitDialog(patience); err != nil {
				return err
			}
		}
		response, err := o.users[user].Submit(dialog, values)
		if err == nil && (response.Error != "" || len(response.Errors) > 0) {
			err = fmt.Errorf("%s %v", response.Error, response.Errors)
		}
		return err
	}, done)
}

// clicks is does for a button in the channel. Until the bot has heard that a
// post is there, its buttons do nothing.
func (o *operator) clicks(user, post, button string, done func() bool) {
	o.t.Helper()
	o.does(user+" presses "+button, func() error { return o.presses(user, post, button) }, done)
}

// presses is the play's, once the bot has nothing left to post.
func (o *operator) presses(user, post, button string) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(15 * time.Millisecond) {
		answer, err := http.Get(o.url + "/metrics")
		if err != nil {
			return err
		}
		metrics, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			return err
		}
		if bytes.Contains(metrics, []byte("\nkansbot_outbox_waiting 0\n")) {
			return o.mattermostPlay.presses(user, post, button)
		}
		if time.Now().After(deadline) {
			return errors.New("posts are still waiting")
		}
	}
}

// has reports whether the channel shows these texts, in this order.
func (o *operator) has(texts ...string) bool {
	posts, err := o.channel()
	return err == nil && words(all(posts), texts...)
}

// shows waits until the channel does.
func (o *operator) shows(texts ...string) {
	o.t.Helper()
	o.await(fmt.Sprintf("the channel to show %q", texts), func() bool { return o.has(texts...) })
}

// until puts the clock forward. A step of a minute may be cut short, and is
// then taken again from where it began.
func (o *operator) until(local string) {
	o.t.Helper()
	target := o.moment(local)
	advance := func() error { return o.advance(max(0, target.Sub(o.now()))) }
	if target.Sub(o.now()) > time.Minute {
		if err := advance(); err != nil {
			o.t.Fatal(err)
		}
		return
	}
	if shot, err := o.underFire(advance); shot && err != nil {
		err = advance()
		if err != nil {
			o.t.Fatal(err)
		}
	} else if err != nil {
		o.t.Fatal(err)
	}
}

func (o *operator) advance(by time.Duration) error {
	body, err := json.Marshal(map[string]string{"by": by.String()})
	if err != nil {
		return err
	}
	answer, err := http.Post(o.url+"/rehearse/advance", "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var got struct{ Now time.Time }
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("advance by %v: %s", by, answer.Status)
	}
	o.reached, o.since = got.Now.In(amsterdam), time.Now()
	return nil
}
