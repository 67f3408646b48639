package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/internal/snapshot"
)

// pin pins checkpoints, or unpins them. All of them are looked for first.
func (a *app) pin(ctx context.Context, t *tree, o *catalogueOptions, entries []snapshot.Entry) error {
	entries, err := jobEntries(entries, o.job, "checkpoint")
	if err != nil {
		return err
	}
	var chosen []*snapshot.Entry
	for _, n := range o.numbers {
		e, err := checkpointNumber(entries, o.job, n)
		if err != nil {
			return err
		}
		chosen = append(chosen, e)
	}
	results := []snapshotResult{}
	for _, e := range chosen {
		if err := a.pinOne(ctx, t, o.verb, e); err != nil {
			return err
		}
		results = append(results, resultOf(e, e.Completed))
	}
	return a.ui.Result(map[string][]snapshotResult{"checkpoints": results})
}

func (a *app) pinOne(ctx context.Context, t *tree, verb string, e *snapshot.Entry) error {
	root, dir, err := t.files.Resolve(e.URI)
	if err != nil {
		return err
	}
	change, said := snapshot.Pin, "is pinned"
	if verb == verbUnpin {
		change, said = snapshot.Unpin, "is not pinned any more"
	}
	err = change(ctx, root, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("checkpoint %d of job %s has just been deleted by its job", e.ID, e.Owner.JobID)
	}
	if err != nil {
		return t.cluster.fileError(err)
	}
	e.Pinned = verb == verbPin
	a.ui.Line("Checkpoint %d of job %s (%s) %s: %s", e.ID, e.Owner.JobID, orUnknown(e.Owner.JobName), said, e.URI)
	return nil
}

// checkpointNumber finds a checkpoint by its number. Jobs of one name may have
// it twice: then the user must say of which job.
func checkpointNumber(entries []snapshot.Entry, job string, n int64) (*snapshot.Entry, error) {
	var found []*snapshot.Entry
	for i := range entries {
		if e := &entries[i]; e.ID == n && e.Kind == snapshot.Checkpoint {
			found = append(found, e)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) > 1 {
		var jobs []string
		for _, e := range found {
			jobs = append(jobs, e.Owner.JobID)
		}
		return nil, voice.Hint(fmt.Errorf("%s of the name %s have a checkpoint %d", voice.Plural(len(found), "job"), shorten(job), n),
			"name one by its id: %s", strings.Join(jobs, ", "))
	}
	return nil, voice.Hint(fmt.Errorf("job %s has no checkpoint %d", shorten(job), n), "it has %s", nearestNumbers(entries, n))
}

// nearestNumbers names the checkpoints around a number that is missing.
func nearestNumbers(entries []snapshot.Entry, n int64) string {
	const most = 5
	var numbers []int64
	for _, e := range entries {
		if e.Kind == snapshot.Checkpoint && e.ID > 0 && !slices.Contains(numbers, e.ID) {
			numbers = append(numbers, e.ID)
		}
	}
	all := len(numbers)
	if all == 0 {
		return "none"
	}
	slices.SortFunc(numbers, func(x, y int64) int { return cmp.Compare(max(x-n, n-x), max(y-n, n-y)) })
	numbers = numbers[:min(all, most)]
	slices.Sort(numbers)
	text := strings.Trim(fmt.Sprint(numbers), "[]")
	if all > most {
		return fmt.Sprintf("%s, the nearest being %s", voice.Plural(all, "checkpoint"), text)
	}
	return text
}
