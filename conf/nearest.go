package conf

import "strings"

// longestName bounds the work of nearest for names that come from outside.
const longestName = 128

// nearest returns the known spelling that is fewest edits away from name, or "" when none is near
// enough to be meant.
func nearest(name string) string {
	if len(name) > longestName {
		return ""
	}
	best, bestDistance := "", max(2, len(name)/5)+1
	consider := func(candidate string) {
		// Case and the two separators are what people mix up most, so they cost nothing.
		if d := editDistance(plainName(name), plainName(candidate), bestDistance); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	for _, k := range registry.keys {
		for _, s := range k.spellings() {
			consider(s)
		}
	}
	for _, s := range ineffectiveNames() {
		consider(s)
	}
	return best
}

func plainName(s string) string {
	return strings.ReplaceAll(strings.ToLower(s), "_", "-")
}

// editDistance is the least number of letters to insert, delete, replace or swap with their
// neighbour to make b of a. It may return limit for anything that is not less.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
