package snapshot

import (
	"fmt"

	"github.com/weft-stream/weft/internal/storage"
)

// Below these, space counts as low: it shall last for so many checkpoints more,
// and so much of all there is shall be free, since others write as well.
const (
	spareCheckpoints = 10
	spareShare       = 20 // one part of so many
	spareNames       = 100
)

// LowSpace says in one line that a folder of checkpoints may soon be full, "" if
// not. last is the size of the job's last checkpoint in bytes, 0 if there is none.
func LowSpace(uri string, s storage.Space, last int64) string {
	const remedy = "retain fewer (state.checkpoints.num-retained, state.checkpoints.retain-max-bytes), or weft state gc"
	switch {
	case s.Names >= 0 && s.Names < spareNames:
		return fmt.Sprintf("the quota of %s has room for %d more files: %s", uri, s.Names, remedy)
	case s.Free < spareCheckpoints*last:
		return fmt.Sprintf("%s has room for %s more, and the last checkpoint took %s: %s", uri, megabytes(s.Free), megabytes(last), remedy)
	case s.Free < s.Total/spareShare:
		return fmt.Sprintf("%s has room for %s more, less than %d %% of all: %s", uri, megabytes(s.Free), 100/spareShare, remedy)
	}
	return ""
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
