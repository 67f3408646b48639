package yarnrest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ApplicationID names an application of a cluster. Its text form is application_<timestamp>_<number>, where the timestamp
// is the ResourceManager's start in milliseconds since 1970 and the number counts from 1 and has at least four digits.
// The zero value names none. Values can be compared with ==.
type ApplicationID struct {
	Timestamp int64 // milliseconds since 1970; positive
	Number    int   // 1 to 2147483647
}

const applicationPrefix = "application_"

// ParseApplicationID reads the text form, with or without leading zeros in the number. The error is one line that shows
// the text and the form wanted.
func ParseApplicationID(text string) (ApplicationID, error) {
	rest, ok := strings.CutPrefix(text, applicationPrefix)
	timestampText, numberText, ok2 := strings.Cut(rest, "_")
	timestamp, ok3 := parseDigits(timestampText, math.MaxInt64)
	number, ok4 := parseDigits(numberText, math.MaxInt32)
	if !ok || !ok2 || !ok3 || !ok4 {
		return ApplicationID{}, fmt.Errorf("malformed application id %s: want application_<timestamp>_<number>, such as application_1700000000000_0001", quoteShort(text))
	}
	return ApplicationID{timestamp, int(number)}, nil
}

// parseDigits reads a positive decimal number of at most 19 digits, without the sign that strconv allows.
func parseDigits(text string, limit int64) (int64, bool) {
	if len(text) == 0 || len(text) > 19 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n > 0 && n <= limit
}

// quoteShort quotes bytes from outside for an error line, cut to a readable length.
func quoteShort(text string) string {
	const longest = 80
	if len(text) > longest {
		text = text[:longest] + "..."
	}
	return strconv.Quote(text)
}

// String returns the text form, as YARN prints it; empty for the zero value.
func (id ApplicationID) String() string {
	if id.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s%d_%04d", applicationPrefix, id.Timestamp, id.Number)
}

// IsZero says whether id names no application.
func (id ApplicationID) IsZero() bool { return id == ApplicationID{} }

// MarshalText implements [encoding.TextMarshaler] with the text form.
func (id ApplicationID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseApplicationID]; empty text gives the zero value.
func (id *ApplicationID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ApplicationID{}
		return nil
	}
	parsed, err := ParseApplicationID(string(text))
	if err == nil {
		*id = parsed
	}
	return err
}
