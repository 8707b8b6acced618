package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ephor/internal/env"
	"ephor/internal/graph"
	"ephor/internal/server"
	"ephor/internal/signin"
)

// serveCommand is `ephor serve`.
type serveCommand struct {
	dataFlags
	logFlag
	Addr           string   `help:"Where to listen." default:"localhost:8443" placeholder:"HOST:PORT"`
	PublicURL      string   `name:"public-url" help:"The address by which clients reach the server, such as https://id.example.com." placeholder:"URL"`
	TLSCert        string   `name:"tls-cert" help:"The certificate, in PEM." placeholder:"FILE"`
	TLSKey         string   `name:"tls-key" help:"Its private key, in PEM." placeholder:"FILE"`
	InsecureHTTP   bool     `name:"insecure-http" help:"Serve plain HTTP, on a loopback address only: behind a proxy on this machine, or for measuring."`
	TrustedProxies []string `help:"Networks of proxies whose X-Forwarded headers count." placeholder:"CIDR"`
	TokenAlgorithm string   `help:"What signs access tokens: ES256, RS256 or PS256." enum:"ES256,RS256,PS256" default:"ES256"`
	PasswordMemory uint32   `help:"How much memory one password hash takes (argon2id), in KiB; 65536 unless given. Stored hashes follow at the next sign-in." placeholder:"KIB"`
	PasswordPasses uint32   `help:"How many passes it makes over that memory; 3 unless given." placeholder:"N"`

	IDTokenAlgorithm     string   `name:"id-token-algorithm" help:"What signs ID tokens: RS256, which every OpenID client knows, ES256 or PS256." enum:"ES256,RS256,PS256" default:"RS256"`
	PasswordGrantClients []string `help:"Clients, by application id, that may sign people in with their passwords (the password grant) in production." placeholder:"APPID,..."`
	AdminAddr            string   `help:"A loopback address for metrics (/metrics) and the reasons of readiness (/ready)." placeholder:"HOST:PORT"`

	Dev            bool     `help:"Development: a seeded tenant, a certificate of its own, and the control API under /_ephor/dev/." group:"Development"`
	Seed           string   `help:"What the first tenant is seeded with: contoso, empty, or a JSON file." placeholder:"SEED" group:"Development"`
	HostAlias      []string `help:"A further name for this machine." placeholder:"NAME" group:"Development"`
	DevAllowRemote bool     `help:"Let other machines reach a development server. The control API then asks for dev.json's controlKey." group:"Development"`
}

// Help is what `ephor serve --help` says besides the flags.
func (serveCommand) Help() string {
	return `Examples:

  Try it, with data in ./ephor-data:
    ephor serve --dev

  A production tenant that ` + "`ephor init`" + ` has made:
    ephor serve --data /var/lib/ephor --key-file /etc/ephor/master.key --addr :443 \
      --public-url https://id.example.com --tls-cert cert.pem --tls-key key.pem

Every flag can also be given as an environment variable, EPHOR_ADDR for --addr.
Stop it with Ctrl-C or SIGTERM: requests under way are finished first.`
}

// Run serves until it is interrupted.
func (c *serveCommand) Run(ctx context.Context, t *terminal) error {
	seed, name, err := seedText(c.Seed)
	if err != nil {
		return err
	}
	return server.Run(ctx, server.Config{
		Data: c.data(), Addr: c.Addr, PublicURL: c.PublicURL, TLSCert: c.TLSCert, TLSKey: c.TLSKey, InsecureHTTP: c.InsecureHTTP,
		TrustedProxies: c.TrustedProxies, AdminAddr: c.AdminAddr, TokenAlgorithm: c.TokenAlgorithm,
		PasswordCost:     c.passwordCost(),
		IDTokenAlgorithm: c.IDTokenAlgorithm, PasswordGrantClients: c.PasswordGrantClients,
		Dev: c.Dev, DevAllowRemote: c.DevAllowRemote, HostAliases: c.HostAlias, Seed: seed, SeedName: name,
		Operations: graph.Operations(), Env: env.System(), Log: c.logger(t.err), Operator: accountName(),
		Ready: func(s server.Started) {
			if c.Dev {
				fmt.Fprint(t.out, banner(s))
			}
		},
	})
}

// passwordCost is the cost that is asked for, the zero cost for none.
func (c *serveCommand) passwordCost() signin.Cost {
	if c.PasswordMemory == 0 && c.PasswordPasses == 0 {
		return signin.Cost{}
	}
	d := signin.DefaultCost
	return signin.Cost{Memory: cmp.Or(c.PasswordMemory, d.Memory), Time: cmp.Or(c.PasswordPasses, d.Time), Threads: d.Threads}
}

// seedText is what --seed stands for: a seed's name as it is, a file's contents, and what
// the tenant is called then.
func seedText(flag string) (text, name string, err error) {
	switch flag {
	case "":
		return "", "", nil
	case "contoso", "empty":
		return flag, strings.ToUpper(flag[:1]) + flag[1:], nil
	}
	b, err := os.ReadFile(flag)
	if err != nil {
		return "", "", fmt.Errorf("--seed: %w", err)
	}
	base := filepath.Base(flag)
	return string(b), strings.TrimSuffix(base, filepath.Ext(base)), nil
}
