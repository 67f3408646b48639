package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// A command's peak covers the processes that it starts, and a failure tells its last line.
func TestRun(t *testing.T) {
	outcome, err := Run(context.Background(), Command{
		Args: []string{"sh", "-c", "sh -c 'echo $GREETING; sleep 0.2; exit 3'; echo first >&2; echo last >&2; exit 4"},
		Env:  []string{"GREETING=hello"},
	})
	if err == nil || !strings.HasSuffix(err.Error(), "exit status 4: last") {
		t.Errorf("error %v, want one that ends with the status and the last line", err)
	}
	if outcome.Output != "hello\nfirst\nlast\n" {
		t.Errorf("output %q", outcome.Output)
	}
	if outcome.Peak <= 0 {
		t.Errorf("peak %d, want a positive number of bytes", outcome.Peak)
	}
}

func TestMemory(t *testing.T) {
	if own := Memory(os.Getpid(), "VmRSS"); own < 1<<20 || own > Memory(os.Getpid(), "VmSize") {
		t.Errorf("resident memory of this test: %d bytes", own)
	}
	if none := Memory(1<<30, "VmRSS"); none != 0 {
		t.Errorf("resident memory of no process: %d", none)
	}
}

// The feed speaks to whoever connected last: a job that was restarted.
func TestFeed(t *testing.T) {
	feed, err := NewFeed()
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	if err := feed.Send("nobody"); err == nil {
		t.Error("sent without a reader")
	}
	for i := range 2 {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", feed.Port()))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		line := fmt.Sprintf("to reader %d", i)
		lines := make(chan string)
		go func() {
			scanner := bufio.NewScanner(conn)
			scanner.Scan()
			lines <- scanner.Text()
		}()
		// The connection counts when the feed has accepted it: until then a line goes to the one before, or to nobody.
		for sent := false; !sent; {
			feed.Send(line)
			select {
			case got := <-lines:
				if got != line {
					t.Errorf("got %q, want %q", got, line)
				}
				sent = true
			case <-time.After(Look):
			}
		}
	}
}

// What failed in a JVM is told by the cause, not by the last line, which is one of a stack.
func TestCause(t *testing.T) {
	last := errors.New("exit status 1: \t... 31 more")
	output := "Exception: it failed\nCaused by: no restart\n\tat a.b\nCaused by: java.lang.OutOfMemoryError: Java heap space\n\t... 31 more\n"
	if got := cause(output, last).Error(); got != "java.lang.OutOfMemoryError: Java heap space" {
		t.Errorf("cause %q", got)
	}
	if got := cause("no class of that name\n", last); got != last {
		t.Errorf("cause %q of an output that tells none", got)
	}
}
