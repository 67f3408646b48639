package storage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/colinmarc/hdfs/v2"
)

const (
	// dialTimeout bounds a dial and the login in it. A host that is up answers
	// within milliseconds; one that is down must not hold up the next NameNode.
	dialTimeout = 5 * time.Second
	// stallTimeout bounds each read and write on a connection. It is far above
	// what a loaded NameNode or a pipeline of DataNodes takes for one answer.
	stallTimeout = 30 * time.Second
)

// session is one library client with the connections that it opened, used by
// one operation at a time. The library has no way to interrupt a call; closing
// its connections is one.
type session struct {
	client *hdfs.Client
	life   context.Context // ended by abort; bounds dials
	end    context.CancelFunc

	mu       sync.Mutex
	conns    map[*sessionConn]struct{}
	namenode string // the NameNode dialled last
	idle     time.Time
}

// openSession connects a new client. The context bounds only the opening.
func openSession(ctx context.Context, options hdfs.ClientOptions) (*session, error) {
	s := &session{conns: map[*sessionConn]struct{}{}}
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	options.NamenodeDialFunc = s.dialer(options.NamenodeDialFunc, func(addr string) { s.namenode = addr })
	options.DatanodeDialFunc = s.dialer(options.DatanodeDialFunc, func(string) {})

	stop := context.AfterFunc(ctx, s.abort)
	client, err := hdfs.NewClient(options)
	if !stop() && err == nil {
		client.Close()
		err = context.Cause(ctx)
	}
	if err != nil {
		s.abort()
		return nil, err
	}
	s.client = client
	return s, nil
}

// abort breaks every connection, so that a call under way returns with an
// error. The session cannot be used any more, but must still be closed.
func (s *session) abort() {
	s.end()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Conn.Close()
	}
}

func (s *session) aborted() bool { return s.life.Err() != nil }

func (s *session) close() {
	s.abort() // first: closing the client waits for a call under way
	s.client.Close()
}

// dialer wraps a dial function so that the session knows its connections.
func (s *session) dialer(dial DialFunc, dialled func(addr string)) DialFunc {
	if dial == nil {
		dial = (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext
	}
	return func(_ context.Context, network, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(s.life, dialTimeout)
		defer cancel()
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.aborted() {
			conn.Close()
			return nil, net.ErrClosed
		}
		dialled(addr)
		c := &sessionConn{Conn: conn, session: s}
		s.conns[c] = struct{}{}
		return c, nil
	}
}

// sessionConn gives every read and write a deadline, which the library does not.
type sessionConn struct {
	net.Conn
	session *session
	stalled atomic.Bool
}

func (c *sessionConn) Read(p []byte) (int, error) {
	c.SetReadDeadline(time.Now().Add(stallTimeout)) // fails only when the read does too
	n, err := c.Conn.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		// What comes late has no reader any more, and a writer that waits for
		// acknowledgements should fail now rather than after a timeout of its own.
		c.stalled.Store(true)
		c.Close()
	}
	return n, c.explain(err)
}

func (c *sessionConn) Write(p []byte) (int, error) {
	c.SetWriteDeadline(time.Now().Add(stallTimeout)) // fails only when the write does too
	n, err := c.Conn.Write(p)
	return n, c.explain(err)
}

// explain says why a connection is closed that was not by its user.
func (c *sessionConn) explain(err error) error {
	if err != nil && c.stalled.Load() {
		return fmt.Errorf("no answer from %s for %s", c.RemoteAddr(), stallTimeout)
	}
	return err
}

func (c *sessionConn) Close() error {
	c.session.mu.Lock()
	delete(c.session.conns, c)
	c.session.mu.Unlock()
	return c.Conn.Close()
}

const (
	// maxIdle and idleFor bound the sessions kept for reuse: each of them sends
	// the NameNode a lease renewal every second, used or not. Between two
	// checkpoints it is cheaper for the NameNode to be dialled again, and most
	// sessions are over before their first renewal.
	maxIdle = 4
	idleFor = 500 * time.Millisecond
)

var errClosed = errors.New("the file system was closed")

// pool keeps idle sessions for reuse.
type pool struct {
	options hdfs.ClientOptions

	mu     sync.Mutex
	idle   []*session // the one used last at the end
	closed bool
	reaper *time.Timer
}

// get takes a session for one operation; put or drop must follow.
func (p *pool) get(ctx context.Context) (*session, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, &Error{Op: "use", URI: "hdfs", Reason: Invalid, Err: errClosed}
	}
	if n := len(p.idle); n > 0 {
		s := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return s, nil
	}
	options := p.options
	options.Addresses = append([]string(nil), options.Addresses...)
	p.mu.Unlock()
	return openSession(ctx, options)
}

// put gives back a session that is in good order, and remembers its NameNode as
// the one to try first: of a pair, that is the active one.
func (p *pool) put(s *session) {
	s.mu.Lock()
	active := s.namenode
	s.mu.Unlock()

	p.mu.Lock()
	defer p.mu.Unlock()
	for i, address := range p.options.Addresses {
		if address == active && i > 0 {
			copy(p.options.Addresses[1:], p.options.Addresses[:i])
			p.options.Addresses[0] = active
		}
	}
	if p.closed || s.aborted() || len(p.idle) >= maxIdle {
		go s.close()
		return
	}
	s.idle = time.Now()
	p.idle = append(p.idle, s)
	if p.reaper == nil {
		p.reaper = time.AfterFunc(idleFor, p.reap)
	}
}

// drop throws a session away after a fault, and all idle ones: they are likely
// to be connected to the same dead NameNode.
func (p *pool) drop(s *session) {
	p.mu.Lock()
	broken := append(p.idle, s)
	p.idle = nil
	p.mu.Unlock()
	for _, s := range broken {
		go s.close()
	}
}

// reap closes sessions that were idle for long, and comes again if any is left.
func (p *pool) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reaper = nil
	old := 0
	for old < len(p.idle) && time.Since(p.idle[old].idle) >= idleFor {
		go p.idle[old].close()
		old++
	}
	p.idle = append([]*session(nil), p.idle[old:]...)
	if len(p.idle) > 0 {
		p.reaper = time.AfterFunc(idleFor-time.Since(p.idle[0].idle), p.reap)
	}
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, s := range p.idle {
		s.close()
	}
	p.idle = nil
	if p.reaper != nil {
		p.reaper.Stop()
	}
}
