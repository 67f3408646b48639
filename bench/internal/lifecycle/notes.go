package lifecycle

// Notes explain the table to its reader. It wants how long a job is idle.
const Notes = `
How it was measured:

- One Hadoop of this machine (scripts/hadoop: NameNode, two DataNodes, ResourceManager, two NodeManagers), with YARN's
  default heartbeats (1 s) and default times after which masters and nodes count as dead. All containers have 1024 MB.
- Floor: a bare master (bench/floor) that registers and holds two containers with ` + "`sleep`" + `. Start: from asking for an
  application id until both sleep, its program being on HDFS; for the second start the nodes have a copy of it. Loss: from
  kill -9 of one until two run again. One round before all measurements is not counted: the daemons warm up.
- Weft and Flink run the same job, words of a socket counted in windows (examples/socketwordcount,
  bench/flink/SocketWindowWordCount.java), at parallelism 2 in two workers of one slot. Set for both: the checkpoint
  interval, 10 s, and the folder on HDFS. All else is each system's own default.
- Flink is the distribution as it is published, all of lib/. Its command is the class behind the ` + "`flink`" + ` script, without the
  script and the JVM that this starts first. Needed on this machine: Hadoop's class path and configuration folder, the
  --add-opens for Java 17 that Flink is delivered with.
- Time to RUNNING: from the start of the command's process until the job's REST API counts all tasks RUNNING, looked at each
  25 ms. Before the first ` + "`run -d`" + ` the user's staging folder on HDFS is removed. Uploaded: the sizes of the files that
  the command left there, once, not for each replica. Weft keeps the program there for the next run.
- Memory: the kernel's VmHWM of the command (and of its child processes, added), VmRSS of the containers' main processes
  after %v without input; of the two workers the larger.
- Losses: kill -9 of the container's process, until the REST API counts all tasks RUNNING and, for a worker, none of them
  in the killed container. Weft's master is killed at default settings; for Flink, the default is tried on the first job, and
  the time is taken with yarn.application-attempts 2 (no ZooKeeper) on the second. State: 100 words are sent, a
  checkpoint is awaited, the master is killed, and the window's end must print the 100.
`
