#!/bin/bash
# SPDX-License-Identifier: MIT
# send_table_test.sh SCRIPT PAGE FILE...: the committed table of send(2) is what the script makes of the files.
set -u
script=$1 page=$2
shift 2

table=$(python3 "$script" "$@") || exit 1 # it has said which cell is empty
if ! diff -u "$page" - <<<"$table"; then
	echo "docs/send-table.md is out of date: scripts/send_table > docs/send-table.md" >&2
	exit 1
fi
