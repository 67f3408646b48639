//go:build integration

package integration

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
)

// See scripts/chaos.
var (
	chaosFor  = flag.Duration("chaos", 90*time.Second, "how long TestChaos breaks things")
	chaosSeed = flag.Uint64("chaos.seed", 1, "which faults TestChaos makes; 0 for others each time")
)

// How often the job is taken to another parallelism: by a savepoint from which
// another application goes on, and in place.
const (
	moveEvery    = time.Minute
	rescaleEvery = 20 * time.Second
)

// TestChaos breaks one thing after the other, at times two at once, on a Hadoop
// of its own, while a job runs that takes a checkpoint each second. From time to
// time the job is rescaled, or ends with a savepoint and goes on from there with
// another parallelism. At the end every record is looked at.
func TestChaos(t *testing.T) {
	t.Parallel()
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-chaos.seed %d", seed)
	c := newChaos(t, seed)
	end := time.Now().Add(*chaosFor)
	move, rescale := time.Now().Add(moveEvery), time.Now().Add(rescaleEvery)
	for time.Now().Before(end) {
		c.strike()
		if time.Now().After(rescale) {
			c.rescale()
			rescale = time.Now().Add(rescaleEvery)
		}
		if time.Now().After(move) || c.masters+1 >= masterAttempts {
			c.move()
			move = time.Now().Add(moveEvery)
		}
	}
	c.job.finishFrom(c.job.cancelWithSavepoint(), c.shape()...)
	c.report()
}

// masterAttempts is yarn.resourcemanager.am.max-attempts of scripts/hadoop.
const masterAttempts = 4

// chaos is a job and what is done to it.
type chaos struct {
	t        *testing.T
	job      *job
	random   *rand.Rand
	masters  int            // masters of this application that were killed
	counts   map[string]int // by fault
	moves    []string
	rescaled []string
	cuts     int           // connections
	longest  time.Duration // from a fault to checkpoints without it
}

func newChaos(t *testing.T, seed uint64) *chaos {
	c := &chaos{t: t, random: rand.New(rand.NewPCG(seed, 0)), counts: map[string]int{}}
	p := onCluster(t, ownCluster(t))
	// By default YARN gives up an application whose master fails twice in ten seconds.
	p.configure(strings.Replace(p.settings(), "interval: 500 ms", "interval: 1 s", 1) +
		fmt.Sprintf("yarn.application-attempts: %d\n", masterAttempts) + c.engine(seed))
	c.job, _ = p.start(c.shape()...)
	return c
}

// engine is a choice of how state is kept and checkpoints are taken.
func (c *chaos) engine(seed uint64) (settings string) {
	random := rand.New(rand.NewPCG(seed, 1))
	for _, line := range []string{
		"execution.checkpointing.incremental: true", "execution.checkpointing.unaligned.enabled: true", "state.backend.type: disk",
	} {
		if random.IntN(2) == 0 {
			settings += line + "\n"
			c.t.Log(line)
		}
	}
	return settings
}

// shape is a choice of workers and slots.
func (c *chaos) shape() []string {
	return []string{"-yn", fmt.Sprint(1 + c.random.IntN(3)), "-ys", fmt.Sprint(1 + c.random.IntN(2))}
}

// fault breaks something and returns how to mend it, nil if it mends itself.
type fault struct {
	name  string
	weigh int // how often, among the others
	make  func(c *chaos, v *api.Job) (mend func())
}

