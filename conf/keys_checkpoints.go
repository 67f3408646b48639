package conf

import (
	"math"
	"time"
)

// CheckpointMode is the guarantee of a checkpoint.
type CheckpointMode string

// The checkpoint modes.
const (
	ExactlyOnce CheckpointMode = "EXACTLY_ONCE"
	AtLeastOnce CheckpointMode = "AT_LEAST_ONCE"
)

// Retention says what becomes of a job's checkpoints when the job ends.
type Retention string

// The retentions, under Flink's names.
const (
	RetainOnCancellation Retention = "RETAIN_ON_CANCELLATION"
	DeleteOnCancellation Retention = "DELETE_ON_CANCELLATION"
	NoExternalized       Retention = "NO_EXTERNALIZED_CHECKPOINTS"
)

// ClaimMode says whose the snapshot is that a job starts from.
type ClaimMode string

// The claim modes, under Flink's names.
const (
	NoClaim ClaimMode = "NO_CLAIM"
	Claim   ClaimMode = "CLAIM"
	Legacy  ClaimMode = "LEGACY"
)

// defaultCheckpointInterval is the interval of a job that has a folder for checkpoints and says
// nothing about when to take them: who names a folder wants them.
const defaultCheckpointInterval = 10 * time.Second

// The keys of checkpoints, savepoints and state.
var (
	CheckpointInterval = define(Key[time.Duration]{
		Name: "execution.checkpointing.interval",
		Doc: "Time from the start of one checkpoint to the start of the next. When it is not set: 10 s if " +
			"state.checkpoints.dir is set, else off.",
		Section: SectionCheckpoints,
		kind:    durationKind(10*time.Millisecond, true),
	})
	CheckpointDir = define(Key[string]{
		Name:    "state.checkpoints.dir",
		Old:     []string{"execution.checkpointing.dir", "state.backend.fs.checkpointdir"},
		Doc:     "Folder of the checkpoints (hdfs:// or file://). Each job has a folder of its own in it, named by its id.",
		Section: SectionCheckpoints,
		kind:    textKind(),
	})
	SavepointDir = define(Key[string]{
		Name:    "state.savepoints.dir",
		Old:     []string{"execution.checkpointing.savepoint-dir", "savepoints.state.backend.fs.dir"},
		Doc:     "Folder for the savepoints of commands that name none.",
		Section: SectionCheckpoints,
		kind:    textKind(),
	})
	NumRetained = define(Key[int]{
		Name:    "state.checkpoints.num-retained",
		Old:     []string{"execution.checkpointing.num-retained"},
		Default: "20",
		Doc: "How many of the newest completed checkpoints of a job are kept. Savepoints do not count. When only this " +
			"is set, nothing else is kept.",
		Section: SectionCheckpoints,
		kind:    intKind(1, math.MaxInt32),
	})
	CheckpointRetain = define(Key[Retain]{
		Name:    "state.checkpoints.retain",
		Default: "20, 10m for 6h, 1h for 2d",
		Doc: "Which completed checkpoints of a job are kept: so many newest ones (left out: " +
			"state.checkpoints.num-retained), and of the older ones the first in each span, up to an age: here " +
			"one per ten minutes for six hours and one per hour for two days. Pinned ones stay besides.",
		Section: SectionCheckpoints,
		kind:    retainKind(),
	})
	RetainMaxBytes = define(Key[Memory]{
		Name:    "state.checkpoints.retain-max-bytes",
		Default: "none",
		Doc: "Bound on the size of all kept checkpoints of a job: the oldest go until the rest fits. The newest and " +
			"pinned ones stay.",
		Section: SectionCheckpoints,
		kind:    limitKind(),
	})
	CheckpointRetention = define(Key[Retention]{
		Name:    "execution.checkpointing.externalized-checkpoint-retention",
		Default: string(RetainOnCancellation),
		Doc:     "Whether the checkpoints stay when the job is cancelled, so that it can be run from one of them again.",
		Section: SectionCheckpoints,
		kind:    enumKind(nil, RetainOnCancellation, DeleteOnCancellation, NoExternalized),
	})
	Mode = define(Key[CheckpointMode]{
		Name:    "execution.checkpointing.mode",
		Old:     []string{"execution.checkpointing.consistency-mode"},
		Default: string(ExactlyOnce),
		Doc:     "Guarantee for the state after a restart.",
		Section: SectionCheckpoints,
		kind:    enumKind(nil, ExactlyOnce, AtLeastOnce),
	})
	CheckpointTimeout = define(Key[time.Duration]{
		Name:    "execution.checkpointing.timeout",
		Default: "10 min",
		Doc:     "A checkpoint that takes longer is given up.",
		Section: SectionCheckpoints,
		kind:    durationKind(10*time.Millisecond, false),
	})
	Unaligned = define(Key[bool]{
		Name:    "execution.checkpointing.unaligned.enabled",
		Old:     []string{"execution.checkpointing.unaligned"},
		Default: "false",
		Doc: "Let checkpoints overtake the records that are queued before them: these become part of the checkpoint, " +
			"which then takes no longer where a sink is slow. Savepoints are aligned all the same.",
		Section: SectionCheckpoints,
		kind:    boolKind(),
	})
	AlignedTimeout = define(Key[time.Duration]{
		Name:    "execution.checkpointing.aligned-checkpoint-timeout",
		Old:     []string{"execution.checkpointing.alignment-timeout"},
		Default: "0 ms",
		Doc: "With unaligned checkpoints: how long a checkpoint may wait for queued records as an aligned one does, " +
			"before it overtakes those that are left.",
		Section: SectionCheckpoints,
		kind:    durationKind(0, false),
	})
	CheckpointMinPause = define(Key[time.Duration]{
		Name:    "execution.checkpointing.min-pause",
		Default: "0 ms",
		Doc:     "Least time from the end of one checkpoint to the start of the next.",
		Section: SectionCheckpoints,
		kind:    durationKind(0, false),
	})
	// TolerableFailures is not Flink's 0 by default: a checkpoint fails mostly because the storage
	// does, and the restart that would follow needs the same storage.
	TolerableFailures = define(Key[int]{
		Name:    "execution.checkpointing.tolerable-failed-checkpoints",
		Default: "10",
		Doc:     "How many checkpoints may fail one after the other before the job is restarted.",
		Section: SectionCheckpoints,
		kind:    intKind(0, math.MaxInt32),
	})
	IncrementalCheckpoints = define(Key[bool]{
		Name:    "execution.checkpointing.incremental",
		Old:     []string{"state.backend.incremental"},
		Default: "false",
		Doc:     "A checkpoint holds of keyed state only what has changed since the one before, and refers to its files.",
		Section: SectionCheckpoints,
		kind:    boolKind(),
	})
	InlineThreshold = define(Key[Memory]{
		Name: "execution.checkpointing.data-inline-threshold",
		Old: []string{
			"state.storage.fs.memory-threshold",
			"state.backend.fs.memory-threshold",
		},
		Default: "20k",
		Doc:     "State that is smaller goes into _metadata instead of a file of its own.",
		Section: SectionCheckpoints,
		kind:    memoryKind(Byte, 0, MiB),
	})
	RestorePath = define(Key[string]{
		Name:    "execution.state-recovery.path",
		Old:     []string{"execution.savepoint.path"},
		Doc:     "Checkpoint or savepoint that the job starts from (as run -s).",
		Section: SectionCheckpoints,
		kind:    textKind(),
	})
	AllowNonRestoredState = define(Key[bool]{
		Name:    "execution.state-recovery.ignore-unclaimed-state",
		Old:     []string{"execution.savepoint.ignore-unclaimed-state"},
		Default: "false",
		Doc:     "Drop state of operators that the program no longer has (as run -n).",
		Section: SectionCheckpoints,
		kind:    boolKind(),
	})
	RestoreClaimMode = define(Key[ClaimMode]{
		Name:    "execution.state-recovery.claim-mode",
		Old:     []string{"execution.savepoint-restore-mode"},
		Default: string(NoClaim),
		Doc: "Whose the checkpoint or savepoint is that the job starts from (as run -claimMode). With CLAIM it counts " +
			"as the job's oldest checkpoint and is deleted as such; no other job can claim it.",
		Section: SectionCheckpoints,
		kind:    claimKind(),
	})
)

func claimKind() kind[ClaimMode] {
	k := enumKind(nil, NoClaim, Claim, Legacy)
	k.allowed = "NO_CLAIM (it stays whose it is), CLAIM (it becomes the job's own), LEGACY (as NO_CLAIM)"
	return k
}

// EffectiveCheckpointInterval is the interval at which to take checkpoints; 0 is not at all.
func EffectiveCheckpointInterval(c *Conf) time.Duration {
	if !c.IsSet(CheckpointInterval.Name) && Get(c, CheckpointDir) != unset {
		return defaultCheckpointInterval
	}
	return Get(c, CheckpointInterval)
}
