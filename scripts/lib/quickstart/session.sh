# shellcheck shell=bash disable=SC2154 # work, port, output: set by the other files of quickstart
# The session itself: what the README shows.

readonly ID='[0-9a-f]{32}'

# play runs the session on $1, local or yarn.
play() {
	case $1 in
	local)
		how=(-c streaming.SocketWindowWordCount)
		program=(./examples/socketwordcount --port "$port")
		snapshots=file://$work
		;;
	yarn)
		how=(-m yarn-cluster -yn 2 -yjm 1024 -ytm 1024 -c streaming.SocketWindowWordCount)
		program=(./socketwordcount --port "$port")
		snapshots=hdfs:///flink
		;;
	esac
	show weft info "${how[@]}" "${program[@]}"
	expect 'Socket'
	"follow_$1"
	from_savepoint
	from_checkpoint
	show weft list
	expect 'No running jobs'
	if [[ $1 == local ]]; then own_job; fi
}

# follow_local runs a job on the terminal: its output appears there, and Ctrl-C ends it.
follow_local() {
	show_until '^weft : [0-9]+' weft run "${how[@]}" "${program[@]}"
	expect 'Cancelled job'
}

# follow_yarn runs a job and follows it: Ctrl-C leaves it on the cluster, and says how it is found again.
follow_yarn() {
	show_until 'RUNNING, ([0-9]+) of \1 tasks' weft run "${how[@]}" "${program[@]}"
	read_job
	show weft list -yid "$application"
	expect "$job"
	show weft cancel "$job" -yid "$application"
	expect 'Cancelled job'
}

# own_job begins a job of one's own, outside the repository.
own_job() {
	show weft new "$work/myjob"
	show go -C "$work/myjob" test ./...
	expect '^ok'
	show_until 'weft [0-9]+' weft run "$work/myjob"
	expect 'Cancelled job'
}

# from_savepoint ends a job with a savepoint, and goes on from there.
from_savepoint() {
	start
	await 60 "two checkpoints of job $job" has_checkpoints 2
	show weft list
	expect "$job : streaming.SocketWindowWordCount \(RUNNING\)"
	show weft checkpoints "$job"
	show weft savepoint "$job" "${route[@]}"
	expect 'Savepoint completed. Path: ([^[:space:]]+/savepoint-[^[:space:]]+)'
	show weft savepoint "$job" "$snapshots/by-hand" "${route[@]}"
	expect "Savepoint completed. Path: [^[:space:]]+/by-hand/savepoint-"
	show weft cancel -s "$job" "${route[@]}"
	expect "Cancelled job $job. Savepoint stored in ([^[:space:]]+)\."
	continue_from "${BASH_REMATCH[1]}"
}

# from_checkpoint cancels the job without a savepoint: its checkpoints stay, and the newest is as good.
from_checkpoint() {
	show weft cancel "$job" "${route[@]}"
	expect 'Cancelled job'
	show weft checkpoints "$job"
	expect "([^[:space:]]+/$job/chk-[0-9]+)"
	continue_from "${BASH_REMATCH[1]}/_metadata"
	show weft stop "$job" "${route[@]}"
	expect 'Savepoint completed. Path: '
}

# continue_from starts the job again from a snapshot. Its checkpoints are numbered on from those before it.
continue_from() {
	local before
	before=$(latest_checkpoint)
	start -s "$1"
	await 60 "a checkpoint of job $job" has_checkpoints 1
	show weft checkpoints "$job"
	(($(latest_checkpoint) > before)) || die "job $job does not number its checkpoints on from $before"
	show_counts
}

# start runs the job detached, with further options "$@".
start() {
	show weft run -d "${how[@]}" "$@" "${program[@]}"
	read_job
}

# read_job sets job, application and route from what run printed.
read_job() {
	expect "Job has been submitted with JobID ($ID)"
	job=${BASH_REMATCH[1]} application='' route=()
	if [[ $output =~ application_[0-9]+_[0-9]+ ]]; then
		application=${BASH_REMATCH[0]}
		route=(-yid "$application")
	fi
}

# checkpoints_of_job prints the numbers of the job's retained checkpoints, latest first.
checkpoints_of_job() { weft checkpoints "$job" 2>/dev/null | sed -nE 's|.*/chk-([0-9]+)$|\1|p'; }

has_checkpoints() { (($(checkpoints_of_job | wc -l) >= $1)); }

latest_checkpoint() { checkpoints_of_job | sed 1q; }

# show_counts shows what the workers print: lines "word : count", as each window ends.
show_counts() {
	local files
	if [[ -n $application ]]; then
		files=("$work/hadoop/data"/nodemanager?/logs/"$application")
	else
		files=("$XDG_STATE_HOME/weft/local/$job/containers")
	fi
	await 60 "counts from job $job" has_counts "${files[@]}"
	show grep -rh -m 4 --include=stdout ' : ' "${files[@]}"
}

has_counts() { grep -rq --include=stdout 'weft : [0-9]' "$@"; }

# next_steps says what to try after the session.
next_steps() {
	local first='./scripts/quickstart --yarn   plays the same on a real Hadoop'
	if [[ $1 == yarn ]]; then first='./scripts/hadoop up   starts a Hadoop that stays'; fi
	cat <<END
Try next:
#   $first
#   ./build/weft new ./myjob   writes a job of your own to begin with
#   ./build/weft help          shows every command
END
}
