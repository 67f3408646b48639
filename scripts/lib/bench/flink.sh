# shellcheck shell=bash disable=SC2154 # root, build, cache: set by scripts/bench
# Flink as it is published: the folder lib of its distribution, which the PyPI package apache-flink-libraries carries.
# (Maven Central has its modules, but not the assembled flink-dist that the YARN client uploads.)

flink_lib() { echo "$cache/flink-$FLINK_VERSION/lib"; }

# find_java_command prints the Java to run Flink's command with, the one that scripts/hadoop takes.
find_java_command() {
	local java=${JAVA_HOME:+$JAVA_HOME/bin/java}
	if [[ -x $java ]]; then echo "$java"; else command -v java; fi
}

prepare_flink() {
	fetch_flink
	build_flink_job flink.jar bench/flink/SocketWindowWordCount.java
	build_flink_job throughput.jar bench/flink/throughput/*.java
	# Flink's client must be able to write there.
	rm -rf -- "$build/flink-conf"
	cp -r bench/flink/conf "$build/flink-conf"
}

# prepare_nexmark builds both sides of the suite nexmark.
prepare_nexmark() {
	fetch_flink
	say "building examples/nexmark: about a minute if it is not there yet"
	CGO_ENABLED=0 go build -o "$build/nexmark" ./examples/nexmark
	build_flink_job nexmark.jar bench/flink/nexmark/*.java
	jar --update --file "$build/nexmark.jar" -C bench/flink/nexmark tables.sql -C bench/flink/nexmark queries -C bench/flink/nexmark META-INF
}

# fetch_flink puts the jars into the cache, once. The folder appears by a rename, so it is whole or not there.
fetch_flink() {
	if [[ -d $(flink_lib) ]]; then return; fi
	need pip3 python3-pip
	local fresh
	mkdir -p "$cache"
	fresh=$(mktemp -d "$cache/flink.XXXXXX")
	say "fetching Flink $FLINK_VERSION with pip, once (about 230 MB)"
	if ! pip3 download -q --no-deps --no-binary apache-flink-libraries -d "$fresh" "apache-flink-libraries==$FLINK_VERSION" >&2 ||
		! tar xzf "$fresh"/apache?flink?libraries-*.tar.gz -C "$fresh" --strip-components=2 --wildcards '*/deps/lib/*' --no-same-owner; then
		rm -rf -- "$fresh"
		die "Flink could not be fetched: see the lines above"
	fi
	rm -- "$fresh"/*.tar.gz
	mkdir -p "$cache/flink-$FLINK_VERSION"
	mv -T -- "$fresh/lib" "$cache/flink-$FLINK_VERSION/lib"
	rm -rf -- "$fresh"
}

# build_flink_job compiles a peer of Weft's jobs, the sources $2..., into the jar $1.
build_flink_job() {
	need javac openjdk-17-jdk-headless
	local classes=$build/flink-classes
	rm -rf -- "$classes"
	javac -nowarn -d "$classes" -cp "$(flink_lib)/*" "${@:2}" 2>"$build/javac.log" || {
		cat "$build/javac.log" >&2
		die "the peers could not be compiled"
	}
	jar --create --file "$build/$1" -C "$classes" .
}
