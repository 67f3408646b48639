# shellcheck shell=bash disable=SC2154 # root, build, hadoop_dir, cache: set by scripts/bench
# What is measured, and the cluster that it is measured on.

build_bench() { go build -o "$build/bench" ./bench; }

build_tools() {
	say "building"
	build_bench
	go build -o "$build/weft" ./cmd/weft
	CGO_ENABLED=0 go build -o "$build/socketwordcount" ./examples/socketwordcount
	CGO_ENABLED=0 go build -o "$build/floor" ./bench/floor
	CGO_ENABLED=0 go build -o "$build/jobs" ./bench/jobs
}

# revision names the sources that were built, if they are under version control.
revision() { git describe --always --dirty 2>/dev/null || echo 'of unknown revision'; }

# start_hadoop starts a fresh instance and takes it away when the script ends. A master or node counts as dead after
# Hadoop's own times: the short ones, which scripts/hadoop sets for tests, are too short for a JVM on a small machine.
start_hadoop() {
	trap leave EXIT
	trap 'exit 130' INT TERM
	if [[ -f $hadoop_dir/address ]]; then scripts/hadoop --dir "$hadoop_dir" down --purge >&2; fi
	mkdir -p "$hadoop_dir/settings"
	cat >"$hadoop_dir/settings/yarn-site.xml" <<'END'
yarn.am.liveness-monitor.expiry-interval-ms 600000
yarn.nm.liveness-monitor.expiry-interval-ms 600000
END
	scripts/hadoop --dir "$hadoop_dir" up >"$build/hadoop.log" 2>&1 || {
		cat "$build/hadoop.log" >&2
		die "no Hadoop to measure on"
	}
}

stop_hadoop() {
	trap - EXIT
	scripts/hadoop --dir "$hadoop_dir" down --purge >&2 || say "the cluster in $hadoop_dir could not be stopped"
}

# leave ends what runs when the script ends before its time.
leave() {
	local status=$?
	if [[ -n ${measuring-} ]] && kill -TERM "$measuring" 2>/dev/null; then wait "$measuring" || true; fi
	stop_hadoop
	exit "$status"
}

# hadoop_lib prints the folder with the jars that scripts/hadoop runs on.
hadoop_lib() {
	local version
	version=$(sed -n 's/^readonly HADOOP_VERSION=//p' scripts/hadoop)
	echo "$cache/hadoop-$version/lib"
}
