package yarnrest

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAppReadsEveryField(t *testing.T) {
	rm := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		reply(w, 200, `{"app":{"id":"application_1700000000000_0001","user":"ann","name":"words","queue":"root.default",
			"state":"RUNNING","finalStatus":"UNDEFINED","progress":12.5,"trackingUI":"ApplicationMaster",
			"trackingUrl":"http://rm:8088/proxy/application_1700000000000_0001/","diagnostics":"","clusterId":1700000000000,
			"applicationType":"Weft","applicationTags":"a,b c","priority":0,"startedTime":1700000001000,
			"launchTime":1700000002000,"finishedTime":0,"elapsedTime":9,"amContainerLogs":"http://nm:8042/logs",
			"amHostHttpAddress":"nm:8042","masterNodeId":"nm:8041","allocatedMB":384,"allocatedVCores":3,
			"runningContainers":3,"timeouts":{"timeout":[]}}}`)
	})
	got, err := newClient(t, rm.URL).App(t.Context(), someID)
	want := App{
		ID: someID, Name: "words", User: "ann", Type: "Weft", Queue: "root.default", Tags: []string{"a", "b c"},
		State: StateRunning, FinalStatus: FinalUndefined, Progress: 12.5,
		TrackingURL:   "http://rm:8088/proxy/application_1700000000000_0001/",
		AMHTTPAddress: "nm:8042", AMContainerLogs: "http://nm:8042/logs", MasterNode: "nm:8041",
		Started: time.UnixMilli(1700000001000), Launched: time.UnixMilli(1700000002000),
		Containers: 3, Allocated: Resource{384, 3},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("App: %v (-want +got)\n%s", err, diff)
	}
}

func TestAppsAsksForWhatTheFilterSays(t *testing.T) {
	answers := []string{`{"apps":{}}`, `{"apps":null}`, `{"apps":{"app":[{"id":"application_1_0001","state":"KILLED","runningContainers":-1,"allocatedMB":-1}]}}`}
	rm := serve(t, func(w http.ResponseWriter, _ *http.Request, n int) { reply(w, 200, answers[n]) })
	c := newClient(t, rm.URL)
	for i, f := range []Filter{{}, {}, {Types: []string{"Weft", "weft 2"}, States: []State{StateAccepted, StateRunning}, Tags: []string{"j"}, User: "bob", Queue: "other"}} {
		apps, err := c.Apps(t.Context(), f)
		if err != nil || len(apps) != i/2 {
			t.Errorf("Apps(%+v) = %+v, %v", f, apps, err)
		}
		if i == 2 && (!apps[0].State.Ended() || apps[0].Containers != 0 || apps[0].Tags != nil) {
			t.Errorf("app %+v", apps[0])
		}
	}
	got := rm.requests()
	if got[0].Query != "deSelects=resourceRequests&user.name=ann" {
		t.Errorf("query without filter: %s", got[0].Query)
	}
	want := "applicationTags=j&applicationTypes=Weft%2Cweft+2&deSelects=resourceRequests&queue=other&states=ACCEPTED%2CRUNNING&user=bob&user.name=ann"
	if got[2].Query != want {
		t.Errorf("query\n %s\nwant\n %s", got[2].Query, want)
	}
}

func TestAttempts(t *testing.T) {
	rm := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		reply(w, 200, `{"appAttempts":{"appAttempt":[{"id":2,"startTime":1000,"finishedTime":0,
			"containerId":"container_1_0001_02_000001","nodeHttpAddress":"nm:8042","nodeId":"nm:8041","logsLink":"http://nm/l",
			"appAttemptId":"appattempt_1_0001_000002","appAttemptState":"RUNNING"}]}}`)
	})
	got, err := newClient(t, rm.URL).Attempts(t.Context(), ApplicationID{1, 1})
	want := []Attempt{{
		ID: "appattempt_1_0001_000002", Number: 2, State: "RUNNING", ContainerID: "container_1_0001_02_000001",
		NodeID: "nm:8041", NodeHTTP: "nm:8042", LogsURL: "http://nm/l", Started: time.UnixMilli(1000),
	}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Attempts: %v (-want +got)\n%s", err, diff)
	}
}

func TestWaitFor(t *testing.T) {
	states := []string{"ACCEPTED", "RUNNING"}
	rm := serve(t, func(w http.ResponseWriter, _ *http.Request, n int) {
		reply(w, 200, `{"app":{"id":"application_1700000000000_0001","state":"`+states[min(n, 1)]+`"}}`)
	})
	c := newClient(t, rm.URL)
	app, err := c.WaitFor(t.Context(), someID, func(a App) bool { return a.State == StateRunning })
	if err != nil || app.State != StateRunning {
		t.Errorf("WaitFor = %+v, %v", app, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	app, err = c.WaitFor(ctx, someID, func(App) bool { cancel(); return false })
	if !errors.Is(err, context.Canceled) || app.State != StateRunning {
		t.Errorf("WaitFor = %+v, %v; want the last state and the context's error", app, err)
	}
}

func TestQueuesOfAFifoScheduler(t *testing.T) {
	rm := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		reply(w, 200, `{"scheduler":{"schedulerInfo":{"type":"fifoScheduler","capacity":1.0,"usedCapacity":0.25,"qstate":"RUNNING"}}}`)
	})
	got, err := newClient(t, rm.URL).Queues(t.Context())
	want := []Queue{{Name: "default", Path: "root.default", State: "RUNNING", Capacity: 100, MaxCapacity: 100, UsedCapacity: 25}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Queues: %v (-want +got)\n%s", err, diff)
	}
}
