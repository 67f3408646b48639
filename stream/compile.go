package stream

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/weft-stream/weft/internal/keygroup"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/task"
)

// Compile turns the description into a program for the engine: operators that
// need no exchange between them are chained into vertices. It reports every
// mistake in the description. A job's author has no use for it.
func (e *Env) Compile(job string) (task.Program, error) {
	if len(e.errs) > 0 {
		return nil, errors.Join(e.errs...)
	}
	if len(e.nodes) == 0 {
		return nil, fmt.Errorf("job %q describes no stream", job)
	}
	e.nameAll()
	p := &program{env: e, vertexOf: make([]int, len(e.nodes))}
	p.chain()
	p.describe(job)
	return p, errors.Join(e.errs...)
}

// nameAll gives operators without a UID one from their place, so that all have one.
func (e *Env) nameAll() {
	for _, n := range e.nodes {
		if n.uid != "" {
			continue
		}
		uid := fmt.Sprintf("%s-%d", n.kind, n.id)
		for e.uids[uid] != nil {
			uid += "'"
		}
		e.claim(n, uid)
	}
}

// program implements task.Program.
type program struct {
	env      *Env
	plan     plan.Plan
	vertexOf []int     // vertex of each node
	members  [][]*node // nodes of each vertex, head first
	edges    []*edge   // of plan.Edges
}

func (p *program) Plan() *plan.Plan { return &p.plan }

func (p *program) Decoder(edge, records int) task.Decoder {
	return p.edges[edge].transport.decoder(records)
}

func (p *program) RowDecoder(edge, records int, written string) (task.RowDecoder, error) {
	return p.edges[edge].transport.rowDecoder(records, written)
}

// chain puts each node into its input's vertex where the records need not move.
// Nodes come in the order in which they were described, inputs first.
func (p *program) chain() {
	for _, n := range p.env.nodes {
		v := -1
		for _, in := range n.inputs {
			in.settle()
		}
		if len(n.inputs) == 1 && n.inputs[0].chained() {
			v = p.vertexOf[n.inputs[0].from.id]
		}
		if v < 0 {
			v = len(p.members)
			p.members = append(p.members, nil)
		}
		p.vertexOf[n.id] = v
		p.members[v] = append(p.members[v], n)
	}
}

// settle decides how an edge ships that was not told.
func (e *edge) settle() {
	if e.ship != "" {
		return
	}
	e.ship = plan.Rebalance
	if e.from.subtasks() == e.to.subtasks() {
		e.ship = plan.Forward
	}
}

func (e *edge) chained() bool {
	return e.ship == plan.Forward && len(e.to.inputs) == 1 && e.from.keyGroupsFit(e.to)
}

// keyGroupsFit: a vertex has one number of key groups, that of its head.
func (n *node) keyGroupsFit(next *node) bool {
	return next.maxParallelism == 0 || next.maxParallelism == n.keyGroups()
}

func (p *program) describe(job string) {
	p.plan = plan.Plan{
		Version: plan.Version, Job: job,
		Parallelism: p.env.parallelism, MaxParallelism: p.env.maxParallelism, Conf: p.env.conf,
	}
	for _, members := range p.members {
		p.plan.Vertices = append(p.plan.Vertices, p.vertex(members))
	}
	for _, n := range p.env.nodes {
		for _, in := range n.inputs {
			if p.vertexOf[in.from.id] == p.vertexOf[n.id] {
				continue
			}
			p.edges = append(p.edges, in)
			p.plan.Edges = append(p.plan.Edges, plan.Edge{
				From: p.vertexOf[in.from.id], To: p.vertexOf[n.id], Input: in.input, Ship: in.ship, Schema: in.schema,
			})
		}
		if n.source != nil && !n.source.Replayable {
			p.plan.Warnings = append(p.plan.Warnings, fmt.Sprintf(
				"source %q (%s) cannot go back to a place in its input: what it read after the last checkpoint is lost when the job restarts, so exactly-once cannot hold for it",
				n.name, filepath.Base(n.location)))
		}
	}
}

