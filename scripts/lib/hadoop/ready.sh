# shellcheck shell=bash disable=SC2154 # dir, DAEMONS: set by scripts/hadoop
# When is a cluster up? When its own pages say so. The requests are made by the shell: no curl is needed.

# http prints the answer to a request. $1 method, $2 daemon, $3 path. Fails when there is none within 2 s.
http() {
	# shellcheck disable=SC2016 # the inner shell expands them
	timeout 2 bash -c '
		exec 3<>"/dev/tcp/$1/$2" && printf "%s %s HTTP/1.0\r\nHost: %s:%s\r\nContent-Length: 0\r\n\r\n" "$3" "$4" "$1" "$2" >&3 && cat <&3
	' http "$(address_of "$2")" "$(port_of "$2" http)" "$1" "$3" 2>/dev/null
}

get() { http GET "$1" "$2"; }

# ask_either says whether a page of the daemon, or of its partner, has the text.
ask_either() {
	if get "$1" "$2" | has -F "$3"; then return; fi
	[[ -n $paired ]] && get "${1}2" "$2" | has -F "$3"
}

# daemon_serves says whether the daemon does its work and its master knows it.
daemon_serves() {
	case $1 in
	namenode | namenode2) get "$1" '/jmx?qry=Hadoop:service=NameNode,name=NameNodeInfo' | has '"Safemode" : ""' ;;
	resourcemanager | resourcemanager2) get "$1" /ws/v1/cluster/info | has '"state":"STARTED"' ;;
	zookeeper) listening "$(address_of zookeeper)" "$(port_of zookeeper client)" ;;
	datanode?)
		get "$1" '/jmx?qry=Hadoop:service=DataNode,name=DataNodeInfo' | has 'BP-' &&
			ask_either namenode '/jmx?qry=Hadoop:service=NameNode,name=NameNodeInfo' "$(at "$1" data)"
		;;
	nodemanager?)
		get "$1" /ws/v1/node/info | has '"nodeHealthy":true' &&
			ask_either resourcemanager '/ws/v1/cluster/nodes?states=running' "\"$(at "$1" rpc)\""
		;;
	esac
}

# cluster_lacks prints the daemons that do not serve yet.
cluster_lacks() {
	local name lack=()
	for name in "${DAEMONS[@]}"; do
		if ! daemon_serves "$name"; then lack+=("$name"); fi
	done
	echo "${lack[*]}"
}

# wait_daemon waits until the daemon serves; it ends with the tail of the log when the process has ended.
wait_daemon() {
	local name=$1 deadline=$((SECONDS + 120))
	until daemon_serves "$name"; do
		if [[ -z $(pid_of "$name") ]]; then
			tail -n 15 "$dir/logs/$name.log" >&2
			die "$name has ended: see $dir/logs/$name.log"
		fi
		if ((SECONDS >= deadline)); then die "$name does not serve after 120 s: see $dir/logs/$name.log"; fi
		sleep 0.2
	done
}

wait_cluster() {
	local name
	for name in "${DAEMONS[@]}"; do wait_daemon "$name"; done
}

# make_home creates /tmp and the user's home in HDFS, as the user the NameNode runs as, its superuser.
make_home() {
	local user
	user=$(id -un)
	make_folder /tmp 1777
	make_folder "/user/$user" 755
}

# make_folder tries for a while: the first such request makes the NameNode load its WebHDFS, which may take longer than
# http waits.
make_folder() {
	local deadline=$((SECONDS + 30))
	until http PUT namenode "/webhdfs/v1$1?op=MKDIRS&permission=$2&user.name=$(id -un)" | has '"boolean":true'; do
		if ((SECONDS >= deadline)); then die "could not create $1 in HDFS: see $dir/logs/namenode.log"; fi
		sleep 0.2
	done
}
