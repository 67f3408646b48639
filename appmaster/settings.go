package appmaster

import (
	"fmt"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/snapshot"
)

// coordinatorConfig turns settings into the state machine's configuration.
func coordinatorConfig(spec *jobspec.Spec, p *plan.Plan, c *conf.Conf, attempt int, started time.Time) coordinator.Config {
	return coordinator.Config{
		JobID:        spec.JobID,
		JobName:      spec.JobName,
		Class:        spec.Class,
		Plan:         p,
		Hash:         spec.PlanHash,
		Workers:      spec.Workers,
		Slots:        spec.Slots,
		FirstEpoch:   int64(attempt) << 32,
		Started:      started,
		Checkpoints:  checkpointSettings(c),
		Restart:      restartSettings(c),
		FullFailover: conf.Get(c, conf.Failover) == conf.FailoverFull,
		Times: coordinator.Times{
			Lease:  conf.Get(c, conf.HeartbeatTimeout),
			Report: conf.Get(c, conf.HeartbeatInterval),
		},
	}
}

func checkpointSettings(c *conf.Conf) coordinator.Checkpoints {
	return coordinator.Checkpoints{
		Enabled:          conf.Get(c, conf.CheckpointDir) != "",
		Incremental:      conf.Get(c, conf.IncrementalCheckpoints),
		Interval:         conf.EffectiveCheckpointInterval(c),
		Timeout:          conf.Get(c, conf.CheckpointTimeout),
		MinPause:         conf.Get(c, conf.CheckpointMinPause),
		Tolerable:        conf.Get(c, conf.TolerableFailures),
		Keep:             retention(c),
		Retention:        coordinator.Retention(conf.Get(c, conf.CheckpointRetention)),
		SavepointDefault: conf.Get(c, conf.SavepointDir),
	}
}

func retention(c *conf.Conf) snapshot.Retention {
	retain := conf.EffectiveRetain(c)
	r := snapshot.Retention{Newest: retain.Newest, MaxBytes: int64(conf.Get(c, conf.RetainMaxBytes))}
	for _, tier := range retain.Tiers {
		r.Tiers = append(r.Tiers, snapshot.Tier{Every: tier.Every, For: tier.For})
	}
	return r
}

func restartSettings(c *conf.Conf) coordinator.RestartStrategy {
	s := coordinator.RestartStrategy{Kind: coordinator.RestartKind(conf.EffectiveRestartStrategy(c))}
	switch s.Kind {
	case coordinator.FixedDelay:
		s.Attempts = conf.Get(c, conf.FixedDelayAttempts)
		s.Delay = conf.Get(c, conf.FixedDelayDelay)
	case coordinator.FailureRate:
		s.MaxFailures = conf.Get(c, conf.FailureRateMax)
		s.Interval = conf.Get(c, conf.FailureRateInterval)
		s.Delay = conf.Get(c, conf.FailureRateDelay)
	case coordinator.ExponentialDelay:
		s.InitialBackoff = conf.Get(c, conf.BackoffInitial)
		s.MaxBackoff = conf.Get(c, conf.BackoffMax)
		s.Multiplier = conf.Get(c, conf.BackoffMultiplier)
		s.Jitter = conf.Get(c, conf.BackoffJitter)
		s.ResetThreshold = conf.Get(c, conf.BackoffReset)
		s.AttemptsBeforeReset = attemptsLimit(conf.Get(c, conf.BackoffAttempts))
	}
	return s
}

// attemptsLimit turns the configuration's "no limit" into the state machine's.
func attemptsLimit(n int) int {
	const unlimited = 1<<31 - 1
	if n >= unlimited {
		return 0
	}
	return n
}

// restartWords describes the restart strategy as Flink's REST API does.
func restartWords(s coordinator.RestartStrategy) string {
	switch s.Kind {
	case coordinator.FixedDelay:
		return fmt.Sprintf("restart with fixed delay (%v), at most %d times", s.Delay, s.Attempts)
	case coordinator.FailureRate:
		return fmt.Sprintf("restart with fixed delay (%v), at most %d failures in %v", s.Delay, s.MaxFailures, s.Interval)
	case coordinator.ExponentialDelay:
		return fmt.Sprintf("restart with exponential delay (%v to %v, factor %g)", s.InitialBackoff, s.MaxBackoff, s.Multiplier)
	}
	return "no restart"
}
