#!/bin/sh
# SPDX-License-Identifier: MIT
# matrix_test.sh RUN [OPTIONS]: tests/matrix/run.
exec python3 -B "$@"
