// Package graph is the Graph face: the entities, with their columns, and the operations
// on them, one file a resource. Handlers gather facts, decide and apply; who may call them
// is declared beside them and judged by the gate.
package graph
