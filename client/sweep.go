package client

import (
	"context"
	"path"
	"strings"

	"github.com/weft-stream/weft/yarnrest"
)

// sweepStaging removes what applications have left in the user's staging
// folder that were killed together with their masters. An application that
// ends in any other way removes its folder itself; one that is only being
// submitted is not known to have ended. It is a courtesy: that it fails is
// nobody's concern.
func (s *submission) sweepStaging(ctx context.Context) {
	root, home, err := s.cluster.home(s.files, s.conf)
	if err != nil {
		return
	}
	entries, err := root.List(ctx, home)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !entry.IsDir || !strings.HasPrefix(entry.Name, "application_") {
			continue
		}
		id, err := yarnrest.ParseApplicationID(entry.Name)
		if err != nil {
			continue
		}
		if application, err := s.cluster.rm.App(ctx, id); err == nil && application.State.Ended() {
			root.RemoveAll(ctx, path.Join(home, entry.Name))
		}
	}
}
