package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A house is an Ephor that serves a data set, in a process of its own.
type house struct {
	city   *city
	dir    string
	addr   string // where it listens
	host   string // what it is called, at every start the same: tokens are of that issuer
	tenant string
	admin  string // a token of a Global Administrator's
	robot  string // a token of a client's own, which may read the audit log
	cmd    *exec.Cmd
	errs   bytes.Buffer // what it logged
}

// patience is how long a server may take to become ready.
const patience = 2 * time.Minute

// start runs `ephor serve` on a data set, and waits until it answers.
func (b *bench) start(ctx context.Context, c *city, dir, database string) (*house, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &house{city: c, dir: dir, addr: l.Addr().String(), host: "localhost"}
	if err := l.Close(); err != nil {
		return nil, err
	}
	args := []string{"serve", "--dev", "--insecure-http", "--data", dir, "--addr", h.addr, "--public-url", "http://" + h.host}
	if database != "" {
		args = append(args, "--database", database)
	}
	h.cmd = exec.CommandContext(context.WithoutCancel(ctx), b.ephor, args...)
	h.cmd.Stderr = &h.errs
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := h.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", b.ephor, err)
	}
	if err := h.ready(ctx, out); err != nil {
		return nil, errors.Join(err, h.stop())
	}
	return h, nil
}

// ready waits until the server says that it answers, as it does to a person.
func (h *house) ready(ctx context.Context, out io.Reader) error {
	said := make(chan error, 2) // nobody waits for the second
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "is ready") {
				said <- nil
			}
		}
		said <- errors.New("the server ended before it was ready")
	}()
	select {
	case err := <-said:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(patience):
		return fmt.Errorf("the server was not ready after %s", patience)
	}
}

// stop ends the server as an operator does.
func (h *house) stop() error {
	if err := h.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	if err := h.cmd.Wait(); err != nil {
		return fmt.Errorf("ephor ended with %w:\n%.2000s", err, h.errs.String())
	}
	return nil
}

// enter learns the tenant of the data set, and takes the administrator's token.
func (h *house) enter(ctx context.Context) error {
	text, err := os.ReadFile(filepath.Join(h.dir, "dev.json"))
	if err != nil {
		return err
	}
	var about struct {
		Tenants []struct {
			ID    string `json:"tenantId"`
			Users []struct {
				Name string `json:"userPrincipalName"`
			} `json:"users"`
			Clients []struct {
				ID string `json:"appId"`
			} `json:"clients"`
		} `json:"tenants"`
	}
	if err := json.Unmarshal(text, &about); err != nil {
		return err
	}
	if len(about.Tenants) == 0 || len(about.Tenants[0].Users) == 0 || len(about.Tenants[0].Clients) == 0 {
		return errors.New("dev.json names nobody")
	}
	t := about.Tenants[0]
	h.tenant = t.ID
	if h.robot, err = h.issued(ctx, map[string]any{"client": t.Clients[0].ID}); err != nil {
		return err
	}
	h.admin, err = h.token(ctx, t.Users[0].Name)
	return err
}

// token is an access token of a user who has signed in with two factors.
func (h *house) token(ctx context.Context, user string) (string, error) {
	return h.issued(ctx, map[string]any{"user": user, "amr": []string{"pwd", "mfa"}})
}

// issued is the access token that development's control API gives for what is asked.
func (h *house) issued(ctx context.Context, asked map[string]any) (string, error) {
	body, err := json.Marshal(asked)
	if err != nil {
		return "", err
	}
	answer, err := ask(ctx, h.addr, h.control("token", string(body)), http.StatusOK)
	if err != nil {
		return "", fmt.Errorf("token for %s: %w", body, err)
	}
	var t struct {
		Access string `json:"access_token"`
	}
	return t.Access, json.Unmarshal(answer, &t)
}

// control is a POST to the development control API of the tenant.
func (h *house) control(path, body string) []byte {
	return request("POST", h.host, "/_ephor/dev/tenants/"+h.tenant+"/"+path, "", []byte(body))
}

// pid is the server's process.
func (h *house) pid() int { return h.cmd.Process.Pid }

// get is a GET request by the administrator.
func (h *house) get(path string) []byte { return request("GET", h.host, path, h.admin, nil) }

// resident is the memory that the server holds, in bytes.
func (h *house) resident(ctx context.Context) (float64, error) {
	out, err := exec.CommandContext(ctx, "ps", "-o", "rss=", "-p", strconv.Itoa(h.cmd.Process.Pid)).Output()
	if err != nil {
		return 0, fmt.Errorf("ask ps for memory: %w", err)
	}
	kib, err := strconv.Atoi(strings.TrimSpace(string(out)))
	return float64(kib) * 1024, err
}

// both are the servers of both data sets, which stay up from the first section that needs
// them to the end of the run.
func (b *bench) both(ctx context.Context) ([]*house, error) {
	if b.houses != nil {
		return b.houses, nil
	}
	for _, c := range b.cities() {
		dir, err := b.set(ctx, c)
		if err != nil {
			return nil, err
		}
		h, err := b.start(ctx, c, dir, "")
		if err != nil {
			return nil, err
		}
		b.later(h.stop)
		if err := h.enter(ctx); err != nil {
			return nil, err
		}
		b.houses = append(b.houses, h)
	}
	return b.houses, nil
}
