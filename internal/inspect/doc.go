// Package inspect looks into checkpoints and savepoints without the program that wrote them: it reads the entries of a
// state, finds those of one key, and compares two snapshots. All it needs to know stands in the snapshot: which states an
// operator has, of which kind, and the schemas of keys and values (see package codec).
//
// # What a state's frames hold
//
// Package snapshot stores frames and does not look into them. Their content, by the kind of the state:
//
//	value, list, map    a run of entries: key, value
//	window              8 bytes, the start of a pane; then a run of entries: key, accumulator
//	session-window      a run of entries: key, list of sessions {Start, End, Fired, Acc}
//	timers              a run of entries: time, key
//	clock               24 bytes: a time, the first and the last key group that it counts for
//	operator-list       one entry, as the source or sink wrote it
//	operator-union      the same
//	in-flight, …        an element of a channel: see package inflight
//
// A run of entries is their number in four bytes, little endian, and the entries one after the other. Times are in ms
// since 1970; those of panes and clocks take eight bytes, little endian, those of timers are encoded as an int64.
//
// # Memory
//
// One frame is in memory at a time, however large the state is. Two snapshots are compared a range of hashes at a time,
// each as large as the memory that is allowed for it.
package inspect
