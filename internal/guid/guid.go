// Package guid holds object identifiers as 16 bytes, so that a map of a million of
// them is small and a comparison is two instructions.
package guid

import (
	"bytes"
	"encoding/hex"
)

// An ID names one object of a tenant. Its zero value names nothing.
type ID [16]byte

// Parse reads the 36-character form, in either case. It reports false for anything
// else: braces, URN prefixes and the 32-digit form are not on Graph's wire.
func Parse(s string) (ID, bool) { return parse(s) }

func parse[T string | []byte](s T) (ID, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, false
	}
	var id ID
	for i, at := range places {
		high, low := digits[s[at]], digits[s[at+1]]
		if high|low > 0xf {
			return ID{}, false
		}
		id[i] = high<<4 | low
	}
	return id, true
}

// places are where each byte stands in the 36-character form.
var places = [16]int{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34}

// digits are the values of hexadecimal digits; of any other byte more than 15.
var digits = func() (values [256]byte) {
	for b := range values {
		values[b] = 0xff
	}
	for v := range byte(16) {
		values["0123456789abcdef"[v]] = v
		values["0123456789ABCDEF"[v]] = v
	}
	return values
}()

// Must is Parse for constants; it panics on anything that is not a GUID.
func Must(s string) ID {
	id, ok := Parse(s)
	if !ok {
		panic("guid: not a GUID: " + s)
	}
	return id
}

// String is the lower-case 36-character form.
func (id ID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	b[8] = '-'
	hex.Encode(b[9:13], id[4:6])
	b[13] = '-'
	hex.Encode(b[14:18], id[6:8])
	b[18] = '-'
	hex.Encode(b[19:23], id[8:10])
	b[23] = '-'
	hex.Encode(b[24:], id[10:])
	return string(b[:])
}

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders IDs as their string forms are ordered.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }

// DotNet is the byte order in which .NET writes a GUID: the first three fields
// little-endian. Role assignment ids and security identifiers are built from it
// (behaviour.md, Id formats).
func (id ID) DotNet() [16]byte {
	b := [16]byte(id)
	b[0], b[1], b[2], b[3] = id[3], id[2], id[1], id[0]
	b[4], b[5] = id[5], id[4]
	b[6], b[7] = id[7], id[6]
	return b
}

// FromDotNet is the inverse of DotNet.
func FromDotNet(b [16]byte) ID { return ID(ID(b).DotNet()) }

// MarshalText writes the 36-character form, so that an ID in JSON is a string.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the 36-character form.
func (id *ID) UnmarshalText(b []byte) error {
	v, ok := parse(b)
	if !ok {
		return errNotGUID
	}
	*id = v
	return nil
}

type textError string

func (e textError) Error() string { return string(e) }

const errNotGUID = textError("not a GUID of the form 00000000-0000-0000-0000-000000000000")
