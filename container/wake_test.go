package container

import (
	"testing"
	"time"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/task"
	"github.com/weft-stream/weft/stream"
)

// sleeper waits after every record, and is woken once for the next: a wake-up
// that gets lost leaves it asleep for good.
type sleeper struct {
	ctx  *stream.SourceContext
	left int
}

func (s *sleeper) Open(ctx *stream.SourceContext, _ bool, _ [][]byte) error {
	s.ctx = ctx
	return nil
}

func (s *sleeper) Poll(out *stream.Emitter[int64]) (stream.Next, error) {
	out.Emit(int64(s.left))
	if s.left--; s.left == 0 {
		return stream.End(), nil
	}
	go s.ctx.Wake()
	return stream.Wait(0), nil
}

func (s *sleeper) Snapshot() ([][]byte, error) { return nil, nil }
func (s *sleeper) Close() error                { return nil }

func sleepers(t *testing.T) task.Program {
	env := stream.NewEnv(stream.Settings{Job: "sleepers", Parallelism: 2, MaxParallelism: 8})
	ones := stream.From(env, "", stream.SourceOptions{}, func() stream.Source[int64] { return &sleeper{left: 10_000} })
	stream.Discard(stream.Map(ones.Rebalance(), func(i int64) int64 { return i }))
	program, err := env.Compile("sleepers")
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// TestAWakeUpBesideACheckpointIsNotLost takes checkpoints while sources are
// woken: a turn in which a source takes part in a checkpoint, or has no credit, must not swallow the call.
func TestAWakeUpBesideACheckpointIsNotLost(t *testing.T) {
	f := newFleet(t, t.TempDir(), 2, sleepers(t))
	for _, w := range f.workers {
		w.settings.batchRecords = 1
	}
	f.deploy("")
	left := f.program.Plan().Subtasks()
	stuck := time.After(time.Minute)
	for id := int64(1); left > 0; id++ {
		for _, w := range f.workers {
			w.trigger(&control.TriggerCheckpoint{Epoch: f.epoch, Checkpoint: id, Dir: "file://" + f.dir})
		}
		for more := true; more && left > 0; {
			select {
			case m := <-f.messages:
				if m.Task != nil && m.Task.State == control.Finished {
					left--
				}
			case <-stuck:
				t.Fatalf("a source sleeps:\n%s", f.describe())
			}
			more = len(f.messages) > 0
		}
		for _, w := range f.workers {
			if err := w.obey(&control.FromMaster{Abort: &control.CheckpointEnd{Epoch: f.epoch, Checkpoint: id}}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
