package work

import "encoding/binary"

// WordBytes is the length of every word.
const WordBytes = 8

// Words are the words of J1, the word count. They stand in one string, so that taking one costs no allocation.
type Words struct {
	text string
	n    uint64
}

// NewWords makes n different words, n below 2³²: "w" and the number in seven digits of base 32.
func NewWords(n int64) *Words {
	const digits = "0123456789abcdefghijklmnopqrstuv"
	text := make([]byte, 0, n*WordBytes)
	for i := range n {
		text = append(text, 'w')
		for shift := 30; shift >= 0; shift -= 5 {
			text = append(text, digits[i>>shift&31])
		}
	}
	return &Words{string(text), uint64(n)}
}

// At is the word of an index.
func (w *Words) At(index int64) string {
	at := Below(Mix(index), w.n) * WordBytes
	return w.text[at : at+WordBytes]
}

// WeighWord is what a word's count weighs in the checksum, times the count: its bytes as a number.
func WeighWord(word string) uint64 {
	b := [WordBytes]byte{}
	copy(b[:], word)
	return binary.LittleEndian.Uint64(b[:])
}
