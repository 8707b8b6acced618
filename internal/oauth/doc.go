// Package oauth is the OpenID provider: signing keys, access tokens, and the endpoints on
// Microsoft's paths by which clients find and get them. What is served today is discovery,
// the key set and the client-credentials grant; discovery says no more than that.
//
// The way of a token:
//
//	token endpoint   authenticates the client, asks the store what it may do
//	Mint             writes claims and signs them with the tenant's current key
//	Validate         checks form, signature, issuer, audience and time (remembered), then
//	                 judges what can be taken away against the snapshot (at each request)
//
// A token is an introduction, not a right: Validate answers with the client's scopes cut to
// the consent that is in force, and every decision is made on the snapshot afterwards.
// Tokens, sessions and keys live on the machine's clock, never on the tenant's.
package oauth
