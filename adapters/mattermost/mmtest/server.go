// Package mmtest gives tests a real Mattermost server, and people on it: users who type commands,
// fill in dialogs and press buttons as the Mattermost clients do, over the same API and WebSocket.
//
// Start starts one server and one PostgreSQL cluster per test process, at the first call. There is
// nothing to stop: both end, and their folders disappear, when the process ends in whatever way.
//
// The server works in real time, so what waits here waits for an event or an answer, with a deadline
// that only a failing test reaches.
package mmtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

// A Server is a running Mattermost server, Team Edition without a licence. Integrations on this
// machine's loopback addresses are allowed, bot accounts and access tokens are switched on, rate
// limiting is off.
type Server struct {
	URL        string
	Admin      *model.Client4 // a system administrator
	AdminToken string

	program *child
}

// missing names what this machine lacks to run the server.
type missing string

func (m missing) Error() string {
	return "no Mattermost server to test with: " + string(m) + " is missing; `make prepare` supplies it"
}

var start = sync.OnceValues(startServer)

// Start returns the server of this test process. Where a part of it is missing the test is skipped,
// except with CI=true in the environment: there it fails.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s, err := start()
	if lack := missing(""); errors.As(err, &lack) && os.Getenv("CI") != "true" {
		tb.Skip(lack)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Log(s.program.tail())
		}
	})
	return s
}

func startServer() (*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()

	installed, err := installedServer()
	if err != nil {
		return nil, err
	}
	source, err := startPostgres(ctx)
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kansbot-mm-")
	if err != nil {
		return nil, err
	}
	for _, part := range []string{"i18n", "templates", "fonts"} {
		if err := os.Symlink(filepath.Join(installed, part), filepath.Join(dir, part)); err != nil {
			return nil, err
		}
	}
	s := &Server{URL: "http://" + address}
	s.Admin = model.NewAPIv4Client(s.URL)
	s.program, err = startChild(dir, "KILL", nil, settings(dir, s.URL, address, source), filepath.Join(installed, "mattermost"))
	if err != nil {
		return nil, err
	}
	err = s.program.await(ctx, func() error {
		_, _, err := s.Admin.GetPing(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, s.createAdmin(ctx)
}

// settings is the environment of the server: its configuration, and nothing of ours.
func settings(dir, siteURL, address, source string) []string {
	return []string{
		"PATH=/usr/bin:/bin", // of the shell that keeps it
		"HOME=" + dir,
		"MM_CONFIG=" + filepath.Join(dir, "config.json"),
		"MM_SQLSETTINGS_DRIVERNAME=postgres",
		"MM_SQLSETTINGS_DATASOURCE=" + source,
		"MM_SQLSETTINGS_MAXOPENCONNS=20",
		"MM_FILESETTINGS_DIRECTORY=" + filepath.Join(dir, "data"),
		"MM_LOGSETTINGS_ENABLEFILE=false",
		"MM_LOGSETTINGS_CONSOLELEVEL=WARN",
		"MM_LOGSETTINGS_CONSOLEJSON=false",

		"MM_SERVICESETTINGS_SITEURL=" + siteURL,
		"MM_SERVICESETTINGS_LISTENADDRESS=" + address,
		"MM_SERVICESETTINGS_ALLOWEDUNTRUSTEDINTERNALCONNECTIONS=127.0.0.1 localhost",
		"MM_SERVICESETTINGS_ENABLEBOTACCOUNTCREATION=true",
		"MM_SERVICESETTINGS_ENABLEUSERACCESSTOKENS=true",
		"MM_SERVICESETTINGS_ENABLELOCALMODE=false",
		"MM_TEAMSETTINGS_ENABLEOPENSERVER=true",
		"MM_TEAMSETTINGS_MAXUSERSPERTEAM=1000",

		// Nothing that looks outside or works on its own.
		"MM_LOGSETTINGS_ENABLEDIAGNOSTICS=false",
		"MM_SERVICESETTINGS_ENABLESECURITYFIXALERT=false",
		"MM_SERVICESETTINGS_ENABLELINKPREVIEWS=false",
		"MM_ANNOUNCEMENTSETTINGS_ADMINNOTICESENABLED=false",
		"MM_ANNOUNCEMENTSETTINGS_USERNOTICESENABLED=false",
		"MM_EMAILSETTINGS_SENDEMAILNOTIFICATIONS=false",
		"MM_EMAILSETTINGS_SENDPUSHNOTIFICATIONS=false",
		"MM_PLUGINSETTINGS_ENABLE=false",
		"MM_JOBSETTINGS_RUNJOBS=false",
		"MM_JOBSETTINGS_RUNSCHEDULER=false",
	}
}

// createAdmin makes the first user, who is the system administrator of a new server.
func (s *Server) createAdmin(ctx context.Context) error {
	admin := &model.User{Username: "beheerder", Email: "beheerder@example.com", Password: model.NewId()}
	if _, _, err := s.Admin.CreateUser(ctx, admin); err != nil {
		return fmt.Errorf("create the administrator: %w", err)
	}
	if _, _, err := s.Admin.Login(ctx, admin.Username, admin.Password); err != nil {
		return fmt.Errorf("log in the administrator: %w", err)
	}
	s.AdminToken = s.Admin.AuthToken
	return nil
}

// installedServer asks the script that builds the server where it puts it.
func installedServer() (dir string, err error) {
	const script = "adapters/mattermost/testserver/build"
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for !exists(filepath.Join(folder, script)) {
		if folder == filepath.Dir(folder) {
			return "", missing(script)
		}
		folder = filepath.Dir(folder)
	}
	out, err := exec.Command(filepath.Join(folder, script), "where").Output()
	if err != nil {
		return "", fmt.Errorf("%s where: %w", script, err)
	}
	dir = strings.TrimSpace(string(out))
	if !exists(filepath.Join(dir, "mattermost")) || !exists(filepath.Join(dir, "i18n")) {
		return "", missing("the built server in " + dir)
	}
	return dir, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// freeAddress returns a loopback address that nobody listened on a moment ago. The server has to know
// its own URL before it listens, so the port can't be left to it; it is not one that another test gets
// by chance meanwhile.
func freeAddress() (string, error) {
	for range 100 {
		address := fmt.Sprint("127.0.0.1:", 10_000+rand.IntN(10_000))
		if l, err := net.Listen("tcp", address); err == nil {
			return address, l.Close()
		}
	}
	return "", errors.New("no free port")
}
