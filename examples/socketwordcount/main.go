// Command socketwordcount counts the words of lines from a socket, in windows of
// five seconds.
//
//	nc -lk 9010 &
//	weft run ./examples/socketwordcount --port 9010
package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/weft-stream/weft"
	"github.com/weft-stream/weft/stream"
)

func main() {
	weft.Main(weft.Job("streaming.SocketWindowWordCount", socketWindowWordCount))
}

// WordCount is a word and how often it came.
type WordCount struct {
	Word  string
	Count int64
}

func (w WordCount) String() string { return fmt.Sprintf("%s : %d", w.Word, w.Count) }

func socketWindowWordCount(env *stream.Env) error {
	host := env.Flags().String("host", "localhost", "host to read lines from")
	port := env.Flags().Int("port", 9010, "port to read lines from")
	window := env.Flags().Duration("window", 5*time.Second, "length of a window")
	if err := env.ParseFlags(); err != nil {
		return err
	}
	lines := stream.Socket(env, *host, *port)
	words := stream.FlatMap(lines, func(line string, emit func(WordCount)) {
		for _, w := range strings.Fields(line) {
			emit(WordCount{w, 1})
		}
	})
	counts := stream.KeyBy(words, func(w WordCount) string { return w.Word }).
		Window(stream.Tumbling(*window)).
		Reduce("window-count", func(a, b WordCount) WordCount { a.Count += b.Count; return a })
	stream.Print(counts)
	return nil
}
