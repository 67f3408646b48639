package stream

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/pflag"
)

// Env is where a job is described. It is given to the job's function and is
// used by that function's goroutine only.
type Env struct {
	args           []string
	flags          *pflag.FlagSet
	parsed         bool
	parallelism    int
	maxParallelism int
	conf           map[string]string
	nodes          []*node
	uids           map[string]*node
	errs           []error
}

// Settings are the defaults that a job is described under.
type Settings struct {
	Job            string   // the job's name, for messages
	Args           []string // the program's arguments
	Parallelism    int      // of operators that set none; at least 1
	MaxParallelism int      // key groups of operators that set none; at least Parallelism
}

// NewEnv returns an empty description. Weft makes the Env of a real job; tests
// use package streamtest.
func NewEnv(s Settings) *Env {
	flags := pflag.NewFlagSet(s.Job, pflag.ContinueOnError)
	flags.SortFlags = false
	flags.Usage = func() {}
	return &Env{
		args:           s.Args,
		flags:          flags,
		parallelism:    max(s.Parallelism, 1),
		maxParallelism: max(s.MaxParallelism, s.Parallelism, 1),
		conf:           map[string]string{},
		uids:           map[string]*node{},
	}
}

// Flags returns the set in which a job declares its own options, before it
// calls ParseFlags.
func (e *Env) Flags() *pflag.FlagSet { return e.flags }

// ErrHelp is what ParseFlags returns when the arguments ask for help. A job
// returns it as it is.
var ErrHelp = pflag.ErrHelp

// ParseFlags reads the program's arguments into the declared options. Arguments
// that are no options are in Args afterwards.
func (e *Env) ParseFlags() error {
	e.parsed = true
	err := e.flags.Parse(e.args)
	if err != nil && !errors.Is(err, pflag.ErrHelp) {
		return fmt.Errorf("program arguments: %w", err)
	}
	return err
}

// Args returns the program's arguments: all of them, or after ParseFlags those
// that were no options.
func (e *Env) Args() []string {
	if e.parsed {
		return e.flags.Args()
	}
	return e.args
}

// Parallelism returns the parallelism of operators that set none.
func (e *Env) Parallelism() int { return e.parallelism }

// Set gives a setting of conf/weft-conf.yaml in the program's code, where it
// wins over the command line and the file.
func (e *Env) Set(key, value string) { e.conf[key] = value }

// CheckpointEvery has a checkpoint taken at each interval.
func (e *Env) CheckpointEvery(interval time.Duration) {
	e.Set("execution.checkpointing.interval", strconv.FormatInt(interval.Milliseconds(), 10)+" ms")
}

// fail notes a mistake in the description at the author's line.
func (e *Env) fail(location, format string, args ...any) {
	e.errs = append(e.errs, &Mistake{Message: fmt.Sprintf(format, args...), Location: location})
}

// A Mistake is an error in the description of a job.
type Mistake struct {
	Message  string
	Location string // file:line of the job's own code
}

// Error returns the message with its place.
func (m *Mistake) Error() string { return m.Location + ": " + m.Message }
