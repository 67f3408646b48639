package control

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"

	"github.com/weft-stream/weft/internal/storage"
)

// MasterVariable names the environment variable of a worker that tells the
// address (host:port) of the master that started it: a hint that saves looking
// for the announcement, and is stale when another attempt of the master runs.
const MasterVariable = "WEFT_MASTER"

// masterFile is where a master announces itself, in the staging folder.
const masterFile = "master.json"

// MasterAddress tells workers where their master is. Each attempt of the
// master replaces its predecessor's.
type MasterAddress struct {
	Addr    string `json:"addr"`    // host:port of the master's one HTTP port
	Attempt int    `json:"attempt"` // of the application, from 1
	Started int64  `json:"started"` // ms since the epoch
	Job     int64  `json:"job"`     // when the job's first attempt was started, ms since the epoch
}

// WriteMasterAddress announces a master in the staging folder dir. The file
// changes from one whole announcement to the next.
func WriteMasterAddress(ctx context.Context, fs storage.FS, dir string, address MasterAddress) error {
	text, err := json.Marshal(address)
	if err != nil {
		return fmt.Errorf("master address: %w", err)
	}
	return fs.WriteFile(ctx, path.Join(dir, masterFile), storage.CreateOptions{Overwrite: true, Perm: 0o600},
		func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		})
}

// ReadMasterAddress returns the latest announcement in the staging folder dir.
// It returns an error that wraps fs.ErrNotExist while there is none, and also
// after the application's end, when the folder is gone.
func ReadMasterAddress(ctx context.Context, fs storage.FS, dir string) (MasterAddress, error) {
	var address MasterAddress
	name := path.Join(dir, masterFile)
	text, err := storage.ReadFile(ctx, fs, name, 1<<16)
	if err != nil {
		return address, err
	}
	if err := json.Unmarshal(text, &address); err != nil {
		return address, fmt.Errorf("master address in %s: %w", fs.URI(name), err)
	}
	if address.Addr == "" {
		return address, fmt.Errorf("master address in %s: no address", fs.URI(name))
	}
	return address, nil
}
