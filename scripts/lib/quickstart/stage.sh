# shellcheck shell=bash disable=SC2154 # root, attached: set by the other files of quickstart
# What the session needs around it: the programs, a folder, a line server and, for YARN, a Hadoop. leave takes it all away.

# build makes the programs, in build/.
build() {
	command -v go >/dev/null || die "go is needed and not found: https://go.dev/doc/install"
	cd "$root"
	say "building weft and the example"
	go build -o build/ ./cmd/weft ./examples/socketwordcount/feed
	# A program for containers is static: it runs on every node, whatever is installed there.
	CGO_ENABLED=0 go build -o build/ ./examples/socketwordcount
}

# set_stage prepares the session on $1, local or yarn.
set_stage() {
	work=$(mktemp -d "${TMPDIR:-/tmp}/weft-quickstart.XXXXXX")
	attached='' feeder=''
	trap leave EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	export PATH=$root/build:$PATH
	# Jobs of this machine that are none of the session's are left out of it.
	export XDG_STATE_HOME=$work/state
	mkdir "$work/conf"
	case $1 in
	local)
		unset HADOOP_CONF_DIR YARN_CONF_DIR
		write_conf "file://$work"
		;;
	yarn)
		say "starting a Hadoop in $work/hadoop"
		"$root/scripts/hadoop" --dir "$work/hadoop" up >/dev/null
		show_export HADOOP_CONF_DIR "$work/hadoop/conf"
		write_conf hdfs:///flink
		cd "$root/build"
		;;
	esac
	show_export WEFT_CONF_DIR "$work/conf"
	show cat "$work/conf/weft-conf.yaml"
	start_feeder
}

# write_conf writes the settings, with checkpoints and savepoints below $1.
write_conf() {
	cat >"$work/conf/weft-conf.yaml" <<END
state.checkpoints.dir: $1/checkpoints
state.savepoints.dir: $1/savepoints
state.checkpoints.num-retained: 20
execution.checkpointing.interval: 1 s
END
}

# start_feeder starts the line server and sets port. The server chooses another port when 9010 is taken.
start_feeder() {
	type_in feed --port 9010
	feed --port 9010 >"$work/port" 2>"$work/feed.log" &
	feeder=$!
	await 10 "the line server's port" test -s "$work/port"
	port=$(<"$work/port")
	say "the line server listens at port $port"
}

# leave ends what the session started, also after a failure; then the folder is kept.
leave() {
	local status=$? pid
	trap '' INT TERM
	set +e
	end_local_jobs
	if [[ -d $work/hadoop ]]; then "$root/scripts/hadoop" --dir "$work/hadoop" down; fi
	for pid in $attached $feeder; do kill "$pid"; done 2>/dev/null
	if ((status)); then
		printf 'quickstart: failed; settings, snapshots and logs are kept in %s\n' "$work" >&2
	else
		rm -rf -- "$work"
	fi
}

# end_local_jobs ends the masters that still run; their workers end with them.
end_local_jobs() {
	local file pid
	for file in "$XDG_STATE_HOME"/weft/local/*/master.pid; do
		pid=$(cat "$file" 2>/dev/null) || continue
		# Only the process that runs this very file is ours: an ended job's id may have been given away again.
		if [[ /proc/$pid/exe -ef ${file%/*}/weft-program ]]; then kill "$pid"; fi
	done
}
