package stream_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/weft-stream/weft/stream"
	"github.com/weft-stream/weft/stream/streamtest"
)

func ExamplePrint() {
	streamtest.Show(func(env *stream.Env) error {
		stream.Print(stream.Collection(env, "words", "warp", "weft"))
		return nil
	})
	// Output:
	// warp
	// weft
}

// ForEach is for what may be done again after a restart.
func ExampleForEach() {
	total := int64(0)
	streamtest.Show(func(env *stream.Env) error {
		stream.ForEach(stream.Sequence(env, "numbers", 1, 4), "add", func(i int64) { total += i })
		return nil
	})
	fmt.Println(total)
	// Output: 10
}

func ExampleDiscard() {
	streamtest.Show(func(env *stream.Env) error {
		stream.Discard(stream.Map(stream.Sequence(env, "numbers", 1, 2), func(i int64) int64 {
			fmt.Println("seen", i)
			return i
		}))
		return nil
	})
	// Output:
	// seen 1
	// seen 2
}

// contents prints the files of a folder, in order.
func contents(folder string) {
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s:\n%s", filepath.Base(file), text)
	}
}

func ExampleWriteLines() {
	folder, err := os.MkdirTemp("", "out")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	streamtest.Show(func(env *stream.Env) error {
		stream.WriteLines(stream.Collection(env, "words", "warp", "weft"), "words-out", folder)
		return nil
	})
	contents(folder)
	// Output:
	// part-embedded-0-1-0:
	// warp
	// weft
}

func ExampleWriteFiles() {
	folder, err := os.MkdirTemp("", "out")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	streamtest.Show(func(env *stream.Env) error {
		readings := stream.Collection(env, "readings", reading{"a", 1, 0.5}, reading{"b", 2, 4})
		stream.WriteFiles(readings, "csv", "file://"+folder, func(dst []byte, r reading) []byte {
			return fmt.Appendf(dst, "%s,%d,%g\n", r.Sensor, r.At, r.Value)
		})
		return nil
	})
	contents(folder)
	// Output:
	// part-embedded-0-1-0:
	// a,1,0.5
	// b,2,4
}

// ledger writes each record exactly once: a line is printed only when the
// checkpoint that covers it is durable. What was prepared is in the checkpoint,
// so a restart can print it; a real ledger would also see that it was printed before.
type ledger struct {
	open     []string
	prepared map[int64][]string
}

func (l *ledger) Open(_ *stream.SinkContext, _ bool, prepared [][]byte) error {
	l.prepared = map[int64][]string{}
	for _, lines := range prepared {
		fmt.Println(string(lines))
	}
	return nil
}

func (l *ledger) Write(line string) error {
	l.open = append(l.open, line)
	return nil
}

func (l *ledger) Prepare(checkpoint int64) ([][]byte, error) {
	l.prepared[checkpoint], l.open = l.open, nil
	var all [][]byte
	for _, lines := range l.prepared { // also those of earlier checkpoints that are not known to be durable
		all = append(all, []byte(strings.Join(lines, "\n")))
	}
	return all, nil
}

func (l *ledger) Commit(checkpoint int64) error {
	for c, lines := range l.prepared {
		if c <= checkpoint {
			fmt.Println(strings.Join(lines, "\n"))
			delete(l.prepared, c)
		}
	}
	return nil
}

func (l *ledger) Close() error { return nil }

func ExampleInto() {
	streamtest.Show(func(env *stream.Env) error {
		words := stream.Collection(env, "words", "warp", "weft")
		stream.Into(words, "ledger", "Ledger", func() stream.Sink[string] { return &ledger{} })
		return nil
	})
	// Output:
	// warp
	// weft
}

// Settings in code win over the command line and the configuration file.
func ExampleEnv_CheckpointEvery() {
	streamtest.Show(func(env *stream.Env) error {
		env.CheckpointEvery(10 * time.Second)
		env.Set("state.checkpoints.num-retained", "20")
		stream.Print(stream.Collection(env, "words", "warp"))
		return nil
	})
	// Output: warp
}
