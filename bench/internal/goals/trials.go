package goals

import (
	"time"

	"github.com/weft-stream/weft/bench/internal/work"
)

// trial is one kind of run: a line of the table.
type trial struct {
	goal     string // for --only
	title    string
	job      string
	args     []string
	count    int64
	keys     int64 // for memory per key; 0: not told
	subtasks int
	settings []string
	memory   int     // of the worker in MB; 0: as much as it wants
	windows  windows // of J2, whose results are checked
	share    bool    // its rate is also told as a share of that of the trial before it
	flink    bool    // run by Flink, not by Weft
}

// Settings of trials.
const (
	eachSecond   = "execution.checkpointing.interval=1s"
	eachTen      = "execution.checkpointing.interval=10s"
	noCheckpoint = "execution.checkpointing.interval=off"
	onDisk       = "state.backend.type=disk"
)

const million = 1_000_000

// trials are all, those beside each other that are compared.
var trials = []trial{
	{goal: "checkpoints", title: "J1, 10⁶ words, no checkpoints", job: "j1", args: []string{"--words", "1000000"}, count: 60 * million, subtasks: 2, settings: []string{noCheckpoint}},
	{goal: "checkpoints", title: "J1, 10⁶ words, a checkpoint each second", job: "j1", args: []string{"--words", "1000000"}, count: 60 * million, subtasks: 2, settings: []string{eachSecond}},
	{goal: "checkpoints", title: "10⁷ keys, no checkpoints", job: "keys", args: []string{"--keys", "10000000"}, count: 80 * million, keys: 10 * million, subtasks: 2, settings: []string{noCheckpoint}},
	{goal: "checkpoints", title: "10⁷ keys, a checkpoint each second", job: "keys", args: []string{"--keys", "10000000"}, count: 80 * million, keys: 10 * million, subtasks: 2, settings: []string{eachSecond}},

	{goal: "pauses", title: "10⁷ keys in a subtask, no checkpoints", job: "keys", args: []string{"--keys", "10000000"}, count: 60 * million, keys: 10 * million, subtasks: 1, settings: []string{noCheckpoint}},
	{goal: "pauses", title: "10⁷ keys in a subtask, a checkpoint each second", job: "keys", args: []string{"--keys", "10000000"}, count: 60 * million, keys: 10 * million, subtasks: 1, settings: []string{eachSecond}},

	{goal: "windows", title: "1 h sliding by 1 min, 10⁴ keys, 20,000 records/s", job: "j2", windows: sliding(10_000, 20, time.Hour, time.Minute), count: 144 * million, subtasks: 2, settings: []string{noCheckpoint}},
	{goal: "windows", title: "1 h sliding by 1 s, 10⁴ keys, 20,000 records/s", job: "j2", windows: sliding(10_000, 20, time.Hour, time.Second), share: true, count: 144 * million, subtasks: 2, settings: []string{noCheckpoint}},
	{goal: "windows", title: "1 h sliding by 1 min, 10⁴ keys, 100,000 records/s", job: "j2", windows: sliding(10_000, 100, time.Hour, time.Minute), count: 720 * million, subtasks: 2, settings: []string{noCheckpoint}},
	{goal: "windows", title: "1 h sliding by 1 s, 10⁴ keys, 100,000 records/s", job: "j2", windows: sliding(10_000, 100, time.Hour, time.Second), share: true, count: 720 * million, subtasks: 2, settings: []string{noCheckpoint}},
	{goal: "windows", title: "10 s, 10⁶ keys", job: "j2", windows: sliding(million, 1000, work.Tumbling, work.Tumbling), count: 80 * million, subtasks: 2, settings: []string{noCheckpoint}},

	{goal: Flink, title: "Weft: 1 h sliding by 1 min, 1,000 keys, 20,000 records/s", job: "j2", windows: sliding(1000, 20, time.Hour, time.Minute), count: 144 * million, subtasks: 2, settings: []string{noCheckpoint}, memory: besideMB},
	{goal: Flink, title: "Weft: 1 h sliding by 1 s, 1,000 keys, 20,000 records/s", job: "j2", windows: sliding(1000, 20, time.Hour, time.Second), share: true, count: 144 * million, subtasks: 2, settings: []string{noCheckpoint}, memory: besideMB},
	{goal: Flink, title: "Flink: 1 h sliding by 1 min, 1,000 keys, 20,000 records/s", flink: true, job: "j2", windows: sliding(1000, 20, time.Hour, time.Minute), count: 1_500_000, subtasks: 2, memory: besideMB},
	{goal: Flink, title: "Flink: 1 h sliding by 1 s, 1,000 keys, 20,000 records/s", flink: true, job: "j2", windows: sliding(1000, 20, time.Hour, time.Second), share: true, count: 40_000, subtasks: 2, memory: besideMB},

	{goal: "latency", title: "20 ms windows, 10⁴ keys, 200,000 records/s", job: "latency", count: 2 * million, subtasks: 1, settings: []string{eachSecond, "pipeline.auto-watermark-interval=1ms", "execution.buffer-timeout=1ms"}},
	{goal: "latency", title: "J1, 10³ words, buffer timeout of 1 ms", job: "j1", args: []string{"--words", "1000"}, count: 120 * million, subtasks: 2, settings: []string{eachTen, "execution.buffer-timeout=1ms"}},
	{goal: "latency", title: "J1, 10³ words, default buffer timeout", job: "j1", args: []string{"--words", "1000"}, count: 120 * million, subtasks: 2, settings: []string{eachTen}},

	{goal: "memory", title: "10⁶ keys", job: "keys", args: []string{"--keys", "1000000"}, count: 40 * million, keys: million, subtasks: 2, settings: []string{noCheckpoint}},
	{goal: "memory", title: "10⁷ keys", job: "keys", args: []string{"--keys", "10000000"}, count: 80 * million, keys: 10 * million, subtasks: 2, settings: []string{noCheckpoint}},

	{goal: "disk", title: "J1, 10⁶ words, all in memory", job: "j1", args: []string{"--words", "1000000"}, count: 40 * million, subtasks: 2, settings: []string{eachTen, onDisk}},
	{goal: "disk", title: "J1, 10⁶ words, 64 MiB of state in memory", job: "j1", args: []string{"--words", "1000000"}, count: 12 * million, subtasks: 2, settings: []string{eachTen, onDisk, "taskmanager.memory.managed.size=64m"}},
	{goal: "disk", title: "J1, 10⁷ words, a worker of 512 MiB", job: "j1", args: []string{"--words", "10000000"}, count: 20 * million, subtasks: 2, settings: []string{eachTen, onDisk}, memory: 512},

	{goal: "scaling", title: "1 subtask, 10⁶ keys", job: "keys", args: []string{"--keys", "1000000"}, count: 30 * million, subtasks: 1, settings: []string{noCheckpoint}},
	{goal: "scaling", title: "2 subtasks, 10⁶ keys", job: "keys", args: []string{"--keys", "1000000"}, count: 60 * million, subtasks: 2, settings: []string{noCheckpoint}},
	{goal: "scaling", title: "4 subtasks, 10⁶ keys", job: "keys", args: []string{"--keys", "1000000"}, count: 60 * million, subtasks: 4, settings: []string{noCheckpoint}},
	{goal: "scaling", title: "8 subtasks, 10⁶ keys", job: "keys", args: []string{"--keys", "1000000"}, count: 60 * million, subtasks: 8, settings: []string{noCheckpoint}},
	{goal: "scaling", title: "2 subtasks, 10³ keys", job: "keys", args: []string{"--keys", "1000"}, count: 120 * million, subtasks: 2, settings: []string{noCheckpoint}},
	{goal: "scaling", title: "2 subtasks, 10⁵ keys", job: "keys", args: []string{"--keys", "100000"}, count: 120 * million, subtasks: 2, settings: []string{noCheckpoint}},
	{goal: "scaling", title: "2 subtasks, 10⁷ keys", job: "keys", args: []string{"--keys", "10000000"}, count: 80 * million, keys: 10 * million, subtasks: 2, settings: []string{noCheckpoint}},
	{goal: "scaling", title: "2 subtasks, 10⁸ keys", job: "keys", args: []string{"--keys", "100000000"}, count: 400 * million, keys: 100 * million, subtasks: 2, settings: []string{noCheckpoint}},
}
