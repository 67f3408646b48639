package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weft-stream/weft/client/internal/voice"
	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/snapshot"
	"github.com/weft-stream/weft/internal/storage"
)

// choice is what -s says when it is not a path: a job, and which of its
// snapshots.
type choice struct {
	given  string
	job    string    // id or name; "" is that of the program
	number int64     // of a checkpoint; 0: not by number
	until  time.Time // the newest that was complete by then; zero: the newest of all
}

// Forms of -s beside a path.
const latest = "latest"

var byNumber = regexp.MustCompile(`^([0-9a-fA-F]{32})/chk-(\d+)(/(_metadata)?)?$`)

// parseChoice reads the value of -s; nil if it is a path. A path that looks like
// a choice is written with ./ before it.
//
//	latest                    the newest of the program's job
//	<job id>                  the newest of that job
//	<job id>/chk-56           checkpoint 56 of it
//	<job>@latest              the newest of the jobs of that name, or id
//	<job>@-4h                 the newest that was complete four hours ago
//	<job>@2026-11-22T08:00    … at that time, of this machine's zone unless one is given
func parseChoice(text string, now time.Time) (*choice, error) {
	c := &choice{given: text}
	if text == latest {
		return c, nil
	}
	if id := idOnly(text); id != "" {
		c.job = id
		return c, nil
	}
	if parts := byNumber.FindStringSubmatch(text); parts != nil {
		n, err := strconv.ParseInt(parts[2], 10, 64)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not the number of a checkpoint", shorten(parts[2]))
		}
		c.job, c.number = strings.ToLower(parts[1]), n
		return c, nil
	}
	at := strings.LastIndexByte(text, '@')
	if at < 0 || strings.HasPrefix(text, "/") || strings.HasPrefix(text, ".") || strings.Contains(text[:at], "://") || strings.HasPrefix(text, "file:") {
		return nil, nil
	}
	job, when := text[:at], text[at+1:]
	if job == latest {
		job = "" // of the program's job
	}
	c.job = job
	if id := idOnly(job); id != "" {
		c.job = id
	}
	if when == latest {
		return c, nil
	}
	var err error
	if c.until, err = parseWhen(when, now); err != nil {
		return nil, err
	}
	if c.until.After(now) {
		return nil, fmt.Errorf("%s lies in the future", c.until.Format(flinkTime))
	}
	return c, nil
}

// timeForms are how a time may be written; one without a zone is in that of
// the machine.
var timeForms = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04",
	"2006-01-02 15:04:05", "2006-01-02 15:04",
}

