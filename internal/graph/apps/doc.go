// Package apps is what programs are to the directory: registrations with their secrets,
// service principals, delegated consents and application permissions.
package apps
