package market

const (
	// inFlight is about how many auctions are open at a time: bids that are not
	// for the hot auction are for one of the latest so many.
	inFlight = 100
	// active is how many of the latest persons sell and bid.
	active = 1000
	// lead is how many auctions or persons an event may be ahead of: one that it
	// names comes only later, as if the two had changed places.
	lead = 10
	// hotBatch is how many auctions or persons share a hot one.
	hotBatch = 100
)

// Bid makes the bid of event n, which must be one. Half of the bids are for the
// hot auction, three of four are from the hot bidder, half come over one of four
// channels.
func (g *Generator) Bid(n int64) Bid {
	d := g.draws(n)
	size, choices := d.two()
	whose, which := d.two()
	price, channel := d.two()

	// What is hot and what is not is worked out both, and one of them taken: a
	// processor that guesses wrong which branch comes next loses more time.
	latest := lastAuction(n)
	oldest := max(latest-inFlight, 0)
	auction := oldest + scale(which, latest-oldest+1+lead)
	if hot := latest / hotBatch * hotBatch; choices&1 == 0 {
		auction = hot
	}
	last := lastPerson(n)
	bidder := somePerson(last, whose)
	if hot := last/hotBatch*hotBatch + 1; choices>>1&3 != 0 { // hot sellers are the first of each batch
		bidder = hot
	}
	by := hotChannels + scale(channel, channels)
	if hot := int64(choices >> 4 & (hotChannels - 1)); choices>>3&1 == 0 {
		by = hot
	}
	at := &g.text.channels[by]
	return Bid{
		Auction: firstAuction + auction,
		Bidder:  firstPerson + bidder,
		Price:   g.text.price(price),
		Channel: at.name,
		URL:     at.url,
		Time:    g.Time(n),
		Extra:   g.text.extra(bidBytes-4*8, size, &d),
	}
}

// somePerson chooses one of the active persons, or of those who come next. last
// is the latest person.
func somePerson(last int64, random uint32) int64 {
	living := min(last+1, active)
	return last + 1 - living + scale(random, living+lead)
}
