package codec

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

type wordCount struct {
	Word  string
	Count int64
}

type bid struct {
	Auction, Bidder, Price int64
	Channel, URL           string
	At                     int64
	Extra                  string
}

var sampleBid = bid{
	1_000_123, 40_961, 1_293_847, "Google", "https://www.nexmark.com/googoo/item.htm?query=1",
	time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC).UnixMilli(), "abcdefghijkl",
}

func benchmarkCodec[T any](b *testing.B, v T) {
	c, err := Of[T]()
	if err != nil {
		b.Fatal(err)
	}
	row := c.Append(nil, &v)
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		b.ReportMetric(float64(len(row)), "bytes")
		buf := make([]byte, 0, 64<<10)
		for b.Loop() {
			if len(buf) > 60<<10 {
				buf = buf[:0]
			}
			buf = c.Append(buf, &v)
		}
	})
	var frame []byte
	for len(frame) < 60<<10 {
		frame = c.Append(frame, &v)
	}
	decode := func(f func([]byte, *T) (int, error)) func(*testing.B) {
		return func(b *testing.B) {
			b.ReportAllocs()
			rest := frame
			for b.Loop() {
				if len(rest) == 0 {
					rest = frame
				}
				var got T
				n, err := f(rest, &got)
				if err != nil {
					b.Fatal(err)
				}
				rest = rest[n:]
			}
		}
	}
	b.Run("decode", decode(c.Decode))
	b.Run("decodecopy", decode(c.DecodeCopy))
}

func BenchmarkWordCount(b *testing.B) { benchmarkCodec(b, wordCount{"abcdefgh", 1}) }
func BenchmarkBid(b *testing.B)       { benchmarkCodec(b, sampleBid) }
func BenchmarkMap(b *testing.B)       { benchmarkCodec(b, map[string]int64{"a": 1, "b": 2, "c": 3}) }

func BenchmarkHasher(b *testing.B) {
	str, _ := Hasher[string]()
	num, _ := Hasher[uint64]()
	pair, _ := Hasher[struct{ A, B int32 }]()
	var sink uint64
	b.Run("string", func(b *testing.B) {
		for b.Loop() {
			sink += str("abcdefgh")
		}
	})
	b.Run("uint64", func(b *testing.B) {
		for b.Loop() {
			sink += num(sink)
		}
	})
	b.Run("struct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sink += pair(struct{ A, B int32 }{1, int32(sink)})
		}
	})
}

// BenchmarkColumns is a batch of 512 records; what it says is of one record.
func BenchmarkColumns(b *testing.B) {
	b.Run("wordCount", func(b *testing.B) { benchmarkColumns(b, wordCount{"w1000123", 1}) })
	b.Run("bid", func(b *testing.B) { benchmarkColumns(b, sampleBid) })
}

func benchmarkColumns[T any](b *testing.B, v T) {
	c := must[T](b)
	values := make([]T, 512)
	for i := range values {
		values[i] = v
	}
	wire := c.AppendColumns(nil, values)
	perRecord := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(values)), "ns/record")
	}
	b.Run("append", func(b *testing.B) {
		b.ReportMetric(float64(len(wire))/float64(len(values)), "bytes/record")
		for b.Loop() {
			wire = c.AppendColumns(wire[:0], values)
		}
		perRecord(b)
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.DecodeColumns(wire, values); err != nil {
				b.Fatal(err)
			}
		}
		perRecord(b)
	})
}

// BenchmarkBatchHasherFar hashes texts that are in no cache, as a source's words are.
func BenchmarkBatchHasherFar(b *testing.B) {
	words := make([]string, 1_000_000)
	for i := range words {
		words[i] = fmt.Sprint("word-", i)
	}
	hash, err := BatchHasher[string]()
	if err != nil {
		b.Fatal(err)
	}
	keys, hashes := make([]string, 128), make([]uint64, 128)
	random := rand.New(rand.NewPCG(1, 2))
	for i := 0; i < b.N; i += len(keys) {
		for j := range keys {
			keys[j] = words[random.IntN(len(words))]
		}
		hash(keys, hashes)
	}
}
