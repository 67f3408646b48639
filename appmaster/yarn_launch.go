package appmaster

import (
	"context"
	"fmt"
	"maps"
	"net"
	"path"
	"strconv"
	"time"

	"github.com/weft-stream/weft/conf"
	"github.com/weft-stream/weft/internal/control"
	"github.com/weft-stream/weft/internal/jobspec"
	"github.com/weft-stream/weft/yarnipc"
)

// workerCommand starts a worker. With exec, the program is the process that
// YARN stops. Everybody on the node can read the command: no secret is in it.
const workerCommand = "exec ./" + jobspec.ProgramName + " 1><LOG_DIR>/stdout 2><LOG_DIR>/stderr"

// workerLaunch says what runs in each worker's container. The specification
// cannot name itself among its resources: YARN wants a file's exact time, so
// it is looked up.
func workerLaunch(ctx context.Context, p *places, spec *jobspec.Spec, c *conf.Conf, master yarnipc.Registration, credentials *yarnipc.Credentials) (yarnipc.LaunchContext, error) {
	name := path.Join(p.staging.dir, jobspec.FileName)
	info, err := p.staging.fs.Stat(ctx, name)
	if err != nil {
		return yarnipc.LaunchContext{}, err
	}
	resources := map[string]yarnipc.LocalResource{
		jobspec.FileName: {URL: p.staging.fs.URI(name), Size: info.Size, ModTime: info.ModTime},
	}
	for _, r := range spec.Resources {
		resource := yarnipc.LocalResource{URL: r.URI, Size: r.Size, ModTime: time.UnixMilli(r.Timestamp)}
		if r.Private {
			resource.Visibility = yarnipc.VisibleToUser
		}
		resources[r.Name] = resource
	}
	environment := map[string]string{
		jobspec.RoleVariable:   jobspec.RoleContainer,
		control.MasterVariable: net.JoinHostPort(master.Host, strconv.Itoa(int(master.RPCPort))),
	}
	maps.Copy(environment, c.WithPrefix(conf.WorkerEnv))
	return yarnipc.LaunchContext{
		Command:        workerCommand,
		Env:            environment,
		LocalResources: resources,
		Credentials:    workerCredentials(credentials),
	}, nil
}

// workerCredentials are the master's without the right to speak for the
// application: the secret, and the tokens for storage.
func workerCredentials(own *yarnipc.Credentials) *yarnipc.Credentials {
	credentials := &yarnipc.Credentials{Secrets: own.Secrets}
	for _, token := range own.Tokens {
		if token.Kind != yarnipc.KindAMRM {
			credentials.Tokens = append(credentials.Tokens, token)
		}
	}
	return credentials
}

// nodeScheme is how NodeManagers serve their pages.
func nodeScheme(hadoop *conf.Hadoop) string {
	if policy, found := hadoop.Get("yarn.http.policy"); found && policy.Value == "HTTPS_ONLY" {
		return "https"
	}
	return "http"
}

// logPage is where a NodeManager shows a container's logs.
func logPage(scheme, node, container, user string) string {
	return fmt.Sprintf("%s://%s/node/containerlogs/%s/%s", scheme, node, container, user)
}
