package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A wire is one connection that is kept alive. It does as little as a client can, so that
// what is measured is the server: requests are written as they lie ready, and of an answer
// only what is needed to find its end is read.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
	body []byte // of the last answer
}

func dial(ctx context.Context, addr string) (*wire, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &wire{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// answerTime bounds the wait for one answer.
const answerTime = 2 * time.Minute

// do sends a request and reads its answer.
func (w *wire) do(request []byte) (status int, err error) {
	if err := w.conn.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return 0, err
	}
	if _, err := w.conn.Write(request); err != nil {
		return 0, err
	}
	return w.read()
}

// read reads one answer: its status and, into w.body, its body.
func (w *wire) read() (status int, err error) {
	line, err := w.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, fmt.Errorf("no status line: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, chunked := 0, false
	for {
		if line, err = w.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		}
	}
	w.body = w.body[:0]
	if chunked {
		return status, w.chunks()
	}
	return status, w.take(length)
}

// take appends the next n bytes to the body.
func (w *wire) take(n int) error {
	at := len(w.body)
	if cap(w.body) < at+n {
		w.body = append(make([]byte, 0, 2*(at+n)), w.body...)
	}
	w.body = w.body[:at+n]
	_, err := io.ReadFull(w.in, w.body[at:])
	return err
}

// chunks reads a body of chunks to its end.
func (w *wire) chunks() error {
	for {
		line, err := w.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		if err := w.take(int(n)); err != nil {
			return err
		}
		if _, err := w.in.Discard(2); err != nil || n == 0 {
			return err
		}
	}
}

// request is the bytes of a request. Body is JSON, nil for none.
func request(method, host, path, token string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, host)
	if token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", token)
	}
	if body != nil {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// A drive sends requests over several connections at once.
type drive struct {
	addr  string
	conns int
	want  int // the status of every answer
	pid   int // of the server's process, 0 if its processor time is not asked for
	// next gives the nth request, nil when there are no more.
	next func(n int) []byte
}

// during drives until the time is over; without a time, until there are no more requests.
func (d drive) during(ctx context.Context, window time.Duration) (sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	wires := make([]*wire, d.conns)
	for i := range wires {
		w, err := dial(ctx, d.addr)
		if err != nil {
			return sample{}, err
		}
		defer w.conn.Close()
		wires[i] = w
	}
	var n atomic.Int64
	var all sync.WaitGroup
	times := make([][]time.Duration, d.conns)
	before := busy(d.pid)
	began := time.Now()
	for i, w := range wires {
		all.Go(func() {
			var err error
			if times[i], err = d.work(ctx, w, &n, window); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	if err := context.Cause(ctx); err != nil {
		return sample{}, err
	}
	var joined []time.Duration
	for _, t := range times {
		joined = append(joined, t...)
	}
	s := sampled(joined, took)
	s.work = (busy(d.pid) - before) / time.Duration(max(1, len(joined)))
	return s, nil
}

// work is what one connection does.
func (d drive) work(ctx context.Context, w *wire, n *atomic.Int64, window time.Duration) (times []time.Duration, err error) {
	began := time.Now()
	for last := began; window == 0 || last.Sub(began) < window; {
		r := d.next(int(n.Add(1) - 1))
		if r == nil || ctx.Err() != nil {
			break
		}
		switch status, err := w.do(r); {
		case err != nil:
			return nil, err
		case status != d.want:
			return nil, fmt.Errorf("answered %d, want %d: %.500s", status, d.want, w.body)
		}
		now := time.Now()
		times = append(times, now.Sub(last))
		last = now
	}
	return times, nil //nolint:nilerr // what failed has been answered inside the loop
}

// cycle gives requests over and over.
func cycle(requests [][]byte) func(int) []byte {
	return func(n int) []byte { return requests[n%len(requests)] }
}

// ask sends one request over a connection of its own.
func ask(ctx context.Context, addr string, request []byte, want int) ([]byte, error) {
	w, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	defer w.conn.Close()
	status, err := w.do(request)
	if err != nil {
		return nil, err
	}
	if status != want {
		return nil, fmt.Errorf("answered %d %s, want %d: %.500s", status, http.StatusText(status), want, w.body)
	}
	return w.body, nil
}
