package state

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newStore returns a store with a budget of its own. An error of its disk fails the test.
func newStore(t testing.TB, budget int64) *Store {
	t.Helper()
	s := NewBudget(budget).NewStore(t.TempDir(), func() {}, func(err error) { t.Fatal(err) })
	t.Cleanup(s.Close)
	return s
}

// budgets are so small that much of a model's table is on disk, or all of it after each Trim.
var budgets = []int64{0, 10 << 10, 40 << 10}

func TestModelOnDiskOfIntegers(t *testing.T) {
	for i, budget := range budgets {
		m := &model[uint32, int64]{
			t: t, r: rand.New(rand.NewPCG(uint64(i), 11)), max: 128, last: 127, store: newStore(t, budget),
			key:    func(r *rand.Rand) uint32 { return r.Uint32N(1 << 14) },
			change: func(r *rand.Rand, v *int64) { *v += 1 + r.Int64N(100) },
			copyOf: func(v int64) int64 { return v },
		}
		runOnDisk(m, 30_000)
	}
}

func TestModelOnDiskOfLongStrings(t *testing.T) {
	for i, budget := range budgets {
		m := &model[string, [2]int64]{
			t: t, r: rand.New(rand.NewPCG(uint64(i), 12)), max: 720, first: 100, last: 120, store: newStore(t, budget),
			key:    func(r *rand.Rand) string { return strings.Repeat("k", r.IntN(60)) + fmt.Sprint(r.IntN(20_000)) },
			change: func(r *rand.Rand, v *[2]int64) { v[r.IntN(2)] += r.Int64N(100) },
			copyOf: func(v [2]int64) [2]int64 { return v },
		}
		runOnDisk(m, 30_000)
	}
}

func TestModelOnDiskOfValuesWithPointers(t *testing.T) {
	for i, budget := range budgets {
		m := &model[string, []string]{
			t: t, r: rand.New(rand.NewPCG(uint64(i), 13)), max: 128, last: 127, store: newStore(t, budget),
			key: func(r *rand.Rand) string { return strings.Repeat("k", r.IntN(20)) + fmt.Sprint(r.IntN(2_000)) },
			change: func(r *rand.Rand, v *[]string) {
				*v = append(*v, fmt.Sprint(r.IntN(1000)))
				(*v)[0] = fmt.Sprint(r.IntN(1000))
			},
			copyOf: func(v []string) []string { return append([]string(nil), v...) },
		}
		runOnDisk(m, 12_000)
	}
}

func TestModelOnDiskOfKeysWithStringsInThem(t *testing.T) {
	type pair struct {
		A string
		N uint16
		B string
	}
	for i, budget := range budgets {
		m := &model[pair, *int64]{
			t: t, r: rand.New(rand.NewPCG(uint64(i), 14)), max: 128, last: 127, store: newStore(t, budget),
			key: func(r *rand.Rand) pair {
				return pair{strings.Repeat("a", r.IntN(40)), uint16(r.UintN(20)), fmt.Sprint(r.IntN(10))}
			},
			change: func(r *rand.Rand, v **int64) { n := r.Int64(); *v = &n },
			copyOf: func(v *int64) *int64 { return v },
		}
		runOnDisk(m, 12_000)
	}
}

func TestModelOnDiskOfValuesWithStrings(t *testing.T) {
	type named struct {
		N    int32
		Name string
		Of   [2]struct {
			Flag bool
			Text string
		}
	}
	for i, budget := range budgets {
		m := &model[string, named]{
			t: t, r: rand.New(rand.NewPCG(uint64(i), 16)), max: 128, last: 127, store: newStore(t, budget),
			key: func(r *rand.Rand) string { return strings.Repeat("k", r.IntN(30)) + fmt.Sprint(r.IntN(2_000)) },
			change: func(r *rand.Rand, v *named) {
				v.N++
				v.Name = strings.Repeat("n", r.IntN(9)) + fmt.Sprint(r.IntN(1000))
				v.Of[r.IntN(2)].Text += "x"
				v.Of[r.IntN(2)].Flag = true
			},
			copyOf: func(v named) named { return v },
		}
		runOnDisk(m, 12_000)
	}
}

func TestModelOnDiskOfWideValues(t *testing.T) {
	m := &model[int64, [700]byte]{
		t: t, r: rand.New(rand.NewPCG(1, 15)), max: 128, last: 127, store: newStore(t, 100<<10),
		key:    func(r *rand.Rand) int64 { return r.Int64N(1000) },
		change: func(r *rand.Rand, v *[700]byte) { v[r.IntN(len(v))]++ },
		copyOf: func(v [700]byte) [700]byte { return v },
	}
	runOnDisk(m, 8_000)
}

