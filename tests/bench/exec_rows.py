#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `simsock exec` costs: a start beside the bare program's, a call beside the linked form's.

usage: exec_rows.py SIMSOCK BENCH_KERNEL BENCH_DROPIN [PAIRS]

The program preloaded is the kernel's build of the benchmark, which has nothing of ours in it; the linked form is the
same source under the drop-in face. One does N operations, then the other, then both do 5 N; the difference is what 4 N
cost, in processor time (wait4). Medians over the pairs. A goal that is missed is said, and is no failure.
"""

import os
import statistics
import subprocess
import sys
import time

ROWS = [
    # row, operations, at most so many times the linked form's cost
    ("udp_64", 20000, 2.0),
    ("tcp_ping_pong", 8000, 2.0),
    ("unix_ping_pong", 20000, 2.0),
    ("connect_accept_close", 1500, 2.0),
    ("socketpair_close", 4000, 2.0),
    ("send_full_eagain", 40000, 2.0),
    ("epoll_1_of_10000", 20000, 2.0),
]
START_GOAL_MS = 15.0
ENVIRONMENT = dict(os.environ, SIMSOCK_RECORD="0", SIMSOCK_SPIN="0")


def cpu_ns(command):
    """User and system time of one run."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit("exec_rows: %s: exit status %d" % (" ".join(command), child.returncode))
    return (usage.ru_utime + usage.ru_stime) * 1e9


def wall_ms(command):
    start = time.perf_counter()
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * 1e3


def one(command, row, num):
    return (cpu_ns(command + ["once", row, str(5 * num)]) - cpu_ns(command + ["once", row, str(num)])) / (4 * num)


def verdict(good):
    return "met" if good else "missed"


def main():
    simsock, kernel, dropin = sys.argv[1:4]
    pairs = int(sys.argv[4]) if len(sys.argv) > 4 else 9
    under_exec = [simsock, "exec", "--quiet", "--"]
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    known = subprocess.run([kernel, "list"], stdout=subprocess.PIPE, check=True, text=True).stdout.split()

    print("| work | linked | exec | ratio | goal | |\n|---|---|---|---|---|---|")
    for row, num, goal in ROWS:
        if row not in known:
            sys.exit("exec_rows: no row %s: known are %s" % (row, " ".join(known)))
        costs = [(one([dropin], row, num), one(under_exec + [kernel], row, num)) for _ in range(pairs)]
        ratio = statistics.median(e / l for l, e in costs)
        linked, preloaded = (statistics.median(c[i] for c in costs) for i in (0, 1))
        print("| %s | %.0f ns | %.0f ns | %.2f | <= %g | %s |"
              % (row, linked, preloaded, ratio, goal, verdict(ratio <= goal)), flush=True)

    # The program does nothing but make one call that is simulated.
    first = [sys.executable, "-S", "-E", "-c", "import _socket; _socket.socket()"]
    for what, program in (("start to the first call", ["/bin/true"]), ("the same, python3", first)):
        both = [(wall_ms(program), wall_ms(under_exec + program)) for _ in range(5 * pairs)]
        bare, preloaded = (statistics.median(b[i] for b in both) for i in (0, 1))
        more = statistics.median(e - b for b, e in both)
        print("| %s | %.1f ms bare | %.1f ms | +%.1f ms | <= %g ms more | %s |"
              % (what, bare, preloaded, more, START_GOAL_MS, verdict(more <= START_GOAL_MS)), flush=True)


if __name__ == "__main__":
    main()
