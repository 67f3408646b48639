package stream_test

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/weft-stream/weft/stream"
	"github.com/weft-stream/weft/stream/streamtest"
)

// A server gives two lines and closes the connection, which ends the stream.
func ExampleSocket() {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		conn, err := server.Accept()
		if err == nil {
			fmt.Fprintln(conn, "to be\nor not to be")
			conn.Close()
		}
	}()
	streamtest.Show(func(env *stream.Env) error {
		stream.Print(stream.Socket(env, "127.0.0.1", server.Addr().(*net.TCPAddr).Port))
		return nil
	})
	// Output:
	// to be
	// or not to be
}

func ExampleLines() {
	dir, err := os.MkdirTemp("", "lines")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("one\ntwo\n"), 0o600); err != nil {
		panic(err)
	}
	streamtest.Show(func(env *stream.Env) error {
		stream.Print(stream.Lines(env, "lines", dir)) // a folder, or one file
		return nil
	})
	// Output:
	// one
	// two
}

func ExampleCollection() {
	streamtest.Show(func(env *stream.Env) error {
		stream.Print(stream.Collection(env, "fruit", "apple", "pear", "plum"))
		return nil
	})
	// Output:
	// apple
	// pear
	// plum
}

func ExampleSequence() {
	streamtest.Show(func(env *stream.Env) error {
		stream.Print(stream.Sequence(env, "numbers", 3, 5))
		return nil
	})
	// Output:
	// 3
	// 4
	// 5
}

// A generator makes each record from its index alone, here 1,000 a second.
func ExampleGenerate() {
	streamtest.Show(func(env *stream.Env) error {
		squares := stream.Generate(env, "squares", stream.Generator[int64]{
			Count:  4,
			Rate:   1000,
			Record: func(i int64) int64 { return i * i },
		})
		stream.Print(squares)
		return nil
	})
	// Output:
	// 0
	// 1
	// 4
	// 9
}

// countdown counts down to 0. Its place is the number that comes next: a
// restored countdown goes on from there.
type countdown struct{ next uint64 }

func (c *countdown) Open(_ *stream.SourceContext, restored bool, places [][]byte) error {
	if restored && len(places) == 1 {
		c.next = binary.BigEndian.Uint64(places[0])
	}
	return nil
}

func (c *countdown) Poll(out *stream.Emitter[string]) (stream.Next, error) {
	out.Emit(fmt.Sprint(c.next))
	if c.next == 0 {
		return stream.End(), nil
	}
	c.next--
	return stream.Again(), nil
}

func (c *countdown) Snapshot() ([][]byte, error) {
	return [][]byte{binary.BigEndian.AppendUint64(nil, c.next)}, nil
}

func (c *countdown) Close() error { return nil }

func ExampleFrom() {
	streamtest.Show(func(env *stream.Env) error {
		options := stream.SourceOptions{Name: "Countdown", Parallelism: 1, Replayable: true, Bounded: true}
		numbers := stream.From(env, "countdown", options, func() stream.Source[string] {
			return &countdown{next: 2}
		})
		stream.Print(numbers)
		return nil
	})
	// Output:
	// 2
	// 1
	// 0
}
