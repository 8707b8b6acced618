package signin

import (
	"ephor/internal/guid"
	"ephor/internal/when"
)

// An Event is one entry of the sign-in log (Graph's signIn): somebody, or a client, tried
// to sign in or to renew what a sign-in gave, and this is how it ended. Texts are bounded
// by whoever makes it; they are shown to the tenant's administrators as they are.
type Event struct {
	ID          guid.ID      `json:"id"` // time-ordered
	At          when.Instant `json:"at"` // on the tenant's clock
	Correlation guid.ID      `json:"correlation"`

	// User is who signed in; zero for a client that signed in as itself.
	User     guid.ID `json:"user"`
	UPN      string  `json:"upn"`
	UserName string  `json:"userName"` // displayName

	App         guid.ID `json:"app"` // application id of the client; zero for the server's own pages
	AppName     string  `json:"appName"`
	Principal   guid.ID `json:"principal"` // its service principal, where it signed in as itself
	Resource    guid.ID `json:"resource"`  // application id of what it was for
	ResourceApp string  `json:"resourceApp"`

	Address     string `json:"address"`
	UserAgent   string `json:"userAgent"`
	Interactive bool   `json:"interactive"`
	ClientUsed  string `json:"clientUsed"` // clientAppUsed: ClientBrowser or ClientNative

	Code    int      `json:"code"`   // AADSTS number; 0 for success
	Reason  string   `json:"reason"` // failureReason, "" for success
	Detail  string   `json:"detail"` // additionalDetails
	Methods []string `json:"methods"`
	Session guid.ID  `json:"session"`
}

// What a signIn's clientAppUsed says.
const (
	ClientBrowser = "Browser"
	ClientNative  = "Mobile Apps and Desktop clients"
)

// MaxText bounds, in bytes, a text of an Event that came from a caller, such as a user agent.
const MaxText = 512
