# SPDX-License-Identifier: MIT
# That nothing leaks: every command of try() runs again, first in an empty network namespace under strace, where no
# system call for a socket may be seen but for inert AF_UNIX ones; then in a namespace with interfaces, a resolver and
# listeners on every address, where nothing may arrive. ip-netns(8). Sourced by programs.

ns=simsock-$$
watcher=

clean_up()
{
	[ -z "$watcher" ] || kill "$watcher"
	ip netns del "$ns"
	rm -rf "/etc/netns/$ns"
	rmdir /etc/netns
} 2>/dev/null

# again N: the Nth command, in the namespace
again()
{
	ip netns exec "$ns" bash -c '. "$1"; cd "$work"; wrap=$2; eval "$3"' - \
		"$root/tests/exec/lib.sh" "$wrap" "${commands[$1]}" >again.log 2>&1
}

# Calls for sockets that are seen and may be: placeholders, and what was refused to somebody's child.
seen_and_wrong()
{
	grep -vE -e '^[0-9]+ +(socket|socketpair)\(AF_UNIX, SOCK_STREAM[|,]' -e '= -1 EAFNOSUPPORT' \
		-e '^[0-9]+ +bind\([0-9]+, \{sa_family=AF_UNIX' -e '^[0-9]+ +(getsockopt|getsockname)\(' "$1"
}

calls_of_all()
{
	local i seen=0
	for i in "${!commands[@]}"; do
		rm -f strace.log socket
		wrap='strace -f -qq -o strace.log -e signal=none -e trace=%network,io_uring_setup,io_uring_enter' again "$i"
		if [ ! -e strace.log ]; then
			not_ok "strace of ${commands[i]}"
			cat again.log
		elif seen_and_wrong strace.log >wrong.log; then
			not_ok "system calls for sockets by ${commands[i]}"
			head -n 5 wrong.log
		else
			seen=$((seen + 1))
		fi
	done
	# What is seen of a program that is not simulated.
	rm -f strace.log
	ip netns exec "$ns" strace -f -qq -o strace.log -e trace=%network curl -s --max-time 1 http://10.0.0.2/ >again.log 2>&1
	if seen_and_wrong strace.log | grep -q AF_INET; then
		ok 'strace sees the calls of a program that is not simulated'
	else
		not_ok 'strace does not see the calls of a program that is not simulated'
	fi
	[ "$seen" = "${#commands[@]}" ] && ok "strace sees no call for a socket of the network in $seen commands"
}

# Somewhere to go to: all addresses that the programs use are there for real.
furnish()
{
	mkdir -p "/etc/netns/$ns"
	echo 'nameserver 10.0.0.2' >"/etc/netns/$ns/resolv.conf"
	printf '127.0.0.1 localhost\n' >"/etc/netns/$ns/hosts"
	ip -n "$ns" link add name veth-a type veth peer name veth-b &&
		ip netns exec "$ns" sh -c 'echo 1 | tee /proc/sys/net/ipv6/conf/veth-[ab]/disable_ipv6 >/dev/null' &&
		ip -n "$ns" addr add 10.0.0.1/24 dev veth-a && ip -n "$ns" addr add 10.0.0.2/32 dev veth-b &&
		ip -n "$ns" link set lo up && ip -n "$ns" link set veth-a up && ip -n "$ns" link set veth-b up &&
		ip -n "$ns" addr add fd00::1/128 dev lo nodad && ip -n "$ns" addr add fd00::2/128 dev lo nodad &&
		ip -n "$ns" route add default via 10.0.0.254
}

watch_all()
{
	local i
	ip netns exec "$ns" "$python" "$scripts/watch.py" "$work/arrived" &
	watcher=$!
	for i in $(seq 100); do
		[ -s arrived ] && break
		sleep 0.1
	done
	for i in "${!commands[@]}"; do
		wrap='' again "$i"
	done
	sleep 0.2
	if [ "$(cat arrived)" = listening ]; then
		ok "nothing arrives anywhere while ${#commands[@]} commands run"
	else
		not_ok 'something has arrived'
		head -n 20 arrived
	fi
	# What the watcher says when somebody does leak.
	what='the watcher'
	ip netns exec "$ns" curl -s --max-time 1 http://10.0.0.2/ >again.log 2>&1
	ip netns exec "$ns" curl -s --max-time 1 http://server/ >again.log 2>&1
	if grep -q 'SOCK_STREAM, port 80' arrived && grep -q 'SOCK_DGRAM, port 53' arrived; then
		ok 'the watcher sees a program that is not simulated, and its resolver'
	else
		not_ok 'the watcher sees nothing at all'
		cat arrived
	fi
}

trap clean_up EXIT
if [ "$(id -u)" != 0 ]; then
	echo 'skip nothing leaks: only root can make a network namespace'
elif ! command -v ip >/dev/null || ! ip netns add "$ns" 2>log; then
	echo "skip nothing leaks: no network namespace: $(head -n 1 log)"
else
	if have 'strace sees nothing' strace; then
		calls_of_all
	fi
	if furnish 2>log; then
		watch_all
	else
		echo "skip nothing arrives: no interfaces in the namespace: $(head -n 1 log)"
	fi
fi
