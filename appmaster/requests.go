package appmaster

import (
	"context"
	"sync"

	"github.com/weft-stream/weft/appmaster/coordinator"
)

// requests connects REST handlers, which wait, with the state machine, which
// answers: an operation is promised to its user only when it is durable.
type requests struct {
	post func(coordinator.Event)

	mu      sync.Mutex
	waiting map[string][]chan answer
}

// answer is what became of a request.
type answer struct {
	operation coordinator.Operation
	refused   string // why it did not become an operation
}

func newRequests(post func(coordinator.Event)) *requests {
	return &requests{post: post, waiting: map[string][]chan answer{}}
}

// ask requests an operation and returns it when it is durable.
func (q *requests) ask(ctx context.Context, request coordinator.Request) (answer, error) {
	result := make(chan answer, 1)
	q.mu.Lock()
	q.waiting[request.ID] = append(q.waiting[request.ID], result)
	q.mu.Unlock()
	q.post(request)
	select {
	case a := <-result:
		return a, nil
	case <-ctx.Done():
		q.forget(request.ID, result)
		return answer{}, ctx.Err()
	}
}

func (q *requests) changed(o coordinator.Operation) {
	q.tell(o.ID, answer{operation: o})
}

func (q *requests) refused(id, reason string) {
	q.tell(id, answer{refused: reason})
}

func (q *requests) tell(id string, a answer) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, result := range q.waiting[id] {
		result <- a // has room: each is told once
	}
	delete(q.waiting, id)
}

func (q *requests) forget(id string, result chan answer) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var left []chan answer
	for _, other := range q.waiting[id] {
		if other != result {
			left = append(left, other)
		}
	}
	if len(left) == 0 {
		delete(q.waiting, id)
		return
	}
	q.waiting[id] = left
}