var faults = []fault{
	{"worker killed", 4, func(c *chaos, v *api.Job) func() { return c.signal(syscall.SIGKILL, c.worker(v)) }},
	{"all workers killed", 1, func(c *chaos, v *api.Job) func() { return c.signal(syscall.SIGKILL, workerPIDs(v)...) }},
	{"master killed", 2, (*chaos).killMaster},
	{"worker paused", 2, func(c *chaos, v *api.Job) func() { return c.signal(syscall.SIGSTOP, c.worker(v)) }},
	{"master paused", 1, func(c *chaos, v *api.Job) func() { return c.signal(syscall.SIGSTOP, v.Master.PID) }},
	{"worker cut off", 2, func(c *chaos, v *api.Job) func() { return c.cutOff(c.worker(v)) }},
	{"master cut off", 1, func(c *chaos, v *api.Job) func() { return c.cutOff(v.Master.PID) }},
	{"NodeManager killed", 1, func(c *chaos, _ *api.Job) func() { return c.daemon("kill", "restart", c.either("nodemanager")) }},
	{"ResourceManager killed", 1, func(c *chaos, _ *api.Job) func() { return c.daemon("kill", "restart", "resourcemanager") }},
	{"DataNode killed", 2, func(c *chaos, _ *api.Job) func() { return c.daemon("kill", "restart", c.either("datanode")) }},
	{"DataNode paused", 1, func(c *chaos, _ *api.Job) func() { return c.daemon("pause", "resume", c.either("datanode")) }},
	{"NameNode killed", 1, func(c *chaos, _ *api.Job) func() { return c.daemon("kill", "restart", "namenode") }},
	{"HDFS full", 1, (*chaos).fill},
	{"NameNode paused", 1, func(c *chaos, _ *api.Job) func() { return c.daemon("pause", "resume", "namenode") }},
}

// strike makes one fault or two, mends them after a while, and waits until the
// job completes checkpoints again.
func (c *chaos) strike() {
	c.t.Helper()
	before := c.job.wait("the job to run", runs)
	if before.Checkpoints.Last == nil {
		before = c.job.wait("a checkpoint", func(v *api.Job) bool { return runs(v) && v.Checkpoints.Last != nil })
	}
	time.Sleep(time.Duration(c.random.IntN(1500)) * time.Millisecond) // at any point between two checkpoints
	began := time.Now()
	var mends []func()
	first := c.pick("")
	for _, f := range c.companions(first) {
		c.counts[f.name]++
		if mend := f.make(c, before); mend != nil {
			mends = append(mends, mend)
		}
	}
	if len(mends) > 0 {
		time.Sleep(time.Duration(500+c.random.IntN(4500)) * time.Millisecond)
	}
	for _, mend := range mends {
		mend()
	}
	c.job.waitWorking(before)
	c.longest = max(c.longest, time.Since(began))
}

// companions returns a fault, in a third of the cases with another one.
func (c *chaos) companions(first fault) []fault {
	if c.random.IntN(3) > 0 {
		return []fault{first}
	}
	return []fault{first, c.pick(first.name)}
}

// pick draws a fault that breaks something else than the one named.
func (c *chaos) pick(other string) fault {
	total := 0
	for _, f := range faults {
		total += f.weigh
	}
	for {
		at := c.random.IntN(total)
		for _, f := range faults {
			if at -= f.weigh; at < 0 {
				if victim(f.name) != victim(other) {
					return f
				}
				break
			}
		}
	}
}

// victim is what a fault breaks: what is broken already is not broken again. The
// two sorts of daemons of HDFS are one, and those of YARN: neither can be mended
// without the other, since a NameNode waits for the blocks that a DataNode has
// alone, and a NodeManager has not started before a ResourceManager knows it.
func victim(name string) string {
	word, _, _ := strings.Cut(strings.TrimPrefix(name, "all "), " ")
	switch word {
	case "NameNode", "DataNode":
		return "HDFS"
	case "NodeManager", "ResourceManager":
		return "YARN"
	}
	return strings.TrimSuffix(word, "s")
}

// signal sends a signal to processes; those that it stops go on with the mending.
// A process may have ended by itself just now.
func (c *chaos) signal(s syscall.Signal, pids ...int) func() {
	for _, pid := range pids {
		syscall.Kill(pid, s)
	}
	if s != syscall.SIGSTOP {
		return nil
	}
	return func() {
		for _, pid := range pids {
			syscall.Kill(pid, syscall.SIGCONT)
		}
	}
}

