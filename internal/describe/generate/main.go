// Generate writes the documents of api/ anew from the operations and entities, and the
// life of requests in docs/.
package main

import (
	"log"
	"os"
	"path/filepath"

	"ephor/internal/describe"
	"ephor/internal/graph"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: generate API-FOLDER DOCS-FOLDER")
	}
	for name, text := range describe.Documents(graph.Operations(), graph.Types()) {
		write(filepath.Join(os.Args[1], name), text)
	}
	write(filepath.Join(os.Args[2], "state.md"), describe.States())
}

func write(path string, text []byte) {
	if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // documents are for everybody
		log.Fatal(err)
	}
}
