package yarnipc

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	goodAsk   = Ask{Resource: Resource{MemoryMB: 128, VCores: 1}}
	poisonAsk = Ask{Resource: Resource{MemoryMB: 128, VCores: 1}, NodeLabel: "unknown"}
)

// TestTableHistories drives the table through random histories against a model of a ResourceManager that allocates,
// kills, refuses and forgets. Whatever happens, in the end both sides agree and every request and container has had its
// one end.
func TestTableHistories(t *testing.T) {
	for seed := range uint64(3000) {
		h := newHistory(seed)
		for range 60 {
			h.step()
		}
		if err := h.settle(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// history is a table, its owner, and a ResourceManager.
type history struct {
	random *rand.Rand
	table  *table

	// The ResourceManager's side.
	pending   map[RequestID]bool
	running   map[ContainerID]bool
	allocated []Container
	completed []ContainerStatus
	epoch     int64
	sequence  int64

	// The owner's side.
	requests map[RequestID]string // what became of each; "" while open
	held     map[ContainerID]bool // containers the owner was told of and not told the end of
	released map[ContainerID]bool // by the owner
	problem  error
}

func newHistory(seed uint64) *history {
	return &history{
		random: rand.New(rand.NewPCG(seed, 0)), table: newTable(),
		pending: map[RequestID]bool{}, running: map[ContainerID]bool{},
		requests: map[RequestID]string{}, held: map[ContainerID]bool{}, released: map[ContainerID]bool{},
	}
}

// pick returns some key of a map, in an order that the seed decides.
func pick[K comparable, V any](h *history, m map[K]V, less func(a, b K) bool) (K, bool) {
	var best K
	n := h.random.IntN(len(m) + 1)
	if n == 0 {
		return best, false
	}
	keys := make([]K, 0, len(m))
	for k := range m {
		at := len(keys)
		keys = append(keys, k)
		for ; at > 0 && less(k, keys[at-1]); at-- {
			keys[at] = keys[at-1]
		}
		keys[at] = k
	}
	return keys[n-1], true
}

func lessID(a, b ContainerID) bool    { return compareContainerIDs(a, b) < 0 }
func lessRequest(a, b RequestID) bool { return a < b }

// step lets one thing happen.
func (h *history) step() {
	switch h.random.IntN(8) {
	case 0, 1:
		h.requests[h.table.request(goodAsk)] = ""
	case 2:
		if h.random.IntN(3) == 0 {
			h.requests[h.table.request(poisonAsk)] = ""
		}
	case 3:
		if id, ok := pick(h, h.requests, lessRequest); ok && h.table.cancel(id) {
			h.end(id, "cancelled")
		}
	case 4:
		if id, ok := pick(h, h.held, lessID); ok {
			h.table.release(id)
			h.released[id] = true
		}
	case 5:
		if id, ok := pick(h, h.running, lessID); ok {
			h.kill(id, 137)
		}
	case 6:
		h.allocate()
	case 7:
		h.heartbeat(h.random.IntN(6))
	}
}

// allocate serves some pending request; the container waits to be told.
func (h *history) allocate() {
	if id, ok := pick(h, h.pending, lessRequest); ok {
		delete(h.pending, id)
		h.sequence++
		c := Container{ID: ContainerID{Number: h.epoch<<epochShift | h.sequence}, RequestID: id}
		h.running[c.ID] = true
		h.allocated = append(h.allocated, c)
	}
}

func (h *history) kill(id ContainerID, code int32) {
	if h.running[id] {
		delete(h.running, id)
		h.completed = append(h.completed, ContainerStatus{ID: id, State: ContainerComplete, ExitCode: code})
	}
}

// heartbeat is one exchange; outcome 0 fails unserved and 1 finds a ResourceManager that has forgotten everything.
func (h *history) heartbeat(outcome int) {
	request := h.table.take()
	if outcome == 0 {
		h.table.putBack(request)
		return
	}
	if outcome == 1 {
		h.owner(h.table.reregistered(h.forget()))
		return
	}
	for _, change := range request.Changes {
		if change.Wanted && change.Ask.NodeLabel != "" {
			h.owner(h.table.refused(request, fmt.Errorf("label %s", change.Ask.NodeLabel)))
			return
		}
	}
	for _, change := range request.Changes {
		delete(h.pending, change.ID)
		if change.Wanted {
			h.pending[change.ID] = true
		}
	}
	for _, id := range request.Release {
		h.kill(id, ExitReleased)
	}
	response := AllocateResponse{Allocated: h.allocated, Completed: h.completed}
	h.allocated, h.completed = nil, nil
	h.owner(h.table.apply(response))
}

// forget is a restart: requests are lost, and so are containers that nobody was told of. The list of the others is as
// complete as it happens to be. What has ended is told, some of it once more.
func (h *history) forget() []Container {
	h.epoch++
	clear(h.pending)
	for _, c := range h.allocated {
		delete(h.running, c.ID)
	}
	h.allocated = nil
	told := map[ContainerID]bool{}
	for _, status := range h.completed {
		told[status.ID] = true
	}
	for id := range h.table.ended.ids {
		if h.random.IntN(4) == 0 && !told[id] {
			h.completed = append(h.completed, ContainerStatus{ID: id})
		}
	}
	var listed []Container
	for id := range h.running {
		if h.random.IntN(2) == 0 {
			listed = append(listed, Container{ID: id})
		}
	}
	return listed
}

// owner takes events in, and objects to what may not be.
func (h *history) owner(events []Event) {
	for _, event := range events {
		switch e := event.(type) {
		case Allocated:
			h.end(e.Container.RequestID, "allocated")
			h.expect(!h.held[e.Container.ID], "%v was told twice", e.Container.ID)
			h.held[e.Container.ID] = true
		case Refused:
			h.end(e.RequestID, "refused")
			h.expect(e.Ask == poisonAsk, "request %d was refused", e.RequestID)
		case Completed:
			// One that ended between its allocation and a restart was never told of.
			unknown := e.Container.RequestID == 0
			h.expect(h.held[e.Container.ID] != unknown, "%v ended, held: %v", e.Container.ID, !unknown)
			h.expect(h.released[e.Container.ID] == e.Released, "%v released: %v", e.Container.ID, e.Released)
			delete(h.held, e.Container.ID)
			delete(h.released, e.Container.ID)
		case Found:
			h.expect(false, "%v was found, and never unknown", e.Container.ID)
		}
	}
}

func (h *history) end(id RequestID, how string) {
	h.expect(h.requests[id] == "", "request %d was %s, and now %s", id, h.requests[id], how)
	h.requests[id] = how
}

func (h *history) expect(ok bool, format string, args ...any) {
	if !ok && h.problem == nil {
		h.problem = fmt.Errorf(format, args...)
	}
}

// settle lets the ResourceManager serve everything, and compares the two sides.
func (h *history) settle() error {
	for range 200 {
		h.heartbeat(2)
		for len(h.pending) > 0 {
			h.allocate()
		}
	}
	for id, how := range h.requests {
		h.expect(how != "", "request %d is still open", id)
	}
	owned := map[ContainerID]bool{}
	for id := range h.table.owned {
		owned[id] = true
	}
	if diff := cmp.Diff(h.running, owned); diff != "" {
		h.expect(false, "owned (-running +table):\n%s", diff)
	}
	if diff := cmp.Diff(h.held, owned); diff != "" {
		h.expect(false, "owned (-told +table):\n%s", diff)
	}
	h.expect(!h.table.pending() && len(h.table.releases) == 0, "unsent %v, releases %v", h.table.unsent, h.table.releases)
	return h.problem
}

// TestZombie has a container die with its node, and live again after a failover.
func TestZombie(t *testing.T) {
	table := newTable()
	request := table.request(goodAsk)
	table.take()
	zombie := Container{ID: ContainerID{Number: 7}, RequestID: request}
	table.apply(AllocateResponse{Allocated: []Container{zombie}})
	table.apply(AllocateResponse{Completed: []ContainerStatus{{ID: zombie.ID, ExitCode: ExitReleased}}})
	stranger := Container{ID: ContainerID{Number: 8}}
	listed := Container{ID: zombie.ID}
	want := []Event{Reregistered{}, Found{Container: listed, Again: true}, Found{Container: stranger}}
	compare := cmp.AllowUnexported(Container{})
	if diff := cmp.Diff(want, table.reregistered([]Container{listed, stranger}), compare); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	table.release(zombie.ID)
	if got := table.take(); len(got.Release) != 1 || got.Release[0] != zombie.ID {
		t.Errorf("sent %+v", got)
	}
	want = []Event{Completed{Status: ContainerStatus{ID: zombie.ID}, Container: listed, Released: true}}
	if diff := cmp.Diff(want, table.apply(AllocateResponse{Completed: []ContainerStatus{{ID: zombie.ID}}}), compare); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestKnownStaysAsItIs lists an owned container without its token, which must not be lost.
func TestKnownStaysAsItIs(t *testing.T) {
	table := newTable()
	owned := Container{ID: ContainerID{Number: 1}, token: nmToken("t")}
	table.adopt([]Container{owned})
	if events := table.reregistered([]Container{{ID: owned.ID}}); len(events) != 1 {
		t.Errorf("events %+v", events)
	}
	if diff := cmp.Diff(owned, table.owned[owned.ID], cmp.AllowUnexported(Container{})); diff != "" {
		t.Errorf("owned (-want +got):\n%s", diff)
	}
}

// TestLateContainer completes a container of an earlier attempt that was never listed, twice.
func TestLateContainer(t *testing.T) {
	table := newTable()
	status := ContainerStatus{ID: ContainerID{Number: 9}, State: ContainerComplete, ExitCode: 1}
	got := table.apply(AllocateResponse{Completed: []ContainerStatus{status, status}, Preempting: []ContainerID{status.ID}})
	want := []Event{Completed{Status: status, Container: Container{ID: status.ID}}, Preempting{Containers: []ContainerID{status.ID}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Container{})); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestRecentIDs(t *testing.T) {
	r := recentIDs{limit: 2}
	id := func(n int64) ContainerID { return ContainerID{Number: n} }
	for _, n := range []int64{1, 2, 3} {
		if !r.add(id(n)) {
			t.Errorf("%d is not new", n)
		}
	}
	if r.add(id(3)) || r.remove(id(1)) || !r.remove(id(2)) || len(r.ids) != 1 || len(r.order) != 1 {
		t.Errorf("remembers %v", r.order)
	}
}

func TestAskCheck(t *testing.T) {
	maximum := Resource{MemoryMB: 1024, VCores: 4}
	for _, bad := range []Ask{
		{},
		{Resource: Resource{MemoryMB: -1, VCores: 1}},
		{Resource: Resource{MemoryMB: 1}},
		{Resource: Resource{MemoryMB: 1025, VCores: 1}},
		{Resource: Resource{MemoryMB: 1, VCores: 5}},
		{Resource: maximum, Priority: -1},
	} {
		if err := bad.check(maximum); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	if err := (Ask{Resource: maximum}).check(maximum); err != nil {
		t.Error(err)
	}
}
