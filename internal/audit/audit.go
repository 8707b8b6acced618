// Package audit is the tenant's record of what happened: a Record, the one sequence of
// bytes that stands for it, and the Merkle tree (RFC 6962) whose leaves those bytes are.
//
//	Record  --Canonical-->  bytes  --Leaf-->  Hash  --Append-->  Frontier
//
// The store writes bytes and leaf hash beside each other in the audit row, the Frontier
// in chain_head, and full Tiles once. Verify goes the way again and names the first row
// at which the three disagree. Everything here is pure.
package audit
