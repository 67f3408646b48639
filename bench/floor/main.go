// Command floor is the least that an application on YARN can be: a master that registers, keeps the wanted number of
// containers running `sleep`, and does nothing else. What it takes to be up, and to replace a container that was
// killed, is what YARN itself takes; nothing that runs on YARN can be faster.
//
//	floor <scheduler host:port> <containers> <memory of each in MB>
//
// YARN starts it as an application master. It runs until the application is killed.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/weft-stream/weft/yarnipc"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("want <scheduler host:port> <containers> <memory in MB>")
	}
	wanted, err := strconv.Atoi(args[1])
	if err != nil {
		return fmt.Errorf("number of containers: %w", err)
	}
	memory, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return fmt.Errorf("memory of a container: %w", err)
	}
	credentials, err := yarnipc.ReadCredentials(os.Getenv("HADOOP_TOKEN_FILE_LOCATION"))
	if err != nil {
		return err
	}
	rm, err := yarnipc.NewResourceManager(yarnipc.RMConfig{Addresses: args[:1], Credentials: credentials})
	if err != nil {
		return err
	}
	defer rm.Close()
	ctx := context.Background()
	master := yarnipc.NewMaster(rm, yarnipc.MasterConfig{})
	if _, err := master.Register(ctx, yarnipc.Registration{Host: os.Getenv("NM_HOST")}); err != nil {
		return err
	}
	go master.Run(ctx) // how it ends is told by the Ended event
	return keep(ctx, master, wanted, yarnipc.Ask{Resource: yarnipc.Resource{MemoryMB: memory, VCores: 1}, Priority: 1})
}

// keep holds the wanted number of containers until the application ends.
func keep(ctx context.Context, master *yarnipc.Master, wanted int, ask yarnipc.Ask) error {
	for range wanted {
		if _, err := master.Request(ask); err != nil {
			return err
		}
	}
	for event := range master.Events() {
		var err error
		switch e := event.(type) {
		case yarnipc.Allocated:
			err = master.Nodes().Start(ctx, e.Container, yarnipc.LaunchContext{Command: "exec sleep 100000"})
		case yarnipc.Completed:
			_, err = master.Request(ask)
		case yarnipc.Ended:
			err = e.Err
		}
		if err != nil {
			return err
		}
	}
	return nil
}
