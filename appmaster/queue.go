package appmaster

import (
	"sync"
	"time"
)

// queue takes items from any goroutine and gives them to one, in their order.
// It never makes a sender wait: an event that waits for the state machine must
// not hold up the connection or the provider that it came from.
type queue[T any] struct {
	mu     sync.Mutex
	items  []T
	signal chan struct{} // holds one token when items is not empty
}

func newQueue[T any]() *queue[T] {
	return &queue[T]{signal: make(chan struct{}, 1)}
}

// push adds an item.
func (q *queue[T]) push(item T) {
	q.mu.Lock()
	q.items = append(q.items, item)
	q.mu.Unlock()
	select {
	case q.signal <- struct{}{}:
	default:
	}
}

// drain returns all items, none if there are none.
func (q *queue[T]) drain() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}

// wait returns the items that are there, or the first ones that come before
// the deadline (zero: no deadline) or before stop is closed.
func (q *queue[T]) wait(deadline time.Time, stop <-chan struct{}) []T {
	if items := q.drain(); len(items) > 0 {
		return items
	}
	var alarm <-chan time.Time
	if !deadline.IsZero() {
		timer := time.NewTimer(time.Until(deadline))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-q.signal:
	case <-alarm:
	case <-stop:
	}
	return q.drain()
}
