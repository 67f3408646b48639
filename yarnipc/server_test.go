package yarnipc

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

// server is a Hadoop server of the tests: the other side of the handshake and of the frames, with a script for the
// answers. It is for what real daemons do too seldom to wait for; that real daemons understand this package is the
// integration tests' business.
type server struct {
	listener net.Listener
	offer    string // the challenge's qop and cipher directives
	script   func(call rpcCall) (proto.Message, error)

	turn sync.Mutex // one script runs at a time

	mu     sync.Mutex
	tokens []Token // accepted
	used   []string
	conns  []net.Conn
	wait   sync.WaitGroup
}

// rpcCall is one call as the server sees it.
type rpcCall struct {
	method  string
	request []byte // an encoded message
}

// Errors of a script that are no answers.
var (
	errHangUp = errors.New("close the connection")
	errSilent = errors.New("do not answer")
)

func startServer(t *testing.T, offer string, tokens ...Token) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{listener: listener, offer: offer, tokens: tokens}
	s.wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			s.wait.Go(func() {
				defer conn.Close()
				if err := s.serve(conn); err != nil && !errors.Is(err, errHangUp) && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
					t.Logf("server: %v", err)
				}
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		s.hangUp()
		s.wait.Wait()
	})
	return s
}

func (s *server) address() string { return s.listener.Addr().String() }

func (s *server) node() NodeID {
	address := s.listener.Addr().(*net.TCPAddr)
	return NodeID{Host: address.IP.String(), Port: int32(address.Port)}
}

// accept replaces the tokens that open connections.
func (s *server) accept(tokens ...Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = tokens
}

// hangUp closes all connections.
func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		conn.Close()
	}
	s.conns = nil
}

// usedTokens returns the identifiers of the tokens that opened connections.
func (s *server) usedTokens() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.used)
}

func (s *server) serve(conn net.Conn) error {
	hello := make([]byte, len(preamble))
	if _, err := io.ReadFull(conn, hello); err != nil {
		return err
	}
	stream, err := s.handshake(conn)
	if err != nil {
		return err
	}
	reader := bufio.NewReader(stream)
	for {
		packet, err := readPacket(reader, maxPacket)
		if err != nil {
			return err
		}
		header, method := &pb.RequestHeader{}, &pb.MethodHeader{}
		if packet, err = takeMessage(packet, header); err != nil {
			return err
		}
		if header.GetCallId() == callContext {
			continue
		}
		if packet, err = takeMessage(packet, method); err != nil {
			return err
		}
		// The request goes to the script undecoded, behind its length.
		request := make([]byte, 0, len(packet))
		for i := range packet {
			if packet[i] < 0x80 {
				request = append(request, packet[i+1:]...)
				break
			}
		}
		s.turn.Lock()
		answer, err := s.script(rpcCall{method: method.GetMethod(), request: request})
		s.turn.Unlock()
		if errors.Is(err, errSilent) {
			continue
		}
		if err := respond(stream, uint32(header.GetCallId()), answer, err); err != nil {
			return err
		}
	}
}

func respond(w io.Writer, call uint32, answer proto.Message, err error) error {
	header := &pb.ResponseHeader{CallId: &call, Status: pb.ResponseHeader_SUCCESS.Enum()}
	messages := []proto.Message{header, answer}
	var remote *RemoteError
	if errors.As(err, &remote) {
		header.Status, header.ExceptionClass, header.ErrorMessage = pb.ResponseHeader_ERROR.Enum(), &remote.Class, &remote.Message
		messages = messages[:1]
		if strings.HasSuffix(remote.Class, "InvalidToken") {
			header.Status = pb.ResponseHeader_FATAL.Enum()
		}
	} else if err != nil {
		return err
	}
	packet, err := appendPacket(nil, messages...)
	if err != nil {
		return err
	}
	_, err = w.Write(packet)
	return err
}

