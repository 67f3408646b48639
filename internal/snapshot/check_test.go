package snapshot

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheck(t *testing.T) {
	m := testMeta(1)
	attach(m, inlineHandles(testContributions(t, 20)))
	m.Operators = append(m.Operators, Operator{UID: "stateless", Name: "Map", Parallelism: 1, MaxParallelism: 128, Subtasks: []Subtask{{}}})
	// The program that took the snapshot; each test changes it.
	program := func() Program {
		return Program{KeyHash: "xxh3-1", Operators: []ProgramOperator{
			{UID: "lines", Name: "Source: lines", Parallelism: 1, States: []StateInfo{{"offset", "list", "int64"}}},
			{
				UID: "tot", Name: "Total", Parallelism: 2, KeySchema: "string",
				States: []StateInfo{{"count", "value", "int64"}, {"timers", "timers", "int64"}},
			},
		}}
	}
	for name, test := range map[string]struct {
		change func(*Program)
		want   []string
	}{
		"same":          {func(p *Program) {}, nil},
		"rescaled":      {func(p *Program) { p.Operators[1].Parallelism = 128 }, nil},
		"same maximum":  {func(p *Program) { p.Operators[1].MaxParallelism = 128 }, nil},
		"new operator":  {func(p *Program) { p.Operators = append(p.Operators, ProgramOperator{UID: "new"}) }, nil},
		"new state":     {func(p *Program) { p.Operators[0].States = append(p.Operators[0].States, StateInfo{Name: "x"}) }, nil},
		"too parallel":  {func(p *Program) { p.Operators[1].Parallelism = 200 }, []string{`operator "tot" (Total): its parallelism 200 is above the snapshot's maximum parallelism, 128`}},
		"other maximum": {func(p *Program) { p.Operators[1].MaxParallelism = 256 }, []string{`operator "tot" (Total): its maximum parallelism is 128 in the snapshot and cannot be changed to 256`}},
		"lost operator": {
			func(p *Program) { p.Operators = p.Operators[:1] },
			[]string{`operator "tot" (Total) has state in the snapshot, but the program has no operator with that uid: to skip its state use -n (--allowNonRestoredState)`},
		},
		"renamed": {
			func(p *Program) { p.Operators[1].UID = "total" },
			[]string{`operator "tot" (Total) has state in the snapshot, but the program has no operator with that uid (was its uid changed to "total"?): to skip its state use -n (--allowNonRestoredState)`},
		},
		"skipped": {func(p *Program) { p.Operators = p.Operators[:1]; p.AllowNonRestored = true }, nil},
		"key type": {
			func(p *Program) { p.Operators[1].KeySchema = "int64" },
			[]string{`operator "tot" (Total): its key type changed from string to int64`},
		},
		"no key": {
			func(p *Program) { p.Operators[1].KeySchema = "" },
			[]string{`operator "tot" (Total): its key type changed from string to none`},
		},
		"value type": {
			func(p *Program) { p.Operators[1].States[0].Schema = "float64" },
			[]string{`operator "tot" (Total): the type of its state "count" changed from int64 to float64`},
		},
		"state kind": {
			func(p *Program) { p.Operators[1].States[0].Kind = "list" },
			[]string{`operator "tot" (Total): its state "count" changed from a value to a list`},
		},
		"lost state": {
			func(p *Program) { p.Operators[1].States = p.Operators[1].States[:1] },
			[]string{`operator "tot" (Total): the program does not declare its state "timers" any more; to skip it use -n (--allowNonRestoredState)`},
		},
		"lost state skipped": {func(p *Program) { p.Operators[1].States = p.Operators[1].States[:1]; p.AllowNonRestored = true }, nil},
		"key hash": {
			func(p *Program) { p.KeyHash = "murmur-1" },
			[]string{`the snapshot assigns keys by the hash "xxh3-1", this build by "murmur-1": it cannot find the keys`},
		},
		"several, and -n does not excuse them": {
			func(p *Program) {
				p.Operators[1].KeySchema, p.Operators[1].Parallelism, p.AllowNonRestored = "int64", 200, true
			},
			[]string{
				`operator "tot" (Total): its parallelism 200 is above the snapshot's maximum parallelism, 128`,
				`operator "tot" (Total): its key type changed from string to int64`,
			},
		},
	} {
		p := program()
		test.change(&p)
		if diff := cmp.Diff(test.want, Check(m, p)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
