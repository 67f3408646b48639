package market

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = 100_000 // events

func each(g *Generator, person func(Person), auction func(Auction), bid func(n int64, b Bid)) {
	for n := range int64(sample) {
		switch KindOf(n) {
		case OfPerson:
			person(g.Person(n))
		case OfAuction:
			auction(g.Auction(n))
		default:
			bid(n, g.Bid(n))
		}
	}
}

func TestOfAHundredEventsTwoArePersonsSixAuctionsAndTheOthersBids(t *testing.T) {
	var got [3]int
	for n := range int64(sample) {
		got[KindOf(n)]++
	}
	if want := [3]int{sample * 2 / 100, sample * 6 / 100, sample * 92 / 100}; got != want {
		t.Errorf("persons, auctions and bids: %v, want %v", got, want)
	}
}

func TestIDsComeInOrderAndWithoutGaps(t *testing.T) {
	person, auction := int64(firstPerson), int64(firstAuction)
	each(New(10_000, 1), func(p Person) {
		if p.ID != person {
			t.Fatalf("person %d comes where %d should", p.ID, person)
		}
		person++
	}, func(a Auction) {
		if a.ID != auction {
			t.Fatalf("auction %d comes where %d should", a.ID, auction)
		}
		auction++
	}, func(int64, Bid) {})
}

func TestAnEventIsMadeAgainAsItWas(t *testing.T) {
	a, b, other := New(10_000, 7), New(10_000, 7), New(10_000, 8)
	different := 0
	for n := range int64(1000) {
		switch KindOf(n) {
		case OfPerson:
			if diff := cmp.Diff(a.Person(n), b.Person(n)); diff != "" {
				t.Fatal(diff)
			}
		case OfAuction:
			if diff := cmp.Diff(a.Auction(n), b.Auction(n)); diff != "" {
				t.Fatal(diff)
			}
		default:
			if diff := cmp.Diff(a.Bid(n), b.Bid(n)); diff != "" {
				t.Fatal(diff)
			}
			if a.Bid(n) != other.Bid(n) {
				different++
			}
		}
	}
	if different < 900 {
		t.Errorf("of 920 bids only %d differ with another seed", different)
	}
}

func TestEventsNameWhatIsThereOrComesSoon(t *testing.T) {
	each(New(10_000, 1), func(Person) {}, func(a Auction) {
		persons := (a.ID-firstAuction)/auctions + 1
		if a.Seller < firstPerson || a.Seller >= firstPerson+persons+lead {
			t.Fatalf("auction %d is from person %d, when there are %d persons", a.ID, a.Seller, persons)
		}
		if a.Category < firstCategory || a.Category >= firstCategory+categories {
			t.Fatalf("category %d", a.Category)
		}
		if a.Expires <= a.Time || a.Reserve <= a.InitialBid {
			t.Fatalf("auction %+v", a)
		}
	}, func(n int64, b Bid) {
		if auctions := lastAuction(n) + 1; b.Auction < firstAuction || b.Auction >= firstAuction+auctions+lead {
			t.Fatalf("event %d is a bid for auction %d, when there are %d", n, b.Auction, auctions)
		}
		if persons := lastPerson(n) + 1; b.Bidder < firstPerson || b.Bidder >= firstPerson+persons+lead {
			t.Fatalf("event %d is a bid of person %d, when there are %d", n, b.Bidder, persons)
		}
	})
}

// near fails the test unless got is within a twentieth of want.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > want/20 {
		t.Errorf("%s: %g, want about %g", what, got, want)
	}
}

