package yarnipc

import (
	"cmp"
	"maps"
	"slices"
)

// rememberedCompletions bounds how many ended containers are remembered to recognise repetitions.
const rememberedCompletions = 10000

// table is what a master wants and what it owns: a state machine without I/O. Requests go in, what to send comes out,
// answers go in, events come out.
//
// Owned containers are only ever removed by their completion. After a restart the ResourceManager lists some of them,
// all, or none, so a missing one means nothing.
type table struct {
	lastID   RequestID
	wanted   map[RequestID]*want
	owned    map[ContainerID]Container
	releases map[ContainerID]release // asked for and not confirmed
	ended    recentIDs

	unsent         []Change
	unsentReleases []ContainerID
	careful        int // how many changes to send one by one, to find the one that was refused
}

// want is a request without an answer.
type want struct {
	ask  Ask
	sent bool // the ResourceManager may know of it
}

// release says who wants a container ended.
type release int

const (
	releaseByOwner release = iota + 1
	releaseSurplus         // a container that answers no request: the owner never hears of it
)

func newTable() *table {
	return &table{
		wanted:   map[RequestID]*want{},
		owned:    map[ContainerID]Container{},
		releases: map[ContainerID]release{},
		ended:    recentIDs{limit: rememberedCompletions},
	}
}

func (t *table) request(ask Ask) RequestID {
	t.lastID++
	t.wanted[t.lastID] = &want{ask: ask}
	t.unsent = append(t.unsent, Change{ID: t.lastID, Ask: ask, Wanted: true})
	return t.lastID
}

// cancel takes a request back and says whether it was still open.
func (t *table) cancel(id RequestID) bool {
	w, open := t.wanted[id]
	if !open {
		return false
	}
	delete(t.wanted, id)
	t.unsent = slices.DeleteFunc(t.unsent, func(c Change) bool { return c.ID == id })
	if w.sent {
		t.unsent = append(t.unsent, Change{ID: id, Ask: w.ask})
	}
	return true
}

// release gives a container back. One that has ended needs nothing; one that was never heard of may still exist.
func (t *table) release(id ContainerID) {
	if _, owned := t.owned[id]; owned || !t.ended.has(id) {
		t.releaseAs(id, releaseByOwner)
	}
}

func (t *table) releaseAs(id ContainerID, why release) {
	if _, asked := t.releases[id]; !asked {
		t.releases[id] = why
		t.unsentReleases = append(t.unsentReleases, id)
	}
}

// pending says whether there is something to send.
func (t *table) pending() bool { return len(t.unsent)+len(t.unsentReleases) > 0 }

// take returns what to send now.
func (t *table) take() AllocateRequest {
	count := len(t.unsent)
	if t.careful > 0 {
		count = min(count, 1)
		t.careful--
	}
	request := AllocateRequest{Changes: t.unsent[:count:count], Release: t.unsentReleases}
	t.unsent, t.unsentReleases = t.unsent[count:], nil
	for _, change := range request.Changes {
		if w := t.wanted[change.ID]; w != nil {
			w.sent = true
		}
	}
	return request
}

// putBack keeps a request that was not served for the next time.
func (t *table) putBack(request AllocateRequest) {
	t.unsent = slices.Concat(t.current(request.Changes), t.unsent)
	t.unsentReleases = slices.Concat(request.Release, t.unsentReleases)
}

// current leaves out what was cancelled since: its end is in unsent already.
func (t *table) current(changes []Change) []Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.Wanted && t.wanted[c.ID] == nil })
}

// refused handles a request of which the ResourceManager took nothing because of one change in it.
func (t *table) refused(request AllocateRequest, err error) []Event {
	t.unsentReleases = slices.Concat(request.Release, t.unsentReleases)
	if len(request.Changes) != 1 {
		t.unsent = slices.Concat(t.current(request.Changes), t.unsent)
		t.careful = len(request.Changes)
		return nil
	}
	change := request.Changes[0]
	if t.wanted[change.ID] == nil {
		return nil // it was cancelled meanwhile
	}
	delete(t.wanted, change.ID)
	return []Event{Refused{RequestID: change.ID, Ask: change.Ask, Err: err}}
}

