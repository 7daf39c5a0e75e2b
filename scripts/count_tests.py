#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts test cases of a `bazel test` run: PASSED FAILED SKIPPED.

usage: count_tests.py BAZEL_LOG EXIT_STATUS TESTLOGS_DIRECTORY

A target whose log is cmocka's counts by cmocka's own summary, any other as one case. A target that
failed without a failing case (it crashed, or timed out) counts as one failure, and so does one that was not built.
"""

import os
import re
import sys

TARGET = re.compile(r"^(//\S+)\s+(?:\(cached\) )?(PASSED|FLAKY|FAILED TO BUILD|FAILED|TIMEOUT|NO STATUS|INCOMPLETE)\b")
CASES = {
    "passed": re.compile(r"^\[  PASSED  \] (\d+) test\(s\)", re.M),
    "failed": re.compile(r"^\[  FAILED  \] (\d+) test\(s\), listed below", re.M),
    "skipped": re.compile(r"^\[  SKIPPED \] (\d+) test\(s\), listed below", re.M),
}


def cases_of(testlogs, label):
    path = os.path.join(testlogs, label[2:].replace(":", "/"), "test.log")
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            text = f.read()
    except OSError:
        text = ""
    return {kind: sum(int(n) for n in pattern.findall(text)) for kind, pattern in CASES.items()}


def count(log, status, testlogs):
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for line in log.splitlines():
        found = TARGET.match(line)
        if not found:
            continue
        label, verdict = found.groups()
        if verdict in ("FAILED TO BUILD", "NO STATUS", "INCOMPLETE"):
            total["failed"] += 1
            continue
        cases = cases_of(testlogs, label)
        if verdict in ("PASSED", "FLAKY"):
            cases["failed"] = 0
            if not any(cases.values()):
                cases["passed"] = 1
        elif not cases["failed"]:
            cases["failed"] = 1
        for kind, n in cases.items():
            total[kind] += n
    if status != 0 and not total["failed"]:
        total["failed"] = 1  # something that is no test was not built
    return total


def main(argv):
    with open(argv[1], encoding="utf-8", errors="replace") as f:
        total = count(f.read(), int(argv[2]), argv[3])
    print(total["passed"], total["failed"], total["skipped"])


if __name__ == "__main__":
    main(sys.argv)
