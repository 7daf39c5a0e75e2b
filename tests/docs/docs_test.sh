#!/bin/sh
# SPDX-License-Identifier: MIT
# docs_test.sh EXAMPLES_TEST.PY EXAMPLES.PY SIMSOCK.C SIMSOCK.H SIMSOCK_CMOCKA.H PAGE...
python3 -B "$1" 2>&1 || exit 1
tool=$2 form=$(dirname "$3")
shift 5
exec python3 -B "$tool" "$form" "$@"
