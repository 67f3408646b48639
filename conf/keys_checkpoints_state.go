package conf

import (
	"fmt"
	"strings"
)

// Backend is the kind of store that holds keyed state while a job runs.
type Backend string

// The backends.
const (
	// BackendHashMap keeps state in the memory of the worker.
	BackendHashMap Backend = "hashmap"
	// BackendDisk keeps in memory what of the state fits there, and the rest in a local file.
	BackendDisk Backend = "disk"
)

// diskNames are names of other stores of state that is larger than memory.
var diskNames = map[string]Backend{
	"rocksdb":                     BackendDisk,
	"embeddedrocksdbstatebackend": BackendDisk,
	"rocksdbstatebackend":         BackendDisk,
	"pebble":                      BackendDisk,
}

// The keys of state while a job runs.
var (
	StateBackend = define(Key[Backend]{
		Name:    "state.backend.type",
		Old:     []string{"state.backend"},
		Default: string(BackendHashMap),
		Doc: "Where keyed state lives while a job runs: in memory (hashmap), or in memory as far as " +
			"taskmanager.memory.managed.size goes and beyond that in a local file (disk). Savepoints of one can be " +
			"restored in the other. (Other names are understood: filesystem, jobmanager, memory; rocksdb, pebble.)",
		Section: SectionCheckpoints,
		kind:    backendKind(),
		remark:  backendRemark,
	})
	ManagedMemory = define(Key[Memory]{
		Name: "taskmanager.memory.managed.size",
		Old:  []string{"taskmanager.memory.size"},
		Doc: "How much of a worker's memory holds keyed state of the backend disk; beyond it, state is on disk. When it is " +
			"not set: taskmanager.memory.managed.fraction.",
		Default: "none",
		Section: SectionCheckpoints,
		kind:    limitKind(),
	})
	ManagedFraction = define(Key[float64]{
		Name:    "taskmanager.memory.managed.fraction",
		Old:     []string{"taskmanager.memory.fraction"},
		Default: "0.4",
		Doc:     "The same as a part of the worker's memory.",
		Section: SectionCheckpoints,
		kind:    floatKind(0, 1),
	})
	StateLocalDirs = define(Key[[]string]{
		Name:    "state.backend.disk.localdir",
		Old:     []string{"state.backend.rocksdb.localdir"},
		Doc:     "Folders on the workers' machines for state of the backend disk, and for large snapshots on their way. When it is not set: those that YARN gives to containers.",
		Section: SectionCheckpoints,
		kind:    listKind(),
	})
	// LocalRecovery is not Flink's false by default: a copy costs a write to the system's cache, and
	// often never gets to the disk before it is not needed any more.
	LocalRecovery = define(Key[bool]{
		Name:    "execution.state-recovery.from-local",
		Old:     []string{"execution.checkpointing.local-backup.enabled", "state.backend.local-recovery"},
		Default: "true",
		Doc: "Workers keep a copy of what they write for the latest checkpoint in a local file, as long as an eighth of the disk " +
			"stays free, and those that survive a failure read their state from it. When it is not set: unless " +
			"state.checkpoints.dir is on the same machine.",
		Section: SectionCheckpoints,
		kind:    boolKind(),
	})
	LocalCopyDirs = define(Key[[]string]{
		Name:    "execution.checkpointing.local-backup.dirs",
		Old:     []string{"taskmanager.state.local.root-dirs"},
		Doc:     "Folders on the workers' machines for these copies. When it is not set: those that YARN gives to containers.",
		Section: SectionCheckpoints,
		kind:    listKind(),
	})
)

func backendKind() kind[Backend] {
	names := map[string]Backend{
		"filesystem":          BackendHashMap,
		"hashmapstatebackend": BackendHashMap,
		"jobmanager":          BackendHashMap,
		"memory":              BackendHashMap,
	}
	for name, backend := range diskNames {
		names[name] = backend
	}
	k := enumKind(names, BackendHashMap, BackendDisk)
	k.allowed = "hashmap (state in memory) or disk (state that may be larger than memory; also called rocksdb)"
	return k
}

// backendRemark tells who names another program's store what is taken instead.
func backendRemark(text string) string {
	if _, other := diskNames[strings.ToLower(strings.TrimSpace(text))]; !other {
		return ""
	}
	return fmt.Sprintf("%s is taken as %s, weft's own store for state that may be larger than memory", clip(text), BackendDisk)
}