// runOnDisk runs a model, and sees to it that the disk was used and is given back.
func runOnDisk[K comparable, V any](m *model[K, V], steps int) {
	m.run(steps)
	if m.done == 0 {
		m.t.Error("no snapshot was taken")
	}
	s := m.store
	s.Trim()
	figures := s.budget.Spilled()
	if figures.Loads == 0 || figures.Evictions == 0 || figures.DiskBytes == 0 || figures.MemoryBytes > s.budget.most {
		m.t.Errorf("budget of %d bytes: %+v", s.budget.most, figures)
	}
	if most := uint32(len(m.table.Segments.segs)) * 8; s.file.pages > most {
		m.t.Errorf("the file has %d pages, for %d segments", s.file.pages, len(m.table.Segments.segs))
	}
	m.table.Segments.AbortSnapshot()
	m.table.Segments.Clear()
	m.table.Segments.Leave()
	s.Trim()
	if s.file.taken != 0 {
		m.t.Errorf("%d pages of the file are in use by nobody", s.file.taken)
	}
}

// TestSlotsStay: an entry is in the slot where it was when its segment comes back.
func TestSlotsStay(t *testing.T) {
	t.Run("raw", func(t *testing.T) { slotsStay[int64](t, func(v *int64) { *v = 5 }) })
	t.Run("folded", func(t *testing.T) { slotsStay[[2]string](t, func(v *[2]string) { v[1] = "x" }) })
	t.Run("encoded", func(t *testing.T) { slotsStay[[]byte](t, func(v *[]byte) { *v = []byte("x") }) })
}

func slotsStay[V any](t *testing.T, set func(*V)) {
	table := newTable[string, V](t, 128)
	s := newStore(t, 0)
	table.Segments.SpillTo(s)
	where := map[string]int{}
	slotOf := func(k string) int {
		h := table.hash(k)
		n := table.Segments.segmentOf(h)
		table.Segments.present(n)
		g := table.Segments.segs[n]
		for j := range g.n {
			if e := entryOf[string, V](g, j); e.hash == h && table.holds(n, e, k) {
				return j
			}
		}
		t.Fatalf("%q is lost", k)
		return 0
	}
	for i := range 5000 {
		k := fmt.Sprint("a key of some length ", i)
		v, _ := table.Ref(table.hash(k), k)
		set(v)
	}
	for i := range 5000 {
		k := fmt.Sprint("a key of some length ", i)
		where[k] = slotOf(k)
	}
	s.Trim()
	if table.Segments.Len() != 5000 || s.budget.Spilled().MemoryBytes != 0 {
		t.Fatalf("%d keys, %+v", table.Segments.Len(), s.budget.Spilled())
	}
	for k, want := range where {
		if got := slotOf(k); got != want {
			t.Fatalf("%q was in slot %d, is in %d", k, want, got)
		}
	}
}

// TestEmptySegments: one without entries needs no file.
func TestEmptySegments(t *testing.T) {
	table := newTable[string, []string](t, 128)
	s := newStore(t, 0)
	table.Segments.SpillTo(s)
	s.Trim()
	if v := table.Get(table.hash("a"), "a"); v != nil || s.file.file != nil {
		t.Errorf("%v, file %v", v, s.file.file)
	}
	v, isNew := table.Ref(table.hash("a"), "a")
	if *v = []string{"b"}; !isNew {
		t.Error("it was there")
	}
	s.Trim()
	compare(t, "table", map[string][]string{"a": {"b"}}, contents(t, table))
}

// TestCleanSegmentsAreNotWritten: reading alone writes nothing, and a scan loads nothing.
func TestCleanSegmentsAreNotWritten(t *testing.T) {
	table := newTable[int64, int64](t, 128)
	s := newStore(t, 0)
	table.Segments.SpillTo(s)
	for i := range int64(10_000) {
		v, _ := table.Ref(table.hash(i), i)
		*v = i
	}
	s.Trim()
	before, places := s.budget.Spilled(), append([]spot(nil), table.Segments.spill.spots...)
	for i := range int64(10_000) {
		if v := table.Get(table.hash(i), i); v == nil || *v != i {
			t.Fatalf("%d is %v", i, v)
		}
	}
	s.Trim()
	for n, at := range table.Segments.spill.spots {
		if at != places[n] {
			t.Fatalf("segment %d was at %+v, is at %+v", n, places[n], at)
		}
	}
	loads := s.budget.Spilled().Loads
	if loads-before.Loads != int64(len(table.Segments.segs)) {
		t.Errorf("%d loads of %d segments", loads-before.Loads, len(table.Segments.segs))
	}
	contents(t, table)
	table.Segments.BeginSnapshot(func(int, int, []byte) {})
	table.Segments.StepSnapshot(1 << 20)
	s.Trim()
	if got := s.budget.Spilled().Loads; got != loads {
		t.Errorf("a scan and a snapshot loaded %d segments", got-loads)
	}
}

