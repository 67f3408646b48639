package main

import (
	"cmp"
	"slices"
	"testing"

	"github.com/weft-stream/weft/examples/nexmark/market"
)

func TestQ3(t *testing.T) {
	try(t, trials(), q3, exactly(func(w world) (want []suggestion) {
		for _, p := range w.persons {
			if p.State != "OR" && p.State != "ID" && p.State != "CA" {
				continue
			}
			for _, a := range w.auctions {
				if a.Seller == p.ID && a.Category == 10 {
					want = append(want, suggestion{p.Name, p.City, p.State, a.ID})
				}
			}
		}
		return want
	}))
}

// winningBids finds the winner of each auction by sorting its bids.
func winningBids(w world) (all []winner) {
	bidsFor := byKey(w.bids, func(b market.Bid) int64 { return b.Auction })
	for _, a := range w.auctions {
		var valid []market.Bid
		for _, b := range bidsFor[a.ID] {
			if a.Time <= b.Time && b.Time <= a.Expires {
				valid = append(valid, b)
			}
		}
		if len(valid) == 0 {
			continue
		}
		slices.SortFunc(valid, highestFirst)
		all = append(all, winner{a, valid[0]})
	}
	return all
}

func highestFirst(a, b market.Bid) int {
	return cmp.Or(cmp.Compare(b.Price, a.Price), cmp.Compare(a.Time, b.Time), cmp.Compare(a.Bidder, b.Bidder),
		cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.URL, b.URL), cmp.Compare(a.Extra, b.Extra))
}

func TestQ4(t *testing.T) {
	try(t, trials(), q4, func(t *testing.T, w world, got []average, _ bool) {
		want, sums := map[int64]average{}, map[int64]int64{}
		for _, s := range winningBids(w) {
			a := want[s.Auction.Category]
			sums[s.Auction.Category] += s.Bid.Price
			n := a.Auctions + 1
			want[s.Auction.Category] = average{s.Auction.Category, sums[s.Auction.Category] / n, n}
		}
		groups := byKey(got, func(a average) int64 { return a.Category })
		sameLatest(t, latest(groups), want)
		for category, rows := range groups {
			for i, r := range rows {
				if r.Auctions != int64(i+1) {
					t.Fatalf("row %d of category %d is the average of %d auctions", i+1, category, r.Auctions)
				}
			}
		}
	})
}

func TestQ8(t *testing.T) {
	try(t, trials(), q8, exactly(func(w world) (want []newSeller) {
		const size = 10_000
		type sale struct{ person, window int64 }
		sales := map[sale]bool{}
		for _, a := range w.auctions {
			sales[sale{a.Seller, a.Time / size}] = true
		}
		for _, p := range w.persons {
			if sales[sale{p.ID, p.Time / size}] {
				want = append(want, newSeller{p.ID, p.Name, p.Time / size * size})
			}
		}
		return want
	}))
}

func TestQ9(t *testing.T) { try(t, trials(), q9, exactly(winningBids)) }

func TestQ20(t *testing.T) {
	try(t, trials(), q20, exactly(func(w world) (want []expanded) {
		bidsFor := byKey(w.bids, func(b market.Bid) int64 { return b.Auction })
		for _, a := range w.auctions {
			if a.Category == 10 {
				for _, b := range bidsFor[a.ID] {
					want = append(want, expanded{b, a})
				}
			}
		}
		return want
	}))
}
