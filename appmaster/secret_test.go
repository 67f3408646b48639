package appmaster

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"testing"
)

// forms are the texts that a secret could stand as.
type forms [][]byte

func secretForms(secret []byte) forms {
	return forms{
		secret, []byte(hex.EncodeToString(secret)),
		[]byte(base64.StdEncoding.EncodeToString(secret)), []byte(base64.RawURLEncoding.EncodeToString(secret)),
	}
}

func (f forms) check(t *testing.T, where string, text []byte) {
	t.Helper()
	for _, form := range f {
		if bytes.Contains(text, form) {
			t.Errorf("%s tells the secret", where)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
