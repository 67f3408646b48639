package market

import "math/bits"

// A Generator makes events. It may be used concurrently.
type Generator struct {
	seed  uint64
	nanos int64 // event time from one event to the next
	text  *text
}

// start is the time of event 0: 2015-07-15 00:00:00 UTC, ms since 1970.
const start = 1_436_918_400_000

// MaxRate is the highest rate of a stream: an event each nanosecond.
const MaxRate = 1_000_000_000

// New returns a generator of a stream in which rate events happen in each second
// of event time, 1 to MaxRate. Streams of different seeds have the same IDs and
// times, but other contents.
func New(rate int64, seed uint64) *Generator {
	return &Generator{seed: mix(seed), nanos: MaxRate / rate, text: newText(seed)}
}

// Time returns when event n happens, in ms since 1970. It never falls with n.
func (g *Generator) Time(n int64) int64 { return start + n*g.nanos/1_000_000 }

// draws returns the random numbers of event n.
func (g *Generator) draws(n int64) draws { return draws{mix(g.seed + uint64(n))} }

// draws is a sequence of random numbers: splitmix64 (Steele, Lea, Flood: Fast
// splittable pseudorandom number generators, 2014). Each number serves several
// decisions, for its bits are independent.
type draws struct{ state uint64 }

func (d *draws) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	return mix(d.state)
}

// two returns two numbers of 32 bits.
func (d *draws) two() (a, b uint32) {
	n := d.next()
	return uint32(n >> 32), uint32(n)
}

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// scale brings a random number into the range from 0 to n-1, for n up to 2^32.
func scale(random uint32, n int64) int64 { return int64(uint64(random) * uint64(n) >> 32) }

// scaleFar is scale for any n.
func scaleFar(random uint64, n int64) int64 {
	high, _ := bits.Mul64(random, uint64(n))
	return int64(high)
}
