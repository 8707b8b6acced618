// Package tutorial performs Microsoft Graph's PIM tutorial against a running development
// server, over HTTP alone, and judges every answer.
//
// The scenario is data: a list of steps, each a request, who makes it, the instant at which
// it is made, and the whole answer that the published pages and their behaviour call for.
// Nothing of it was taken from a server. An answer is compared as a whole: what is missing,
// extra or different anywhere in it fails the step. Ids and the server's own times, which
// nobody can know in advance, are holes in the template (see hole.go).
//
// A run works in a tenant of its own that lives in memory unless it is to be durable, with the clock of that tenant
// frozen where each step wants it, and drops the tenant at the end.
package tutorial
