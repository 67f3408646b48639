package state

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/keygroup"
)

func must[T any](t testing.TB) *codec.Codec[T] {
	t.Helper()
	c, err := codec.Of[T]()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustHash[K comparable](t testing.TB) func(K) uint64 {
	t.Helper()
	h, err := codec.Hasher[K]()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func newTable[K comparable, V any](t testing.TB, maxParallelism int) *Table[K, V] {
	t.Helper()
	return NewTable(must[K](t), must[V](t), mustHash[K](t), maxParallelism)
}

// contents reads a table into a map and checks what Range promises.
func contents[K comparable, V any](t *testing.T, table *Table[K, V]) map[K]V {
	t.Helper()
	m := map[K]V{}
	table.Range(func(hash uint64, k K, v *V) bool {
		if want := nonzero(table.hash(k)); hash != want {
			t.Fatalf("key %v has hash %#x, want %#x", k, hash, want)
		}
		if _, twice := m[k]; twice {
			t.Fatalf("key %v twice", k)
		}
		m[k] = *v
		return true
	})
	if table.Segments.Len() != len(m) {
		t.Fatalf("Len is %d, Range gives %d", table.Segments.Len(), len(m))
	}
	checkShape(t, table)
	return m
}

// checkShape checks the invariants of the directory.
func checkShape[K comparable, V any](t *testing.T, table *Table[K, V]) {
	t.Helper()
	segments, slots, last := 0, 0, uint64(0)
	for i := 0; i < len(table.Segments.dir); {
		n := table.Segments.dir[i]
		s := table.Segments.view(n)
		segments++
		slots += table.Segments.segs[n].n // none if it is evicted
		used, low, top := 0, ^uint64(0), uint64(0)
		for j := range s.n {
			if e := table.Segments.slotOf(s, j); e.hash != 0 {
				used++
				p := table.Segments.position(e.hash)
				low, top = min(low, p), max(top, p)
				if table.Segments.segmentOf(e.hash) != n {
					t.Fatalf("hash %#x is in a segment that the directory does not give for it", e.hash)
				}
			}
		}
		if used != s.used || used >= s.n || used > 0 && low < last {
			t.Fatalf("segment at %d: %d of %d slots used (says %d), from %#x after %#x", i, used, s.n, s.used, low, last)
		}
		last = max(last, top)
		for end := i + table.Segments.width(s); i < end; i++ {
			if table.Segments.dir[i] != n || table.Segments.places[n] != s.place() && (table.Segments.spill == nil || table.Segments.places[n] != table.Segments.spill.absent) {
				t.Fatalf("directory entry %d is wrong", i)
			}
		}
	}
	if segments != len(table.Segments.segs) || slots != table.Segments.slots {
		t.Fatalf("%d segments of %d slots, says %d of %d", segments, slots, len(table.Segments.segs), table.Segments.slots)
	}
}

type taken struct {
	first, last int
	frame       []byte
}

// restored builds a table from the frames that touch a range of key groups, in memory or in a store.
func restored[K comparable, V any](t *testing.T, maxParallelism, first, last int, frames []taken, store *Store) *Table[K, V] {
	t.Helper()
	table := newTable[K, V](t, maxParallelism)
	table.Segments.Own(first, last)
	if store != nil {
		table.Segments.SpillTo(store)
	}
	for _, f := range frames {
		if f.first > last || f.last < first {
			continue
		}
		if err := table.Segments.Restore(f.frame, first, last); err != nil {
			t.Fatal(err)
		}
		store.Trim()
	}
	return table
}

// model runs random operations on a table and a Go map, with snapshots in between, and compares them.
type model[K comparable, V any] struct {
	t      *testing.T
	r      *rand.Rand
	max    int
	first  int // key groups of the table
	last   int
	key    func(r *rand.Rand) K
	change func(r *rand.Rand, v *V)
	copyOf func(V) V
	store  *Store // nil if the table is in memory

	table  *Table[K, V]
	want   map[K]V
	frozen map[K]V // want when the open snapshot began
	frames []taken
	done   int // snapshots compared
}

func (m *model[K, V]) run(steps int) {
	m.table = newTable[K, V](m.t, m.max)
	m.table.Segments.Own(m.first, m.last)
	if m.store != nil {
		m.table.Segments.SpillTo(m.store)
	}
	m.want = map[K]V{}
	growing := true
	for range steps {
		if m.r.IntN(500) == 0 {
			growing = !growing
		}
		k := m.key(m.r)
		h := m.table.hash(k)
		m.trim()
		if kg := keygroup.Of(h, m.max); kg < m.first || kg > m.last {
			continue
		}
		switch n := m.r.IntN(20); {
		case n < 4:
			m.get(h, k)
		case growing == (n < 17):
			m.ref(h, k)
		default:
			m.delete(h, k)
		}
		m.snapshotStep()
	}
	compare(m.t, "table", m.want, contents(m.t, m.table))
}

func (m *model[K, V]) get(h uint64, k K) {
	v, ok := m.want[k]
	if got := m.table.Get(h, k); (got != nil) != ok || ok && !cmp.Equal(*got, v) {
		m.t.Fatalf("Get(%v) = %v, want %v, %v", k, got, v, ok)
	}
}

func (m *model[K, V]) ref(h uint64, k K) {
	v, ok := m.want[k]
	got, isNew := m.table.Ref(h, k)
	if isNew == ok || !cmp.Equal(*got, v) {
		m.t.Fatalf("Ref(%v) = %v, %v, want %v, %v", k, *got, isNew, v, !ok)
	}
	m.change(m.r, got)
	m.want[k] = m.copyOf(*got)
}

func (m *model[K, V]) delete(h uint64, k K) {
	_, ok := m.want[k]
	if got := m.table.Delete(h, k); got != ok {
		m.t.Fatalf("Delete(%v) = %v", k, got)
	}
	delete(m.want, k)
}

func (m *model[K, V]) snapshotStep() {
	switch n := m.r.IntN(1000); {
	case !m.table.Segments.Snapshotting() && n < 5:
		m.frozen, m.frames = map[K]V{}, nil
		for k, v := range m.want {
			m.frozen[k] = v
		}
		m.table.Segments.BeginSnapshot(func(first, last int, frame []byte) {
			m.frames = append(m.frames, taken{first, last, stored(frame)})
		})
	case m.table.Segments.Snapshotting() && n == 999:
		m.table.Segments.AbortSnapshot()
	case m.table.Segments.Snapshotting() && n < 100:
		if m.table.Segments.StepSnapshot(1 + m.r.IntN(3)) {
			m.compareSnapshot()
		}
	}
}

// trim evicts now and then, and fetches batches ahead.
func (m *model[K, V]) trim() {
	switch m.r.IntN(20) {
	case 0:
		m.store.Trim()
	case 1:
		hashes := make([]uint64, m.r.IntN(40))
		for i := range hashes {
			for kg := -1; kg < m.first || kg > m.last; kg = keygroup.Of(hashes[i], m.max) {
				hashes[i] = m.table.hash(m.key(m.r))
			}
		}
		m.table.Segments.Prefetch(hashes)
		m.table.Segments.PrefetchTexts(hashes)
	}
}

// compareSnapshot restores the frames in two halves of the key groups, one of them as the table is kept, one in memory.
func (m *model[K, V]) compareSnapshot() {
	m.done++
	mid := m.first + m.r.IntN(m.last-m.first+1)
	again := restored[K, V](m.t, m.max, m.first, mid, m.frames, m.store)
	got := contents(m.t, again)
	again.Segments.Leave()
	if mid < m.last {
		for k, v := range contents(m.t, restored[K, V](m.t, m.max, mid+1, m.last, m.frames, nil)) {
			if _, twice := got[k]; twice {
				m.t.Fatalf("key %v restored in both halves", k)
			}
			got[k] = v
		}
	}
	compare(m.t, "snapshot", m.frozen, got)
}

func compare[K comparable, V any](t *testing.T, what string, want, got map[K]V) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func TestModelOfIntegers(t *testing.T) {
	for seed := range uint64(12) {
		m := &model[uint32, int64]{
			t: t, r: rand.New(rand.NewPCG(seed, 1)), max: 128, last: 127,
			key:    func(r *rand.Rand) uint32 { return r.Uint32N(1 << (4 + seed)) },
			change: func(r *rand.Rand, v *int64) { *v += 1 + r.Int64N(100) },
			copyOf: func(v int64) int64 { return v },
		}
		m.run(40_000)
		if m.done == 0 {
			t.Fatal("no snapshot was taken")
		}
	}
}

func TestModelOfStringsAndSlicesInOneSubtask(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 2))
		first := r.IntN(700)
		m := &model[string, []string]{
			t: t, r: r, max: 720, first: first, last: first + r.IntN(20),
			key: func(r *rand.Rand) string { return strings.Repeat("k", r.IntN(20)) + fmt.Sprint(r.IntN(20_000)) },
			change: func(r *rand.Rand, v *[]string) {
				*v = append(*v, fmt.Sprint(r.IntN(1000)))
				(*v)[0] = fmt.Sprint(r.IntN(1000)) // in place: the snapshot must have seen it before
			},
			copyOf: func(v []string) []string { return append([]string(nil), v...) },
		}
		m.run(200_000)
		if m.done == 0 {
			t.Fatal("no snapshot was taken")
		}
	}
}

