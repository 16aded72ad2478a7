package bolt

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kansbot/internal/kv"
)

const (
	crashEnv     = "BOLT_CRASH_FILE" // when set, this process is the one to be killed
	crashWriters = 8
)

func TestMain(m *testing.M) {
	if path := os.Getenv(crashEnv); path != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeUntilKilled has every writer count up, and prints each number once its
// update has returned. Each count is kept twice; in between come updates that
// fail and must leave nothing.
func writeUntilKilled(path string) error {
	db, err := Open(path)
	if err != nil {
		return err
	}
	failure := errors.New("failure")
	failed := make(chan error)
	for w := range crashWriters {
		go func() {
			for {
				var n uint64
				err := db.Update(context.Background(), func(tx kv.Tx) (err error) {
					if n, err = count(tx, w, "left"); err != nil {
						return err
					}
					n++
					return errors.Join(setCount(tx, w, "left", n), setCount(tx, w, "right", n))
				})
				if err != nil {
					failed <- err
				}
				fmt.Println(w, n)

				err = db.Update(context.Background(), func(tx kv.Tx) error {
					return errors.Join(setCount(tx, w, "left", 0), setCount(tx, w, "failed", 1), failure)
				})
				if !errors.Is(err, failure) {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

// setCount pads the number, so that the writers do not share a page.
func setCount(tx kv.Tx, writer int, side string, n uint64) error {
	return tx.Put(fmt.Appendf(nil, "%d/%s", writer, side), binary.BigEndian.AppendUint64(make([]byte, 1000), n))
}

func count(tx kv.Tx, writer int, side string) (uint64, error) {
	value, err := tx.Get(fmt.Appendf(nil, "%d/%s", writer, side))
	if err != nil || value == nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(value[1000:]), nil
}

// TestCrash kills a writing process again and again. What it was told is
// stored must be there, whole, in a sound file.
func TestCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kv")
	var acked [crashWriters]uint64
	for range 20 {
		runAndKill(t, path, &acked)

		db := mustOpen(t, path)
		err := db.View(t.Context(), func(tx kv.Tx) error {
			for w, acked := range acked {
				left, err1 := count(tx, w, "left")
				right, err2 := count(tx, w, "right")
				failed, err3 := count(tx, w, "failed")
				if err := errors.Join(err1, err2, err3); err != nil {
					return err
				}
				// One more may be stored than the writer lived to tell.
				if left != right || failed != 0 || left < acked || left > acked+1 {
					t.Errorf("writer %d: stored %d and %d, failed %d; told %d", w, left, right, failed, acked)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		checkFile(t, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// runAndKill kills the process after a random number of updates, and notes
// what every writer was told last.
func runAndKill(t *testing.T, path string, acked *[crashWriters]uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashEnv+"="+path)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	life := rand.IntN(300)
	killed := false
	for told := 0; ; told++ {
		if told == life {
			killed = true
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		var w int
		var n uint64
		_, err := fmt.Fscanln(lines, &w, &n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		acked[w] = n
	}
	cmd.Wait() // always an error: it was killed
	if !killed {
		t.Fatalf("the writing process ended by itself: %s", &stderr)
	}
}
