package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/weft-stream/weft/internal/plan"
)

// infoNode is one vertex in the plan that info prints: Flink's form of it, and
// where in the program the vertex stands.
type infoNode struct {
	ID           string       `json:"id"`
	Type         string       `json:"type"`
	Pact         string       `json:"pact"` // Data Source, Operator, Data Sink
	Contents     string       `json:"contents"`
	Parallelism  int          `json:"parallelism"`
	Operators    []infoStep   `json:"operators"`
	Predecessors []infoSource `json:"predecessors,omitempty"`
}

type infoStep struct {
	UID      string `json:"uid"`
	Name     string `json:"name"`
	Location string `json:"location"`
}

type infoSource struct {
	ID   string `json:"id"`
	Ship string `json:"ship_strategy"`
	Side string `json:"side"`
}

// infoResult is the JSON result of info.
type infoResult struct {
	Job         string     `json:"job"`
	PlanHash    string     `json:"plan-hash"`
	Parallelism int        `json:"parallelism"`
	Workers     int        `json:"workers"`
	Slots       int        `json:"slots"`
	Warnings    []string   `json:"warnings,omitempty"`
	Nodes       []infoNode `json:"nodes"`
}

// info does the action of that name.
func (a *app) info(ctx context.Context, o *runOptions) error {
	if o.query {
		return a.query(ctx, o.conf)
	}
	a.sayWithoutEffect("nothing is submitted, the plan is all", "detached", "yarndetached", "shutdownOnAttachedExit", "claimMode",
		"yarnname", "yarnqueue", "yarnship", "yarnnodeLabel", "yarnapplicationType", "yarnjobManagerMemory", "yarntaskManagerMemory")
	s, err := a.prepare(ctx, o)
	if errors.Is(err, errHelped) {
		return nil
	}
	if err != nil {
		return err
	}
	defer s.files.Close()
	result := infoResult{
		Job: s.plan.Job, PlanHash: s.plan.Hash(), Parallelism: s.plan.Parallelism,
		Workers: s.workers, Slots: s.slots, Warnings: s.plan.Warnings, Nodes: infoNodes(s.plan),
	}
	text, err := json.Marshal(map[string][]infoNode{"nodes": result.Nodes})
	if err != nil {
		return err
	}
	a.ui.Line("----------------------- Execution Plan -----------------------")
	a.ui.Line("%s", text)
	a.ui.Line("--------------------------------------------------------------")
	a.ui.Line("")
	a.ui.Line("%s", describe(s))
	return a.ui.Result(result)
}

func infoNodes(p *plan.Plan) []infoNode {
	nodes := make([]infoNode, len(p.Vertices))
	for i := range p.Vertices {
		vertex := &p.Vertices[i]
		nodes[i] = infoNode{ID: vertex.ID, Type: vertex.Name, Pact: pact(p, i), Contents: vertex.Name, Parallelism: vertex.Parallelism}
		for _, o := range vertex.Operators {
			nodes[i].Operators = append(nodes[i].Operators, infoStep{o.UID, o.Name, o.Location})
		}
	}
	for _, edge := range p.Edges {
		side := "second"
		if edge.Input == 0 {
			side = "first"
		}
		nodes[edge.To].Predecessors = append(nodes[edge.To].Predecessors, infoSource{p.Vertices[edge.From].ID, string(edge.Ship), side})
	}
	return nodes
}

// pact is Flink's word for the place of a vertex in the graph.
func pact(p *plan.Plan, vertex int) string {
	isSource, isSink := true, true
	for _, edge := range p.Edges {
		isSource = isSource && edge.To != vertex
		isSink = isSink && edge.From != vertex
	}
	switch {
	case isSource:
		return "Data Source"
	case isSink:
		return "Data Sink"
	}
	return "Operator"
}

// describe writes the plan for a person: the chain of each vertex, where its
// operators stand in the program, and what it receives.
func describe(s *submission) string {
	var b strings.Builder
	fmt.Fprintf(&b, "job %s, parallelism %d, workers %d with %d slots each", s.plan.Job, s.plan.Parallelism, s.workers, s.slots)
	for i := range s.plan.Vertices {
		vertex := &s.plan.Vertices[i]
		fmt.Fprintf(&b, "\n%d  %s (parallelism %d)", i, vertex.Name, vertex.Parallelism)
		for _, edge := range s.plan.Edges {
			if edge.To == i {
				fmt.Fprintf(&b, "\n     receives %s from %d", edge.Ship, edge.From)
			}
		}
		for _, o := range vertex.Operators {
			fmt.Fprintf(&b, "\n     %-28s uid %-24s %s", o.Name, o.UID, o.Location)
		}
	}
	return b.String()
}
