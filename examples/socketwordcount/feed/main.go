// Command feed is a line server to try a job with that reads from a socket: it
// sends words, without end, to everyone who connects.
//
//	go run ./examples/socketwordcount/feed --port 9010
package main

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"
)

// lines are what is sent, over and over: the counts of a window tell whether
// one got lost or came twice.
var lines = []string{
	"warp threads wait",
	"weft threads travel",
	"the shuttle carries the weft across the warp",
	"and the cloth grows",
}

func main() {
	port := flag.Int("port", 9010, "port to listen at; if it is taken, a free one is chosen")
	rate := flag.Int("rate", 20, "lines a second for each connection")
	flag.Parse()
	if err := run(*port, *rate); err != nil {
		fmt.Fprintln(os.Stderr, "feed:", err)
		os.Exit(1)
	}
}

func run(port, rate int) error {
	if flag.NArg() > 0 {
		return fmt.Errorf("unknown operand %q: only --port and --rate are understood", flag.Arg(0))
	}
	if rate < 1 || rate > 1000 {
		return fmt.Errorf("--rate %d: must be between 1 and 1000 lines a second", rate)
	}
	listener, err := listen(port)
	if err != nil {
		return err
	}
	// The first line of the output is the port alone, for scripts to read.
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := listener.Accept()
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		go serve(conn, time.Second/time.Duration(rate))
	}
}

// listen takes the port, or a free one if somebody else has it. It listens on
// the loopback address only.
func listen(port int) (net.Listener, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err == nil {
		return listener, nil
	}
	listener, free := net.Listen("tcp", "127.0.0.1:0")
	if free != nil {
		return nil, err
	}
	return listener, nil
}

// serve sends a line at every tick until the other side has gone.
func serve(conn net.Conn, every time.Duration) {
	defer conn.Close()
	from := conn.RemoteAddr().String()
	slog.Info("connected", "from", from)
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for n := 0; ; n++ {
		if _, err := io.WriteString(conn, lines[n%len(lines)]+"\n"); err != nil {
			slog.Info("gone", "from", from, "lines", n)
			return
		}
		<-ticks.C
	}
}
