package stream_test

import (
	"fmt"
	"time"

	"github.com/weft-stream/weft/stream"
	"github.com/weft-stream/weft/stream/streamtest"
)

type sale struct {
	Shop  string
	Cents int64
}

func sales(env *stream.Env) *stream.KeyedStream[string, sale] {
	all := stream.Collection(env, "sales", sale{"north", 100}, sale{"south", 250}, sale{"north", 300})
	return stream.KeyBy(all, func(s sale) string { return s.Shop })
}

// The sum of each shop so far, each time that it changes.
func ExampleKeyedStream_Reduce() {
	streamtest.Show(func(env *stream.Env) error {
		stream.Print(sales(env).Reduce("sums", func(a, b sale) sale {
			a.Cents += b.Cents
			return a
		}))
		return nil
	})
	// Output:
	// {north 100}
	// {south 250}
	// {north 400}
}

// The first sale of each shop.
func ExampleProcess() {
	streamtest.Show(func(env *stream.Env) error {
		stream.Print(stream.Process(sales(env), "first-sale", func(op *stream.Op[string, sale]) func(sale) {
			seen := stream.NewValue[bool](op, "seen")
			return func(s sale) {
				if !seen.Get() {
					seen.Set(true)
					op.Emit(s)
				}
			}
		}))
		return nil
	})
	// Output:
	// {north 100}
	// {south 250}
}

// The first sale of each shop in a day: a shop that has sold nothing for so long
// is forgotten.
func ExampleExpireAfter() {
	streamtest.Show(func(env *stream.Env) error {
		stream.Print(stream.Process(sales(env), "first-sale", func(op *stream.Op[string, sale]) func(sale) {
			seen := stream.NewValue[bool](op, "seen", stream.ExpireAfter(24*time.Hour))
			return func(s sale) {
				if !seen.Get() {
					op.Emit(s)
				}
				seen.Set(true)
			}
		}))
		return nil
	})
	// Output:
	// {north 100}
	// {south 250}
}

func ExampleValueState_Update() {
	streamtest.Show(func(env *stream.Env) error {
		stream.Print(stream.Process(sales(env), "number", func(op *stream.Op[string, string]) func(sale) {
			count := stream.NewValue[int](op, "count")
			return func(s sale) {
				count.Update(func(n *int) { *n++ })
				op.Emit(fmt.Sprintf("%s: sale %d", op.Key(), count.Get()))
			}
		}))
		return nil
	})
	// Output:
	// north: sale 1
	// south: sale 1
	// north: sale 2
}

func ExampleListState() {
	streamtest.Show(func(env *stream.Env) error {
		stream.Print(stream.Process(sales(env), "history", func(op *stream.Op[string, string]) func(sale) {
			history := stream.NewList[int64](op, "cents")
			return func(s sale) {
				history.Add(s.Cents)
				op.Emit(fmt.Sprint(op.Key(), " ", history.Get()))
			}
		}))
		return nil
	})
	// Output:
	// north [100]
	// south [250]
	// north [100 300]
}

func ExampleMapState() {
	streamtest.Show(func(env *stream.Env) error {
		stream.Print(stream.Process(sales(env), "prices", func(op *stream.Op[string, string]) func(sale) {
			prices := stream.NewMap[int64, int](op, "prices")
			return func(s sale) {
				n, _ := prices.Get(s.Cents)
				prices.Put(s.Cents, n+1)
				op.Emit(fmt.Sprintf("%s has %d prices", op.Key(), prices.Len()))
			}
		}))
		return nil
	})
	// Output:
	// north has 1 prices
	// south has 1 prices
	// north has 2 prices
}

// An order and its payment meet by the order's number, whichever comes first.
func ExampleConnect() {
	type order struct {
		ID   int
		Item string
	}
	type payment struct{ Order, Cents int }
	streamtest.Show(func(env *stream.Env) error {
		orders := stream.KeyBy(stream.Collection(env, "orders", order{1, "loom"}, order{2, "yarn"}), func(o order) int { return o.ID })
		payments := stream.KeyBy(stream.Collection(env, "payments", payment{2, 300}, payment{1, 9900}), func(p payment) int { return p.Order })
		stream.Print(stream.Connect(orders, payments, "paid", func(op *stream.Op[int, string]) (func(order), func(payment)) {
			item := stream.NewValue[string](op, "item")
			paid := stream.NewValue[int](op, "paid")
			try := func() {
				what, ordered := item.Lookup()
				if cents, ok := paid.Lookup(); ok && ordered {
					op.Emit(fmt.Sprintf("%s for %d", what, cents))
				}
			}
			return func(o order) { item.Set(o.Item); try() }, func(p payment) { paid.Set(p.Cents); try() }
		}))
		return nil
	})
	// Unordered output:
	// loom for 9900
	// yarn for 300
}

// What does not parse goes to a side output.
func ExampleEmitSide() {
	bad := stream.NewTag[string]("bad")
	streamtest.Show(func(env *stream.Env) error {
		texts := stream.Collection(env, "texts", "7", "x", "9")
		numbers := stream.ProcessEach(texts, func(op *stream.Op[stream.None, int]) func(string) {
			return func(text string) {
				var n int
				if _, err := fmt.Sscan(text, &n); err != nil {
					stream.EmitSide(op, bad, text)
					return
				}
				op.Emit(n)
			}
		})
		stream.Print(numbers)
		stream.Print(stream.Map(stream.SideOutput(numbers, bad), func(text string) string { return "bad: " + text }))
		return nil
	})
	// Unordered output:
	// 7
	// 9
	// bad: x
}

// A timer in event time fires when the watermark reaches it.
func ExampleOp_EventTimer() {
	streamtest.Show(func(env *stream.Env) error {
		visits := stream.Collection(env, "visits", reading{"a", 1000, 0}, reading{"b", 2000, 0}, reading{"a", 4000, 0})
		timed := stream.WithWatermarks(visits, stream.Ascending(readingTime))
		stream.Print(stream.Process(stream.KeyBy(timed, sensor), "gone", func(op *stream.Op[string, string]) func(reading) {
			last := stream.NewValue[int64](op, "last")
			op.OnTimer(func(t time.Time) {
				if t.UnixMilli() == last.Get()+10_000 {
					op.Emit(fmt.Sprintf("%s is gone since %d", op.Key(), last.Get()))
				}
			})
			return func(r reading) {
				last.Set(r.At)
				op.EventTimer(op.Timestamp().Add(10 * time.Second))
			}
		}))
		return nil
	})
	// Output:
	// b is gone since 2000
	// a is gone since 4000
}

// A timer in processing time fires by the machine's clock.
func ExampleOp_ProcessingTimer() {
	fired := make(chan struct{}) // keeps the source open: timers do not outlast the input
	streamtest.Show(func(env *stream.Env) error {
		open := stream.From(env, "", stream.SourceOptions{Parallelism: 1}, func() stream.Source[int64] { return &until{closed: fired} })
		keyed := stream.KeyBy(open, func(int64) string { return "seven" })
		stream.Print(stream.Process(keyed, "later", func(op *stream.Op[string, string]) func(int64) {
			op.OnTimer(func(time.Time) {
				op.Emit(op.Key() + ", a moment later")
				close(fired)
			})
			return func(int64) { op.ProcessingTimer(op.ProcessingTime().Add(20 * time.Millisecond)) }
		}))
		return nil
	})
	// Output:
	// seven, a moment later
}
