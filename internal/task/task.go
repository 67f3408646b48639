// Package task is the contract between the two halves of the engine: package
// stream builds the typed chain of operators of one subtask, package container
// runs it. Neither knows more of the other than what stands here.
//
// One goroutine, the slot, owns a chain and everything below it: no method of a
// Chain is ever called by two goroutines. Nothing in a chain may wait: records
// move in batches over channels with credits, and the slot calls Process or
// Poll only while every outgoing channel has credit. What one call sends may
// overdraw the credit; that is what makes waiting unnecessary, and deadlock
// impossible, in a slot that runs several subtasks in turns.
package task

import (
	"context"
	"io"
	"log/slog"
	"math"

	"github.com/weft-stream/weft/internal/plan"
	"github.com/weft-stream/weft/internal/state"
	"github.com/weft-stream/weft/internal/storage"
)

// NoTime is the timestamp of a record that has none, and the watermark before
// the first.
const NoTime = math.MinInt64

// EndOfTime is the watermark after which no record comes.
const EndOfTime = math.MaxInt64

// A Batch carries records of one type between two subtasks. Who holds it owns
// it; sending hands the ownership over.
type Batch interface {
	// Len returns the number of records.
	Len() int
	// AppendTo appends the wire form of all records.
	AppendTo(dst []byte) []byte
	// AppendRows appends the records from index from on in the form in which a
	// snapshot keeps them: package inflight describes it.
	AppendRows(dst []byte, from int) []byte
	// Release gives the batch back to be filled again.
	Release()
}

// A Decoder turns the wire form of a batch back into a batch, which keeps
// nothing of payload. It may be called by several goroutines.
type Decoder func(payload []byte) (Batch, error)

// A RowDecoder turns rows that AppendRows wrote, perhaps of a former version of
// the type, back into batches, without the records that owns refuses by the hash
// of their key; owns may be nil. It keeps nothing of rows.
type RowDecoder func(rows []byte, owns func(hash uint64) bool) ([]Batch, error)

// A Channel is the sending end of the way from one subtask to another.
type Channel interface {
	// Send hands a batch over. It never waits.
	Send(Batch)
	// Watermark tells that no record before w (ms) will follow, but for late ones.
	Watermark(w int64)
	// Idle tells whether this way shall be left out when the receiver combines watermarks.
	Idle(idle bool)
}

// An Outlet is one outgoing edge of a subtask: a channel to each receiving
// subtask that this subtask may send to.
type Outlet struct {
	Edge     int       // index into plan.Plan.Edges
	Channels []Channel // in order of the receiving subtasks
	First    int       // the subtask that Channels[0] leads to
}

// Context is what a chain gets to live in.
type Context struct {
	Context        context.Context // ends when the subtask is to stop
	Vertex         *plan.Vertex
	JobID          string
	Subtask        int
	FirstKeyGroup  int // inclusive
	LastKeyGroup   int // inclusive
	Outlets        []Outlet
	BatchRecords   int          // records of a full batch
	Now            func() int64 // processing time, ms since the epoch; cheap, as of the turn's start
	Wake           func()       // have Poll called soon; may be called by any goroutine
	Storage        *storage.Resolver
	Stdout         io.Writer // where Print writes
	Log            *slog.Logger
	Store          *state.Store // lets keyed state be larger than memory; nil: it stays there
	WatermarkEvery int64        // ms between two generated watermarks
	Late           *int64       // counter of records dropped as late
	TimerAt        *int64       // when Timer is called next (ms): an operator that sets an earlier timer lowers it
	Stride         *int         // how many records one call should handle or make: MaxStride, fewer while that takes long
}

// MaxStride is how many records one call handles where they are fast.
const MaxStride = 256

// SetTimer has Timer called at the given processing time (ms) at the latest.
func (c *Context) SetTimer(at int64) { *c.TimerAt = min(*c.TimerAt, at) }

// A Program is a planned job: its plan, and the means to build its chains.
type Program interface {
	Plan() *plan.Plan
	// Decoder returns the decoder of an edge's batches of up to so many records.
	Decoder(edge, records int) Decoder
	// RowDecoder returns the decoder of an edge's records that a snapshot holds, for
	// one subtask: written is the schema that they were written with. It fails if the
	// program's type cannot be made of them.
	RowDecoder(edge, records int, written string) (RowDecoder, error)
	// Build makes the chain of one subtask. Chains of a slot are built receivers first.
	Build(ctx *Context) (Chain, error)
}

