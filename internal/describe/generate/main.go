// Generate writes the documents of api/ anew from the operations and entities.
package main

import (
	"log"
	"os"
	"path/filepath"

	"ephor/internal/describe"
	"ephor/internal/graph"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: generate FOLDER")
	}
	for name, text := range describe.Documents(graph.Operations(), graph.Types()) {
		if err := os.WriteFile(filepath.Join(os.Args[1], name), text, 0o644); err != nil { //nolint:gosec // documents are for everybody
			log.Fatal(err)
		}
	}
}
