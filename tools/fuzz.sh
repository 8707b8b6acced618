#!/bin/sh
# Runs every fuzz target of the given packages, one after the other.
#   $1  how long each runs, such as 20s    $2...  packages
set -eu

time=$1
shift

targets=0
for package in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' "$@"); do
	folder=$(go list -f '{{.Dir}}' "$package")
	grep -qs '^func Fuzz' "$folder"/*_test.go || continue
	names=$(go test -list '^Fuzz' "$package")
	for name in $(echo "$names" | grep '^Fuzz'); do
		echo "fuzz $package $name for $time"
		# Go would take up to a minute to make each interesting input smaller.
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 3s "$package"
		targets=$((targets + 1))
	done
done
echo "$targets fuzz targets, each for $time"
test "$targets" -gt 0
