package state

import (
	"unsafe"

	"github.com/weft-stream/weft/internal/codec"
)

// rows are the entries of a [Run] as its snapshot sees them, without their types.
type rows struct {
	first          unsafe.Pointer
	n              int
	size, key, val uintptr // bytes of an entry, offsets of its key and its value; its hash comes first
	keys, vals     codec.Untyped
	max            int // key groups of the job

	emit    func(firstKG, lastKG int, frame []byte) // of the snapshot being written, nil if there is none
	saved   []bool                                  // which chunks have been written
	cursor  int                                     // the first chunk that may not have been
	ordered frame
}

// chunkEntries is how many entries of a run are written to a snapshot together.
const chunkEntries = 128

// closed returns rows of the same types, without any.
func (r *rows) closed() rows {
	return rows{size: r.size, key: r.key, val: r.val, keys: r.keys, vals: r.vals, max: r.max}
}

func (r *rows) begin(first unsafe.Pointer, n int, emit func(firstKG, lastKG int, frame []byte)) {
	r.first, r.n, r.emit, r.cursor, r.ordered = first, n, emit, 0, frame{}
	r.saved = make([]bool, (n+chunkEntries-1)/chunkEntries)
}

func (r *rows) step(chunks int) (done bool) {
	if r.emit == nil {
		return true
	}
	for ; chunks > 0 && r.cursor < len(r.saved); chunks-- {
		if !r.saved[r.cursor] {
			r.save(&r.ordered, r.cursor)
		}
		r.cursor++
		if len(r.ordered.buf) >= frameBytes {
			r.ordered.flush(r.max, r.emit)
		}
	}
	if r.cursor < len(r.saved) {
		return false
	}
	r.ordered.flush(r.max, r.emit)
	r.abort()
	return true
}

func (r *rows) abort() { r.first, r.emit, r.saved, r.ordered = nil, nil, nil, frame{} }

// protect writes the chunk of entry i, which is about to change, to the open snapshot.
func (r *rows) protect(i int) {
	if c := i / chunkEntries; r.emit != nil && !r.saved[c] {
		var single frame
		r.save(&single, c)
		single.flush(r.max, r.emit)
	}
}

func (r *rows) save(f *frame, chunk int) {
	r.saved[chunk] = true
	first := chunk * chunkEntries
	for i := first; i < min(first+chunkEntries, r.n); i++ {
		e := unsafe.Add(r.first, uintptr(i)*r.size)
		f.note(*(*uint64)(e))
		f.buf = r.keys.Append(f.buf, unsafe.Add(e, r.key))
		f.buf = r.vals.Append(f.buf, unsafe.Add(e, r.val))
	}
}
