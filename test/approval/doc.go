// Package approval asks, waits, approves and denies over HTTP, as clients do. What is
// expected is from behaviour.md §8, operations.md 3, errors.md 1b and the published
// examples; the attacks are those that an approval is there to stop.
package approval
