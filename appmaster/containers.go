package appmaster

import (
	"sync"

	"github.com/weft-stream/weft/appmaster/coordinator"
)

// containers remembers where the logs of each container are, and passes its
// fate on to the state machine.
type containers struct {
	post func(coordinator.Event)

	mu   sync.Mutex
	list map[string]containerEvent
}

func newContainers(post func(coordinator.Event)) *containers {
	return &containers{post: post, list: map[string]containerEvent{}}
}

// note takes what the provider tells. The logs of an ended container stay
// known for as long as the attempt lives.
func (c *containers) note(e containerEvent) {
	switch e.State {
	case containerGiven:
		c.mu.Lock()
		c.list[e.ID] = e
		c.mu.Unlock()
		c.post(coordinator.ContainerAllocated{Worker: e.ID, Host: e.Host, LogURL: e.LogURL})
	case containerEnded:
		c.post(coordinator.ContainerLost{Worker: e.ID, Exit: e.Exit, Diagnostics: e.Reason, Preempted: e.Preempted})
	}
}

// find returns what is known about a container.
func (c *containers) find(id string) (containerEvent, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, found := c.list[id]
	return e, found
}
