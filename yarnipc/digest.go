package yarnipc

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// DIGEST-MD5 (RFC 2831) as Java's SASL speaks it for Hadoop tokens: the user name is the token's identifier and the
// password is its password, both in base64. MD5 and the old ciphers are the protocol's choice, not ours.

// Qualities of protection.
const (
	qopAuth = "auth"      // authentication only
	qopInt  = "auth-int"  // every message is signed
	qopConf = "auth-conf" // every message is sealed
)

// maxChallenge is RFC 2831's bound.
const maxChallenge = 2048

// challenge is a server's opening.
type challenge struct {
	realm   string
	nonce   string
	qops    []string
	ciphers []string
}

// parseChallenge reads a list such as realm="default",nonce="x",qop="auth-conf,auth",charset=utf-8,algorithm=md5-sess.
func parseChallenge(text []byte) (challenge, error) {
	if len(text) > maxChallenge {
		return challenge{}, fmt.Errorf("digest challenge of %d bytes is larger than the %d allowed", len(text), maxChallenge)
	}
	directives, err := parseDirectives(string(text))
	if err != nil {
		return challenge{}, fmt.Errorf("digest challenge: %w", err)
	}
	c := challenge{realm: directives["realm"], nonce: directives["nonce"], qops: []string{qopAuth}}
	if c.nonce == "" {
		return challenge{}, errors.New("digest challenge has no nonce")
	}
	if directives["algorithm"] != "md5-sess" {
		return challenge{}, fmt.Errorf("digest challenge wants algorithm %q, only md5-sess is known", directives["algorithm"])
	}
	if qop, ok := directives["qop"]; ok {
		c.qops = splitList(qop)
	}
	c.ciphers = splitList(directives["cipher"])
	return c, nil
}

func splitList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
}

// parseDirectives reads key=value pairs between commas. A value may be quoted, and then contain commas and \escapes.
func parseDirectives(text string) (map[string]string, error) {
	directives := map[string]string{}
	for {
		text = strings.TrimLeft(text, ", \t\r\n")
		if text == "" {
			return directives, nil
		}
		key, rest, found := strings.Cut(text, "=")
		if !found {
			return nil, fmt.Errorf("no value in %q", text)
		}
		value, rest, err := takeValue(rest)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", strings.TrimSpace(key), err)
		}
		directives[strings.TrimSpace(key)] = value
		text = rest
	}
}

func takeValue(text string) (value, rest string, err error) {
	quoted, found := strings.CutPrefix(text, `"`)
	if !found {
		end := strings.IndexByte(text, ',')
		if end < 0 {
			end = len(text)
		}
		return strings.TrimSpace(text[:end]), text[end:], nil
	}
	var b strings.Builder
	for i := 0; i < len(quoted); i++ {
		switch c := quoted[i]; {
		case c == '"':
			return b.String(), quoted[i+1:], nil
		case c == '\\' && i+1 < len(quoted):
			i++
			b.WriteByte(quoted[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", errors.New("quote is not closed")
}

// digest is one exchange with a server: what both sides derive from the token, the challenge and the choice made.
type digest struct {
	challenge challenge
	user      string
	uri       string
	cnonce    string
	qop       string
	cipher    string
	ha1       [md5.Size]byte
}

// newDigest answers a challenge for a service ("protocol/server id") with a token. Of the qualities of protection that
// the server offers it takes the first: the server lists them by its own preference.
func newDigest(c challenge, token Token, uri string) (*digest, error) {
	nonce := make([]byte, 24)
	rand.Read(nonce) // never fails
	return digestWithNonce(c, token, uri, base64.StdEncoding.EncodeToString(nonce))
}

func digestWithNonce(c challenge, token Token, uri, cnonce string) (*digest, error) {
	d := &digest{challenge: c, uri: uri, cnonce: cnonce}
	d.user = base64.StdEncoding.EncodeToString(token.Identifier)
	if i := slices.IndexFunc(c.qops, func(q string) bool { return q == qopAuth || q == qopInt || q == qopConf }); i >= 0 {
		d.qop = c.qops[i]
	} else {
		return nil, fmt.Errorf("server offers protection %q, want one of auth, auth-int, auth-conf", c.qops)
	}
	if d.qop == qopConf {
		for _, name := range sealCiphers {
			if slices.Contains(c.ciphers, name) {
				d.cipher = name
				break
			}
		}
		if d.cipher == "" {
			return nil, fmt.Errorf("server offers ciphers %q, want one of %q", c.ciphers, sealCiphers)
		}
	}
	password := base64.StdEncoding.EncodeToString(token.Password)
	secret := md5.Sum([]byte(d.user + ":" + c.realm + ":" + password))
	d.ha1 = md5.Sum([]byte(string(secret[:]) + ":" + c.nonce + ":" + cnonce))
	return d, nil
}

// proof computes the response value for one direction; method is AUTHENTICATE for the client's and empty for the server's.
func (d *digest) proof(method string) string {
	a2 := method + ":" + d.uri
	if d.qop != qopAuth {
		a2 += ":" + strings.Repeat("0", 32)
	}
	ha2 := md5.Sum([]byte(a2))
	sum := md5.Sum([]byte(strings.Join([]string{
		hex.EncodeToString(d.ha1[:]), d.challenge.nonce, "00000001", d.cnonce, d.qop, hex.EncodeToString(ha2[:]),
	}, ":")))
	return hex.EncodeToString(sum[:])
}

// response returns the client's answer to the challenge.
func (d *digest) response() []byte {
	text := fmt.Sprintf(`charset=utf-8,username=%s,realm=%s,nonce=%s,nc=00000001,cnonce=%s,digest-uri=%s,response=%s,qop=%s`,
		quote(d.user), quote(d.challenge.realm), quote(d.challenge.nonce), quote(d.cnonce), quote(d.uri), d.proof("AUTHENTICATE"), d.qop)
	if d.cipher != "" {
		text += ",cipher=" + quote(d.cipher)
	}
	return []byte(text)
}

func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// verify checks the server's closing: only a server that knows the token's password can compute it.
func (d *digest) verify(closing []byte) error {
	if len(closing) > maxChallenge {
		return fmt.Errorf("digest closing of %d bytes is larger than the %d allowed", len(closing), maxChallenge)
	}
	directives, err := parseDirectives(string(closing))
	if err != nil {
		return fmt.Errorf("digest closing: %w", err)
	}
	if !hmac.Equal([]byte(directives["rspauth"]), []byte(d.proof(""))) {
		return errors.New("server does not know the token's password")
	}
	return nil
}
