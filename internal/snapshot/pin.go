package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/weft-stream/weft/internal/storage"
)

// Marks are small files beside _metadata that say something about a snapshot's
// life; its content does not depend on them.
const (
	pinName     = "_pinned"   // empty
	claimPrefix = "_claimed-" // the id of the job that has claimed it follows; an Owner
)

// marks are the marks in a snapshot's folder.
type marks struct {
	complete bool
	pinned   bool
	claims   []string // ids of jobs
}

func marksOf(list []storage.Info) marks {
	var m marks
	for _, info := range list {
		switch job, claim := strings.CutPrefix(info.Name, claimPrefix); {
		case info.Name == MetadataName:
			m.complete = true
		case info.Name == pinName:
			m.pinned = true
		case claim:
			m.claims = append(m.claims, job)
		}
	}
	return m
}

// keptFrom tells whether the snapshot must not be deleted by a job. A mark in a
// folder without _metadata keeps nothing.
func (m marks) keptFrom(job string) bool {
	foreign := slices.ContainsFunc(m.claims, func(claim string) bool { return claim != job })
	return m.complete && (m.pinned || foreign)
}

// IsMark tells of a file's name in a snapshot's folder whether it is a pin or a
// claim: no part of the snapshot itself.
func IsMark(name string) bool {
	return name == pinName || strings.HasPrefix(name, claimPrefix)
}

// pinPatience bounds the wait for a checkpoint whose folder has another name
// for a moment, because the job is about to delete it.
const (
	pinPatience = 3 * time.Second
	pinPause    = 20 * time.Millisecond
)

// Pin keeps a complete checkpoint from being deleted by its job. When it
// returns nil, the checkpoint is there and stays; pinning twice is pinning
// once. The error wraps fs.ErrNotExist if there is no such checkpoint any more,
// and ErrUnfinished if it is not complete.
func Pin(ctx context.Context, fsys storage.FS, dir string) error {
	deadline := time.Now().Add(pinPatience)
	for {
		err := pin(ctx, fsys, dir)
		if err == nil || storage.ReasonOf(err) != storage.NotFound || ctx.Err() != nil {
			return err
		}
		aside, failed := fsys.Stat(ctx, dir+deletedSuffix)
		if failed != nil || !aside.IsDir || time.Now().After(deadline) {
			// Once more: it may have got its name back between the two looks.
			return pin(ctx, fsys, dir)
		}
		time.Sleep(pinPause)
	}
}

func pin(ctx context.Context, fsys storage.FS, dir string) error {
	list, err := fsys.List(ctx, dir)
	if err != nil {
		return err
	}
	if !marksOf(list).complete {
		return fmt.Errorf("%s %w", fsys.URI(dir), ErrUnfinished)
	}
	err = fsys.WriteFile(ctx, path.Join(dir, pinName), storage.CreateOptions{Overwrite: true}, func(io.Writer) error { return nil })
	if err != nil {
		return err
	}
	// From here on the pin is where a deletion looks, under whatever name. The
	// checkpoint itself can be gone only if a deletion without that look, by hand,
	// was at work.
	_, err = fsys.Stat(ctx, path.Join(dir, MetadataName))
	return err
}

// Unpin lets the job delete a checkpoint again. That it is not pinned is no
// error; that it is not there is, and wraps fs.ErrNotExist.
func Unpin(ctx context.Context, fsys storage.FS, dir string) error {
	err := fsys.Remove(ctx, path.Join(dir, pinName))
	if errors.Is(err, fs.ErrNotExist) {
		_, err = fsys.Stat(ctx, dir)
	}
	return err
}
