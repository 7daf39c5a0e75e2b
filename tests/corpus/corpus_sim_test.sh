#!/bin/sh
# SPDX-License-Identifier: MIT
# corpus_sim_test.sh CORPUS_LINKED FIRST LAST: each program comes to its end in a world, and twice to the same.
program=$PWD/$1
seed=$2
status=0
mkdir -p "$TEST_TMPDIR/corpus"
while [ "$seed" -le "$3" ]; do
	# stdio on a socket is not simulated where the program is linked (docs/dropin.md).
	if "$program" "$seed" "$TEST_TMPDIR/corpus" stdio >"$TEST_TMPDIR/first" &&
		"$program" "$seed" "$TEST_TMPDIR/corpus" stdio >"$TEST_TMPDIR/second" &&
		cmp "$TEST_TMPDIR/first" "$TEST_TMPDIR/second"; then
		echo "ok seed $seed"
	else
		echo "not ok seed $seed"
		status=1
	fi
	seed=$((seed + 1))
done
exit $status
