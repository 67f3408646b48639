# shellcheck shell=bash disable=SC2154 # dir: set by scripts/hadoop
# The instance's settings. One conf folder serves all daemons and all clients: what differs between two nodes is a system
# property of the daemon (node.name, node.addr, ...), which Hadoop puts in the place of ${node.name}.
# Heartbeats are YARN's defaults, so that what is measured here is what a cluster does; the times after which something
# counts as dead are short, so that tests of failures end.

# site writes conf/$1 from lines "key value". A file settings/$1 in the instance's folder has lines of its owner's, which
# win: Hadoop takes the last of two equal keys.
site() {
	local key value file=$dir/conf/$1
	{
		echo '<?xml version="1.0"?>'
		echo '<configuration>'
		while read -r key value; do
			if [[ -z $key || $key == \#* ]]; then continue; fi
			value=${value//&/&amp;}
			printf '  <property><name>%s</name><value>%s</value></property>\n' "$key" "${value//</&lt;}"
		done < <(cat - "$(own_settings "$1")")
		echo '</configuration>'
	} >"$file.new"
	mv -- "$file.new" "$file"
}

# own_settings prints the file with the owner's lines for conf/$1.
own_settings() {
	local file=$dir/settings/$1
	if [[ -f $file ]]; then echo "$file"; else echo /dev/null; fi
}

write_conf() {
	mkdir -p "$dir"/{conf,data/tmp,logs,pids} "$dir"/data/webapps/{hdfs,datanode}
	write_core
	write_hdfs
	write_yarn
	write_scheduler
	write_hosts
	if [[ -n $paired ]]; then write_zookeeper; fi
	cat >"$dir/conf/log4j.properties" <<'EOF'
log4j.rootLogger=${weft.log}
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{2}: %m%n
log4j.logger.org.apache.hadoop.util.NativeCodeLoader=ERROR
EOF
}

write_core() {
	site core-site.xml <<EOF
$(addresses_core)
hadoop.tmp.dir $dir/data/tmp
EOF
}

write_hdfs() {
	site hdfs-site.xml <<EOF
dfs.replication 2
dfs.permissions.enabled true
$(addresses_hdfs)
dfs.namenode.name.dir file://$dir/data/\${name.id}
name.id namenode
dfs.datanode.data.dir file://$dir/data/\${node.name}
dfs.datanode.address \${node.addr}:\${node.port}
dfs.datanode.http.address \${node.addr}:$(port_of datanode1 http)
dfs.datanode.ipc.address \${node.addr}:$(port_of datanode1 ipc)
dfs.datanode.hostname \${node.addr}
# Fallbacks for the daemons that are no DataNode but read these keys.
node.name none
node.addr 127.0.0.1
node.port 0
# Clients and peers must dial the address a DataNode names, not the 127.0.0.1 that the NameNode saw it come from.
dfs.client.use.datanode.hostname true
dfs.datanode.use.datanode.hostname true
dfs.namenode.datanode.registration.ip-hostname-check false
# A dead DataNode is dropped after 2 x recheck-interval + 10 x heartbeat = 20 s.
dfs.heartbeat.interval 1
dfs.namenode.heartbeat.recheck-interval 5000
dfs.namenode.safemode.extension 0
EOF
}

write_yarn() {
	# Pairs are there to hand over, not to lose nodes: on a machine where all starve, none is to be given up meanwhile.
	local expiry=10000
	if [[ -n $paired ]]; then expiry=60000; fi
	site yarn-site.xml <<EOF
$(addresses_yarn)
yarn.resourcemanager.recovery.enabled true
yarn.resourcemanager.work-preserving-recovery.enabled true
yarn.resourcemanager.work-preserving-recovery.scheduling-wait-ms 3000
yarn.resourcemanager.connect.retry-interval.ms 500
yarn.resourcemanager.am.max-attempts 4
yarn.resourcemanager.scheduler.class org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler
yarn.nm.liveness-monitor.expiry-interval-ms $expiry
yarn.am.liveness-monitor.expiry-interval-ms $expiry
yarn.scheduler.minimum-allocation-mb 128
yarn.scheduler.maximum-allocation-mb 8192
yarn.scheduler.maximum-allocation-vcores 16
node.name none
node.addr 127.0.0.1
yarn.nodemanager.hostname \${node.addr}
yarn.nodemanager.bind-host \${node.addr}
yarn.nodemanager.address \${node.addr}:$(port_of nodemanager1 rpc)
yarn.nodemanager.localizer.address \${node.addr}:$(port_of nodemanager1 localizer)
yarn.nodemanager.webapp.address \${node.addr}:$(port_of nodemanager1 http)
yarn.nodemanager.collector-service.address \${node.addr}:$(port_of nodemanager1 collector)
yarn.nodemanager.local-dirs $dir/data/\${node.name}/local
yarn.nodemanager.log-dirs $dir/data/\${node.name}/logs
yarn.nodemanager.recovery.enabled true
# A NodeManager that is stopped leaves its containers to the next one; scripts/hadoop down ends them.
yarn.nodemanager.recovery.supervised true
yarn.nodemanager.recovery.dir $dir/data/\${node.name}/recovery
yarn.nodemanager.resource.memory-mb 8192
yarn.nodemanager.resource.cpu-vcores 16
# A container that outgrows its memory is killed; its address space is its own affair. With enforced at its default, true,
# the NodeManager would leave the killing to control groups, also where it uses none.
yarn.nodemanager.pmem-check-enabled true
yarn.nodemanager.resource.memory.enforced false
yarn.nodemanager.vmem-check-enabled false
yarn.nodemanager.delete.debug-delay-sec 0
yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage 99.9
yarn.log-aggregation-enable false
# By default a folder of /tmp that all ResourceManagers of a machine share: two that start at once tear each other's files.
yarn.node-attribute.fs-store.root-dir file://$dir/data/\${manager.id}-attributes
EOF
}

# Either queue may take the whole cluster while the other is idle, also for a single user.
write_scheduler() {
	site capacity-scheduler.xml <<EOF
yarn.scheduler.capacity.root.queues default,other
yarn.scheduler.capacity.maximum-am-resource-percent 0.9
yarn.scheduler.capacity.root.default.capacity 80
yarn.scheduler.capacity.root.default.maximum-capacity 100
yarn.scheduler.capacity.root.default.user-limit-factor 10
yarn.scheduler.capacity.root.other.capacity 20
yarn.scheduler.capacity.root.other.maximum-capacity 100
yarn.scheduler.capacity.root.other.user-limit-factor 10
EOF
}

# write_hosts gives each daemon a name service of its own (a file that Java reads in the place of /etc/hosts): an address
# is its own name, and the machine's name is the daemon's address. Otherwise the ResourceManager would publish its proxy
# under whatever the machine calls itself, where it does not listen, and a machine without an entry for its own name could
# start nothing.
write_hosts() {
	local name other
	for name in "${DAEMONS[@]}"; do
		{
			for other in namenode resourcemanager nodemanager1 nodemanager2 "${PARTNERS[@]}"; do
				echo "$(address_of "$other") $(address_of "$other")"
			done
			echo "$(address_of "$name") $(uname -n)"
			echo "127.0.0.1 localhost"
		} >"$dir/conf/hosts.$name"
	done
}
