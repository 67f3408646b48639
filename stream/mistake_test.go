package stream_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/weft-stream/weft/stream"
)

// above returns file:line of the line above its caller.
func above() string {
	_, file, n, _ := runtime.Caller(1)
	return fmt.Sprintf("%s:%d", file, n-1)
}

type reading struct {
	Sensor string
	At     int64 // ms
	Value  float64
}

func readings(env *stream.Env) *stream.Stream[reading] {
	return stream.Collection(env, "readings", reading{"a", 1, 2})
}

func timedReadings(env *stream.Env) *stream.Stream[reading] {
	return stream.WithWatermarks(readings(env), stream.Ascending(readingTime))
}

func readingTime(r reading) time.Time { return time.UnixMilli(r.At) }
func sensor(r reading) string         { return r.Sensor }
func last(_, b reading) reading       { return b }

// TestMistakesNameTheirLine: each case describes a job with one mistake and
// returns the line on which it made it.
func TestMistakesNameTheirLine(t *testing.T) {
	cases := []struct {
		name, want string
		job        func(env *stream.Env) (at string)
	}{
		{"no UID", "reduce keeps state and needs a UID", func(env *stream.Env) string {
			stream.KeyBy(readings(env), sensor).Reduce("", last)
			return above()
		}},
		{"UID taken", `UID "readings" is taken by the source at `, func(env *stream.Env) string {
			stream.KeyBy(readings(env), sensor).Reduce("readings", last)
			return above()
		}},
		{"UID taken by a stateless operator", `UID "readings" is taken by the source at `, func(env *stream.Env) string {
			stream.Map(readings(env), sensor).UID("readings")
			return above()
		}},
		{"empty UID", "the UID of the map is empty", func(env *stream.Env) string {
			stream.Map(readings(env), sensor).UID("")
			return above()
		}},
		{"source without UID", "source keeps state and needs a UID", func(env *stream.Env) string {
			stream.Sequence(env, "", 0, 9)
			return above()
		}},
		{"sink without UID", "sink keeps state and needs a UID", func(env *stream.Env) string {
			stream.WriteLines(readings(env), "", "/tmp/x")
			return above()
		}},
		{"float key", "type float64 cannot be a key", func(env *stream.Env) string {
			stream.KeyBy(readings(env), func(r reading) float64 { return r.Value })
			return above()
		}},
		{"pointer key", "type *string cannot be a key", func(env *stream.Env) string {
			stream.KeyBy(readings(env), func(r reading) *string { return &r.Sensor })
			return above()
		}},
		{"interface key", "type interface {} cannot be a key", func(env *stream.Env) string {
			stream.KeyBy(readings(env), func(r reading) any { return r.Sensor })
			return above()
		}},
		{"unsupported record", "records of type chan int cannot be sent between tasks", func(env *stream.Env) string {
			c := stream.Map(readings(env), func(reading) chan int { return nil })
			stream.Discard(c)
			return above()
		}},
		{"unsupported source record", "records of type func() cannot be sent between tasks", func(env *stream.Env) string {
			stream.Collection(env, "functions", func() {})
			return above()
		}},
		{"unsupported state", "state f of type func() cannot be kept", func(env *stream.Env) string {
			var at string
			stream.Process(stream.KeyBy(readings(env), sensor), "p", func(op *stream.Op[string, int]) func(reading) {
				stream.NewValue[func()](op, "f")
				at = above()
				return func(reading) {}
			})
			return at
		}},
		{"unsupported accumulator", "a window's accumulator of type chan int cannot be kept", func(env *stream.Env) string {
			w := stream.KeyBy(timedReadings(env), sensor).Window(stream.Tumbling(time.Second))
			stream.Aggregate(w, "w", stream.Aggregator[reading, chan int, int]{})
			return above()
		}},
		{"stream of another Env", "the stream comes from another Env", func(env *stream.Env) string {
			other := readings(stream.NewEnv(stream.Settings{}))
			stream.Union(readings(env), other)
			return above()
		}},
		{"parallelism 0", "parallelism 0: it must be at least 1", func(env *stream.Env) string {
			stream.Map(readings(env), sensor).Parallelism(0)
			return above()
		}},
		{"parallelism of a source with one subtask", "parallelism 2: a source runs with parallelism 1 only", func(env *stream.Env) string {
			readings(env).Parallelism(2)
			return above()
		}},
		{"parallelism above the maximum", "parallelism 8 does not fit the maximum parallelism 4", func(env *stream.Env) string {
			stream.KeyBy(readings(env), sensor).Reduce("r", last).Parallelism(8).MaxParallelism(4)
			return above()
		}},
		{"maximum parallelism 0", "maximum parallelism 0: it must be 1 to 32768", func(env *stream.Env) string {
			stream.Map(readings(env), sensor).MaxParallelism(0)
			return above()
		}},
		{"maximum parallelism too high", "maximum parallelism 32769: it must be 1 to 32768", func(env *stream.Env) string {
			stream.Map(readings(env), sensor).MaxParallelism(32769)
			return above()
		}},
		{"window of no size", "a tumbling window of 0s: it must be at least 1 ms", func(env *stream.Env) string {
			stream.KeyBy(readings(env), sensor).Window(stream.Tumbling(0)).Reduce("w", last)
			return above()
		}},
		{"window of parts of a millisecond", "whole milliseconds are needed", func(env *stream.Env) string {
			stream.KeyBy(readings(env), sensor).Window(stream.Tumbling(1500*time.Microsecond)).Reduce("w", last)
			return above()
		}},
		{"slide above size", "would leave records out", func(env *stream.Env) string {
			stream.KeyBy(readings(env), sensor).Window(stream.Sliding(time.Second, time.Minute)).Reduce("w", last)
			return above()
		}},
		{"session of no gap", "a session window of 0s: it must be at least 1 ms", func(env *stream.Env) string {
			stream.KeyBy(readings(env), sensor).Window(stream.Session(0)).Reduce("w", last)
			return above()
		}},
		{"session with an offset", "it has no offset", func(env *stream.Env) string {
			stream.KeyBy(readings(env), sensor).Window(stream.Session(time.Second).Offset(time.Second)).Reduce("w", last)
			return above()
		}},
		{"no Merge", "a sliding window needs the aggregator's Merge", func(env *stream.Env) string {
			w := stream.KeyBy(timedReadings(env), sensor).Window(stream.Sliding(time.Minute, time.Second))
			stream.Aggregate(w, "w", stream.Aggregator[reading, int, int]{Add: func(int, reading) int { return 0 }})
			return above()
		}},
		{"event time without timestamps", "the stream has no timestamps: use WithWatermarks before KeyBy", func(env *stream.Env) string {
			stream.KeyBy(readings(env), sensor).Window(stream.Tumbling(time.Second).EventTime()).Reduce("w", last)
			return above()
		}},
		{"event time behind processing time", "the stream has no timestamps: use WithWatermarks before KeyBy", func(env *stream.Env) string {
			first := stream.KeyBy(timedReadings(env), sensor).Window(stream.Tumbling(time.Second).ProcessingTime()).Reduce("first", last)
			stream.KeyBy(first, sensor).Window(stream.Tumbling(time.Minute).EventTime()).Reduce("w", last)
			return above()
		}},
		{"late records in processing time", "no record is late in processing time", func(env *stream.Env) string {
			stream.KeyBy(readings(env), sensor).Window(stream.Tumbling(time.Second)).LateTo(stream.NewTag[reading]("late")).Reduce("w", last)
			return above()
		}},
		{"lateness in processing time", "no record is late in processing time", func(env *stream.Env) string {
			stream.KeyBy(timedReadings(env), sensor).Window(stream.Tumbling(time.Second).ProcessingTime()).AllowedLateness(time.Second).Reduce("w", last)
			return above()
		}},
		{"lateness below 0", "an allowed lateness of -1s", func(env *stream.Env) string {
			stream.KeyBy(timedReadings(env), sensor).Window(stream.Tumbling(time.Second)).AllowedLateness(-time.Second).Reduce("w", last)
			return above()
		}},
		{"state that expires at once", `state "n" expires at once`, func(env *stream.Env) (line string) {
			stream.Process(stream.KeyBy(readings(env), sensor), "p", func(op *stream.Op[string, int]) func(reading) {
				stream.NewValue[int](op, "n", stream.ExpireAfter(time.Microsecond))
				line = above()
				return func(reading) {}
			})
			return line
		}},
		{"watermarks without a time", "watermarks need a function that gives a record's time", func(env *stream.Env) string {
			stream.WithWatermarks(readings(env), stream.Ascending[reading, int64](nil))
			return above()
		}},
		{"watermarks ahead", "watermarks with a delay of -1s", func(env *stream.Env) string {
			stream.WithWatermarks(readings(env), stream.BoundedOutOfOrderness(-time.Second, readingTime))
			return above()
		}},
		{"idleness below 0", "watermarks with an idleness of -1s", func(env *stream.Env) string {
			stream.WithWatermarks(readings(env), stream.Ascending(readingTime).Idleness(-time.Second))
			return above()
		}},
		{"state twice", `state "n" is declared twice in operator "p"`, func(env *stream.Env) string {
			var at string
			stream.Process(stream.KeyBy(readings(env), sensor), "p", func(op *stream.Op[string, int]) func(reading) {
				stream.NewValue[int](op, "n")
				stream.NewList[int](op, "n")
				at = above()
				return func(reading) {}
			})
			return at
		}},
		{"state named like timers", `state "event-timers" of operator "p" needs a name of its own`, func(env *stream.Env) string {
			var at string
			stream.Process(stream.KeyBy(readings(env), sensor), "p", func(op *stream.Op[string, int]) func(reading) {
				stream.NewValue[int](op, "event-timers")
				at = above()
				return func(reading) {}
			})
			return at
		}},
		{"state without a key", `state "n" needs a keyed stream: use KeyBy and Process`, func(env *stream.Env) string {
			var at string
			stream.ProcessEach(readings(env), func(op *stream.Op[stream.None, int]) func(reading) {
				stream.NewValue[int](op, "n")
				at = above()
				return func(reading) {}
			})
			return at
		}},
		{"timers without a key", "timers need a keyed stream: use KeyBy and Process", func(env *stream.Env) string {
			setup := func(op *stream.Op[stream.None, int]) func(reading) {
				op.OnTimer(func(time.Time) {})
				return func(reading) {}
			}
			stream.ProcessEach(readings(env), setup)
			return above()
		}},
		{"port 0", "port 0 of the socket source: it must be 1 to 65535", func(env *stream.Env) string {
			stream.Socket(env, "localhost", 0)
			return above()
		}},
		{"generator without Record", "a generator needs Record", func(env *stream.Env) string {
			stream.Generate(env, "g", stream.Generator[int]{Count: 1})
			return above()
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			env := stream.NewEnv(stream.Settings{Job: "test", Parallelism: 2, MaxParallelism: 128})
			at := c.job(env)
			_, err := env.Compile("test")
			if err == nil {
				t.Fatalf("no mistake found, want %q", c.want)
			}
			if text := err.Error(); !strings.Contains(text, c.want) || !strings.Contains(text, at+": ") || strings.Count(text, "\n") > 0 {
				t.Errorf("%v\nwant %s: %s", err, at, c.want)
			}
		})
	}
}

func TestMistakesAreAllReported(t *testing.T) {
	env := stream.NewEnv(stream.Settings{Job: "test", Parallelism: 1})
	stream.KeyBy(readings(env), sensor).Reduce("", last)
	stream.Sequence(env, "readings", 0, 1)
	_, err := env.Compile("test")
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("%v, want two lines", err)
	}
}

func TestAJobWithoutAStreamIsAMistake(t *testing.T) {
	_, err := stream.NewEnv(stream.Settings{}).Compile("empty")
	if err == nil || err.Error() != `job "empty" describes no stream` {
		t.Errorf("%v", err)
	}
}
