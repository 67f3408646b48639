package jobspec

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
)

// EndName is the name of the file, in the working directory of a master on
// this machine, that tells how the job ended. On a cluster the ResourceManager
// remembers it.
const EndName = "weft-end.json"

// End is how a job ended.
type End struct {
	State       string `json:"state"`       // FINISHED CANCELED FAILED
	Diagnostics string `json:"diagnostics"` // why, one line
	Time        int64  `json:"time"`        // ms since the epoch
}

// WriteEnd writes how the job ended into a folder, all at once.
func WriteEnd(dir string, end End) error {
	text, err := json.Marshal(end)
	if err != nil {
		return err
	}
	name := filepath.Join(dir, EndName)
	if err := os.WriteFile(name+".tmp", text, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".tmp", name)
}

// ReadEnd reads it. The error wraps fs.ErrNotExist if the job has not ended, or
// its master was killed.
func ReadEnd(dir string) (End, error) {
	var end End
	file, err := os.Open(filepath.Join(dir, EndName))
	if err != nil {
		return end, err
	}
	defer file.Close()
	return end, json.NewDecoder(io.LimitReader(file, 1<<20)).Decode(&end)
}
