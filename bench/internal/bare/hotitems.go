package bare

import (
	"sort"

	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/work"
)

// A window of Q5 is made of panes, each as long as the slide.
const panes = int64(work.HotSize / work.HotSlide)

// hotItems is Q5: a count for each pane, which are put together when a window ends. Each goroutine has a half of the
// windows; the panes that windows of both halves need are made by both.
func hotItems(o Options) meter.Tally {
	bids, m := &work.Bids{PerSecond: o.PerSecond}, meter.New(o.Count)
	begins := func(pane int64) int64 { // index of its first bid
		from := work.Epoch + pane*work.HotSlide.Milliseconds()
		return int64(sort.Search(int(o.Count), func(i int) bool { return bids.At(int64(i)).Time >= from }))
	}
	all := (bids.At(o.Count-1).Time-work.Epoch)/work.HotSlide.Milliseconds() + 1
	tallies := [goroutines]meter.Tally{}
	side(func(i int64) {
		ring := [panes]counts[int64]{}
		for j := range ring {
			ring[j] = newCounts[int64](o)
		}
		whole := newCounts[int64](o)
		first, end := share(all+panes-1, i) // windows, each by its last pane
		begin := begins(max(first-panes+1, 0))
		made := func(index int64) { m.Made((index - begin) * goroutines) }
		for pane := max(first-panes+1, 0); pane < end; pane++ {
			newest := ring[pane%panes]
			newest.reset()
			countBids(newest, bids, made, begins(pane), begins(pane+1))
			if pane >= first {
				w := hottest(ring, whole, work.Epoch+(pane+1)*work.HotSlide.Milliseconds())
				tallies[i].Add(w.Weigh())
			}
		}
	})
	return total(tallies)
}

func countBids(table counts[int64], bids *work.Bids, made func(int64), first, end int64) {
	keys := make([]int64, 0, batch)
	for index := first; index < end; index++ {
		made(index)
		if keys = append(keys, bids.At(index).Auction); len(keys) == batch {
			table.count(keys)
			keys = keys[:0]
		}
	}
	table.count(keys)
}

// hottest puts panes together to a window that ends at a time, and finds its hot item.
func hottest(ring [panes]counts[int64], whole counts[int64], ends int64) work.WindowCount {
	whole.reset()
	for _, pane := range ring {
		pane.all(whole.add)
	}
	hottest := work.WindowCount{}
	whole.all(func(auction, n int64) {
		if c := (work.WindowCount{Key: auction, End: ends, Count: n}); c.Hotter(hottest) {
			hottest = c
		}
	})
	return hottest
}
