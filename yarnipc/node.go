package yarnipc

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"

	"google.golang.org/protobuf/proto"
)

// node is one NodeManager: its tokens and its connection.
//
// Two tokens are kept, since either can be the one that works. The newest is right as a rule. But a NodeManager also
// keeps, for each attempt, the key of the token that last started a container, while a token that came with a
// registration and started nothing is refused after some rolls of the keys.
type node struct {
	id  NodeID
	log *slog.Logger

	calls sync.Mutex // held for a whole call: one at a time

	mu      sync.Mutex // guards the rest, for moments
	newest  Token
	starter Token // opened the connection that last started a container
	using   Token // opened conn
	conn    *rpcConn
}

func (n *node) addToken(t Token) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.newest = t
}

// candidates returns the tokens worth trying.
func (n *node) candidates() []Token {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []Token
	for _, t := range []Token{n.newest, n.starter} {
		if !t.isZero() && (len(list) == 0 || !t.equal(list[0])) {
			list = append(list, t)
		}
	}
	return list
}

// call sends a request, over a new connection if the old one has died meanwhile. resent says that the request may have
// been sent twice, and so served twice.
func (n *node) call(ctx context.Context, method string, request, response proto.Message) (resent bool, err error) {
	n.calls.Lock()
	defer n.calls.Unlock()
	if conn := n.connection(); conn != nil && conn.usable() {
		err := conn.call(ctx, method, request, response)
		if conn.usable() || ctx.Err() != nil {
			return false, n.served(method, err)
		}
		n.log.Debug("node manager cut the connection", "node", n.id, "error", err)
		resent = true
	}
	conn, err := n.connect(ctx)
	if err != nil {
		return resent, err
	}
	return resent, n.served(method, conn.call(ctx, method, request, response))
}

func (n *node) connection() *rpcConn {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.conn
}

// served notes which token was good for a start.
func (n *node) served(method string, err error) error {
	if err == nil && method == "startContainers" {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.starter = n.using
	}
	return err
}

// connect dials with each token in turn.
func (n *node) connect(ctx context.Context) (*rpcConn, error) {
	candidates := n.candidates()
	if len(candidates) == 0 {
		return nil, errors.New("no token for the node; the resource manager sends one with the first container there")
	}
	var failures []error
	for _, token := range candidates {
		conn, err := dialRPC(ctx, n.id.String(), protocolContainers, token)
		if err == nil {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.conn, n.using = conn, token
			return conn, nil
		}
		failures = append(failures, err)
		if !isTokenRefusal(err) {
			break
		}
	}
	return nil, errors.Join(failures...)
}

// isTokenRefusal says that another token might do: the server named a reason, or hung up during the handshake.
func isTokenRefusal(err error) bool {
	var remote *RemoteError
	return errors.As(err, &remote) || errors.Is(err, io.EOF)
}

// disconnect also ends a call in flight.
func (n *node) disconnect() {
	if conn := n.connection(); conn != nil {
		conn.close()
	}
}
