package coordinator

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
)

var rewrite = flag.Bool("rewrite", false, "write the scenarios' outputs into testdata instead of comparing them")

// TestScenarios plays the scripts of testdata. A line that starts with "> " is
// a command; the lines below it are the effects that it has, and the job's
// state when it changed. go test -run Scenarios -rewrite writes them anew.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(text))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(text), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func play(t *testing.T, text string) string {
	s := &scenario{t: t, now: time.Unix(1000, 0), conns: map[string]int64{}}
	var out strings.Builder
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "> "):
			out.WriteString(line)
			for _, effect := range s.command(strings.Fields(line[2:])) {
				out.WriteString(effect + "\n")
			}
		case strings.HasPrefix(line, "#"), line == "\n":
			out.WriteString(line)
		}
	}
	return out.String()
}

// scenario is a job and what its script has made of its world.
type scenario struct {
	t         *testing.T
	cfg       Config
	submitted string // hash of the plan
	job       *Job
	now       time.Time
	conn      int64
	conns     map[string]int64
	state     JobState
	ship      plan.Ship               // from source to sum
	deployed  *control.Deploy         // the last one
	regions   map[int]*control.Deploy // the last one of each region, by its first slot
	persist   int64
}

// plan is the job's plan at a parallelism.
func (s *scenario) plan(parallelism int) *plan.Plan {
	p := testPlan(parallelism)
	p.Edges[0].Ship = s.ship
	return p
}

func testPlan(parallelism int) *plan.Plan {
	return &plan.Plan{
		Version: plan.Version, Job: "test", Parallelism: parallelism, MaxParallelism: 128,
		Vertices: []plan.Vertex{
			{ID: "source", Name: "Source", Parallelism: parallelism, MaxParallelism: 128, Operators: []plan.Operator{
				{UID: "in", Name: "Source", Kind: "source", States: []plan.State{{Name: "offset", Kind: "operator-list", Schema: "int64"}}},
			}},
			{ID: "sum", Name: "Sum", Parallelism: parallelism, MaxParallelism: 128, Operators: []plan.Operator{
				{UID: "sum", Name: "Sum", Kind: "reduce", Key: "int64", States: []plan.State{{Name: "sums", Kind: "value", Schema: "int64"}}},
			}},
		},
		Edges: []plan.Edge{{From: 0, To: 1, Ship: plan.Hash, Schema: "int64"}},
	}
}

func (s *scenario) command(words []string) []string {
	name, args := words[0], words[1:]
	values := map[string]string{}
	var plain []string
	for _, a := range args {
		if key, value, ok := strings.Cut(a, "="); ok {
			values[key] = value
		} else {
			plain = append(plain, a)
		}
	}
	switch name {
	case "job", "master":
		return s.start(name, values)
	case "allocate":
		return s.each(plain, func(w string) Event { return ContainerAllocated{Worker: w, Host: "host-" + w} })
	case "hello":
		return s.each(plain, func(w string) Event { return s.hello(w, values) })
	case "disconnect":
		return s.each(plain, func(w string) Event { return WorkerDisconnected{Conn: s.conns[w]} })
	case "lost":
		return s.each(plain, func(w string) Event {
			return ContainerLost{Worker: w, Exit: 137, Diagnostics: "killed by signal 9", Preempted: values["preempted"] != ""}
		})
	case "tasks":
		return s.each(plain, s.tasks(control.TaskState(values["state"])))
	case "fail":
		task := control.TaskID{Vertex: plain[1], Subtask: s.number(plain[2])}
		epoch := s.regionOf(task.Subtask).Epoch
		if values["epoch"] != "" {
			epoch = int64(s.number(values["epoch"]))
		}
		return s.step(s.from(plain[0], control.FromWorker{Task: &control.TaskUpdate{
			Epoch: epoch, Task: task, State: control.Failed,
			Error: &control.TaskError{Message: "it broke", Location: "job.go:7", Fatal: values["fatal"] != ""},
		}}))
	case "prepared":
		return s.step(CheckpointPrepared{Checkpoint: int64(s.number(plain[0])), Dir: values["dir"], Err: asError(values["err"])})
	case "ack":
		id := int64(s.number(plain[0]))
		return s.each(plain[1:], func(w string) Event { return s.ack(w, id, values["finished"] != "", values["only"]) })
	case "decline":
		return s.step(s.from(plain[1], control.FromWorker{Decline: &control.CheckpointDecline{
			Epoch: s.deployed.Epoch, Checkpoint: int64(s.number(plain[0])), Task: control.TaskID{Vertex: "sum"}, Reason: "no space",
		}}))
	case "metadata":
		return s.step(MetadataWritten{Checkpoint: int64(s.number(plain[0])), Size: 100, Err: asError(values["err"])})
	case "request":
		r := Request{ID: plain[1], Kind: OperationKind(plain[0]), Target: values["target"], Drain: values["drain"] != ""}
		if values["parallelism"] != "" {
			r.Plan = s.plan(s.number(values["parallelism"]))
			r.Scale = Scale{Parallelism: r.Plan.Parallelism, Workers: s.number(values["workers"])}
		}
		return s.step(r)
	case "persisted":
		return s.step(OperationsPersisted{Seq: s.persist, Err: asError(values["err"])})
	case "after":
		return s.after(s.duration(plain[0]), values["silent"])
	case "exceptions":
		return s.exceptions()
	}
	s.t.Fatalf("unknown command %q", name)
	return nil
}

