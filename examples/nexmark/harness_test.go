package main

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/examples/nexmark/market"
	"github.com/weft-stream/weft/stream"
	"github.com/weft-stream/weft/stream/streamtest"
)

// world is all that happens in a stream, at once: what the references look at.
type world struct {
	persons  []market.Person
	auctions []market.Auction
	bids     []market.Bid
}

func worldOf(o options) world {
	var w world
	made := market.New(o.eventRate, o.seed)
	for n := range o.count {
		switch market.KindOf(n) {
		case market.OfPerson:
			w.persons = append(w.persons, made.Person(n))
		case market.OfAuction:
			w.auctions = append(w.auctions, made.Auction(n))
		default:
			w.bids = append(w.bids, made.Bid(n))
		}
	}
	return w
}

// trial is a stream that a query is tried on, and the parallelism.
type trial struct {
	options
	name        string
	parallelism int
}

// The dense stream has several events in a millisecond, so that times are equal;
// the sparse one has persons that pause for long. The paced one takes long enough
// for watermarks to come while it lasts; the others end before the second.
var (
	dense  = options{count: 50_000, eventRate: 2500, seed: 1}
	sparse = options{count: 20_000, eventRate: 100, seed: 2}
	paced  = options{count: 50_000, eventRate: 2500, seed: 3, rate: 60_000}
	days   = options{count: 90_000, eventRate: 1, seed: 4}
)

func trials() []trial {
	return []trial{
		{dense, "dense", 1},
		{dense, "dense", 2},
		{dense, "dense", 3},
		{sparse, "sparse", 1},
		{sparse, "sparse", 4},
		{paced, "paced", 1},
		{paced, "paced", 2},
	}
}

// daily are trials of which one is longer than a day.
func daily() []trial { return append(trials(), trial{days, "days", 2}) }

// try runs a query in each trial and has its whole output checked.
func try[R any](t *testing.T, trials []trial, query func(events) *stream.Stream[R], check func(t *testing.T, w world, got []R, inOrder bool)) {
	t.Helper()
	for _, at := range trials {
		t.Run(fmt.Sprintf("%s/%d", at.name, at.parallelism), func(t *testing.T) {
			t.Parallel()
			got := streamtest.Collect(t, at.parallelism, func(env *stream.Env) *stream.Stream[R] { return query(open(env, at.options)) })
			if len(got) == 0 {
				t.Fatal("the query has no output")
			}
			check(t, worldOf(at.options), got, at.parallelism == 1)
		})
	}
}

// sameRows compares two sets of rows, of which some may be equal.
func sameRows[R comparable](t *testing.T, got, want []R) {
	t.Helper()
	count := map[R]int{}
	for _, r := range want {
		count[r]--
	}
	for _, r := range got {
		count[r]++
	}
	shown := 0
	for r, n := range count {
		if n == 0 {
			continue
		}
		if shown++; shown > 5 {
			t.Fatal("and more")
		}
		t.Errorf("%+d × %+v", n, r)
	}
	if shown > 0 {
		t.Errorf("got %d rows, want %d", len(got), len(want))
	}
}

// exactly is a check against a reference that has all rows of the output.
func exactly[R comparable](reference func(world) []R) func(*testing.T, world, []R, bool) {
	return func(t *testing.T, w world, got []R, _ bool) {
		t.Helper()
		sameRows(t, got, reference(w))
	}
}

// byKey groups rows, keeping their order.
func byKey[K comparable, R any](rows []R, key func(R) K) map[K][]R {
	groups := map[K][]R{}
	for _, r := range rows {
		groups[key(r)] = append(groups[key(r)], r)
	}
	return groups
}

// latest returns the row that stands for each key in the end.
func latest[K comparable, R any](groups map[K][]R) map[K]R {
	last := map[K]R{}
	for k, rows := range groups {
		last[k] = rows[len(rows)-1]
	}
	return last
}

// sameGroups compares rows by key: all of them where the events came in order, and
// the latest of each key in any case.
func sameGroups[K, R comparable](t *testing.T, got, want map[K][]R, inOrder bool) {
	t.Helper()
	if !inOrder {
		sameLatest(t, latest(got), latest(want))
		return
	}
	shown := 0
	for k := range want {
		if !slices.Equal(want[k], got[k]) && shown < 3 {
			diff := cmp.Diff(want[k], got[k])
			t.Errorf("rows of %+v (-want +got):\n%s", k, diff)
			shown++
		}
	}
	if len(got) != len(want) {
		t.Errorf("rows of %d keys, want %d", len(got), len(want))
	}
}

func sameLatest[K, R comparable](t *testing.T, got, want map[K]R) {
	t.Helper()
	shown := 0
	for k := range want {
		if want[k] != got[k] && shown < 3 {
			diff := cmp.Diff(want[k], got[k])
			t.Errorf("latest row of %+v (-want +got):\n%s", k, diff)
			shown++
		}
	}
	if len(got) != len(want) {
		t.Errorf("rows of %d keys, want %d", len(got), len(want))
	}
}
