#!/bin/sh
# SPDX-License-Identifier: MIT
# readme_test.sh PROGRAM README - the README's picture of the demo is what the demo prints: every line of the block that
# holds a verdict stands in the output, in that order, whole; "..." stands for any lines.
set -u

out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
# Descriptors are the lowest free numbers, as anywhere: none but the first three may be open, nor one of a preload's.
env -u LD_PRELOAD "$1" demo >"$out" 2>/dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- || exit 1
awk '
	FNR == NR { line[++n] = $0; next }
	/^```/ { if (inside && block ~ /VERDICT/) picture = block; inside = !inside; block = ""; next }
	inside { block = block $0 "\n" }
	END {
		num = split(picture, want, "\n")
		at = 0
		for (i = 1; i < num; i++) {
			if (want[i] == "...")
				continue
			while (++at <= n && line[at] != want[i])
				;
			if (at > n) {
				print "README.md shows a line that the demo does not print there: " want[i]
				exit 1
			}
			shown++
		}
		if (shown < 10) {
			print "README.md has no picture of the demo"
			exit 1
		}
	}
' "$out" "$2"
