package client

import (
	"fmt"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/memory"
	"github.com/weft-stream/weft/internal/plan"
)

// wantedParallelism is the parallelism of operators that set none. Whoever
// says how many containers there shall be, and no parallelism, means that all
// of their slots are used.
func (s *submission) wantedParallelism() int {
	workers := conf.Get(s.conf, conf.Workers)
	if workers > 0 && !s.conf.IsSet(conf.Parallelism.Name) {
		return workers * conf.Get(s.conf, conf.TaskSlots)
	}
	return conf.Get(s.conf, conf.Parallelism)
}

// maxParallelism is the number of key groups of operators that set none. It is
// fixed once there is state: a snapshot's is taken over unless somebody insists.
func (s *submission) maxParallelism() int {
	if s.restore != nil && s.restore.Meta.MaxParallelism > 0 && !s.conf.IsSet(conf.MaxParallelism.Name) {
		return s.restore.Meta.MaxParallelism
	}
	return conf.Get(s.conf, conf.MaxParallelism)
}

// count settles how many workers with how many slots there will be, and
// refuses a plan that needs more slots than the user gave it.
func (s *submission) count() error {
	need := s.plan.Slots()
	s.workers, s.slots = conf.Get(s.conf, conf.Workers), conf.Get(s.conf, conf.TaskSlots)
	switch {
	case s.workers > 0 && need > s.workers*s.slots:
		return s.tooFewSlots(need)
	case s.workers > 0:
	case s.options.onYARN() || s.conf.IsSet(conf.TaskSlots.Name):
		s.workers = (need + s.slots - 1) / s.slots
	default:
		s.workers, s.slots = 1, need // on this machine one process does
	}
	return nil
}

func (s *submission) tooFewSlots(need int) error {
	given := fmt.Sprintf("%s of %s of %s", voice.Plural(s.workers*s.slots, "slot"), voice.Plural(s.workers, "container"), voice.Plural(s.slots, "slot"))
	hint := fmt.Sprintf("raise -yn or -ys, or lower the parallelism to %d", s.workers*s.slots)
	if need == conf.Get(s.conf, conf.Parallelism) && s.conf.IsSet(conf.Parallelism.Name) {
		return voice.Hint(fmt.Errorf("the parallelism %d (%s) is larger than the %s", need, origin(s.conf, conf.Parallelism.Name), given), "%s", hint)
	}
	widest := widestVertex(s.plan)
	return voice.Hint(fmt.Errorf("%s (%s) has parallelism %d, larger than the %s",
		widest.Name, widest.Operators[0].Location, widest.Parallelism, given), "%s", hint)
}

func widestVertex(p *plan.Plan) *plan.Vertex {
	widest := &p.Vertices[0]
	for i := range p.Vertices {
		if p.Vertices[i].Parallelism > widest.Parallelism {
			widest = &p.Vertices[i]
		}
	}
	return widest
}

// sayCount tells the user what will be asked for, which is not always what
// stands on the command line.
func (a *app) sayCount(s *submission) {
	if !s.conf.IsSet(conf.Parallelism.Name) && conf.Get(s.conf, conf.Workers) > 0 {
		a.ui.Note("parallelism %d: %s of %s each", s.workers*s.slots, voice.Plural(s.workers, "container"), voice.Plural(s.slots, "slot"))
	}
	if s.options.onYARN() {
		a.ui.Note("asking for a master of %s and %s of %s each", withLimit(conf.Get(s.conf, conf.MasterMemory)),
			voice.Plural(s.workers, "worker"), withLimit(conf.Get(s.conf, conf.WorkerMemory)))
	}
}

// withLimit writes a container's size and what of it the Go runtime keeps to.
func withLimit(container conf.Memory) string {
	return fmt.Sprintf("%s (GOMEMLIMIT %s)", container, conf.Memory(memory.HeapShare(int64(container))))
}
