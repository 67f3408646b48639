// Package plan describes a job without its functions: which operators it has,
// how they are chained into vertices, how vertices exchange records, and what
// state each operator keeps.
//
// A program's plan function is run in every role (to check the job, in the
// application master, in each container) and must give the same plan each
// time; Plan.Hash is how the roles prove to each other that it did.
package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Version is the version of the JSON form of a Plan. A client refuses a program
// whose plan has another version: they were built with different releases.
const Version = 1

// Ship says how records of an edge are distributed over the subtasks of the
// receiving vertex. The values are the words that Flink's REST API shows.
type Ship string

// The ways of distributing records.
const (
	Forward   Ship = "FORWARD"   // subtask i to subtask i
	Hash      Ship = "HASH"      // by the key group of the record's key
	Rebalance Ship = "REBALANCE" // round robin
	Broadcast Ship = "BROADCAST" // every record to every subtask
)

// Plan is one job as the program describes it. It holds no functions and can
// be sent between processes as JSON.
type Plan struct {
	Version        int               `json:"version"`
	Job            string            `json:"job"`             // the name that -c selects
	Parallelism    int               `json:"parallelism"`     // of operators that set none
	MaxParallelism int               `json:"max-parallelism"` // number of key groups of operators that set none
	Conf           map[string]string `json:"conf,omitempty"`  // settings made in the program's code, by key
	Vertices       []Vertex          `json:"vertices"`        // in topological order
	Edges          []Edge            `json:"edges"`
	Warnings       []string          `json:"warnings,omitempty"` // what the author should know, a line each
}

// Vertex is a chain of operators that run as one subtask.
type Vertex struct {
	ID             string     `json:"id"`   // 32 hex digits, stable while its head operator keeps its UID
	Name           string     `json:"name"` // "Source: Socket -> FlatMap"
	Parallelism    int        `json:"parallelism"`
	MaxParallelism int        `json:"max-parallelism"`
	Operators      []Operator `json:"operators"` // head first
}

// Operator is one step of a chain.
type Operator struct {
	UID      string  `json:"uid"`           // names its state in snapshots; never empty
	Name     string  `json:"name"`          // for people
	Kind     string  `json:"kind"`          // "source", "map", "window", "sink", …
	Location string  `json:"location"`      // file:line in the author's code
	Key      string  `json:"key,omitempty"` // the key type's schema, of a keyed operator
	States   []State `json:"states,omitempty"`
	Source   *Source `json:"source,omitempty"` // of a source
}

// State is one named state of an operator.
type State struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`   // "value", "list", "map", "timers", "window", List or Union
	Schema string `json:"schema"` // the value type's schema
}

// Kinds of states that are lists of an operator's subtasks, without keys. They
// differ only in who is given what at a restore.
const (
	List  = "operator-list"  // each entry to one subtask: to whom it is from, if there are as many as there were
	Union = "operator-union" // all entries to all subtasks
)

// Source says what a source promises.
type Source struct {
	Replayable bool `json:"replayable"` // goes back to its place after a restore
	Bounded    bool `json:"bounded"`    // ends by itself
}

// Edge is a stream of records from one vertex to another.
type Edge struct {
	From   int    `json:"from"`  // index into Plan.Vertices
	To     int    `json:"to"`    // index into Plan.Vertices, greater than From
	Input  int    `json:"input"` // which input of the receiving vertex's head operator, from 0
	Ship   Ship   `json:"ship"`
	Schema string `json:"schema"` // the record type's schema
}

// Hash returns a digest of all that the roles must agree on: 64 hex digits.
func (p *Plan) Hash() string {
	stripped := *p
	stripped.Warnings = nil
	text, err := json.Marshal(&stripped)
	if err != nil { // a Plan has no type that JSON refuses
		panic(fmt.Sprintf("plan: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Slots returns how many slots the job needs: the highest parallelism of its
// vertices, since subtask i of every vertex shares slot i.
func (p *Plan) Slots() int {
	most := 1
	for i := range p.Vertices {
		most = max(most, p.Vertices[i].Parallelism)
	}
	return most
}

// Subtasks returns the number of subtasks of all vertices together.
func (p *Plan) Subtasks() int {
	n := 0
	for i := range p.Vertices {
		n += p.Vertices[i].Parallelism
	}
	return n
}

// Regions returns how the slots fall into regions: how many slots each has, in
// their order. Tasks of two regions never exchange records, so one region can be
// restarted while the others go on. An exchange connects all slots of its two
// vertices, and those begin with slot 0: so there is one region of all that is
// connected, and each slot behind it is one of its own.
func (p *Plan) Regions() []int {
	connected := 1
	for _, e := range p.Edges {
		if e.Ship != Forward {
			connected = max(connected, p.Vertices[e.From].Parallelism, p.Vertices[e.To].Parallelism)
		}
	}
	regions := []int{connected}
	for range p.Slots() - connected {
		regions = append(regions, 1)
	}
	return regions
}

// Request is what a program is asked in the plan role: one JSON object on its
// standard input.
type Request struct {
	Job            string            `json:"job"` // "" when the program has only one
	Args           []string          `json:"args"`
	Parallelism    int               `json:"parallelism"`
	MaxParallelism int               `json:"max-parallelism"`
	Conf           map[string]string `json:"conf"`
}

// Response is a program's answer in the plan role: one JSON object on file
// descriptor 3, so that what the program prints is left alone.
type Response struct {
	Version int      `json:"version"`
	Jobs    []string `json:"jobs"`            // the jobs of the program, sorted
	Plan    *Plan    `json:"plan,omitempty"`  // nil if Error is set
	Error   *Error   `json:"error,omitempty"` // why there is no plan
	Usage   string   `json:"usage,omitempty"` // the job's own options, when they were asked for or wrong
}

// Error is why a program has no plan.
type Error struct {
	Message  string `json:"message"`            // one line
	Location string `json:"location,omitempty"` // file:line in the author's code, if known
	Unknown  bool   `json:"unknown,omitempty"`  // the program has no job of that name
}
