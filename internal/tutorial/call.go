package tutorial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	mostAnswer = 4 << 20          // bytes of one answer
	patience   = 30 * time.Second // for one answer
)

// An exchange is one request as it was sent and its answer as it came.
type exchange struct {
	method, path string
	body         string
	status       int
	header       http.Header
	answer       []byte
}

// send makes one request. Its error is of the network; any answer is a result. The path is
// as people write it, with blanks and quotes in its query.
func (c *Config) send(ctx context.Context, method, path, body, bearer string) (exchange, error) {
	x := exchange{method: method, path: path, body: body}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+escaped(path), strings.NewReader(body))
	if err != nil {
		return x, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	answer, err := c.Client.Do(r)
	if err != nil {
		return x, err
	}
	defer func() { _ = answer.Body.Close() }() // what was wanted of it has been read
	x.status, x.header = answer.StatusCode, answer.Header
	x.answer, err = io.ReadAll(io.LimitReader(answer.Body, mostAnswer+1))
	if err == nil && len(x.answer) > mostAnswer {
		err = fmt.Errorf("the answer has more than %d bytes", mostAnswer)
	}
	x.answer = bytes.TrimSpace(x.answer)
	return x, err
}

// escaped is a path as it goes over the wire: the query's blanks may not stand in it.
func escaped(path string) string {
	p, query, found := strings.Cut(path, "?")
	if !found {
		return path
	}
	return p + "?" + strings.ReplaceAll(query, " ", "%20")
}

// errControl is the refusal of a call to the control API, without which nothing goes on.
var errControl = errors.New("the control API refused")
