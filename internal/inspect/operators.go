package inspect

import (
	"fmt"
	"slices"

	"github.com/weft-stream/weft/internal/snapshot"
)

// Change says how something differs between two snapshots, a and b.
type Change string

// The changes.
const (
	Added   Change = "added"   // only b has it
	Removed Change = "removed" // only a has it
	Changed Change = "changed"
)

// OperatorDiff is an operator of two snapshots that is not the same in both.
type OperatorDiff struct {
	Change Change
	A, B   *snapshot.Operator // nil in the snapshot that lacks it
	Type   string             // how its type of keys changed, "" if it did not
	States []StateDiff        // of an operator that both have; those that are the same are left out
}

// StateDiff is a state of an operator that is not the same in both snapshots.
type StateDiff struct {
	Change       Change
	Name         string
	Type         string // how its kind or type changed, "" if only what it holds may have
	SizeA, SizeB int64  // bytes
	Comparable   bool   // both have it, with the same types: Keys can compare it
	InfoA, InfoB snapshot.StateInfo
}

// Operators compares the operators of two snapshots by what their metadata says: uids, types, and the checksums of
// states. States with equal checksums are equal; others may still hold the same entries in another order, which only Keys
// can tell. Operators and states are in the order of a, then those of b alone.
func Operators(a, b *snapshot.Metadata) []OperatorDiff {
	var diffs []OperatorDiff
	for i := range a.Operators {
		old := &a.Operators[i]
		now := b.Operator(old.UID)
		if now == nil {
			diffs = append(diffs, OperatorDiff{Change: Removed, A: old})
			continue
		}
		d := OperatorDiff{Change: Changed, A: old, B: now, States: states(old, now)}
		if old.KeySchema != now.KeySchema {
			d.Type = fmt.Sprintf("key type %s → %s", orNone(old.KeySchema), orNone(now.KeySchema))
		}
		if d.Type != "" || len(d.States) > 0 {
			diffs = append(diffs, d)
		}
	}
	for i := range b.Operators {
		if a.Operator(b.Operators[i].UID) == nil {
			diffs = append(diffs, OperatorDiff{Change: Added, B: &b.Operators[i]})
		}
	}
	return diffs
}

// states compares the states of an operator.
func states(a, b *snapshot.Operator) []StateDiff {
	var diffs []StateDiff
	for _, old := range a.States {
		now, found := info(b, old.Name)
		d := StateDiff{Change: Changed, Name: old.Name, SizeA: size(a, old.Name), SizeB: size(b, old.Name), InfoA: old, InfoB: now}
		switch {
		case !found:
			d.Change = Removed
		case old.Kind != now.Kind:
			d.Type = fmt.Sprintf("kind %s → %s", old.Kind, now.Kind)
		case old.Schema != now.Schema:
			d.Type = fmt.Sprintf("type %s → %s", orNone(old.Schema), orNone(now.Schema))
		case sameRuns(a, b, old.Name):
			continue
		default:
			d.Comparable = a.KeySchema == b.KeySchema && (old.Kind != "clock" || a.MaxParallelism == b.MaxParallelism)
		}
		diffs = append(diffs, d)
	}
	for _, now := range b.States {
		if _, found := info(a, now.Name); !found {
			diffs = append(diffs, StateDiff{Change: Added, Name: now.Name, SizeB: size(b, now.Name), InfoB: now})
		}
	}
	return diffs
}

func info(o *snapshot.Operator, state string) (snapshot.StateInfo, bool) {
	i := slices.IndexFunc(o.States, func(s snapshot.StateInfo) bool { return s.Name == state })
	if i < 0 {
		return snapshot.StateInfo{}, false
	}
	return o.States[i], true
}

// size is the size of a state in bytes.
func size(o *snapshot.Operator, state string) (bytes int64) {
	for _, h := range Handles(o, state) {
		bytes += h.Length
	}
	return bytes
}

// sameRuns says whether the checksums of a state say that it is the same in both.
func sameRuns(a, b *snapshot.Operator, state string) bool {
	runs := func(o *snapshot.Operator) (all []snapshot.Handle) {
		for _, h := range Handles(o, state) {
			all = append(all, snapshot.Handle{Length: h.Length, CRC32C: h.CRC32C, FirstKeyGroup: h.FirstKeyGroup, LastKeyGroup: h.LastKeyGroup})
		}
		return all
	}
	same := func(x, y snapshot.Handle) bool {
		return x.Length == y.Length && x.CRC32C == y.CRC32C && x.FirstKeyGroup == y.FirstKeyGroup && x.LastKeyGroup == y.LastKeyGroup
	}
	return a.KeySchema == b.KeySchema && slices.EqualFunc(runs(a), runs(b), same)
}

func orNone(schema string) string {
	if schema == "" {
		return "none"
	}
	return schema
}