// Next says how a source goes on.
type Next int

// What a source's Poll may answer.
const (
	More Next = iota // poll again
	Wait             // poll again after Wake, or at the time that Poll gave
	End              // there is nothing more, ever
)

// Left says what Work has still to do. Until it is done, no watermark, barrier
// or end of an input is handled: what comes after them waits, what is frozen at
// a barrier has nothing half done in it.
type Left int

// What is left of work that was put off.
const (
	Nothing Left = iota
	Strict       // more, and no record is processed before
	Loose        // more, but records may be processed between two slices
)

// A Chain is one subtask's operators. The order of calls: Written, Restore and
// RestoreList for what a snapshot holds, Open, then the others as things
// happen, Close last, whatever happened.
type Chain interface {
	// Written tells the schemas of the key and of the values that a state's frames were
	// written with. It fails if the program's types cannot be made of them.
	Written(uid, state, key, values string) error
	// Restore adds one frame of keyed state; only keys of the subtask's groups are taken. Those
	// of a chain come in its order.
	Restore(uid, state string, part Part, frame []byte) error
	// RestoreList gives the subtask's share of an operator's list state; it is
	// called, perhaps with no entries, for every list state that the snapshot has.
	RestoreList(uid, state string, entries [][]byte) error
	// Open starts the operators; restored tells whether the job starts from a snapshot.
	Open(restored bool) error

	// Process handles records of a batch from index from on and returns how far it came.
	Process(input int, b Batch, from int) int
	// Poll lets a source emit some records. With Wait, at is when to poll again at the latest (ms, 0 for never).
	Poll() (next Next, at int64)
	// Watermark moves event time on: the least of all inputs' watermarks.
	Watermark(w int64)
	// Idle tells that no input will give watermarks for a while, or that they come again.
	Idle(idle bool)
	// Timer fires what processing time makes due and returns when it wants to be called next (ms, EndOfTime for never).
	Timer(now int64) int64
	// Work does a slice of what was put off (firing windows, say) and tells what is left.
	Work() Left
	// Finish is called after the end of all inputs and the last watermark, when Work has left nothing.
	Finish()
	// Flush sends partly filled batches.
	Flush()

	// BeginSnapshot freezes the state at a barrier. Its frames go to sink, now or during StepSnapshot.
	BeginSnapshot(checkpoint int64, sink Sink) error
	// StepSnapshot serialises some more and tells whether all is done.
	StepSnapshot() bool
	// AbortSnapshot gives up a snapshot that was begun.
	AbortSnapshot()
	// Complete tells that a checkpoint is durable: what waited for it is committed.
	Complete(checkpoint int64) error

	// Counters returns how many records came in (of a source: how many it made)
	// and how many were sent to other subtasks.
	Counters() (in, out int64)

	// Close ends the operators; nothing is called after it.
	Close()
}

// Part says what the entries of a frame are to those of the same keys that came before it.
type Part string

// The parts of keyed state, by the names that snapshots have for them.
const (
	Base    Part = ""        // there are none before
	Delta   Part = "delta"   // they take the place of those before
	Deleted Part = "deleted" // keys without values: those before are gone
)

// Extent is how much of a keyed state a snapshot takes.
type Extent int

// The extents.
const (
	Whole     Extent = iota // all entries; it is as if the snapshot had not been
	Beginning               // all entries; later checkpoints may take what has changed since
	Changes                 // what has changed since the latest checkpoint that is known to be complete
)

// A Sink takes a chain's state for a snapshot. Frames are handed over: the
// chain does not touch them again.
type Sink interface {
	// Extent tells how much of a keyed state is wanted. A state that can tell what has changed asks
	// before its first frame; able says that it knows all changes since the latest complete checkpoint.
	Extent(uid, state string, able bool) Extent
	// Keyed takes one frame of keyed state: so many entries, whose keys lie in the given groups. Those
	// that are Deleted come before the others.
	Keyed(uid, state string, part Part, firstKG, lastKG int, entries int64, frame []byte)
	// List takes all entries of an operator's list state.
	List(uid, state string, entries [][]byte)
}

// A Failure is what a chain panics with to fail its task with an error: the
// record path has no error results. The slot recovers it.
type Failure struct {
	Err      error
	Location string // file:line in the author's code, if known
	Fatal    bool   // a restart cannot help
}

// Fail fails the running task.
func Fail(err error, location string) {
	panic(Failure{Err: err, Location: location})
}
