package rest

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"ephor/internal/fault"
)

// MaxBody bounds a request body after inflation, in bytes.
const MaxBody = 1 << 20

// readBody reads a request's body within bounds, inflated. SDKs compress theirs
// (behaviour.md §14). A body must be JSON. What comes with a GET means nothing and is left
// unread: infrastructure tools send an empty one in chunks.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil, nil
	}
	var in io.Reader = http.MaxBytesReader(nil, r.Body, MaxBody)
	switch encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
	case "gzip":
		zip, err := gzip.NewReader(in)
		if err != nil {
			return nil, fault.BadRequest("Content-Encoding", "The request body is not gzip, as its Content-Encoding says.")
		}
		in = zip
	default:
		return nil, unsupportedMedia("Content-Encoding", "Send the body plain or as gzip, not as "+strconv.QuoteToASCII(encoding)+".")
	}
	body, err := io.ReadAll(io.LimitReader(in, MaxBody+1))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge) || len(body) > MaxBody:
		return nil, &fault.Fault{Status: http.StatusRequestEntityTooLarge, Code: "Request_BadRequest", Message: "The request body is larger than 1 MiB."}
	case err != nil:
		return nil, fault.BadRequest("", "The request body could not be read to its end.")
	}
	if len(body) > 0 && !jsonContent(r.Header.Get("Content-Type")) {
		return nil, unsupportedMedia("Content-Type", "Send the body as Content-Type: application/json.")
	}
	return body, nil
}

func unsupportedMedia(target, message string) error {
	return &fault.Fault{Status: http.StatusUnsupportedMediaType, Code: "Request_BadRequest", Target: target, Message: message}
}