func (p *program) vertex(members []*node) plan.Vertex {
	first := members[0]
	sum := sha256.Sum256([]byte("vertex " + first.uid))
	v := plan.Vertex{
		ID: hex.EncodeToString(sum[:16]), Parallelism: first.subtasks(), MaxParallelism: first.keyGroups(),
	}
	if v.MaxParallelism < v.Parallelism || v.MaxParallelism > keygroup.Max {
		p.env.fail(first.location, "parallelism %d does not fit the maximum parallelism %d of %s", v.Parallelism, v.MaxParallelism, first.name)
	}
	names := make([]string, len(members))
	for i, n := range members {
		names[i] = n.name
		v.Operators = append(v.Operators, plan.Operator{
			UID: n.uid, Name: n.name, Kind: n.kind, Location: shortLocation(n.location),
			Key: n.key, States: n.states, Source: n.source,
		})
	}
	v.Name = strings.Join(names, " -> ")
	return v
}

// shortLocation keeps the file's folder and name: the same wherever the program was built.
func shortLocation(location string) string {
	dir, file := filepath.Split(location)
	return filepath.Join(filepath.Base(dir), file)
}

// Build makes the chain of one subtask: consumers before producers, so that
// each operator is built with its outputs at hand.
func (p *program) Build(ctx *task.Context) (task.Chain, error) {
	v := p.vertexIndex(ctx.Vertex.ID)
	if v < 0 {
		return nil, fmt.Errorf("the program has no vertex %s", ctx.Vertex.ID)
	}
	members := p.members[v]
	c := &chain{store: ctx.Store, uids: map[string]operator{}, heads: make([]head, len(members[0].inputs))}
	ins := map[*node][]any{}
	ops := map[*node]operator{}
	for i := len(members) - 1; i >= 0; i-- {
		n := members[i]
		b := &builder{ctx: ctx, node: n, outs: make([]any, len(n.collect))}
		for port := range n.collect {
			b.outs[port] = n.collect[port](p.consumers(c, b, n, port, ins, ops))
		}
		ins[n], ops[n] = n.build(b)
		c.ops = append([]operator{ops[n]}, c.ops...)
		c.names = append([]string{n.uid}, c.names...)
		c.uids[n.uid] = ops[n]
	}
	for i, in := range members[0].inputs {
		c.heads[i] = in.transport.head(ctx, ins[members[0]][i], ops[members[0]])
	}
	c.root = ops[members[0]]
	c.source, _ = c.root.(poller)
	return c, nil
}

func (p *program) vertexIndex(id string) int {
	for i := range p.plan.Vertices {
		if p.plan.Vertices[i].ID == id {
			return i
		}
	}
	return -1
}

// consumers returns the typed functions that take what port of n emits: inputs
// of operators in the same chain, and routers to others. Their controls are
// added to b.
func (p *program) consumers(c *chain, b *builder, n *node, port int, ins map[*node][]any, ops map[*node]operator) []any {
	var all []any
	for _, next := range p.env.nodes {
		for _, e := range next.inputs {
			if e.from != n || e.port != port {
				continue
			}
			if p.vertexOf[next.id] == p.vertexOf[n.id] {
				all = append(all, ins[next][e.input])
				b.down = append(b.down, ops[next])
				continue
			}
			r, typed := e.transport.router(b.ctx, p.outlet(b.ctx, e), &p.plan.Vertices[p.vertexOf[next.id]], e.ship)
			all = append(all, typed)
			b.down = append(b.down, r)
			c.routers = append(c.routers, r)
		}
	}
	return all
}

func (p *program) outlet(ctx *task.Context, e *edge) *task.Outlet {
	for i := range ctx.Outlets {
		if p.edges[ctx.Outlets[i].Edge] == e {
			return &ctx.Outlets[i]
		}
	}
	panic(fmt.Sprintf("stream: the engine gave no outlet for an edge to %s", e.to.name))
}
