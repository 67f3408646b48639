package container

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/task"
	"github.com/weft-stream/weft/stream"
)

// newCopying is a fleet whose workers keep copies, of all state.
func newCopying(t *testing.T, workers, parallelism int) (f *fleet, out string) {
	t.Helper()
	out = t.TempDir()
	return newCopyingOf(t, workers, totals(t, parallelism, out)), out
}

func newCopyingOf(t *testing.T, workers int, program task.Program) *fleet {
	t.Helper()
	f := newFleet(t, t.TempDir(), workers, program)
	t.Cleanup(func() {
		for _, w := range f.workers {
			w.copies.close()
		}
	})
	for _, w := range f.workers {
		w.settings.inlineLimit = 0
		w.copies = copiesIn(t, f, t.TempDir())
	}
	return f
}

func copiesIn(t *testing.T, f *fleet, dir string) *localCopies {
	t.Helper()
	disk, _, err := f.files.Resolve("file:///")
	if err != nil {
		t.Fatal(err)
	}
	return &localCopies{dirs: []string{dir}, disk: disk, log: slog.New(slog.DiscardHandler)}
}

// copied are the files that workers have copies of, sorted.
func (f *fleet) copied() []string {
	var all []string
	for _, w := range f.workers {
		all = append(all, slices.Collect(maps.Keys(w.copies.files))...)
	}
	slices.Sort(all)
	return all
}

// files are the data files of a checkpoint, sorted.
func (f *fleet) filesOf(checkpoint string) []string {
	f.t.Helper()
	s, err := snapshot.Open(f.t.Context(), f.files, checkpoint)
	if err != nil {
		f.t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(s.Files()))
}