// parseWhen reads an age, -4h, or a time.
func parseWhen(text string, now time.Time) (time.Time, error) {
	if age, ok := strings.CutPrefix(text, "-"); ok {
		if d, err := conf.ParseDuration(age); err == nil && age != "" && strings.Trim(age, "0123456789 ") != "" {
			return now.Add(-d), nil
		}
	}
	for _, form := range timeForms {
		if t, err := time.ParseInLocation(form, text, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither an age, such as -4h or -30min, nor a time, such as 2026-11-22T08:00 or 2026-11-22T08:00Z, nor latest", shorten(text))
}

// choose turns a choice into a path, in the settings, where -s stands.
func (a *app) choose(ctx context.Context, s *submission) error {
	given := conf.Get(s.conf, conf.RestorePath)
	if given == "" {
		return nil
	}
	from := s.conf.Origin(conf.RestorePath.Name)
	c, err := parseChoice(given, time.Now())
	if err != nil {
		return fmt.Errorf("%s %s: %w", from, shorten(given), err)
	}
	if c == nil {
		return nil
	}
	// The program may say where its checkpoints are, and it says its job's name.
	if err := a.makePlan(ctx, s); err != nil {
		return err
	}
	if c.job == "" {
		c.job = s.plan.Job
	}
	found, err := a.lookUp(ctx, &tree{conf: s.conf, cluster: s.cluster, files: s.files}, c)
	if err != nil {
		return fmt.Errorf("%s %s: %w", from, shorten(given), err)
	}
	return conf.Put(s.conf, conf.RestorePath, found.URI, from)
}

// locate finds the snapshot that stands as <path> in a command without a
// program: a choice is looked up and said.
func (a *app) locate(ctx context.Context, t *tree, given string) (snapshot.Location, error) {
	c, err := parseChoice(given, time.Now())
	if c == nil && err == nil {
		at, err := snapshot.Resolve(ctx, t.files, absolute(given))
		return at, t.cluster.pathError(given, err)
	}
	var found *snapshot.Entry
	if err == nil {
		found, err = a.lookUp(ctx, t, c)
	}
	if err != nil {
		return snapshot.Location{}, fmt.Errorf("%s: %w", shorten(given), err)
	}
	at, err := snapshot.Resolve(ctx, t.files, found.URI)
	if err != nil {
		return at, t.cluster.fileError(err)
	}
	if meta, err := snapshot.Read(ctx, at.FS, at.Dir); err == nil {
		a.sayChoice(ctx, t.files, given+" is", at.URI(), meta)
	} else { // what is wrong with it the command will say
		a.ui.Note("%s is %s", given, at.URI())
	}
	return at, nil
}

// lookUp finds the snapshot that a choice means.
func (a *app) lookUp(ctx context.Context, t *tree, c *choice) (*snapshot.Entry, error) {
	entries, err := t.all(ctx, idOnly(c.job))
	if err != nil {
		return nil, err
	}
	if c.job == "" {
		if c.job, err = onlyJob(entries); err != nil {
			return nil, err
		}
	}
	if entries, err = jobEntries(entries, c.job, "checkpoint"); err != nil {
		return nil, err
	}
	return a.pick(c, entries)
}

// onlyJob is the name of the job that all entries are of.
func onlyJob(entries []snapshot.Entry) (string, error) {
	switch names := jobNames(entries); len(names) {
	case 0:
		return "", errors.New("no checkpoints of any job are known")
	case 1:
		return names[0], nil
	default:
		return "", voice.Hint(errors.New("of which job? there are several"), "name one, as in %s@%s: %s", names[0], latest, strings.Join(names, ", "))
	}
}

// pick finds the snapshot that a choice means.
func (a *app) pick(c *choice, entries []snapshot.Entry) (*snapshot.Entry, error) {
	if c.number > 0 {
		return checkpointNumber(entries, c.job, c.number)
	}
	slices.SortFunc(entries, func(x, y snapshot.Entry) int {
		return cmp.Or(y.Completed.Compare(x.Completed), cmp.Compare(y.ID, x.ID))
	})
	newest := newestGood(entries)
	for i := range entries {
		e := &entries[i]
		switch {
		case e.Err == nil && (c.until.IsZero() || !e.Completed.After(c.until)):
			return e, nil
		case e.Err == nil || errors.Is(e.Err, snapshot.ErrUnfinished):
		case !snapshot.Lost(e.Err):
			return nil, e.Err // it may be the one that is meant
		case e.ID > newest: // the user will wonder why it is not this one
			a.ui.Warn("passed over: %v", e.Err)
		}
	}
	return nil, tooOld(c, entries)
}

// newestGood is the highest number of a snapshot that can be used.
func newestGood(entries []snapshot.Entry) int64 {
	newest := int64(0)
	for _, e := range entries {
		if e.Err == nil {
			newest = max(newest, e.ID)
		}
	}
	return newest
}

// tooOld says what there is instead of a snapshot as old as the user wants.
func tooOld(c *choice, entries []snapshot.Entry) error {
	const most = 3
	entries = slices.DeleteFunc(slices.Clone(entries), func(e snapshot.Entry) bool { return e.Err != nil })
	if len(entries) == 0 {
		return fmt.Errorf("job %s has no complete checkpoint", c.job)
	}
	now := time.Now()
	oldest := entries[len(entries)-1]
	err := fmt.Errorf("no checkpoint that old: the oldest of job %s was complete at %s, %s ago", c.job, oldest.Completed.Format(flinkTime),
		voice.Age(now.Sub(oldest.Completed)))
	lines := []string{"the nearest are:"}
	for _, e := range slices.Backward(entries[max(0, len(entries)-most):]) {
		lines = append(lines, fmt.Sprintf("%s  %8s ago  %10s  %s", e.Completed.Format(flinkTime), voice.Age(now.Sub(e.Completed)), voice.Bytes(e.Size), e.URI))
	}
	return voice.Hint(err, "%s", strings.Join(lines, "\n"))
}

// sayChoice tells what a snapshot is that was chosen, before anything is done
// with it; what is the beginning of the sentence. What a job was started from is
// said once: two snapshots that are compared mostly have the same ancestors.
func (a *app) sayChoice(ctx context.Context, files *storage.Resolver, what, uri string, meta *snapshot.Metadata) {
	now := time.Now()
	completed := time.UnixMilli(meta.Completed)
	a.ui.Note("%s %s, %s %d of job %s (%s): complete at %s, %s ago, %s of state", what, uri, meta.Kind, meta.CheckpointID,
		meta.JobID, orUnknown(meta.JobName), completed.Format(flinkTime), voice.Age(now.Sub(completed)), voice.Bytes(meta.StateSize()))
	const most = 5 // generations; a longer line of descent helps nobody
	for range most {
		if meta.RestoredFrom == "" || a.traced[meta.JobID] {
			return
		}
		if a.traced == nil {
			a.traced = map[string]bool{}
		}
		a.traced[meta.JobID] = true
		at, err := snapshot.Resolve(ctx, files, meta.RestoredFrom)
		if err == nil {
			var before *snapshot.Metadata
			if before, err = snapshot.Read(ctx, at.FS, at.Dir); err == nil {
				a.ui.Note("job %s was started from %s, %s %d of job %s, complete at %s", meta.JobID, meta.RestoredFrom, before.Kind,
					before.CheckpointID, before.JobID, time.UnixMilli(before.Completed).Format(flinkTime))
				meta = before
				continue
			}
		}
		a.ui.Note("job %s was started from %s, which is not there any more", meta.JobID, meta.RestoredFrom)
		return
	}
}
