//go:build integration

package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What examples/transfer must have written, worked out here once more, and
// compared with every line of the output.

const accounts = 50 // the example's default

// made is transfer n as the example makes it up.
func made(n int64) (account string, amount int64) {
	mixed := uint64(n+1) * 0x9e3779b97f4a7c15
	mixed ^= mixed >> 29
	return fmt.Sprintf("account-%03d", mixed%accounts), int64(mixed>>32%20_001) - 10_000
}

// entry is a line of an account's book.
type entry struct {
	line, number, amount, balance int64
}

// turnover is a sum over an account's transfers of four seconds.
type turnover struct {
	account string
	from    int64 // ms
}

type sums struct{ count, amount int64 }

// output is what a job wrote, as text by file.
type output struct {
	books, turnovers []string
}

// audit compares the output with transfers 0 to count-1 and returns what is
// wrong, a line each.
func (o output) audit(count int64) []string {
	a := o.compare(count)
	for number, times := range a.seen {
		if times == 0 {
			a.wrong("transfer %d was not booked", number)
		}
	}
	return a.problems
}

// compare finds what is wrong with the transfers that are there, each of them
// less than count: the sources of a stopped job need not have come equally far.
func (o output) compare(count int64) *auditor {
	a := &auditor{seen: make([]int, count), books: map[string][]entry{}}
	for _, line := range o.books {
		a.entry(line)
	}
	for number, times := range a.seen {
		if times > 1 {
			a.wrong("transfer %d was booked %d times", number, times)
		}
	}
	for account, book := range a.books {
		a.chain(account, book)
	}
	a.turnovers(o.turnovers)
	return a
}

type auditor struct {
	seen     []int // by transfer
	books    map[string][]entry
	problems []string
}

func (a *auditor) wrong(format string, args ...any) {
	a.problems = append(a.problems, fmt.Sprintf(format, args...))
}

// entry checks a line of the books by itself.
func (a *auditor) entry(line string) {
	var e entry
	name, rest, _ := strings.Cut(line, ",")
	if _, err := fmt.Sscanf(rest, "%d,%d,%d,%d", &e.line, &e.number, &e.amount, &e.balance); err != nil {
		a.wrong("no entry: %q", line)
		return
	}
	if e.number < 0 || e.number >= int64(len(a.seen)) {
		a.wrong("transfer %d was never made: %q", e.number, line)
		return
	}
	if account, amount := made(e.number); account != name || amount != e.amount {
		a.wrong("transfer %d is %s, %d, but was booked as %q", e.number, account, amount, line)
	}
	a.seen[e.number]++
	a.books[name] = append(a.books[name], e)
}

// chain checks that each line of a book follows from the one before: the job's
// state never went back or astray.
func (a *auditor) chain(account string, book []entry) {
	slices.SortFunc(book, func(x, y entry) int { return int(x.line - y.line) })
	balance := int64(0)
	for i, e := range book {
		balance += e.amount
		if e.line != int64(i+1) || e.balance != balance {
			a.wrong("%s: line %d has number %d and balance %d, want %d", account, i+1, e.line, e.balance, balance)
			return // all that follow are wrong too
		}
	}
}

// turnovers checks that each span of each account was summed up once, and has
// just the transfers that were booked.
func (a *auditor) turnovers(lines []string) {
	want := map[turnover]sums{}
	for n := range int64(len(a.seen)) {
		if a.seen[n] == 0 {
			continue
		}
		account, amount := made(n)
		key := turnover{account, n - n%4000}
		s := want[key]
		want[key] = sums{s.count + 1, s.amount + max(amount, -amount)}
	}
	for _, line := range lines {
		var key turnover
		var got sums
		name, rest, _ := strings.Cut(line, ",")
		if _, err := fmt.Sscanf(rest, "%d,%d,%d", &key.from, &got.count, &got.amount); err != nil {
			a.wrong("no turnover: %q", line)
			continue
		}
		key.account = name
		if expected, open := want[key]; !open {
			a.wrong("turnover of no span, or doubled: %q", line)
		} else if got != expected {
			a.wrong("turnover %q, want %+v", line, expected)
		}
		delete(want, key)
	}
	for key := range want {
		a.wrong("no turnover of %s from %d", key.account, key.from)
	}
}

