package rest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"unicode/utf8"
)

// A sheet is the paper that one request for decisions is read and answered on. It is used
// again for others.
type sheet struct{ in, out []byte }

var sheets = sync.Pool{New: func() any { return &sheet{make([]byte, 0, 1<<10), make([]byte, 0, 1<<10)} }}

// sheetMost is the size, in bytes, from which a sheet is not kept.
const sheetMost = 256 << 10

func newSheet() *sheet {
	s, _ := sheets.Get().(*sheet)
	s.in, s.out = s.in[:0], s.out[:0]
	return s
}

func (s *sheet) free() {
	if cap(s.in)+cap(s.out) <= sheetMost {
		sheets.Put(s)
	}
}

// read takes a request's body, which is JSON. The text that it gives is a copy: the sheet
// may be used again while parts of it are still in use.
func (s *sheet) read(r *http.Request) (text string, err error) {
	if plainJSON(r) {
		err = s.fill(r.Body)
	} else {
		s.in, err = readBody(r)
	}
	switch {
	case err != nil:
		return "", err
	case len(s.in) == 0:
		return "", badQuestion("The request needs a JSON body.")
	case !utf8.Valid(s.in):
		return "", badQuestion("The request body is not valid UTF-8.")
	case !json.Valid(s.in):
		return "", badQuestion("The request body is not valid JSON.")
	}
	return string(s.in), nil
}

// plainJSON reports whether r is what nearly every request is: small JSON, not compressed.
// It saves what it costs to find that out in general.
func plainJSON(r *http.Request) bool {
	kind := r.Header["Content-Type"]
	return len(kind) == 1 && kind[0] == jsonType[0] && len(r.Header["Content-Encoding"]) == 0 &&
		r.ContentLength > 0 && r.ContentLength <= sheetMost
}

// fill reads a body to its end. The server has bounded its length by what the header says.
func (s *sheet) fill(body io.Reader) error {
	for {
		if len(s.in) == cap(s.in) {
			s.in = append(s.in, 0)[:len(s.in)]
		}
		n, err := body.Read(s.in[len(s.in):cap(s.in)])
		s.in = s.in[:len(s.in)+n]
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil || len(s.in) > sheetMost:
			return badQuestion("The request body could not be read to its end.")
		}
	}
}
