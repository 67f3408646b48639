package appmaster

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/plan"
)

// TestMain lets the test's own executable play every role of a program, so
// that a master under test starts real child processes of it.
func TestMain(m *testing.M) {
	switch os.Getenv(jobspec.RoleVariable) {
	case jobspec.RoleMaster:
		log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
		if Run(context.Background(), Options{Plan: testPlan, Version: "test", Log: log}) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	case jobspec.RoleContainer:
		if err := testWorker(); err != nil {
			slog.Error("worker", "error", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// testPlan is a source and a sink with a state each.
func testPlan(r plan.Request) plan.Response {
	vertex := func(id, name, kind string, parallelism int) plan.Vertex {
		return plan.Vertex{
			ID: id, Name: name, Parallelism: parallelism, MaxParallelism: r.MaxParallelism,
			Operators: []plan.Operator{{
				UID: name, Name: name, Kind: kind, Location: "job.go:1",
				States: []plan.State{{Name: "n", Kind: "operator-list", Schema: "int64"}},
			}},
		}
	}
	source := vertex("cf9f244a77deef0da17e74a58c95c478", "Source: Numbers", "source", 1)
	source.Operators[0].Source = &plan.Source{Replayable: true}
	return plan.Response{Version: plan.Version, Jobs: []string{"numbers"}, Plan: &plan.Plan{
		Version: plan.Version, Job: "numbers", Parallelism: r.Parallelism, MaxParallelism: r.MaxParallelism,
		Vertices: []plan.Vertex{source, vertex("4c316878fdbd0126d4087d26baae01f4", "Sink: Print", "sink", r.Parallelism)},
		Edges:    []plan.Edge{{From: 0, To: 1, Ship: plan.Rebalance, Schema: "int64"}},
	}}
}
