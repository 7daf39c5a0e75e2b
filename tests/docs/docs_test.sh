#!/bin/sh
# SPDX-License-Identifier: MIT
# docs_test.sh EXAMPLES_TEST.PY EXAMPLES.PY SIMSOCK LIBSIMSOCK-EXEC.SO CALLS.C SIMSOCK.C HEADER... PAGE...
python3 -B "$1" 2>&1 || exit 1
tool=$2 calls=$5 form=$(dirname "$6")
# The library lies beside the program, as ./simsock puts them.
bin=$(mktemp -d "${TEST_TMPDIR:-/tmp}/bin.XXXXXX") || exit 1
cp -L "$3" "$bin/simsock" && cp -L "$4" "$bin/libsimsock-exec.so" || exit 1
PATH=$bin:$PATH
shift 6
while [ "${1%.h}" != "$1" ]; do
	shift
done
exec python3 -B "$tool" --calls "$calls" "$form" "$@"
