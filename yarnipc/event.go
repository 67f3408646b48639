package yarnipc

import (
	"context"
	"sync"
)

// Event is something that a [Master] tells its owner: one of [Allocated], [Completed], [Refused], [Found],
// [NodeChanged], [Preempting], [Reregistered] and [Ended].
type Event interface{ event() }

// Allocated answers a request. The container waits to be started; YARN takes it back after some minutes
// (yarn.resourcemanager.rm.container-allocation.expiry-interval-ms).
type Allocated struct{ Container Container }

// Completed says that a container has ended, for whatever reason, and is no longer owned. It comes once for a container.
type Completed struct {
	Status    ContainerStatus
	Container Container // as it was owned; only its ID is set if the master had never heard of it
	Released  bool      // the owner had asked for it with Release
}

// Refused ends a request that the cluster will not serve: the container is too large or its node label is not allowed.
type Refused struct {
	RequestID RequestID
	Ask       Ask
	Err       error
}

// Found says that the ResourceManager listed a running container that the master did not know, and that it is owned
// from now on. Container.ID.Attempt tells whose it is: an earlier attempt's, on a node that reported late; or this
// attempt's own, given up for lost with its node and alive again after a failover (Again is set then). Whoever does not
// want it releases it.
type Found struct {
	Container Container
	Again     bool // it had been reported as completed before
}

// NodeChanged says that a node's state has changed. The containers of a lost node follow as [Completed].
type NodeChanged struct {
	Node  NodeID
	State NodeState
}

// Preempting warns that containers will be taken back for another queue in some seconds.
type Preempting struct{ Containers []ContainerID }

// Reregistered says that the ResourceManager was restarted or failed over. Requests and containers are kept; new
// containers take some seconds longer. Containers that it lists and the master did not know follow as [Found].
type Reregistered struct{}

// Ended is the last event of a [Master] that cannot go on: see [IsAttemptGone]. The process should end without
// finishing the application: a newer attempt may own it.
type Ended struct{ Err error }

func (Allocated) event()    {}
func (Completed) event()    {}
func (Refused) event()      {}
func (Found) event()        {}
func (NodeChanged) event()  {}
func (Preempting) event()   {}
func (Reregistered) event() {}
func (Ended) event()        {}

// eventQueue stands between the heartbeat, which must not wait, and a reader that may be slow.
type eventQueue struct {
	mu     sync.Mutex
	events []Event
	closed bool
	signal chan struct{} // has room for one
	out    chan Event
}

func newEventQueue() *eventQueue {
	return &eventQueue{signal: make(chan struct{}, 1), out: make(chan Event)}
}

func (q *eventQueue) put(events ...Event) {
	q.mu.Lock()
	q.events = append(q.events, events...)
	q.mu.Unlock()
	notify(q.signal)
}

// close lets deliver end once everything is read.
func (q *eventQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	notify(q.signal)
}

// deliver moves events to the channel until the queue is closed and empty, or ctx ends. It closes the channel.
func (q *eventQueue) deliver(ctx context.Context) {
	defer close(q.out)
	for {
		q.mu.Lock()
		events, closed := q.events, q.closed
		q.events = nil
		q.mu.Unlock()
		for _, event := range events {
			select {
			case q.out <- event:
			case <-ctx.Done():
				return
			}
		}
		if closed {
			return
		}
		select {
		case <-q.signal:
		case <-ctx.Done():
			return
		}
	}
}

// notify wakes who waits on a channel with room for one, and never waits itself.
func notify(signal chan<- struct{}) {
	select {
	case signal <- struct{}{}:
	default:
	}
}
