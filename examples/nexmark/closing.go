package main

import (
	"slices"
	"time"

	"github.com/weft-stream/weft/stream"
)

// lot is an auction as closing needs it; Item is what else is wanted of it.
type lot[A any] struct {
	ID, Opens, Closes int64 // ms since 1970
	Item              A
}

// tender is a bid as closing needs it; Bid is what else is wanted of it.
type tender[B any] struct {
	Lot, Price, Time int64 // ms since 1970
	Bid              B
}

// sold is an auction with the bid that has won.
type sold[A, B any] struct {
	Lot  lot[A]
	Best tender[B]
}

// beats tells whether a bid wins against another for the same auction: the higher
// does, then the earlier, then the one that first says.
func (t tender[B]) beats(other tender[B], first func(a, b B) bool) bool {
	switch {
	case t.Price != other.Price:
		return t.Price > other.Price
	case t.Time != other.Time:
		return t.Time < other.Time
	}
	return first(t.Bid, other.Bid)
}

// openLot is an auction that is not closed, with the best bid so far.
type openLot[A, B any] struct {
	Lot  lot[A]
	Best tender[B]
	Sold bool // there is a best bid
}

func (o *openLot[A, B]) take(t tender[B], first func(a, b B) bool) {
	if t.Time < o.Lot.Opens || t.Time > o.Lot.Closes || o.Sold && !t.beats(o.Best, first) {
		return
	}
	o.Best, o.Sold = t, true
}

// closing finds the bid that wins each auction, among those made while it was
// open, both its ends included. SQL's result changes with each better bid; here
// it comes once, when the watermark says that no more bids can come, and then the
// auction is forgotten. An auction without a bid has no result.
func closing[A, B any](lots *stream.Stream[lot[A]], tenders *stream.Stream[tender[B]], uid string, first func(a, b B) bool) *stream.Stream[sold[A, B]] {
	byID := stream.KeyBy(lots, func(l lot[A]) int64 { return l.ID })
	byLot := stream.KeyBy(tenders, func(t tender[B]) int64 { return t.Lot })
	return stream.Connect(byID, byLot, uid, func(op *stream.Op[int64, sold[A, B]]) (func(lot[A]), func(tender[B])) {
		open := stream.NewValue[openLot[A, B]](op, "open")
		early := stream.NewList[tender[B]](op, "early") // bids whose auction has not come
		op.OnTimer(func(now time.Time) {
			o, is := open.Lookup()
			if is && o.Lot.Closes == now.UnixMilli() {
				open.Clear()
				if o.Sold {
					op.Emit(sold[A, B]{o.Lot, o.Best})
				}
			}
			forget(early, now.UnixMilli())
		})
		opens := func(l lot[A]) {
			o := openLot[A, B]{Lot: l}
			for _, t := range early.Get() {
				o.take(t, first)
			}
			early.Clear()
			open.Set(o)
			op.EventTimer(time.UnixMilli(l.Closes))
		}
		bids := func(t tender[B]) {
			if _, is := open.Lookup(); is {
				open.Update(func(o *openLot[A, B]) { o.take(t, first) })
				return
			}
			// The auction may still come, for as long as it can have been opened before the bid.
			if at := time.UnixMilli(t.Time); at.After(op.Watermark()) {
				early.Add(t)
				op.EventTimer(at)
			}
		}
		return opens, bids
	})
}

// forget drops the bids up to a time: their auction would have come by now.
func forget[B any](early *stream.ListState[tender[B]], now int64) {
	rest := slices.DeleteFunc(slices.Clone(early.Get()), func(t tender[B]) bool { return t.Time <= now })
	if len(rest) == 0 {
		early.Clear()
		return
	}
	early.Set(rest)
}
