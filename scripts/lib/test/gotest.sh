# shellcheck shell=bash disable=SC2154 # work, counts: set by scripts/test
# go test, made short and counted, and the tests behind build tags.

# go_test runs go test with the arguments. Two packages are tested at a time, so that each has a core. The limit is for
# what hangs: the package that takes longest, of the integration tests, needs 7 to 8 minutes on two cores.
go_test() { go test -json -p 2 -timeout 20m "$@" | "$work/testcount" "$counts"; }

# tagged_files prints the test files that need the build tag $1.
tagged_files() {
	find . -name '*_test.go' -not -path '*/node_modules/*' -print0 | xargs -0 grep -lE "^//go:build .*\b$1\b" -- | sort || true
}

# tagged_test runs the tests in the files "$@" and no others: what needs no tag has run before. The packages take turns,
# for they share one cluster.
tagged_test() {
	local names packages
	names=$(sed -nE 's/^func (Test[A-Za-z0-9_]*)\(.*/\1/p' "$@" | paste -sd'|')
	mapfile -t packages < <(printf '%s\n' "${@%/*}" | sort -u)
	go_test -p 1 -count 1 -tags integration,browser -run "^($names)\$" "${packages[@]}"
}
