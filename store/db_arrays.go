package store

import (
	"database/sql/driver"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
)

// An array is a Postgres array in its binary wire format, which costs both sides a fraction of what text does.
// Connections have binary parameters on, so that bytes are sent as they are.
type array []byte

// Value implements driver.Valuer.
func (a array) Value() (driver.Value, error) { return []byte(a), nil }

// The types of elements, as in pg_type.
const (
	oidBytea       = 17
	oidInt8        = 20
	oidText        = 25
	oidInt4        = 23
	oidTimestamptz = 1184
	oidUUID        = 2950
	oidJSONB       = 3802
)

// epoch is Postgres's zero timestamp.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// newArray begins an array of n elements of the type, with room for their bytes.
func newArray(oid uint32, n, room int) array {
	const dimensions, mayHaveNull, lowerBound = 1, 1, 1
	a := make(array, 0, 20+4*n+room)
	a = binary.BigEndian.AppendUint32(a, dimensions)
	a = binary.BigEndian.AppendUint32(a, mayHaveNull)
	a = binary.BigEndian.AppendUint32(a, oid)
	a = binary.BigEndian.AppendUint32(a, uint32(n))
	return binary.BigEndian.AppendUint32(a, lowerBound)
}

// uuids passes ids as uuid[].
func uuids(ids []uuid.UUID) array {
	a := newArray(oidUUID, len(ids), 16*len(ids))
	for _, id := range ids {
		a = append(binary.BigEndian.AppendUint32(a, 16), id[:]...)
	}
	return a
}

// bigints passes numbers as bigint[].
func bigints(numbers []int64) array {
	a := newArray(oidInt8, len(numbers), 8*len(numbers))
	for _, n := range numbers {
		a = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(a, 8), uint64(n))
	}
	return a
}

// ints passes numbers as int[].
func ints(numbers []int) array {
	a := newArray(oidInt4, len(numbers), 4*len(numbers))
	for _, n := range numbers {
		a = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(a, 4), uint32(int32(n)))
	}
	return a
}

// timestamps passes times as timestamptz[].
func timestamps(times []time.Time) array {
	a := newArray(oidTimestamptz, len(times), 8*len(times))
	for _, t := range times {
		a = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(a, 8), uint64(t.Sub(epoch).Microseconds()))
	}
	return a
}

// texts passes strings as text[].
func texts[T ~string](strings []T) array {
	a := newArray(oidText, len(strings), size(strings))
	for _, s := range strings {
		a = append(binary.BigEndian.AppendUint32(a, uint32(len(s))), s...)
	}
	return a
}

// byteas passes bytes as bytea[].
func byteas(all [][]byte) array {
	room := 0
	for _, b := range all {
		room += len(b)
	}
	a := newArray(oidBytea, len(all), room)
	for _, b := range all {
		a = append(binary.BigEndian.AppendUint32(a, uint32(len(b))), b...)
	}
	return a
}

// jsonbs passes JSON texts as jsonb[]; the empty one is NULL.
func jsonbs(strings []string) array {
	const version = 1
	null := int32(-1)
	a := newArray(oidJSONB, len(strings), size(strings)+len(strings))
	for _, s := range strings {
		if s == "" {
			a = binary.BigEndian.AppendUint32(a, uint32(null))
			continue
		}
		a = append(binary.BigEndian.AppendUint32(a, uint32(len(s)+1)), version)
		a = append(a, s...)
	}
	return a
}

func size[T ~string](strings []T) (n int) {
	for _, s := range strings {
		n += len(s)
	}
	return n
}
