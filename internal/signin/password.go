package signin

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// A Cost is what one guess at a password costs, in argon2id's terms (RFC 9106).
type Cost struct {
	Memory  uint32 // KiB
	Time    uint32 // passes over the memory
	Threads uint8  // lanes
}

// DefaultCost is the second choice of RFC 9106, section 4: 64 MiB, three passes. Lanes
// are one, because a server that checks several passwords keeps its cores busy anyway.
var DefaultCost = Cost{Memory: 64 * 1024, Time: 3, Threads: 1}

// The bounds of a cost, in settings and in stored hashes alike: a hash that was tampered
// with must not make a sign-in take all memory.
const (
	minMemory = 8 * 1024
	maxMemory = 1024 * 1024
	maxTime   = 16
	maxLanes  = 16
)

// Sizes in bytes. MaxPassword bounds what is ever hashed: 256 characters of four bytes.
const (
	SaltSize    = 16
	digestSize  = 32
	MaxPassword = 4 * 256
)

// Check reports why c may not be used, or nil.
func (c Cost) Check() error {
	switch {
	case c.Memory < minMemory || c.Memory > maxMemory:
		return fmt.Errorf("argon2id memory is %d KiB; it must be %d to %d", c.Memory, minMemory, maxMemory)
	case c.Time < 1 || c.Time > maxTime:
		return fmt.Errorf("argon2id makes %d passes; it must make 1 to %d", c.Time, maxTime)
	case c.Threads < 1 || c.Threads > maxLanes:
		return fmt.Errorf("argon2id has %d lanes; it must have 1 to %d", c.Threads, maxLanes)
	}
	return nil
}

// digest is the proof of password. Composed and decomposed spellings of a character are
// one password, because keyboards differ in which they send.
func (c Cost) digest(password string, salt []byte) []byte {
	return argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, c.Time, c.Memory, c.Threads, digestSize)
}

// Hash is the PHC string to store for password: $argon2id$v=19$m=,t=,p=$salt$digest. Salt
// is SaltSize fresh random bytes. The password is not judged; see Rules.
func Hash(password string, cost Cost, salt []byte) (string, error) {
	if err := cost.Check(); err != nil {
		return "", err
	}
	if len(salt) != SaltSize {
		return "", fmt.Errorf("salt has %d bytes, not %d", len(salt), SaltSize)
	}
	if len(password) > MaxPassword {
		return "", errors.New("the password is longer than is ever hashed")
	}
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, cost.Memory, cost.Time, cost.Threads,
		enc.EncodeToString(salt), enc.EncodeToString(cost.digest(password, salt))), nil
}

// Verify reports whether phc is the hash of password. It takes the same time for every
// password of a length; an error means that phc is not a hash that Hash has written.
func Verify(password, phc string) (bool, error) {
	h, err := parseHash(phc)
	if err != nil {
		return false, err
	}
	if len(password) > MaxPassword {
		return false, nil
	}
	return subtle.ConstantTimeCompare(h.cost.digest(password, h.salt), h.digest) == 1, nil
}

// Stale reports whether phc was made at another cost than c, so that the next sign-in
// which proves the password should store a new hash.
func (c Cost) Stale(phc string) bool {
	h, err := parseHash(phc)
	return err != nil || h.cost != c
}

// Decoy is a hash that no known password has, at cost c: an account that does not exist,
// or has no password, is verified against it, and so takes as long to refuse as any other.
func (c Cost) Decoy() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Time, c.Threads,
		enc.EncodeToString(make([]byte, SaltSize)), enc.EncodeToString(make([]byte, digestSize)))
}

// A hash is a PHC string taken apart.
type hash struct {
	cost   Cost
	salt   []byte
	digest []byte
}

var errHash = errors.New("not a stored password of this server")

func parseHash(phc string) (hash, error) {
	parts := strings.Split(phc, "$")
	if len(phc) > 256 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return hash{}, errHash
	}
	cost, err := parseCost(parts[3])
	if err != nil {
		return hash{}, err
	}
	enc := base64.RawStdEncoding.Strict()
	salt, err := enc.DecodeString(parts[4])
	if err != nil || len(salt) != SaltSize {
		return hash{}, errHash
	}
	digest, err := enc.DecodeString(parts[5])
	if err != nil || len(digest) != digestSize {
		return hash{}, errHash
	}
	return hash{cost, salt, digest}, nil
}

// parseCost reads m=65536,t=3,p=1, in that order and nothing else.
func parseCost(s string) (Cost, error) {
	fields := strings.Split(s, ",")
	if len(fields) != 3 {
		return Cost{}, errHash
	}
	var n [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(fields[i], name)
		v, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil {
			return Cost{}, errHash
		}
		n[i] = v
	}
	if n[2] > maxLanes {
		return Cost{}, errHash
	}
	c := Cost{Memory: uint32(n[0]), Time: uint32(n[1]), Threads: uint8(n[2])}
	if c.Check() != nil {
		return Cost{}, errHash
	}
	return c, nil
}
