package main

import (
	"time"

	"github.com/weft-stream/weft/examples/nexmark/market"
)

// ranked counts something by the rank of prices: all, those below 100 dollars,
// those below 10,000, and the others.
type ranked struct{ All, Rank1, Rank2, Rank3 int64 }

const (
	rank2 = 10_000    // cents
	rank3 = 1_000_000 // cents
)

// rankOf returns the rank of a price: 1, 2 or 3.
func rankOf(price int64) int {
	switch {
	case price < rank2:
		return 1
	case price < rank3:
		return 2
	}
	return 3
}

// count counts a bid of a price.
func (r *ranked) count(price int64) {
	r.All++
	switch rankOf(price) {
	case 1:
		r.Rank1++
	case 2:
		r.Rank2++
	default:
		r.Rank3++
	}
}

func (r ranked) plus(other ranked) ranked {
	return ranked{r.All + other.All, r.Rank1 + other.Rank1, r.Rank2 + other.Rank2, r.Rank3 + other.Rank3}
}

// dayOf returns the day of a bid: days since 1970, in UTC.
func dayOf(b market.Bid) int64 { return b.Time / (24 * time.Hour).Milliseconds() }
