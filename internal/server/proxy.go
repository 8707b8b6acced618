package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// proxies are the networks whose word about a request counts: that of their X-Forwarded
// headers. Nobody else's does.
type proxies []netip.Prefix

// newProxies reads networks and single addresses.
func newProxies(list []string) (proxies, error) {
	var all proxies
	for _, s := range list {
		network, err := netip.ParsePrefix(s)
		if err != nil {
			ip, failed := netip.ParseAddr(s)
			if failed != nil {
				return nil, fmt.Errorf("--trusted-proxies %q is not an address or a network such as 10.0.0.0/8", s)
			}
			network = netip.PrefixFrom(ip, ip.BitLen())
		}
		all = append(all, network.Masked())
	}
	return all, nil
}

// trusts reports whether s is the address of a trusted proxy.
func (p proxies) trusts(s string) bool {
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return false
	}
	for _, network := range p {
		if network.Contains(ip.Unmap()) {
			return true
		}
	}
	return false
}

// peer is the address at the other end of the connection.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return strings.Trim(host, "[]")
}

// client is the address of whoever made the request: the last in the chain of proxies that
// no trusted one has vouched for. What stands before it, the client may have written.
func (p proxies) client(r *http.Request) string {
	at := peer(r)
	chain := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(chain) - 1; i >= 0 && p.trusts(at); i-- {
		ip, err := netip.ParseAddr(strings.TrimSpace(chain[i]))
		if err != nil {
			return at
		}
		at = ip.Unmap().String()
	}
	return at
}

// address is the Host that a request is addressed to and, when a trusted proxy tells, the
// scheme in which it reached that proxy.
func (p proxies) address(r *http.Request) (host, scheme string) {
	host = r.Host
	if len(p) == 0 || !p.trusts(peer(r)) {
		return host, ""
	}
	if given := r.Header.Values("X-Forwarded-Host"); len(given) > 0 {
		host = strings.TrimSpace(given[len(given)-1])
	}
	if given := r.Header.Values("X-Forwarded-Proto"); len(given) > 0 {
		scheme = strings.ToLower(strings.TrimSpace(given[len(given)-1]))
	}
	return host, scheme
}
