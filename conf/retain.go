package conf

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Retain says which checkpoints of a job stay while newer ones come.
type Retain struct {
	Newest int // this many newest ones; 0: as state.checkpoints.num-retained says
	Tiers  []RetainTier
}

// RetainTier keeps one checkpoint per Every, up to the age of For.
type RetainTier struct{ Every, For time.Duration }

// Limits of a Retain: more tiers than maxTiers, or spans below a second, are a slip of the pen.
const (
	maxTiers  = 20
	leastSpan = time.Second
)

func retainKind() kind[Retain] {
	return kind[Retain]{
		allowed: `a number of newest ones and then tiers "<every> for <age>", such as "20, 10m for 6h, 1h for 2d"`,
		parse:   parseRetain,
		format:  formatRetain,
	}
}

// parseRetain reads "20, 10m for 6h, 1h for 2d". The number may be left out, and so may the tiers.
func parseRetain(text string) (Retain, bool) {
	var r Retain
	for i, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		if n, err := strconv.Atoi(part); err == nil && i == 0 {
			if n < 1 || n > math.MaxInt32 {
				return Retain{}, false
			}
			r.Newest = n
			continue
		}
		tier, ok := parseTier(part)
		if !ok || len(r.Tiers) == maxTiers {
			return Retain{}, false
		}
		r.Tiers = append(r.Tiers, tier)
	}
	return r, true
}

func parseTier(text string) (RetainTier, bool) {
	every, age, found := strings.Cut(text, " for ")
	if !found {
		return RetainTier{}, false
	}
	tier := RetainTier{}
	var err error
	if tier.Every, err = ParseDuration(every); err != nil {
		return tier, false
	}
	if tier.For, err = ParseDuration(age); err != nil {
		return tier, false
	}
	return tier, tier.Every >= leastSpan && tier.For >= tier.Every
}

func formatRetain(r Retain) string {
	var parts []string
	if r.Newest > 0 {
		parts = append(parts, strconv.Itoa(r.Newest))
	}
	for _, t := range r.Tiers {
		parts = append(parts, fmt.Sprintf("%s for %s", FormatDuration(t.Every), FormatDuration(t.For)))
	}
	return strings.Join(parts, ", ")
}

// EffectiveRetain is which checkpoints stay. Who sets the number and no tiers means that number.
func EffectiveRetain(c *Conf) Retain {
	r := Get(c, CheckpointRetain)
	if !c.IsSet(CheckpointRetain.Name) && c.IsSet(NumRetained.Name) {
		r = Retain{}
	}
	if r.Newest == 0 {
		r.Newest = Get(c, NumRetained)
	}
	return r
}

// limitKind takes a size, or "none", which is 0.
func limitKind() kind[Memory] {
	return kind[Memory]{
		allowed: `a size such as "500g" (a bare number is bytes), or "none"`,
		parse: func(s string) (Memory, bool) {
			if isOff(s) {
				return 0, true
			}
			m, err := ParseMemory(s, Byte)
			return m, err == nil
		},
		format: func(m Memory) string {
			if m == 0 {
				return "none"
			}
			return m.String()
		},
	}
}
