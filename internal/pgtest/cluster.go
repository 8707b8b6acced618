//go:build unix

package pgtest

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// script makes and starts a cluster, says "ready", and ends it when its input does.
//
//go:embed cluster.sh
var script string

// A cluster is a running PostgreSQL server in a folder of its own.
type cluster struct {
	dir    string
	shell  *exec.Cmd
	living io.Closer // the shell's input: closed by stop, or by the end of this process
}

// start makes a cluster and waits until it answers.
func start() (*cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(Folder, "ephor-pg-")
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir}
	if err := c.launch(bin); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return c, nil
}

// launch runs the shell that watches over the cluster, in a process group of its own, so
// that an interrupt from the terminal reaches it only as the end of its input.
func (c *cluster) launch(bin string) error {
	attr, err := unprivileged(c.dir)
	if err != nil {
		return err
	}
	sh := exec.Command("/bin/sh", "-c", script, "sh", bin, c.dir, superuser)
	sh.Dir, sh.SysProcAttr = c.dir, attr
	sh.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	in, err := sh.StdinPipe()
	if err != nil {
		return err
	}
	out, err := sh.StdoutPipe()
	if err != nil {
		return err
	}
	if err := sh.Start(); err != nil {
		return fmt.Errorf("run the cluster's shell: %w", err)
	}
	c.shell, c.living = sh, in
	report := bufio.NewReader(out)
	if line, _ := report.ReadString('\n'); line == "ready\n" {
		return nil
	}
	why, _ := io.ReadAll(io.LimitReader(report, 1<<16))
	return errors.Join(fmt.Errorf("the cluster did not start:\n%s", why), c.stop())
}

// stop ends the cluster and waits until its folder is gone.
func (c *cluster) stop() error {
	if err := c.living.Close(); err != nil {
		return err
	}
	if err := c.shell.Wait(); err != nil {
		return fmt.Errorf("the cluster's shell: %w", err)
	}
	return nil
}

// binaries is the folder with initdb and pg_ctl: the one on PATH, else the newest of those
// where Debian and others keep each version apart.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil && complete(filepath.Dir(path)) {
		return filepath.Dir(path), nil
	}
	var found []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"} {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		found = append(found, slices.DeleteFunc(dirs, func(dir string) bool { return !complete(dir) })...)
	}
	if len(found) == 0 {
		return "", ErrMissing
	}
	return slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }), nil
}

// complete tells whether dir holds what a cluster is made with.
func complete(dir string) bool {
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// version is the major version in a folder name such as /usr/lib/postgresql/15/bin.
func version(bin string) int {
	name := filepath.Base(filepath.Dir(bin))
	n, err := strconv.Atoi(name[strings.LastIndexAny(name, "-@")+1:])
	if err != nil {
		return 0
	}
	return n
}
