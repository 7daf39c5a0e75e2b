#!/bin/sh
# SPDX-License-Identifier: MIT
# golden_test.sh [--update] SIMSOCK FILE...: what `simsock run` prints of each scenario is what stands beside it, in
# FILE.txt. A line "// run: OPTION..." in a scenario gives options.
update=
[ "$1" = --update ] && update=yes && shift
simsock=$(realpath "$1")
shift
failed=0
for file in "$@"; do
	name=$(basename "$file")
	flags=$(sed -n 's|^// run: ||p' "$file")
	# Options are several words.
	# shellcheck disable=SC2086
	got=$(cd "$(dirname "$file")" && { "$simsock" run $flags "$name"; echo "status $?"; } 2>&1)
	if [ -n "$update" ]; then
		printf '%s\n' "$got" >"$file.txt"
	elif [ "$got" != "$(cat "$file.txt")" ]; then
		echo "$file: what is printed is not what $name.txt says (< expected, > got):"
		printf '%s\n' "$got" | diff "$file.txt" -
		failed=1
	fi
done
exit $failed
