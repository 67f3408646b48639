package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/weft-stream/weft/client/internal/legacy"
	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/internal/snapshot"
)

// snapshotResult is one checkpoint or savepoint in JSON.
type snapshotResult struct {
	JobID        string `json:"job-id"`
	JobName      string `json:"job-name,omitempty"`
	Application  string `json:"application-id,omitempty"`
	Kind         string `json:"kind"` // checkpoint or savepoint
	ID           int64  `json:"id"`
	Path         string `json:"path"`
	Triggered    string `json:"triggered,omitempty"` // RFC 3339
	Completed    string `json:"completed,omitempty"`
	Age          int64  `json:"age"`       // seconds since it was complete
	Duration     int64  `json:"duration"`  // ms from its trigger until it was complete
	Size         int64  `json:"size"`      // bytes of all files that it needs
	Added        int64  `json:"added"`     // what of that it has brought itself
	InFlight     int64  `json:"in-flight"` // bytes of records that an unaligned checkpoint has overtaken
	Pinned       bool   `json:"pinned"`
	ClaimedBy    string `json:"claimed-by,omitempty"` // id of the job that it belongs to
	RestoredFrom string `json:"restored-from,omitempty"`
	Fault        string `json:"fault,omitempty"` // why it cannot be used
}

// checkpoints does the action of that name.
func (a *app) checkpoints(ctx context.Context, o *catalogueOptions) error {
	t, err := openTree(o.conf)
	if err != nil {
		return err
	}
	defer t.files.Close()
	entries, err := t.checkpoints(ctx, idOnly(o.job))
	if err != nil {
		return err
	}
	if o.verb != "" {
		return a.pin(ctx, t, o, entries)
	}
	if o.job != "" {
		if entries, err = jobEntries(entries, o.job, "checkpoint"); err != nil {
			return err
		}
	}
	if err := a.printCatalogue(entries, o.sort, "checkpoint"); err != nil {
		return err
	}
	a.warnOfSpace(ctx, t, entries)
	return nil
}

// warnOfSpace says when there will soon be no room for more checkpoints, in the
// folder that the latest one is in. What storage does not tell is not said.
func (a *app) warnOfSpace(ctx context.Context, t *tree, entries []snapshot.Entry) {
	if len(entries) == 0 {
		return
	}
	last := slices.MaxFunc(entries, func(x, y snapshot.Entry) int { return x.Completed.Compare(y.Completed) })
	root, dir, err := t.files.Resolve(last.URI)
	if err != nil {
		return
	}
	dir = path.Dir(path.Dir(dir)) // …/<folder>/<job>/chk-<n>
	space, err := root.Space(ctx, dir)
	if err != nil {
		return
	}
	if low := snapshot.LowSpace(root.URI(dir), space, last.Size); low != "" {
		a.ui.Warn("%s", low)
	}
}

// savepoints does the action of that name.
func (a *app) savepoints(ctx context.Context, o *catalogueOptions) error {
	t, err := openTree(o.conf)
	if err != nil {
		return err
	}
	defer t.files.Close()
	entries, err := t.savepoints(ctx, idOnly(o.job))
	if err != nil {
		return err
	}
	if o.job != "" {
		if entries, err = jobEntries(entries, o.job, "savepoint"); err != nil {
			return err
		}
	}
	return a.printCatalogue(entries, o.sort, "savepoint")
}

// idOnly returns what the user gave if it is a job's id, in lower case; a name
// needs all jobs to be looked at.
func idOnly(job string) string {
	if id := strings.ToLower(job); jobIDForm.MatchString(id) {
		return id
	}
	return ""
}

// jobEntries picks the entries of a job that must have some.
func jobEntries(entries []snapshot.Entry, job, noun string) ([]snapshot.Entry, error) {
	found := jobNamed(entries, job)
	if len(found) > 0 {
		return found, nil
	}
	err := fmt.Errorf("no %ss of job %s are known", noun, shorten(job))
	names := jobNames(entries)
	switch near := legacy.Nearest(job, names); {
	case idOnly(job) != "":
		return nil, voice.Hint(err, "weft %ss lists the jobs that have any", noun)
	case near != "":
		return nil, voice.Hint(err, "did you mean %s?", near)
	case len(names) > 0:
		return nil, voice.Hint(err, "jobs that have any: %s", strings.Join(names, ", "))
	}
	return nil, err
}

// sortEntries puts entries into the order that --sort names.
func sortEntries(entries []snapshot.Entry, by string) {
	latest := func(x, y snapshot.Entry) int {
		return cmp.Or(y.Completed.Compare(x.Completed), cmp.Compare(y.ID, x.ID), cmp.Compare(x.URI, y.URI))
	}
	order := map[string]func(x, y snapshot.Entry) int{
		"size":     func(x, y snapshot.Entry) int { return cmp.Compare(y.Size, x.Size) },
		"duration": func(x, y snapshot.Entry) int { return cmp.Compare(duration(&y), duration(&x)) },
		"number":   func(x, y snapshot.Entry) int { return cmp.Compare(y.ID, x.ID) },
		"job": func(x, y snapshot.Entry) int {
			return cmp.Or(cmp.Compare(x.Owner.JobName, y.Owner.JobName), cmp.Compare(x.Owner.JobID, y.Owner.JobID))
		},
	}[by]
	slices.SortFunc(entries, func(x, y snapshot.Entry) int {
		if order == nil {
			return latest(x, y)
		}
		return cmp.Or(order(x, y), latest(x, y))
	})
}

