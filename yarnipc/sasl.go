package yarnipc

import (
	"errors"
	"fmt"
	"io"
	"net"

	"google.golang.org/protobuf/proto"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

// preamble opens a connection: "hrpc", version 9, service class 0, and 0xDF for SASL. The server sends nothing back to it.
var preamble = []byte{'h', 'r', 'p', 'c', 9, 0, 0xDF}

// maxWrapped is how much of the stream goes into one protected message. Servers have a buffer of 64 KiB.
const maxWrapped = 60000

// saslConn is a connection that has shown its token. Bytes written to it arrive at the server's RPC layer, signed or
// sealed on the way if the handshake agreed so. The inside is a byte stream: packets need not match protected messages.
type saslConn struct {
	net.Conn
	write, read *sealer // nil when packets go in the clear
	pending     []byte  // opened bytes that were not read yet
}

// authenticate opens a fresh connection to a Hadoop server with a token. It takes what the server lists for TOKEN, so
// it works for the scheduler, NodeManagers and, with a delegation token, NameNodes.
func authenticate(conn net.Conn, token Token) (*saslConn, error) {
	hello, err := appendPacket(append([]byte(nil), preamble...), saslHeader(), saslMessage(pb.SaslMessage_NEGOTIATE))
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(hello); err != nil {
		return nil, err
	}
	offer, err := readSasl(conn, maxHandshakePacket)
	if err != nil {
		return nil, err
	}
	auth, err := chooseAuth(offer)
	if err != nil {
		return nil, err
	}
	c, err := parseChallenge(auth.GetChallenge())
	if err != nil {
		return nil, err
	}
	d, err := newDigest(c, token, auth.GetProtocol()+"/"+auth.GetServerId())
	if err != nil {
		return nil, err
	}
	initiate := saslMessage(pb.SaslMessage_INITIATE)
	initiate.Token = d.response()
	auth.Challenge = nil
	initiate.Auths = []*pb.SaslMessage_Auth{auth}
	if err := writeSasl(conn, initiate); err != nil {
		return nil, err
	}
	closing, err := readSasl(conn, maxHandshakePacket)
	if err != nil {
		return nil, err
	}
	if closing.GetState() != pb.SaslMessage_SUCCESS {
		return nil, fmt.Errorf("server ended the handshake with %v", closing.GetState())
	}
	if err := d.verify(closing.GetToken()); err != nil {
		return nil, err
	}
	sc := &saslConn{Conn: conn}
	sc.write, sc.read, err = newSealers(d)
	return sc, err
}

// chooseAuth picks token authentication from what the server offers.
func chooseAuth(offer *pb.SaslMessage) (*pb.SaslMessage_Auth, error) {
	if offer.GetState() != pb.SaslMessage_NEGOTIATE {
		return nil, fmt.Errorf("server opened the handshake with %v", offer.GetState())
	}
	var offered []string
	for _, auth := range offer.GetAuths() {
		if auth.GetMethod() == "TOKEN" && auth.GetMechanism() == "DIGEST-MD5" {
			return auth, nil
		}
		offered = append(offered, auth.GetMethod())
	}
	return nil, fmt.Errorf("server takes no tokens, only %q", offered)
}

func saslHeader() *pb.RequestHeader { return requestHeader(callSasl, []byte{}, -1) }

func saslMessage(state pb.SaslMessage_State) *pb.SaslMessage {
	return &pb.SaslMessage{Version: proto.Uint32(0), State: &state}
}

func writeSasl(w io.Writer, m *pb.SaslMessage) error {
	packet, err := appendPacket(nil, saslHeader(), m)
	if err != nil {
		return err
	}
	_, err = w.Write(packet)
	return err
}

func readSasl(r io.Reader, limit int) (*pb.SaslMessage, error) {
	packet, err := readPacket(r, limit)
	if err != nil {
		return nil, err
	}
	header, rest, err := takeResponse(packet)
	if err != nil {
		return nil, err
	}
	if id := int32(header.GetCallId()); id != callSasl {
		return nil, fmt.Errorf("server answered call %d in the middle of SASL", id)
	}
	m := &pb.SaslMessage{}
	if _, err := takeMessage(rest, m); err != nil {
		return nil, err
	}
	return m, nil
}

// Write sends b, in several protected messages if it is long.
func (c *saslConn) Write(b []byte) (int, error) {
	if c.write == nil {
		return c.Conn.Write(b)
	}
	written := 0
	for written < len(b) {
		part := b[written:min(written+maxWrapped, len(b))]
		m := saslMessage(pb.SaslMessage_WRAP)
		m.Token = c.write.wrap(part)
		if err := writeSasl(c.Conn, m); err != nil {
			return written, err
		}
		written += len(part)
	}
	return written, nil
}

// Read returns bytes of the stream inside.
func (c *saslConn) Read(b []byte) (int, error) {
	if c.read == nil {
		return c.Conn.Read(b)
	}
	for len(c.pending) == 0 {
		m, err := readSasl(c.Conn, maxPacket)
		if err != nil {
			return 0, err
		}
		if m.GetState() != pb.SaslMessage_WRAP {
			return 0, errors.New("server sent an unprotected message over a protected connection")
		}
		if c.pending, err = c.read.unwrap(m.GetToken()); err != nil {
			return 0, err
		}
	}
	n := copy(b, c.pending)
	c.pending = c.pending[n:]
	return n, nil
}