func TestTheHotOnesAreAsHotAsNexmarkSays(t *testing.T) {
	var hotAuction, hotBidder, hotSeller, hotChannel, bids, auctions float64
	each(New(10_000, 1), func(Person) {}, func(a Auction) {
		auctions++
		if (a.Seller-firstPerson)%hotBatch == 0 {
			hotSeller++
		}
	}, func(_ int64, b Bid) {
		bids++
		if (b.Auction-firstAuction)%hotBatch == 0 {
			hotAuction++
		}
		if (b.Bidder-firstPerson)%hotBatch == 1 {
			hotBidder++
		}
		if !strings.HasPrefix(b.Channel, "channel-") {
			hotChannel++
		}
	})
	near(t, "bids for hot auctions", hotAuction/bids, 0.505)
	near(t, "bids of hot bidders", hotBidder/bids, 0.7525)
	near(t, "auctions of hot sellers", hotSeller/auctions, 0.7525)
	near(t, "bids over hot channels", hotChannel/bids, 0.5)
}

func TestEventsHaveNexmarksSizes(t *testing.T) {
	var person, auction, bid, n [3]float64
	each(New(10_000, 1), func(p Person) {
		n[0]++
		person[0] += float64(8 + len(p.Name+p.Email+p.CreditCard+p.City+p.State+p.Extra))
	}, func(a Auction) {
		n[1]++
		auction[0] += float64(6*8 + len(a.Item+a.Description+a.Extra))
	}, func(_ int64, b Bid) {
		n[2]++
		bid[0] += float64(4*8 + len(b.Extra))
	})
	near(t, "bytes of a person", person[0]/n[0], personBytes)
	near(t, "bytes of an auction", auction[0]/n[1], auctionBytes)
	near(t, "bytes of a bid", bid[0]/n[2], bidBytes)
}

func TestPricesAreSpreadOverSixOrdersOfMagnitude(t *testing.T) {
	var orders [6]float64
	each(New(10_000, 1), func(Person) {}, func(Auction) {}, func(_ int64, b Bid) {
		orders[min(int(math.Log10(float64(b.Price)/100)), 5)]++
	})
	for i, n := range orders {
		near(t, "bids from $10^"+string(rune('0'+i)), n, sample*0.92/6)
	}
}

func TestTimeFollowsTheRate(t *testing.T) {
	g := New(1000, 1)
	for n, want := range map[int64]int64{0: 0, 1: 1, 999: 999, 60_000: 60_000} {
		if got := g.Time(n) - start; got != want {
			t.Errorf("event %d happens at %d ms, want %d", n, got, want)
		}
	}
	if got := New(10_000_000, 1).Time(100_000_000) - start; got != 10_000 {
		t.Errorf("event 100,000,000 of a stream of 10,000,000 a second happens at %d ms, want 10,000", got)
	}
}

func TestTextsLookLikeWhatTheyAre(t *testing.T) {
	each(New(10_000, 1), func(p Person) {
		if !strings.Contains(p.Email, "@") || len(p.CreditCard) != 19 || strings.Count(p.CreditCard, " ") != 3 {
			t.Fatalf("person %+v", p)
		}
	}, func(Auction) {}, func(_ int64, b Bid) {
		if parts := strings.Split(b.URL, "/"); len(parts) != 7 || parts[2] != "www.nexmark.com" {
			t.Fatalf("address %q", b.URL)
		}
	})
}

func TestMakingAnEventAllocatesNothing(t *testing.T) {
	g := New(10_000, 1)
	n := int64(0)
	if got := testing.AllocsPerRun(1000, func() { touch(g, n); n++ }); got != 0 {
		t.Errorf("%g allocations for each event", got)
	}
}

// touch makes event n and uses what it made.
func touch(g *Generator, n int64) int {
	switch KindOf(n) {
	case OfPerson:
		p := g.Person(n)
		return len(p.Extra)
	case OfAuction:
		a := g.Auction(n)
		return len(a.Extra)
	}
	b := g.Bid(n)
	return len(b.Extra)
}

func BenchmarkEvents(b *testing.B) {
	g := New(10_000_000, 1)
	n, sum := int64(0), 0
	b.ReportAllocs()
	for b.Loop() {
		sum += touch(g, n)
		n++
	}
	if sum == 0 {
		b.Fatal("no event has an extra string")
	}
}