// checkOutput compares all that a finished job wrote with transfers 0 to count-1.
// Its first part is in the folder "out", what came last in the one that is named.
func (p *place) checkOutput(count int64, last string) {
	p.t.Helper()
	o := p.output(p.visible, slices.Compact([]string{"out", last})...)
	p.complain(&o, o.audit(count), count)
}

// output reads the wanted files in folders.
func (p *place) output(wanted func(name string) bool, folders ...string) (o output) {
	p.t.Helper()
	for _, name := range folders {
		o.books = append(o.books, p.lines(p.files.sub(name).sub("books"), wanted)...)
		o.turnovers = append(o.turnovers, p.lines(p.files.sub(name).sub("turnovers"), wanted)...)
	}
	return o
}

func (p *place) complain(o *output, problems []string, count int64) {
	p.t.Helper()
	for _, line := range problems[:min(len(problems), 20)] {
		p.t.Error(line)
	}
	if len(problems) > 0 {
		p.t.Errorf("%d things wrong in %d lines of books and %d turnovers of %d transfers", len(problems), len(o.books), len(o.turnovers), count)
	}
}

// visible wants all files but hidden ones. A job that was killed leaves some, of
// a checkpoint that was never complete; the last one must not.
func (p *place) visible(name string) bool {
	rest, hidden := strings.CutPrefix(name, ".pending-")
	if hidden && slices.ContainsFunc(p.former, func(id string) bool { return strings.HasPrefix(rest, id[:8]) }) {
		return false
	}
	return p.finished(name)
}

// finished wants all files, and that none is hidden.
func (p *place) finished(name string) bool {
	hidden := strings.HasPrefix(name, ".")
	if hidden {
		p.t.Errorf("hidden file %s is left", name)
	}
	return !hidden
}

// lines reads the wanted files of a folder.
func (p *place) lines(f folder, wanted func(name string) bool) []string {
	p.t.Helper()
	names, err := f.list()
	check(p.t, err)
	var lines []string
	for _, name := range names {
		if !wanted(name) {
			continue
		}
		text, err := f.read(name)
		check(p.t, err)
		for line := range strings.Lines(string(text)) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

// TestAuditFindsWhatIsWrong shows that no single fault passes the audit that all
// other tests rest on.
func TestAuditFindsWhatIsWrong(t *testing.T) {
	const count = 10_000
	good := func() (o output) {
		books, sum := map[string]entry{}, map[turnover]sums{}
		for n := range int64(count) {
			account, amount := made(n)
			e := books[account]
			e = entry{e.line + 1, n, amount, e.balance + amount}
			books[account] = e
			o.books = append(o.books, fmt.Sprintf("%s,%d,%d,%d,%d", account, e.line, e.number, e.amount, e.balance))
			key := turnover{account, n / 4000 * 4000}
			sum[key] = sums{sum[key].count + 1, sum[key].amount + max(amount, -amount)}
		}
		for key, s := range sum {
			o.turnovers = append(o.turnovers, fmt.Sprintf("%s,%d,%d,%d", key.account, key.from, s.count, s.amount))
		}
		return o
	}
	if problems := good().audit(count); len(problems) > 0 {
		t.Fatalf("the good output: %v", problems)
	}
	for name, spoil := range map[string]func(*output){
		"an entry lost":      func(o *output) { o.books = o.books[1:] },
		"the last one lost":  func(o *output) { o.books = o.books[:count-1] },
		"an entry doubled":   func(o *output) { o.books = append(o.books, o.books[77]) },
		"an entry torn":      func(o *output) { o.books[5] = o.books[5][:12] },
		"a wrong amount":     func(o *output) { o.books[9] = strings.Replace(o.books[9], ",9,", ",9,1", 1) },
		"one too many":       func(o *output) { o.books = append(o.books, "account-000,1,10000,0,0") },
		"state gone back":    func(o *output) { o.books[count-1] = "account-000,1,9999,0,0" },
		"a turnover lost":    func(o *output) { o.turnovers = o.turnovers[1:] },
		"a turnover doubled": func(o *output) { o.turnovers = append(o.turnovers, o.turnovers[0]) },
		"a turnover wrong":   func(o *output) { o.turnovers[3] += "1" },
	} {
		o := good()
		spoil(&o)
		if len(o.audit(count)) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
}
