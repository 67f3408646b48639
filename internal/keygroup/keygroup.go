// Package keygroup divides keyed state into key groups and key groups among subtasks.
//
// A key group is the smallest share of keyed state that moves when a job changes its parallelism. Each key belongs to
// one group for ever: the group follows from the key's hash and the job's maximum parallelism, both of which are written
// into every snapshot. Groups are ranges of the hash, taken from its top bits, so ascending hashes give ascending groups
// and a table that is ordered by hash is ordered by key group too.
//
// Everything here is part of the snapshot format and may never change. All functions are pure and may be called
// concurrently; their arguments are checked where a job is planned, not here.
package keygroup

// HashName names the hash function and this partitioning in a snapshot. A snapshot with another name can't be read.
const HashName = "xxh3-1"

// Max is the largest number of key groups (the largest maximum parallelism) of a job.
const Max = 32768

// Of returns the key group, 0 to max-1, of a key with this hash.
func Of(hash uint64, max int) int {
	return int((hash >> 32 * uint64(max)) >> 32)
}

// FirstHash returns the lowest hash that belongs to key group kg; for kg == max it returns 0, as the hash after the last.
func FirstHash(kg, max int) uint64 {
	return ((uint64(kg)<<32 + uint64(max) - 1) / uint64(max)) << 32
}

// Range returns the key groups, first to last inclusive, that a subtask of an operator owns. The ranges of all subtasks
// are adjoining and differ by at most one group. If parallelism is above max some subtasks own nothing: first > last.
func Range(subtask, parallelism, max int) (first, last int) {
	return (subtask*max + parallelism - 1) / parallelism, ((subtask+1)*max - 1) / parallelism
}

// Subtask returns the subtask that owns a key group. It is the inverse of Range.
func Subtask(kg, parallelism, max int) int {
	return kg * parallelism / max
}
