package appmaster

import (
	"context"

	"github.com/weft-stream/weft/appmaster/coordinator"
)

// A provider gives the job its containers. Its methods may be called
// concurrently and do not wait for the containers, except finish.
type provider interface {
	// start begins, and tells of every container's fate through post, which
	// never blocks. Containers of earlier attempts are told first.
	start(ctx context.Context, post func(containerEvent)) error
	// ensure makes n the number of containers to hold: lost ones are replaced.
	ensure(n int)
	// release stops a container and forgets it. With ensure unchanged, another
	// one takes its place.
	release(id, reason string)
	// finish stops the containers that are left, after the workers were told to
	// end, and tells the cluster how the job ended. Nothing is given afterwards.
	finish(ctx context.Context, end ending) error
}

// containerState is where a container stands.
type containerState int

// The states of a container.
const (
	containerGiven containerState = iota // it exists; its process is about to start, or runs already
	containerEnded                       // its process is gone, or will never be
	providerFailed                       // no container can be had any more: the attempt must end
)

// containerEvent tells of a container's fate.
type containerEvent struct {
	State  containerState
	ID     string
	Host   string
	LogURL string // page of its logs, if there is one
	Stdout string // file of its standard output, if it is on this machine
	Stderr string // file of its log, if it is on this machine
	Kept   bool   // of containerGiven: an earlier attempt started it

	Exit      int    // of containerEnded: the exit code, or YARN's status (-100 and below)
	Preempted bool   // of containerEnded: taken away for others
	Reason    string // of containerEnded: in words
	Err       error  // of providerFailed
}

// ending is how a job ended, for the provider.
type ending struct {
	State       coordinator.JobState // Finished, Canceled or Failed
	Diagnostics string               // one line
}
