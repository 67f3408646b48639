package yarnipc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

// NMConfig tunes [NodeManagers]. The zero value is good.
type NMConfig struct {
	CallTimeout time.Duration // bounds one call with its redials; 0 means 30 s
	RetryPause  time.Duration // between tries of a node that is not ready yet; 0 means 0.5 s
	Logger      *slog.Logger  // nil means slog.Default()
}

// NodeManagers is a client of ContainerManagementProtocol for all nodes that an application has containers on, with one
// connection for each. It may be used concurrently; calls to one node take turns.
//
// A node that cannot be reached is an error at once: only the caller knows how long waiting makes sense.
type NodeManagers struct {
	config NMConfig

	mu    sync.Mutex
	nodes map[NodeID]*node
}

// NewNodeManagers returns a client without tokens; see [NodeManagers.AddTokens].
func NewNodeManagers(config NMConfig) *NodeManagers {
	if config.CallTimeout == 0 {
		config.CallTimeout = defaultCallTimeout
	}
	if config.RetryPause == 0 {
		config.RetryPause = defaultRetryPause
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	return &NodeManagers{config: config, nodes: map[NodeID]*node{}}
}

// AddTokens keeps tokens that the ResourceManager sent. It sends one with an attempt's first container on a node, and
// another after its keys have rolled.
func (n *NodeManagers) AddTokens(tokens ...NMToken) {
	for _, t := range tokens {
		n.node(t.Node).addToken(t.Token)
	}
}

// Start runs a command in a container that was allocated. No error means that the NodeManager has taken the order; if
// it cannot fetch a file or start the command after that, the container completes with a code and diagnostics.
// An answer that was lost is no error: the container is not started twice.
func (n *NodeManagers) Start(ctx context.Context, container Container, launch LaunchContext) error {
	err := n.start(ctx, container, launch)
	if err != nil {
		return fmt.Errorf("start %v on %v: %w", container.ID, container.Node, err)
	}
	return nil
}

func (n *NodeManagers) start(ctx context.Context, container Container, launch LaunchContext) error {
	if container.token.isZero() {
		return errors.New("container came without a token, so it can only be stopped; it was started by an earlier attempt")
	}
	message, err := launch.toProto()
	if err != nil {
		return err
	}
	request := &pb.StartContainersRequest{Containers: []*pb.StartRequest{{
		LaunchContext:  message,
		ContainerToken: container.token.toProto(),
	}}}
	ctx, cancel := context.WithTimeout(ctx, n.config.CallTimeout)
	defer cancel()
	resent := false
	for {
		response := &pb.StartContainersResponse{}
		again, err := n.node(container.Node).call(ctx, "startContainers", request, response)
		resent = resent || again
		if err == nil {
			err = failure(response.GetFailed())
		}
		switch {
		case err == nil || resent && isRelaunch(err):
			return nil
		case !isRemote(err, "NMNotYetReadyException"):
			return err
		}
		if sleep(ctx, n.config.RetryPause) != nil {
			return err
		}
	}
}

// isRelaunch recognises a NodeManager's answer to a container that it has started before.
func isRelaunch(err error) bool {
	var remote *RemoteError
	return errors.As(err, &remote) && strings.Contains(remote.Message, "relaunch the same container")
}

// Stop ends a container: its processes get SIGTERM, and SIGKILL a little later. Its completion is told by the
// ResourceManager. To stop a container of a node that does not answer, release it.
func (n *NodeManagers) Stop(ctx context.Context, node NodeID, id ContainerID) error {
	ctx, cancel := context.WithTimeout(ctx, n.config.CallTimeout)
	defer cancel()
	response := &pb.StopContainersResponse{}
	request := &pb.StopContainersRequest{Containers: []*pb.ContainerId{id.toProto()}}
	_, err := n.node(node).call(ctx, "stopContainers", request, response)
	if err == nil {
		err = failure(response.GetFailed())
	}
	if err != nil {
		return fmt.Errorf("stop %v on %v: %w", id, node, err)
	}
	return nil
}

// Status asks a node about one container. A node forgets a container some time after it has ended, and answers with a
// [RemoteError] then.
func (n *NodeManagers) Status(ctx context.Context, node NodeID, id ContainerID) (ContainerStatus, error) {
	ctx, cancel := context.WithTimeout(ctx, n.config.CallTimeout)
	defer cancel()
	response := &pb.StatusesResponse{}
	request := &pb.StatusesRequest{Containers: []*pb.ContainerId{id.toProto()}}
	_, err := n.node(node).call(ctx, "getContainerStatuses", request, response)
	if err == nil {
		err = failure(response.GetFailed())
	}
	if err == nil && len(response.GetStatus()) != 1 {
		err = fmt.Errorf("node answered with %d statuses", len(response.GetStatus()))
	}
	if err != nil {
		return ContainerStatus{}, fmt.Errorf("status of %v on %v: %w", id, node, err)
	}
	return statusFrom(response.GetStatus()[0]), nil
}

// Disconnect ends the connection to a node, for example one that is lost. Its tokens are kept.
func (n *NodeManagers) Disconnect(id NodeID) {
	n.node(id).disconnect()
}

// Close ends all connections.
func (n *NodeManagers) Close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, node := range n.nodes {
		node.disconnect()
	}
}

func (n *NodeManagers) node(id NodeID) *node {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.nodes[id] == nil {
		n.nodes[id] = &node{id: id, log: n.config.Logger}
	}
	return n.nodes[id]
}

// failure turns the list of failed containers of an answer, of which there can be one, into an error.
func failure(failed []*pb.Failure) error {
	if len(failed) == 0 {
		return nil
	}
	exception := failed[0].GetException()
	return newRemoteError(exception.GetClassName(), exception.GetMessage())
}
