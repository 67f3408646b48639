package stream

import (
	"fmt"

	"github.com/weft-stream/weft/internal/codec"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/task"
)

// node is one operator of the description. What is typed about it hides in
// build and in its edges' transports.
type node struct {
	id             int
	env            *Env
	kind           string
	name           string
	uid            string
	location       string
	stateful       bool
	parallelism    int // 0: the Env's
	maxParallelism int // 0: the Env's
	fixed          int // the only parallelism that the operator can have, 0 for any
	timed          bool
	key            string // schema of the key
	states         []plan.State
	source         *plan.Source
	inputs         []*edge
	tags           []any // *Tag[T] of the ports from 1 on

	// build makes the operator of one subtask. Its outputs are in b; it returns
	// the typed function of each of its inputs (func(hash uint64, v T, ts int64)).
	build func(b *builder) (inputs []any, op operator)
	// collect merges what consumes one of the node's ports into one typed function.
	collect []func(consumers []any) any
}

// edge leads records from a port of one node to an input of another.
type edge struct {
	from, to  *node
	port      int
	input     int
	ship      plan.Ship
	transport transport
	schema    string
}

// transport is the typed part of an edge that crosses subtasks.
type transport interface {
	decoder(records int) task.Decoder
	rowDecoder(records int, written string) (task.RowDecoder, error)
	// router makes the sending end. It returns the typed emit function too.
	router(ctx *task.Context, outlet *task.Outlet, receiver *plan.Vertex, ship plan.Ship) (router, any)
	// head makes the receiving end for the typed input function in of an operator.
	head(ctx *task.Context, in any, op operator) head
}

// head is the receiving end of an edge in a chain.
type head interface {
	process(b task.Batch, from int) int
	received() int64 // records
}

// router is the sending end of an edge in a chain.
type router interface {
	controls
	flush()
	count() int64 // records sent
}

// add appends a node to the description.
func (e *Env) add(n *node) *node {
	n.env = e
	n.id = len(e.nodes)
	n.location = callerLocation()
	e.nodes = append(e.nodes, n)
	if n.stateful {
		e.claim(n, n.uid)
	}
	return n
}

// claim gives a node its UID, which no other may have.
func (e *Env) claim(n *node, uid string) {
	if uid == "" {
		e.fail(n.location, "%s keeps state and needs a UID: give it a name that no other operator has", n.kind)
		return
	}
	if other := e.uids[uid]; other != nil && other != n {
		e.fail(n.location, "UID %q is taken by the %s at %s: give each operator its own", uid, other.kind, other.location)
		return
	}
	n.uid = uid
	e.uids[uid] = n
}

// connect adds an edge to n's next input; key is nil if it has none.
func connect[T any](n, from *node, port int, ship plan.Ship, key func() func([]T, []uint64)) {
	if records := recordCodec[T](n, from); records != nil {
		n.join(from, port, ship, records.Schema(), &exchange[T]{records: records, hasher: key, timed: from.timed})
	}
}

// recordCodec returns the codec of an edge's records, or notes that there can be no such edge.
func recordCodec[T any](n, from *node) *codec.Codec[T] {
	if from.env != n.env {
		n.env.fail(n.location, "the stream comes from another Env")
		return nil
	}
	records, err := codec.Of[T]()
	if err != nil {
		n.env.fail(n.location, "records of type %s cannot be sent between tasks: %v", typeName[T](), err)
		return nil
	}
	return records
}

func (n *node) join(from *node, port int, ship plan.Ship, schema string, t transport) {
	n.inputs = append(n.inputs, &edge{from: from, to: n, port: port, input: len(n.inputs), ship: ship, schema: schema, transport: t})
}

// setUID, setParallelism and setMaxParallelism are what the methods of a Stream do, whatever its type.

func (n *node) setUID(uid string) {
	if uid == "" {
		n.env.fail(callerLocation(), "the UID of the %s is empty", n.kind)
		return
	}
	if n.uid != "" && n.uid != uid {
		delete(n.env.uids, n.uid)
	}
	n.env.claim(n, uid)
}

func (n *node) setParallelism(subtasks int) {
	switch {
	case subtasks < 1:
		n.env.fail(callerLocation(), "parallelism %d: it must be at least 1", subtasks)
	case n.fixed > 0 && subtasks != n.fixed:
		n.env.fail(callerLocation(), "parallelism %d: a %s runs with parallelism %d only", subtasks, n.kind, n.fixed)
	default:
		n.parallelism = subtasks
	}
}

func (n *node) setMaxParallelism(groups int) {
	if groups < 1 || groups > 32768 {
		n.env.fail(callerLocation(), "maximum parallelism %d: it must be 1 to 32768", groups)
		return
	}
	n.maxParallelism = groups
}

func typeName[T any]() string {
	var v T
	return fmt.Sprintf("%T", &v)[1:]
}

// effective parallelism and number of key groups.
func (n *node) subtasks() int {
	switch {
	case n.fixed > 0:
		return n.fixed
	case n.parallelism > 0:
		return n.parallelism
	}
	return n.env.parallelism
}

func (n *node) keyGroups() int {
	if n.maxParallelism > 0 {
		return n.maxParallelism
	}
	return max(n.env.maxParallelism, n.subtasks())
}
