package client

import (
	"context"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/yarnrest"
)

// clusterResult is the JSON result of run -yq.
type clusterResult struct {
	Nodes   []nodeResult  `json:"nodes"`
	Queues  []queueResult `json:"queues"`
	Total   sizeResult    `json:"total"`
	Free    sizeResult    `json:"free"`
	Largest sizeResult    `json:"largest-container"`
}

type sizeResult struct {
	MemoryMB int `json:"memory-mb"`
	VCores   int `json:"vcores"`
}

type nodeResult struct {
	ID    string     `json:"id"`
	State string     `json:"state"`
	Free  sizeResult `json:"free"`
	Used  sizeResult `json:"used"`
}

type queueResult struct {
	Name         string  `json:"name"`
	State        string  `json:"state"`
	Capacity     float64 `json:"capacity"` // percent of the cluster
	MaxCapacity  float64 `json:"maximum-capacity"`
	UsedCapacity float64 `json:"used-capacity"`
	Applications int     `json:"applications"`
}

// query shows what the cluster has to give (run -yq).
func (a *app) query(ctx context.Context, c *conf.Conf) error {
	k, err := openCluster(c)
	if err != nil {
		return err
	}
	result, err := k.describe(ctx)
	if err != nil {
		return k.rmError(err)
	}
	a.ui.Line("%s, %d MB and %d vcores in all, %d MB and %d vcores free; largest container %d MB, %d vcores",
		voice.Plural(len(result.Nodes), "node"), result.Total.MemoryMB, result.Total.VCores,
		result.Free.MemoryMB, result.Free.VCores, result.Largest.MemoryMB, result.Largest.VCores)
	for _, n := range result.Nodes {
		a.ui.Line("  node %-24s %-9s %6d MB, %3d vcores free", n.ID, n.State, n.Free.MemoryMB, n.Free.VCores)
	}
	for _, q := range result.Queues {
		a.ui.Line("  queue %-23s %-9s capacity %.0f %% (at most %.0f %%), used %.0f %%, %s",
			q.Name, q.State, q.Capacity, q.MaxCapacity, q.UsedCapacity, voice.Plural(q.Applications, "application"))
	}
	return a.ui.Result(result)
}

func (k *cluster) describe(ctx context.Context) (*clusterResult, error) {
	metrics, err := k.rm.ClusterMetrics(ctx)
	if err != nil {
		return nil, err
	}
	nodes, err := k.rm.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	queues, err := k.rm.Queues(ctx)
	if err != nil {
		return nil, err
	}
	application, err := k.rm.NewApplication(ctx) // it alone tells the largest container
	if err != nil {
		return nil, err
	}
	result := &clusterResult{
		Total:   sizeResult{metrics.TotalMB, metrics.TotalVirtualCores},
		Free:    sizeResult{metrics.AvailableMB, metrics.AvailableVirtualCores},
		Largest: size(application.Maximum),
	}
	for _, n := range nodes {
		result.Nodes = append(result.Nodes, nodeResult{n.ID, n.State, size(n.Free), size(n.Used)})
	}
	for _, q := range queues {
		result.Queues = append(result.Queues, queueResult{q.Name, q.State, q.Capacity, q.MaxCapacity, q.UsedCapacity, q.Applications})
	}
	return result, nil
}

func size(r yarnrest.Resource) sizeResult { return sizeResult{r.MemoryMB, r.VCores} }