// duration is how long a snapshot took.
func duration(e *snapshot.Entry) time.Duration { return e.Completed.Sub(e.Triggered) }

// printCatalogue prints entries, job by job, the jobs in the order of their
// first entries.
func (a *app) printCatalogue(entries []snapshot.Entry, by, noun string) error {
	sortEntries(entries, by)
	var jobs []string
	ofJob := map[string][]snapshot.Entry{}
	results := []snapshotResult{}
	now := time.Now()
	for _, e := range entries {
		if ofJob[e.Owner.JobID] == nil {
			jobs = append(jobs, e.Owner.JobID)
		}
		ofJob[e.Owner.JobID] = append(ofJob[e.Owner.JobID], e)
		results = append(results, resultOf(&e, now))
	}
	if len(entries) == 0 {
		a.ui.Line("No %ss.", noun)
	}
	for i, job := range jobs {
		if i > 0 {
			a.ui.Line("")
		}
		a.printJob(ofJob[job], noun, now)
	}
	return a.ui.Result(map[string][]snapshotResult{noun + "s": results})
}

// printJob prints the entries of one job below a heading.
func (a *app) printJob(entries []snapshot.Entry, noun string, now time.Time) {
	owner := entries[0].Owner
	var from []string
	c := columns{now: now}
	for i := range entries {
		c.added = c.added || entries[i].Added != entries[i].Size
		if uri := entries[i].RestoredFrom(); uri != "" && !slices.Contains(from, uri) {
			from = append(from, uri)
		}
	}
	heading := fmt.Sprintf("%s of job %s (%s)", counted(entries, noun), orUnknown(owner.JobID), orUnknown(owner.JobName))
	if owner.Application != "" {
		heading += ", " + owner.Application
	}
	a.ui.Line("%s, %s:", heading, voice.Bytes(stored(entries)))
	a.ui.Line("%s", c.line("COMPLETED", "AGE", "ADDED", "SIZE", "TOOK", "", "PATH"))
	for i := range entries {
		a.ui.Line("%s", c.row(&entries[i]))
	}
	for _, uri := range from {
		a.ui.Line("its job was started from %s", uri)
	}
}

// counted says how many snapshots there are, and how many that are not complete,
// as the one that a living job is about to take.
func counted(entries []snapshot.Entry, noun string) string {
	unfinished := 0
	for i := range entries {
		if errors.Is(entries[i].Err, snapshot.ErrUnfinished) {
			unfinished++
		}
	}
	text := voice.Plural(len(entries)-unfinished, noun)
	if unfinished > 0 {
		text += fmt.Sprintf(" and %d unfinished", unfinished)
	}
	return text
}

// stored is the size of all files of the snapshots of a job, in bytes: what
// several of them share counts once.
func stored(entries []snapshot.Entry) int64 {
	var size int64
	shared := map[string]int64{}
	for i := range entries {
		size += entries[i].Size
		for _, f := range entries[i].Shared {
			size -= f.Size
			shared[f.Name] = max(shared[f.Name], f.Size)
		}
	}
	for _, s := range shared {
		size += s
	}
	return size
}

// columns is the table of a job's snapshots.
type columns struct {
	now   time.Time
	added bool // some build on others: what each has brought itself has a column of its own
}

// line writes a line of the table.
func (c columns) line(completed, age, added, size, took, mark, path string) string {
	if c.added {
		size = fmt.Sprintf("%10s  %10s", added, size)
	}
	return fmt.Sprintf("%-19s  %8s  %10s  %9s  %-7s %s", completed, age, size, took, mark, path)
}

// row writes one entry as a line, the path last.
func (c columns) row(e *snapshot.Entry) string {
	mark := ""
	switch {
	case e.Pinned:
		mark = "pinned"
	case e.ClaimedBy != "":
		mark = "claimed"
	}
	if e.Err != nil {
		return c.line("-", "-", voice.Bytes(e.Added), voice.Bytes(e.Size), "-", mark, fmt.Sprintf("%s  (%s)", e.URI, fault(e.Err)))
	}
	row := c.line(e.Completed.Format(flinkTime), voice.Age(c.now.Sub(e.Completed)), voice.Bytes(e.Added), voice.Bytes(e.Size),
		duration(e).Round(time.Millisecond).String(), mark, e.URI)
	if e.InFlight > 0 {
		row += fmt.Sprintf("  (unaligned, %s in flight)", voice.Bytes(e.InFlight))
	}
	return row
}

func fault(err error) string {
	if errors.Is(err, snapshot.ErrUnfinished) {
		return "unfinished"
	}
	return err.Error()
}

func resultOf(e *snapshot.Entry, now time.Time) snapshotResult {
	r := snapshotResult{
		JobID: e.Owner.JobID, JobName: e.Owner.JobName, Application: e.Owner.Application, Kind: string(e.Kind), ID: e.ID,
		Path: e.URI, Size: e.Size, InFlight: e.InFlight, Added: e.Added, Pinned: e.Pinned, ClaimedBy: e.ClaimedBy, RestoredFrom: e.RestoredFrom(),
	}
	if e.Err != nil {
		r.Fault = fault(e.Err)
	}
	if e.Meta != nil {
		r.Triggered, r.Completed = e.Triggered.Format(time.RFC3339), e.Completed.Format(time.RFC3339)
		r.Age, r.Duration = int64(now.Sub(e.Completed)/time.Second), duration(e).Milliseconds()
	}
	return r
}

func orUnknown(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
