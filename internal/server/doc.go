// Package server puts the rooms together into a running server: Run is the wiring, read
// from top to bottom. Around it are what a listener needs (names, certificates, proxies,
// limits), the health and metrics of a process, and the operator's work on data that is not
// being served: Init, Recover and Audit.
package server
