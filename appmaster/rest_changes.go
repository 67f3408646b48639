package appmaster

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/weft-stream/weft/appmaster/api"
	"github.com/weft-stream/weft/appmaster/coordinator"
)

// promiseTimeout is how long a request waits for its operation to be written
// down before it is answered with "try again". A request that is repeated with
// its trigger id asks for the same operation.
const promiseTimeout = 50 * time.Second

func (h *rest) askSavepoint(r *http.Request, v *coordinator.View) (any, error) {
	var body api.SavepointRequest
	if err := h.readChange(r, &body); err != nil {
		return nil, err
	}
	kind := coordinator.Savepoint
	if body.CancelJob {
		kind = coordinator.CancelWithSavepoint
	}
	return h.ask(r.Context(), v, coordinator.Request{ID: body.TriggerID, Kind: kind, Target: body.TargetDirectory})
}

func (h *rest) askStop(r *http.Request, v *coordinator.View) (any, error) {
	var body api.StopRequest
	if err := h.readChange(r, &body); err != nil {
		return nil, err
	}
	return h.ask(r.Context(), v, coordinator.Request{
		ID: body.TriggerID, Kind: coordinator.Stop, Target: body.TargetDirectory, Drain: body.Drain,
	})
}

func (h *rest) askCheckpoint(r *http.Request, v *coordinator.View) (any, error) {
	var body api.CheckpointRequest
	if err := h.readChange(r, &body); err != nil {
		return nil, err
	}
	return h.ask(r.Context(), v, coordinator.Request{
		ID: body.TriggerID, Kind: coordinator.Checkpoint, Full: strings.EqualFold(body.CheckpointType, "FULL"),
	})
}

// askCancel cancels without a savepoint. Asking again, or after the end, is no
// mistake.
func (h *rest) askCancel(r *http.Request, v *coordinator.View) (any, error) {
	if err := h.readChange(r, nil); err != nil {
		return nil, err
	}
	if mode := r.URL.Query().Get("mode"); mode != "" && mode != "cancel" {
		return nil, &failure{http.StatusBadRequest, fmt.Sprintf("mode %q: only mode=cancel is known; to stop with a savepoint, ask /jobs/%s/stop", mode, h.spec.JobID)}
	}
	if v.State.Terminal() || v.State == coordinator.Cancelling {
		return object{}, nil
	}
	if _, err := h.ask(r.Context(), v, coordinator.Request{Kind: coordinator.Cancel}); err != nil {
		return nil, err
	}
	return object{}, nil
}

// readChange checks the ticket of a request and reads its body, which may be
// empty.
func (h *rest) readChange(r *http.Request, body any) error {
	text, err := h.authorize(r)
	if err != nil {
		return err
	}
	if body == nil || len(strings.TrimSpace(string(text))) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, body); err != nil {
		return &failure{http.StatusBadRequest, "the request's body: " + err.Error()}
	}
	return nil
}

// ask requests an operation and answers when it is durable.
func (h *rest) ask(ctx context.Context, v *coordinator.View, request coordinator.Request) (any, error) {
	switch {
	case request.ID == "":
		request.ID = randomID()
	case !isHex32(request.ID):
		return nil, &failure{http.StatusBadRequest, fmt.Sprintf("trigger id %q is not 32 hex digits", request.ID)}
	}
	request.ID = strings.ToLower(request.ID)
	if o := findOperation(v, request.ID); o != nil && o.Kind == request.Kind {
		return api.Triggered{RequestID: o.ID}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, promiseTimeout)
	defer cancel()
	a, err := h.requests.ask(ctx, request)
	switch {
	case err != nil:
		return nil, &failure{http.StatusServiceUnavailable, "the request could not be written down yet: ask again with triggerId " + request.ID}
	case a.refused != "":
		return nil, &failure{http.StatusConflict, a.refused}
	}
	return api.Triggered{RequestID: a.operation.ID}, nil
}

func randomID() string {
	var id [16]byte
	rand.Read(id[:]) // never fails (documented since Go 1.24)
	return hex.EncodeToString(id[:])
}

func findOperation(v *coordinator.View, id string) *coordinator.Operation {
	for i := range v.Operations {
		if v.Operations[i].ID == id {
			return &v.Operations[i]
		}
	}
	return nil
}

// pollOperation tells how far an operation has come. As in Flink, a failed one
// is COMPLETED with a failure cause.
func (h *rest) pollOperation(r *http.Request, v *coordinator.View) (any, error) {
	id := strings.ToLower(r.PathValue("operation"))
	o := findOperation(v, id)
	if o == nil {
		return nil, notFound("operation %s is not known: results are kept for some minutes", id)
	}
	switch o.State {
	case coordinator.OperationCompleted:
		return api.Poll{
			Status:    api.PollStatus{ID: api.Completed},
			Operation: &api.PollOperation{Location: o.Location, CheckpointID: o.Checkpoint},
		}, nil
	case coordinator.OperationFailed:
		return api.Poll{
			Status:    api.PollStatus{ID: api.Completed},
			Operation: &api.PollOperation{FailureCause: &api.FailureCause{Class: "weft", StackTrace: o.Failure}},
		}, nil
	}
	return api.Poll{Status: api.PollStatus{ID: api.InProgress}}, nil
}
