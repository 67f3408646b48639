package yarnipc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	defaultHeartbeat = time.Second
	defaultPoll      = 200 * time.Millisecond
	// pollWindow is how long after the last change the fast pace lasts: a full queue is not asked five times a second for hours.
	pollWindow = 30 * time.Second
	// wakeDelay lets several requests that are made at once travel together.
	wakeDelay = 10 * time.Millisecond
	// maxRefusals is how many heartbeats in a row may be answered with unexpected exceptions before the master gives up.
	maxRefusals = 30
)

// MasterConfig tunes a [Master]. The zero value is good.
type MasterConfig struct {
	Heartbeat time.Duration // between heartbeats; 0 means 1 s
	Poll      time.Duration // between heartbeats while a request is open; 0 means 0.2 s
	Logger    *slog.Logger  // nil means slog.Default()
	Nodes     NMConfig
}

// Master keeps the containers of an application attempt: it asks for them, tells what becomes of them, and hides
// restarts of the ResourceManager. Its methods may be used concurrently and, but for Register, Run and Finish, do not
// wait for the network.
type Master struct {
	config MasterConfig
	log    *slog.Logger
	rm     *ResourceManager
	nodes  *NodeManagers
	queue  *eventQueue
	wake   chan struct{} // has room for one

	mu       sync.Mutex
	table    *table
	maximum  Resource
	progress float32
	headroom Resource
	cluster  int
	changed  time.Time     // when something was last asked for
	stop     func()        // ends Run; nil before
	finished bool          // Finish was called
	stopped  chan struct{} // closed when Run has returned
}

// NewMaster returns a master that is not registered.
func NewMaster(rm *ResourceManager, config MasterConfig) *Master {
	if config.Heartbeat == 0 {
		config.Heartbeat = defaultHeartbeat
	}
	if config.Poll == 0 {
		config.Poll = defaultPoll
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	return &Master{
		config:  config,
		log:     config.Logger,
		rm:      rm,
		nodes:   NewNodeManagers(config.Nodes),
		queue:   newEventQueue(),
		wake:    make(chan struct{}, 1),
		table:   newTable(),
		stopped: make(chan struct{}),
	}
}

// Register makes the attempt known to the ResourceManager and takes over the containers that earlier attempts left:
// Registered.Previous lists them, and they are owned. Some may come later as [Found].
func (m *Master) Register(ctx context.Context, registration Registration) (Registered, error) {
	registered, err := m.rm.Register(ctx, registration)
	if err != nil {
		return Registered{}, err
	}
	m.nodes.AddTokens(registered.NMTokens...)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.maximum = registered.MaxCapability
	m.table.adopt(registered.Previous)
	return registered, nil
}

// Run sends heartbeats until ctx ends, [Master.Finish] is called (both return nil) or the attempt cannot go on, which it
// returns after telling it as [Ended]. It waits until its events are read, and closes their channel. Call it once.
func (m *Master) Run(ctx context.Context) error {
	beatCtx, stop := context.WithCancel(ctx)
	defer close(m.stopped)
	defer stop()
	m.mu.Lock()
	m.stop = stop
	if m.finished {
		stop()
	}
	m.mu.Unlock()
	delivered := make(chan struct{})
	go func() {
		defer close(delivered)
		m.queue.deliver(beatCtx)
	}()
	err := m.beat(beatCtx)
	if beatCtx.Err() != nil {
		err = nil
	}
	if err != nil {
		m.queue.put(Ended{Err: err})
	}
	m.queue.close()
	<-delivered
	return err
}

// Events returns the channel that [Master.Run] tells on. It has one order for all events, and a slow reader delays no
// heartbeat.
func (m *Master) Events() <-chan Event { return m.queue.out }

// Nodes returns the client of the nodes. The master gives it the tokens that arrive.
func (m *Master) Nodes() *NodeManagers { return m.nodes }

// Request asks for one container. It comes as [Allocated] with the id, or not at all while the queue is full. What can
// never be served is an error at once, if it is known, and [Refused] otherwise.
func (m *Master) Request(ask Ask) (RequestID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ask.check(m.maximum); err != nil {
		return 0, err
	}
	id := m.table.request(ask)
	m.touch()
	return id, nil
}

// CancelRequest takes a request back. It returns false if there is no such open request: the container is allocated, and
// its event may be on the way. After true no container comes for it.
func (m *Master) CancelRequest(id RequestID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	open := m.table.cancel(id)
	if open {
		m.touch()
	}
	return open
}

// Release gives a container back through the ResourceManager, whether it runs or not. It ends as [Completed] with the
// code [ExitReleased]. [NodeManagers.Stop] is gentler and needs the node.
func (m *Master) Release(id ContainerID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.table.release(id)
	m.touch()
}

// touch lets the next heartbeat come at once.
func (m *Master) touch() {
	m.changed = time.Now()
	notify(m.wake)
}

// SetProgress sets what users see as the application's progress, from 0 to 1.
func (m *Master) SetProgress(progress float32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progress = progress
}

// Containers returns what is owned, in the order of the ids.
func (m *Master) Containers() []Container {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Values(m.table.owned), compareContainers)
}

