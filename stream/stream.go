package stream

import "github.com/weft-stream/weft/internal/plan"

// Stream is a flow of records of one type. It is a description and holds no
// records.
type Stream[T any] struct {
	node *node
	port int
	ship plan.Ship // how the next operator gets the records; "" for the default
}

// Name gives the operator that makes this stream a name, for pages and logs.
func (s *Stream[T]) Name(name string) *Stream[T] {
	s.node.name = name
	return s
}

// UID gives the operator that makes this stream its name in snapshots. Operators
// with state take it as an argument; for others it only steadies the id that
// the operator has in the REST API.
func (s *Stream[T]) UID(uid string) *Stream[T] {
	s.node.setUID(uid)
	return s
}

// Parallelism sets how many subtasks the operator that makes this stream has.
func (s *Stream[T]) Parallelism(n int) *Stream[T] {
	s.node.setParallelism(n)
	return s
}

// MaxParallelism sets the number of key groups of the operator that makes this
// stream: the highest parallelism that its state can ever be restored at. It is
// fixed once there is a snapshot.
func (s *Stream[T]) MaxParallelism(n int) *Stream[T] {
	s.node.setMaxParallelism(n)
	return s
}

// Rebalance has the records dealt round robin over the subtasks of the next operator.
func (s *Stream[T]) Rebalance() *Stream[T] {
	return &Stream[T]{node: s.node, port: s.port, ship: plan.Rebalance}
}

// Broadcast has every record sent to every subtask of the next operator.
func (s *Stream[T]) Broadcast() *Stream[T] {
	return &Stream[T]{node: s.node, port: s.port, ship: plan.Broadcast}
}

// newStream adds an operator with one output of type T to the description.
func newStream[T any](env *Env, n *node) *Stream[T] {
	env.add(n)
	n.collect = append([]func([]any) any{fan[T]}, n.collect...)
	return &Stream[T]{node: n}
}

// input adds an input that takes the stream's records as they are.
func (s *Stream[T]) input(n *node) {
	connect[T](n, s.node, s.port, s.ship, nil)
}
