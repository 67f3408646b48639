package conf

import (
	"math"
	"time"
)

// RestartStrategy decides whether and when a job that failed is started again.
type RestartStrategy string

// The restart strategies.
const (
	RestartNone             RestartStrategy = "none"
	RestartFixedDelay       RestartStrategy = "fixed-delay"
	RestartFailureRate      RestartStrategy = "failure-rate"
	RestartExponentialDelay RestartStrategy = "exponential-delay"
)

// FailoverStrategy decides what a failure restarts.
type FailoverStrategy string

// The failover strategies.
const (
	FailoverRegion FailoverStrategy = "region"
	FailoverFull   FailoverStrategy = "full"
)

// The keys of the restart strategies. Each strategy reads only the keys with its own name in them.
var (
	Restart = define(Key[RestartStrategy]{
		Name:    "restart-strategy.type",
		Old:     []string{"restart-strategy"},
		Doc:     "When it is not set: exponential-delay if the job takes checkpoints, else none.",
		Section: SectionRestart,
		kind: enumKind(map[string]RestartStrategy{
			"off": RestartNone, "disable": RestartNone, "fixeddelay": RestartFixedDelay,
			"failurerate": RestartFailureRate, "exponentialdelay": RestartExponentialDelay,
		}, unset, RestartNone, RestartFixedDelay, RestartFailureRate, RestartExponentialDelay),
	})
	Failover = define(Key[FailoverStrategy]{
		Name:    "jobmanager.execution.failover-strategy",
		Default: string(FailoverRegion),
		Doc: "What a failure restarts: the tasks that exchange records with the one that failed, however many others are between them, " +
			"while the rest goes on (region); or all tasks (full).",
		Section: SectionRestart,
		kind:    enumKind(nil, FailoverRegion, FailoverFull),
	})
	FixedDelayAttempts = define(Key[int]{
		Name:    "restart-strategy.fixed-delay.attempts",
		Default: "1",
		Doc:     "How many times the job is restarted before it fails.",
		Section: SectionRestart,
		kind:    intKind(0, math.MaxInt32),
	})
	FixedDelayDelay = define(Key[time.Duration]{
		Name:    "restart-strategy.fixed-delay.delay",
		Default: "1 s",
		Doc:     "Pause before each restart.",
		Section: SectionRestart,
		kind:    durationKind(0, false),
	})
	FailureRateMax = define(Key[int]{
		Name:    "restart-strategy.failure-rate.max-failures-per-interval",
		Default: "1",
		Doc:     "The job fails when it failed more often than this within the interval.",
		Section: SectionRestart,
		kind:    intKind(1, math.MaxInt32),
	})
	FailureRateInterval = define(Key[time.Duration]{
		Name:    "restart-strategy.failure-rate.failure-rate-interval",
		Default: "1 min",
		Doc:     "The interval in which failures are counted.",
		Section: SectionRestart,
		kind:    durationKind(time.Millisecond, false),
	})
	FailureRateDelay = define(Key[time.Duration]{
		Name:    "restart-strategy.failure-rate.delay",
		Default: "1 s",
		Doc:     "Pause before each restart.",
		Section: SectionRestart,
		kind:    durationKind(0, false),
	})
	BackoffInitial = define(Key[time.Duration]{
		Name:    "restart-strategy.exponential-delay.initial-backoff",
		Default: "1 s",
		Doc:     "Pause before the first restart.",
		Section: SectionRestart,
		kind:    durationKind(time.Millisecond, false),
	})
	BackoffMax = define(Key[time.Duration]{
		Name:    "restart-strategy.exponential-delay.max-backoff",
		Default: "1 min",
		Doc:     "The pause grows up to this.",
		Section: SectionRestart,
		kind:    durationKind(time.Millisecond, false),
	})
	BackoffMultiplier = define(Key[float64]{
		Name:    "restart-strategy.exponential-delay.backoff-multiplier",
		Default: "1.5",
		Doc:     "By how much the pause grows from one restart to the next.",
		Section: SectionRestart,
		kind:    floatKind(1, 1000),
	})
	BackoffJitter = define(Key[float64]{
		Name:    "restart-strategy.exponential-delay.jitter-factor",
		Default: "0.1",
		Doc:     "Part of the pause by which it is made longer or shorter at random, so that many jobs do not restart at once.",
		Section: SectionRestart,
		kind:    floatKind(0, 1),
	})
	BackoffReset = define(Key[time.Duration]{
		Name:    "restart-strategy.exponential-delay.reset-backoff-threshold",
		Default: "1 h",
		Doc:     "After this time without a failure the pause is the initial one again.",
		Section: SectionRestart,
		kind:    durationKind(time.Millisecond, false),
	})
	BackoffAttempts = define(Key[int]{
		Name:    "restart-strategy.exponential-delay.attempts-before-reset-backoff",
		Default: "-1",
		Doc:     "The job fails after this many restarts without a time of rest between them; -1 is without limit.",
		Section: SectionRestart,
		kind:    instead(intKind(1, math.MaxInt32), math.MaxInt32),
	})
)

// EffectiveRestartStrategy is the strategy to use: what was set, else exponential-delay for a job
// that takes checkpoints and none for one that would start again with nothing.
func EffectiveRestartStrategy(c *Conf) RestartStrategy {
	switch s := Get(c, Restart); {
	case s != unset:
		return s
	case EffectiveCheckpointInterval(c) > 0:
		return RestartExponentialDelay
	default:
		return RestartNone
	}
}
