#!/bin/sh
# SPDX-License-Identifier: MIT
# finds_the_bug.sh PROGRAM - passes when the example's test fails as it should: one test, for 10 lost bytes.
set -u

out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT
if "$1" >"$out" 2>&1; then
	cat "$out"
	echo "expected set_survives_a_short_send to fail, and every test passed"
	exit 1
fi
failed=$(sed -n 's/^\[  FAILED  \] \([a-z_]*\)$/\1/p' "$out" | sort -u)
passed=$(grep -c '^\[       OK \]' "$out")
if [ "$failed" != set_survives_a_short_send ] || [ "$passed" != 3 ]; then
	cat "$out"
	echo "expected only set_survives_a_short_send to fail; failed: $failed; passed: $passed"
	exit 1
fi
if ! grep -q '10 of 20' "$out"; then
	cat "$out"
	echo "expected the failure to say that 10 of 20 bytes were sent"
	exit 1
fi
