// Package storage is the one seam between Weft and the file systems that
// hold its files: checkpoints and savepoints, staged programs, and the files
// that jobs read and write.
//
// A [Resolver] turns a URI into a file system and a path on it:
//
//	hdfs://host:8020/p   hdfs://nameservice/p   hdfs:///p   file:///p   /p
//
// The last two forms of HDFS and plain paths follow the Hadoop properties
// (fs.defaultFS, dfs.nameservices and so on). There are two file systems: the
// local one and HDFS, the latter over github.com/colinmarc/hdfs/v2.
//
// # What a caller can rely on
//
// A file appears under its name only when it is complete: it is written under
// a temporary sibling name and then renamed. Nobody ever reads half a file.
//
// Every error is an [*Error]: one line that names the operation and the URI,
// with a [Reason] that tells what will not pass (no permission, no such file)
// from what may (a NameNode that restarts).
//
// Faults that may pass are ridden out inside. HDFS clients in Go know neither
// pipeline recovery nor call deadlines, so this package brings its own:
//
//   - A write that failed is repeated as a whole, from the first byte, under a
//     client of its own. A DataNode that died keeps failing new files until
//     the NameNode notices (10.5 minutes by default), so later attempts also
//     try with one replica less, which can avoid the dead one.
//   - Any fault throws the client away: the library shuns a NameNode for 5 s
//     after one failure, and a connection with an answer missing is useless.
//   - Every read and write on a connection has a deadline, and the end of the
//     caller's context closes the connections in use.
//
// One library client has one NameNode call in flight, so every operation has
// a client to itself, taken from a small pool. An idle client renews its leases
// every second, so idle ones are closed soon.
package storage
