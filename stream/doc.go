// Package stream is what the author of a job imports: typed streams and the
// operators on them.
//
// A job is a function that describes a data flow on an [Env]: it opens sources,
// derives streams from streams, and ends in sinks. Nothing runs while it
// describes. Weft calls the function in every process of the job (to check the
// job before it is submitted, in the application master, in each container), so
// it must describe the same flow each time and do nothing else.
//
//	func wordCount(env *stream.Env) error {
//		lines := stream.Socket(env, "localhost", 9010)
//		words := stream.FlatMap(lines, func(line string, emit func(Word)) { … })
//		counts := stream.KeyBy(words, func(w Word) string { return w.Text }).
//			Window(stream.Tumbling(5 * time.Second)).
//			Reduce("counts", func(a, b Word) Word { a.Count += b.Count; return a })
//		stream.Print(counts)
//		return nil
//	}
//
// # State
//
// Every operator that keeps state takes a UID, its name in checkpoints and
// savepoints: a changed program finds its state by it. Choose it once, and keep
// it for as long as the state matters.
//
// State of keys that are never seen again stays for ever, unless it is declared
// with [ExpireAfter] or [ExpireUnused].
//
// # Time
//
// A record has a timestamp if its stream has passed [WithWatermarks]. Windows and
// timers are then in event time; without it, windows are in processing time.
//
// # Functions
//
// The functions given to operators run in one goroutine per subtask: they need
// no locks for what belongs to them, and must not keep the goroutine for long.
// What was emitted belongs to others too: a function must not change what a map,
// slice or pointer in a record leads to. A
// function that panics fails its task, which is then restarted from the last
// checkpoint; the failure names the function's line.
//
// # Mistakes
//
// A mistake in the description (a UID given twice, a type that cannot be stored)
// is reported with the line of the job's own code.
package stream
