package conf

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// timeUnit knows the spellings of Flink's configuration; a bare number is milliseconds.
func timeUnit(name string) (each time.Duration, known bool) {
	switch name {
	case "ns", "nano", "nanos", "nanosecond", "nanoseconds":
		return time.Nanosecond, true
	case "us", "µs", "micro", "micros", "microsecond", "microseconds":
		return time.Microsecond, true
	case "", "ms", "milli", "millis", "millisecond", "milliseconds":
		return time.Millisecond, true
	case "s", "sec", "secs", "second", "seconds":
		return time.Second, true
	case "m", "min", "mins", "minute", "minutes":
		return time.Minute, true
	case "h", "hour", "hours":
		return time.Hour, true
	case "d", "day", "days":
		return 24 * time.Hour, true
	}
	return 0, false
}

// ParseDuration reads a duration as Flink's configuration writes it ("10 s", "3min", "PT10S",
// "1500": a bare number is milliseconds) or as Go does ("1m30s"). It is never negative, and one
// that does not fit a [time.Duration] (292 years) is an error.
func ParseDuration(text string) (time.Duration, error) {
	s := strings.ToLower(strings.TrimSpace(text))
	if strings.HasPrefix(s, "p") {
		if d, ok := parseISO(s[1:]); ok {
			return d, nil
		}
		return 0, fmt.Errorf("%q is not a duration", text)
	}
	if number, unit, ok := splitNumber(s); ok {
		if each, known := timeUnit(unit); known && number <= math.MaxInt64/int64(each) {
			return time.Duration(number) * each, nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return d, nil
	}
	return 0, fmt.Errorf("%q is not a duration", text)
}

// splitNumber cuts "10 s" into 10 and "s".
func splitNumber(s string) (number int64, unit string, ok bool) {
	end := 0
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	number, err := strconv.ParseInt(s[:end], 10, 64)
	return number, strings.TrimSpace(s[end:]), err == nil
}

// parseISO reads what follows the P of an ISO 8601 duration, in lower case: "1dt2h3m4.5s". Its
// time part has the form of Go's durations, so only the days are of our own reading.
func parseISO(s string) (time.Duration, bool) {
	date, clock, hasClock := strings.Cut(s, "t")
	if (date == "" && !hasClock) || (hasClock && clock == "") {
		return 0, false
	}
	var total time.Duration
	if date != "" {
		n, unit, ok := splitNumber(date)
		if !ok || unit != "d" || n > math.MaxInt64/int64(24*time.Hour) {
			return 0, false
		}
		total = time.Duration(n) * 24 * time.Hour
	}
	if hasClock {
		if strings.Trim(clock, "0123456789.hms") != "" || strings.Contains(clock, "ms") {
			return 0, false
		}
		d, err := time.ParseDuration(clock)
		if err != nil || d > math.MaxInt64-total {
			return 0, false
		}
		total += d
	}
	return total, true
}

// FormatDuration writes d as [ParseDuration] reads it, in the largest unit that divides it:
// "10 s", "3 min", "0 ms".
func FormatDuration(d time.Duration) string {
	for _, u := range []struct {
		each time.Duration
		name string
	}{
		{24 * time.Hour, "d"},
		{time.Hour, "h"},
		{time.Minute, "min"},
		{time.Second, "s"},
		{time.Millisecond, "ms"},
		{time.Microsecond, "us"},
	} {
		if d != 0 && d%u.each == 0 {
			return fmt.Sprintf("%d %s", d/u.each, u.name)
		}
	}
	if d == 0 {
		return "0 ms"
	}
	return fmt.Sprintf("%d ns", d)
}
