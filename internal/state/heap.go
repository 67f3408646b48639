package state

// heap is a binary min-heap of items by time.
type heap[E any] []timed[E]

type timed[E any] struct {
	at   int64
	item E
}

func (h *heap[E]) push(at int64, item E) {
	*h = append(*h, timed[E]{})
	s := *h
	i := len(s) - 1
	for i > 0 && at < s[(i-1)/2].at {
		s[i] = s[(i-1)/2]
		i = (i - 1) / 2
	}
	s[i] = timed[E]{at, item}
}

// pop removes the earliest item; there must be one.
func (h *heap[E]) pop() {
	s := *h
	n := len(s) - 1
	last := s[n]
	s[n] = timed[E]{}
	s = s[:n]
	*h = s
	if n == 0 {
		return
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= n {
			break
		}
		if child+1 < n && s[child+1].at < s[child].at {
			child++
		}
		if last.at <= s[child].at {
			break
		}
		s[i] = s[child]
		i = child
	}
	s[i] = last
}
