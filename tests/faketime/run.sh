#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a test where the real clock shows an odd date and runs seven times too fast: no result may depend on it.
FAKETIME='@2031-02-03 04:05:06 x7'
LD_PRELOAD=$(ls /usr/lib/*/faketime/libfaketime.so.1 | head -n 1)
NO_FAKE_STAT=1
export FAKETIME LD_PRELOAD NO_FAKE_STAT
exec "$@"
