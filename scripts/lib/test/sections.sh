# shellcheck shell=bash disable=SC2154 # work, root: set by scripts/test
# The sections of scripts/test. Each is a function that fails when its section does.

section_lint() { scripts/lint; }

section_unit() { go_test ./...; }

section_race() {
	# The detector is a C library.
	need gcc gcc libc6-dev
	local packages
	mapfile -t packages < <(concurrent_packages)
	CGO_ENABLED=1 go_test -race "${packages[@]}"
}

# concurrent_packages prints the folders with tests where the code or its tests start goroutines.
concurrent_packages() {
	local folder
	find . -name '*.go' -not -path '*/node_modules/*' -not -path './scripts/*' -print0 |
		xargs -0 grep -lE '^\s*go (func\b|[a-zA-Z])|\.Go\(' -- | sed 's|/[^/]*$||' | sort -u |
		while read -r folder; do
			if compgen -G "$folder/*_test.go" >/dev/null; then echo "$folder"; fi
		done
}

# section_fuzz finds every fuzz test and gives each a few seconds of new inputs.
section_fuzz() {
	local package name
	go test -list '^Fuzz' ./... >"$work/fuzz"
	while read -r package name; do
		printf '%-24s ' "$name"
		fuzz "$package" "$name" || die "$name in $package failed"
	done < <(awk '/^Fuzz/ { names[++n] = $1 } /^ok/ { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }' "$work/fuzz")
}

# fuzz runs one fuzz test. Go's fuzzer takes its own deadline for a failure when it comes at an awkward moment (the message
# names no input then): the test is run once more.
fuzz() {
	local out=$work/fuzz.out
	for _ in 1 2; do
		if go test -run '^$' -fuzz "^$2\$" -fuzztime "${FUZZTIME:-2s}" "$1" >"$out" 2>&1; then
			echo ok
			echo '1 0' >>"$counts"
			return
		fi
		if grep -q 'Failing input written' "$out" || ! grep -q 'context deadline exceeded' "$out"; then break; fi
	done
	cat "$out"
	echo '0 1' >>"$counts"
	return 1
}

section_integration() {
	local files
	mapfile -t files < <(tagged_files integration)
	need_hadoop
	tagged_test "${files[@]}"
}

section_browser() {
	need chromium chromium
	local files
	mapfile -t files < <(tagged_files browser)
	if grep -q WEFT_TEST_HADOOP_CONF "${files[@]}"; then need_hadoop; fi
	tagged_test "${files[@]}"
}

section_quickstart() { scripts/quickstart; }

section_quickstart_yarn() { scripts/quickstart --yarn; }

# need_hadoop starts the Hadoop of this run, unless it is up.
need_hadoop() {
	export WEFT_TEST_HADOOP_CONF=$work/hadoop/conf
	if [[ -d $work/hadoop ]]; then return; fi
	scripts/hadoop --dir "$work/hadoop" up >/dev/null
}

# end_hadoop stops it. After a failure, $1, the logs of its daemons and of the containers are kept.
end_hadoop() {
	if [[ ! -d $work/hadoop ]]; then return; fi
	local kept node
	if (($1)); then
		kept=$root/build/failed/$(date +%Y-%m-%dT%H-%M-%S)
		mkdir -p "$kept"
		cp -r "$work/hadoop/logs" "$kept/daemons"
		for node in "$work"/hadoop/data/nodemanager?; do cp -r "$node/logs" "$kept/${node##*/}"; done
		printf '\nthe logs of the Hadoop daemons and of the containers are kept in %s\n' "$kept"
	fi
	scripts/hadoop --dir "$work/hadoop" down --purge
}
