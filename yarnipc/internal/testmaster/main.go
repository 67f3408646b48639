// Command testmaster is the smallest application master: the integration tests of yarnipc let YARN start it. It keeps
// the wanted number of containers running a command, replaces those that end by themselves, and finishes the
// application as a success once it has replaced one.
//
//	testmaster <scheduler host:port> <containers> <command>
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/weft-stream/weft/yarnipc"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "testmaster:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("want <scheduler host:port> <containers> <command>")
	}
	wanted, err := strconv.Atoi(args[1])
	if err != nil {
		return err
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
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	master := yarnipc.NewMaster(rm, yarnipc.MasterConfig{})
	if _, err := master.Register(ctx, yarnipc.Registration{Host: os.Getenv("NM_HOST")}); err != nil {
		return err
	}
	go master.Run(ctx)
	if err := keep(ctx, master, wanted, args[2]); err != nil {
		return err
	}
	return master.Finish(ctx, yarnipc.Succeeded, "replaced a container", "")
}

// keep returns when all containers run again after one has ended.
func keep(ctx context.Context, master *yarnipc.Master, wanted int, command string) error {
	ask := yarnipc.Ask{Resource: yarnipc.Resource{MemoryMB: 128, VCores: 1}, Priority: 1}
	for range wanted {
		if _, err := master.Request(ask); err != nil {
			return err
		}
	}
	running, replaced := 0, false
	for event := range master.Events() {
		switch e := event.(type) {
		case yarnipc.Allocated:
			if err := master.Nodes().Start(ctx, e.Container, yarnipc.LaunchContext{Command: command}); err != nil {
				return err
			}
			if running++; running == wanted && replaced {
				return nil
			}
		case yarnipc.Completed:
			running, replaced = running-1, true
			if _, err := master.Request(ask); err != nil {
				return err
			}
		case yarnipc.Ended:
			return e.Err
		}
	}
	return errors.New("events ended")
}
