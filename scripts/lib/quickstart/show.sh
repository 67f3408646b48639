# shellcheck shell=bash disable=SC2154 # work: set by stage.sh
# Commands are shown as a user types them, run, and checked.

# say prints a line that is not part of the session.
say() { printf '\n# %s\n' "$*"; }

die() {
	printf '\nquickstart: %s\n' "$*" >&2
	exit 1
}

# type_in prints the words as one would type them.
type_in() {
	local word line=''
	for word in "$@"; do
		if [[ $word =~ ^[A-Za-z0-9_./:=,@+-]+$ ]]; then line+=" $word"; else line+=" ${word@Q}"; fi
	done
	printf '\n$%s\n' "$line"
}

# show runs a command that must succeed, and leaves what it printed in $output.
show() {
	type_in "$@"
	step=$*
	"$@" 2>&1 | tee "$work/output" || die "this failed: $step"
	output=$(<"$work/output")
}

# show_export sets a variable for the commands that follow.
show_export() {
	printf '\n$ export %s=%q\n' "$1" "$2"
	export "$1=$2"
}

# show_until runs a command that goes on by itself, and interrupts it as Ctrl-C does once its output matches $1.
show_until() {
	local pattern=$1
	shift
	type_in "$@"
	step=$*
	: >"$work/output"
	# With job control on, the command heeds Ctrl-C as it does in a terminal.
	set -m
	"$@" > >(tee "$work/output") 2>&1 &
	attached=$!
	set +m
	await 90 "output of \"$step\" that matches: $pattern" printed "$pattern"
	echo '^C'
	kill -INT "$attached"
	if wait "$attached"; then die "\"$step\" was interrupted, and its exit code says that all went well"; fi
	attached=''
	output=$(<"$work/output")
}

# printed says whether the command of show_until has printed what matches; it ends the session when the command has ended.
printed() {
	if grep -qE -- "$1" "$work/output"; then return; fi
	kill -0 "$attached" 2>/dev/null || die "\"$step\" ended too early"
	return 1
}

# await tries "$@" from the third argument on, $1 seconds at most; $2 says what is waited for.
await() {
	local deadline=$((SECONDS + $1)) what=$2
	shift 2
	until "$@"; do
		((SECONDS < deadline)) || die "waited in vain for $what"
		sleep 0.1
	done
}

# expect ends the session unless the last output matches the extended regular expression.
expect() {
	[[ $output =~ $1 ]] || die "\"$step\" was to print what matches: $1"
}
