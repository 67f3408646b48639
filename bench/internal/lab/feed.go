package lab

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Feed is a line server, the input of a job that reads from a socket. It is silent until it is told to send, so that an
// idle job is one whose source is connected.
type Feed struct {
	listener net.Listener

	mu     sync.Mutex
	reader net.Conn // the latest connection: a job that was restarted has connected anew
}

// NewFeed listens on a port of this machine.
func NewFeed() (*Feed, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &Feed{listener: listener}
	go f.accept()
	return f, nil
}

// Port is where a job connects.
func (f *Feed) Port() int { return f.listener.Addr().(*net.TCPAddr).Port }

// Send gives one line to the job.
func (f *Feed) Send(line string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reader == nil {
		return errors.New("no source has connected to the feed")
	}
	f.reader.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_, err := io.WriteString(f.reader, line+"\n")
	return err
}

// Close ends the input.
func (f *Feed) Close() error {
	err := f.listener.Close()
	f.take(nil)
	return err
}

func (f *Feed) accept() {
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			return
		}
		f.take(conn)
	}
}

// take puts one connection in the place of another.
func (f *Feed) take(conn net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.reader != nil {
		f.reader.Close()
	}
	f.reader = conn
}
