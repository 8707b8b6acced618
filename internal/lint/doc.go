// Package lint holds the rules of the house that no compiler knows, as tests over the
// source: who may import whom, what a pure room may not touch, where the clock is read,
// what must be documented, how long a file or function may be. It has no other code.
package lint
