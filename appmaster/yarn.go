package appmaster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/weft-stream/weft/appmaster/coordinator"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/yarnipc"
)

// stopTimeout bounds the stopping of a container that is left at the end.
const stopTimeout = 2 * time.Second

// yarnProvider gets containers from a YARN cluster.
//
// One goroutine (loop) owns all the fields below do.
type yarnProvider struct {
	master       *yarnipc.Master
	registration yarnipc.Registration
	ask          yarnipc.Ask
	launch       func() (yarnipc.LaunchContext, error) // may have to look at storage the first time
	scheme       string                                // of NodeManagers' pages
	user         string
	log          *slog.Logger
	attempt      yarnipc.AttemptID

	do chan func()

	post     func(containerEvent)
	pool     *pool
	open     []yarnipc.RequestID
	released map[yarnipc.ContainerID]string // why
}

// newYARNProvider connects to nothing yet. container is the master's own.
func newYARNProvider(spec *jobspec.Spec, launch func() (yarnipc.LaunchContext, error), credentials *yarnipc.Credentials,
	container yarnipc.ContainerID, registration yarnipc.Registration, log *slog.Logger,
) (*yarnProvider, error) {
	hadoop := conf.HadoopFromProperties(spec.Hadoop)
	schedulers, err := hadoop.RMSchedulerAddresses()
	if err != nil {
		return nil, err
	}
	var addresses []string
	for _, address := range schedulers {
		addresses = append(addresses, address.HostPort)
	}
	rm, err := yarnipc.NewResourceManager(yarnipc.RMConfig{Addresses: addresses, Credentials: credentials, Logger: log})
	if err != nil {
		return nil, err
	}
	return &yarnProvider{
		master:       yarnipc.NewMaster(rm, yarnipc.MasterConfig{Logger: log}),
		registration: registration,
		ask: yarnipc.Ask{
			Resource:  yarnipc.Resource{MemoryMB: (spec.WorkerMemory + 1<<20 - 1) >> 20, VCores: int32(spec.WorkerVCores)},
			NodeLabel: spec.NodeLabel,
		},
		launch:   sync.OnceValues(launch),
		scheme:   nodeScheme(hadoop),
		user:     spec.User,
		log:      log,
		attempt:  container.Attempt,
		do:       make(chan func()),
		pool:     newPool(),
		released: map[yarnipc.ContainerID]string{},
	}, nil
}

func (y *yarnProvider) start(ctx context.Context, post func(containerEvent)) error {
	y.post = post
	registered, err := y.master.Register(ctx, y.registration)
	if err != nil {
		return err
	}
	y.log.Info("registered with the resource manager", "attempt", y.attempt, "queue", registered.Queue,
		"kept containers", len(registered.Previous))
	for _, container := range registered.Previous {
		y.keep(container)
	}
	go y.master.Run(context.WithoutCancel(ctx)) // its error is the Ended event
	go y.loop()
	go y.launch() // so that the first container need not wait for it
	return nil
}

func (y *yarnProvider) ensure(n int) {
	y.do <- func() {
		y.pool.want = n
		y.master.SetProgress(progress)
	}
}

// progress is what a job without an end shows in YARN: half of an unknown way,
// as Flink does not do better either.
const progress = 0.5

func (y *yarnProvider) release(id, reason string) {
	y.do <- func() {
		container, err := yarnipc.ParseContainerID(id)
		if err != nil {
			y.log.Error("release", "error", err)
			return
		}
		y.giveBack(container, reason, true)
	}
}

// giveBack ends a container. It counts as gone at once.
func (y *yarnProvider) giveBack(id yarnipc.ContainerID, reason string, blame bool) {
	y.released[id] = reason
	y.pool.ended(id.String(), blame, time.Now())
	y.master.Release(id)
}

// finish stops what is left and unregisters. Workers that were told to end
// have mostly done so, but YARN may not have told yet.
func (y *yarnProvider) finish(ctx context.Context, end ending) error {
	y.do <- func() { y.pool.want = 0 }
	y.stopAll(ctx)
	status := map[coordinator.JobState]yarnipc.FinalStatus{
		coordinator.Finished: yarnipc.Succeeded,
		coordinator.Canceled: yarnipc.Killed,
	}[end.State]
	if status == 0 {
		status = yarnipc.Failed
	}
	return y.master.Finish(ctx, status, end.Diagnostics, "")
}

func (y *yarnProvider) stopAll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	var all sync.WaitGroup
	for _, container := range y.master.Containers() {
		all.Go(func() {
			if err := y.master.Nodes().Stop(ctx, container.Node, container.ID); err != nil {
				y.log.Debug("container not stopped by its node", "error", err)
				y.master.Release(container.ID)
			}
		})
	}
	all.Wait()
}

