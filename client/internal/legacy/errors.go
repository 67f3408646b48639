package legacy

import (
	"fmt"
	"strings"
)

// UnknownError says that a command has no such option.
type UnknownError struct {
	Option  string // as typed, with its dashes
	Nearest string // the option that was perhaps meant, with its dashes; "" if none is near
}

// Error describes the option.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("unknown option %s", e.Option)
}

// MissingError says that an option stands without the value that it needs.
type MissingError struct {
	Option string // as typed, with its dashes
	Value  string // what the value is: "path"
}

// Error describes the option.
func (e *MissingError) Error() string {
	return fmt.Sprintf("%s needs a value: %s <%s>", e.Option, e.Option, e.Value)
}

// unknown finds the known option next to one that is not.
func (r *rewriter) unknown(typed string) error {
	var known []string
	for name := range r.names {
		known = append(known, name)
	}
	bare := strings.TrimLeft(typed, "-")
	if nearest := Nearest(bare, known); nearest != "" {
		return &UnknownError{Option: typed, Nearest: r.dashed(nearest)}
	}
	return &UnknownError{Option: typed}
}

// dashed spells a name as the help does.
func (r *rewriter) dashed(name string) string {
	if r.names[name].Name == name {
		return "--" + name
	}
	return "-" + name
}

// Nearest returns the candidate that word was most probably meant to be, or ""
// if none is near: at most a third of the letters may differ, and always one.
func Nearest(word string, candidates []string) string {
	best, nearest := max(1, len(word)/3)+1, ""
	for _, candidate := range candidates {
		d := distance(strings.ToLower(word), strings.ToLower(candidate))
		if d < best || (d == best && nearest != "" && closer(word, candidate, nearest)) {
			best, nearest = d, candidate
		}
	}
	return nearest
}

// closer decides between two candidates at the same distance: the one that
// begins as the word does, and always the same one.
func closer(word, a, b string) bool {
	if x, y := commonPrefix(word, a), commonPrefix(word, b); x != y {
		return x > y
	}
	return a < b
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// distance counts the letters to add, drop, change or swap with a neighbour.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 { // nobody means a name so long
		return 64
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			rows[i][j] = min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
