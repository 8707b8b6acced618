package server

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"ephor/internal/fault"
)

// Hosts are the names, with ports, that requests may be addressed to. Everything else is
// somebody's wrong turn, or a page whose own name was made to resolve to this machine.
type hosts struct {
	names  map[string]bool
	scheme string // of the public address
}

// newHosts are the public address and, in development, this machine's own names and the
// aliases at the port that is listened on.
func newHosts(public string, dev bool, aliases []string, port string) (hosts, error) {
	u, err := url.Parse(public)
	if err != nil {
		return hosts{}, err
	}
	h := hosts{names: map[string]bool{}, scheme: u.Scheme}
	h.names[u.Host], h.names[h.canonical(u.Host)] = true, true
	if !dev {
		return h, nil
	}
	names, err := servedNames(aliases)
	if err != nil {
		return hosts{}, err
	}
	for _, name := range append(names, "127.0.0.1", "::1") {
		h.names[h.canonical(net.JoinHostPort(name, port))] = true
	}
	return h, nil
}

// canonical is a Host header's value in lower case, with the scheme's own port if it names
// none.
func (h hosts) canonical(host string) string {
	host = strings.ToLower(host)
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	port := "443"
	if h.scheme == "http" {
		port = "80"
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), port)
}

// check refuses a request that is not addressed to this server, or that reached its proxy
// unprotected.
func (h hosts) check(r *http.Request, p proxies) error {
	host, scheme := p.address(r)
	if !h.names[host] && !h.names[h.canonical(host)] {
		return misdirected("This server does not answer to the name of this request's Host header. Its names are given by --public-url" +
			" and, in development, --host-alias.")
	}
	if scheme != "" && scheme != h.scheme {
		return misdirected(fmt.Sprintf("This server is reached by %s only.", h.scheme))
	}
	return nil
}

// misdirected is the 421 for a request that was meant for another server.
func misdirected(message string) *fault.Fault {
	return &fault.Fault{Status: http.StatusMisdirectedRequest, Code: "Request_BadRequest", Target: "Host", Message: message}
}
