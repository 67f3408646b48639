package container

import (
	"bufio"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// A data connection starts with both ends proving that they know the
// application's secret, over nonces of both, without sending it:
//
//	dialler   magic, epoch, nonce (16 bytes), length and name of the dialling worker
//	listener  nonce (16 bytes), MAC "listener"
//	dialler   MAC "dialler"
//	listener  one byte: 1 when the epoch is deployed
const (
	dataMagic        = "weftdat1"
	nonceSize        = 16
	maxWorkerName    = 256
	handshakeTimeout = 10 * time.Second
)

var errStranger = errors.New("the other end of a data connection does not know the application's secret")

type hello struct {
	epoch  int64
	worker string
	nonces [2 * nonceSize]byte // the dialler's, then the listener's
}

func (h *hello) mac(secret []byte, role string) []byte {
	m := hmac.New(sha256.New, secret)
	fmt.Fprintf(m, "weft-data-1 %s %d %s ", role, h.epoch, h.worker)
	m.Write(h.nonces[:])
	return m.Sum(nil)
}

// greet is the dialler's part of the handshake.
func greet(conn net.Conn, r *bufio.Reader, secret []byte, epoch int64, worker string) error {
	conn.SetDeadline(time.Now().Add(handshakeTimeout))
	h := hello{epoch: epoch, worker: worker}
	rand.Read(h.nonces[:nonceSize])
	first := append([]byte(dataMagic), 0, 0, 0, 0, 0, 0, 0, 0)
	binary.LittleEndian.PutUint64(first[len(dataMagic):], uint64(epoch))
	first = append(first, h.nonces[:nonceSize]...)
	first = binary.LittleEndian.AppendUint16(first, uint16(len(worker)))
	if _, err := conn.Write(append(first, worker...)); err != nil {
		return err
	}
	proof := make([]byte, sha256.Size)
	if _, err := io.ReadFull(r, h.nonces[nonceSize:]); err != nil {
		return err
	}
	if _, err := io.ReadFull(r, proof); err != nil {
		return err
	}
	if !hmac.Equal(proof, h.mac(secret, "listener")) {
		return errStranger
	}
	if _, err := conn.Write(h.mac(secret, "dialler")); err != nil {
		return err
	}
	return nil
}

// welcome is the listener's part of the handshake, but for its last byte.
func welcome(conn net.Conn, r *bufio.Reader, secret []byte) (*hello, error) {
	conn.SetDeadline(time.Now().Add(handshakeTimeout))
	var head [len(dataMagic) + 8 + nonceSize + 2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if string(head[:len(dataMagic)]) != dataMagic {
		return nil, errStranger
	}
	h := &hello{epoch: int64(binary.LittleEndian.Uint64(head[len(dataMagic):]))}
	copy(h.nonces[:], head[len(dataMagic)+8:])
	length := int(binary.LittleEndian.Uint16(head[len(head)-2:]))
	if length > maxWorkerName {
		return nil, errStranger
	}
	name := make([]byte, length)
	if _, err := io.ReadFull(r, name); err != nil {
		return nil, err
	}
	h.worker = string(name)
	rand.Read(h.nonces[nonceSize:])
	if _, err := conn.Write(append(h.nonces[nonceSize:], h.mac(secret, "listener")...)); err != nil {
		return nil, err
	}
	proof := make([]byte, sha256.Size)
	if _, err := io.ReadFull(r, proof); err != nil {
		return nil, err
	}
	if !hmac.Equal(proof, h.mac(secret, "dialler")) {
		return nil, errStranger
	}
	return h, nil
}