// loop owns the provider's state until the process ends.
func (y *yarnProvider) loop() {
	timer := time.NewTimer(0)
	events := y.master.Events()
	for {
		select {
		case f := <-y.do:
			f()
		case event, open := <-events:
			if !open {
				events = nil // only do is left: finish may still be waiting
				continue
			}
			y.handle(event)
		case <-timer.C:
		}
		if wait := y.fill(); wait > 0 {
			timer.Reset(wait)
		}
	}
}

// fill asks for what is missing, or takes requests back, and returns how long
// to wait before the next look.
func (y *yarnProvider) fill() time.Duration {
	n, wait := y.pool.missing(time.Now())
	for ; n < 0 && len(y.open) > 0; n++ {
		last := y.open[len(y.open)-1]
		y.open = y.open[:len(y.open)-1]
		y.pool.asked--
		y.master.CancelRequest(last) // a container that still comes is not wanted, and given back
	}
	for ; n > 0; n-- {
		id, err := y.master.Request(y.ask)
		if err != nil {
			y.post(containerEvent{State: providerFailed, Err: fmt.Errorf("ask for a worker of %v: %w", y.ask.Resource, err)})
			return 0
		}
		y.open = append(y.open, id)
		y.pool.asked++
	}
	return wait
}

func (y *yarnProvider) handle(event yarnipc.Event) {
	switch e := event.(type) {
	case yarnipc.Allocated:
		y.allocated(e.Container)
	case yarnipc.Completed:
		y.completed(e)
	case yarnipc.Found:
		y.found(e)
	case yarnipc.Refused:
		y.post(containerEvent{State: providerFailed, Err: fmt.Errorf("the cluster refuses a worker of %v: %w", y.ask.Resource, e.Err)})
	case yarnipc.NodeChanged:
		y.log.Info("node changed", "node", e.Node, "state", e.State)
	case yarnipc.Preempting:
		y.log.Warn("containers are about to be preempted", "containers", e.Containers)
	case yarnipc.Reregistered:
		y.log.Info("resource manager was restarted; containers are kept")
	case yarnipc.Ended:
		err := e.Err
		if err == nil {
			err = errors.New("the resource manager ended this attempt")
		}
		y.post(containerEvent{State: providerFailed, Err: err})
	}
}

// allocated starts a worker in a container that was asked for.
func (y *yarnProvider) allocated(container yarnipc.Container) {
	if !y.take(container.RequestID) {
		y.giveBack(container.ID, "not wanted any more", false)
		return
	}
	id := container.ID.String()
	y.pool.given(id, time.Now())
	y.tell(container, false)
	y.log.Info("container given", "container", id, "node", container.Node, "resource", container.Resource)
	go func() {
		launch, err := y.launch()
		if err == nil {
			err = y.master.Nodes().Start(context.Background(), container, launch)
		}
		if err == nil {
			return
		}
		y.log.Error("container did not start", "container", id, "error", err)
		y.do <- func() { y.giveBack(container.ID, "did not start: "+err.Error(), true) }
	}()
}

// take notes that a request was served and tells whether it was open.
func (y *yarnProvider) take(id yarnipc.RequestID) bool {
	for i, open := range y.open {
		if open == id {
			y.open = append(y.open[:i], y.open[i+1:]...)
			return true
		}
	}
	return false
}

// found decides about a container that YARN lists and the attempt did not know.
func (y *yarnProvider) found(e yarnipc.Found) {
	if e.Again || len(y.pool.live) >= y.pool.want {
		y.giveBack(e.Container.ID, "left over from before", false)
		return
	}
	y.keep(e.Container)
}

// keep takes over a container of an earlier attempt.
func (y *yarnProvider) keep(container yarnipc.Container) {
	y.pool.kept(container.ID.String(), time.Now())
	y.tell(container, true)
}

func (y *yarnProvider) tell(container yarnipc.Container, kept bool) {
	id := container.ID.String()
	url := ""
	if container.HTTPAddress != "" {
		url = logPage(y.scheme, container.HTTPAddress, id, y.user)
	}
	y.post(containerEvent{State: containerGiven, ID: id, Host: container.Node.Host, LogURL: url, Kept: kept})
}

func (y *yarnProvider) completed(e yarnipc.Completed) {
	id, exit := e.Status.ID.String(), e.Status.ExitCode
	own := !e.Released && exit != yarnipc.ExitReleased && exit != yarnipc.ExitPreempted
	y.pool.ended(id, own, time.Now())
	reason, _, _ := strings.Cut(strings.TrimSpace(e.Status.Diagnostics), "\n")
	if why := y.released[e.Status.ID]; why != "" {
		delete(y.released, e.Status.ID)
		reason = why
	}
	y.log.Info("container ended", "container", id, "exit", exit, "reason", reason)
	y.post(containerEvent{
		State: containerEnded, ID: id, Host: e.Container.Node.Host,
		Exit: int(exit), Preempted: exit == yarnipc.ExitPreempted, Reason: reason,
	})
}
