package stream

import (
	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/task"
)

// KeyedStream is a stream whose records are distributed by a key: all records
// of one key meet in one subtask.
type KeyedStream[K comparable, T any] struct {
	source *Stream[T]
	key    func(T) K
	codec  *codec.Codec[K] // nil if K cannot be a key; the mistake is noted
}

// KeyBy distributes a stream by the key that the function gives for a record.
// A key is a string, an integer, a bool, or a struct or array of them.
func KeyBy[T any, K comparable](s *Stream[T], key func(T) K) *KeyedStream[K, T] {
	k := &KeyedStream[K, T]{source: s, key: key}
	env := s.node.env
	if _, err := codec.Hasher[K](); err != nil {
		env.fail(callerLocation(), "type %s cannot be a key: %v", typeName[K](), err)
		return k
	}
	keys, err := codec.Of[K]()
	if err != nil {
		env.fail(callerLocation(), "type %s cannot be a key: %v", typeName[K](), err)
		return k
	}
	k.codec = keys
	return k
}

// input adds an input to a keyed operator.
func (k *KeyedStream[K, T]) input(n *node) {
	if k.codec == nil {
		return // noted by KeyBy
	}
	n.key = k.codec.Schema()
	connect(n, k.source.node, k.source.port, plan.Hash, keyHasher(k.key))
}

// keyHasher makes hashes of up to stagedRecords records' keys, each for one goroutine.
func keyHasher[K comparable, T any](key func(T) K) func() func([]T, []uint64) {
	return func() func([]T, []uint64) {
		hash, err := codec.BatchHasher[K]()
		if err != nil {
			panic(err) // KeyBy has asked before
		}
		keys := make([]K, stagedRecords)
		return func(values []T, hashes []uint64) {
			for i := range values {
				keys[i] = key(values[i])
			}
			hash(keys[:len(values)], hashes)
		}
	}
}

// hasher returns a hash of keys for one goroutine. KeyBy has seen to it that there is one.
func hasher[K comparable]() func(K) uint64 {
	hash, err := codec.Hasher[K]()
	if err != nil {
		panic(err)
	}
	return hash
}

// newTable makes the table of a keyed state for the builder's subtask.
func newTable[K comparable, V any](ctx *task.Context, keys *codec.Codec[K], values *codec.Codec[V]) *state.Table[K, V] {
	t := state.NewTable(keys, values, hasher[K](), ctx.Vertex.MaxParallelism)
	t.Segments.Own(ctx.FirstKeyGroup, ctx.LastKeyGroup)
	if ctx.Store != nil {
		t.Segments.SpillTo(ctx.Store)
	}
	return t
}

// valueCodec returns the codec of a state's values, or notes that there is none.
func valueCodec[V any](n *node, what string) *codec.Codec[V] {
	values, err := codec.Of[V]()
	if err != nil {
		n.env.fail(callerLocation(), "%s of type %s cannot be kept: %v", what, typeName[V](), err)
		return nil
	}
	return values
}

// Reduce keeps one value for each key, combines each record into it, and emits
// the new value. f must not change its arguments' shared parts.
func (k *KeyedStream[K, T]) Reduce(uid string, f func(a, b T) T) *Stream[T] {
	n := &node{kind: "reduce", name: "Reduce", uid: uid, stateful: true, timed: k.source.node.timed}
	result := newStream[T](k.source.node.env, n)
	values := valueCodec[T](n, "a running value")
	if k.codec == nil || values == nil {
		return result
	}
	k.input(n)
	n.states = []plan.State{{Name: "value", Kind: "value", Schema: values.Schema()}}
	n.build = func(b *builder) ([]any, operator) {
		op := &reduce[K, T]{base: b.base(), next: out[T](b, 0), key: k.key, f: f, table: newTable(b.ctx, k.codec, values)}
		op.state = holderOf("value", &op.table.Segments, b.ctx)
		return []any{emit[T](op.record)}, op
	}
	return result
}

type reduce[K comparable, T any] struct {
	base
	next  emit[T]
	key   func(T) K
	f     func(a, b T) T
	table *state.Table[K, T]
	state tableState
}

func (op *reduce[K, T]) record(hash uint64, v T, ts int64) {
	value, isNew := op.table.Ref(hash, op.key(v))
	if isNew {
		*value = v
	} else {
		*value = op.f(*value, v)
	}
	op.next(0, *value, ts)
}

func (op *reduce[K, T]) records(hashes []uint64, values []T, times []int64) {
	for i := range values {
		op.record(hashes[i], values[i], stamp(times, i))
	}
}

func (op *reduce[K, T]) prefetch(hashes []uint64) {
	op.table.Segments.Prefetch(hashes)
	op.table.Segments.PrefetchTexts(hashes)
}

func (op *reduce[K, T]) states() []stateHolder { return []stateHolder{&op.state} }
