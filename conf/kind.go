package conf

import (
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"
)

// kind says how values of one type are read, written and limited.
type kind[T any] struct {
	// allowed is the end of a sentence that begins "allowed is".
	allowed string
	// parse reports false for text that is not allowed.
	parse func(text string) (v T, ok bool)
	// format writes a value so that parse reads the same value again.
	format func(T) string
}

// unset is how the text of an optional setting looks when it has no value.
const unset = ""

func textKind() kind[string] {
	return kind[string]{
		allowed: "text",
		parse:   func(s string) (string, bool) { return strings.TrimSpace(s), true },
		format:  func(s string) string { return s },
	}
}

func boolKind() kind[bool] {
	return kind[bool]{
		allowed: "true or false",
		parse: func(s string) (v, ok bool) {
			s = strings.ToLower(strings.TrimSpace(s))
			return s == "true", s == "true" || s == "false"
		},
		format: strconv.FormatBool,
	}
}

func intKind(least, most int) kind[int] {
	allowed := fmt.Sprintf("a whole number from %d to %d", least, most)
	if most == math.MaxInt32 {
		allowed = fmt.Sprintf("a whole number of at least %d", least)
	}
	return kind[int]{
		allowed: allowed,
		parse: func(s string) (int, bool) {
			n, err := strconv.Atoi(strings.TrimSpace(s))
			return n, err == nil && n >= least && n <= most
		},
		format: strconv.Itoa,
	}
}

// instead lets Flink's -1 ("decide for me") stand for another number. -1 is what Flink's own
// files say, so it must stay readable, but no other package should have to know about it.
func instead(k kind[int], minusOne int) kind[int] {
	return kind[int]{
		allowed: k.allowed + ", or -1",
		parse: func(s string) (int, bool) {
			if strings.TrimSpace(s) == "-1" {
				return minusOne, true
			}
			return k.parse(s)
		},
		format: func(n int) string {
			if text := k.format(n); n != minusOne {
				return text
			} else if _, ok := k.parse(text); ok {
				return text
			}
			return "-1"
		},
	}
}

func floatKind(least, most float64) kind[float64] {
	return kind[float64]{
		allowed: fmt.Sprintf("a number from %v to %v", least, most),
		parse: func(s string) (float64, bool) {
			f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
			return f, err == nil && f >= least && f <= most // NaN is not
		},
		format: func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) },
	}
}

// durationKind takes durations of at least least; where optional is set also "off" (in several
// spellings), which is 0.
func durationKind(least time.Duration, optional bool) kind[time.Duration] {
	allowed := `a duration such as "10 s", "3min" or "PT10S" (a bare number is milliseconds)`
	if least > 0 {
		allowed += ", at least " + FormatDuration(least)
	}
	if optional {
		allowed += `, or "off"`
	}
	return kind[time.Duration]{
		allowed: allowed,
		parse: func(s string) (time.Duration, bool) {
			if optional && isOff(s) {
				return 0, true
			}
			d, err := ParseDuration(s)
			return d, err == nil && (d >= least || (optional && d == 0))
		},
		format: FormatDuration,
	}
}

func isOff(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case unset, "off", "none", "-1", "0":
		return true
	}
	return false
}

// memoryKind takes sizes from least to most; bare is the unit of a number without one.
func memoryKind(bare, least, most Memory) kind[Memory] {
	return kind[Memory]{
		allowed: fmt.Sprintf(`a size such as "512m" or "2g" (a bare number is %s), from %s to %s`,
			map[Memory]string{Byte: "bytes", MiB: "mebibytes"}[bare], least, most),
		parse: func(s string) (Memory, bool) {
			m, err := ParseMemory(s, bare)
			return m, err == nil && m >= least && m <= most
		},
		format: Memory.String,
	}
}

// enumKind takes one of values in any case, with - or _ between words, or one of the synonyms
// (written in lower case with -).
func enumKind[T ~string](synonyms map[string]T, values ...T) kind[T] {
	plain := func(s string) string {
		return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "_", "-")
	}
	known := maps.Clone(synonyms)
	if known == nil {
		known = map[string]T{}
	}
	var names []string
	for _, v := range values {
		known[plain(string(v))] = v
		if v != unset {
			names = append(names, string(v))
		}
	}
	return kind[T]{
		allowed: oneOf(names),
		parse: func(s string) (T, bool) {
			v, ok := known[plain(s)]
			return v, ok
		},
		format: func(v T) string { return string(v) },
	}
}

// oneOf lists words as prose does: "a, b or c".
func oneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
