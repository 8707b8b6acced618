package pgtest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// childVariable makes this test binary behave as another one, which starts a cluster,
// tells where, and never stops it.
const childVariable = "EPHOR_PGTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		Main(m)
	}
	c, err := running()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(c.dir)
	_, _ = os.Stdin.Read(make([]byte, 1))
}

// connect is a connection to the database at url, closed with t.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// ask is the one value that sql yields, as text.
func ask(t *testing.T, conn *pgx.Conn, sql string) string {
	t.Helper()
	var answer string
	if err := conn.QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

func TestClusterIsSetUpAsEphorDemands(t *testing.T) {
	t.Parallel()
	conn := connect(t, Start(t))
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "server_encoding": "UTF8",
		"lc_collate": "C", "max_connections": "200", "listen_addresses": "",
	} {
		// lc_collate left the settings with PostgreSQL 16; the database tells it everywhere.
		sql := "SELECT current_setting('" + setting + "')"
		if setting == "lc_collate" {
			sql = "SELECT datcollate FROM pg_database WHERE datname = current_database()"
		}
		if got := ask(t, conn, sql); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
}

func TestDatabasesOfOneClusterAreApart(t *testing.T) {
	t.Parallel()
	a, b := connect(t, Start(t)), connect(t, Start(t))
	if _, err := a.Exec(t.Context(), "CREATE TABLE t (x TEXT)"); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, b, "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"); got != "0" {
		t.Errorf("the other database shows %s tables, want none", got)
	}
}

func TestDatabaseIsDroppedUnderOpenConnections(t *testing.T) {
	t.Parallel()
	Start(t) // leaves this test out where the one inside would be
	var url string
	t.Run("and its test leaves one open", func(t *testing.T) {
		url = Start(t)
		if _, err := pgx.Connect(t.Context(), url); err != nil {
			t.Fatal(err)
		}
	})
	conn, err := pgx.Connect(t.Context(), url)
	if err == nil {
		_ = conn.Close(t.Context())
		t.Fatal("the database outlived its test")
	}
	if !strings.Contains(err.Error(), "3D000") {
		t.Errorf("connecting to a dropped database: %v, want SQLSTATE 3D000", err)
	}
}

// The child is killed as `go test -timeout` and a person do it: with no chance to clean up.
func TestClusterEndsWithAKilledTestBinary(t *testing.T) {
	t.Parallel()
	Start(t) // leaves this test out where the child would find no server
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	dir, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the child said %q: %v", dir, err)
	}
	dir = strings.TrimSpace(dir)
	if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); err != nil {
		t.Fatalf("the child's cluster is not running: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	waitUntilGone(t, dir)
}

// waitUntilGone returns when dir no longer exists, which is the last thing that the
// cluster's shell sees to.
func waitUntilGone(t *testing.T, dir string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	patient, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return
		}
		select {
		case <-tick.C:
		case <-patient.Done():
			t.Fatalf("%s is still there", dir)
		}
	}
}
