#!/bin/bash
# SPDX-License-Identifier: MIT
# behaviour.sh SIMSOCK PROGRAM: a suite of behaviour, written in plain sockets, under `simsock exec`. What the suite
# says is cmocka's own; the last words of `exec` are left out.
set -u

simsock=$1 program=$2
library=$(dirname "$simsock")/../exec/libsimsock-exec.so
dir=$(mktemp -d "${TEST_TMPDIR:-/tmp}/exec.XXXXXX")
trap 'rm -rf "$dir"' EXIT

# The library lies beside the program, as it does where ./simsock puts both.
cp -L "$simsock" "$dir/simsock"
cp -L "$library" "$dir/libsimsock-exec.so"
SIMSOCK=kernel BEHAVIOUR_UNDER_EXEC=1 TEST_TMPDIR=$dir exec "$dir/simsock" exec --quiet -- "$program"