// handshake is the server's side of SASL.
func (s *server) handshake(conn net.Conn) (io.ReadWriter, error) {
	if m, err := serverRead(conn); err != nil || m.GetState() != pb.SaslMessage_NEGOTIATE {
		return nil, fmt.Errorf("expected NEGOTIATE, got %v: %w", m, err)
	}
	text := `realm="default",nonce="server nonce",charset=utf-8,algorithm=md5-sess,` + s.offer
	offer := saslMessage(pb.SaslMessage_NEGOTIATE)
	offer.Auths = []*pb.SaslMessage_Auth{
		{Method: proto.String("KERBEROS"), Mechanism: proto.String("GSSAPI")},
		{Method: proto.String("TOKEN"), Mechanism: proto.String("DIGEST-MD5"), Protocol: proto.String(""), ServerId: proto.String("default"), Challenge: []byte(text)},
	}
	if err := respond(conn, 1<<32-33, offer, nil); err != nil {
		return nil, err
	}
	initiate, err := serverRead(conn)
	if err != nil {
		return nil, err
	}
	d, err := s.check(text, initiate)
	if err != nil {
		return nil, errors.Join(errHangUp, respond(conn, 1<<32-33, nil, err))
	}
	success := saslMessage(pb.SaslMessage_SUCCESS)
	success.Token = []byte("rspauth=" + d.proof(""))
	if err := respond(conn, 1<<32-33, success, nil); err != nil {
		return nil, err
	}
	if d.qop == qopAuth {
		return conn, nil
	}
	c := &serverConn{Conn: conn}
	if c.read, err = newSealer(d, "client-to-server", false); err != nil {
		return nil, err
	}
	c.write, err = newSealer(d, "server-to-client", true)
	return c, err
}

// check finds the token that the client's response proves.
func (s *server) check(text string, initiate *pb.SaslMessage) (*digest, error) {
	directives, err := parseDirectives(string(initiate.GetToken()))
	if err != nil {
		return nil, err
	}
	c, err := parseChallenge([]byte(text))
	if err != nil {
		return nil, err
	}
	c.qops = []string{directives["qop"]}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, token := range s.tokens {
		if base64.StdEncoding.EncodeToString(token.Identifier) != directives["username"] {
			continue
		}
		d, err := digestWithNonce(c, token, "/default", directives["cnonce"])
		if err == nil && d.proof("AUTHENTICATE") == directives["response"] {
			s.used = append(s.used, string(token.Identifier))
			return d, nil
		}
	}
	return nil, &RemoteError{Class: "org.apache.hadoop.security.token.SecretManager$InvalidToken", Message: "unknown"}
}

func serverRead(r io.Reader) (*pb.SaslMessage, error) {
	packet, err := readPacket(r, maxPacket)
	if err != nil {
		return nil, err
	}
	header, m := &pb.RequestHeader{}, &pb.SaslMessage{}
	if packet, err = takeMessage(packet, header); err == nil {
		_, err = takeMessage(packet, m)
	}
	return m, err
}

// serverConn is the server's end of a protected connection. It cuts what it sends into small pieces.
type serverConn struct {
	net.Conn
	read, write *sealer
	pending     []byte
}

func (c *serverConn) Read(b []byte) (int, error) {
	for len(c.pending) == 0 {
		m, err := serverRead(c.Conn)
		if err != nil {
			return 0, err
		}
		if c.pending, err = c.read.unwrap(m.GetToken()); err != nil {
			return 0, err
		}
	}
	n := copy(b, c.pending)
	c.pending = c.pending[n:]
	return n, nil
}

func (c *serverConn) Write(b []byte) (int, error) {
	for part := range slices.Chunk(b, 1009) {
		m := saslMessage(pb.SaslMessage_WRAP)
		m.Token = c.write.wrap(part)
		if err := respond(c.Conn, 1<<32-33, m, nil); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// decode reads a request as the message that it is.
func decode[M proto.Message](t *testing.T, call rpcCall, m M) M {
	t.Helper()
	if err := proto.Unmarshal(call.request, m); err != nil {
		t.Errorf("%s: %v", call.method, err)
	}
	return m
}

var amToken = Token{Identifier: []byte("am"), Password: []byte("secret"), Kind: KindAMRM}

// testManager returns a client of scripted ResourceManagers.
func testManager(t *testing.T, addresses ...string) *ResourceManager {
	t.Helper()
	rm, err := NewResourceManager(RMConfig{
		Addresses:   addresses,
		Credentials: &Credentials{Tokens: []NamedToken{{Token: amToken}}},
		RetryPause:  time.Millisecond,
		Logger:      slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rm.Close)
	return rm
}

// testContext ends calls that hang, so that a failing test says where.
func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func exception(class string) error {
	return &RemoteError{Class: "org.apache.hadoop.yarn.exceptions." + class, Message: "scripted"}
}
