package main

import (
	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// suggestion is an auction near the customer.
type suggestion struct {
	Name, City, State string
	Auction           int64
}

// seller is what q3 needs of a person.
type seller struct {
	ID                int64
	Name, City, State string
}

// q3 finds who in Oregon, Idaho or California sells things of category 10. An
// auction may come before its seller.
func q3(in events) *stream.Stream[suggestion] {
	const category = 10
	sellers := stream.Map(in.persons, func(p market.Person) seller { return seller{p.ID, p.Name, p.City, p.State} })
	chosen := stream.Filter(in.auctions, func(a market.Auction) bool { return a.Category == category })
	sales := stream.Map(chosen, func(a market.Auction) sale { return sale{a.Seller, a.ID} })
	return match(
		stream.KeyBy(sellers, func(s seller) int64 { return s.ID }),
		stream.KeyBy(sales, func(s sale) int64 { return s.Seller }),
		"suggestions",
		func(s seller) bool { return s.State == "OR" || s.State == "ID" || s.State == "CA" },
		func(s seller, of sale) suggestion { return suggestion{s.Name, s.City, s.State, of.Auction} },
	)
}

// sale says who sells in an auction.
type sale struct{ Seller, Auction int64 }