// TestUsedSegmentsStay: of keys used often none is read again and again.
func TestUsedSegmentsStay(t *testing.T) {
	table := newTable[int64, int64](t, 128)
	s := newStore(t, 1<<20)
	table.Segments.SpillTo(s)
	r := rand.New(rand.NewPCG(1, 1))
	const often, all = 2000, 200_000 // at most 2,000 segments of about 1,600
	use := func(k int64) {
		v, _ := table.Ref(table.hash(k), k)
		*v++
	}
	for k := range int64(all) {
		use(k)
		s.Trim()
	}
	hot := map[uint32]bool{}
	for k := range int64(60) {
		hot[table.Segments.segmentOf(table.hash(k))] = true
	}
	missed := 0
	for range often {
		for k := range int64(60) {
			if n := table.Segments.segmentOf(table.hash(k)); table.Segments.segs[n].slots == nil {
				missed++
			}
			use(k)
		}
		use(r.Int64N(all))
		s.Trim()
	}
	if missed > 5*len(hot) {
		t.Errorf("%d segments that are used all the time were loaded %d times", len(hot), missed)
	}
}

// TestBudgetIsShared: a store may have all that others leave, and gives it back when they want it.
func TestBudgetIsShared(t *testing.T) {
	b := NewBudget(1 << 20)
	woken := 0
	fail := func(err error) { t.Fatal(err) }
	rich := b.NewStore(t.TempDir(), func() { woken++ }, fail)
	poor := b.NewStore(t.TempDir(), func() {}, fail)
	fill := func(s *Store) *Table[int64, int64] {
		table := newTable[int64, int64](t, 128)
		table.Segments.SpillTo(s)
		for i := range int64(100_000) {
			table.Ref(table.hash(i), i)
			s.Trim()
		}
		return table
	}
	first := fill(rich)
	if held := rich.held.Load(); held < 1<<20-8192 || held > 1<<20 {
		t.Errorf("alone a store has %d bytes", held)
	}
	second := fill(poor)
	if woken == 0 {
		t.Error("nobody told the first store to give back what the second needs")
	}
	rich.Trim()
	rich.Trim()
	poor.Trim()
	if held := b.Spilled().MemoryBytes; held > 1<<20 {
		t.Errorf("both have %d bytes", held)
	}
	if r, p := rich.held.Load(), poor.held.Load(); r < 400<<10 || p < 400<<10 {
		t.Errorf("one has %d bytes, the other %d", r, p)
	}
	if first.Segments.Len() != 100_000 || second.Segments.Len() != 100_000 {
		t.Errorf("%d and %d keys", first.Segments.Len(), second.Segments.Len())
	}
	rich.Close()
	poor.Close()
	if got := b.Spilled(); got.MemoryBytes != 0 || got.DiskBytes != 0 {
		t.Errorf("closed stores have %+v", got)
	}
}

// TestBudgetAdapts: what else is in memory makes the tables give way.
func TestBudgetAdapts(t *testing.T) {
	s := newStore(t, 1<<20)
	table := newTable[int64, int64](t, 128)
	table.Segments.SpillTo(s)
	for i := range int64(100_000) {
		table.Ref(table.hash(i), i)
		s.Trim()
	}
	for _, c := range []struct{ live, want int64 }{{90 << 20, 1 << 20}, {101 << 20, 128 << 10}, {100<<20 - 1<<19, 5 << 17}, {50 << 20, 1 << 20}} {
		s.budget.Adapt(c.live, 100<<20)
		s.Trim()
		if got := s.budget.limit.Load(); got < c.want-8192 || got > c.want || s.held.Load() > got {
			t.Errorf("with %d live the budget is %d and %d are used, want %d", c.live, got, s.held.Load(), c.want)
		}
	}
	for i := range int64(100_000) {
		if table.Get(table.hash(i), i) == nil {
			t.Fatalf("%d is lost", i)
		}
		s.Trim()
	}
}

