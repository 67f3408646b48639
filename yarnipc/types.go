package yarnipc

import (
	"fmt"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

// Resource is what a container may use.
type Resource struct {
	MemoryMB int64 // mebibytes; YARN rounds a request up to yarn.scheduler.minimum-allocation-mb
	VCores   int32
}

// String returns for example "1024 MB, 2 vcores".
func (r Resource) String() string { return fmt.Sprintf("%d MB, %d vcores", r.MemoryMB, r.VCores) }

func resourceFrom(p *pb.Resource) Resource {
	return Resource{MemoryMB: p.GetMemory(), VCores: p.GetVirtualCores()}
}

func (r Resource) toProto() *pb.Resource {
	return &pb.Resource{Memory: &r.MemoryMB, VirtualCores: &r.VCores}
}

// RequestID names one wanted container within one run of a [Master]: YARN's allocationRequestId. 0 names none.
type RequestID int64

// Container is one container as the ResourceManager gave it.
type Container struct {
	ID          ContainerID
	Node        NodeID
	HTTPAddress string    // the NodeManager's web server, host:port
	Resource    Resource  // what was granted; at least what was asked for
	Priority    int32     // as in the [Ask]
	RequestID   RequestID // the request it answers; of a container of an earlier attempt, that attempt's request
	token       Token     // lets its holder start the container; absent when it was only reported as running
}

// String names the container and its node. The token stays hidden.
func (c Container) String() string { return fmt.Sprintf("%v on %v (%v)", c.ID, c.Node, c.Resource) }

// GoString is String: %#v must not show the token either.
func (c Container) GoString() string { return c.String() }

func containerFrom(p *pb.Container) Container {
	return Container{
		ID:          containerIDFrom(p.GetId()),
		Node:        nodeIDFrom(p.GetNodeId()),
		HTTPAddress: p.GetNodeHttpAddress(),
		Resource:    resourceFrom(p.GetResource()),
		Priority:    p.GetPriority().GetPriority(),
		RequestID:   RequestID(p.GetAllocationRequestId()),
		token:       tokenFrom(p.GetContainerToken()),
	}
}

func containersFrom(list []*pb.Container) []Container {
	containers := make([]Container, 0, len(list))
	for _, p := range list {
		containers = append(containers, containerFrom(p))
	}
	return containers
}

// ContainerState is how far a container has come, with YARN's numbers.
type ContainerState int32

// The states of a container.
const (
	ContainerNew      ContainerState = 1
	ContainerRunning  ContainerState = 2
	ContainerComplete ContainerState = 3
)

// String returns the state's name.
func (s ContainerState) String() string {
	switch s {
	case ContainerNew:
		return "new"
	case ContainerRunning:
		return "running"
	case ContainerComplete:
		return "complete"
	}
	return fmt.Sprintf("state %d", int32(s))
}

// Exit codes that YARN gives itself; any other is the process's own (128 + n after signal n).
const (
	ExitUnknown   int32 = -1000 // not complete yet, or its files could not be localised: see the diagnostics
	ExitReleased  int32 = -100  // released by the master, or its node was lost
	ExitPreempted int32 = -102  // taken back for another queue: no failure of the container's
)

// ContainerStatus is what a NodeManager or the ResourceManager says about a container.
type ContainerStatus struct {
	ID          ContainerID
	State       ContainerState
	ExitCode    int32  // of a complete container
	Diagnostics string // for people; may be empty
}

func statusFrom(p *pb.ContainerStatus) ContainerStatus {
	return ContainerStatus{
		ID:          containerIDFrom(p.GetContainerId()),
		State:       ContainerState(p.GetState()),
		ExitCode:    p.GetExitStatus(),
		Diagnostics: p.GetDiagnostics(),
	}
}

// NodeState is the state of a NodeManager, with YARN's numbers.
type NodeState int32

// The states of a node.
const (
	NodeNew             NodeState = 1
	NodeRunning         NodeState = 2
	NodeUnhealthy       NodeState = 3
	NodeDecommissioned  NodeState = 4
	NodeLost            NodeState = 5
	NodeRebooted        NodeState = 6
	NodeDecommissioning NodeState = 7
	NodeShutdown        NodeState = 8
)

// Usable says whether containers go on running on a node of this state.
func (s NodeState) Usable() bool {
	return s == NodeNew || s == NodeRunning || s == NodeDecommissioning
}

// String returns the state's name.
func (s NodeState) String() string {
	names := [...]string{
		NodeNew: "new", NodeRunning: "running", NodeUnhealthy: "unhealthy", NodeDecommissioned: "decommissioned",
		NodeLost: "lost", NodeRebooted: "rebooted", NodeDecommissioning: "decommissioning", NodeShutdown: "shutdown",
	}
	if s > 0 && int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("state %d", int32(s))
}

// FinalStatus is how an application ended, as users see it in YARN.
type FinalStatus int32

// The final states of an application, with YARN's numbers.
const (
	Succeeded FinalStatus = 1
	Failed    FinalStatus = 2
	Killed    FinalStatus = 3
)
