package stream

// Tag names a side output: a second stream out of an operator, with records of
// a type of its own.
type Tag[T any] struct{ name string }

// NewTag returns a tag. The same tag is used where records are sent to the side
// output and where its stream is taken.
func NewTag[T any](name string) *Tag[T] {
	return &Tag[T]{name: name}
}

// port returns the tag's port of a node, which gets it at first use. The node
// keeps it, not the tag: a tag may be a package's variable and serve several Envs.
func (t *Tag[T]) port(n *node) int {
	if p := n.port(t); p > 0 {
		return p
	}
	n.collect = append(n.collect, fan[T])
	n.tags = append(n.tags, t)
	return len(n.tags)
}

// port returns the port of a tag, 0 if it has none: that is the main output.
func (n *node) port(tag any) int {
	for i, t := range n.tags {
		if t == tag {
			return i + 1
		}
	}
	return 0
}

// SideOutput returns the stream of what the operator that makes s sends to the tag.
func SideOutput[T, R any](s *Stream[R], tag *Tag[T]) *Stream[T] {
	return &Stream[T]{node: s.node, port: tag.port(s.node)}
}

// EmitSide sends a record to a side output, with the timestamp of the current record.
func EmitSide[T any, K comparable, R any](op *Op[K, R], tag *Tag[T], v T) {
	if p := op.node.port(tag); p > 0 { // nobody takes it otherwise
		op.sides[p].(emit[T])(0, v, op.ts)
	}
}
