# SPDX-License-Identifier: MIT
# What the tests of `simsock exec` with other people's programs share; sourced. A case prints "ok WHAT",
# "not ok WHAT" or "skip WHAT: why", as ./check counts them.

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
work=$root/.simsock/exec
scripts=$root/tests/exec/scripts
python=/usr/bin/python3
bad=0
in=           # what the program reads, with printf's escapes; empty: nothing
wrap=         # what runs the command: strace
commands=()   # every command that try() has run, quoted: the leak tests run them again

ok()
{
	echo "ok $1"
}

not_ok()
{
	echo "not ok $1"
	bad=1
}

# set_up: an empty working directory, the command line built and first in PATH
set_up()
{
	rm -rf "$work"
	mkdir -p "$work/www" "$work/empty"
	cd "$work" || exit 1
	if ! "$root/simsock" help >log 2>&1; then
		not_ok 'simsock help'
		cat log
		exit 1
	fi
	PATH=$root/.simsock/bin:$PATH
	echo 'Remember the milk' >www/notes.txt
	unset LD_PRELOAD SIMSOCK SIMSOCK_SEED SIMSOCK_EXEC http_proxy https_proxy all_proxy
	export LC_ALL=C TZ=UTC0 HOME=$work/empty PYTHONDONTWRITEBYTECODE=1 NO_COLOR=1
}

# have WHAT PROGRAM: or says that WHAT is skipped
have()
{
	command -v "$2" >/dev/null && return 0
	echo "skip $1: $2 is not installed"
	return 1
}

program_of()
{
	while [ $# -gt 0 ] && [ "$1" != -- ]; do shift; done
	printf '%s' "${2:-}"
}

# once N ARGUMENT...: `simsock exec`, everything that comes of it in files that end with N
once()
{
	local n=$1
	shift
	rm -f "socket" "out$n" "err$n" "trace$n" "pcap$n"
	# shellcheck disable=SC2086
	printf '%b' "$in" | timeout 30 $wrap simsock exec --trace "trace$n" --pcap "pcap$n" "$@" >"out$n" 2>"err$n"
	return "${PIPESTATUS[1]}"
}

# same A B: the runs A and B left the same, byte for byte
same()
{
	cmp "out$1" "out$2" && cmp "err$1" "err$2" && cmp "trace$1" "trace$2" && cmp "pcap$1" "pcap$2"
}

# try WHAT STATUS ARGUMENT...: `simsock exec ARGUMENT...` ends with STATUS, and twice the same in every byte. What it
# left is for says().
try()
{
	local expected=$2 first second
	what=$1
	shift 2
	tried=
	have "$what" "$(program_of "$@")" || return 1
	once 1 "$@"
	first=$?
	once 2 "$@"
	second=$?
	commands+=("in=$(printf %q "$in"); once 3 $(printf '%q ' "$@")")
	tried=yes
	if [ "$first" != "$expected" ]; then
		not_ok "$what: exit status $first, expected $expected"
		tail -n 30 err1
	elif [ "$second" != "$first" ] || ! same 1 2 >log 2>&1; then
		not_ok "$what: the second run differs"
		cat log
		diff trace1 trace2 | head -n 10
		diff err1 err2 | head -n 10
	else
		ok "$what"
	fi
}

# says FILE PATTERN...: in the file (out, err, trace) of the last try() there is a line for each (grep -E)
says()
{
	local file=${1}1 pattern
	[ -n "$tried" ] || return 0
	shift
	for pattern in "$@"; do
		if grep -qE -e "$pattern" "$file"; then
			ok "$what: ${file%1} has $pattern"
		else
			not_ok "$what: ${file%1} has no $pattern"
			head -n 40 "$file"
		fi
	done
}

# times FILE PATTERN N: so many lines of it
times()
{
	[ -n "$tried" ] || return 0
	local n
	n=$(grep -cE -e "$2" "${1}1")
	if [ "$n" = "$3" ]; then
		ok "$what: $n times $2"
	else
		not_ok "$what: $n times $2 in $1, expected $3"
		grep -E -e "$2" "${1}1" | head -n 20
	fi
}
