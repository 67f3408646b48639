package appmaster

import (
	"context"

	"github.com/weft-stream/weft/internal/storage"
)

// racing is real storage on which something happens just before the first
// rename.
type racing struct {
	storage.FS
	before func()
}

func (r *racing) Rename(ctx context.Context, from, to string) error {
	if r.before != nil {
		before := r.before
		r.before = nil
		before()
	}
	return r.FS.Rename(ctx, from, to)
}
