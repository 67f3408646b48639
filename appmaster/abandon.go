package appmaster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/yarnipc"
	"github.com/weft-stream/weft/yarnrest"
)

// A NodeManager sends SIGKILL 250 ms after SIGTERM
// (yarn.nodemanager.sleep-delay-before-sigkill.ms), so there is little time to
// clean up.
const (
	lastMoment = 3 * time.Second
	endKnown   = time.Second // the ResourceManager knows within it whether it ended the application
	endPause   = 20 * time.Millisecond
)

// attemptGone tells whether this attempt is not the application's current one
// any more.
func attemptGone(err error) bool {
	return yarnipc.IsAttemptGone(err) || errors.Is(err, errSuperseded)
}

// abandon ends an attempt that was told to end from outside. Another attempt
// may follow and needs the staging folder, unless the application as a whole
// was ended, by "yarn application -kill" say: then nobody will, and nobody
// else removes it.
func (m *master) abandon(p provider, why error) error {
	ctx, cancel := context.WithTimeout(context.Background(), lastMoment)
	defer cancel()
	switch {
	case m.spec.Target == jobspec.Local:
		p.finish(ctx, ending{}) // the processes are ours, and nobody else ends them
	case !m.applicationEnded(ctx):
		return fmt.Errorf("attempt %d was told to end: %w", m.attempt, why)
	}
	if err := m.places.removeStaging(ctx); err != nil {
		return fmt.Errorf("the application was ended; its staging folder %s is left: %w", m.spec.Staging, err)
	}
	return fmt.Errorf("the application was ended: %w", why)
}

// applicationEnded asks the ResourceManager, again and again for a moment: the
// NodeManager can be told to end the master before the ResourceManager has
// written the application's end down. Without an answer the application is
// taken to live on.
func (m *master) applicationEnded(ctx context.Context) bool {
	client, err := resourceManager(m.spec)
	if err != nil {
		m.log.Warn("resource manager", "error", err)
		return false
	}
	id, err := yarnrest.ParseApplicationID(m.spec.ApplicationID)
	if err != nil {
		m.log.Warn("resource manager", "error", err)
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, endKnown)
	defer cancel()
	for ctx.Err() == nil {
		if m.attemptKilled(ctx, client, id) {
			return true
		}
		app, err := client.App(ctx, id)
		m.log.Info("application", "state", app.State, "error", err)
		if err == nil && app.State.Ended() {
			return true
		}
		select {
		case <-ctx.Done():
		case <-time.After(endPause):
		}
	}
	return false
}

// attemptKilled tells whether YARN has killed this attempt, which it does only
// with the application. That shows before the NodeManager is told, and so up to
// a second before the application's own end does, which has to be written down
// first (RMAppAttemptImpl's and RMAppImpl's state FINAL_SAVING).
func (m *master) attemptKilled(ctx context.Context, client *yarnrest.Client, id yarnrest.ApplicationID) bool {
	attempts, err := client.Attempts(ctx, id)
	return err == nil && slices.ContainsFunc(attempts, func(a yarnrest.Attempt) bool {
		return a.Number == m.attempt && a.State == "KILLED"
	})
}

// resourceManager returns a client of the cluster's REST API that does not
// insist.
func resourceManager(spec *jobspec.Spec) (*yarnrest.Client, error) {
	addresses, err := conf.HadoopFromProperties(spec.Hadoop).RMWebAddresses()
	if err != nil {
		return nil, err
	}
	var urls []string
	for _, address := range addresses {
		urls = append(urls, address.URL())
	}
	return yarnrest.New(yarnrest.Config{Addresses: urls, User: spec.User, Patience: lastMoment})
}
