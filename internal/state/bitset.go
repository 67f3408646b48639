package state

// bitset marks numbers.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(n uint32) bool { return b[n/64]>>(n%64)&1 == 1 }

func (b bitset) mark(n uint32) { b[n/64] |= 1 << (n % 64) }

// copy gives number to, which may be new, the mark of another one.
func (b *bitset) copy(to, from uint32) {
	if int(to/64) == len(*b) {
		*b = append(*b, 0)
	}
	if b.has(from) {
		b.mark(to)
	}
}
