package jobs

import (
	"github.com/weft-stream/weft/bench/internal/meter"
	"github.com/weft-stream/weft/bench/internal/work"
	"github.com/weft-stream/weft/stream"
)

// WordCount is a word and how often it has come.
type WordCount struct {
	Word  string
	Count int64
}

// wordCount is J1: the running count of words, each new count emitted.
func wordCount(env *stream.Env) error {
	count := env.Flags().Int64("count", 100_000_000, "records to make")
	different := env.Flags().Int64("words", 1000, "different words")
	rate := env.Flags().Float64("rate", 0, "records per second; 0 for as fast as possible")
	if err := env.ParseFlags(); err != nil {
		return err
	}
	words, m := work.NewWords(*different), meter.New(*count)
	made := stream.Generate(env, "words", stream.Generator[WordCount]{Count: *count, Rate: *rate, Record: func(i int64) WordCount {
		m.Made(i)
		return WordCount{words.At(i), 1}
	}})
	counts := stream.KeyBy(made, func(w WordCount) string { return w.Word }).
		Reduce("counts", func(a, b WordCount) WordCount { a.Count += b.Count; return a })
	tally(counts, func(t *meter.Tally) func(WordCount) {
		return func(w WordCount) { t.Add(work.WeighWord(w.Word) * uint64(w.Count)) }
	})
	return nil
}
