package market

// Auction makes the auction of event n, which must be one. Three of four are
// from the hot seller. It is open for as long as about inFlight auctions take to
// come, on the average.
func (g *Generator) Auction(n int64) Auction {
	d := g.draws(n)
	size, choices := d.two()
	whose, category := d.two()
	initial, reserve := d.two()
	item, description := d.two()

	seller := lastPerson(n)
	if choices&3 != 0 {
		seller = seller / hotBatch * hotBatch
	} else {
		seller = somePerson(seller, whose)
	}
	now := g.Time(n)
	horizon := g.Time(n+inFlight*epoch/auctions) - now
	a := Auction{
		ID:          firstAuction + lastAuction(n),
		Item:        choose(g.text.items, item),
		Description: choose(g.text.descriptions, description),
		InitialBid:  g.text.price(initial),
		Time:        now,
		Expires:     now + 1 + scaleFar(d.next(), max(2*horizon, 1)),
		Seller:      firstPerson + seller,
		Category:    firstCategory + scale(category, categories),
	}
	a.Reserve = a.InitialBid + g.text.price(reserve)
	a.Extra = g.text.extra(auctionBytes-6*8-len(a.Item)-len(a.Description), size, &d)
	return a
}
