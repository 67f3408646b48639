package bare

import (
	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/state"
)

// counts is a table of counts by key. Keys are counted in batches, so that each table has a loop of its own.
type counts[K comparable] interface {
	count(keys []K)
	add(k K, n int64)
	all(f func(k K, n int64))
	reset() // makes it empty
}

// batch is how many keys are made before they are counted.
const batch = 512

func newCounts[K comparable](o Options) counts[K] {
	if o.Table == "map" {
		return goMap[K]{}
	}
	return newWeftTable[K]()
}

type goMap[K comparable] map[K]int64

func (m goMap[K]) count(keys []K) {
	for _, k := range keys {
		m[k]++
	}
}

func (m goMap[K]) add(k K, n int64) { m[k] += n }
func (m goMap[K]) reset()           { clear(m) }

func (m goMap[K]) all(f func(K, int64)) {
	for k, n := range m {
		f(k, n)
	}
}

// weftTable is the table of keyed state, without state's other parts.
type weftTable[K comparable] struct {
	table  *state.Table[K, int64]
	keys   *codec.Codec[K]
	values *codec.Codec[int64]
	hash   func(K) uint64
	hashes [batch]uint64
}

func newWeftTable[K comparable]() *weftTable[K] {
	t := &weftTable[K]{keys: must(codec.Of[K]()), values: must(codec.Of[int64]()), hash: must(codec.Hasher[K]())}
	t.reset()
	return t
}

// must is for types that are known to be fit for keys and values.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// worthPrefetch is the number of keys from which the processor's caches do not hold the table.
const worthPrefetch = 50_000

func (t *weftTable[K]) count(keys []K) {
	for i, k := range keys {
		t.hashes[i] = t.hash(k)
	}
	if t.table.Segments.Len() > worthPrefetch {
		t.table.Segments.Prefetch(t.hashes[:len(keys)])
	}
	for i, k := range keys {
		n, _ := t.table.Ref(t.hashes[i], k)
		*n++
	}
}

func (t *weftTable[K]) add(k K, n int64) {
	v, _ := t.table.Ref(t.hash(k), k)
	*v += n
}

func (t *weftTable[K]) reset() {
	const keyGroups = 128
	t.table = state.NewTable(t.keys, t.values, t.hash, keyGroups)
}

func (t *weftTable[K]) all(f func(K, int64)) {
	t.table.Range(func(_ uint64, k K, n *int64) bool { f(k, *n); return true })
}
