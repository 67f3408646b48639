package yarnipc

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

// Ask describes one wanted container.
type Ask struct {
	Resource  Resource
	Priority  int32  // lower is served first; 0 is fine
	NodeLabel string // a node label expression; empty means the queue's default
}

// check finds what the ResourceManager must never see. It accepts an ask without memory, or with a negative number, and
// is confused by it for good.
func (a Ask) check(maximum Resource) error {
	switch {
	case a.Resource.MemoryMB <= 0 || a.Resource.VCores <= 0:
		return fmt.Errorf("container of %v: memory and vcores must be above 0", a.Resource)
	case a.Priority < 0:
		return fmt.Errorf("container priority %d is below 0", a.Priority)
	case a.Resource.MemoryMB > maximum.MemoryMB || a.Resource.VCores > maximum.VCores:
		return fmt.Errorf("container of %v is larger than the cluster's largest, %v", a.Resource, maximum)
	}
	return nil
}

// Change opens or closes the request for one container. It is absolute, not an increment, so sending it twice is safe
// before the container is given.
type Change struct {
	ID     RequestID
	Ask    Ask
	Wanted bool // false takes the request back
}

// AllocateRequest is one heartbeat's news.
type AllocateRequest struct {
	Changes  []Change
	Release  []ContainerID
	Progress float32 // 0 to 1, shown to users
}

// AllocateResponse is what has happened since the last heartbeat.
type AllocateResponse struct {
	Allocated    []Container
	Completed    []ContainerStatus
	Previous     []Container // more running containers of earlier attempts, whose nodes reported late
	Nodes        []NodeChanged
	NMTokens     []NMToken
	Preempting   []ContainerID // will be taken back for another queue in some seconds, unless they end before
	Headroom     Resource      // what the queue could still give
	ClusterNodes int
}

// Allocate sends a heartbeat. It must be called at least every few minutes (yarn.am.liveness-monitor.expiry-interval-ms),
// or the ResourceManager starts another attempt. [ReregisteredError] asks for everything again; [IsRefusedAsk] tells
// that nothing of this request was taken because of one of its changes; after [IsAttemptGone] the process should end.
func (rm *ResourceManager) Allocate(ctx context.Context, request AllocateRequest) (AllocateResponse, error) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	message := request.toProto()
	message.ResponseId = proto.Int32(rm.responseID)
	response := &pb.AllocateResponse{}
	err := rm.call(ctx, "allocate", message, response)
	switch command := response.GetAmCommand(); {
	case IsNotRegistered(err) || err == nil && command == commandResync:
		registered, err := rm.reregister(ctx)
		if err != nil {
			return AllocateResponse{}, err
		}
		return AllocateResponse{}, &ReregisteredError{registered}
	case err != nil:
		return AllocateResponse{}, err
	case command == commandShutdown:
		return AllocateResponse{}, wrapRM(errShutdown)
	}
	rm.responseID = response.GetResponseId()
	if token := tokenFrom(response.GetAmRmToken()); !token.isZero() && !token.equal(rm.token) {
		// Keys roll: this one is for the next connection, the open one stays good.
		rm.token = token
		rm.log.Info("resource manager renewed the application master's token")
	}
	return allocateResponseFrom(response), nil
}

// Values of AllocateResponse.a_m_command, which old ResourceManagers send in place of exceptions.
const (
	commandResync   = 1
	commandShutdown = 2
)

func (r AllocateRequest) toProto() *pb.AllocateRequest {
	message := &pb.AllocateRequest{Progress: &r.Progress}
	for _, change := range r.Changes {
		message.Ask = append(message.Ask, change.toProto())
	}
	for _, id := range r.Release {
		message.Release = append(message.Release, id.toProto())
	}
	return message
}

// toProto fills every field that the ResourceManager reads without looking whether it is there.
func (c Change) toProto() *pb.ResourceRequest {
	request := &pb.ResourceRequest{
		Priority:            &pb.Priority{Priority: proto.Int32(c.Ask.Priority)},
		ResourceName:        proto.String("*"), // any node
		Capability:          c.Ask.Resource.toProto(),
		NumContainers:       proto.Int32(0),
		RelaxLocality:       proto.Bool(true),
		AllocationRequestId: proto.Int64(int64(c.ID)),
	}
	if c.Wanted {
		request.NumContainers = proto.Int32(1)
	}
	if c.Ask.NodeLabel != "" {
		request.NodeLabelExpression = proto.String(c.Ask.NodeLabel)
	}
	return request
}

func allocateResponseFrom(p *pb.AllocateResponse) AllocateResponse {
	response := AllocateResponse{
		Allocated:    containersFrom(p.GetAllocated()),
		Previous:     containersFrom(p.GetContainersFromPreviousAttempts()),
		NMTokens:     nmTokensFrom(p.GetNmTokens()),
		Headroom:     resourceFrom(p.GetLimit()),
		ClusterNodes: int(p.GetNumClusterNodes()),
	}
	for _, status := range p.GetCompleted() {
		response.Completed = append(response.Completed, statusFrom(status))
	}
	for _, node := range p.GetUpdatedNodes() {
		response.Nodes = append(response.Nodes, NodeChanged{Node: nodeIDFrom(node.GetNodeId()), State: NodeState(node.GetState())})
	}
	preempt := p.GetPreempt()
	for _, victim := range slices.Concat(preempt.GetStrict().GetContainer(), preempt.GetContract().GetContainer()) {
		response.Preempting = append(response.Preempting, containerIDFrom(victim.GetId()))
	}
	return response
}

func nmTokensFrom(list []*pb.NMToken) []NMToken {
	tokens := make([]NMToken, 0, len(list))
	for _, p := range list {
		tokens = append(tokens, NMToken{Node: nodeIDFrom(p.GetNodeId()), Token: tokenFrom(p.GetToken())})
	}
	return tokens
}
