package face

import (
	"ephor/internal/fault"
	"ephor/internal/op"
)

// GuardLastAdministrator makes a change and refuses it if from some instant on nobody
// could become Global Administrator without another's approval, who could before
// (design, Who may touch whom). The snapshot is judged as the change has staged it.
func GuardLastAdministrator(c *op.Call, change func() error) error {
	recovery, err := c.Tx.Recovery()
	if err != nil {
		return err
	}
	// Recovery asks the database, so it must have answered before anything changes.
	before := c.Snap.Unadministered(recovery, c.Now)
	if err := change(); err != nil {
		return err
	}
	if recovery, err = c.Tx.Recovery(); err != nil {
		return err
	}
	if c.Tx.Snap().Unadministered(recovery, c.Now) < before {
		return fault.BadRequest("", "After this change nobody could become Global Administrator. Give the role to somebody else first.")
	}
	return nil
}
