package container

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/task"
	"github.com/weft-stream/weft/stream"
)

// The test's program exists in two versions. Their types differ in all that a
// later version may change.
type (
	part1 struct {
		Drop map[string]string
		N    int16
	}
	sums1 struct {
		Gone  []string
		Key   int32
		Count int32
		Sum   int64
		Deep  map[string]*part1
		List  []part1
	}
	part2 struct {
		N     int64
		Extra bool
	}
	sums2 struct {
		List  []part2
		Deep  map[string]*part2
		Total int64 `weft:",was=Sum"`
		Fresh struct{ At time.Time }
		Key   int64
		Count int
	}
)

const evolveRecords = 60_000

// version is what the versions' code differs in: K is the type of keys, V of what is kept for each.
type version[K int32 | int64, V any] struct {
	add   func(v V, i int64) V
	merge func(a, b V) V
	key   func(V) K
	count func(V) int64
	show  func(V) string
}

var firstVersion = version[int32, sums1]{
	add: func(v sums1, i int64) sums1 {
		deep, _ := v.Deep["n"], v.Deep
		if deep == nil {
			deep = &part1{Drop: map[string]string{"a": "b"}}
		}
		return sums1{
			[]string{"gone", ""},
			int32(i % testKeys), v.Count + 1, v.Sum + i,
			map[string]*part1{"n": {deep.Drop, deep.N + 1}, "nil": nil},
			[]part1{{N: -3}, {N: int16(v.Count + 1)}},
		}
	},
	merge: func(a, b sums1) sums1 {
		return sums1{
			a.Gone, a.Key, a.Count + b.Count, a.Sum + b.Sum,
			map[string]*part1{"n": {nil, a.Deep["n"].N + b.Deep["n"].N}, "nil": nil},
			[]part1{{N: -3}, {N: int16(a.Count + b.Count)}},
		}
	},
	key:   func(v sums1) int32 { return v.Key },
	count: func(v sums1) int64 { return int64(v.Count) },
	show: func(v sums1) string {
		return fmt.Sprint(v.Count, v.Sum, v.Deep["n"].N, v.Deep["nil"] == nil, v.List[0].N, v.List[1].N)
	},
}

var secondVersion = version[int64, sums2]{
	add: func(v sums2, i int64) sums2 {
		n := int64(1)
		if deep := v.Deep["n"]; deep != nil {
			n += deep.N
		}
		return sums2{
			Key: i % testKeys, Count: v.Count + 1, Total: v.Total + i, Deep: map[string]*part2{"n": {N: n}, "nil": nil},
			List: []part2{{N: -3}, {N: int64(v.Count + 1)}},
		}
	},
	merge: func(a, b sums2) sums2 {
		return sums2{
			Key: a.Key, Count: a.Count + b.Count, Total: a.Total + b.Total, Deep: map[string]*part2{"n": {N: a.Deep["n"].N + b.Deep["n"].N}, "nil": nil},
			List: []part2{{N: -3}, {N: int64(a.Count + b.Count)}},
		}
	},
	key:   func(v sums2) int64 { return v.Key },
	count: func(v sums2) int64 { return int64(v.Count) },
	show: func(v sums2) string {
		return fmt.Sprint(v.Count, v.Total, v.Deep["n"].N, v.Deep["nil"] == nil, v.List[0].N, v.List[1].N)
	},
}

// evolveTime is the event time of number i.
func evolveTime(i int64) time.Time { return time.UnixMilli(i / 10) }

