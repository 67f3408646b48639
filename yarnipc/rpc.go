package yarnipc

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

// Protocols, as the connection context and every call name them. The version of both is 1.
const (
	protocolMaster     = "org.apache.hadoop.yarn.api.ApplicationMasterProtocolPB"
	protocolContainers = "org.apache.hadoop.yarn.api.ContainerManagementProtocolPB"
)

// dialTimeout bounds connecting and the handshake, so that a host that swallows packets does not eat a call's whole time.
const dialTimeout = 10 * time.Second

// rpcConn is one authenticated connection to one server. Calls take turns: an application master has no need for more.
type rpcConn struct {
	protocol string
	clientID []byte

	mu     sync.Mutex
	conn   *saslConn
	reader *bufio.Reader
	next   int32
	broken bool
}

// dialRPC connects and authenticates. A refused token is a [RemoteError].
func dialRPC(ctx context.Context, address, protocol string, token Token) (*rpcConn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c := &rpcConn{protocol: protocol, clientID: make([]byte, 16)}
	rand.Read(c.clientID) // never fails
	err = withContext(ctx, raw, func() error {
		conn, err := authenticate(raw, token)
		if err != nil {
			return err
		}
		c.conn = conn
		return c.sendContext()
	})
	if err != nil {
		raw.Close()
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	c.reader = bufio.NewReader(c.conn)
	return c, nil
}

// sendContext names the protocol. The server answers nothing. No user is named: the token is the user, and a server
// closes the connection when both are given and differ.
func (c *rpcConn) sendContext() error {
	packet, err := appendPacket(nil, requestHeader(callContext, c.clientID, -1), &pb.ConnectionContext{Protocol: &c.protocol})
	if err != nil {
		return err
	}
	_, err = c.conn.Write(packet)
	return err
}

// call sends a request and waits for its answer. A [RemoteError] leaves the connection in use unless the server closed
// it; after any other error the connection is closed, and whether the server has done its work is unknown.
func (c *rpcConn) call(ctx context.Context, method string, request, response proto.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return fmt.Errorf("%s: %w", method, net.ErrClosed)
	}
	var remote *RemoteError
	err := withContext(ctx, c.conn, func() error {
		fatal, err := c.exchange(method, request, response)
		if fatal {
			c.closeLocked()
		}
		return err
	})
	if err != nil && (ctx.Err() != nil || !errors.As(err, &remote)) {
		c.closeLocked()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// exchange sends one request and reads one answer. fatal says that the server closes the connection after it.
func (c *rpcConn) exchange(method string, request, response proto.Message) (fatal bool, err error) {
	id := c.next
	c.next = (c.next + 1) & 0x7fffffff // negative ids have other meanings
	packet, err := appendPacket(nil,
		requestHeader(id, c.clientID, 0),
		&pb.MethodHeader{Method: &method, Protocol: &c.protocol, ProtocolVersion: proto.Uint64(1)},
		request)
	if err != nil {
		return false, err
	}
	if _, err := c.conn.Write(packet); err != nil {
		return false, err
	}
	answer, err := readPacket(c.reader, maxPacket)
	if err != nil {
		return false, err
	}
	header, rest, err := takeResponse(answer)
	if err != nil {
		return header.GetStatus() == pb.ResponseHeader_FATAL, err
	}
	if got := int32(header.GetCallId()); got != id {
		return true, fmt.Errorf("answer to call %d came for call %d", id, got)
	}
	_, err = takeMessage(rest, response)
	return false, err
}

// close ends the connection. A call in flight fails.
func (c *rpcConn) close() {
	c.conn.Close() // outside the mutex, so that a waiting call ends
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closeLocked()
}

func (c *rpcConn) closeLocked() {
	c.broken = true
	c.conn.Close()
}

// usable says whether another call can be tried.
func (c *rpcConn) usable() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.broken
}

// withContext runs work on conn under ctx: its deadline and its cancellation end reads and writes, for good. The error
// is ctx's own then, whatever work has come to.
func withContext(ctx context.Context, conn net.Conn, work func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	err := work()
	if !stop() {
		return errors.Join(context.Cause(ctx), err)
	}
	return err
}
