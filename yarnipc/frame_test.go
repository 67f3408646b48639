package yarnipc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"google.golang.org/protobuf/proto"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

func TestPacket(t *testing.T) {
	packet, err := appendPacket(nil, requestHeader(-3, []byte{}, -1), &pb.ConnectionContext{}, &pb.ConnectionContext{Protocol: proto.String("p")})
	if err != nil {
		t.Fatal(err)
	}
	// Zero and empty fields have to be there, and an empty message has its length.
	want := "\x00\x00\x00\x10" + "\x0a\x08\x02\x10\x00\x18\x05\x22\x00\x28\x01" + "\x00" + "\x03\x1a\x01p"
	if string(packet) != want {
		t.Errorf("packet\n%q, want\n%q", packet, want)
	}
	body, err := readPacket(iotest.OneByteReader(bytes.NewReader(packet)), maxPacket)
	if err != nil {
		t.Fatal(err)
	}
	header, context := &pb.RequestHeader{}, &pb.ConnectionContext{}
	for _, m := range []proto.Message{header, context, context} {
		if body, err = takeMessage(body, m); err != nil {
			t.Fatal(err)
		}
	}
	if header.GetCallId() != -3 || context.GetProtocol() != "p" || len(body) != 0 {
		t.Errorf("read %v, %v, rest %q", header, context, body)
	}
}

func TestReadPacketRefuses(t *testing.T) {
	for text, want := range map[string]error{
		"":                    io.EOF,
		"\x00\x00":            io.ErrUnexpectedEOF,
		"\x00\x00\x00\x05abc": io.ErrUnexpectedEOF,
	} {
		if _, err := readPacket(strings.NewReader(text), 10); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	if _, err := readPacket(strings.NewReader("\xff\xff\xff\xffabc"), maxPacket); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("packet of 4 GiB: %v", err)
	}
	if _, err := appendPacket(nil, &pb.Token{Identifier: make([]byte, maxPacket)}); err == nil {
		t.Error("a packet was built that no server takes")
	}
}

func TestRemoteError(t *testing.T) {
	const class = "org.apache.hadoop.security.token.SecretManager$InvalidToken"
	packet, err := appendPacket(nil, &pb.ResponseHeader{
		CallId: proto.Uint32(0), Status: pb.ResponseHeader_FATAL.Enum(), ExceptionClass: proto.String(class),
		ErrorMessage: proto.String(class + ": it is\nold\n\tat a.b.C(D.java:1)\n\tat e"),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = takeResponse(packet[4:])
	if !IsInvalidToken(err) || !IsAttemptGone(err) || IsNotRegistered(err) || IsRefusedAsk(err) {
		t.Errorf("%#v is not seen as what it is", err)
	}
	if err.Error() != "SecretManager$InvalidToken: it is old" {
		t.Error(err)
	}
}

func FuzzReadResponse(f *testing.F) {
	packet, err := appendPacket(nil, &pb.ResponseHeader{CallId: proto.Uint32(1)}, &pb.AllocateResponse{ResponseId: proto.Int32(3)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packet)
	f.Add([]byte("\x00\x00\x00\x02\x7f\x00"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		body, err := readPacket(bytes.NewReader(stream), maxHandshakePacket)
		if err != nil {
			return
		}
		if len(body) != int(binary.BigEndian.Uint32(stream)) {
			t.Fatalf("packet of %d bytes", len(body))
		}
		_, rest, err := takeResponse(body)
		if err != nil {
			return
		}
		response := &pb.AllocateResponse{}
		if _, err := takeMessage(rest, response); err == nil {
			newTable().apply(allocateResponseFrom(response))
		}
	})
}
