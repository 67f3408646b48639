// Package yarnipc speaks Hadoop RPC the way a YARN application master needs it, in pure Go.
//
// It has three layers, each usable without the one above:
//
//   - the connection: IPC version 9 frames, authenticated by a token with SASL DIGEST-MD5, and signed or sealed when
//     the cluster's hadoop.rpc.protection asks for it (rpc.go, sasl.go, digest.go, seal.go);
//   - the protocols: [ResourceManager] for ApplicationMasterProtocol and [NodeManagers] for
//     ContainerManagementProtocol, with redialling, high availability and rolling tokens inside;
//   - the [Master]: the table of containers that are wanted and owned, kept true by a heartbeat, telling its owner what
//     changed as [Event] values.
//
// An application master needs no Kerberos: YARN puts a token into a file of the container
// (HADOOP_TOKEN_FILE_LOCATION, see [ReadCredentials]), and the ResourceManager's scheduler port and the NodeManagers
// accept nothing but tokens, on a cluster without security as well. A master's life looks like this:
//
//	credentials, err := yarnipc.ReadCredentials(os.Getenv("HADOOP_TOKEN_FILE_LOCATION"))
//	rm, err := yarnipc.NewResourceManager(yarnipc.RMConfig{Addresses: schedulers, Credentials: credentials})
//	master := yarnipc.NewMaster(rm, yarnipc.MasterConfig{})
//	registration, err := master.Register(ctx, yarnipc.Registration{Host: host, TrackingURL: url})
//	go master.Run(ctx)
//	id, err := master.Request(yarnipc.Ask{Resource: yarnipc.Resource{MemoryMB: 1024, VCores: 1}})
//	for event := range master.Events() {
//		switch e := event.(type) {
//		case yarnipc.Allocated:
//			err = master.Nodes().Start(ctx, e.Container, yarnipc.LaunchContext{Command: "exec ./worker"})
//		case yarnipc.Completed:
//			// ask for another one
//		}
//	}
//	err = master.Finish(ctx, yarnipc.Succeeded, "", "")
//
// Nothing of this package prints or logs a token's password.
package yarnipc

//go:generate go run -C proto/tools . .. ../../internal/pb weft/yarn/v1/ipc.proto weft/yarn/v1/yarn.proto
