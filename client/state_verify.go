package client

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/internal/snapshot"
)

// verifiedSnapshot is the JSON result of state verify.
type verifiedSnapshot struct {
	Path  string         `json:"path"`
	Whole bool           `json:"whole"`
	Size  int64          `json:"size"` // bytes of all files
	Files []verifiedFile `json:"files"`
}

type verifiedFile struct {
	Name   string   `json:"name"`
	Size   int64    `json:"size"`   // -1 if it is missing
	States int      `json:"states"` // runs of state in it
	Unused bool     `json:"unused,omitempty"`
	Faults []string `json:"faults,omitempty"`
}

// stateVerify does the action of that name.
func (a *app) stateVerify(ctx context.Context, o *stateOptions) error {
	t, err := openTree(o.conf)
	if err != nil {
		return err
	}
	defer t.files.Close()
	location, err := a.locate(ctx, t, o.paths[0])
	if err != nil {
		if snapshot.Lost(err) {
			return &exitError{1, err}
		}
		return err
	}
	var done atomic.Int64
	reports, err := snapshot.VerifyFiles(ctx, location.FS, location.Dir, func(n int64) {
		a.ui.Progress("verifying %s: %s", location.URI(), voice.Bytes(done.Add(n)))
	})
	if err != nil {
		return t.cluster.fileError(err)
	}
	a.ui.EndStatus()
	return a.tellVerified(location.URI(), reports)
}

func (a *app) tellVerified(uri string, reports []snapshot.FileReport) error {
	result := verifiedSnapshot{Path: uri, Whole: true}
	states, unused := 0, 0
	var faults []error
	for _, r := range reports {
		file := verifiedFile{Name: r.Name, Size: r.Size, States: r.States, Unused: r.Unused}
		for _, fault := range r.Faults {
			file.Faults = append(file.Faults, fault.Error())
			faults = append(faults, fault)
		}
		result.Whole = result.Whole && len(r.Faults) == 0
		result.Size += max(r.Size, 0)
		result.Files = append(result.Files, file)
		states += r.States
		if r.Unused {
			unused++
			a.ui.Note("%s is no part of the snapshot", r.Name)
		}
	}
	if err := a.ui.Result(result); err != nil {
		return err
	}
	if !result.Whole {
		return &exitError{1, errors.Join(faults...)}
	}
	a.ui.Line("%s is whole: %s, %s, %s; every checksum matches", uri, voice.Plural(len(reports)-unused, "file"), voice.Bytes(result.Size), voice.Plural(states, "part")+" of state")
	return nil
}