func TestModelOfKeysWithStringsInThem(t *testing.T) {
	type pair struct {
		A    string
		B    [2]string
		N    uint16
		C    string
		Flag bool
	}
	for seed := range uint64(4) {
		m := &model[pair, *int64]{
			t: t, r: rand.New(rand.NewPCG(seed, 4)), max: 128, last: 127,
			key: func(r *rand.Rand) pair {
				return pair{
					A: strings.Repeat("a", r.IntN(40)), B: [2]string{"", fmt.Sprint(r.IntN(30))},
					N: uint16(r.UintN(3)), C: strings.Repeat("c", 14+r.IntN(3)), Flag: r.IntN(2) == 0,
				}
			},
			change: func(r *rand.Rand, v **int64) { n := r.Int64(); *v = &n },
			copyOf: func(v *int64) *int64 { return v },
		}
		m.run(60_000)
		if m.done == 0 {
			t.Fatal("no snapshot was taken")
		}
	}
}

// TestLongKeysComeAndGo: the bytes of deleted keys are given back.
func TestLongKeysComeAndGo(t *testing.T) {
	table := newTable[string, int64](t, 128)
	key := func(i int) string { return strings.Repeat("long ", 20) + fmt.Sprint(i) }
	size := int64(0)
	for i := range 40_000 {
		k := key(i)
		table.Ref(table.hash(k), k)
		if i == 2000 {
			size = table.Segments.Bytes()
		}
		if i >= 1000 {
			k = key(i - 1000)
			if !table.Delete(table.hash(k), k) {
				t.Fatalf("%q is lost", k)
			}
		}
	}
	if got := table.Segments.Bytes(); got > 3*size {
		t.Errorf("%d bytes for 1,000 keys, were %d", got, size)
	}
	contents(t, table)
}

