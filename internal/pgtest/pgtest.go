// Package pgtest gives tests a PostgreSQL of their own: one throwaway cluster for each
// test binary, started at first use, and a fresh database for each call of Start.
//
// The cluster is made by the system's own binaries (initdb, pg_ctl) in a temporary folder,
// listens on a Unix socket in there and nowhere else, and belongs to an unprivileged user
// when the tests run as root, because PostgreSQL refuses root. A watching shell, not the
// test binary, owns it: when the binary ends, however it ends, the shell stops the cluster
// and removes the folder.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// RequireAll names the environment variable that, set to 1, turns a test left out for want
// of PostgreSQL into a failure. `make check` sets it.
const RequireAll = "EPHOR_REQUIRE_ALL"

// superuser owns the cluster and every database in it.
const superuser = "ephor"

// patience bounds one administrative statement. Making a database takes about 50 ms.
const patience = time.Minute

// ErrMissing says that this machine has no PostgreSQL server, which is a reason to leave a
// test out. Any other error of a start is a failure.
var ErrMissing = errors.New("no initdb and pg_ctl")

// Folder is where clusters are made: in memory, where the system has room for that. Whoever
// measures how fast a disk is sets another before the first start.
var Folder = scratch()

// shared is the one cluster of this test binary.
var shared struct {
	sync.Mutex
	cluster *cluster
	err     error
	names   atomic.Int64
}

// Start makes an empty database and returns its URL. The database is dropped, whoever is
// still connected, when t ends. Without PostgreSQL on the machine it skips t, with a reason
// in the form that the test runner counts; under RequireAll it fails t.
func Start(t testing.TB) string {
	t.Helper()
	url, drop, err := Database()
	if errors.Is(err, ErrMissing) && os.Getenv(RequireAll) != "1" {
		t.Skip("needs PostgreSQL: install the Debian package postgresql")
	}
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	return url
}

// Database is Start for a program that is no test: drop drops the database. The program
// calls Stop when it ends.
func Database() (url string, drop func() error, err error) {
	c, err := running()
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("ephor_test_%d", shared.names.Add(1))
	if err := c.exec("CREATE DATABASE " + name); err != nil {
		return "", nil, fmt.Errorf("make database: %w", err)
	}
	return c.url(name), func() error { return c.exec("DROP DATABASE " + name + " WITH (FORCE)") }, nil
}

// Main runs the tests of a package, stops the cluster if one was started, and exits. It is
// for a TestMain that has nothing else to do; others call Stop. A package without either
// leaves nothing behind, but may end before its cluster has.
func Main(m *testing.M) {
	code := m.Run()
	if err := Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// Stop ends the cluster, if there is one, and waits until its folder is gone. A later
// Start makes a new cluster.
func Stop() error {
	shared.Lock()
	defer shared.Unlock()
	c := shared.cluster
	shared.cluster, shared.err = nil, nil
	if c == nil {
		return nil
	}
	return c.stop()
}

// running is the shared cluster, started by the first caller. A start that went wrong is
// not tried again.
func running() (*cluster, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil && shared.err == nil {
		shared.cluster, shared.err = start()
	}
	return shared.cluster, shared.err
}

// url is how a client reaches the database called name.
func (c *cluster) url(name string) string {
	q := url.Values{"host": {c.dir}, "user": {superuser}, "sslmode": {"disable"}}
	return "postgres:///" + name + "?" + q.Encode()
}

// exec runs one statement in the maintenance database, on a connection of its own.
func (c *cluster) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}
