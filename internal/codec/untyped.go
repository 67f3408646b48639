package codec

import "unsafe"

// Untyped is a codec whose type is known only while the program runs. What works with it is compiled once, and not once
// more for each type. A value is given by its address; nothing checks that it is of the type. Like a [Codec] it is immutable.
type Untyped struct {
	prog *program
}

// Untyped returns the codec without its type.
func (c *Codec[T]) Untyped() Untyped { return Untyped{c.prog} }

// Append is [Codec.Append].
func (u Untyped) Append(dst []byte, v unsafe.Pointer) []byte { return u.prog.append(dst, noescape(v)) }

// Decode is [Codec.Decode], or if u is of a decoder [Decoder.Decode].
func (u Untyped) Decode(src []byte, v unsafe.Pointer) (n int, err error) {
	return u.prog.decode(src, 0, noescape(v), false)
}

// DecodeCopy is Decode with strings and byte slices in memory of their own.
func (u Untyped) DecodeCopy(src []byte, v unsafe.Pointer) (n int, err error) {
	return u.prog.decode(src, 0, noescape(v), true)
}

// Text says whether a value is a string that is written as [AppendText] writes it.
func (u Untyped) Text() bool { return len(u.prog.ops) == 1 && u.prog.ops[0].kind == kindString }

// AppendText appends a string: its length and its bytes.
func AppendText(dst []byte, s string) []byte { return append(appendUint(dst, uint64(len(s))), s...) }

// Clone is [Codec.Clone].
func (u Untyped) Clone(v unsafe.Pointer) {
	if u.prog.aliases() {
		u.prog.clone(noescape(v))
	}
}

// Aliases is [Codec.Aliases].
func (u Untyped) Aliases() bool { return u.prog.aliases() }

// PointerFree is [Codec.PointerFree].
func (u Untyped) PointerFree() bool { return u.prog.pointerFree }

// MinSize is [Codec.MinSize], or if u is of a decoder [Decoder.MinSize].
func (u Untyped) MinSize() int { return u.prog.min }

// Decoder is [Codec.Decoder]: only the methods that decode, and MinSize, are of use in what it returns.
func (u Untyped) Decoder(written string) (Untyped, error) { return u.decoder(written, Compare) }

// KeyDecoder is [Codec.KeyDecoder].
func (u Untyped) KeyDecoder(written string) (Untyped, error) { return u.decoder(written, CompareKeys) }
