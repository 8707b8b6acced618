package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A folderLock keeps other processes, and other stores of this one, out of a data folder.
// It is SQLite's own exclusive lock on an empty file: it works on every system that the
// databases beside it work on, and ends with the process, however that ends.
type folderLock struct{ conn *sqliteConn }

func lockFolder(dir string) (*folderLock, error) {
	c, err := dialFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	for _, sql := range []string{"PRAGMA busy_timeout(0)", "BEGIN EXCLUSIVE"} {
		if err := c.exec(statement{sql: sql}); err != nil {
			return nil, errors.Join(fmt.Errorf("the data folder %s is in use by another server: %w", dir, err), c.close())
		}
	}
	return &folderLock{c}, nil
}

func (l *folderLock) release() error { return l.conn.close() }

// memoryFolder is an empty folder for the memory tenants of the data folder dir, in memory
// where the system has a file system for that. What an earlier process left is removed: the
// lock on dir says that it has ended.
func memoryFolder(dir string) (string, error) {
	base := "/dev/shm"
	if info, err := os.Stat(base); err != nil || !info.IsDir() {
		base = os.TempDir()
	}
	name := sha256.Sum256([]byte(dir))
	path := filepath.Join(base, fmt.Sprintf("ephor-%d-%s", os.Getuid(), hex.EncodeToString(name[:12])))
	if err := os.RemoveAll(path); err != nil {
		return "", err
	}
	return path, os.Mkdir(path, 0o700)
}

// copyFile copies the file from to the path to, and if it is to be durable, waits until it
// is on disk. It replaces nothing.
func copyFile(from, to string, durable bool) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil && durable {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// removeDatabase removes an SQLite database that is closed, and what it may have beside it.
func removeDatabase(path string) error {
	return errors.Join(removeJournal(path), remove(path))
}

// removeJournal removes what an SQLite database that is closed may have beside it.
func removeJournal(path string) error { return errors.Join(remove(path+"-wal"), remove(path+"-shm")) }

// remove removes a file that need not be there.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