// TestKeysOfRangeCanBeKept: they don't change with the table.
func TestKeysOfRangeCanBeKept(t *testing.T) {
	table := newTable[string, int64](t, 128)
	want := map[string]bool{}
	for i := range 1000 {
		k := strings.Repeat("x", i%20) + fmt.Sprint(i)
		table.Ref(table.hash(k), k)
		want[k] = true
	}
	var kept []string
	table.Range(func(_ uint64, k string, _ *int64) bool { kept = append(kept, k); return true })
	for k := range want {
		table.Delete(table.hash(k), k)
	}
	for i := range 1000 {
		k := fmt.Sprint("another ", i)
		table.Ref(table.hash(k), k)
	}
	for _, k := range kept {
		if !want[k] {
			t.Fatalf("%q was never a key", k)
		}
		delete(want, k)
	}
	if len(want) > 0 {
		t.Errorf("%d keys are missing", len(want))
	}
}

func TestModelOfWideValues(t *testing.T) {
	type wide struct {
		A [100]int64
		B string
	}
	m := &model[[2]uint16, wide]{
		t: t, r: rand.New(rand.NewPCG(1, 3)), max: 1, last: 0,
		key:    func(r *rand.Rand) [2]uint16 { return [2]uint16{uint16(r.UintN(3)), uint16(r.UintN(500))} },
		change: func(r *rand.Rand, v *wide) { v.A[r.IntN(100)]++; v.B = fmt.Sprint(r.Int()) },
		copyOf: func(v wide) wide { return v },
	}
	m.run(30_000)
}