// TestNothingStaysBehind: the file has no name while it is used.
func TestNothingStaysBehind(t *testing.T) {
	dir := t.TempDir()
	s := NewBudget(0).NewStore(dir, func() {}, func(err error) { t.Fatal(err) })
	table := newTable[int64, int64](t, 128)
	table.Segments.SpillTo(s)
	table.Ref(table.hash(1), 1)
	s.Trim()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 || s.file.file == nil {
		t.Errorf("%v, %v; file %v", left, err, s.file.file)
	}
	s.Close()
	s.Close()
	s.Trim()
}

// TestDiskErrors: each is one line that says what, where and what to do.
func TestDiskErrors(t *testing.T) {
	for _, c := range []struct {
		name, want string
		damage     func(t *testing.T, s *Store, table *Table[int64, int64])
	}{
		{"no folder", "state on disk: open ", func(t *testing.T, s *Store, table *Table[int64, int64]) {
			s.file.dir = filepath.Join(t.TempDir(), "gone")
			s.Trim()
		}},
		{"full", "no room for ", func(t *testing.T, s *Store, table *Table[int64, int64]) {
			full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			s.file.file = full
			s.Trim()
		}},
		{"truncated", "unexpected EOF", func(t *testing.T, s *Store, table *Table[int64, int64]) {
			s.Trim()
			if err := s.file.file.Truncate(10); err != nil {
				t.Fatal(err)
			}
			table.Get(table.hash(1), 1)
		}},
		{"changed", "has changed: the disk is broken", func(t *testing.T, s *Store, table *Table[int64, int64]) {
			s.Trim()
			if _, err := s.file.file.WriteAt([]byte{1}, 5); err != nil {
				t.Fatal(err)
			}
			table.Get(table.hash(1), 1)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewBudget(0).NewStore(t.TempDir(), func() {}, func(err error) { panic(err) })
			defer s.Close()
			table := newTable[int64, int64](t, 128)
			table.Segments.SpillTo(s)
			table.Ref(table.hash(1), 1)
			defer func() {
				err, _ := recover().(error)
				if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v, want %q", err, c.want)
				}
				if c.name == "full" && !strings.Contains(err.Error(), "no space left on device") {
					t.Errorf("%v does not say why", err)
				}
			}()
			c.damage(t, s, table)
			t.Error("no error")
		})
	}
}

// FuzzDecodeSegment: whatever the bytes, nothing breaks.
func FuzzDecodeSegment(f *testing.F) {
	table := newTable[string, []int32](f, 16)
	for _, k := range []string{"a", "bb", "a key of more than fifteen bytes"} {
		v, _ := table.Ref(table.hash(k), k)
		*v = []int32{1, -2, 1 << 30}
	}
	f.Add(table.Segments.encodeSegment(nil, table.Segments.segs[0]))
	f.Add([]byte{200, 200, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		table := newTable[string, []int32](t, 16)
		g := table.Segments.segs[0]
		if table.Segments.decodeSegment(g, b) != nil {
			return
		}
		again := table.Segments.newSegment(g.n, 0)
		if err := table.Segments.decodeSegment(again, table.Segments.encodeSegment(nil, g)); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzUnfoldSegment: whatever the bytes, nothing breaks, and no string reaches beyond them.
func FuzzUnfoldSegment(f *testing.F) {
	fill := func(t testing.TB) *Table[string, [2]string] {
		table := newTable[string, [2]string](t, 16)
		table.Segments.SpillTo(NewBudget(1<<30).NewStore("", nil, nil))
		for _, k := range []string{"a", "bb", "a key of more than fifteen bytes"} {
			v, _ := table.Ref(table.hash(k), k)
			v[0], v[1] = k, "value"
		}
		return table
	}
	first := fill(f)
	f.Add(first.Segments.foldSegment(nil, first.Segments.segs[0]))
	f.Add([]byte{200, 200, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		table := newTable[string, [2]string](t, 16)
		table.Segments.SpillTo(NewBudget(1<<30).NewStore("", nil, nil))
		size, err := table.Segments.unfoldSegment(table.Segments.segs[0], b, false)
		if err != nil {
			return
		}
		total := 0
		g := table.Segments.segs[0]
		for i := range g.n {
			for _, s := range entryOf[string, [2]string](g, i).val {
				if len(s) > size {
					t.Fatalf("a string of %d bytes among %d", len(s), size)
				}
				total += len(strings.Clone(s))
			}
		}
		if total > 2*g.n*size {
			t.Fatalf("%d bytes of strings", total)
		}
	})
}
