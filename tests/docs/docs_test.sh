#!/bin/sh
# SPDX-License-Identifier: MIT
# docs_test.sh EXAMPLES_TEST.PY EXAMPLES.PY SIMSOCK.C HEADER... PAGE...
python3 -B "$1" 2>&1 || exit 1
tool=$2 form=$(dirname "$3")
shift 3
while [ "${1%.h}" != "$1" ]; do
	shift
done
exec python3 -B "$tool" "$form" "$@"
