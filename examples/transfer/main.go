// Command transfer keeps the books of a bank: for each account the balance after
// every transfer, and what was turned over in each span of time. Its input is
// made up but always the same, and its output is written exactly once, so that
// anybody can check after any failure that nothing is missing or doubled.
package main

import (
	"fmt"
	"time"

	"github.com/weft-stream/weft"
	"github.com/weft-stream/weft/stream"
)

func main() {
	weft.Main(weft.Job("bank.Transfer", transfer))
}

// A Transfer moves an amount to an account, in cents; below 0 from it.
type Transfer struct {
	Number  int64 // over all accounts, from 0
	Account string
	Amount  int64
}

// An Entry is a line in an account's book.
type Entry struct {
	Transfer
	Line    int64 // in the account's book, from 1
	Balance int64 // after the transfer
}

// A Turnover sums up an account's transfers in a span of time.
type Turnover struct {
	Account string
	From    time.Time
	Count   int64
	Amount  int64 // of all, without signs
}

const (
	span     = 4 * time.Second  // of a turnover, in the transfers' own time
	disorder = 20 * time.Second // how much later than others a transfer may come, in the same time
)

func transfer(env *stream.Env) error {
	count := env.Flags().Int64("count", 0, "number of transfers; 0 for no end")
	rate := env.Flags().Float64("rate", 0, "transfers per second; 0 for as many as possible")
	accounts := env.Flags().Int64("accounts", 50, "number of accounts")
	frozen := env.Flags().Int64("frozen", -1, "number of a transfer to a frozen account, at which the job panics; -1 for none")
	slow := env.Flags().Duration("slow", 0, "time that it takes to write an entry, to see what a sink does that cannot keep up")
	out := env.Flags().String("out", "", "folder for the books and turnovers (required)")
	if err := env.ParseFlags(); err != nil {
		return err
	}
	if *out == "" || *accounts < 1 {
		return fmt.Errorf("--out is required, and --accounts must be at least 1")
	}
	if *count == 0 {
		*count = stream.Unbounded
	}

	transfers := stream.Generate(env, "transfers", stream.Generator[Transfer]{
		Count: *count, Rate: *rate, Record: func(n int64) Transfer { return made(n, *accounts) },
	})
	timed := stream.WithWatermarks(transfers, stream.BoundedOutOfOrderness(disorder, timeOf))
	byAccount := stream.KeyBy(timed, func(t Transfer) string { return t.Account })

	books := stream.Process(byAccount, "books", func(op *stream.Op[string, Entry]) func(Transfer) {
		last := stream.NewValue[Entry](op, "last entry")
		return func(t Transfer) {
			if t.Number == *frozen {
				panic(fmt.Sprintf("account %s is frozen", t.Account))
			}
			before := last.Get()
			entry := Entry{Transfer: t, Line: before.Line + 1, Balance: before.Balance + t.Amount}
			last.Set(entry)
			op.Emit(entry)
		}
	})
	stream.WriteFiles(books, "write-books", *out+"/books", func(dst []byte, e Entry) []byte {
		time.Sleep(*slow)
		return fmt.Appendf(dst, "%s,%d,%d,%d,%d\n", e.Account, e.Line, e.Number, e.Amount, e.Balance)
	})

	turnovers := stream.AggregateWindow(byAccount.Window(stream.Tumbling(span)), "turnovers", stream.Aggregator[Transfer, Turnover, Turnover]{
		Add: func(sum Turnover, t Transfer) Turnover {
			sum.Count++
			sum.Amount += max(t.Amount, -t.Amount)
			return sum
		},
		Result: func(sum Turnover) Turnover { return sum },
	}, func(account string, in stream.Window, sum Turnover) Turnover {
		sum.Account, sum.From = account, in.Start
		return sum
	})
	stream.WriteFiles(turnovers, "write-turnovers", *out+"/turnovers", func(dst []byte, t Turnover) []byte {
		return fmt.Appendf(dst, "%s,%d,%d,%d\n", t.Account, t.From.UnixMilli(), t.Count, t.Amount)
	})
	return nil
}

// made makes up the transfer of a number. Accounts and amounts jump about, but
// are the same each time.
func made(n, accounts int64) Transfer {
	mixed := uint64(n+1) * 0x9e3779b97f4a7c15
	mixed ^= mixed >> 29
	return Transfer{
		Number:  n,
		Account: fmt.Sprintf("account-%03d", mixed%uint64(accounts)),
		Amount:  int64(mixed>>32%20_001) - 10_000,
	}
}

// timeOf is when a transfer was made: one each millisecond.
func timeOf(t Transfer) time.Time { return time.UnixMilli(t.Number) }
