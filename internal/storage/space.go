package storage

import (
	"context"

	"github.com/colinmarc/hdfs/v2"
)

// Space is how much room there is for files.
type Space struct {
	Free  int64 // bytes that can still be written, each counted once however many replicas it has
	Total int64 // bytes that there is room for in all
	Names int64 // files and folders that may still be made, -1 for any number
}

// Space asks the NameNode, and the folder's own quotas. Those of folders above it
// would take a look at all that is in them.
func (h *hdfsFS) Space(ctx context.Context, dir string) (Space, error) {
	space := Space{Names: -1}
	err := h.do(ctx, "space", dir, func(c *hdfs.Client) error {
		defaults, err := h.serverDefaults(c)
		if err != nil {
			return err
		}
		all, err := c.StatFs()
		if err != nil {
			return err
		}
		summary, err := c.GetContentSummary(dir)
		if err != nil {
			return err
		}
		replicas := int64(max(h.replicas(CreateOptions{}, defaults), 1))
		space.Free, space.Total = int64(all.Remaining)/replicas, int64(all.Capacity)/replicas
		if quota := summary.SpaceQuota(); quota >= 0 {
			space.Free = min(space.Free, max(quota-summary.SizeAfterReplication(), 0)/replicas)
			space.Total = min(space.Total, quota/replicas)
		}
		if quota := summary.NameQuota(); quota >= 0 {
			space.Names = max(int64(quota-summary.FileCount()-summary.DirectoryCount()), 0)
		}
		return nil
	})
	return space, err
}

// Space asks the operating system.
func (l *localFS) Space(ctx context.Context, dir string) (Space, error) {
	space := Space{Names: -1}
	err := l.do(ctx, "space", dir, func() (err error) {
		space.Free, space.Total, err = localSpace(dir)
		return err
	})
	return space, err
}
