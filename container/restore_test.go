package container

import (
	"fmt"
	"sort"
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/task"
	"github.com/weft-stream/weft/stream"
)

// total is what the test's job says of a key, each time that it changes.
type total struct {
	Key, Count, Sum int64
}

const (
	testRecords = 60_000
	testKeys    = 97
)

// totals counts and sums numbers by key, through two exchanges, into files.
func totals(t *testing.T, parallelism int, out string) task.Program {
	env := stream.NewEnv(stream.Settings{Job: "totals", Parallelism: parallelism, MaxParallelism: 128})
	numbers := stream.Generate(env, "numbers", stream.Generator[int64]{Count: testRecords, Rate: 60_000, Record: func(i int64) int64 { return i }})
	again := stream.Map(numbers.Rebalance(), func(i int64) int64 { return i })
	sums := stream.Process(stream.KeyBy(stream.Union(numbers, stream.Filter(again, func(int64) bool { return false })), func(i int64) int64 { return i % testKeys }), "sums", runningTotal)
	stream.WriteFiles(sums, "files", "file://"+out, func(dst []byte, v total) []byte {
		return fmt.Appendf(dst, "%d %d %d\n", v.Key, v.Count, v.Sum)
	})
	program, err := env.Compile("totals")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// TestExactlyOnceOverRestoresAtOtherParallelisms looks at every record that a
// job has written that was stopped and restored again and again.
func TestExactlyOnceOverRestoresAtOtherParallelisms(t *testing.T) {
	checkTotals(t, runOverRestores(t, 6, 30*time.Millisecond, totals))
}

// TestExactlyOnceOverIncrementalRestores is the same with checkpoints that build
// on each other, of which only the last is ever kept.
func TestExactlyOnceOverIncrementalRestores(t *testing.T) {
	checkTotals(t, overRestores(t, 6, 30*time.Millisecond, true, totals))
}

// checkTotals: each key's counts are written once each, from 1 to its last, with
// a sum that only grows, and the last sum is that of all its numbers.
func checkTotals(t *testing.T, lines []string) {
	t.Helper()
	byKey := map[int64][]total{}
	for _, line := range lines {
		var v total
		if _, err := fmt.Sscan(line, &v.Key, &v.Count, &v.Sum); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		byKey[v.Key] = append(byKey[v.Key], v)
	}
	for key := range int64(testKeys) {
		all := byKey[key]
		sort.Slice(all, func(i, j int) bool { return all[i].Count < all[j].Count })
		var want int64
		n := int64(0)
		for i := key; i < testRecords; i += testKeys {
			want += i
			n++
		}
		if int64(len(all)) != n {
			t.Fatalf("key %d: %d records, want %d", key, len(all), n)
		}
		for i, v := range all {
			if v.Count != int64(i+1) || i > 0 && v.Sum < all[i-1].Sum {
				t.Fatalf("key %d: record %d is %+v after %+v", key, i, v, all[max(i-1, 0)])
			}
		}
		if last := all[n-1].Sum; last != want {
			t.Fatalf("key %d: sum %d, want %d", key, last, want)
		}
	}
}

// runningTotal keeps the total of a key's numbers, and emits it each time.
func runningTotal(op *stream.Op[int64, total]) func(int64) {
	value := stream.NewValue[total](op, "total")
	return func(i int64) {
		value.Update(func(v *total) {
			v.Key = op.Key()
			v.Count++
			v.Sum += i
		})
		op.Emit(value.Get())
	}
}
