// Package bolt is kv on one bbolt file, which one process has open at a time.
//
// Updates that wait for each other share one transaction and its fsyncs; an
// update without company commits at once. A View reads beside them. Keep Views
// short all the same: the space of what an Update replaces is not used again
// while an older View runs, and once the file outgrows its mapping
// (initialMap) an Update that makes it grow waits for all running Views.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"kansbot/internal/kv"
)

const (
	// lockTimeout is how long Open waits for another process to let go of the
	// file: long enough for a predecessor that is shutting down.
	lockTimeout = 3 * time.Second

	// initialMap is address space, not memory, in bytes.
	initialMap = 256 << 20
)

// bucketName is the one bucket that holds every key.
var bucketName = []byte("kv")

// DB is an open bbolt file.
type DB struct {
	bolt  *bbolt.DB
	close func() error

	idle    chan struct{} // holds a token while no batch is open
	join    chan *batch   // unbuffered: the open batch, for an Update that waits
	closing chan struct{}
}

// Open opens the file at path, or makes it, readable for its owner only. It
// fails when another process still has the file open after a few seconds.
func Open(path string) (*DB, error) {
	db, err := open(path)
	if errors.Is(err, bbolterrors.ErrTimeout) {
		err = errors.New("another process has it open")
	}
	if err != nil {
		return nil, fmt.Errorf("bolt: open %s: %w", path, err)
	}
	return db, nil
}

func open(path string) (*DB, error) {
	if err := warm(path); err != nil {
		return nil, err
	}
	file, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:         lockTimeout,
		NoFreelistSync:  true,
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: initialMap,
	})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(createBucket(file), syncDir(filepath.Dir(path))); err != nil {
		return nil, errors.Join(err, file.Close())
	}

	db := &DB{
		bolt:    file,
		idle:    make(chan struct{}, 1),
		join:    make(chan *batch),
		closing: make(chan struct{}),
	}
	db.idle <- struct{}{}
	db.close = sync.OnceValue(func() error {
		close(db.closing)
		<-db.idle // kept: no batch is open, and none will begin
		return db.bolt.Close()
	})
	return db, nil
}

// warm reads the file from begin to end into the page cache. Without a stored
// free list bbolt walks every page on opening, in tree order: on a cold disk
// that takes far longer than one sequential read.
func warm(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(io.Discard, f)
	return err
}

// createBucket writes only to a new file, so that opening costs no fsync.
func createBucket(file *bbolt.DB) error {
	exists := false
	err := file.View(func(btx *bbolt.Tx) error {
		exists = btx.Bucket(bucketName) != nil
		return nil
	})
	if err != nil || exists {
		return err
	}
	return file.Update(func(btx *bbolt.Tx) error {
		_, err := btx.CreateBucket(bucketName)
		return err
	})
}

// syncDir makes the file's name as durable as its content. Windows keeps no
// directory handles to sync.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// View implements kv.DB.
func (db *DB) View(ctx context.Context, fn func(kv.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return db.bolt.View(func(btx *bbolt.Tx) error {
		return fn(&tx{bucket: btx.Bucket(bucketName)})
	})
}

// Close implements kv.DB. Updates that still wait for their turn fail.
func (db *DB) Close() error { return db.close() }
