package yarnrest

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-cleanhttp"
	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"
)

const realm = "EXAMPLE.COM"

// ticketFor issues what a key distribution centre would: a ticket for a service, readable with its keytab.
func ticketFor(t *testing.T, cache *credentials.CCache, kt *keytab.Keytab, service string) {
	name := types.NewPrincipalName(nametype.KRB_NT_SRV_INST, service)
	ann := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "ann")
	if err := kt.AddEntry(service, realm, "secret of "+service, time.Now(), 1, etypeID.AES256_CTS_HMAC_SHA1_96); err != nil {
		t.Fatal(err)
	}
	begin, end := time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	ticket, key, err := messages.NewTicket(ann, realm, name, realm, types.NewKrbFlags(), kt, etypeID.AES256_CTS_HMAC_SHA1_96, 1, begin, begin, end, end)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := ticket.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	cred := &credentials.Credential{Key: key, AuthTime: begin, StartTime: begin, EndTime: end, RenewTill: end, TicketFlags: asn1.BitString{}, Ticket: encoded}
	cred.Client.Realm, cred.Client.PrincipalName = realm, ann
	cred.Server.Realm, cred.Server.PrincipalName = realm, name
	cache.DefaultPrincipal = cred.Client
	cache.Credentials = append(cache.Credentials, cred)
}

// Every request brings a ticket that the service accepts, and an authenticator that it has not seen before: the service's
// replay cache would refuse it otherwise. Real tickets and real checks; only the tickets' way through a network is left out.
func TestSPNEGOAuthenticatesEveryRequest(t *testing.T) {
	cache, kt := &credentials.CCache{}, keytab.New()
	ticketFor(t, cache, kt, "krbtgt/"+realm)
	ticketFor(t, cache, kt, "HTTP/127.0.0.1")
	kerberos, err := client.NewFromCCache(cache, config.New())
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.URL.Query().Has("user.name") {
			t.Errorf("query %s names a user", r.URL.RawQuery)
		}
		reply(w, 200, someApp)
	})
	rm := httptest.NewServer(spnego.SPNEGOKRB5Authenticate(answer, kt))
	defer rm.Close()

	c, err := New(Config{Addresses: []string{rm.URL}, Transport: &SPNEGO{kerberos, cleanhttp.DefaultPooledTransport()}})
	if err != nil {
		t.Fatal(err)
	}
	for range 12 {
		if err := look(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 12 {
		t.Errorf("%d requests arrived, want 12", asked)
	}
	if err := look(t.Context(), newClient(t, rm.URL)); !errors.Is(err, ErrForbidden) {
		t.Errorf("without a ticket: error %v, want ErrForbidden", err)
	}
}

func TestSPNEGOSaysWhichTicketIsMissing(t *testing.T) {
	cache, kt := &credentials.CCache{}, keytab.New()
	ticketFor(t, cache, kt, "krbtgt/"+realm)
	kerberos, err := client.NewFromCCache(cache, config.New())
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{
		Addresses: []string{deadAddress(t)}, Patience: time.Millisecond,
		Transport: &SPNEGO{kerberos, cleanhttp.DefaultPooledTransport()},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = look(t.Context(), c)
	if err == nil || !strings.Contains(err.Error(), "kerberos ticket for HTTP/127.0.0.1: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}
