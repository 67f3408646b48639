package state

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/weft-stream/weft/internal/keygroup"
)

// part is a frame of a checkpoint as it would be stored.
type part struct {
	kind string // base, deleted, delta
	taken
}

// stored returns what the storage has of a frame. The frame itself is used again.
func stored(frame []byte) []byte {
	kept := slices.Clone(frame)
	for i := range frame {
		frame[i] = 0xa5
	}
	Recycle(frame)
	return kept
}

// chained runs random operations on a table with checkpoints that build on each other: some fail, of some nobody ever
// hears, savepoints come between. Those that become complete must give the table back as it was.
type chained[K comparable, V any] struct {
	model[K, V]
	confirmed []part // of the latest checkpoint that the table knows to be complete; nil: none
	building  []part // confirmed, and what the checkpoint being written adds
	finished  bool   // building is whole, and nobody has decided about it
	savepoint bool
	deltas    int
	saved     int64 // bytes of deltas
}

func (c *chained[K, V]) run(steps int) {
	c.table = newTable[K, V](c.t, c.max)
	c.table.Segments.Own(c.first, c.last)
	c.want = map[K]V{}
	growing := true
	for range steps {
		if c.r.IntN(3000) == 0 {
			growing = !growing
		}
		k := c.key(c.r)
		h := c.table.hash(k)
		if kg := keygroup.Of(h, c.max); kg < c.first || kg > c.last {
			continue
		}
		if n := c.r.IntN(10); growing == (n < 7) {
			c.ref(h, k)
		} else {
			c.delete(h, k)
		}
		c.step()
	}
}

func (c *chained[K, V]) step() {
	switch n := c.r.IntN(400); {
	case !c.table.Segments.Snapshotting() && n < 2:
		c.begin()
	case c.table.Segments.Snapshotting() && n == 399:
		c.table.Segments.AbortSnapshot()
	case c.table.Segments.Snapshotting() && n < 200:
		if c.table.Segments.StepSnapshot(1 + c.r.IntN(2)) {
			c.finish()
		}
	case c.finished && n == 398:
		c.finished = false // it has failed elsewhere
	case c.finished && n > 390:
		c.finished = false
		c.confirmed = c.building
		c.table.Segments.Confirm()
	}
}

// begin starts a savepoint, a base or a delta, whatever has become of the one before.
func (c *chained[K, V]) begin() {
	c.frozen = maps.Clone(c.want)
	for k, v := range c.frozen {
		c.frozen[k] = c.copyOf(v)
	}
	c.frames = nil
	if c.savepoint = c.r.IntN(4) == 0; c.savepoint {
		c.table.Segments.BeginSnapshot(func(first, last int, frame []byte) { c.frames = append(c.frames, taken{first, last, stored(frame)}) })
		return
	}
	c.finished = false
	add := func(kind string) func(first, last int, frame []byte) {
		return func(first, last int, frame []byte) {
			c.building = append(c.building, part{kind, taken{first, last, stored(frame)}})
			if kind != "base" {
				c.saved += int64(len(frame))
			}
		}
	}
	if c.confirmed == nil || !c.table.Segments.CanDelta() || c.r.IntN(20) == 0 {
		c.confirmed, c.building = nil, []part{}
		c.table.Segments.BeginBase(add("base"))
		return
	}
	c.deltas++
	c.building = slices.Clone(c.confirmed)
	c.table.Segments.BeginDelta(add("deleted"), add("delta"))
}

func (c *chained[K, V]) finish() {
	if c.savepoint {
		c.compareSnapshot()
		return
	}
	c.finished = true
	c.done++
	mid := c.first + c.r.IntN(c.last-c.first+1)
	got := contents(c.t, applied[K, V](c.t, c.max, c.first, mid, c.building))
	if mid < c.last {
		maps.Copy(got, contents(c.t, applied[K, V](c.t, c.max, mid+1, c.last, c.building)))
	}
	compare(c.t, "checkpoint", c.frozen, got)
}

// applied builds a table from the parts that touch a range of key groups.
func applied[K comparable, V any](t *testing.T, maxParallelism, first, last int, parts []part) *Table[K, V] {
	t.Helper()
	table := newTable[K, V](t, maxParallelism)
	table.Segments.Own(first, last)
	apply := map[string]func([]byte, int, int) error{"base": table.Segments.Restore, "delta": table.Segments.Replace, "deleted": table.Segments.Remove}
	for _, p := range parts {
		if p.first > last || p.last < first {
			continue
		}
		if err := apply[p.kind](p.frame, first, last); err != nil {
			t.Fatal(err)
		}
	}
	return table
}

func TestChainsOfIntegers(t *testing.T) {
	for seed := range uint64(12) {
		c := &chained[uint32, int64]{model: model[uint32, int64]{
			t: t, r: rand.New(rand.NewPCG(seed, 21)), max: 128, last: 127,
			key:    func(r *rand.Rand) uint32 { return r.Uint32N(1 << (4 + seed)) },
			change: func(r *rand.Rand, v *int64) { *v += 1 + r.Int64N(100) },
			copyOf: func(v int64) int64 { return v },
		}}
		c.run(30_000)
		if c.done == 0 || c.deltas == 0 {
			t.Fatalf("seed %d: %d checkpoints, %d deltas", seed, c.done, c.deltas)
		}
	}
}

