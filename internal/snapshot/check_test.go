package snapshot

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/plan"
)

func TestCheck(t *testing.T) {
	m := testMeta(1)
	attach(m, inlineOf(t, testContributions(t, 20)))
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
			[]string{`operator "tot" (Total): it has state in the snapshot, and the program has no operator with that uid: to skip its state use -n (--allowNonRestoredState)`},
		},
		"renamed": {
			func(p *Program) { p.Operators[1].UID = "total" },
			[]string{`operator "tot" (Total): it has state in the snapshot, and the program has no operator with that uid: did you rename uid "tot" to "total"? to skip its state use -n (--allowNonRestoredState)`},
		},
		"skipped": {func(p *Program) { p.Operators = p.Operators[:1]; p.AllowNonRestored = true }, nil},
		"key type": {
			func(p *Program) { p.Operators[1].KeySchema = "int64" },
			[]string{`operator "tot" (Total): its key type changed from string to int64; keys may change only in ways that keep their hash`},
		},
		"no key": {
			func(p *Program) { p.Operators[1].KeySchema = "" },
			[]string{`operator "tot" (Total): its key type changed from string to none; keys may change only in ways that keep their hash`},
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
				`operator "tot" (Total): its key type changed from string to int64; keys may change only in ways that keep their hash`,
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

// TestWhatWasInFlightNeedsItsWay: records that were on their way to an operator
// can be handed over if the program has the same way, of whatever parallelism.
func TestWhatWasInFlightNeedsItsWay(t *testing.T) {
	m := &Metadata{KeyHash: "xxh3-1", Operators: []Operator{{
		UID: "sink", Name: "Sink", Kind: "sink", Parallelism: 2, MaxParallelism: 128,
		States:   []StateInfo{{"in-flight-0-from-src", "in-flight", "struct{N int32}"}},
		Subtasks: []Subtask{{States: []Handle{{State: "in-flight-0-from-src", Length: 100, Entries: 5}}}, {Index: 1}},
	}}}
	lost := `operator "sink" (Sink): records were on their way to it (in-flight-0-from-src), and the program has no such way any more; ` +
		`change the program at a savepoint, which has none on their way, or skip them with -n (--allowNonRestoredState)`
	for name, test := range map[string]struct {
		inputs []StateInfo
		skip   bool
		want   []string
	}{
		"same":           {inputs: []StateInfo{{"in-flight-0-from-src", "in-flight", "struct{N int32}"}}},
		"wider":          {inputs: []StateInfo{{"in-flight-0-from-src", "in-flight", "struct{N int64}"}}},
		"other type":     {inputs: []StateInfo{{"in-flight-0-from-src", "in-flight", "string"}}, want: []string{`operator "sink" (Sink): the type of its state "in-flight-0-from-src" changed from struct{N int32} to string`}},
		"gone":           {want: []string{lost}},
		"gone, skipped":  {skip: true},
		"by key":         {inputs: []StateInfo{{"in-flight-0-from-src", "in-flight-keyed", "struct{N int32}"}}, want: []string{lost}},
		"another sender": {inputs: []StateInfo{{"in-flight-0-from-map", "in-flight", "struct{N int32}"}}, want: []string{lost}},
	} {
		p := Program{KeyHash: "xxh3-1", AllowNonRestored: test.skip, Operators: []ProgramOperator{{
			UID: "sink", Name: "Sink", Kind: "sink", Parallelism: 4, MaxParallelism: 128, Inputs: test.inputs,
		}}}
		if diff := cmp.Diff(test.want, Check(m, p)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestCompareLists: who is given the entries of a list may change.
func TestCompareLists(t *testing.T) {
	handle := Handle{State: "prepared", Length: 100, Entries: 5}
	m := &Metadata{KeyHash: "xxh3-1", Operators: []Operator{{
		UID: "sink", Name: "Sink", Kind: "sink", Parallelism: 1, MaxParallelism: 128,
		States: []StateInfo{{"prepared", plan.Union, "bytes"}}, Subtasks: []Subtask{{States: []Handle{handle}}},
	}}}
	for kind, want := range map[string]Fit{plan.List: FitMatched, plan.Union: FitMatched, "list": FitUnfit} {
		p := Program{KeyHash: "xxh3-1", Operators: []ProgramOperator{
			{UID: "sink", Name: "Sink", Kind: "sink", Parallelism: 1, MaxParallelism: 128, States: []StateInfo{{"prepared", kind, "bytes"}}},
		}}
		if got := Compare(m, p).Operators[0].Fit; got != want {
			t.Errorf("a union as a %s: %s, want %s", kind, got, want)
		}
	}
}

// TestCompare is the report of an upgrade: types that change, an operator that
// comes, one that goes and one whose uid was changed.
func TestCompare(t *testing.T) {
	subtasks := func(states ...string) []Subtask {
		s := Subtask{}
		for _, name := range states {
			s.States = append(s.States, Handle{State: name, Length: 100, Entries: 5})
		}
		return []Subtask{s}
	}
	m := &Metadata{KeyHash: "xxh3-1", Operators: []Operator{
		{UID: "same", Name: "Same", Kind: "reduce", Parallelism: 1, MaxParallelism: 128, KeySchema: "string", States: []StateInfo{{"value", "value", "int64"}}, Subtasks: subtasks("value")},
		{
			UID: "wide", Name: "Wide", Kind: "process", Parallelism: 1, MaxParallelism: 128, KeySchema: "int32",
			States:   []StateInfo{{"v", "value", "struct{A int32; B string}"}, {"gone", "list", "[]string"}, {"empty", "list", "[]string"}, {"bad", "map", "map[string]struct{X int64}"}},
			Subtasks: subtasks("v", "gone", "bad"),
		},
		{UID: "old", Name: "Old", Kind: "process", Parallelism: 1, MaxParallelism: 128, KeySchema: "string", States: []StateInfo{{"n", "value", "int32"}}, Subtasks: subtasks("n")},
		{UID: "less", Name: "Stateless", Kind: "map", Parallelism: 1, MaxParallelism: 128, Subtasks: subtasks()},
	}}
	p := Program{KeyHash: "xxh3-1", AllowNonRestored: true, Operators: []ProgramOperator{
		{UID: "map-0", Kind: "map", Parallelism: 2},
		{UID: "same", Name: "Same", Kind: "reduce", Parallelism: 2, MaxParallelism: 128, KeySchema: "string", States: []StateInfo{{"value", "value", "int64"}}},
		{
			UID: "wide", Name: "Wide", Kind: "process", Parallelism: 2, MaxParallelism: 128, KeySchema: "int64",
			States: []StateInfo{{"v", "value", "struct{A int64; C,was=B string}"}, {"fresh", "value", "bool"}, {"bad", "map", "map[string]struct{X bool}"}},
		},
		{UID: "renamed", Name: "New", Kind: "process", Parallelism: 2, KeySchema: "string", States: []StateInfo{{"n", "value", "int64"}}},
		{UID: "other kind", Name: "New", Kind: "connect", Parallelism: 2, KeySchema: "string", States: []StateInfo{{"n", "value", "int64"}}},
	}}
	want := Report{Operators: []OperatorFit{
		{
			UID: "same", Name: "Same", Fit: FitMatched, Parallelism: 2, SavedParallelism: 1, MaxParallelism: 128, Size: 100,
			States: []StateFit{{Name: "value", Kind: "value", Fit: FitMatched, Written: "int64", Read: "int64", Size: 100, Entries: 5}},
		},
		{
			UID: "wide", Name: "Wide", Fit: FitUnfit, Parallelism: 2, SavedParallelism: 1, MaxParallelism: 128, Size: 300, Changes: []string{"int32 becomes int64"},
			States: []StateFit{
				{
					Name: "v", Kind: "value", Fit: FitChanged, Written: "struct{A int32; B string}", Read: "struct{A int64; C,was=B string}", Size: 100, Entries: 5,
					Changes: []string{"field A: int32 becomes int64", "field B: is now C"},
				},
				{Name: "gone", Kind: "list", Fit: FitLeftOut, Written: "[]string", Size: 100, Entries: 5},
				{
					Name: "bad", Kind: "map", Fit: FitUnfit, Written: "map[string]struct{X int64}", Read: "map[string]struct{X bool}", Size: 100, Entries: 5,
					Problems: []string{`the type of its state "bad" changed from map[string]struct{X int64} to map[string]struct{X bool}: field [].X: int64 cannot become bool`},
				},
				{Name: "fresh", Kind: "value", Fit: FitNew, Read: "bool"},
			},
		},
		{UID: "renamed", Name: "New", Fit: FitNew, Parallelism: 2, States: []StateFit{{Name: "n", Kind: "value", Fit: FitNew, Read: "int64"}}},
		{UID: "other kind", Name: "New", Fit: FitNew, Parallelism: 2, States: []StateFit{{Name: "n", Kind: "value", Fit: FitNew, Read: "int64"}}},
		{
			UID: "old", Name: "Old", Fit: FitLeftOut, SavedParallelism: 1, MaxParallelism: 128, Size: 100, MayBe: []string{"renamed"},
			States: []StateFit{{Name: "n", Kind: "value", Fit: FitLeftOut, Written: "int32", Size: 100, Entries: 5}},
		},
	}}
	if diff := cmp.Diff(want, Compare(m, p)); diff != "" {
		t.Error(diff)
	}
}