func asError(text string) error {
	if text == "" {
		return nil
	}
	return errors.New(text)
}

func (s *scenario) number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *scenario) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// start begins a job, or its next master with what the script says was found.
func (s *scenario) start(name string, values map[string]string) []string {
	if name == "job" {
		s.ship, s.regions = plan.Hash, map[int]*control.Deploy{}
		if values["ship"] != "" {
			s.ship = plan.Ship(values["ship"])
		}
		s.cfg = Config{
			JobID: "0123456789abcdef0123456789abcdef", JobName: "test", Plan: s.plan(2), Workers: 2, Slots: 1, FirstEpoch: 1,
			Checkpoints: Checkpoints{Enabled: true, Interval: 10 * time.Second, Tolerable: -1, Keep: snapshot.Retention{Newest: 2}, SavepointDefault: "/sp"},
			Restart:     RestartStrategy{Kind: ExponentialDelay, InitialBackoff: time.Second, MaxBackoff: time.Minute, Multiplier: 2, ResetThreshold: time.Hour},
		}
	} else {
		s.cfg.FirstEpoch += 100
		s.cfg.Recovered = &Recovered{}
		s.conns = map[string]int64{}
	}
	for key, value := range values {
		switch key {
		case "workers":
			s.cfg.Workers = s.number(value)
		case "parallelism":
			s.cfg.Plan = s.plan(s.number(value))
		case "ship": // see above
		case "failover":
			s.cfg.FullFailover = value == "full"
		case "slots":
			s.cfg.Slots = s.number(value)
		case "interval":
			s.cfg.Checkpoints.Interval = s.duration(value)
		case "checkpoints":
			s.cfg.Checkpoints.Enabled = value == "on"
		case "retention":
			s.cfg.Checkpoints.Retention = Retention(value)
		case "tolerable":
			s.cfg.Checkpoints.Tolerable = s.number(value)
		case "attempts":
			s.cfg.Restart = RestartStrategy{Kind: FixedDelay, Attempts: s.number(value), Delay: time.Second}
		case "restore":
			s.cfg.Restore = &RestorePoint{Path: value, Checkpoint: 41}
		case "completed":
			for id := range strings.SplitSeq(value, ",") {
				s.cfg.Recovered.Completed = append(s.cfg.Recovered.Completed, Snapshot{ID: int64(s.number(id)), Dir: "/ckp/chk-" + id})
			}
		case "unfinished":
			s.cfg.Recovered.Unfinished = []Snapshot{{ID: int64(s.number(value)), Dir: "/ckp/chk-" + value}}
		case "operation":
			kind, state, _ := strings.Cut(value, ":")
			op := Operation{ID: "op", Kind: OperationKind(kind), State: OperationState(state), Target: "/sp", Checkpoint: 7}
			if op.Kind == Rescale {
				op.Target, op.Scale = "", Scale{Parallelism: 3, Workers: 3}
			}
			if op.State == OperationCompleted {
				op.Location = "/sp/old"
			}
			s.cfg.Recovered.Operations = []Operation{op}
		default:
			s.t.Fatalf("unknown setting %q", key)
		}
	}
	if name == "job" {
		s.submitted = s.cfg.Plan.Hash()
	}
	if r := s.cfg.Recovered; r != nil {
		if scale := r.Scale(); scale.Workers > 0 {
			s.cfg.Hash, s.cfg.Plan, s.cfg.Workers = s.submitted, s.plan(scale.Parallelism), scale.Workers
		}
		if scale := r.Undecided(); scale.Workers > 0 {
			r.Rescaling = s.plan(scale.Parallelism)
		}
	}
	s.job = New(s.cfg)
	s.state = ""
	return s.step(Tick{})
}

