#!/bin/bash
# SPDX-License-Identifier: MIT
# fidelity_test.sh PROGRAM PAGE: the committed list of what is simulated is what the program prints.
set -u

if ! diff -u "$2" <("$1" fidelity); then
	echo "docs/fidelity.md is out of date: ./simsock fidelity > docs/fidelity.md" >&2
	exit 1
fi
# Every call has a face: a row without one would be a call that nobody can make.
if grep -n '^| [a-z0-9_]* | - | - |' "$2"; then
	echo "these calls have no face" >&2
	exit 1
fi
