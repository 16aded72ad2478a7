package bolt

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"go.etcd.io/bbolt"

	"kansbot/internal/kv"
	"kansbot/internal/kv/kvtest"
)

func storage(tb testing.TB) func() kv.DB {
	path := filepath.Join(tb.TempDir(), "kv")
	return func() kv.DB { return mustOpen(tb, path) }
}

func mustOpen(tb testing.TB, path string) *DB {
	tb.Helper()
	db, err := Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

func TestStorage(t *testing.T) { kvtest.Run(t, storage) }

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kv")
	db := mustOpen(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode is %v, %v; want 0600", info.Mode(), err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	if _, err := Open(filepath.Join(dir, "absent", "kv")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in an absent folder: %v", err)
	}
	garbage := filepath.Join(dir, "garbage")
	if err := os.WriteFile(garbage, make([]byte, 1<<16), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(garbage); err == nil || !strings.Contains(err.Error(), garbage) {
		t.Errorf("not a bbolt file: %v, want an error that names it", err)
	}
}

func TestOpenTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that waiting for the lock takes no time
		path := filepath.Join(t.TempDir(), "kv")
		db := mustOpen(t, path)
		_, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), path+": another process has it open") {
			t.Errorf("second Open: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		mustOpen(t, path)
	})
}

// checkFile fails the test when bbolt finds the file damaged.
func checkFile(t *testing.T, db *DB) {
	t.Helper()
	err := db.bolt.View(func(btx *bbolt.Tx) error {
		for err := range btx.Check() {
			t.Errorf("check: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
