package stream

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// Socket reads lines of text from a TCP server, in one subtask. A socket cannot
// be read twice: what was read after the last checkpoint is lost when the job
// restarts. The stream ends when the server closes the connection.
func Socket(env *Env, host string, port int) *Stream[string] {
	address := net.JoinHostPort(host, strconv.Itoa(port))
	if port < 1 || port > 65535 {
		env.fail(callerLocation(), "port %d of the socket source: it must be 1 to 65535", port)
	}
	options := SourceOptions{Name: "Socket " + address, Parallelism: 1}
	return From(env, "", options, func() Source[string] {
		return &socketSource{address: address}
	})
}

// maxLine bounds a line of text, in bytes.
const maxLine = 16 << 20

// socketSource hands lines from the goroutine that reads the connection to the
// subtask's. The reader stops reading while the subtask is behind.
type socketSource struct {
	address string
	conn    net.Conn
	ctx     *SourceContext

	mu    sync.Mutex
	room  *sync.Cond
	lines []string
	spare []string
	err   error // why the reader ended; io.EOF when the server closed
}

const waitingLines = 4096

func (s *socketSource) Open(ctx *SourceContext, _ bool, _ [][]byte) error {
	s.ctx = ctx
	s.room = sync.NewCond(&s.mu)
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(ctx.Context, "tcp", s.address)
	if err != nil {
		return fmt.Errorf("no server listens there: start one first (nc -lk %s): %w", s.address[len(s.address)-portLength(s.address):], err)
	}
	s.conn = conn
	go s.read()
	return nil
}

func portLength(address string) int {
	_, port, _ := net.SplitHostPort(address)
	return len(port)
}

func (s *socketSource) read() {
	scanner := bufio.NewScanner(s.conn)
	scanner.Buffer(make([]byte, 64<<10), maxLine)
	for scanner.Scan() {
		s.mu.Lock()
		for len(s.lines) >= waitingLines && s.err == nil {
			s.room.Wait()
		}
		stop := s.err != nil
		s.lines = append(s.lines, scanner.Text())
		first := len(s.lines) == 1
		s.mu.Unlock()
		if stop {
			return
		}
		if first {
			s.ctx.Wake()
		}
	}
	err := scanner.Err()
	switch {
	case err == nil:
		err = io.EOF
	case errors.Is(err, bufio.ErrTooLong):
		err = fmt.Errorf("a line is longer than %d bytes", maxLine)
	}
	s.mu.Lock()
	if s.err == nil {
		s.err = err
	}
	s.mu.Unlock()
	s.ctx.Wake()
}

func (s *socketSource) Poll(out *Emitter[string]) (Next, error) {
	s.mu.Lock()
	lines, err := s.lines, s.err
	s.lines = s.spare[:0]
	s.room.Signal()
	s.mu.Unlock()
	for _, line := range lines {
		out.Emit(line)
	}
	clear(lines)
	s.spare = lines
	switch {
	case len(lines) > 0:
		return Again(), nil
	case err == nil:
		return Wait(0), nil
	case err == io.EOF:
		return End(), nil
	}
	return Next{}, err
}

func (s *socketSource) Snapshot() ([][]byte, error) { return nil, nil }

func (s *socketSource) Close() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.mu.Lock()
	if s.err == nil {
		s.err = net.ErrClosed
	}
	s.room.Broadcast()
	s.mu.Unlock()
	return err
}
