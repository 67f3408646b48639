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

// memoryUnits are the spellings of Flink's configuration. All are powers of 1024.
var memoryUnits = map[string]Memory{
	"b": Byte, "byte": Byte, "bytes": Byte,
	"k": KiB, "kb": KiB, "kib": KiB, "kibibyte": KiB, "kibibytes": KiB,
	"m": MiB, "mb": MiB, "mib": MiB, "mebibyte": MiB, "mebibytes": MiB,
	"g": GiB, "gb": GiB, "gib": GiB, "gibibyte": GiB, "gibibytes": GiB,
	"t": TiB, "tb": TiB, "tib": TiB, "tebibyte": TiB, "tebibytes": TiB,
}

// ParseMemory reads a size such as "1024m", "1 gb" or "64 mebibytes", in any case. bare is the
// unit of a number without one: [MiB] for the size of a container (as -yjm and -ytm always
// had it), [Byte] elsewhere.
func ParseMemory(text string, bare Memory) (Memory, error) {
	number, unit, ok := splitNumber(strings.ToLower(strings.TrimSpace(text)))
	each, known := memoryUnits[unit]
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
