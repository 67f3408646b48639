package state

import "testing"

// BenchmarkTrackedUpdates is what telling changes costs an update, of a million keys in no order.
func BenchmarkTrackedUpdates(b *testing.B) {
	const keys = 1_000_000
	for _, tracked := range []bool{false, true, false, true} {
		name := "off"
		if tracked {
			name = "on"
		}
		b.Run(name, func(b *testing.B) {
			table := newTable[uint64, uint64](b, 128)
			hashes := make([]uint64, keys)
			for i := range uint64(keys) {
				hashes[i] = table.hash(i)
				table.Ref(hashes[i], i)
			}
			if tracked {
				table.Segments.BeginBase(func(int, int, []byte) {})
				for !table.Segments.StepSnapshot(64) {
				}
			}
			b.ResetTimer()
			i := uint64(0)
			for range b.N {
				i = (i + 7_919) % keys
				v, _ := table.Ref(hashes[i], i)
				*v++
			}
		})
	}
}
