package snapshot

import (
	"cmp"
	"slices"
	"time"
)

// Retention says which of a job's checkpoints are kept: the newest ones, then
// fewer and fewer the older they are, as far as they fit into a number of bytes.
type Retention struct {
	Newest   int    // this many newest ones; below 1: 1
	Tiers    []Tier // each keeps what it names; the order does not matter
	MaxBytes int64  // of all that is kept; 0: no limit
}

// Tier keeps one checkpoint of each span of Every, up to the age of For.
//
// Spans lie fixed on the clock, and the first checkpoint of a span is the one
// that is kept. So whether one stays does not depend on those that come after
// it: it is kept from its birth until it is older than For, and two neighbours
// in a tier are never further apart than twice Every. Keeping the last of each
// span instead would replace the choice again and again while a span lasts, and
// lose the span of a job that ends within it.
type Tier struct {
	Every, For time.Duration // both above 0
}

// Candidate is what the rule looks at of a checkpoint.
type Candidate struct {
	ID        int64
	Completed time.Time
	Size      int64 // bytes, shared files included
	Shared    []SharedFile
	Pinned    bool // somebody wants it kept whatever the rule says
}

// Surplus returns the ids of the checkpoints to delete, the oldest first. The
// newest one and pinned ones are never among them. When what is left is more
// than MaxBytes, the oldest go. It is a pure function, and applied to what it
// has left it finds nothing more.
func (r Retention) Surplus(now time.Time, list []Candidate) []int64 {
	newestFirst := slices.SortedFunc(slices.Values(list), func(a, b Candidate) int { return cmp.Compare(b.ID, a.ID) })
	kept := make([]bool, len(newestFirst))
	for i, c := range newestFirst {
		kept[i] = i < max(r.Newest, 1) || c.Pinned
	}
	for _, tier := range r.Tiers {
		tier.keep(now, newestFirst, kept)
	}
	r.fit(newestFirst, kept)
	var surplus []int64
	for i, c := range slices.Backward(newestFirst) {
		if !kept[i] {
			surplus = append(surplus, c.ID)
		}
	}
	return surplus
}

// keep marks the first checkpoint of each span, the younger ones of them.
func (t Tier) keep(now time.Time, newestFirst []Candidate, kept []bool) {
	seen := map[int64]bool{}
	for i, c := range slices.Backward(newestFirst) {
		span := t.span(c.Completed)
		if !seen[span] && now.Sub(c.Completed) <= t.For {
			kept[i] = true
		}
		seen[span] = true
	}
}

// span is the number of the span that a time falls into.
func (t Tier) span(at time.Time) int64 {
	return at.Truncate(t.Every).UnixNano()
}

// fit gives up the oldest of what is kept until the rest fits, but never the
// newest of all nor a pinned one. A shared file counts once, as long as one of
// those that need it is kept.
func (r Retention) fit(newestFirst []Candidate, kept []bool) {
	if r.MaxBytes <= 0 {
		return
	}
	total, users := int64(0), map[string]int{}
	for i, c := range newestFirst {
		if !kept[i] {
			continue
		}
		total += c.Size
		for _, f := range c.Shared {
			if users[f.Name]++; users[f.Name] > 1 {
				total -= f.Size
			}
		}
	}
	for i := len(newestFirst) - 1; i > 0 && total > r.MaxBytes; i-- {
		c := newestFirst[i]
		if !kept[i] || c.Pinned {
			continue
		}
		kept[i] = false
		total -= c.Size
		for _, f := range c.Shared {
			if users[f.Name]--; users[f.Name] > 0 {
				total += f.Size
			}
		}
	}
}
