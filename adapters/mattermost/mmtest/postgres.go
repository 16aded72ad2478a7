package mmtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// startPostgres starts a PostgreSQL cluster of this process alone and returns the data source of its
// empty database. It is reached by a Unix socket in its own folder, so it takes no port, and it
// forgets durability: a test's data need not survive anything.
func startPostgres(ctx context.Context) (source string, err error) {
	bin, err := postgresBin()
	if err != nil {
		return "", err
	}
	owner, err := postgresUser()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "kansbot-pg-")
	if err != nil {
		return "", err
	}
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return "", err
		}
	}
	data := filepath.Join(dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"),
		"-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	initdb.Dir, initdb.Env = dir, []string{"PATH=" + bin}
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
	if out, err := initdb.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return "", fmt.Errorf("initdb: %w\n%s", err, out)
	}
	server, err := startChild(dir, "QUIT", owner, []string{"PATH=" + bin + ":/usr/bin:/bin"},
		filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	if err != nil {
		os.RemoveAll(dir)
		return "", err
	}
	err = server.await(ctx, func() error {
		return exec.CommandContext(ctx, filepath.Join(bin, "pg_isready"), "-q", "-h", dir).Run()
	})
	return "postgres://postgres@/postgres?sslmode=disable&host=" + url.QueryEscape(dir), err
}

// postgresBin finds the folder of PostgreSQL's programs: Debian keeps those of a server off the PATH.
func postgresBin() (string, error) {
	if debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(debian) > 0 {
		return filepath.Dir(debian[len(debian)-1]), nil
	}
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		return "", missing("PostgreSQL")
	}
	return filepath.Dir(initdb), nil
}

// postgresUser says as whom to run PostgreSQL, which refuses root: the user that its Debian package
// made, or nil for whoever runs the tests.
func postgresUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, missing("the user postgres")
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
