package yarnrest

import (
	"fmt"
	"net/http"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/spnego"
)

// SPNEGO is a transport that authenticates every request with Kerberos, to the service HTTP/<host of the URL>. The header
// is sent unasked and anew for each request, redirects to another ResourceManager included: a Kerberos authenticator is
// good for one. (gokrb5's own HTTP client is not used: it counts redirects for its whole life and fails after ten.)
// It may be used by several goroutines at once.
type SPNEGO struct {
	Client *client.Client    // with a keytab, a password or a ticket cache
	Next   http.RoundTripper // carries the requests; see cleanhttp.DefaultPooledTransport
}

// RoundTrip implements [http.RoundTripper].
func (t *SPNEGO) RoundTrip(req *http.Request) (*http.Response, error) {
	service := "HTTP/" + req.URL.Hostname()
	authenticated := req.Clone(req.Context())
	if err := spnego.SetSPNEGOHeader(t.Client, authenticated, service); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, fmt.Errorf("kerberos ticket for %s: %w", service, err)
	}
	return t.Next.RoundTrip(authenticated)
}
