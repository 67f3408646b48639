// Package market makes up the events of an online auction house, as the Nexmark
// benchmark defines them: people register, put items up for auction, and bid.
//
// Events are numbered from 0. Event n is a pure function of n, of the stream's
// rate and of its seed, so any part of the stream can be made again, in any
// process and in any order. Of each 50 events the first is a person, the next
// three are auctions and the other 46 are bids.
package market

// Kind is what an event is about.
type Kind uint8

// The kinds of events.
const (
	OfPerson Kind = iota
	OfAuction
	OfBid
)

// A Person has registered.
type Person struct {
	ID         int64
	Name       string
	Email      string
	CreditCard string
	City       string
	State      string
	Time       int64 // of the registration, ms since 1970
	Extra      string
}

// An Auction of an item was opened.
type Auction struct {
	ID          int64
	Item        string
	Description string
	InitialBid  int64 // cents
	Reserve     int64 // cents
	Time        int64 // of its opening, ms since 1970
	Expires     int64 // the last moment at which a bid counts, ms since 1970
	Seller      int64 // a person's ID
	Category    int64
	Extra       string
}

// A Bid was made.
type Bid struct {
	Auction int64 // its ID
	Bidder  int64 // a person's ID
	Price   int64 // cents
	Channel string
	URL     string
	Time    int64 // ms since 1970
	Extra   string
}

// What the average event weighs, in bytes: Extra fills each up to it. A number
// counts as 8 bytes; a bid's channel and URL are not counted.
const (
	personBytes  = 200
	auctionBytes = 500
	bidBytes     = 100
)

const (
	persons  = 1 // of each epoch
	auctions = 3
	bids     = 46
	epoch    = persons + auctions + bids // events after which the kinds come again

	firstPerson   = 1000 // IDs
	firstAuction  = 1000
	firstCategory = 10
	categories    = 5
)

// KindOf returns what event n is about.
func KindOf(n int64) Kind {
	switch at := n % epoch; {
	case at < persons:
		return OfPerson
	case at < persons+auctions:
		return OfAuction
	}
	return OfBid
}

// lastPerson returns the number, from 0, of the latest person at event n.
func lastPerson(n int64) int64 { return n / epoch * persons }

// lastAuction returns the number, from 0, of the latest auction at event n; -1 if
// there is none.
func lastAuction(n int64) int64 {
	at := n%epoch - persons
	return n/epoch*auctions + min(at, auctions-1) // before the epoch's first auction it is the one before
}
