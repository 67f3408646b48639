# shellcheck shell=bash disable=SC2154 # cache, dir: set by scripts/hadoop
# Which addresses an instance has. Each takes a subnet 127.0.N.0/24 for itself, so that Hadoop's usual ports serve, on an
# address for each daemon; when somebody listens on those ports on every address, all ports are shifted.

# load_address sets octet and shift as recorded in the instance's folder.
load_address() { read -r octet shift <"$dir/address"; }

# address_of prints the daemon's address.
address_of() {
	case $1 in
	nodemanager1 | datanode1) echo "127.0.$octet.1" ;;
	nodemanager2 | datanode2) echo "127.0.$octet.2" ;;
	namenode) echo "127.0.$octet.10" ;;
	resourcemanager) echo "127.0.$octet.11" ;;
	namenode2) echo "127.0.$octet.12" ;;
	resourcemanager2) echo "127.0.$octet.13" ;;
	zookeeper) echo "127.0.$octet.14" ;;
	esac
}

# port_of prints the daemon's port for a use.
port_of() {
	local port
	case $1.$2 in
	zookeeper.client) port=2181 ;;
	namenode.rpc | namenode2.rpc) port=9000 ;;
	namenode.http | namenode2.http) port=9870 ;;
	# The NameNode sees every DataNode come from 127.0.0.1 and tells them apart by this port alone.
	datanode1.data) port=9866 ;;
	datanode2.data) port=9876 ;;
	datanode?.http) port=9864 ;;
	datanode?.ipc) port=9867 ;;
	resourcemanager*.scheduler) port=8030 ;;
	resourcemanager*.tracker) port=8031 ;;
	resourcemanager*.rpc) port=8032 ;;
	resourcemanager*.admin) port=8033 ;;
	resourcemanager*.http) port=8088 ;;
	nodemanager?.localizer) port=8040 ;;
	nodemanager?.rpc) port=8041 ;;
	nodemanager?.http) port=8042 ;;
	nodemanager?.collector) port=8048 ;;
	esac
	echo $((port + shift))
}

at() { echo "$(address_of "$1"):$(port_of "$1" "$2")"; }

url_of() { if [[ $1 == zookeeper ]]; then at zookeeper client; else echo "http://$(at "$1" http)"; fi; }

# listening says whether something accepts connections at $1:$2.
listening() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# address_is_free says whether nothing listens where this instance's daemons would.
address_is_free() {
	local place
	for place in {namenode,namenode2}.{rpc,http} {resourcemanager,resourcemanager2}.{scheduler,tracker,rpc,admin,http} zookeeper.client \
		{datanode1,datanode2}.{data,http,ipc} {nodemanager1,nodemanager2}.{localizer,rpc,http,collector}; do
		if listening "$(address_of "${place%.*}")" "$(port_of "${place%.*}" "${place#*.}")"; then return 1; fi
	done
}

# claimed_by_other says whether another instance, running or not, has recorded this subnet: a stopped one wants it back.
claimed_by_other() {
	local owner claim=$cache/subnets/$octet
	[[ -f $claim ]] || return 1
	owner=$(<"$claim")
	[[ $owner != "$dir" && -f $owner/address && $(<"$owner/address") == "$octet "* ]]
}

# claim_address loads the instance's recorded addresses, or chooses free ones and records them.
claim_address() {
	if [[ -f $dir/address ]]; then
		load_address
		return
	fi
	mkdir -p "$cache/subnets"
	exec 7>"$cache/subnets/lock"
	flock 7
	for shift in 0 10000 20000; do
		# 127.0.0 and 127.0.1 belong to the system.
		for octet in {10..250}; do
			if claimed_by_other || ! address_is_free; then continue; fi
			echo "$dir" >"$cache/subnets/$octet"
			echo "$octet $shift" >"$dir/address"
			exec 7>&-
			return
		done
	done
	die "no free subnet among 127.0.10.0 to 127.0.250.0: stop other instances with scripts/hadoop --dir DIR down --purge"
}
