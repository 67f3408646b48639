# shellcheck shell=bash disable=SC2154 # cache, lib: set by scripts/hadoop
# What the cluster needs on the machine: Java 11 to 23 and, once, Maven for the jars.

# find_java sets java and java_options, or fails without a word.
find_java() {
	java=${JAVA_HOME:+$JAVA_HOME/bin/java}
	if [[ ! -x ${java-} ]]; then java=$(command -v java) || return 1; fi
	local version
	version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
	# From Java 24 on the Subject methods that Hadoop 3.4 logs in with are gone.
	((version >= 11 && version <= 23)) || return 1
	java_options=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Xshare:auto -Djava.net.preferIPv4Stack=true)
	local package
	for package in lang util io net nio lang.reflect text util.concurrent; do
		java_options+=("--add-opens=java.base/java.$package=ALL-UNNAMED")
	done
	java_options+=(--add-opens=java.base/sun.net.dns=ALL-UNNAMED --add-opens=java.base/sun.net.util=ALL-UNNAMED)
	if ((version >= 18)); then java_options+=(-Djava.security.manager=allow); fi
}

have_jars() { [[ -d $cache/lib ]]; }

# install_tools makes sure of Java, of Maven when the jars are still to be fetched, and of flock and setsid.
install_tools() {
	local missing=()
	find_java || missing+=("$(java_package)")
	have_jars || command -v mvn >/dev/null || missing+=(maven)
	if ! command -v flock >/dev/null || ! command -v setsid >/dev/null; then missing+=(util-linux); fi
	((${#missing[@]})) || return 0

	local install="apt-get install -y --no-install-recommends ${missing[*]}"
	if ! command -v apt-get >/dev/null; then
		die "needed and not found: a Java runtime (11 to 23), Maven, flock. Install them; on Fedora: sudo dnf install -y java-17-openjdk-headless maven util-linux"
	fi
	if ((EUID != 0)); then die "needed and not found: ${missing[*]}. Install with: sudo $install"; fi
	say "installing ${missing[*]}"
	apt-get update -qq >&2 || say "apt-get update failed; trying with the lists that are there"
	DEBIAN_FRONTEND=noninteractive $install -qq >&2 || die "failed: $install"
	find_java || die "Java was installed but is not between 11 and 23: point JAVA_HOME at one that is"
}

# java_package names the newest Java that Hadoop runs on among those this release of the system has.
java_package() {
	local version
	for version in 17 21 11; do
		if apt-cache show "openjdk-$version-jre-headless" >/dev/null 2>&1; then
			echo "openjdk-$version-jre-headless"
			return
		fi
	done
	echo openjdk-17-jre-headless
}

# install_jars fetches the jars once for all instances. The folder appears by a rename, so it is whole or not there,
# and a lock keeps two first runs from fetching twice.
install_jars() {
	if have_jars; then return; fi
	mkdir -p "$cache"
	(
		flock 8
		if have_jars; then exit; fi
		say "fetching the jars of Hadoop $HADOOP_VERSION with Maven, once (about 90 MB)"
		local fresh
		fresh=$(mktemp -d "$cache/lib.XXXXXX")
		trap 'rm -rf -- "$fresh"' EXIT
		mvn -q -B -f "$lib/pom.xml" -Dhadoop.version="$HADOOP_VERSION" dependency:copy-dependencies -DoutputDirectory="$fresh" >&2 ||
			die "Maven could not fetch the jars: see its lines above"
		chmod 755 "$fresh"
		mv -- "$fresh" "$cache/lib"
	) 8>"$cache/lock"
}
