# shellcheck shell=bash disable=SC2154 # cache, dir, java, java_options: set by scripts/hadoop and install.sh
# The daemons as processes: each leads a process group of its own, and its process id stands in pids/.

class_of() {
	case $1 in
	namenode | namenode2) echo org.apache.hadoop.hdfs.server.namenode.NameNode ;;
	datanode?) echo org.apache.hadoop.hdfs.server.datanode.DataNode ;;
	resourcemanager | resourcemanager2) echo org.apache.hadoop.yarn.server.resourcemanager.ResourceManager ;;
	nodemanager?) echo org.apache.hadoop.yarn.server.nodemanager.NodeManager ;;
	zookeeper) echo org.apache.zookeeper.server.ZooKeeperServerMain ;;
	esac
}

# class_path: the folder data stands for the empty web pages that the HDFS daemons insist on finding.
class_path() { echo "$dir/conf:$dir/data:$cache/lib/*"; }

# mark_of is the argument by which a process is known to be this instance's daemon, and not a later process of the same id.
mark_of() { echo "-Dweft.daemon=$dir/$1"; }

# pid_of prints the process id of the daemon if it is alive.
pid_of() {
	local pid
	if ! pid=$(cat "$dir/pids/$1.pid" 2>/dev/null); then return 0; fi
	if tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | has -xF -- "$(mark_of "$1")"; then echo "$pid"; fi
}

# state_of prints running, paused or down.
state_of() {
	local pid
	pid=$(pid_of "$1")
	if [[ -z $pid ]]; then
		echo down
	elif has '^State:[[:space:]]*T' "/proc/$pid/status"; then
		echo paused
	else
		echo running
	fi
}

format_namenode() {
	mkdir -p "$dir/logs"
	"$java" "${java_options[@]}" -Dweft.log=INFO,console -Djava.io.tmpdir="$dir/data/tmp" \
		-Djdk.net.hosts.file="$dir/conf/hosts.namenode" -cp "$(class_path)" \
		"$(class_of namenode)" -format -nonInteractive >"$dir/logs/format.log" 2>&1 9>&-
}

# start_daemon starts the daemon unless it is alive.
start_daemon() {
	local name=$1 data_port=0 own=() arguments=()
	if [[ -n $(pid_of "$name") ]]; then return; fi
	say "starting $name at $(address_of "$name")"
	case $name in
	datanode?) data_port=$(port_of "$name" data) ;;
	namenode*) own=(-Dname.id="$name") ;;
	resourcemanager*)
		own=(-Dmanager.id="$name")
		# Nobody here gives nodes attributes, and a ResourceManager killed while it wrote their file would not start again.
		rm -rf -- "$dir/data/$name-attributes"
		;;
	zookeeper) arguments=("$dir/conf/zookeeper.cfg") ;;
	esac
	setsid "$java" "$(mark_of "$name")" -Xmx512m "${java_options[@]}" -Dweft.log=INFO,console \
		-Dnode.name="$name" -Dnode.addr="$(address_of "$name")" -Dnode.port="$data_port" \
		-Djdk.net.hosts.file="$dir/conf/hosts.$name" "${own[@]}" \
		-Djava.io.tmpdir="$dir/data/tmp" -Dhadoop.log.dir="$dir/logs" -cp "$(class_path)" "$(class_of "$name")" "${arguments[@]}" \
		</dev/null >>"$dir/logs/$name.log" 2>&1 9>&- &
	echo $! >"$dir/pids/$name.pid"
	# The process bears its mark only when Java has taken the place of this shell's copy.
	while kill -0 $! 2>/dev/null && [[ -z $(pid_of "$name") ]]; do sleep 0.02; done
}

# stop_daemons ends the named daemons: SIGTERM to all, SIGKILL to the process group of each that is there after 10 s.
stop_daemons() {
	local name pid
	for name in "$@"; do
		pid=$(pid_of "$name")
		# A paused process would take the signal only when resumed.
		if [[ -n $pid ]]; then kill -TERM "$pid" && kill -CONT "$pid"; fi
	done
	for name in "$@"; do
		local deadline=$((SECONDS + 10))
		while pid=$(pid_of "$name") && [[ -n $pid ]]; do
			if ((SECONDS >= deadline)); then kill -KILL -- "-$pid"; fi
			sleep 0.1
		done
		rm -f -- "$dir/pids/$name.pid"
	done
}

# stop_containers ends the containers that the NodeManagers have recorded. Each leads a process group; a process is only
# taken for a container if its environment says so.
stop_containers() {
	local file pid id
	for file in "$dir"/data/nodemanager?/local/nmPrivate/application_*/container_*/container_*.pid; do
		[[ -f $file ]] || continue
		pid=$(<"$file")
		id=$(basename "$file" .pid)
		if tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | has -xF -- "CONTAINER_ID=$id"; then
			kill -KILL -- "-$pid" 2>/dev/null || true
		fi
	done
}

# run_class runs a command-line class of Hadoop as this instance's client.
run_class() {
	find_java || die "no Java between 11 and 23 found: run scripts/hadoop up"
	exec "$java" -Xmx256m "${java_options[@]}" -Dweft.log=WARN,console -cp "$(class_path)" "$@"
}
