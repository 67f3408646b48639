package conf

import (
	"math"
	"time"
)

// Target is where run and info run a job.
type Target string

// The targets. TargetLocal is this machine.
const (
	TargetLocal Target = "local"
	TargetYARN  Target = "yarn-cluster"
)

// leastContainer is the smallest container in which a master or a worker can live.
const leastContainer = 64 * MiB

// The keys of a running job.
var (
	ExecutionTarget = define(Key[Target]{
		Name:    "execution.target",
		Default: string(TargetLocal),
		Doc:     "Where a job runs (as run -m). Flink's yarn-per-job and yarn-application mean yarn-cluster.",
		Section: SectionRuntime,
		kind: enumKind(map[string]Target{
			"yarn-per-job": TargetYARN, "yarn-application": TargetYARN,
		}, TargetLocal, TargetYARN),
	})
	Attached = define(Key[bool]{
		Name:    "execution.attached",
		Default: "true",
		Doc:     "Whether the command follows the job until it ends (run -d: it does not).",
		Section: SectionRuntime,
		kind:    boolKind(),
	})
	Parallelism = define(Key[int]{
		Name:    "parallelism.default",
		Default: "1",
		Doc:     "Subtasks of an operator that says nothing else (as run -p).",
		Section: SectionRuntime,
		kind:    instead(intKind(1, 32768), 1),
	})
	MaxParallelism = define(Key[int]{
		Name:    "pipeline.max-parallelism",
		Default: "128",
		Doc:     "Number of key groups: the most subtasks that keyed state can ever be spread over. Fixed once there is state.",
		Section: SectionRuntime,
		kind:    instead(intKind(1, 32768), 128),
	})
	TaskSlots = define(Key[int]{
		Name:    "taskmanager.numberOfTaskSlots",
		Default: "1",
		Doc:     "Slots of a worker (as run -ys).",
		Section: SectionRuntime,
		kind:    instead(intKind(1, 1024), 1),
	})
	MasterMemory = define(Key[Memory]{
		Name:    "jobmanager.memory.process.size",
		Old:     []string{"jobmanager.heap.size", "jobmanager.heap.mb"},
		Default: "1024m",
		Doc:     "Memory of the master's container (as run -yjm).",
		Section: SectionRuntime,
		kind:    memoryKind(MiB, leastContainer, TiB),
	})
	WorkerMemory = define(Key[Memory]{
		Name:    "taskmanager.memory.process.size",
		Old:     []string{"taskmanager.heap.size", "taskmanager.heap.mb"},
		Default: "1024m",
		Doc:     "Memory of each worker's container (as run -ytm).",
		Section: SectionRuntime,
		kind:    memoryKind(MiB, leastContainer, TiB),
	})
	BufferTimeout = define(Key[time.Duration]{
		Name:    "execution.buffer-timeout.interval",
		Old:     []string{"execution.buffer-timeout"},
		Default: "100 ms",
		Doc:     "Longest time that a record waits for others before it goes to the next subtask; 0 sends each at once.",
		Section: SectionRuntime,
		kind:    durationKind(0, false),
	})
	WatermarkInterval = define(Key[time.Duration]{
		Name:    "pipeline.auto-watermark-interval",
		Default: "200 ms",
		Doc:     "Time from one periodic watermark to the next.",
		Section: SectionRuntime,
		kind:    durationKind(time.Millisecond, false),
	})
	HeartbeatInterval = define(Key[time.Duration]{
		Name:    "heartbeat.interval",
		Default: "1 s",
		Doc:     "Time between two signs of life of master and worker.",
		Section: SectionRuntime,
		kind:    durationKind(10*time.Millisecond, false),
	})
	HeartbeatTimeout = define(Key[time.Duration]{
		Name:    "heartbeat.timeout",
		Default: "50 s",
		Doc:     "A worker that hears nothing from its master for this long ends itself, and a worker that is silent for this long is lost.",
		Section: SectionRuntime,
		kind:    durationKind(100*time.Millisecond, false),
	})
)

// The keys of the page and the REST API.
var (
	RESTPort = define(Key[int]{
		Name:    "rest.port",
		Old:     []string{"web.port", "jobmanager.web.port"},
		Default: "8081",
		Doc:     "Port of the page of a job on this machine; 0 is any free port. On YARN the port is always a free one.",
		Section: SectionPage,
		kind:    intKind(0, math.MaxUint16),
	})
	RefreshInterval = define(Key[time.Duration]{
		Name:    "web.refresh-interval",
		Old:     []string{"jobmanager.web.refresh-interval"},
		Default: "3 s",
		Doc:     "How often the page asks for news.",
		Section: SectionPage,
		kind:    durationKind(100*time.Millisecond, false),
	})
	CheckpointHistory = define(Key[int]{
		Name:    "web.checkpoints.history",
		Old:     []string{"jobmanager.web.checkpoints.history"},
		Default: "10",
		Doc:     "How many past checkpoints the page lists.",
		Section: SectionPage,
		kind:    intKind(0, 10000),
	})
	ExceptionHistory = define(Key[int]{
		Name:    "web.exception-history-size",
		Default: "16",
		Doc:     "How many past failures the page lists.",
		Section: SectionPage,
		kind:    intKind(1, 10000),
	})
)