// OpenRequests returns the requests that wait for a container, in their order.
func (m *Master) OpenRequests() []RequestID {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.table.wanted))
}

// MaxCapability returns the largest container the cluster gives, as told at the last registration.
func (m *Master) MaxCapability() Resource {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.maximum
}

// Headroom returns what the queue could still give and how many nodes the cluster has, as of the last heartbeat.
func (m *Master) Headroom() (room Resource, nodes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.headroom, m.cluster
}

// Finish ends [Master.Run] and the application, and returns when the ResourceManager has written it down. The process
// should end soon after; its containers are killed then.
func (m *Master) Finish(ctx context.Context, status FinalStatus, diagnostics, trackingURL string) error {
	m.mu.Lock()
	m.finished = true
	stop := m.stop
	m.mu.Unlock()
	if stop != nil {
		stop()
		<-m.stopped
	}
	m.nodes.Close()
	return m.rm.Finish(ctx, status, diagnostics, trackingURL)
}

// beat sends heartbeats until one cannot be sent.
func (m *Master) beat(ctx context.Context) error {
	refusals := 0
	for {
		err := m.heartbeat(ctx)
		switch {
		case err == nil:
			refusals = 0
		case ctx.Err() != nil || IsAttemptGone(err):
			return err
		default:
			if refusals++; refusals >= maxRefusals {
				return fmt.Errorf("%d heartbeats in a row failed: %w", refusals, err)
			}
			m.log.Warn("heartbeat failed", "error", err)
		}
		if err := m.rest(ctx, err != nil); err != nil {
			return err
		}
	}
}

// rest waits for the next heartbeat. Failed ones are not repeated in haste.
func (m *Master) rest(ctx context.Context, failed bool) error {
	timer := time.NewTimer(m.pace(failed))
	defer timer.Stop()
	wake := m.wake
	if failed {
		wake = nil
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	case <-wake:
		return sleep(ctx, wakeDelay)
	}
}

func (m *Master) pace(failed bool) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	waiting := len(m.table.wanted)+len(m.table.releases) > 0 || m.table.pending()
	if !failed && waiting && time.Since(m.changed) < pollWindow {
		return m.config.Poll
	}
	return m.config.Heartbeat
}

// heartbeat sends what is new and takes the answer in. An error is one that the table has no answer to.
func (m *Master) heartbeat(ctx context.Context) error {
	m.mu.Lock()
	request := m.table.take()
	request.Progress = m.progress
	m.mu.Unlock()
	response, err := m.rm.Allocate(ctx, request)

	m.mu.Lock()
	defer m.mu.Unlock()
	var again *ReregisteredError
	switch {
	case err == nil:
		m.headroom, m.cluster = response.Headroom, response.ClusterNodes
		m.nodes.AddTokens(response.NMTokens...) // before the event, so that its reader can start the container
		m.queue.put(m.table.apply(response)...)
		m.dropNodes(response.Nodes)
	case errors.As(err, &again):
		m.nodes.AddTokens(again.Registered.NMTokens...)
		if maximum := again.Registered.MaxCapability; maximum != (Resource{}) {
			m.maximum = maximum
		}
		m.queue.put(m.table.reregistered(again.Registered.Previous)...)
	case IsRefusedAsk(err):
		m.queue.put(m.table.refused(request, err)...)
	case isRemote(err, "InvalidContainerReleaseException"):
		m.log.Warn("containers are not this application's to release", "containers", request.Release)
		request.Release = nil
		m.table.putBack(request)
	default:
		m.table.putBack(request)
		return err
	}
	if m.table.pending() {
		m.touch()
	}
	return nil
}

// dropNodes ends connections that would only hang.
func (m *Master) dropNodes(nodes []NodeChanged) {
	for _, node := range nodes {
		if !node.State.Usable() {
			m.nodes.Disconnect(node.Node)
		}
	}
}