// ruin makes data files unreadable: zeros of the same length.
func ruin(t *testing.T, files []string) {
	t.Helper()
	for _, uri := range files {
		name := strings.TrimPrefix(uri, "file://")
		info, err := os.Stat(name)
		if err == nil {
			err = os.WriteFile(name, make([]byte, info.Size()), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// read sums up what workers have read for their tasks.
func (f *fleet) read() (local, remote int64) {
	for _, w := range f.workers {
		if r := w.report().Restored; r != nil {
			local += r.Local
			remote += r.Remote
		}
	}
	return local, remote
}

// again starts the tasks anew on the same workers. What the former ones still have to say is not listened to.
func (f *fleet) again(restore string) {
	f.t.Helper()
	for _, w := range f.workers {
		w.undeploy(every)
	}
	for len(f.messages) > 0 {
		<-f.messages
	}
	f.deploy(restore)
}

// finish lets the job come to its end and returns what it has written.
func (f *fleet) finish(id int64, out string) []string {
	f.t.Helper()
	f.await(control.Finished)
	f.checkpoint(id)
	f.complete(id)
	f.obeyed()
	return outputLines(f.t.(*testing.T), out)
}

// rareKey gives most keys one record at the start, and all others to a few: so checkpoints become chains.
func rareKey(i int64) int64 {
	const rare = 20_000
	if i < rare {
		return testKeys + i
	}
	return i % testKeys
}

// counts counts records by rareKey.
func counts(t *testing.T, parallelism int, out string) task.Program {
	t.Helper()
	env := stream.NewEnv(stream.Settings{Job: "counts", Parallelism: parallelism, MaxParallelism: 128})
	numbers := stream.Generate(env, "numbers", stream.Generator[int64]{Count: testRecords, Rate: 30_000, Record: func(i int64) int64 { return i }})
	sums := stream.Process(stream.KeyBy(numbers, rareKey), "sums", runningTotal)
	stream.WriteFiles(sums, "files", "file://"+out, func(dst []byte, v total) []byte { return fmt.Appendf(dst, "%d %d\n", v.Key, v.Count) })
	program, err := env.Compile("counts")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// countLines are what counts writes, sorted.
func countLines() []string {
	var lines []string
	seen := map[int64]int{}
	for i := range int64(testRecords) {
		seen[rareKey(i)]++
		lines = append(lines, fmt.Sprint(rareKey(i), " ", seen[rareKey(i)]))
	}
	slices.Sort(lines)
	return lines
}

// TestSurvivorReadsItsCopies: the data files cannot be read any more, so the state can only come from the copies. It is one
// worker, since of states that are lists each reads what the others have written.
func TestSurvivorReadsItsCopies(t *testing.T) {
	for _, incremental := range []bool{false, true} {
		out := t.TempDir()
		f := newCopyingOf(t, 1, counts(t, 3, out))
		f.incremental = incremental
		f.deploy("")
		f.await(control.Running)
		restore, id := "", int64(0)
		var files []string
		for id < 3 || incremental && len(files) < 3 { // until there is a chain
			id++
			restore = f.checkpoint(id)
			f.complete(id)
			if files = f.filesOf(restore); id > 500 {
				t.Fatalf("no chain has come about, but %q", files)
			}
		}
		if diff := cmp.Diff(files, f.copied()); diff != "" {
			t.Fatalf("there are other copies than of the latest checkpoint's files (-files +copies):\n%s", diff)
		}
		ruin(t, files)
		f.again(restore)
		f.await(control.Running)
		if local, remote := f.read(); local == 0 || remote != 0 {
			t.Errorf("%d bytes were read locally and %d from the file system", local, remote)
		}
		got := f.finish(id+1, out)
		slices.Sort(got)
		if want := countLines(); !slices.Equal(want, got) {
			t.Errorf("%d lines were written, and not the %d that are right", len(got), len(want))
		}
	}
}

// TestOthersReadTheFileSystem: a worker without copies, and one whose copies are wrong; and that a file is wrong is seen
// there.
func TestOthersReadTheFileSystem(t *testing.T) {
	var log bytes.Buffer
	f, out := newCopying(t, 3, 3)
	f.deploy("")
	f.await(control.Running)
	restore := f.checkpoint(1)
	f.complete(1)
	f.workers[0].copies.close()
	broken := f.workers[1].copies
	broken.log = slog.New(slog.NewTextHandler(&log, nil))
	for _, c := range broken.files {
		c.Close()
	}
	f.again(restore)
	f.await(control.Running)
	if local, remote := f.read(); local == 0 || remote < local {
		t.Errorf("%d bytes were read locally and %d from the file system, but two of three workers had no copy", local, remote)
	}
	if n := strings.Count(log.String(), "a local copy is wrong"); n != 1 || len(broken.files) > 0 {
		t.Errorf("a wrong copy was told of %d times, %d copies are left:\n%s", n, len(broken.files), &log)
	}
	checkTotals(t, f.finish(2, out))

	restore = f.checkpoint(3)
	ruin(t, f.filesOf(restore))
	f.workers[0].copies.close()
	f.again(restore)
	if cause := f.awaitFailure(); !strings.Contains(cause, snapshot.ErrCorrupt.Error()) {
		t.Errorf("a job was restored from a ruined file, or failed with %q", cause)
	}
}

// TestCopiesAreDeleted when nothing needs them any more.
func TestCopiesAreDeleted(t *testing.T) {
	f, _ := newCopying(t, 2, 2)
	want := func(after string, checkpoints ...string) {
		t.Helper()
		var files []string
		for _, c := range checkpoints {
			files = append(files, f.filesOf(c)...)
		}
		slices.Sort(files)
		if diff := cmp.Diff(files, f.copied()); diff != "" {
			t.Errorf("copies after %s (-want +got):\n%s", after, diff)
		}
	}
	f.deploy("")
	f.await(control.Running)
	first := f.checkpoint(1)
	want("a checkpoint that may be complete", first)
	f.complete(1)
	f.take(2, control.TriggerCheckpoint{Savepoint: true})
	want("a savepoint", first)
	third := f.checkpoint(3)
	want("one in progress", first, third)
	for _, w := range f.workers {
		if err := w.obey(&control.FromMaster{Abort: &control.CheckpointEnd{Epoch: f.epoch, Checkpoint: 3}}); err != nil {
			t.Fatal(err)
		}
	}
	want("one that was aborted", first)
	fourth := f.checkpoint(4)
	f.complete(4)
	want("one that is complete", fourth)
	f.complete(4)
	f.complete(1)
	want("old news", fourth)
	fifth := f.checkpoint(5)
	want("one that nobody has heard of", fourth, fifth)
	f.again(fourth)
	f.await(control.Running)
	want("a restart", fourth)
	f.again("")
	f.await(control.Running)
	want("a start from nothing")
}

// TestCheckpointWithoutRoomForCopies: it is complete all the same, and the worker says so once.
func TestCheckpointWithoutRoomForCopies(t *testing.T) {
	for name, change := range map[string]func(*localCopies){
		"no folder":  func(k *localCopies) { k.dirs = []string{filepath.Join(t.TempDir(), "gone")} },
		"a full one": func(k *localCopies) { k.free = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			f, out := newCopying(t, 1, 2)
			k := f.workers[0].copies
			change(k)
			k.log = slog.New(slog.NewTextHandler(&log, nil))
			f.deploy("")
			f.await(control.Running)
			f.checkpoint(1)
			f.complete(1)
			restore := f.checkpoint(2)
			f.complete(2)
			if n := strings.Count(log.String(), "no local copy"); n != 1 || len(f.copied()) > 0 {
				t.Errorf("%d copies; it was said %d times:\n%s", len(f.copied()), n, &log)
			}
			f.again(restore)
			f.await(control.Running)
			if local, remote := f.read(); local != 0 || remote == 0 {
				t.Errorf("%d bytes were read locally and %d from the file system", local, remote)
			}
			checkTotals(t, f.finish(3, out))
		})
	}
}

// TestExactlyOnceOverLocalRestores: workers live through failures with their copies, some come anew without, some have wrong
// ones, the parallelism changes, and each record counts once.
func TestExactlyOnceOverLocalRestores(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	f, out := newCopying(t, 3, 3)
	f.incremental = random.IntN(2) == 0
	restore, id, local := "", int64(0), int64(0)
	start := func() {
		f.program = totals(t, 1+random.IntN(6), out)
		for _, w := range f.workers {
			w.plan, w.program = f.program.Plan(), f.program
		}
		f.again(restore)
	}
	for range 6 {
		start()
		f.await(control.Running)
		own, _ := f.read()
		local += own
		for range 1 + random.IntN(3) {
			time.Sleep(time.Duration(random.IntN(30)) * time.Millisecond)
			id++
			restore = f.checkpoint(id)
			if random.IntN(3) > 0 {
				f.complete(id)
			}
		}
		switch k := f.workers[random.IntN(3)].copies; random.IntN(3) {
		case 0:
			k.close()
		case 1:
			for _, c := range k.files {
				c.Close()
			}
		}
	}
	start()
	checkTotals(t, f.finish(id+1, out))
	if local == 0 {
		t.Error("nothing was ever read locally")
	}
}

// TestWhenThereAreCopies: by default where checkpoints are elsewhere.
func TestWhenThereAreCopies(t *testing.T) {
	f, _ := newCopying(t, 1, 1)
	for settings, want := range map[string]bool{
		"":                                    false,
		"state.checkpoints.dir=file:///tmp/c": false,
		"state.checkpoints.dir=hdfs://h:1/c":  true,
		"execution.state-recovery.from-local": true,
		"state.backend.local-recovery=true":   true,
		"state.backend.local-recovery=false":  false,
		"state.checkpoints.dir=hdfs://h:1/c execution.checkpointing.local-backup.enabled=false": false,
	} {
		c := conf.New()
		for s := range strings.FieldsSeq(settings) {
			if err := c.SetDynamic(s, "-D"); err != nil {
				t.Fatal(err)
			}
		}
		if got := newLocalCopies(c, f.files, slog.New(slog.DiscardHandler)) != nil; got != want {
			t.Errorf("%q: copies are made: %v", settings, got)
		}
	}
	t.Setenv("LOCAL_DIRS", "/a,/b")
	c := conf.New()
	if err := c.SetDynamic("state.backend.local-recovery", "-D"); err != nil {
		t.Fatal(err)
	}
	if got := newLocalCopies(c, f.files, nil).dirs; !slices.Equal(got, []string{"/a", "/b"}) {
		t.Errorf("copies are in %v", got)
	}
}
