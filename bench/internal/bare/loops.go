package bare

import (
	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/work"
)

// wordCount is J1. The running counts are not handed on: what they would weigh follows from the last ones.
func wordCount(o Options) meter.Tally {
	words, m := work.NewWords(o.Words), meter.New(o.Count)
	tables := [goroutines]counts[string]{}
	side(func(i int64) {
		table := newCounts[string](o)
		tables[i] = table
		keys := make([]string, 0, batch)
		for index := i; index < o.Count; index += goroutines {
			m.Made(index)
			if keys = append(keys, words.At(index)); len(keys) == batch {
				table.count(keys)
				keys = keys[:0]
			}
		}
		table.count(keys)
	})
	meter.Ended()
	all := tables[0]
	for _, t := range tables[1:] {
		t.all(all.add)
	}
	tally := meter.Tally{Records: uint64(o.Count)}
	all.all(func(word string, n int64) { tally.Sum += work.WeighWord(word) * sumTo(uint64(n)) })
	return tally
}

// sumTo is 1 + 2 + … + n.
func sumTo(n uint64) uint64 {
	if n%2 == 0 {
		return n / 2 * (n + 1)
	}
	return (n + 1) / 2 * n
}

// passThrough is Q0.
func passThrough(o Options) meter.Tally {
	bids, m := (&work.Bids{PerSecond: o.PerSecond}).WithStrings(), meter.New(o.Count)
	tallies := [goroutines]meter.Tally{}
	side(func(i int64) {
		sum := uint64(0)
		for index := i; index < o.Count; index += goroutines {
			m.Made(index)
			bid := bids.Full(index)
			sum += bid.Weigh()
		}
		tallies[i].Sum = sum
	})
	tallies[0].Records = uint64(o.Count)
	return total(tallies)
}

// tumblingCount is J2. Each goroutine has a half of the windows.
func tumblingCount(o Options) meter.Tally {
	events, m := work.Events{Keys: o.Keys, PerMs: o.PerMs}, meter.New(o.Count)
	perWindow := o.PerMs * work.Tumbling.Milliseconds()
	windows := (o.Count + perWindow - 1) / perWindow
	tallies := [goroutines]meter.Tally{}
	side(func(i int64) {
		table, keys := newCounts[int64](o), make([]int64, 0, batch)
		first, end := share(windows, i)
		begin := first * perWindow
		for window := first; window < end; window++ {
			for index := window * perWindow; index < min((window+1)*perWindow, o.Count); index++ {
				m.Made((index - begin) * goroutines)
				if keys = append(keys, events.At(index).Key); len(keys) == batch {
					table.count(keys)
					keys = keys[:0]
				}
			}
			table.count(keys)
			keys = keys[:0]
			table.all(func(key, n int64) {
				w := work.WindowCount{Key: key, End: work.Epoch + (window+1)*work.Tumbling.Milliseconds(), Count: n}
				tallies[i].Add(w.Weigh())
			})
			table.reset()
		}
	})
	return total(tallies)
}

// share is the part of goroutine i of n things in a row: [first, end).
func share(n, i int64) (first, end int64) { return n * i / goroutines, n * (i + 1) / goroutines }
