package pages

import "encoding/json"

// stateJSON is a state as a flow keeps it.
func stateJSON(s state) (json.RawMessage, error) { return json.Marshal(s) }
