package main

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/weft-stream/weft/examples/nexmark/market"
)

// tallyOf counts bids and those who are in them, with a set for each number.
func tallyOf(bids []market.Bid) tally {
	in := func(rank int, b market.Bid) bool {
		switch rank {
		case 1:
			return b.Price < 10_000
		case 2:
			return b.Price >= 10_000 && b.Price < 1_000_000
		case 3:
			return b.Price >= 1_000_000
		}
		return true
	}
	var n [3][4]int64
	for rank := range 4 {
		bidders, auctions := map[int64]bool{}, map[int64]bool{}
		for _, b := range bids {
			if in(rank, b) {
				n[0][rank]++
				bidders[b.Bidder], auctions[b.Auction] = true, true
			}
		}
		n[1][rank], n[2][rank] = int64(len(bidders)), int64(len(auctions))
	}
	of := func(n [4]int64) ranked { return ranked{n[0], n[1], n[2], n[3]} }
	return tally{of(n[0]), of(n[1]), of(n[2])}
}

// day returns the day of a bid the long way round.
func day(b market.Bid) int64 {
	midnight := time.UnixMilli(b.Time).UTC().Truncate(24 * time.Hour)
	return midnight.Unix() / 86_400
}

// neverFalls fails the test if a number of a group goes back from row to row.
func neverFalls[K comparable](t *testing.T, groups map[K][]tally) {
	t.Helper()
	for k, rows := range groups {
		for i := 1; i < len(rows); i++ {
			a, b := rows[i-1], rows[i]
			if b.Bids.All < a.Bids.All || b.Bidders.All < a.Bidders.All || b.Auctions.All < a.Auctions.All || a == b {
				t.Fatalf("group %+v: after %+v comes %+v", k, a, b)
			}
		}
	}
}

func TestQ15(t *testing.T) {
	try(t, daily(), q15, func(t *testing.T, w world, got []dayOfBids, _ bool) {
		groups, tallies, want := byKey(got, func(d dayOfBids) int64 { return d.Day }), map[int64][]tally{}, map[int64]dayOfBids{}
		for d, bids := range byKey(w.bids, day) {
			want[d] = dayOfBids{d, tallyOf(bids)}
		}
		sameLatest(t, latest(groups), want)
		for d, rows := range groups {
			for _, r := range rows {
				tallies[d] = append(tallies[d], r.Tally)
			}
		}
		neverFalls(t, tallies)
	})
}

func TestQ16(t *testing.T) {
	type row = standing[channelDay]
	try(t, daily(), q16, func(t *testing.T, w world, got []row, _ bool) {
		groups, tallies, want := byKey(got, func(r row) channelDay { return r.Group }), map[channelDay][]tally{}, map[channelDay]row{}
		for g, bids := range byKey(w.bids, func(b market.Bid) channelDay { return channelDay{b.Channel, day(b)} }) {
			end := bids[len(bids)-1] // they are in order
			at := time.UnixMilli(end.Time).UTC()
			want[g] = row{g, tallyOf(bids), int64(at.Hour()*60 + at.Minute())}
		}
		sameLatest(t, latest(groups), want)
		for g, rows := range groups {
			for _, r := range rows {
				tallies[g] = append(tallies[g], r.Tally)
			}
		}
		neverFalls(t, tallies)
	})
}

func TestQ17(t *testing.T) {
	try(t, daily(), q17, func(t *testing.T, w world, got []dayOfAuction, inOrder bool) {
		key := func(r dayOfAuction) auctionDay { return auctionDay{r.Auction, r.Day} }
		want := map[auctionDay][]dayOfAuction{}
		for on, bids := range byKey(w.bids, func(b market.Bid) auctionDay { return auctionDay{b.Auction, day(b)} }) {
			prices := []int64{} // ascending
			for _, b := range bids {
				prices = append(prices, b.Price)
				slices.Sort(prices)
				sum, all := int64(0), int64(len(prices))
				for _, p := range prices {
					sum += p
				}
				cheap, _ := slices.BinarySearch(prices, 10_000)
				dear, _ := slices.BinarySearch(prices, 1_000_000)
				want[on] = append(want[on], dayOfAuction{
					Auction: on.Auction, Day: on.Day, Bids: ranked{all, int64(cheap), int64(dear - cheap), all - int64(dear)},
					MinPrice: prices[0], MaxPrice: prices[all-1], Average: sum / all, Sum: sum,
				})
			}
		}
		groups := byKey(got, key)
		sameGroups(t, groups, want, inOrder)
		if len(got) != len(w.bids) {
			t.Errorf("%d rows, want one for each of %d bids", len(got), len(w.bids))
		}
	})
}

func TestQ18(t *testing.T) {
	key := func(b market.Bid) bidderAuction { return bidderAuction{b.Bidder, b.Auction} }
	lastFirst := func(a, b market.Bid) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(b.Price, a.Price),
			cmp.Compare(b.Channel, a.Channel), cmp.Compare(b.URL, a.URL), cmp.Compare(b.Extra, a.Extra))
	}
	try(t, trials(), q18, func(t *testing.T, w world, got []market.Bid, inOrder bool) {
		want := map[bidderAuction][]market.Bid{}
		for k, bids := range byKey(w.bids, key) {
			for i, b := range bids {
				if i == 0 || lastFirst(b, want[k][len(want[k])-1]) < 0 {
					want[k] = append(want[k], b)
				}
			}
		}
		sameGroups(t, byKey(got, key), want, inOrder)
	})
}

func TestQ19(t *testing.T) {
	type place struct{ auction, rank int64 }
	try(t, trials(), q19, func(t *testing.T, w world, got []placed, inOrder bool) {
		want := map[place][]placed{}
		for auction, bids := range byKey(w.bids, func(b market.Bid) int64 { return b.Auction }) {
			var before []market.Bid
			for _, b := range bids {
				now := append(slices.Clone(before), b)
				slices.SortFunc(now, highestFirst)
				now = now[:min(len(now), 10)]
				for i, b := range now {
					if i >= len(before) || before[i] != b {
						at := place{auction, int64(i + 1)}
						want[at] = append(want[at], placed{b, at.rank})
					}
				}
				before = now
			}
		}
		sameGroups(t, byKey(got, func(p placed) place { return place{p.Bid.Auction, p.Rank} }), want, inOrder)
	})
}
