package voice

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bytes writes a size as people read it: 0 B, 812 B, 11.2 MB (of 1,000,000).
func Bytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1000, 0
	for value >= 999.95 && unit < len(units)-1 {
		value /= 1000
		unit++
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}

var units = []string{"kB", "MB", "GB", "TB", "PB"}

// Age writes a length of time in its two largest units: 4s, 3m 5s, 2h 10m, 5d 1h.
func Age(d time.Duration) string {
	seconds := max(0, int64(d/time.Second))
	switch {
	case seconds < 60:
		return fmt.Sprintf("%ds", seconds)
	case seconds < 3600:
		return fmt.Sprintf("%dm %ds", seconds/60, seconds%60)
	case seconds < 24*3600:
		return fmt.Sprintf("%dh %dm", seconds/3600, seconds/60%60)
	}
	return fmt.Sprintf("%dd %dh", seconds/(24*3600), seconds/3600%24)
}

// Count writes a whole number with its thousands apart: 1,234,567.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Plural writes a number with its noun: 1 job, 2 jobs.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Bar draws how much of a whole is done, ten cells wide: [####------]. A whole of
// nothing is done.
func Bar(done, whole int64) string {
	const cells = 10
	full := cells
	if whole > 0 {
		full = int(min(max(done, 0), whole) * cells / whole)
	}
	return "[" + strings.Repeat("#", full) + strings.Repeat("-", cells-full) + "]"
}
