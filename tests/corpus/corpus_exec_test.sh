#!/bin/bash
# SPDX-License-Identifier: MIT
# corpus_exec_test.sh SIMSOCK RUN [OPTIONS] FIRST LAST: corpus_test.sh with `simsock exec` as one more way.
set -u

simsock=$1
shift
dir=$(mktemp -d "${TEST_TMPDIR:-/tmp}/exec.XXXXXX")
trap 'rm -rf "$dir"' EXIT

# The library lies beside the program, as it does where ./simsock puts both.
cp -L "$simsock" "$dir/simsock"
cp -L "$(dirname "$simsock")/../exec/libsimsock-exec.so" "$dir/libsimsock-exec.so"
EXEC_COMMAND="$dir/simsock exec --quiet --" "$(dirname "$0")/corpus_test.sh" "$@"