func (s *scenario) each(names []string, event func(string) Event) []string {
	var out []string
	for _, name := range names {
		out = append(out, s.step(event(name))...)
	}
	return out
}

func (s *scenario) step(e Event) []string {
	var out []string
	for _, effect := range s.job.Step(s.now, e) {
		out = append(out, s.show(effect))
	}
	if s.job.state != s.state {
		s.state = s.job.state
		out = append(out, "  state "+string(s.state))
	}
	return out
}

// after lets time pass, with a Tick at each deadline and a report of each
// connected worker, but for the silent one, every second.
func (s *scenario) after(d time.Duration, silent string) []string {
	var out []string
	for end := s.now.Add(d); ; {
		next := s.now.Truncate(time.Second).Add(time.Second)
		if deadline := s.job.NextDeadline(); deadline.After(s.now) && deadline.Before(next) {
			next = deadline
		}
		if next.After(end) {
			s.now = end
			return append(out, s.step(Tick{})...)
		}
		s.now = next
		out = append(out, s.step(Tick{})...)
		for _, w := range s.job.order {
			if w.conn != 0 && w.id != silent {
				s.job.Step(s.now, WorkerMessage{Conn: w.conn, Message: control.FromWorker{Report: &control.Report{}}})
			}
		}
	}
}

func (s *scenario) from(w string, m control.FromWorker) Event {
	return WorkerMessage{Conn: s.conns[w], Message: m}
}

// hello connects a worker; with state=, it says that it runs its tasks of the
// last deployment.
func (s *scenario) hello(w string, values map[string]string) Event {
	s.conn++
	s.conns[w] = s.conn
	h := control.Hello{Worker: w, Host: "host-" + w, DataAddr: w + ":1", Slots: s.cfg.Slots, PlanHash: s.submitted}
	if values["plan"] != "" {
		h.PlanHash = values["plan"]
	}
	if values["last"] != "" {
		h.LastCheckpoint = int64(s.number(values["last"]))
	}
	if values["state"] != "" {
		h.Epoch, h.Parallelism = s.deployed.Epoch, s.deployed.Parallelism
		h.Tasks = s.own(w, control.TaskState(values["state"]))
		for i := range h.Tasks {
			h.Tasks[i].Checkpoint = h.LastCheckpoint
		}
	}
	return s.from(w, control.FromWorker{Hello: &h})
}

// own returns the tasks that the last deployment of each region gave a worker, in a state.
func (s *scenario) own(w string, state control.TaskState) []control.TaskUpdate {
	var tasks []control.TaskUpdate
	for _, first := range slices.Sorted(maps.Keys(s.regions)) {
		order := s.regions[first]
		for _, v := range s.plan(order.Parallelism).Vertices {
			for slot, p := range order.Places {
				if p.Worker == w && slot < v.Parallelism {
					tasks = append(tasks, control.TaskUpdate{Epoch: order.Epoch, Task: control.TaskID{Vertex: v.ID, Subtask: slot}, State: state})
				}
			}
		}
	}
	return tasks
}

// regionOf returns the last deployment of the region that has a slot.
func (s *scenario) regionOf(slot int) *control.Deploy {
	for first, order := range s.regions {
		if first <= slot && slot < first+len(order.Slots) {
			return order
		}
	}
	s.t.Fatalf("slot %d was never deployed", slot)
	return nil
}

// tasks has all tasks of a worker reach a state; it returns the last event and
// steps the others.
func (s *scenario) tasks(state control.TaskState) func(string) Event {
	return func(w string) Event {
		all := s.own(w, state)
		if len(all) == 0 {
			s.t.Fatalf("%s has no tasks", w)
		}
		for i := range all[:len(all)-1] {
			if effects := s.job.Step(s.now, s.from(w, control.FromWorker{Task: &all[i]})); len(effects) > 0 {
				s.t.Fatalf("unexpected effects %v", effects)
			}
		}
		return s.from(w, control.FromWorker{Task: &all[len(all)-1]})
	}
}

