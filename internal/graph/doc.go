// Package graph is the Graph face, put together: the list of everything that it serves. The
// entities, with their columns, and the operations on them are in the packages below, one
// file a resource, on the machinery in face. Handlers gather facts, decide and apply; who
// may call them is declared beside them and judged by the gate.
package graph
