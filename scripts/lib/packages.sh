# shellcheck shell=bash
# What a script needs on the machine besides Go.

# need makes sure of the command $1, which the packages $2... bring. Root gets them installed; anybody else, and a system
# without apt-get, gets the line to type.
need() {
	local command=$1
	shift
	if command -v "$command" >/dev/null; then return; fi
	local install="apt-get install -y --no-install-recommends $*"
	if ! command -v apt-get >/dev/null; then
		echo "$command is needed and not found: install it; on Debian: sudo $install" >&2
		return 1
	fi
	if ((EUID != 0)); then
		echo "$command is needed and not found. Install it with: sudo $install" >&2
		return 1
	fi
	echo "installing $*" >&2
	apt-get update -qq >&2 || echo "apt-get update failed; trying with the lists that are there" >&2
	if ! DEBIAN_FRONTEND=noninteractive $install -qq </dev/null >&2; then
		echo "failed: $install" >&2
		return 1
	fi
}