// cutOff ends a process's connections: to the others of the job, to YARN and to HDFS.
func (c *chaos) cutOff(pid int) func() {
	n, err := cutOff(pid)
	if err != nil && syscall.Kill(pid, 0) == nil {
		c.t.Fatal(err)
	}
	c.cuts += n
	return nil
}

// fill leaves HDFS no space for a single block.
func (c *chaos) fill(*api.Job) func() {
	c.job.cluster.script(c.t, "dfsadmin", "-setSpaceQuota", "1", "/")
	return func() { c.job.cluster.script(c.t, "dfsadmin", "-clrSpaceQuota", "/") }
}

// killMaster kills the master. The job moves on before YARN gives the application
// up for it.
func (c *chaos) killMaster(v *api.Job) func() {
	c.masters++
	return c.signal(syscall.SIGKILL, v.Master.PID)
}

func (c *chaos) worker(v *api.Job) int {
	pids := workerPIDs(v)
	return pids[c.random.IntN(len(pids))]
}

func (c *chaos) either(daemon string) string { return fmt.Sprint(daemon, 1+c.random.IntN(2)) }

// daemon breaks a daemon of Hadoop in one way, and mends it in another.
func (c *chaos) daemon(breaks, mends, name string) func() {
	c.job.cluster.script(c.t, breaks, name)
	return func() { c.job.cluster.script(c.t, mends, name) }
}

// move takes the job to another parallelism.
func (c *chaos) move() {
	c.t.Helper()
	snapshot, began, shape := c.job.cancelWithSavepoint(), c.job.began, c.shape()
	c.job, _ = c.job.start(append([]string{"-s", snapshot}, shape...)...)
	c.job.began, c.masters = began, 0
	c.moves = append(c.moves, strings.Join(shape, " "))
}

// rescale changes the running job's parallelism, every other time while a worker
// or the master is killed. If the rescale fails for that, the job must go on as it
// was, and the command must say so.
func (c *chaos) rescale() {
	c.t.Helper()
	before := c.job.wait("the job to run", runs)
	to := 1 + (before.Parallelism+c.random.IntN(3))%4 // another one
	command := c.job.command("rescale", c.job.id, "-p", fmt.Sprint(to), "-yid", c.job.app)
	check(c.t, command.Start())
	if c.random.IntN(2) == 0 {
		time.Sleep(time.Duration(c.random.IntN(1500)) * time.Millisecond)
		c.killDuringRescale(before)
	}
	if err := command.Wait(); err != nil {
		if !strings.Contains(command.stderr.String(), "the rescale of job "+c.job.id+" failed: ") {
			c.t.Fatalf("rescale to %d: %v\n%s%s", to, err, command.stdout, command.stderr)
		}
		to = before.Parallelism
	}
	c.job.wait(fmt.Sprintf("the job to run with parallelism %d", to), func(v *api.Job) bool { return runs(v) && v.Parallelism == to })
	c.rescaled = append(c.rescaled, fmt.Sprintf("%d→%d", before.Parallelism, to))
}

func (c *chaos) killDuringRescale(v *api.Job) {
	if c.random.IntN(2) == 0 && c.masters+1 < masterAttempts {
		c.masters++
		c.counts["master killed"]++
		c.signal(syscall.SIGKILL, v.Master.PID)
		return
	}
	c.counts["worker killed"]++
	c.signal(syscall.SIGKILL, c.worker(v))
}

func (c *chaos) report() {
	made := 0
	for _, name := range slices.Sorted(maps.Keys(c.counts)) {
		c.t.Logf("%3d × %s", c.counts[name], name)
		made += c.counts[name]
	}
	c.t.Logf("    %d connections cut", c.cuts)
	c.t.Logf("%d faults survived, the longest time without a checkpoint %s; %d savepoints restored (%s); rescaled %s; %d transfers, none lost, none doubled",
		made, c.longest.Round(time.Millisecond), len(c.moves)+1, strings.Join(c.moves, ", "), strings.Join(c.rescaled, ", "), c.job.booked())
}
