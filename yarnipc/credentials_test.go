package yarnipc

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// javaCredentials is what testdata/credentials-v0 and -v1 hold, written by Hadoop 3.4.1's own class.
func javaCredentials() *Credentials {
	identifier := make([]byte, 300)
	for i := range identifier {
		identifier[i] = byte(i)
	}
	return &Credentials{
		Tokens: []NamedToken{
			{Alias: "127.0.0.1:8020", Token: Token{Identifier: identifier, Password: []byte{0, 0xff}, Kind: KindHDFS, Service: "127.0.0.1:8020"}},
			{Alias: "alias one", Token: Token{Identifier: []byte("identifier"), Password: []byte("password"), Kind: KindAMRM}},
		},
		Secrets: map[string][]byte{"secret": {1, 2, 3}},
	}
}

func TestReadCredentialsOfJava(t *testing.T) {
	for _, file := range []string{"credentials-v0", "credentials-v1"} {
		got, err := ReadCredentials(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		// Java keeps tokens in a hash map: their order is anything.
		slices.SortFunc(got.Tokens, func(a, b NamedToken) int { return strings.Compare(a.Alias, b.Alias) })
		if diff := cmp.Diff(javaCredentials(), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
		if token, ok := got.Token(KindAMRM); !ok || string(token.Password) != "password" {
			t.Errorf("%s: AMRM token %v %v", file, token, ok)
		}
		if _, ok := got.Token(KindNM); ok {
			t.Errorf("%s: has a token that it has not", file)
		}
	}
}

func TestWriteCredentials(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	for _, want := range []*Credentials{javaCredentials(), {Secrets: map[string][]byte{}}} {
		if err := WriteCredentials(path, want); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v lets others read", info.Mode())
		}
		got, err := ReadCredentials(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	// What a NodeManager writes for a container without credentials.
	if diff := cmp.Diff([]byte("HDTS\x00\x00\x00"), (&Credentials{}).Bytes()); diff != "" {
		t.Errorf("empty credentials (-want +got):\n%s", diff)
	}
	if err := WriteCredentials(filepath.Join(path, "x", "y"), &Credentials{}); err == nil {
		t.Error("wrote into a folder that is not there")
	}
}

func TestReadCredentialsRefuses(t *testing.T) {
	if _, err := ReadCredentials(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	for text, want := range map[string]string{
		"":                                  "does not begin with HDTS",
		"HDTS":                              "does not begin with HDTS",
		"HDTS\x02":                          "version 2 is unknown",
		"HDTS\x00":                          "count of tokens: ends too early",
		"HDTS\x00\xff":                      "count of tokens: is negative",
		"HDTS\x00\x8c\x7f\xff\xff\xff\x01a": "token 0: ends too early",
		"HDTS\x00\x01\x05abc":               "token 0: ends too early",
		"HDTS\x00\x00":                      "count of secrets: ends too early",
		"HDTS\x00\x00\x01\x01a":             "secret 0: ends too early",
		"HDTS\x00\x00\x88\x7f":              "count of secrets: ends too early",
		"HDTS\x01\x05\x0a\x7fabc":           "broken protobuf",
	} {
		if _, err := ParseCredentials([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// TestSecretsStayHidden prints everything that holds a password in every way that a careless caller may.
func TestSecretsStayHidden(t *testing.T) {
	token := Token{Identifier: []byte("id"), Password: []byte("opensesame"), Kind: KindNM}
	credentials := &Credentials{Tokens: []NamedToken{{Token: token}}, Secrets: map[string][]byte{"k": []byte("opensesame")}}
	container := Container{token: token}
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, nil))
	for _, v := range []any{token, &token, credentials, credentials.Tokens[0], container, Allocated{container}, NMToken{Token: token}, []Container{container}} {
		fmt.Fprintf(&text, "%v %+v %#v %s\n", v, v, v, v)
		log.Info("logged", "value", v)
	}
	for _, form := range []string{"opensesame", fmt.Sprint([]byte("opensesame")), fmt.Sprintf("%#v", []byte("opensesame"))} {
		if strings.Contains(text.String(), strings.Trim(form, "[]{}")) {
			t.Errorf("a password was printed as %s:\n%s", form, text.String())
		}
	}
}

func TestVInt(t *testing.T) {
	for _, v := range []int{0, 1, 127, 128, 255, 256, 65535, 65536, 1 << 31, math.MaxInt64} {
		got, rest, err := readVInt(append(appendVInt(nil, v), 'x'))
		if err != nil || got != int64(v) || string(rest) != "x" {
			t.Errorf("%d came back as %d, rest %q, %v", v, got, rest, err)
		}
	}
	// From Java: WritableUtils.writeVLong.
	for v, want := range map[int64]string{-1: "\xff", -112: "\x90", -113: "\x87\x70", -300: "\x86\x01\x2b", 300: "\x8e\x01\x2c"} {
		got, _, err := readVInt([]byte(want))
		if err != nil || got != v {
			t.Errorf("%q is %d (%v), want %d", want, got, err, v)
		}
	}
}

func FuzzParseCredentials(f *testing.F) {
	for _, file := range []string{"credentials-v0", "credentials-v1"} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("HDTS\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseCredentials(data)
		if err != nil {
			return
		}
		again, err := ParseCredentials(c.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.Bytes(), again.Bytes()); diff != "" {
			t.Errorf("written and read again (-first +second):\n%s", diff)
		}
	})
}
