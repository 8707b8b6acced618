// Package client is what a person's commands are made of: signing in, calling Graph, and
// the few questions and requests of somebody who activates privilege for a while. It knows
// the server by the public API alone, like any other client.
//
// A Profile is a sign-in that is kept between commands. A Client calls with it: it renews
// the token when that has run out, and answers a claims challenge by signing in again.
package client
