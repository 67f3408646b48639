// Package work is the work itself of the throughput benchmarks: what record each index makes, and what a result weighs in
// a run's checksum. Weft's jobs (bench/jobs) and the bare loops (bench/internal/bare) use it; bench/flink has the same in
// Java. All three must agree to the bit, or the checksums of their results differ and the runs do not count.
package work

// Mix scatters an index: the output function of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
// generators, 2014). The same index gives the same number everywhere.
func Mix(i int64) uint64 {
	x := uint64(i) + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Below maps a scattered number evenly to 0 … n-1, for n below 2³², without a division.
func Below(x, n uint64) uint64 { return (x >> 32) * n >> 32 }

// Epoch is the event time of index 0, in ms since 1970: a multiple of every window's size.
const Epoch = 1_600_000_000_000
