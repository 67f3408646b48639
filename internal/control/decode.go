package control

import (
	"encoding/json"
	"fmt"
)

// DecodeFromWorker reads a worker's message and refuses one that does not
// have exactly one field set.
func DecodeFromWorker(text []byte) (*FromWorker, error) {
	m := new(FromWorker)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("message of a worker: %w", err)
	}
	if n := count(m.Hello != nil, m.Task != nil, m.Ack != nil, m.Decline != nil, m.Report != nil); n != 1 {
		return nil, fmt.Errorf("message of a worker has %d known parts, want exactly one", n)
	}
	return m, nil
}

// DecodeFromMaster reads a master's message and refuses one that does not
// have exactly one field set.
func DecodeFromMaster(text []byte) (*FromMaster, error) {
	m := new(FromMaster)
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("message of the master: %w", err)
	}
	n := count(m.Welcome != nil, m.Refuse != nil, m.Deploy != nil, m.Cancel != nil,
		m.Trigger != nil, m.Complete != nil, m.Abort != nil, m.Shutdown != nil)
	if n != 1 {
		return nil, fmt.Errorf("message of the master has %d known parts, want exactly one", n)
	}
	return m, nil
}

func count(set ...bool) int {
	n := 0
	for _, is := range set {
		if is {
			n++
		}
	}
	return n
}
