package mmtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// keeper is the shell between this process and a program it started. It reads a pipe of which this
// process holds the other end: however this process ends, SIGKILL included, the kernel closes the
// pipe and the keeper stops the program and removes its folder.
const keeper = `
dir=$1 stop=$2; shift 2
exec 3<&0 </dev/null
"$@" 3<&- &
program=$!
{ read -r _ <&3; kill -s "$stop" "$program"; } 2>/dev/null &
watch=$!
wait "$program"
kill "$watch" 2>/dev/null
rm -rf "$dir"
`

// A child is a running program that ends with this process.
type child struct {
	name   string
	log    *os.File
	exited chan struct{}
}

// startChild runs program in dir, which is the program's own and disappears with it. Stop is the
// signal that ends it. A nil owner means the user of this process.
func startChild(dir, stop string, owner *syscall.Credential, env []string, program ...string) (*child, error) {
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", append([]string{"-c", keeper, "keeper", dir, stop}, program...)...)
	cmd.Dir, cmd.Env = dir, env
	// Files, not writers: `go test` would wait for whoever still holds its own standard output.
	cmd.Stdout, cmd.Stderr = log, log
	// A group of its own: Ctrl-C is for this process, whose end then tells the keeper.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: owner}
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{name: filepath.Base(program[0]), log: log, exited: make(chan struct{})}
	go func() {
		cmd.Wait() // also what keeps the pipe open
		close(c.exited)
	}()
	return c, nil
}

// await asks ready again and again until it answers nil; it gives up when ctx ends or the program has.
func (c *child) await(ctx context.Context, ready func() error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-c.exited:
			return fmt.Errorf("%s ended by itself; %s", c.name, c.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w; %s", c.name, err, c.tail())
		case <-tick.C:
		}
	}
}

// tail returns the last lines that the program logged, also after its folder has gone.
func (c *child) tail() string {
	const most = 4 << 10
	info, err := c.log.Stat()
	if err != nil {
		return err.Error()
	}
	buf := make([]byte, min(most, info.Size()))
	n, _ := c.log.ReadAt(buf, info.Size()-int64(len(buf)))
	return fmt.Sprintf("%s logged last:\n%s", c.name, bytes.TrimSpace(buf[:n]))
}
