package ticket

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestSignedRequestVerifies(t *testing.T) {
	secret := NewSecret()
	r := httptest.NewRequest("POST", "/jobs/1/savepoints?x=1", nil)
	Sign(r, secret, []byte("body"))
	if err := Verify(r, secret, "/jobs/1/savepoints", []byte("body"), time.Now()); err != nil {
		t.Fatal(err)
	}
}

func TestTicketInQueryVerifies(t *testing.T) {
	secret := NewSecret()
	text := New(secret, "PUT", "/jobs/1", nil, time.Now())
	r := httptest.NewRequest("PUT", "/jobs/1?ticket="+text, nil)
	if err := Verify(r, secret, "/jobs/1", nil, time.Now()); err != nil {
		t.Fatal(err)
	}
}

func TestRefused(t *testing.T) {
	secret, now := NewSecret(), time.Now()
	good := New(secret, "PUT", "/jobs/1", []byte("b"), now)
	cases := map[string]error{
		"other secret": Check(NewSecret(), good, "PUT", "/jobs/1", []byte("b"), now),
		"other method": Check(secret, good, "GET", "/jobs/1", []byte("b"), now),
		"other path":   Check(secret, good, "PUT", "/jobs/2", []byte("b"), now),
		"other body":   Check(secret, good, "PUT", "/jobs/1", []byte("c"), now),
		"too old":      Check(secret, good, "PUT", "/jobs/1", []byte("b"), now.Add(2*Lifetime)),
		"from ahead":   Check(secret, good, "PUT", "/jobs/1", []byte("b"), now.Add(-2*Lifetime)),
		"no ticket":    Check(secret, "", "PUT", "/jobs/1", []byte("b"), now),
		"no secret":    Check(nil, New(nil, "PUT", "/jobs/1", nil, now), "PUT", "/jobs/1", nil, now),
		"other time":   Check(secret, "1"+good, "PUT", "/jobs/1", []byte("b"), now),
	}
	for name, err := range cases {
		if !errors.Is(err, ErrRefused) {
			t.Errorf("%s: got %v, want ErrRefused", name, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("1.2")
	f.Add(strings.Repeat(".", 10))
	secret := []byte("secret")
	f.Fuzz(func(t *testing.T, text string) {
		if Check(secret, text, "PUT", "/", nil, time.Now()) == nil {
			t.Fatalf("%q was taken for a ticket", text)
		}
	})
}