func TestChainsOfStringsAndSlicesInOneSubtask(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 22))
		first := r.IntN(700)
		c := &chained[string, []string]{model: model[string, []string]{
			t: t, r: r, max: 720, first: first, last: first + r.IntN(20),
			key: func(r *rand.Rand) string { return strings.Repeat("k", r.IntN(20)) + fmt.Sprint(r.IntN(20_000)) },
			change: func(r *rand.Rand, v *[]string) {
				*v = append(*v, fmt.Sprint(r.IntN(1000)))
				(*v)[0] = fmt.Sprint(r.IntN(1000))
			},
			copyOf: slices.Clone[[]string],
		}}
		c.run(100_000)
		if c.done == 0 || c.deltas == 0 {
			t.Fatalf("seed %d: %d checkpoints, %d deltas", seed, c.done, c.deltas)
		}
	}
}

// TestTheOnlyKeyIsDeletedOften: keys that take no bytes.
func TestTheOnlyKeyIsDeletedOften(t *testing.T) {
	table := newTable[struct{}, int64](t, 128)
	var parts []part
	add := func(kind string) func(int, int, []byte) {
		return func(first, last int, frame []byte) {
			parts = append(parts, part{kind, taken{first, last, stored(frame)}})
		}
	}
	h := table.hash(struct{}{})
	table.Segments.BeginBase(add("base"))
	table.Segments.StepSnapshot(10)
	table.Segments.Confirm()
	for range 3 {
		table.Ref(h, struct{}{})
		table.Delete(h, struct{}{})
	}
	table.Segments.BeginDelta(add("deleted"), add("delta"))
	table.Segments.StepSnapshot(10)
	if got := applied[struct{}, int64](t, 128, 0, 127, parts).Segments.Len(); got != 0 || len(parts) != 1 {
		t.Errorf("%d keys from %v", got, parts)
	}
}

// TestManyDeletedKeysAreNotKept: when they would take too much, the next checkpoint is a base, and the one after a delta.
func TestManyDeletedKeysAreNotKept(t *testing.T) {
	table := newTable[uint64, uint64](t, 128)
	none := func(int, int, []byte) {}
	table.Segments.BeginBase(none)
	table.Segments.StepSnapshot(10)
	table.Segments.Confirm()
	for i := range uint64(leastDeletions) {
		table.Ref(table.hash(i), i)
		table.Delete(table.hash(i), i)
	}
	if table.Segments.CanDelta() {
		t.Fatal("a delta would lack deleted keys")
	}
	if got := table.Segments.Bytes(); got > 2*leastDeletions {
		t.Errorf("an empty table takes %d bytes", got)
	}
	table.Segments.BeginBase(none)
	for !table.Segments.StepSnapshot(10) {
	}
	if table.Segments.CanDelta() {
		t.Error("the base need not be complete")
	}
	table.Segments.Confirm()
	if !table.Segments.CanDelta() {
		t.Error("all changes since the base are known")
	}
}

// TestDeltaIsSmall: of a million keys, the few that have changed and not many more.
func TestDeltaIsSmall(t *testing.T) {
	const keys = 1_000_000
	table := newTable[uint64, uint64](t, 128)
	size, entries := 0, int64(0)
	count := func(_, _ int, frame []byte) { size += len(frame); entries += Entries(frame) }
	for i := range uint64(keys) {
		v, _ := table.Ref(table.hash(i), i)
		*v = i
	}
	table.Segments.BeginBase(count)
	for !table.Segments.StepSnapshot(16) {
	}
	table.Segments.Confirm()
	base := size
	size, entries = 0, 0
	r := rand.New(rand.NewPCG(1, 1))
	for range keys / 100 {
		i := r.Uint64N(keys)
		v, _ := table.Ref(table.hash(i), i)
		*v++
	}
	table.Segments.BeginDelta(count, count)
	for !table.Segments.StepSnapshot(16) {
	}
	t.Logf("1 %% of the keys touched: %.2f %% of the bytes, %d of %d entries", 100*float64(size)/float64(base), entries, keys)
	if size > base/20 {
		t.Errorf("a delta of %d bytes after a base of %d", size, base)
	}
}

// TestTrackingAllocatesNothing: marks cost an update no memory.
func TestTrackingAllocatesNothing(t *testing.T) {
	table := newTable[uint64, uint64](t, 128)
	for i := range uint64(10_000) {
		table.Ref(table.hash(i), i)
	}
	table.Segments.BeginBase(func(int, int, []byte) {})
	for !table.Segments.StepSnapshot(16) {
	}
	i := uint64(0)
	if n := testing.AllocsPerRun(20_000, func() {
		i = (i + 1) % 10_000
		v, _ := table.Ref(table.hash(i), i)
		*v++
	}); n != 0 {
		t.Errorf("%v allocations per update", n)
	}
}
