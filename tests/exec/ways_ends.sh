#!/bin/bash
# SPDX-License-Identifier: MIT
# ways_ends.sh SIMSOCK END LUCK: what comes out of `simsock exec` when a program ends, in each way that there is;
# what it reads from standard input; that chance is the seed's.
set -u

dir=$(mktemp -d "${TEST_TMPDIR:-/tmp}/ends.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cp -L "$1" "$dir/simsock"
cp -L "$(dirname "$1")/../exec/libsimsock-exec.so" "$dir/libsimsock-exec.so"
simsock=$dir/simsock end=$2 luck=$3
failures=0

wrong()
{
	echo "FAIL: $*" >&2
	failures=$((failures + 1))
}

# ends HOW STATUS: the status (128 + signal) passes through, the summary is printed once, the files are complete.
ends()
{
	local how=$1 expected=$2 status n

	"$simsock" exec --trace "$dir/trace" --pcap "$dir/pcap" "$end" "$how" >"$dir/out" 2>"$dir/err"
	status=$?
	[ $status -eq "$expected" ] || wrong "$how: status $status, $expected was expected"
	n=$(grep -c '^simsock: exec: .* virtual time .* seed 1$' "$dir/err")
	[ "$n" -eq 1 ] || wrong "$how: $n summaries: $(cat "$dir/err")"
	grep -q 'recv(5, 5, MSG_WAITALL) = 5' "$dir/trace" || wrong "$how: the trace is not whole"
	tail -c 1 "$dir/trace" | grep -q . && wrong "$how: the trace ends in the middle of a line"
	python3 - "$dir/pcap" <<-'PYTHON' || wrong "$how: the capture is not whole"
		import struct, sys
		data = open(sys.argv[1], "rb").read()
		at, packets = 24, 0
		while at < len(data):
		    at += 16 + struct.unpack_from("<I", data, at + 8)[0]
		    packets += 1
		sys.exit(at != len(data) or packets < 5)
	PYTHON
}

ends exit 3
ends return 4
ends _exit 5
ends number 6
ends thread-exit 9
ends main-leaves 9
ends detached 10
# 128 + signal, as a shell says it.
ends abort $((128 + 6))
ends segv $((128 + 11))
ends efault-then-segv $((128 + 11))
ends fpe $((128 + 8))
ends pipe $((128 + 13))
ends alarm $((128 + 14))

# Reports: the same status, and who waits for what.
ends deadlock 86
grep -q 'dead-lock: nothing can ever wake anybody' "$dir/err" || wrong "deadlock: no report"
grep -q 'main (client) waits in recv(4)' "$dir/err" || wrong "deadlock: not who waits"
grep -q 'its socket on client: tcp   ESTAB' "$dir/err" || wrong "deadlock: not on what"
grep -q '^rerun: SIMSOCK_SEED=1$' "$dir/err" || wrong "deadlock: not how to see it again"
ends locks 86
grep -q 'dead-lock' "$dir/err" || wrong "locks: no report"
[ "$(grep -c '^  thread (client) waits' "$dir/err")" -eq 2 ] || wrong "locks: not both threads"
ends spin 86
grep -q 'spin: a task calls again and again' "$dir/err" || wrong "spin: no report"

# SIGTERM from outside.
"$simsock" exec --trace "$dir/trace" "$end" term >"$dir/out" 2>"$dir/err" &
pid=$!
for _ in {1..100}; do grep -q ready "$dir/out" && break; sleep 0.05; done
kill -TERM $pid
wait $pid 2>/dev/null
status=$?
[ $status -eq $((128 + 15)) ] || wrong "term: status $status"
[ "$(grep -c 'virtual time' "$dir/err")" -eq 1 ] || wrong "term: $(cat "$dir/err")"
tail -c 1 "$dir/trace" | grep -q . && wrong "term: the trace ends in the middle of a line"

# ---- standard input ----

input()
{
	local what=$1 expected=$2 got

	got=$(tr '\n' ';' <"$dir/out")
	[ "$got" = "$expected" ] || wrong "input, $what: $got"
}

# However slowly it comes, a read gets all it asked for.
(printf 'one'; sleep 0.1; printf 'two'; sleep 0.1; printf '%062d' 0) |
	"$simsock" exec --quiet "$end" input >"$dir/out"
input slow 'poll 1 in;read 64;poll 1 in;read 4;poll 1 hup;end of file, 68 in all;'
: | "$simsock" exec --quiet "$end" input >"$dir/out"
input 'empty pipe' 'poll 1 hup;end of file, 0 in all;'
"$simsock" exec --quiet "$end" input </dev/null >"$dir/out"
input /dev/null 'poll 1 in;end of file, 0 in all;'
printf 'file' >"$dir/in"
"$simsock" exec --quiet "$end" input <"$dir/in" >"$dir/out"
input file 'poll 1 in;read 4;poll 1 in;end of file, 4 in all;'
"$simsock" exec --quiet "$end" input <&- >"$dir/out"
input closed 'poll 1 nval;end Bad file descriptor, 0 in all;'

# A terminal: the wall clock is kept to. 1: a line came before the second was over; 0: none did.
terminal()
{
	python3 - "$simsock" "$end" "$1" <<-'PYTHON'
		import os, pty, sys, time
		pid, fd = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[1], [sys.argv[1], "exec", "--quiet", sys.argv[2], "terminal"])
		start, text = time.monotonic(), b""
		if sys.argv[3] == "line":
		    time.sleep(0.5)
		    os.write(fd, b"line\n")
		try:
		    while True:
		        piece = os.read(fd, 1000)
		        if not piece:
		            break
		        text += piece
		except OSError:
		    pass
		os.waitpid(pid, 0)
		took = time.monotonic() - start
		said = [l for l in text.decode().split("\r\n") if "after" in l][0].split()
		ready, ms = int(said[0]), int(said[2])
		if sys.argv[3] == "line":
		    sys.exit(not (ready == 1 and 0 < ms < 1000))
		sys.exit(not (ready == 0 and ms == 1000 and took >= 0.9))
	PYTHON
}
terminal line || wrong "a line of a terminal"
terminal silent || wrong "a silent terminal"

# ---- chance ----

"$simsock" exec --quiet "$luck" >"$dir/1" || wrong "luck: status $?"
"$simsock" exec --quiet "$luck" >"$dir/2"
"$simsock" exec --quiet --seed 2 "$luck" >"$dir/3"
cmp -s "$dir/1" "$dir/2" || wrong "two runs: $(diff "$dir/1" "$dir/2")"
grep -v '^pid' "$dir/1" | while read -r line; do
	grep -qxF "$line" "$dir/3" && echo "$line"
done | grep . && wrong "another seed, the same luck"

[ $failures -eq 0 ] && echo "all ends as they should be"
exit $((failures > 0))
