package yarnipc

import (
	"bytes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rc4"
	"encoding/binary"
	"errors"
	"fmt"
)

// After a handshake with auth-int or auth-conf every message is wrapped:
//
//	auth-int:   message, mac, version, sequence
//	auth-conf:  CIPHER(message, padding, mac), version, sequence
//
// where mac = HMAC-MD5(signing key, sequence + message)[:10], version is 00 01, and sequence counts the messages of a
// direction from 0. Ciphers run on from one message to the next.

// sealCiphers are the ciphers this package knows, the strongest first.
var sealCiphers = []string{"3des", "rc4", "des", "rc4-56", "rc4-40"}

const (
	macSize     = 10
	trailerSize = 6 // version and sequence
)

var sealVersion = []byte{0, 1}

// transform encrypts or decrypts in place. Its state runs on.
type transform interface{ apply(b []byte) }

type streamTransform struct{ cipher.Stream }

func (t streamTransform) apply(b []byte) { t.XORKeyStream(b, b) }

type blockTransform struct{ cipher.BlockMode }

func (t blockTransform) apply(b []byte) { t.CryptBlocks(b, b) }

// sealer protects one direction of a connection. It is not safe for concurrent use.
type sealer struct {
	sign     []byte
	cipher   transform // nil when messages are only signed
	block    int       // the padding's unit; 0 without padding
	sequence uint32
}

// newSealers returns what the client writes with and what it reads with, or nil for plain authentication.
func newSealers(d *digest) (write, read *sealer, err error) {
	if d.qop == qopAuth {
		return nil, nil, nil
	}
	if write, err = newSealer(d, "client-to-server", true); err != nil {
		return nil, nil, err
	}
	read, err = newSealer(d, "server-to-client", false)
	return write, read, err
}

// newSealer derives the keys of one direction, named as in RFC 2831.
func newSealer(d *digest, direction string, encrypt bool) (*sealer, error) {
	sign := md5.Sum([]byte(string(d.ha1[:]) + "Digest session key to " + direction + " signing key magic constant"))
	s := &sealer{sign: sign[:]}
	if d.qop == qopInt {
		return s, nil
	}
	keyLength := md5.Size
	switch d.cipher {
	case "rc4-56":
		keyLength = 7
	case "rc4-40":
		keyLength = 5
	}
	key := md5.Sum([]byte(string(d.ha1[:keyLength]) + "Digest H(A1) to " + direction + " sealing key magic constant"))
	var err error
	s.cipher, s.block, err = newTransform(d.cipher, key[:], encrypt)
	return s, err
}

func newTransform(name string, key []byte, encrypt bool) (t transform, block int, err error) {
	var b cipher.Block
	switch name {
	case "rc4", "rc4-56", "rc4-40":
		stream, err := rc4.NewCipher(key)
		if err != nil {
			return nil, 0, err
		}
		return streamTransform{stream}, 0, nil
	case "des":
		b, err = des.NewCipher(spread(key[:7]))
	case "3des": // with two keys: the first is used again as the third
		first, second := spread(key[:7]), spread(key[7:14])
		b, err = des.NewTripleDESCipher(bytes.Join([][]byte{first, second, first}, nil))
	default:
		err = fmt.Errorf("cipher %q is unknown", name)
	}
	if err != nil {
		return nil, 0, err
	}
	iv := key[8:16]
	if encrypt {
		return blockTransform{cipher.NewCBCEncrypter(b, iv)}, des.BlockSize, nil
	}
	return blockTransform{cipher.NewCBCDecrypter(b, iv)}, des.BlockSize, nil
}

// spread makes a DES key of 7 bytes: 7 bits go into each of 8 bytes, whose lowest bit is a parity nobody checks.
func spread(key []byte) []byte {
	var bits uint64
	for _, c := range key {
		bits = bits<<8 | uint64(c)
	}
	out := make([]byte, 8)
	for i := range out {
		out[i] = byte(bits>>(49-7*i)) << 1
	}
	return out
}

func (s *sealer) mac(sequence uint32, message []byte) []byte {
	h := hmac.New(md5.New, s.sign)
	h.Write(binary.BigEndian.AppendUint32(nil, sequence))
	h.Write(message)
	return h.Sum(nil)[:macSize]
}

// wrap protects a message.
func (s *sealer) wrap(message []byte) []byte {
	mac := s.mac(s.sequence, message)
	out := append(make([]byte, 0, len(message)+des.BlockSize+macSize+trailerSize), message...)
	if s.block > 0 {
		pad := s.block - (len(message)+macSize)%s.block
		out = append(out, bytes.Repeat([]byte{byte(pad)}, pad)...)
	}
	out = append(out, mac...)
	if s.cipher != nil {
		s.cipher.apply(out)
	}
	out = append(out, sealVersion...)
	out = binary.BigEndian.AppendUint32(out, s.sequence)
	s.sequence++
	return out
}

var errSeal = errors.New("protected message is damaged or out of order")

// unwrap checks and opens a message. It may write over wrapped, and returns a part of it.
func (s *sealer) unwrap(wrapped []byte) ([]byte, error) {
	if len(wrapped) < macSize+trailerSize {
		return nil, errSeal
	}
	body, trailer := wrapped[:len(wrapped)-trailerSize], wrapped[len(wrapped)-trailerSize:]
	if !bytes.Equal(trailer[:2], sealVersion) || binary.BigEndian.Uint32(trailer[2:]) != s.sequence {
		return nil, errSeal
	}
	if s.block > 0 && len(body)%s.block != 0 {
		return nil, errSeal
	}
	if s.cipher != nil {
		s.cipher.apply(body)
	}
	message, mac := body[:len(body)-macSize], body[len(body)-macSize:]
	if s.block > 0 {
		pad := 0
		if len(message) > 0 {
			pad = int(message[len(message)-1])
		}
		if pad < 1 || pad > s.block || pad > len(message) {
			return nil, errSeal
		}
		message = message[:len(message)-pad]
	}
	if !hmac.Equal(mac, s.mac(s.sequence, message)) {
		return nil, errSeal
	}
	s.sequence++
	return message, nil
}
