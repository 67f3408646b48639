package stream

// spans is how time is cut into windows of a size, one each slide, and into
// panes, as long as the greatest span that divides both: no window divides a pane.
type spans struct {
	size, slide, length, offset int64 // ms; length of a pane
}

func spansOf(a Assigner) spans {
	size, slide := a.size.Milliseconds(), a.slide.Milliseconds()
	return spans{size: size, slide: slide, length: gcd(size, slide), offset: a.offset.Milliseconds() % slide}
}

// pane returns the start of the pane that a time is in.
func (s *spans) pane(t int64) int64 { return floor(t, s.length, s.offset) }

// firstEnd and lastEnd return the ends of the first and last window that a pane is in.
func (s *spans) firstEnd(start int64) int64 {
	return floor(start+s.length-1-s.size, s.slide, s.offset) + s.slide + s.size
}

func (s *spans) lastEnd(start int64) int64 {
	return floor(start, s.slide, s.offset) + s.size
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// floor returns the highest multiple of step, shifted by offset, that is not above t.
func floor(t, step, offset int64) int64 {
	r := (t - offset) % step
	if r < 0 {
		r += step
	}
	return t - r
}