// TestHashesThatAreAlike shows that the directory stays small when hashes can't be told apart.
func TestHashesThatAreAlike(t *testing.T) {
	for name, hash := range map[string]func(uint64) uint64{
		"equal":       func(uint64) uint64 { return 0 },
		"low bits":    func(k uint64) uint64 { return k },
		"one half":    func(k uint64) uint64 { return k * 0x9e3779b97f4a7c15 >> 1 },
		"one of 1000": func(k uint64) uint64 { return k * 0x9e3779b97f4a7c15 / 1000 },
	} {
		t.Run(name, func(t *testing.T) {
			table := NewTable(must[uint64](t), must[uint64](t), hash, 128)
			want := map[uint64]uint64{}
			for k := range uint64(3000) {
				v, _ := table.Ref(hash(k), k)
				*v, want[k] = k, k
			}
			compare(t, "table", want, contents(t, table))
			if len(table.Segments.dir) > 2048 {
				t.Fatalf("directory of %d entries", len(table.Segments.dir))
			}
			for k := range uint64(3000) {
				if k%3 > 0 && !table.Delete(hash(k), k) {
					t.Fatalf("key %d is lost", k)
				}
				if k%3 > 0 {
					delete(want, k)
				}
			}
			compare(t, "after deletes", want, contents(t, table))
		})
	}
}

func TestKeysAreCloned(t *testing.T) {
	table := newTable[string, int64](t, 128)
	frame := []byte("alpha beta")
	var k string
	if _, err := must[string](t).Decode(append([]byte{5}, frame...), &k); err != nil {
		t.Fatal(err)
	}
	src := append([]byte{5}, frame...)
	if _, err := must[string](t).Decode(src, &k); err != nil {
		t.Fatal(err)
	}
	h := table.hash(k)
	v, _ := table.Ref(h, k)
	*v = 7
	copy(src, "xxxxxxxx") // the frame is used again
	if got := table.Get(h, "alpha"); got == nil || *got != 7 {
		t.Fatal("the key changed with the frame it was decoded from")
	}
}

// noAllocation updates existing keys, found by copies that have their strings elsewhere.
func noAllocation[K comparable, V any](t *testing.T, name string, key func(i int) K, change func(v *V)) {
	t.Run(name, func(t *testing.T) {
		table := newTable[K, V](t, 128)
		keys := make([]K, 5000)
		for i := range keys {
			k := key(i)
			v, _ := table.Ref(table.hash(k), k)
			change(v)
			keys[i] = key(i)
		}
		i := 0
		if allocs := testing.AllocsPerRun(10_000, func() {
			i = (i + 1) % len(keys)
			h := table.hash(keys[i])
			v, isNew := table.Ref(h, keys[i])
			if isNew || table.Get(h, keys[i]) != v {
				t.Fatal("the key is lost")
			}
			change(v)
		}); allocs != 0 {
			t.Errorf("%v allocations per update", allocs)
		}
	})
}

func TestNoAllocation(t *testing.T) {
	type count struct {
		Word  string
		Count int64
	}
	type pair struct {
		A, B string
		N    int32
	}
	add := func(v *int64) { *v++ }
	short := func(i int) string { return fmt.Sprint("key", i) }
	long := func(i int) string { return fmt.Sprint("a key of many bytes ", i) }
	noAllocation(t, "integer", func(i int) uint64 { return uint64(i) }, add)
	noAllocation(t, "narrow integer", func(i int) uint16 { return uint16(i) }, add)
	noAllocation(t, "array", func(i int) [3]int32 { return [3]int32{int32(i), 1, 2} }, add)
	noAllocation(t, "short string", short, add)
	noAllocation(t, "long string", long, add)
	noAllocation(t, "struct of strings", func(i int) pair { return pair{short(i), long(i), int32(i)} }, add)
	noAllocation(t, "value with a string", short, func(v *count) { v.Word, v.Count = "word", v.Count+1 })
	noAllocation(t, "list", short, func(v *[]int64) { *v = append((*v)[:0], 7) })
}

