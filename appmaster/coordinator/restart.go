package coordinator

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// A RestartKind names a restart strategy by its word in the configuration
// (restart-strategy.type).
type RestartKind string

// The restart strategies.
const (
	NoRestart        RestartKind = "none"
	FixedDelay       RestartKind = "fixed-delay"
	FailureRate      RestartKind = "failure-rate"
	ExponentialDelay RestartKind = "exponential-delay"
)

// RestartStrategy says whether and when a job is started again after a
// failure. Only the fields of its kind matter; they are used as given, without
// defaults.
type RestartStrategy struct {
	Kind RestartKind // "" is NoRestart

	Delay    time.Duration // FixedDelay, FailureRate
	Attempts int           // FixedDelay: restarts in all

	MaxFailures int           // FailureRate: tolerated within Interval
	Interval    time.Duration // FailureRate

	InitialBackoff      time.Duration // ExponentialDelay: before the first restart
	MaxBackoff          time.Duration // ExponentialDelay: never longer
	Multiplier          float64       // ExponentialDelay: from one delay to the next
	Jitter              float64       // ExponentialDelay: delays vary by this share to both sides
	ResetThreshold      time.Duration // ExponentialDelay: running so long without failure starts over
	AttemptsBeforeReset int           // ExponentialDelay: restarts without a reset; 0: any number
}

// restarts is what a strategy remembers. It is a value: a copy taken before a
// failure takes the failure back.
type restarts struct {
	count   int           // since the last reset
	backoff time.Duration // last used, without jitter
	last    time.Time     // of the last failure
	recent  []time.Time   // failures within Interval; never changed in place
}

// next counts a failure and tells how long to wait before the restart; refused
// says why there will be none.
func (r *restarts) next(s *RestartStrategy, now time.Time, random *rand.Rand) (delay time.Duration, refused string) {
	switch s.Kind {
	case FixedDelay:
		r.count++
		if r.count > s.Attempts {
			return 0, fmt.Sprintf("the fixed-delay restart strategy allows no more than %d", s.Attempts)
		}
		return s.Delay, ""
	case FailureRate:
		return r.nextByRate(s, now)
	case ExponentialDelay:
		return r.nextExponential(s, now, random)
	default:
		return 0, "no restart strategy is set"
	}
}

func (r *restarts) nextByRate(s *RestartStrategy, now time.Time) (time.Duration, string) {
	var recent []time.Time
	for _, at := range r.recent {
		if now.Sub(at) < s.Interval {
			recent = append(recent, at)
		}
	}
	r.recent = append(recent, now)
	if len(r.recent) > s.MaxFailures {
		return 0, fmt.Sprintf("the failure-rate restart strategy allows no more than %d within %v", s.MaxFailures, s.Interval)
	}
	return s.Delay, ""
}

func (r *restarts) nextExponential(s *RestartStrategy, now time.Time, random *rand.Rand) (time.Duration, string) {
	fresh := r.count == 0 || now.Sub(r.last) >= s.ResetThreshold+r.backoff
	if fresh {
		r.count, r.backoff = 0, s.InitialBackoff
	} else {
		longer := time.Duration(math.Min(float64(r.backoff)*s.Multiplier, float64(s.MaxBackoff)))
		r.backoff = max(longer, s.InitialBackoff)
	}
	r.count++
	r.last = now
	if s.AttemptsBeforeReset > 0 && r.count > s.AttemptsBeforeReset {
		return 0, fmt.Sprintf("the exponential-delay restart strategy allows no more than %d without a quiet time of %v", s.AttemptsBeforeReset, s.ResetThreshold)
	}
	jitter := 1 + s.Jitter*(2*random.Float64()-1)
	return time.Duration(float64(r.backoff) * jitter), ""
}
