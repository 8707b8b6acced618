package pages

import (
	"strings"

	"ephor/internal/fault"
)

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

// shown is what a person reads of a fault: without what is only for programs.
func shown(f *fault.Fault) string {
	const wire = "The specified password does not comply with password complexity requirements. Please provide a different password. "
	if why, ok := strings.CutPrefix(f.Message, wire); ok {
		return "Choose another password. " + why
	}
	return f.Message
}
