package conf

import (
	"fmt"
	"math"
	"strings"
)

// Memory is a size in bytes.
type Memory int64

// The units of [Memory].
const (
	Byte Memory = 1
	KiB         = 1024 * Byte
	MiB         = 1024 * KiB
	GiB         = 1024 * MiB
	TiB         = 1024 * GiB
)

// memoryUnit knows the spellings of Flink's configuration. All are powers of 1024.
func memoryUnit(name string) (each Memory, known bool) {
	switch name {
	case "b", "byte", "bytes":
		return Byte, true
	case "k", "kb", "kib", "kibibyte", "kibibytes":
		return KiB, true
	case "m", "mb", "mib", "mebibyte", "mebibytes":
		return MiB, true
	case "g", "gb", "gib", "gibibyte", "gibibytes":
		return GiB, true
	case "t", "tb", "tib", "tebibyte", "tebibytes":
		return TiB, true
	}
	return 0, false
}

// ParseMemory reads a size such as "1024m", "1 gb" or "64 mebibytes", in any case. bare is the
// unit of a number without one: [MiB] for the size of a container (as -yjm and -ytm always
// had it), [Byte] elsewhere.
func ParseMemory(text string, bare Memory) (Memory, error) {
	number, unit, ok := splitNumber(strings.ToLower(strings.TrimSpace(text)))
	each, known := memoryUnit(unit)
	if unit == "" {
		each, known = bare, true
	}
	if !ok || !known || number > math.MaxInt64/int64(each) {
		return 0, fmt.Errorf("%q is not a size", text)
	}
	return Memory(number) * each, nil
}

// MiB is the size in mebibytes, rounded up: YARN counts in whole ones.
func (m Memory) MiB() int {
	return int(m/MiB) + min(1, int(m%MiB))
}

// String writes m as [ParseMemory] reads it, in the largest unit that divides it: "1g", "1536m".
func (m Memory) String() string {
	for _, u := range []struct {
		each Memory
		name string
	}{{TiB, "t"}, {GiB, "g"}, {MiB, "m"}, {KiB, "k"}} {
		if m != 0 && m%u.each == 0 {
			return fmt.Sprintf("%d%s", m/u.each, u.name)
		}
	}
	return fmt.Sprintf("%db", int64(m))
}
