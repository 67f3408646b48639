package work

import "strconv"

// Bids makes the bids of a Nexmark stream (of 50 events one person, three auctions, 46 bids), PerSecond events in each
// second of event time. Half of all bids go to the latest hot auction, one in each hundred; the others to one of the
// last hundred auctions. The numbers are those of the Nexmark generator's defaults.
type Bids struct {
	PerSecond int64
	strings   *bidStrings
}

const (
	eventsPerEpoch   = 50
	bidsPerEpoch     = 46
	auctionsPerEpoch = 3
	beforeBids       = eventsPerEpoch - bidsPerEpoch
	inFlight         = 100
	hotEvery         = 100
	activePeople     = 1000
	firstID          = 1000
)

// Bid is a bid without its strings.
type Bid struct {
	Auction, Bidder, Price, Time int64 // Time in ms since 1970
}

// FullBid is a bid as Nexmark has it.
type FullBid struct {
	Auction, Bidder, Price int64
	Channel, URL           string
	Time                   int64 // ms since 1970
	Extra                  string
}

// At is the bid of an index, counted over bids only.
func (b *Bids) At(index int64) Bid { return b.bid(index, Mix(index)) }

func (b *Bids) bid(index int64, r uint64) Bid {
	epoch := index / bidsPerEpoch
	event := epoch*eventsPerEpoch + beforeBids + index%bidsPerEpoch
	auction := epoch*auctionsPerEpoch + auctionsPerEpoch - 1
	if r&1 == 0 {
		auction -= auction % hotEvery
	} else {
		auction = max(auction-int64(r>>1&0xffff)*inFlight>>16, 0)
	}
	bidder := epoch
	if r>>17&3 != 0 {
		bidder -= bidder % hotEvery
	} else {
		bidder = max(bidder-int64(r>>19&0xffff)*activePeople>>16, 0)
	}
	return Bid{
		Auction: firstID + auction, Bidder: firstID + bidder, Price: 100 + int64(r>>35),
		Time: Epoch + event*1000/b.PerSecond,
	}
}

// bidStrings are what the strings of bids are taken from.
type bidStrings struct {
	channels, urls [tableSize]string
	text           string
}

// tableSize is the number of channels; hotChannels of them have half of the bids.
const (
	tableSize   = 8192
	hotChannels = 4
	textSize    = 64 << 10
	shortest    = 54 // characters of Extra; up to 31 more
)

// WithStrings prepares Full.
func (b *Bids) WithStrings() *Bids {
	s := &bidStrings{}
	for i := range tableSize {
		number := strconv.Itoa(i)
		s.channels[i] = "channel-" + number
		s.urls[i] = "https://www.nexmark.com/" + letters(int64(i), 15) + "/item.htm?query=1&channel_id=" + number
	}
	s.text = letters(tableSize, textSize+128)
	return &Bids{b.PerSecond, s}
}

// letters makes n letters from a number.
func letters(number int64, n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = 'a' + byte(Below(Mix(number<<20+int64(i)), 26))
	}
	return string(text)
}

// Full is the bid of an index with its strings.
func (b *Bids) Full(index int64) FullBid {
	r := Mix(index)
	bid := b.bid(index, r)
	s := Mix(int64(r))
	channel := s & (tableSize - 1)
	if s>>13&1 == 0 {
		channel &= hotChannels - 1
	}
	from := s >> 14 & (textSize - 1)
	return FullBid{
		Auction: bid.Auction, Bidder: bid.Bidder, Price: bid.Price, Time: bid.Time,
		Channel: b.strings.channels[channel], URL: b.strings.urls[channel],
		Extra: b.strings.text[from : from+shortest+s>>30&31],
	}
}

// Weigh is what the bid weighs in the checksum: its numbers, and of each string the length and the last byte.
func (b *FullBid) Weigh() uint64 {
	return uint64(b.Auction) + uint64(b.Bidder)*3 + uint64(b.Price)*5 + uint64(b.Time)*7 +
		weighText(b.Channel)*11 + weighText(b.URL)*13 + weighText(b.Extra)*17
}

func weighText(s string) uint64 { return uint64(len(s))<<8 | uint64(s[len(s)-1]) }

// Hotter says which of two counts of one window is the hot item: the higher; of equals the lower auction.
func (w WindowCount) Hotter(than WindowCount) bool {
	return w.Count > than.Count || w.Count == than.Count && w.Key < than.Key
}
