package main

import (
	"math"
	"strings"
	"testing"

	"github.com/weft-stream/weft/examples/nexmark/market"
)

func TestQ0(t *testing.T) {
	try(t, trials(), q0, exactly(func(w world) (want []passed) {
		for _, b := range w.bids {
			want = append(want, passed{Auction: b.Auction, Bidder: b.Bidder, Price: b.Price, Time: b.Time, Extra: b.Extra})
		}
		return want
	}))
}

func TestQ1(t *testing.T) {
	try(t, trials(), q1, exactly(func(w world) (want []inEuros) {
		for _, b := range w.bids {
			euros := int64(math.Round(0.908 * float64(b.Price) * 1000))
			want = append(want, inEuros{Auction: b.Auction, Bidder: b.Bidder, Price: euros, Time: b.Time, Extra: b.Extra})
		}
		return want
	}))
}

func TestQ2(t *testing.T) {
	try(t, trials(), q2, exactly(func(w world) (want []offer) {
		byAuction := byKey(w.bids, func(b market.Bid) int64 { return b.Auction })
		for auction := int64(0); auction < 10_000; auction += 123 {
			for _, b := range byAuction[auction] {
				want = append(want, offer{Auction: auction, Price: b.Price})
			}
		}
		return want
	}))
}

func TestQ22(t *testing.T) {
	try(t, trials(), q22, exactly(func(w world) (want []located) {
		for _, b := range w.bids {
			parts := strings.Split(b.URL, "/")
			want = append(want, located{b.Auction, b.Bidder, b.Price, b.Channel, parts[3], parts[4], parts[5]})
		}
		return want
	}))
}