func TestSize(t *testing.T) {
	table := newTable[string, int64](t, 128)
	for i := range 4 {
		k := fmt.Sprint(i)
		table.Ref(table.hash(k), k)
	}
	if got := table.Segments.Bytes(); got > 1024 {
		t.Errorf("a table of 4 keys takes %d bytes", got)
	}
	nums := newTable[uint64, int64](t, 128)
	nums.Segments.Own(63, 63) // must not make it bigger
	n := int64(0)
	for i := range uint64(2_000_000) {
		if h := nums.hash(i); keygroup.Of(h, 128) == 63 {
			nums.Ref(h, i)
			n++
		}
	}
	if perKey := nums.Segments.Bytes() / n; perKey > 52 {
		t.Errorf("%d bytes per key", perKey)
	}
}

func TestFramesAreNarrow(t *testing.T) {
	table := newTable[uint64, uint64](t, 128)
	for i := range uint64(200_000) {
		v, _ := table.Ref(table.hash(i), i)
		*v = i
	}
	frames, size := 0, 0
	next := 0
	table.Segments.BeginSnapshot(func(first, last int, frame []byte) {
		if first < next || last-first > 6 {
			t.Errorf("frame of groups %d to %d after %d", first, last, next)
		}
		frames, size, next = frames+1, size+len(frame), first
	})
	for !table.Segments.StepSnapshot(16) {
	}
	if size/frames < frameBytes/2 {
		t.Errorf("%d frames of %d bytes on average", frames, size/frames)
	}
}

func TestRestoreErrors(t *testing.T) {
	table := newTable[string, int64](t, 128)
	for _, c := range []struct{ name, frame, want string }{
		{"empty", "", "frame of 0 bytes"},
		{"count", "\xff\xff\xff\xff\x01a\x02", "can't hold 4294967295 entries"},
		{"short key", "\x01\x00\x00\x00\x09abc", "key: bytes end inside the value"},
		{"short value", "\x01\x00\x00\x00\x01a\xff", "value of key a: bytes end inside the value"},
		{"twice", "\x02\x00\x00\x00\x01b\x02\x01b\x02", "frame entry 1, at byte 7 of 10: key b appears twice"},
		{"rest", "\x01\x00\x00\x00\x01c\x02z", "1 bytes after its last entry"},
	} {
		err := table.Segments.Restore([]byte(c.frame), 0, 127)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzTableRestore(f *testing.F) {
	table := newTable[string, []int32](f, 16)
	for _, k := range []string{"a", "bb", "a longer key"} {
		v, _ := table.Ref(table.hash(k), k)
		*v = []int32{1, -2, 1 << 30}
	}
	table.Segments.BeginSnapshot(func(_, _ int, frame []byte) { f.Add(frame) })
	table.Segments.StepSnapshot(100)
	f.Add([]byte("\x02\x00\x00\x00\x01b\x00\x01c\x00"))
	f.Fuzz(func(t *testing.T, frame []byte) {
		table := newTable[string, []int32](t, 16)
		err := table.Segments.Restore(frame, 3, 12)
		got := contents(t, table)
		if len(got) > len(frame) {
			t.Fatalf("%d entries from %d bytes", len(got), len(frame))
		}
		if err != nil {
			return
		}
		var frames []taken
		table.Segments.BeginSnapshot(func(first, last int, frame []byte) { frames = append(frames, taken{first, last, stored(frame)}) })
		table.Segments.StepSnapshot(1 << 20)
		compare(t, "again", got, contents(t, restored[string, []int32](t, 16, 3, 12, frames, nil)))
	})
}
