package coordinator

import (
	"slices"
	"time"

	"github.com/weft-stream/weft/internal/control"
)

// regionLife is what is known of a region's last deployment.
type regionLife struct {
	epoch     int64
	attempt   int // of the master
	at        time.Time
	commits   int
	incidents map[*simWorker]int // of the workers that have its slots, as of then
	failures  map[int]int        // by slot, as of then
}

// failed notes that a task of a slot has failed.
func (c *checks) failed(slot int) {
	if c.failures == nil {
		c.failures = map[int]int{}
	}
	c.failures[slot]++
}

// region: each start of a region is a new epoch, and there is a reason for it: a
// region is not restarted because of another one.
func (c *checks) region(s *sim, d *control.Deploy) {
	if c.regions == nil {
		c.regions, c.epochs = map[int]*regionLife{}, map[int64]bool{}
	}
	if d.Parallelism != c.parallelism { // all are others now
		clear(c.regions)
		c.parallelism = d.Parallelism
	}
	last := c.regions[d.First]
	if last != nil && last.epoch == d.Epoch {
		return // the same order, for another worker or once more
	}
	if _, used := c.epochs[d.Epoch]; used || last != nil && d.Epoch <= last.epoch || d.Epoch <= c.forerunners {
		s.violatef("the region from slot %d is deployed in epoch %d, which is not new", d.First, d.Epoch)
	}
	c.epochs[d.Epoch] = true
	if last != nil && last.attempt == s.attempts && !c.troubled(s, last) {
		s.violatef("the region from slot %d is deployed in epoch %d, but nothing had happened to it in epoch %d", d.First, d.Epoch, last.epoch)
	}
	job := s.master.job
	if again := job.regionOf(d.First).attempts; slices.ContainsFunc(job.regions, func(r *region) bool { return r.up && r.attempts < again }) {
		c.partial++
	}
	life := &regionLife{
		epoch: d.Epoch, attempt: s.attempts, at: s.now, commits: c.commits,
		incidents: map[*simWorker]int{}, failures: map[int]int{},
	}
	for slot, p := range d.Places {
		life.failures[slot] = c.failures[slot]
		for _, w := range s.workers {
			if w.id != p.Worker {
				continue
			}
			life.incidents[w] = w.incidents
			if w.conn == nil || w.conn.toMaster.After(s.now.Add(time.Second)) {
				life.incidents[w]-- // it is in trouble, and the master has not noticed
			}
		}
	}
	c.regions[d.First] = life
}

// troubled tells whether there was a reason to restart a region: something has
// happened to it or to its workers, to the job as a whole, or the job was about to
// end and then was not.
func (c *checks) troubled(s *sim, last *regionLife) bool {
	if c.commits > last.commits {
		return true
	}
	for w, before := range last.incidents {
		if w.incidents > before {
			return true
		}
	}
	for slot, before := range last.failures {
		if c.failures[slot] > before {
			return true
		}
	}
	return slices.ContainsFunc(s.master.job.exceptions, func(x Exception) bool {
		return x.Task == "" && x.Worker == "" && !x.Time.Before(last.at)
	})
}
