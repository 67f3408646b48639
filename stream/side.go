package stream

// Tag names a side output: a second stream out of an operator, with records of
// a type of its own.
type Tag[T any] struct {
	name  string
	ports map[*node]int
}

// NewTag returns a tag. The same tag is used where records are sent to the side
// output and where its stream is taken.
func NewTag[T any](name string) *Tag[T] {
	return &Tag[T]{name: name, ports: map[*node]int{}}
}

// port returns the tag's port of a node, which gets it at first use.
func (t *Tag[T]) port(n *node) int {
	if p, ok := t.ports[n]; ok {
		return p
	}
	n.collect = append(n.collect, fan[T])
	t.ports[n] = len(n.collect) - 1
	return t.ports[n]
}

// SideOutput returns the stream of what the operator that makes s sends to the tag.
func SideOutput[T, R any](s *Stream[R], tag *Tag[T]) *Stream[T] {
	return &Stream[T]{node: s.node, port: tag.port(s.node)}
}

// EmitSide sends a record to a side output, with the timestamp of the current record.
func EmitSide[T any, K comparable, R any](op *Op[K, R], tag *Tag[T], v T) {
	if p, ok := tag.ports[op.node]; ok { // nobody takes it otherwise
		op.sides[p].(emit[T])(0, v, op.ts)
	}
}
