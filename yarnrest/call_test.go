package yarnrest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deadAddress is one on which nobody listens.
func deadAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestCallNamesEveryUnreachableAddress(t *testing.T) {
	a, b := deadAddress(t), deadAddress(t)
	_, err := newClient(t, a, "http://"+b+"/").App(t.Context(), someID)
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || len(unreachable.Tried) != 2 || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("error %#v, want both addresses refused", err)
	}
	want := "look up application_1700000000000_0001: no ResourceManager reachable (http://" + a + ": connect: connection refused; http://" + b + ": connect: connection refused)"
	if err.Error() != want {
		t.Errorf("error\n %v\nwant\n %v", err, want)
	}
}

func TestCallGoesOnToTheNextAddressAndStaysThere(t *testing.T) {
	rm := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 200, someApp) })
	c := newClient(t, deadAddress(t), rm.URL)
	for range 2 {
		if app, err := c.App(t.Context(), someID); err != nil || app.Name != "words" {
			t.Fatalf("App = %+v, %v", app, err)
		}
	}
	if got := c.Addresses()[0]; got != rm.URL {
		t.Errorf("first address is %s, want the one that answered, %s", got, rm.URL)
	}
}

// A standby redirects with 307; method, body and caller must arrive at the active one.
func TestCallFollowsAStandby(t *testing.T) {
	active := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) { reply(w, 202, `{"state":"KILLING"}`) })
	standby := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		http.Redirect(w, r, active.URL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
	c := newClient(t, standby.URL, active.URL)
	for range 2 {
		if err := c.Kill(t.Context(), someID, "enough"); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(standby.requests()); got != 1 {
		t.Errorf("the standby was asked %d times, want once", got)
	}
	for _, got := range active.requests() {
		body, _ := got.Body.(map[string]any)
		if got.Method != "PUT" || got.Path != "/ws/v1/cluster/apps/application_1700000000000_0001/state" ||
			got.Query != "user.name=ann" || body["state"] != "KILLED" || body["diagnostics"] != "enough" {
			t.Errorf("request %+v", got)
		}
	}
}

// A redirect to a ResourceManager that has just died is as good as no answer.
func TestCallLeavesAStandbyWhoseActiveIsDead(t *testing.T) {
	dead := deadAddress(t)
	standby := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		http.Redirect(w, r, "http://"+dead+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
	_, err := newClient(t, standby.URL).App(t.Context(), someID)
	if err == nil || !strings.Contains(err.Error(), standby.URL+": sent on to "+dead+": connect: connection refused") {
		t.Errorf("error %v, want the standby and where it led", err)
	}
}

// A standby that knows of no active one redirects to nowhere (seen on a pair of real ResourceManagers).
func TestCallWaitsForAnActive(t *testing.T) {
	rm := serve(t, func(w http.ResponseWriter, _ *http.Request, n int) {
		if n < 2 {
			w.Header().Set("Refresh", "1;url=http://rm1:8088/ws/v1/cluster/info?next.refresh.interval=1")
			w.WriteHeader(http.StatusTemporaryRedirect)
			w.Write([]byte("Can not find any active RM. Will retry in next 1 seconds.\n"))
			return
		}
		reply(w, 200, someApp)
	})
	c := newClient(t, rm.URL)
	err := look(t.Context(), c.WithPatience(time.Nanosecond))
	if err == nil || !strings.HasSuffix(err.Error(), "answered 307: no ResourceManager is active") {
		t.Errorf("without patience: error %v", err)
	}
	if err := look(t.Context(), c.WithPatience(time.Minute)); err != nil {
		t.Errorf("with patience: %v", err)
	}
}

func TestCallSaysThatItIsNoResourceManager(t *testing.T) {
	web := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) { w.Write([]byte("<html>It works!")) })
	_, err := newClient(t, web.URL).ClusterInfo(t.Context())
	var answer *Error
	if !errors.As(err, &answer) || answer.Status != 200 || !strings.Contains(err.Error(), "is the address right") {
		t.Errorf("error %v", err)
	}
}

func TestCallRetriesWhatIsBusy(t *testing.T) {
	tests := []struct {
		status int
		call   func(context.Context, *Client) error
		tries  int
	}{
		{503, look, 2},
		{429, look, 2},
		{500, look, 2},
		{503, kill, 2},
		{500, kill, 1}, // may be YARN's verdict on the body
		{404, look, 1},
		{400, kill, 1},
	}
	for _, test := range tests {
		rm := serve(t, func(w http.ResponseWriter, _ *http.Request, n int) {
			if n == 0 {
				reply(w, test.status, `{}`)
				return
			}
			reply(w, 200, someApp)
		})
		err := test.call(t.Context(), newClient(t, rm.URL).WithPatience(time.Minute))
		if got := len(rm.requests()); got != test.tries || (err == nil) != (test.tries == 2) {
			t.Errorf("after %d: %d tries, %v; want %d tries", test.status, got, err, test.tries)
		}
	}
}

func look(ctx context.Context, c *Client) error { _, err := c.App(ctx, someID); return err }
func kill(ctx context.Context, c *Client) error { return c.Kill(ctx, someID, "") }

// A ResourceManager that stays busy is reachable: its answer is the error.
func TestCallReportsTheLastAnswer(t *testing.T) {
	rm := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		reply(w, 503, `{"RemoteException":{"exception":"StandbyException","message":"not yet"}}`)
	})
	err := look(t.Context(), newClient(t, rm.URL))
	var answer *Error
	if !errors.As(err, &answer) || answer.RemoteException != "StandbyException" || answer.Message != "not yet" {
		t.Errorf("error %v", err)
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	rm := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		cancel(enough)
		reply(w, 503, `{}`)
	})
	if err := look(ctx, newClient(t, rm.URL).WithPatience(time.Hour)); !errors.Is(err, enough) {
		t.Errorf("error %v, want %v", err, enough)
	}
}

func TestErrorIsOneClearLine(t *testing.T) {
	rm := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		switch {
		case strings.HasSuffix(r.URL.Path, "_0001"):
			reply(w, 404, `{"RemoteException":{"exception":"NotFoundException","message":"java.lang.Exception: app with id: application_1700000000000_0001 not found\n\tat a.b.C","javaClassName":"x.NotFoundException"}}`)
		default:
			w.WriteHeader(401)
			w.Write([]byte("<html>Authentication required"))
		}
	})
	c := newClient(t, rm.URL)
	err := look(t.Context(), c)
	want := "look up application_1700000000000_0001: the ResourceManager at " + rm.URL +
		"/ws/v1/cluster/apps/application_1700000000000_0001 answered 404: app with id: application_1700000000000_0001 not found"
	if err == nil || err.Error() != want || !errors.Is(err, ErrNotFound) || errors.Is(err, ErrForbidden) {
		t.Errorf("error\n %v\nwant\n %v", err, want)
	}
	_, err = c.Apps(t.Context(), Filter{})
	if !errors.Is(err, ErrForbidden) || !strings.HasSuffix(err.Error(), "answered 401: Unauthorized") {
		t.Errorf("error %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, cfg := range []Config{
		{User: "ann"},
		{Addresses: []string{"rm:8088"}},
		{Addresses: []string{"ftp://rm:8088"}, User: "ann"},
		{Addresses: []string{"http://"}, User: "ann"},
		{Addresses: []string{"rm:80:80"}, User: "ann"},
		{Addresses: []string{"rm:8088", ""}, User: "ann"},
	} {
		if c, err := New(cfg); err == nil {
			t.Errorf("New(%+v) = %v, want an error", cfg, c.Addresses())
		}
	}
}
