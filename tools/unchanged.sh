#!/bin/sh
# Runs a command and fails, showing the difference, if it changed, made or removed a file
# that git does not ignore. Whether the files were committed before does not matter.
set -eu

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# snapshot prints the id of a tree of the files as they are now.
snapshot() {
	GIT_INDEX_FILE=$scratch/index git add --all .
	GIT_INDEX_FILE=$scratch/index git write-tree
}

before=$(snapshot)
"$@"
after=$(snapshot)
git --no-pager diff --exit-code "$before" "$after" || {
	echo "unchanged: '$*' changed the files above; keep what it made" >&2
	exit 1
}
