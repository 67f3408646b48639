package lifecycle

import (
	"strconv"

	"github.com/weft-stream/weft/bench/internal/lab"
)

// A system runs the socket word count. The commands are those that a user types.
type system interface {
	// run starts the job detached. Its windows are that many seconds long; survive asks for what the system needs to
	// live through the loss of its master, if it is not the default.
	run(port, window int, survive bool) lab.Command
	savepoint(job *lab.Job) lab.Command
	// staging is the folder in the user's home on HDFS that programs are uploaded to.
	staging() string
	// outputs are the names of the files in a container's log folder that print writes to.
	outputs() string
	// survivesByDefault says whether survive changes nothing.
	survivesByDefault() bool
}

// weft needs no setting but where checkpoints go and how often, which are asked for from Flink as well.
type weft struct{ *Bench }

func (w *weft) run(port, window int, _ bool) lab.Command {
	return lab.Command{Args: []string{
		w.WeftCommand, "run", "-d", "-m", "yarn-cluster", "-yn", strconv.Itoa(parallelism),
		"-yjm", strconv.Itoa(memoryMB), "-ytm", strconv.Itoa(memoryMB),
		"-D", "state.checkpoints.dir=" + w.checkpoints(), "-D", "execution.checkpointing.interval=" + interval,
		"-c", "streaming.SocketWindowWordCount", w.WeftProgram, "--port", strconv.Itoa(port), "--window", strconv.Itoa(window) + "s",
	}}
}

func (w *weft) savepoint(job *lab.Job) lab.Command {
	return lab.Command{Args: []string{w.WeftCommand, "savepoint", job.ID, w.savepoints(), "-yid", job.Application.String()}}
}

func (w *weft) staging() string         { return ".weft" }
func (w *weft) outputs() string         { return "stdout" }
func (w *weft) survivesByDefault() bool { return true }

// flink is Flink by the commands of its distribution.
type flink struct{ *Bench }

func (f *flink) run(port, window int, survive bool) lab.Command {
	settings := append(f.Flink.Settings(), "execution.checkpointing.dir="+f.checkpoints(), "execution.checkpointing.interval="+interval)
	if survive {
		settings = append(settings, "yarn.application-attempts=2")
	}
	args := []string{
		"run", "-d", "-m", "yarn-cluster", "-p", strconv.Itoa(parallelism), "-ys", "1",
		"-yjm", strconv.Itoa(memoryMB), "-ytm", strconv.Itoa(memoryMB),
	}
	for _, setting := range settings {
		args = append(args, "-yD", setting)
	}
	args = append(args, "-c", "SocketWindowWordCount", f.FlinkProgram, "--port", strconv.Itoa(port), "--window", strconv.Itoa(window))
	return f.Flink.Command(lab.FlinkCommand, args...)
}

func (f *flink) savepoint(job *lab.Job) lab.Command {
	return f.Flink.Command(lab.FlinkCommand, "savepoint", job.ID, f.savepoints(), "-yid", job.Application.String())
}

func (f *flink) staging() string         { return ".flink" }
func (f *flink) outputs() string         { return "taskmanager.out" }
func (f *flink) survivesByDefault() bool { return false }

func (b *Bench) checkpoints() string { return b.Cluster.Files.URI(b.Cluster.Home + "/checkpoints") }
func (b *Bench) savepoints() string  { return b.Cluster.Files.URI(b.Cluster.Home + "/savepoints") }
