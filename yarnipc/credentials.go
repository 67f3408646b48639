package yarnipc

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/weft-stream/weft/yarnipc/internal/pb"
)

// maxCredentials bounds a token storage file; a real one has some hundred bytes per token.
const maxCredentials = 16 << 20

// credentialsMagic opens a token storage file; the version byte follows.
const credentialsMagic = "HDTS"

// NamedToken is a token under the name it has in a token storage file. The name carries no meaning: an AMRM token's is
// empty. Choose by kind.
type NamedToken struct {
	Alias string
	Token
}

// Credentials is the content of a token storage file: what YARN puts where HADOOP_TOKEN_FILE_LOCATION points to, and
// what a master hands to its containers. The zero value is an empty one. Writing to it while others read is a race.
type Credentials struct {
	Tokens  []NamedToken
	Secrets map[string][]byte
}

// Token returns the first token of a kind, such as [KindAMRM].
func (c *Credentials) Token(kind string) (Token, bool) {
	for _, t := range c.Tokens {
		if t.Kind == kind {
			return t.Token, true
		}
	}
	return Token{}, false
}

// String counts tokens and secrets, and shows none.
func (c *Credentials) String() string {
	return fmt.Sprintf("credentials(%d tokens, %d secrets)", len(c.Tokens), len(c.Secrets))
}

// GoString is String: %#v must not show a secret either.
func (c *Credentials) GoString() string { return c.String() }

// ReadCredentials reads a token storage file of version 0 (what NodeManagers write) or 1.
func ReadCredentials(path string) (*Credentials, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	if info.Size() > maxCredentials {
		return nil, fmt.Errorf("token file %s: %d bytes are more than the %d allowed", path, info.Size(), maxCredentials)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	c, err := ParseCredentials(data)
	if err != nil {
		return nil, fmt.Errorf("token file %s: %w", path, err)
	}
	return c, nil
}

// ParseCredentials reads the bytes of a token storage file. The result shares no memory with data.
func ParseCredentials(data []byte) (*Credentials, error) {
	if len(data) > maxCredentials {
		return nil, fmt.Errorf("%d bytes are more than the %d allowed", len(data), maxCredentials)
	}
	body, found := bytes.CutPrefix(data, []byte(credentialsMagic))
	if !found || len(body) == 0 {
		return nil, errors.New("not a Hadoop token storage file: it does not begin with HDTS")
	}
	switch version, rest := body[0], body[1:]; version {
	case 0:
		return parseVersion0(rest)
	case 1:
		return parseVersion1(rest)
	default:
		return nil, fmt.Errorf("token storage version %d is unknown, want 0 or 1", version)
	}
}

func parseVersion0(b []byte) (*Credentials, error) {
	c := &Credentials{Secrets: map[string][]byte{}}
	count, b, err := readCount(b)
	if err != nil {
		return nil, fmt.Errorf("count of tokens: %w", err)
	}
	// A count is not trusted with memory: a lie in it runs into the end of the bytes.
	for i := int64(0); i < count; i++ {
		var fields [5][]byte
		for f := range fields {
			if fields[f], b, err = readChunk(b); err != nil {
				return nil, fmt.Errorf("token %d: %w", i, err)
			}
		}
		c.Tokens = append(c.Tokens, NamedToken{Alias: string(fields[0]), Token: Token{
			Identifier: bytes.Clone(fields[1]), Password: bytes.Clone(fields[2]),
			Kind: string(fields[3]), Service: string(fields[4]),
		}})
	}
	if count, b, err = readCount(b); err != nil {
		return nil, fmt.Errorf("count of secrets: %w", err)
	}
	for i := int64(0); i < count; i++ {
		var alias, secret []byte
		if alias, b, err = readChunk(b); err == nil {
			secret, b, err = readChunk(b)
		}
		if err != nil {
			return nil, fmt.Errorf("secret %d: %w", i, err)
		}
		c.Secrets[string(alias)] = bytes.Clone(secret)
	}
	return c, nil
}

func parseVersion1(b []byte) (*Credentials, error) {
	p := &pb.Credentials{}
	if err := (protodelim.UnmarshalOptions{MaxSize: maxCredentials}).UnmarshalFrom(bytes.NewReader(b), p); err != nil {
		return nil, fmt.Errorf("broken protobuf: %w", err)
	}
	c := &Credentials{Secrets: map[string][]byte{}}
	for _, entry := range p.GetTokens() {
		c.Tokens = append(c.Tokens, NamedToken{Alias: entry.GetAlias(), Token: tokenFrom(entry.GetToken())})
	}
	for _, entry := range p.GetSecrets() {
		c.Secrets[entry.GetAlias()] = entry.GetSecret()
	}
	return c, nil
}

// Bytes returns the credentials as a token storage file of version 0, which every Hadoop reads. Secrets are in the
// order of their names, so equal credentials give equal bytes.
func (c *Credentials) Bytes() []byte {
	b := append([]byte(credentialsMagic), 0)
	b = appendVInt(b, len(c.Tokens))
	for _, t := range c.Tokens {
		for _, field := range [][]byte{[]byte(t.Alias), t.Identifier, t.Password, []byte(t.Kind), []byte(t.Service)} {
			b = append(appendVInt(b, len(field)), field...)
		}
	}
	b = appendVInt(b, len(c.Secrets))
	for _, alias := range slices.Sorted(maps.Keys(c.Secrets)) {
		b = append(appendVInt(b, len(alias)), alias...)
		b = append(appendVInt(b, len(c.Secrets[alias])), c.Secrets[alias]...)
	}
	return b
}

// WriteCredentials writes a token storage file that only its owner can read. It replaces a file of that name as a
// whole, so a reader never sees half of it.
func WriteCredentials(path string, c *Credentials) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".credentials-*") // created with mode 0600
	if err != nil {
		return fmt.Errorf("token file: %w", err)
	}
	_, err = f.Write(c.Bytes())
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("token file: %w", err)
	}
	return nil
}