// program is the job of a version: every kind of state, and timers that fire at
// the end of all input and then say what was kept.
func (v version[K, V]) program(t *testing.T, parallelism int, out *ledger) task.Program {
	env := stream.NewEnv(stream.Settings{Job: "evolving", Parallelism: parallelism, MaxParallelism: 128})
	numbers := stream.Generate(env, "numbers", stream.Generator[int64]{Count: evolveRecords, Rate: 60_000, Record: func(i int64) int64 { return i }})
	timed := stream.WithWatermarks(numbers, stream.Ascending(evolveTime))
	keyed := stream.KeyBy(timed, func(i int64) K { return K(i % testKeys) })

	lines := stream.Process(keyed, "process", func(op *stream.Op[K, string]) func(int64) {
		value, list, byRest := stream.NewValue[V](op, "value"), stream.NewList[V](op, "list"), stream.NewMap[K, V](op, "map")
		op.OnTimer(func(time.Time) {
			all := list.Get()
			listed := all[0]
			for _, one := range all[1:] {
				listed = v.merge(listed, one)
			}
			text := fmt.Sprint("process ", op.Key(), ": ", v.show(value.Get()), ", ", v.show(listed))
			for rest := K(0); rest < 3; rest++ {
				one, _ := byRest.Get(rest)
				text += ", " + v.show(one)
			}
			op.Emit(text + "\n")
		})
		return func(i int64) {
			var zero V
			value.Set(v.add(value.Get(), i))
			if i/testKeys%50 == 0 {
				list.Add(v.add(zero, i))
			}
			one, _ := byRest.Get(K(i % 3))
			byRest.Put(K(i%3), v.add(one, i))
			op.EventTimer(time.UnixMilli(1e9))
		}
	})
	single := stream.Map(numbers, func(i int64) V { var zero V; return v.add(zero, i) })
	reduced := stream.KeyBy(single, v.key).Reduce("reduce", v.merge)
	last := stream.Filter(reduced, func(sum V) bool { return v.count(sum) == numbersOf(int64(v.key(sum))) })
	lines = stream.Union(lines, stream.Map(last, func(sum V) string { return fmt.Sprintln("reduce", v.key(sum), v.show(sum)) }))
	for i, a := range []stream.Assigner{
		stream.Tumbling(900 * time.Millisecond), stream.Sliding(1200*time.Millisecond, 800*time.Millisecond), stream.Session(100 * time.Millisecond),
	} {
		uid := []string{"tumbling", "sliding", "session"}[i]
		lines = stream.Union(lines, stream.AggregateWindow(keyed.Window(a), uid, stream.Aggregator[int64, V, string]{
			Add: v.add, Merge: v.merge, Result: v.show,
		}, func(key K, in stream.Window, result string) string {
			return fmt.Sprintln(uid, key, in.Start.UnixMilli(), in.End.UnixMilli(), result)
		}))
	}
	stream.Into(lines, "lines", "lines", func() stream.Sink[string] { return &ledgerSink{to: out} })
	program, err := env.Compile("evolving")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// numbersOf says how many of the numbers have a key.
func numbersOf(key int64) int64 { return (evolveRecords - key + testKeys - 1) / testKeys }

// results is what the job of a version must write, sorted, from going through all numbers.
func (v version[K, V]) results() []string {
	kept := map[string]V{}
	process := map[int64]string{}
	for i := range int64(evolveRecords) {
		key, at := i%testKeys, evolveTime(i).UnixMilli()
		add := func(name ...any) {
			name = append(name, "")
			kept[fmt.Sprintln(name...)] = v.add(kept[fmt.Sprintln(name...)], i)
		}
		add("reduce", key)
		add("map", key, i%3)
		if i/testKeys%50 == 0 {
			add("list", key)
		}
		add("tumbling", key, floorTo(at, 900), floorTo(at, 900)+900)
		for start := floorTo(at, 800); start+1200 > at; start -= 800 {
			add("sliding", key, start, start+1200)
		}
		last := key + (numbersOf(key)-1)*testKeys
		add("session", key, evolveTime(key).UnixMilli(), evolveTime(last).UnixMilli()+100)
		process[key] = ""
	}
	var lines []string
	for key := range process {
		get := func(name ...any) string { return v.show(kept[fmt.Sprintln(append(name, "")...)]) }
		lines = append(lines, fmt.Sprint("process ", key, ": ", get("reduce", key), ", ", get("list", key), ", ",
			get("map", key, int64(0)), ", ", get("map", key, int64(1)), ", ", get("map", key, int64(2))))
	}
	for name, value := range kept {
		if name[:3] != "map" && name[:4] != "list" {
			lines = append(lines, name[:len(name)-1]+v.show(value))
		}
	}
	slices.Sort(lines)
	return lines
}

// finish runs a job from a snapshot to its end and returns what it and those before it have written.
func finish(t *testing.T, dir, restore string, id int64, program task.Program, out *ledger) []string {
	t.Helper()
	f := newFleet(t, dir, 2, program)
	f.epoch = 1000
	f.deploy(restore)
	f.await(control.Finished)
	f.checkpoint(id)
	f.complete(id)
	f.obeyed()
	f.stop()
	return out.lines()
}

// TestChangedTypesOverRestores stops the job of one version at random moments
// and goes on with the other, at other numbers of subtasks and workers: each
// result is there once, the right one.
func TestChangedTypesOverRestores(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	out, dir, restore := &ledger{}, t.TempDir(), ""
	for round := range int64(3) {
		program := firstVersion.program(t, 1+random.IntN(4), out)
		if round > 1 {
			program = secondVersion.program(t, 1+random.IntN(4), out)
		}
		f := newFleet(t, dir, 1+random.IntN(3), program)
		f.epoch = round * 10
		f.deploy(restore)
		f.await(control.Running)
		time.Sleep(time.Duration(50+random.IntN(100)) * time.Millisecond)
		restore = f.checkpoint(round + 1)
		if random.IntN(2) > 0 {
			f.complete(round + 1)
		}
		f.stop()
	}
	got := finish(t, dir, restore, 100, secondVersion.program(t, 3, out), out)
	if diff := cmp.Diff(secondVersion.results(), got); diff != "" {
		t.Errorf("results (-plain +job):\n%.3000s", diff)
	}
}

var writeGolden = flag.Bool("golden", false, "write the golden savepoint of the current version, once per version")

// goldens are savepoints that the builds which introduced a format version have
// written, in the middle of the first version's job. They are never written again.
const goldens = "../internal/snapshot/testdata/*/savepoint"

// TestGoldenSavepointsRunOn restores them into running jobs of both versions of the program.
func TestGoldenSavepointsRunOn(t *testing.T) {
	if *writeGolden {
		newGoldenSavepoint(t, fmt.Sprint("../internal/snapshot/testdata/v", snapshot.Version, "/savepoint"))
	}
	all, err := filepath.Glob(goldens)
	if err != nil || len(all) != snapshot.Version {
		t.Fatalf("%d golden savepoints of %d versions, %v", len(all), snapshot.Version, err)
	}
	for _, dir := range all {
		abs, err := filepath.Abs(dir)
		if err != nil {
			t.Fatal(err)
		}
		for name, run := range map[string]func(out *ledger) []string{
			"same types": func(out *ledger) []string {
				return finish(t, t.TempDir(), "file://"+abs, 100, firstVersion.program(t, 1, out), out)
			},
			"changed types": func(out *ledger) []string {
				return finish(t, t.TempDir(), "file://"+abs, 100, secondVersion.program(t, 4, out), out)
			},
		} {
			if diff := cmp.Diff(secondVersion.results(), run(&ledger{})); diff != "" {
				t.Errorf("%s, %s (-plain +job):\n%.3000s", dir, name, diff)
			}
		}
	}
}

// newGoldenSavepoint writes what a job has in its middle, some windows closed, others open: a copy of a checkpoint that
// builds on another one.
func newGoldenSavepoint(t *testing.T, dir string) {
	out := &ledger{}
	f := newFleet(t, t.TempDir(), 2, firstVersion.program(t, 3, out))
	f.incremental = true
	for _, w := range f.workers {
		w.settings.inlineLimit = 0
	}
	f.deploy("")
	f.await(control.Running)
	f.checkpoint(1) // before there are any results, which it would commit
	f.complete(1)
	f.obeyed()
	time.Sleep(900 * time.Millisecond)
	written := f.checkpoint(2)
	abs, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	from, err := snapshot.Open(t.Context(), f.files, written)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := snapshot.Copy(t.Context(), from.Location, snapshot.Location{FS: from.FS, Dir: abs}, nil); err != nil {
		t.Fatal(err)
	}
	parts := map[snapshot.Part]int{}
	for _, o := range from.Meta.Operators {
		held := map[string]bool{"processing-timers": true}
		for _, sub := range o.Subtasks {
			for _, h := range sub.States {
				parts[h.Part]++
				held[h.State] = held[h.State] || h.Length > 0
			}
		}
		for _, s := range o.States {
			if !held[s.Name] {
				t.Errorf("%s has nothing in its state %s: another moment is better", o, s.Name)
			}
		}
	}
	if parts[snapshot.Delta] == 0 {
		t.Error("nothing has changed between the two checkpoints: another moment is better")
	}
	t.Logf("parts of state: %v", parts)
}
