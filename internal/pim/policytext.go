package pim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"ephor/internal/when"
)

// MarshalPolicy is p as the text that a store keeps. It refuses a policy that could not
// be judged by.
func MarshalPolicy(p Policy) (string, error) {
	if err := p.check(); err != nil {
		return "", fmt.Errorf("write policy: %w", err)
	}
	text, err := json.Marshal(p)
	return string(text), err
}

// UnmarshalPolicy reads what MarshalPolicy wrote, and nothing else: a rule that is
// missing, misspelt or given twice would read as one that asks for less. So the text must
// be the very one that its policy is written as. A field added later is left out while it
// is zero (omitzero), which keeps texts from before readable.
func UnmarshalPolicy(text string) (Policy, error) {
	var p Policy
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return Policy{}, fmt.Errorf("read policy: %w", err)
	}
	again, err := json.Marshal(p)
	if err != nil {
		return Policy{}, fmt.Errorf("read policy: %w", err)
	}
	if !bytes.Equal(again, []byte(text)) {
		return Policy{}, fmt.Errorf("read policy: the text is not as it was written")
	}
	if err := p.check(); err != nil {
		return Policy{}, fmt.Errorf("read policy: %w", err)
	}
	return p, nil
}

// check reports what would keep requests from being judged by p. The zero Policy, which
// would ask for nothing, does not pass.
func (p Policy) check() error {
	for _, phase := range [...]Phase{p.AdminEligibility, p.AdminAssignment, p.EndUserAssignment} {
		if _, ok := when.ParseDuration(phase.Expiration.Maximum, 0); !ok {
			return fmt.Errorf("maximum duration %q is none", phase.Expiration.Maximum)
		}
		for _, n := range phase.Notifications {
			if !slices.Contains([]string{"None", "Critical", "All"}, n.Level) {
				return fmt.Errorf("notification level %q is none", n.Level)
			}
		}
	}
	return p.Approval.Check()
}
