package main

import (
	"fmt"
	"time"

	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
)

// options are what all queries can be told.
type options struct {
	count     int64   // events
	rate      float64 // events per second; 0 for as many as possible
	eventRate int64   // events per second of the events' own time
	seed      uint64
	print     bool // the results
}

// usualRate is the rate of the benchmark's published runs.
const usualRate = 10_000_000

func parseOptions(env *stream.Env) (options, error) {
	o := options{}
	env.Flags().Int64Var(&o.count, "events", 0, "number of events: persons, auctions and bids; 0 for no end")
	env.Flags().Float64Var(&o.rate, "rate", 0, "events per second; 0 for as many as possible")
	env.Flags().Int64Var(&o.eventRate, "event-rate", 0, "events per second of the events' own time (default: the rate, or 10,000,000 if that is 0)")
	env.Flags().Uint64Var(&o.seed, "seed", 1, "another seed gives other events")
	env.Flags().BoolVar(&o.print, "print", false, "print the results, instead of throwing them away")
	if err := env.ParseFlags(); err != nil {
		return o, err
	}
	if o.count < 0 || o.rate < 0 || o.eventRate < 0 || o.eventRate > market.MaxRate || o.rate > market.MaxRate {
		return o, fmt.Errorf("--events, --rate and --event-rate cannot be below 0, and no rate above %d", market.MaxRate)
	}
	if o.count == 0 {
		o.count = stream.Unbounded
	}
	if o.eventRate == 0 {
		o.eventRate = max(int64(o.rate), 1)
		if o.rate == 0 {
			o.eventRate = usualRate
		}
	}
	return o, nil
}

// events are the input of a query: one source's records, by kind.
type events struct {
	persons  *stream.Stream[market.Person]
	auctions *stream.Stream[market.Auction]
	bids     *stream.Stream[market.Bid]
	passages *stream.Stream[passage] // what the report is made of
}

// disorder is how much later than others an event may come. Nexmark's tables
// allow for it, though its events are in order by default.
const disorder = 4 * time.Second

// open reads the events. The source only numbers them: event n is made of n where
// the stream is split by kind. All events are made in full, also those of kinds
// that a query does not look at.
func open(env *stream.Env, o options) events {
	made := market.New(o.eventRate, o.seed)
	numbers := stream.Generate(env, "events", stream.Generator[int64]{
		Count: o.count, Rate: o.rate, Record: func(n int64) int64 { return n },
	})
	timed := stream.WithWatermarks(numbers, stream.BoundedOutOfOrderness(disorder, func(n int64) time.Time {
		return time.UnixMilli(made.Time(n))
	}))
	persons, auctions := stream.NewTag[market.Person]("persons"), stream.NewTag[market.Auction]("auctions")
	passages := stream.NewTag[passage]("passages")
	bids := stream.ProcessEach(timed, func(op *stream.Op[stream.None, market.Bid]) func(int64) {
		clock := newStopwatch(o.count)
		op.OnOpen(clock.start)
		op.OnFinish(func() { stream.EmitSide(op, passages, clock.stop()) })
		return func(n int64) {
			clock.count(n)
			switch market.KindOf(n) {
			case market.OfBid:
				op.Emit(made.Bid(n))
			case market.OfAuction:
				stream.EmitSide(op, auctions, made.Auction(n))
			default:
				stream.EmitSide(op, persons, made.Person(n))
			}
		}
	}).Name("Make events")
	return events{
		persons: stream.SideOutput(bids, persons), auctions: stream.SideOutput(bids, auctions), bids: bids,
		passages: stream.SideOutput(bids, passages),
	}
}
