package yarnipc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

// A packet is a 4-byte big-endian length and a row of messages, each behind its own varint length. The first message is
// a header, the others depend on it. A message without content still has its length, 0.

const (
	// maxPacket bounds what a server may send at once. Hadoop's own bound on requests, ipc.maximum.data.length, is the same.
	maxPacket = 64 << 20
	// maxHandshakePacket bounds it while the server has not proved that it knows the token.
	maxHandshakePacket = 64 << 10
)

// Call ids that are no calls. Calls count from 0.
const (
	callContext int32 = -3
	callSasl    int32 = -33
)

// Values of RequestHeader that never change here.
const (
	rpcKindProtobuf = 2
	rpcFinalPacket  = 0
)

// appendPacket appends a packet of the messages to b.
func appendPacket(b []byte, messages ...proto.Message) ([]byte, error) {
	start := len(b)
	b = append(b, 0, 0, 0, 0)
	for _, m := range messages {
		b = protowire.AppendVarint(b, uint64(proto.Size(m)))
		var err error
		if b, err = (proto.MarshalOptions{UseCachedSize: true}).MarshalAppend(b, m); err != nil {
			return nil, fmt.Errorf("encode %s: %w", m.ProtoReflect().Descriptor().Name(), err)
		}
	}
	size := len(b) - start - 4
	if size > maxPacket {
		return nil, fmt.Errorf("message of %d bytes is larger than the %d allowed", size, maxPacket)
	}
	binary.BigEndian.PutUint32(b[start:], uint32(size))
	return b, nil
}

// readPacket reads one packet of at most limit bytes and returns it without its length. Memory grows with what really
// arrives, not with what the length promises.
func readPacket(r io.Reader, limit int) ([]byte, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(prefix[:])
	if uint64(size) > uint64(limit) {
		return nil, fmt.Errorf("packet of %d bytes is larger than the %d allowed", size, limit)
	}
	var packet bytes.Buffer
	if _, err := io.CopyN(&packet, r, int64(size)); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return packet.Bytes(), nil
}

// takeMessage decodes the first message of a packet into m and returns the rest.
func takeMessage(packet []byte, m proto.Message) ([]byte, error) {
	name := m.ProtoReflect().Descriptor().Name()
	size, n := protowire.ConsumeVarint(packet)
	if n < 0 {
		return nil, fmt.Errorf("decode %s: %w", name, protowire.ParseError(n))
	}
	packet = packet[n:]
	if size > uint64(len(packet)) {
		return nil, fmt.Errorf("decode %s: %w", name, io.ErrUnexpectedEOF)
	}
	if err := proto.Unmarshal(packet[:size], m); err != nil {
		return nil, fmt.Errorf("decode %s: %w", name, err)
	}
	return packet[size:], nil
}

// takeResponse decodes a server's header. An exception in it becomes a [RemoteError], and rest is what follows the header.
func takeResponse(packet []byte) (header *pb.ResponseHeader, rest []byte, err error) {
	header = &pb.ResponseHeader{}
	if rest, err = takeMessage(packet, header); err != nil {
		return nil, nil, err
	}
	if header.GetStatus() != pb.ResponseHeader_SUCCESS {
		return header, rest, newRemoteError(header.GetExceptionClass(), header.GetErrorMessage())
	}
	return header, rest, nil
}

// requestHeader builds the header of a client's packet. Every field has to be on the wire, zero or not.
func requestHeader(call int32, clientID []byte, retry int32) *pb.RequestHeader {
	return &pb.RequestHeader{
		RpcKind:    proto.Int32(rpcKindProtobuf),
		RpcOp:      proto.Int32(rpcFinalPacket),
		CallId:     &call,
		ClientId:   clientID,
		RetryCount: &retry,
	}
}
