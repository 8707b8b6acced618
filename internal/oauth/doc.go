// Package oauth is the OpenID provider: signing keys, tokens, and the endpoints on
// Microsoft's paths by which clients find and get them, and send people to sign in.
//
// The way of a person's sign-in:
//
//	authorize      checks the client and its address, reads what it asks for; a session that
//	               suffices is answered at once, else a Flow begins and the pages go on with it
//	Finish         judges flow, session, factors and consent together and answers with a code
//	token endpoint authenticates the client; a grant uses up what the client shows, in the
//	               tenant's lane, where nobody comes between; what it has used up stays used
//	               up when it refuses
//	Mint           writes claims and signs them with the tenant's current key
//	Validate       checks form, signature, issuer, audience and time (remembered), then
//	               judges what can be taken away against the snapshot (at each request)
//
// A token is an introduction, not a right: Validate answers with the client's scopes cut to
// the consent that is in force, and every decision is made on the snapshot afterwards.
// Tokens, sessions and keys live on the machine's clock, never on the tenant's.
//
// What is shown once or for a while (flows, codes, families of refresh tokens, devices) is a
// ticket under the hash of what is shown. A browser's session gives each client a session of
// its own, with what was proved; signing out ends them all.
package oauth
