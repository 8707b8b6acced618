package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/oauth2"

	"ephor/internal/guid"
)

// CommandLine is the application id of Ephor's own command line, a public client that
// every tenant has.
var CommandLine = guid.Must("7be3a1c4-5d0b-4f6e-8f57-93d2a6b1c0e8")

// Permissions are the delegated permissions that the command line needs, of which each person
// has what their roles give.
var Permissions = []string{
	"openid", "profile", "email", "offline_access",
	"User.ReadWrite.All", "Group.ReadWrite.All", "Application.ReadWrite.All", "AdministrativeUnit.ReadWrite.All", "Directory.Read.All", "AuditLog.Read.All",
	"Policy.ReadWrite.AuthenticationMethod", "UserAuthenticationMethod.ReadWrite.All",
	"RoleManagement.ReadWrite.Directory", "RoleManagementPolicy.ReadWrite.AzureADGroup",
	"RoleEligibilitySchedule.ReadWrite.Directory", "RoleAssignmentSchedule.ReadWrite.Directory",
	"PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup", "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
}

// A Profile is one sign-in with one server.
type Profile struct {
	URL    string `json:"url"`              // scheme and host
	CAFile string `json:"caFile,omitempty"` // the authority to trust; without one, whom the machine trusts
	Tenant string `json:"tenant"`           // id or domain, or organizations
	Client string `json:"clientId"`
	// Way is how the token was had, and is had again: "browser", "device", "secret", or
	// "given" for one that came from elsewhere.
	Way   string        `json:"way"`
	Token *oauth2.Token `json:"token,omitempty"`
}

// ErrSignedOut is the answer to a command that needs a sign-in when there is none.
var ErrSignedOut = errors.New("nobody is signed in: run `ephor login`")

// DefaultFile is where the profile is kept unless told otherwise.
func DefaultFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("find a place for the profile: %w", err)
	}
	return filepath.Join(dir, "ephor", "profile.json"), nil
}

// ReadProfile reads the profile in file; ErrSignedOut says that there is none.
func ReadProfile(file string) (*Profile, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrSignedOut
	}
	if err != nil {
		return nil, err
	}
	var p Profile
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("read profile %s: %w", file, err)
	}
	return &p, p.Check()
}

// Save keeps the profile in file, readable by its owner only. A reader sees the old one or
// the new one, never half of it.
func (p *Profile) Save(file string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(dir, ".profile-*") // made with mode 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(append(text, '\n'))
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// Check refuses an address over which tokens would travel in the clear, and a tenant or
// client that no server could know.
func (p *Profile) Check() error {
	u, err := url.Parse(p.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%q is not an address such as https://localhost:8443", p.URL)
	case strings.TrimSuffix(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return fmt.Errorf("%q is more than an address: leave out what stands behind the host", p.URL)
	case u.Scheme == "http" && !Loopback(u.Hostname()):
		return fmt.Errorf("%q: http is for this machine only, use https", p.URL)
	case p.Tenant == "" || strings.ContainsAny(p.Tenant, "/?#% "):
		return fmt.Errorf("%q is no tenant's id or domain", p.Tenant)
	}
	p.URL = u.Scheme + "://" + u.Host
	return nil
}

// Loopback reports whether host is this machine.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// endpoint is where the server answers OAuth, on Microsoft's paths.
func (p *Profile) endpoint() oauth2.Endpoint {
	base := p.URL + "/" + p.Tenant + "/oauth2/v2.0/"
	return oauth2.Endpoint{
		AuthURL: base + "authorize", TokenURL: base + "token", DeviceAuthURL: base + "devicecode",
		AuthStyle: oauth2.AuthStyleInParams,
	}
}

// config is the public client that a person signs in with. It asks for all that is
// consented to; the server's own address is a name of Graph's.
func (p *Profile) config() *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.Client, Endpoint: p.endpoint(),
		Scopes: []string{p.URL + "/.default", "openid", "profile", "offline_access"},
	}
}
