# shellcheck shell=bash disable=SC2154 # dir, java, java_options, DAEMONS, PARTNERS: set by scripts/hadoop and install.sh
# High availability (--ha): two NameNodes with a shared folder for their edits, two ResourceManagers with ZooKeeper.

readonly NAMESERVICE=weft
paired='' # not empty: the instance has pairs

record_pairs() { if [[ -n $paired ]]; then touch "$dir/pairs"; fi; }

# load_pairs makes the partners daemons like the others where the instance has them.
load_pairs() {
	if [[ -f $dir/pairs && ${#DAEMONS[@]} -eq 6 ]]; then
		paired=yes
		DAEMONS+=("${PARTNERS[@]}")
	fi
}

addresses_core() {
	if [[ -z $paired ]]; then
		echo "fs.defaultFS hdfs://$(at namenode rpc)"
		return
	fi
	cat <<EOF
fs.defaultFS hdfs://$NAMESERVICE
hadoop.zk.address $(at zookeeper client)
hadoop.zk.timeout-ms 4000
hadoop.zk.retry-interval-ms 200
EOF
}

# All addresses are of this machine, so a daemon cannot find out by its address which one it is: ids say it.
addresses_hdfs() {
	if [[ -z $paired ]]; then
		echo "dfs.namenode.rpc-address $(at namenode rpc)"
		echo "dfs.namenode.http-address $(at namenode http)"
		return
	fi
	cat <<EOF
dfs.nameservices $NAMESERVICE
dfs.nameservice.id $NAMESERVICE
dfs.ha.namenodes.$NAMESERVICE namenode,namenode2
dfs.ha.namenode.id \${name.id}
dfs.namenode.rpc-address.$NAMESERVICE.namenode $(at namenode rpc)
dfs.namenode.rpc-address.$NAMESERVICE.namenode2 $(at namenode2 rpc)
dfs.namenode.http-address.$NAMESERVICE.namenode $(at namenode http)
dfs.namenode.http-address.$NAMESERVICE.namenode2 $(at namenode2 http)
dfs.namenode.shared.edits.dir file://$dir/data/edits
dfs.client.failover.proxy.provider.$NAMESERVICE org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider
dfs.ha.fencing.methods shell(/bin/true)
dfs.ha.tail-edits.period 1
# A standby that starts reads finished segments of edits only: without a new one soon it would wait for blocks of files
# that the active one has long deleted.
dfs.ha.log-roll.period 2
EOF
}

addresses_yarn() {
	if [[ -z $paired ]]; then
		addresses_of_manager resourcemanager ''
		cat <<EOF
yarn.resourcemanager.store.class org.apache.hadoop.yarn.server.resourcemanager.recovery.FileSystemRMStateStore
yarn.resourcemanager.fs.state-store.uri file://$dir/data/resourcemanager
EOF
		return
	fi
	addresses_of_manager resourcemanager .resourcemanager
	addresses_of_manager resourcemanager2 .resourcemanager2
	cat <<EOF
yarn.resourcemanager.ha.enabled true
yarn.resourcemanager.cluster-id weft
yarn.resourcemanager.ha.rm-ids resourcemanager,resourcemanager2
yarn.resourcemanager.ha.id \${manager.id}
manager.id resourcemanager
yarn.resourcemanager.store.class org.apache.hadoop.yarn.server.resourcemanager.recovery.ZKRMStateStore
yarn.client.failover-sleep-base-ms 200
yarn.client.failover-sleep-max-ms 1000
EOF
}

# addresses_of_manager prints the addresses of the ResourceManager $1, with $2 after each key.
addresses_of_manager() {
	cat <<EOF
yarn.resourcemanager.hostname$2 $(address_of "$1")
yarn.resourcemanager.scheduler.address$2 $(at "$1" scheduler)
yarn.resourcemanager.resource-tracker.address$2 $(at "$1" tracker)
yarn.resourcemanager.address$2 $(at "$1" rpc)
yarn.resourcemanager.admin.address$2 $(at "$1" admin)
yarn.resourcemanager.webapp.address$2 $(at "$1" http)
EOF
}

write_zookeeper() {
	cat >"$dir/conf/zookeeper.cfg" <<EOF
tickTime=500
dataDir=$dir/data/zookeeper
clientPortAddress=$(address_of zookeeper)
clientPort=$(port_of zookeeper client)
admin.enableServer=false
maxClientCnxns=0
EOF
}

# start_partners starts the second of each pair; the second NameNode copies the first one's files when it is new.
start_partners() {
	start_daemon resourcemanager2
	wait_listening namenode rpc
	if [[ ! -f $dir/data/namenode2/current/VERSION ]]; then
		"$java" "${java_options[@]}" -Dweft.log=INFO,console -Djava.io.tmpdir="$dir/data/tmp" -Dname.id=namenode2 \
			-Djdk.net.hosts.file="$dir/conf/hosts.namenode2" -cp "$(class_path)" \
			"$(class_of namenode2)" -bootstrapStandby -nonInteractive >"$dir/logs/bootstrap.log" 2>&1 9>&- ||
			die "the second NameNode could not be set up: see $dir/logs/bootstrap.log"
	fi
	start_daemon namenode2
	wait_daemon namenode
	if [[ -z $(active_namenode) ]]; then cmd_activate namenode; fi
}

wait_listening() {
	local deadline=$((SECONDS + 60))
	until listening "$(address_of "$1")" "$(port_of "$1" "$2")"; do
		if ((SECONDS >= deadline)); then die "$1 does not listen after 60 s: see $dir/logs/$1.log"; fi
		sleep 0.2
	done
}

# active_namenode prints which NameNode is active, if one is.
active_namenode() {
	local name
	for name in namenode namenode2; do
		if get "$name" '/jmx?qry=Hadoop:service=NameNode,name=NameNodeStatus' | has '"State" : "active"'; then echo "$name"; fi
	done
}

# cmd_activate has the NameNode $1 take over. The other one, if it is alive, gives its part up first.
cmd_activate() {
	need_instance
	find_java
	[[ -n $paired && $1 == namenode* ]] || die "only a NameNode of an instance with --ha can take over"
	local other
	other=$(active_namenode)
	if [[ $other == "$1" ]]; then return; fi
	if [[ -n $other ]]; then ha_admin -transitionToStandby "$other"; fi
	# Forced, because a partner that is dead cannot be asked whether it is active. It has just been seen not to be.
	ha_admin -transitionToActive --forceactive "$1" <<<y >&2
	local deadline=$((SECONDS + 60))
	until [[ $(active_namenode) == "$1" ]]; do
		if ((SECONDS >= deadline)); then die "$1 is not active after 60 s: see $dir/logs/$1.log"; fi
		sleep 0.2
	done
}

ha_admin() {
	"$java" -Xmx256m "${java_options[@]}" -Dweft.log=ERROR,console -cp "$(class_path)" \
		org.apache.hadoop.hdfs.tools.DFSHAAdmin -ns "$NAMESERVICE" "$@" 9>&-
}
