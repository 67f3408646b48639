package yarnipc

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hexBytes is a byte string as JSON holds it.
type hexBytes []byte

func (h *hexBytes) UnmarshalJSON(data []byte) error {
	b, err := hex.DecodeString(strings.Trim(string(data), `"`))
	*h = b
	return err
}

// exchange is what the JDK's own client and server said to each other; testdata/DigestVectors.java recorded it.
type exchange struct {
	QOP, Cipher                  string
	Challenge, Response, Closing hexBytes
	Sent, Received               []hexBytes
}

var vectorToken = Token{Identifier: []byte("a token's identifier"), Password: []byte("its password")}

// vectorSizes are the sizes of an exchange's messages.
var vectorSizes = []int{1, 5, 6, 7, 8, 100, 1000}

func vectorMessage(size int) []byte {
	message := make([]byte, size)
	for i := range message {
		message[i] = byte(i*7 + size)
	}
	return message
}

func TestDigestLikeJDK(t *testing.T) {
	data, err := os.ReadFile("testdata/digest-jdk.json")
	if err != nil {
		t.Fatal(err)
	}
	var exchanges []exchange
	if err := json.Unmarshal(data, &exchanges); err != nil {
		t.Fatal(err)
	}
	for _, e := range exchanges {
		t.Run(e.QOP+" "+e.Cipher, func(t *testing.T) { e.check(t) })
	}
}

func (e exchange) check(t *testing.T) {
	c, err := parseChallenge(e.Challenge)
	if err != nil {
		t.Fatal(err)
	}
	if e.Cipher != "" {
		c.ciphers = []string{e.Cipher} // the JDK's client was told what to choose
	}
	jdk, err := parseDirectives(string(e.Response))
	if err != nil {
		t.Fatal(err)
	}
	d, err := digestWithNonce(c, vectorToken, "/default", jdk["cnonce"])
	if err != nil {
		t.Fatal(err)
	}
	ours, err := parseDirectives(string(d.response()))
	if err != nil {
		t.Fatal(err)
	}
	delete(jdk, "maxbuf") // optional, and its default
	if diff := cmp.Diff(jdk, ours); diff != "" {
		t.Errorf("response (-jdk +ours):\n%s", diff)
	}
	if err := d.verify(e.Closing); err != nil {
		t.Error(err)
	}
	damaged := append([]byte(nil), e.Closing...)
	damaged[len(damaged)-1] ^= 1
	if err := d.verify(damaged); err == nil {
		t.Error("a wrong closing was believed")
	}
	write, read, err := newSealers(d)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range e.Sent {
		if diff := cmp.Diff([]byte(want), write.wrap(vectorMessage(vectorSizes[i]))); diff != "" {
			t.Fatalf("message %d wrapped (-jdk +ours):\n%s", i, diff)
		}
	}
	for i, wrapped := range e.Received {
		message, err := read.unwrap(wrapped)
		if err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
		if diff := cmp.Diff(vectorMessage(vectorSizes[i]), message); diff != "" {
			t.Fatalf("message %d unwrapped (-sent +got):\n%s", i, diff)
		}
	}
}

func TestParseChallenge(t *testing.T) {
	got, err := parseChallenge([]byte(`realm="a \"b\", c", nonce=n, qop="auth-conf,auth-int, auth",algorithm=md5-sess,cipher="rc4,3des"`))
	want := challenge{realm: `a "b", c`, nonce: "n", qops: []string{"auth-conf", "auth-int", "auth"}, ciphers: []string{"rc4", "3des"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(challenge{})); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for text, want := range map[string]string{
		`realm="default"`:                       "no nonce",
		`nonce="x",algorithm=md5`:               `algorithm "md5"`,
		`nonce="x`:                              "quote is not closed",
		`nonce`:                                 "no value",
		`nonce="` + strings.Repeat("x", 3000):   "larger than",
		`nonce=x,algorithm=md5-sess,qop="rot1"`: "",
	} {
		c, err := parseChallenge([]byte(text))
		if want == "" {
			_, err = newDigest(c, vectorToken, "/default")
			want = "want one of auth, auth-int, auth-conf"
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.50s: error %v, want %q", text, err, want)
		}
	}
	c := challenge{nonce: "x", qops: []string{qopConf}, ciphers: []string{"aes"}}
	if _, err := newDigest(c, vectorToken, "/default"); err == nil || !strings.Contains(err.Error(), `ciphers ["aes"]`) {
		t.Errorf("unknown cipher: %v", err)
	}
}

func FuzzParseChallenge(f *testing.F) {
	f.Add([]byte(`realm="default",nonce="x",qop="auth-conf,auth",charset=utf-8,cipher="3des,rc4",algorithm=md5-sess`))
	f.Add([]byte(`nonce="\\\"",algorithm=md5-sess`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseChallenge(text)
		if err != nil {
			return
		}
		d, err := newDigest(c, vectorToken, "/default")
		if err != nil {
			return
		}
		// What we answer has to be readable with the same grammar.
		got, err := parseDirectives(string(d.response()))
		if err != nil || got["nonce"] != c.nonce || got["realm"] != c.realm {
			t.Errorf("response to %q reads as %q, %v", text, got, err)
		}
	})
}

func FuzzUnwrap(f *testing.F) {
	for _, cipher := range append([]string{""}, sealCiphers...) {
		write, _ := sealerPair(f, cipher)
		f.Add(cipher, write.wrap([]byte("message")))
	}
	f.Fuzz(func(t *testing.T, cipher string, wrapped []byte) {
		d := testDigest(cipher)
		read, err := newSealer(d, "client-to-server", false)
		if err != nil {
			return
		}
		original := append([]byte(nil), wrapped...)
		message, err := read.unwrap(wrapped)
		if err != nil {
			return
		}
		// There is only one way to protect a message, so what was accepted must be that.
		write, err := newSealer(d, "client-to-server", true)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(original, write.wrap(message)); diff != "" {
			t.Errorf("accepted what we would not send (-got +ours):\n%s", diff)
		}
	})
}

// testDigest agrees on a cipher, or on signing only if it is empty.
func testDigest(cipher string) *digest {
	d := &digest{qop: qopConf, cipher: cipher}
	if cipher == "" {
		d.qop = qopInt
	}
	copy(d.ha1[:], "sixteen key byte")
	return d
}

// sealerPair returns the two ends of one direction.
func sealerPair(t testing.TB, cipher string) (write, read *sealer) {
	t.Helper()
	write, err := newSealer(testDigest(cipher), "client-to-server", true)
	if err == nil {
		read, err = newSealer(testDigest(cipher), "client-to-server", false)
	}
	if err != nil {
		t.Fatal(err)
	}
	return write, read
}

func TestUnwrapRefuses(t *testing.T) {
	for _, cipher := range append([]string{""}, sealCiphers...) {
		write, read := sealerPair(t, cipher)
		first, second := write.wrap([]byte("first")), write.wrap([]byte("second"))
		if _, err := read.unwrap(append([]byte(nil), second...)); err == nil {
			t.Errorf("%q: a message before its turn was taken", cipher)
		}
		for i := range first {
			_, read := sealerPair(t, cipher)
			damaged := append([]byte(nil), first...)
			damaged[i] ^= 0x10
			if _, err := read.unwrap(damaged); err == nil {
				t.Errorf("%q: a message with byte %d changed was taken", cipher, i)
			}
		}
		for size := range first {
			_, read := sealerPair(t, cipher)
			if _, err := read.unwrap(append([]byte(nil), first[:size]...)); err == nil {
				t.Errorf("%q: a message cut to %d bytes was taken", cipher, size)
			}
		}
	}
}