func (s *scenario) ack(w string, id int64, finished bool, only string) Event {
	a := &control.CheckpointAck{Epoch: s.deployed.Epoch, Checkpoint: id, Worker: w}
	for _, own := range s.own(w, control.Running) {
		task := own.Task
		if only != "" && task.Vertex != only {
			continue
		}
		uid, state := "in", "offset"
		if task.Vertex == "sum" {
			uid, state = "sum", "sums"
		}
		a.Subtasks = append(a.Subtasks, control.SubtaskAck{Task: task, Finished: finished, Operators: []control.OperatorAck{
			{UID: uid, States: []snapshot.Handle{{State: state, File: w, Length: 10}}},
		}})
	}
	return s.from(w, control.FromWorker{Ack: a})
}

func (s *scenario) exceptions() []string {
	var out []string
	for _, x := range s.job.View().Exceptions {
		out = append(out, "  "+x.describe())
		for _, other := range x.Others {
			out = append(out, "    "+other.describe())
		}
	}
	return out
}

// show writes an effect as one line.
func (s *scenario) show(e Effect) string {
	switch e := e.(type) {
	case Send:
		return fmt.Sprintf("  %s <- %s", e.Worker, s.showMessage(e.Message))
	case EnsureContainers:
		return fmt.Sprintf("  containers %d", e.N)
	case ReleaseContainer:
		return "  release " + e.Worker
	case PrepareCheckpoint:
		return strings.TrimRight(fmt.Sprintf("  prepare %d %s", e.Checkpoint, e.Target), " ")
	case WriteMetadata:
		return fmt.Sprintf("  write metadata %d %s (%s, %d operators)", e.Checkpoint, e.Dir, e.Metadata.Kind, len(e.Metadata.Operators))
	case DeleteShared:
		return "delete shared " + strings.Join(e.Names, " ")
	case DeleteSnapshot:
		return fmt.Sprintf("  delete %d %s", e.Checkpoint, e.Dir)
	case PersistOperations:
		s.persist = e.Seq
		var list []string
		for _, op := range e.Operations {
			list = append(list, showOperation(op))
		}
		return fmt.Sprintf("  persist [%s]", strings.Join(list, ", "))
	case OperationChanged:
		return "  operation " + showOperation(e.Operation)
	case RequestRefused:
		return fmt.Sprintf("  refused %s: %s", e.ID, e.Reason)
	case Finish:
		return strings.TrimRight(fmt.Sprintf("  finish %s %s", e.State, e.Diagnostics), " ")
	}
	return fmt.Sprintf("  %T", e)
}

func showOperation(op Operation) string {
	return strings.TrimRight(fmt.Sprintf("%s %s %s %s", op.ID, op.Kind, op.State, op.Location+op.Failure), " ")
}

func (s *scenario) showMessage(m control.FromMaster) string {
	switch {
	case m.Welcome != nil:
		return fmt.Sprint("welcome ", m.Welcome.Epochs)
	case m.Refuse != nil:
		return "refuse: " + m.Refuse.Reason
	case m.Deploy != nil:
		if s.deployed != nil && s.deployed.Parallelism != m.Deploy.Parallelism {
			clear(s.regions)
		}
		s.deployed, s.regions[m.Deploy.First] = m.Deploy, m.Deploy
		var slots []string
		for _, p := range m.Deploy.Places {
			slots = append(slots, p.Worker)
		}
		from := ""
		if m.Deploy.First > 0 {
			from = fmt.Sprintf("from slot %d ", m.Deploy.First)
		}
		return strings.TrimRight(fmt.Sprintf("deploy %d %s%v %s", m.Deploy.Epoch, from, slots, m.Deploy.Restore), " ")
	case m.Cancel != nil:
		return fmt.Sprintf("cancel %d", m.Cancel.Epoch)
	case m.Trigger != nil:
		text := fmt.Sprintf("trigger %d %s", m.Trigger.Checkpoint, m.Trigger.Dir)
		for word, set := range map[string]bool{" stop": m.Trigger.Stop && !m.Trigger.Drain, " drain": m.Trigger.Drain} {
			if set {
				text += word
			}
		}
		return text
	case m.Complete != nil:
		return fmt.Sprintf("complete %d", m.Complete.Checkpoint)
	case m.Abort != nil:
		return fmt.Sprintf("abort %d", m.Abort.Checkpoint)
	case m.Shutdown != nil:
		return "shutdown"
	}
	return "nothing"
}
