package yarnipc

import (
	"bytes"
	"fmt"
	"log/slog"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

// Kinds of tokens that an application master meets.
const (
	KindAMRM      = "YARN_AM_RM_TOKEN"      // the master's right to speak to the scheduler
	KindNM        = "NMToken"               // the right to speak to one NodeManager
	KindContainer = "ContainerToken"        // the right to start one container
	KindHDFS      = "HDFS_DELEGATION_TOKEN" // a user's right on HDFS, lent out
)

// Token is a Hadoop security token: an identifier that the server signed, and the signature as a password.
// It prints without its password.
type Token struct {
	Identifier []byte
	Password   []byte
	Kind       string
	Service    string // the server it is for, often "ip:port"; empty in an AMRM token
}

// String describes the token without its password.
func (t Token) String() string {
	return fmt.Sprintf("token(kind %q, service %q, identifier %d bytes)", t.Kind, t.Service, len(t.Identifier))
}

// GoString is String: %#v must not show a password either.
func (t Token) GoString() string { return t.String() }

// LogValue is String for package slog.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// isZero says whether there is no token at all.
func (t Token) isZero() bool { return len(t.Identifier) == 0 && len(t.Password) == 0 }

func (t Token) equal(other Token) bool {
	return bytes.Equal(t.Identifier, other.Identifier) && bytes.Equal(t.Password, other.Password)
}

func tokenFrom(p *pb.Token) Token {
	return Token{Identifier: p.GetIdentifier(), Password: p.GetPassword(), Kind: p.GetKind(), Service: p.GetService()}
}

func (t Token) toProto() *pb.Token {
	return &pb.Token{Identifier: t.Identifier, Password: t.Password, Kind: &t.Kind, Service: &t.Service}
}
