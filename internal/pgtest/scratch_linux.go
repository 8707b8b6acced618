package pgtest

import (
	"os"
	"syscall"
)

// room is the free memory, in bytes, that a cluster in memory asks for: many test binaries
// may run at once.
const room = 2 << 30

// scratch is where clusters are made: in memory if the machine lends enough, where fsync
// costs nothing, else in the temporary folder.
func scratch() string {
	const memory = "/dev/shm"
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memory, &fs); err != nil {
		return os.TempDir()
	}
	if fs.Bavail*uint64(fs.Bsize) < room {
		return os.TempDir()
	}
	return memory
}
