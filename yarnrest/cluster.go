package yarnrest

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
)

// ClusterInfo tells about the ResourceManager that answered.
type ClusterInfo struct {
	ID      int64  // start of the cluster in milliseconds since 1970: the timestamp of its application ids
	State   string // STARTED
	HAState string // ACTIVE or STANDBY: this call alone is answered by a standby as well
	Version string // Hadoop's, such as 3.4.1
	Started time.Time
}

// ClusterInfo asks the ResourceManager about itself.
func (c *Client) ClusterInfo(ctx context.Context) (ClusterInfo, error) {
	var answer struct {
		ClusterInfo struct {
			ID            int64
			State         string
			HAState       string
			HadoopVersion string
			StartedOn     int64
		}
	}
	err := c.get(ctx, "cluster information", "info", nil, &answer)
	i := answer.ClusterInfo
	return ClusterInfo{i.ID, i.State, i.HAState, i.HadoopVersion, timeOf(i.StartedOn)}, err
}

// ClusterMetrics counts a cluster's applications, nodes and resources.
type ClusterMetrics struct {
	AppsSubmitted, AppsPending, AppsRunning, AppsCompleted, AppsFailed, AppsKilled int

	ActiveNodes, LostNodes, UnhealthyNodes, TotalNodes int

	TotalMB, AvailableMB, AllocatedMB, PendingMB                                         int // MiB
	TotalVirtualCores, AvailableVirtualCores, AllocatedVirtualCores, PendingVirtualCores int
	ContainersAllocated, ContainersPending, ContainersReserved                           int
}

// ClusterMetrics reads the cluster's counters.
func (c *Client) ClusterMetrics(ctx context.Context) (ClusterMetrics, error) {
	var answer struct{ ClusterMetrics ClusterMetrics }
	err := c.get(ctx, "cluster metrics", "metrics", nil, &answer)
	return answer.ClusterMetrics, err
}

// Queue is a queue that takes applications: a leaf.
type Queue struct {
	Name         string  // as given to Submission.Queue
	Path         string  // such as root.default
	State        string  // RUNNING or STOPPED
	Capacity     float64 // percent of the cluster that the queue is sure of
	MaxCapacity  float64 // percent of the cluster that it may grow to
	UsedCapacity float64 // percent of the cluster in use
	Applications int     // waiting and running
}

// queueJSON is a queue of the CapacityScheduler, leaf or not, or the whole FifoScheduler.
type queueJSON struct {
	Type                 string
	QueueName            string
	QueuePath            string
	State                string
	QState               string
	Capacity             float64
	UsedCapacity         float64
	AbsoluteCapacity     float64
	AbsoluteMaxCapacity  float64
	AbsoluteUsedCapacity float64
	NumApplications      int
	Queues               *struct{ Queue []queueJSON }
}

// Queues lists the queues that take applications, sorted by path, of a CapacityScheduler or a FifoScheduler. The FairScheduler's
// queues, which it may create as they are named, are not listed.
func (c *Client) Queues(ctx context.Context) ([]Queue, error) {
	var answer struct {
		Scheduler struct{ SchedulerInfo queueJSON }
	}
	if err := c.get(ctx, "list queues", "scheduler", nil, &answer); err != nil {
		return nil, err
	}
	info := answer.Scheduler.SchedulerInfo
	if info.Type == "fifoScheduler" {
		return []Queue{{
			Name: "default", Path: "root.default", State: info.QState,
			Capacity: info.Capacity * 100, MaxCapacity: 100, UsedCapacity: info.UsedCapacity * 100,
		}}, nil
	}
	queues := leaves(nil, info)
	// A ResourceManager lists them in a new order after each start.
	slices.SortFunc(queues, func(a, b Queue) int { return strings.Compare(a.Path, b.Path) })
	return queues, nil
}

// leaves appends the leaf queues of q to list.
func leaves(list []Queue, q queueJSON) []Queue {
	if q.Queues == nil {
		if q.QueueName == "" {
			return list
		}
		return append(list, Queue{
			q.QueueName, q.QueuePath, q.State,
			q.AbsoluteCapacity, q.AbsoluteMaxCapacity, q.AbsoluteUsedCapacity, q.NumApplications,
		})
	}
	for _, child := range q.Queues.Queue {
		list = leaves(list, child)
	}
	return list
}

// Node is a NodeManager.
type Node struct {
	ID          string // host:port
	Host        string
	HTTPAddress string // host:port of its web page
	State       string // RUNNING, UNHEALTHY, LOST, ...
	Rack        string
	Labels      []string
	Health      string    // the reason when it is UNHEALTHY
	LastSeen    time.Time // of its health report
	Containers  int
	Used, Free  Resource
}

// nodeJSON is the part of the API's "node" object that Node shows.
type nodeJSON struct {
	ID                    string
	NodeHostName          string
	NodeHTTPAddress       string
	State                 string
	Rack                  string
	NodeLabels            []string
	HealthReport          string
	LastHealthUpdate      int64
	NumContainers         int
	UsedMemoryMB          int
	AvailMemoryMB         int
	UsedVirtualCores      int
	AvailableVirtualCores int
}

// Nodes lists the cluster's nodes; with states, only those in one of them. Without, it lists those that are neither lost,
// decommissioned nor shut down.
func (c *Client) Nodes(ctx context.Context, states ...string) ([]Node, error) {
	var answer struct{ Nodes struct{ Node []nodeJSON } }
	query := url.Values{}
	setList(query, "states", states)
	if err := c.get(ctx, "list nodes", "nodes", query, &answer); err != nil {
		return nil, err
	}
	nodes := make([]Node, 0, len(answer.Nodes.Node))
	for _, n := range answer.Nodes.Node {
		nodes = append(nodes, Node{
			ID: n.ID, Host: n.NodeHostName, HTTPAddress: n.NodeHTTPAddress, State: n.State, Rack: n.Rack,
			Labels: n.NodeLabels, Health: n.HealthReport, LastSeen: timeOf(n.LastHealthUpdate), Containers: n.NumContainers,
			Used: Resource{n.UsedMemoryMB, n.UsedVirtualCores}, Free: Resource{n.AvailMemoryMB, n.AvailableVirtualCores},
		})
	}
	return nodes, nil
}
