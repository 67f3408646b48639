package plan

import (
	"slices"
	"testing"
)

func TestRegions(t *testing.T) {
	vertices := func(parallelism ...int) *Plan {
		p := &Plan{}
		for _, n := range parallelism {
			p.Vertices = append(p.Vertices, Vertex{Parallelism: n, Operators: []Operator{{}}})
		}
		return p
	}
	edges := func(p *Plan, edges ...Edge) *Plan {
		p.Edges = edges
		return p
	}
	for name, test := range map[string]struct {
		plan *Plan
		want []int
	}{
		"one subtask":                   {vertices(1), []int{1}},
		"no edges":                      {vertices(3, 2), []int{1, 1, 1}},
		"forward":                       {edges(vertices(3, 3), Edge{From: 0, To: 1, Ship: Forward}), []int{1, 1, 1}},
		"hash":                          {edges(vertices(3, 3), Edge{From: 0, To: 1, Ship: Hash}), []int{3}},
		"from one to all":               {edges(vertices(1, 3), Edge{From: 0, To: 1, Ship: Rebalance}), []int{3}},
		"from all to one":               {edges(vertices(3, 1), Edge{From: 0, To: 1, Ship: Rebalance}), []int{3}},
		"an exchange in one slot":       {edges(vertices(1, 1, 3), Edge{From: 0, To: 1, Ship: Hash}), []int{1, 1, 1}},
		"an exchange beside forwarding": {edges(vertices(4, 4, 2, 2), Edge{From: 0, To: 1, Ship: Forward}, Edge{From: 2, To: 3, Ship: Broadcast}), []int{2, 1, 1}},
	} {
		if got := test.plan.Regions(); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