// reregistered prepares to send everything again to a ResourceManager that knows nothing of it.
func (t *table) reregistered(previous []Container) []Event {
	t.unsent, t.careful = nil, 0
	for _, id := range slices.Sorted(maps.Keys(t.wanted)) {
		t.unsent = append(t.unsent, Change{ID: id, Ask: t.wanted[id].ask, Wanted: true})
	}
	t.unsentReleases = slices.SortedFunc(maps.Keys(t.releases), compareContainerIDs)
	return append([]Event{Reregistered{}}, t.merge(previous)...)
}

func compareContainerIDs(a, b ContainerID) int {
	return cmp.Or(cmp.Compare(a.Attempt.Number, b.Attempt.Number), cmp.Compare(a.Number, b.Number))
}

func compareContainers(a, b Container) int { return compareContainerIDs(a.ID, b.ID) }

// adopt takes over the containers that an earlier attempt left.
func (t *table) adopt(previous []Container) {
	for _, c := range previous {
		t.owned[c.ID] = c
	}
}

// merge adds listed containers that are not known. A known one stays as it is: the list comes without tokens.
func (t *table) merge(listed []Container) []Event {
	var events []Event
	for _, c := range listed {
		if _, known := t.owned[c.ID]; known || t.releases[c.ID] == releaseSurplus {
			continue
		}
		t.owned[c.ID] = c
		events = append(events, Found{Container: c, Again: t.ended.remove(c.ID)})
	}
	return events
}

// apply takes an answer in.
func (t *table) apply(response AllocateResponse) []Event {
	events := t.merge(response.Previous)
	for _, c := range response.Allocated {
		if _, known := t.owned[c.ID]; known {
			continue
		}
		if t.wanted[c.RequestID] == nil {
			t.releaseAs(c.ID, releaseSurplus) // the request was cancelled while the container was on its way
			continue
		}
		delete(t.wanted, c.RequestID)
		t.owned[c.ID] = c
		events = append(events, Allocated{Container: c})
	}
	for _, status := range response.Completed {
		events = append(events, t.completed(status)...)
	}
	for _, node := range response.Nodes {
		events = append(events, node)
	}
	if len(response.Preempting) > 0 {
		events = append(events, Preempting{Containers: response.Preempting})
	}
	return events
}

func (t *table) completed(status ContainerStatus) []Event {
	why := t.releases[status.ID]
	delete(t.releases, status.ID)
	t.unsentReleases = slices.DeleteFunc(t.unsentReleases, func(id ContainerID) bool { return id == status.ID })
	container, known := t.owned[status.ID]
	if why == releaseSurplus || !t.ended.add(status.ID) && !known {
		return nil
	}
	if !known {
		container.ID = status.ID
	}
	delete(t.owned, status.ID)
	return []Event{Completed{Status: status, Container: container, Released: why == releaseByOwner}}
}

// recentIDs remembers the last so many ids that were added.
type recentIDs struct {
	limit int
	ids   map[ContainerID]struct{}
	order []ContainerID
}

func (r *recentIDs) has(id ContainerID) bool {
	_, known := r.ids[id]
	return known
}

// add remembers id and says whether it was new.
func (r *recentIDs) add(id ContainerID) bool {
	if r.has(id) {
		return false
	}
	if r.ids == nil {
		r.ids = map[ContainerID]struct{}{}
	}
	r.ids[id] = struct{}{}
	r.order = append(r.order, id)
	if len(r.order) > r.limit {
		delete(r.ids, r.order[0])
		r.order = r.order[1:]
	}
	return true
}

// remove forgets id and says whether it was known.
func (r *recentIDs) remove(id ContainerID) bool {
	if !r.has(id) {
		return false
	}
	delete(r.ids, id)
	r.order = slices.DeleteFunc(r.order, func(other ContainerID) bool { return other == id })
	return true
}
