//go:build !unix

package pgtest

// A cluster does not exist where there are no Unix sockets and accounts.
type cluster struct{ dir string }

func start() (*cluster, error) { return nil, ErrMissing }

func (c *cluster) stop() error { return nil }

func scratch() string { return "" }
