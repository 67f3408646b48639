package goals

import (
	"fmt"
	"strconv"
	"time"

	"github.com/weft-stream/weft/bench/internal/bare"
	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/work"
)

// windows are what J2 counts in.
type windows struct {
	events      work.Events
	size, slide time.Duration
}

func sliding(keys, perMs int64, size, slide time.Duration) windows {
	return windows{work.Events{Keys: keys, PerMs: perMs}, size, slide}
}

// args are the options of the job, which are the same for every system.
func (w windows) args() []string {
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + "ms" }
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return []string{"--keys", number(w.events.Keys), "--per-ms", number(w.events.PerMs), "--size", ms(w.size), "--slide", ms(w.slide)}
}

// check holds a run's results against the reference.
func (b *Bench) check(w windows, count int64, result meter.Result) error {
	key := reference{w, count}
	want, known := b.references[key]
	if !known {
		want = bare.Sliding(count, w.events, w.size, w.slide)
		if b.references == nil {
			b.references = map[reference]meter.Tally{}
		}
		b.references[key] = want
	}
	if result.Records != want.Records || result.Sum != want.Sum {
		return fmt.Errorf("WRONG: %d results with checksum %d, where the reference has %d with %d", result.Records, result.Sum, want.Records, want.Sum)
	}
	return nil
}

// reference is what a run's results are compared by.
type reference struct {
	windows windows
	count   int64
}
