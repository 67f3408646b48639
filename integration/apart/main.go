// Command apart writes numbers into files. No task of it sends anything to another
// slot, so each slot is a region of its own.
package main

import (
	"errors"

	"github.com/weft-stream/weft"
	"github.com/weft-stream/weft/stream"
)

func main() {
	weft.Main(weft.Job("apart.Numbers", numbers))
}

func numbers(env *stream.Env) error {
	count := env.Flags().Int64("count", 0, "how many numbers; 0 for no end")
	rate := env.Flags().Float64("rate", 0, "numbers per second; 0 for as many as possible")
	out := env.Flags().String("out", "", "folder for the files (required)")
	if err := env.ParseFlags(); err != nil {
		return err
	}
	if *out == "" {
		return errors.New("--out is required")
	}
	if *count == 0 {
		*count = stream.Unbounded
	}
	all := stream.Generate(env, "numbers", stream.Generator[int64]{Count: *count, Rate: *rate, Record: func(i int64) int64 { return i }})
	stream.WriteLines(all, "files", *out)
	return nil
}
