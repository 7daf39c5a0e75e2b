#!/bin/sh
# SPDX-License-Identifier: MIT
# scenario_test.sh SIMSOCK FILE...: every scenario passes, and is the same with every packet made into bytes.
simsock=$1
shift
"$simsock" run "$@" || exit 1
SIMSOCK_WIRE=bytes "$simsock" run --quiet "$@"
