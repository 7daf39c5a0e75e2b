#!/bin/sh
# SPDX-License-Identifier: MIT
# corpus_test.sh RUN [OPTIONS] FIRST LAST: tests/corpus/run, in Bazel's shards if it has any.
if [ -n "${TEST_SHARD_STATUS_FILE:-}" ]; then
	touch "$TEST_SHARD_STATUS_FILE"
	set -- "$@" --shard "$TEST_SHARD_INDEX" --shards "$TEST_TOTAL_SHARDS"
fi
exec python3 -B "$@"
