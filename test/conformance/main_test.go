package conformance

import (
	"os"
	"testing"

	"ephor/conformance/house"
)

func TestMain(m *testing.M) { os.Exit(house.Run(m)) }

// The person that tests sign in unless another is needed: of contoso, and without a role.
const sam, password = "sam@contoso.com", "Development-Only-1"
