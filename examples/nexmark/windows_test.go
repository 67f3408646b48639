package main

import (
	"slices"
	"testing"
	"time"

	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

func TestQ5(t *testing.T) {
	try(t, trials(), q5, exactly(func(w world) (want []hotItem) {
		const size, slide = 10_000, 2000
		first, last := w.bids[0].Time, w.bids[len(w.bids)-1].Time
		for end := first/slide*slide + slide; end <= last+size; end += slide {
			bids := map[int64]int64{}
			for _, b := range w.bids {
				if end-size <= b.Time && b.Time < end {
					bids[b.Auction]++
				}
			}
			most := int64(0)
			for _, n := range bids {
				most = max(most, n)
			}
			for auction, n := range bids {
				if n == most {
					want = append(want, hotItem{auction, n, end})
				}
			}
		}
		return want
	}))
}

func TestQ7(t *testing.T) {
	try(t, trials(), q7, exactly(func(w world) (want []highest) {
		for _, bids := range byKey(w.bids, func(b market.Bid) int64 { return b.Time / 10_000 }) {
			top := slices.MaxFunc(bids, func(a, b market.Bid) int { return int(a.Price - b.Price) })
			for _, b := range bids {
				if b.Price == top.Price {
					want = append(want, highest{b.Auction, b.Price, b.Bidder, b.Time, b.Extra})
				}
			}
		}
		return want
	}))
}

// TestEqualScoresAllWin tries winners on what the prices of q7 seldom have.
func TestEqualScoresAllWin(t *testing.T) {
	const size = 10_000
	highestRank := func(in events) *stream.Stream[market.Bid] {
		return winners(in.bids, "highest", size*time.Millisecond, func(b market.Bid) ranking {
			return ranking{b.Time / size, int64(rankOf(b.Price))}
		})
	}
	try(t, trials(), highestRank, exactly(func(w world) (want []market.Bid) {
		for _, b := range w.bids {
			if b.Price >= rank3 {
				want = append(want, b)
			}
		}
		return want
	}))
}

func TestQ11(t *testing.T) {
	try(t, trials(), q11, exactly(func(w world) (want []activity) {
		const gap = 10_000
		for bidder, bids := range byKey(w.bids, func(b market.Bid) int64 { return b.Bidder }) {
			times := []int64{}
			for _, b := range bids {
				times = append(times, b.Time)
			}
			slices.Sort(times)
			from := 0
			for i := range times {
				if i+1 == len(times) || times[i+1]-times[i] > gap {
					want = append(want, activity{bidder, int64(i + 1 - from), times[from], times[i] + gap})
					from = i + 1
				}
			}
		}
		return want
	}))
}

// TestQ12 checks what does not depend on when it runs: each bid is in one window.
func TestQ12(t *testing.T) {
	try(t, trials(), q12, func(t *testing.T, w world, got []activity, _ bool) {
		type window struct{ bidder, start int64 }
		seen, sum, want := map[window]bool{}, map[int64]int64{}, map[int64]int64{}
		for _, a := range got {
			at := window{a.Bidder, a.Start}
			if seen[at] || a.Start%10_000 != 0 || a.End != a.Start+10_000 || a.Bids < 1 {
				t.Errorf("%+v is twice there, or is no window of ten seconds", a)
			}
			seen[at] = true
			sum[a.Bidder] += a.Bids
		}
		for _, b := range w.bids {
			want[b.Bidder]++
		}
		sameLatest(t, sum, want)
	})
}
