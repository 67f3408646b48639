package appmaster

import "time"

// Containers that die young are replaced more and more slowly: the first few
// at once, since a user may have killed them, then after a pause that doubles.
const (
	youngAge     = 10 * time.Second
	freeDeaths   = 4
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

// pool decides how many containers to ask for. It does no I/O.
type pool struct {
	want    int
	asked   int                  // asked for, not given yet
	live    map[string]time.Time // given, and when
	young   int                  // deaths of young containers in a row
	blocked time.Time            // no new container before
}

func newPool() *pool {
	return &pool{live: map[string]time.Time{}}
}

// missing returns how many containers to ask for now, and otherwise how long
// to wait before asking again (0: nothing is missing).
func (p *pool) missing(now time.Time) (n int, wait time.Duration) {
	n = p.want - p.asked - len(p.live)
	if n <= 0 {
		return min(n, 0), 0
	}
	if wait := p.blocked.Sub(now); wait > 0 {
		return 0, wait
	}
	return n, 0
}

// given notes a container that was asked for.
func (p *pool) given(id string, now time.Time) {
	p.asked = max(0, p.asked-1)
	p.live[id] = now
}

// kept notes a container that was not asked for but is there.
func (p *pool) kept(id string, now time.Time) {
	p.live[id] = now
}

// ended notes that a container is gone and returns whether it was there.
// blame says that its end was its own doing.
func (p *pool) ended(id string, blame bool, now time.Time) bool {
	since, found := p.live[id]
	if !found {
		return false
	}
	delete(p.live, id)
	switch {
	case !blame:
	case now.Sub(since) >= youngAge:
		p.young = 0
	default:
		p.young++
		if p.young > freeDeaths {
			pause := longestPause
			if shift := p.young - freeDeaths - 1; shift < 5 {
				pause = min(firstPause<<shift, longestPause)
			}
			p.blocked = now.Add(pause)
		}
	}
	return true
}
