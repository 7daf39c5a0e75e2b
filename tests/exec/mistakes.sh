# SPDX-License-Identifier: MIT
# What a user's mistakes are answered with: one line (a rule and the like: with its caret) that says what is wrong,
# where, and what to do; nothing on standard output; 2, 126 or 127 as env(1) has them. Sourced by programs.

# wrong WHAT STATUS PATTERN ARGUMENT...
wrong()
{
	local what=$1 expected=$2 pattern=$3 status lines
	shift 3
	timeout 20 simsock exec "$@" >out1 2>err1 </dev/null
	status=$?
	lines=$(wc -l <err1)
	[ "$(sed -n '3s/^ *^$/caret/p' err1)" = caret ] && lines=$((lines - 2))
	if [ "$status" = "$expected" ] && [ ! -s out1 ] && [ "$lines" = 1 ] &&
		head -n 1 err1 | grep -qE -e "^simsock: exec: $pattern"; then
		ok "$what"
	else
		not_ok "$what: exit status $status, expected $expected and one line '$pattern'"
		cat out1 err1
	fi
}

# elf FILE CLASS MACHINE: the head of an ELF program
elf()
{
	printf "\\177ELF\\00$2\\001\\001\\0\\0\\0\\0\\0\\0\\0\\0\\0\\002\\000\\$3\\000\\001\\0\\0\\0" >"$1"
	head -c 100 /dev/zero >>"$1"
	chmod +x "$1"
}

# ---- the program ----

cp /usr/bin/true not-executable
chmod 644 not-executable
cp /usr/bin/true own-true
elf arm 2 267
elf i386 1 003
printf '#!/no/such/interpreter\n' >bad-script
printf '#!/usr/bin/busybox sh\n' >static-script
printf 'echo\n' >text
: >nothing
chmod +x bad-script static-script text nothing

wrong 'a program that is not there' 127 '"no-such": no such program in PATH: install it' -- no-such
wrong 'a path that is not there' 127 '"./no-such": no such file: check the path' -- ./no-such
wrong 'an empty name' 127 '"": no such program' -- ''
wrong 'a directory' 126 './www: is a directory, no program' -- ./www
wrong 'a file that is not executable' 126 './not-executable: is not executable: chmod' -- ./not-executable
wrong 'an ARM program' 126 './arm is a program of another architecture than x86-64: ' -- ./arm
wrong 'a program of 32 bits' 126 './i386 is a program of another architecture than x86-64: ' -- ./i386
wrong 'a script without its interpreter' 126 './bad-script is a script, and /no/such/interpreter is not there: ' -- ./bad-script
wrong 'a text' 126 './text is neither an ELF program nor a script that begins with #!: ' -- ./text
wrong 'an empty file' 126 './nothing is neither an ELF program nor a script' -- ./nothing
wrong 'no program' 2 'no program: name one'
wrong 'no program behind --' 2 'no program: name one' --
if have 'a static program' busybox; then
	wrong 'a static program' 126 '.*/busybox is linked statically, .*: use a dynamically linked build' -- busybox ls
	[ ! -x /usr/bin/busybox ] ||
		wrong 'a script of a static program' 126 './static-script is a script, and /usr/bin/busybox is linked statically' -- ./static-script
fi
if [ "$(id -u)" = 0 ] && chown nobody own-true && chmod u+s own-true; then
	wrong "another user's setuid program" 126 './own-true is setuid or setgid, .*: run a copy of it' -- ./own-true
else
	echo "skip another user's setuid program: only root can make one"
fi

# ---- the options ----

wrong 'an unknown option' 2 '--frob: no such option' --frob -- true
wrong 'an option without its value' 2 '--seed: a value is missing' --seed
wrong 'a value for an option that has none' 2 '--quiet=3: no such option, or not with a value' --quiet=3 -- true
for seed in 0 seven 7x -1 99999999999999999999999 ''; do
	wrong "seed '$seed'" 2 '--seed.*: a number from 1 to ' --seed "$seed" -- true
done
wrong 'an unknown net' 2 '--net frob: "dispatch" or "seccomp" was expected' --net frob -- true
wrong 'a rule for an unknown call' 2 '--inject: rule: unknown call "snd": did you mean "send"' --inject snd:error=EINTR -- true
wrong 'a rule with an unknown key' 2 '--inject: rule: unknown action or condition "eror": did' --inject send:eror=EINTR -- true
wrong 'a rule with an unknown errno' 2 '--inject: rule: unknown errno "EINTRR": did' --inject send:error=EINTRR -- true
wrong 'an empty rule' 2 '--inject: rule: empty: expected' --inject '' -- true
wrong 'a rule of two lines' 2 "inject: an option's value is one line" --inject 'send:error=EINTR
x' -- true
wrong 'a host without an address' 2 '--host: server: expected NAME=ADDRESS' --host server -- true
wrong 'a host with an empty address' 2 '--host: server=: expected NAME=ADDRESS' --host server= -- true
wrong 'a host without a name' 2 '--host: =10.0.0.3: expected NAME=ADDRESS' --host =10.0.0.3 -- true
wrong 'a host at no address' 2 '--host: addresses: "10.0.0.300" is no address: expected' --host server=10.0.0.300 -- true
wrong 'a host with a prefix too long' 2 '--host: addresses: prefix is out of range: it goes from 1 to 32' --host server=10.0.0.3/33 -- true
wrong 'a host twice' 2 '--host: server: this host is given twice: ' --host server=10.0.0.3 --host server=10.0.0.4 -- true
wrong 'an address twice' 2 '--host: addresses: 10.0.0.3 belongs to "a" already' --host a=10.0.0.3 --host b=10.0.0.3 -- true
wrong "the program's own address" 2 '--host: addresses: 10.0.0.1 belongs to "client" already' --host a=10.0.0.1 -- true
wrong 'a host with a blank in its name' 2 "--host: host: a host's name consists of" --host 'a b=10.0.0.3' -- true
wrong 'a link with an unknown word' 2 '--link: link: unknown word "dleay": did you mean "delay"' --link client server 'dleay 20ms' -- true
wrong 'a link without words' 2 "--link client: expected two hosts and tc-netem's words" --link client server -- true
wrong 'a link to nobody' 2 "--link client: expected two hosts and tc-netem's words" --link client -- true
wrong 'a link and nothing else' 2 '--link: a value is missing' --link
wrong 'a peer without a service' 2 '--peer: server:7: expected ADDRESS=SERVICE' --peer server:7 -- true
wrong 'a peer with an empty service' 2 '--peer: server:7: expected ADDRESS=SERVICE' --peer server:7= -- true
wrong 'a peer with an unknown service' 2 '--peer: peer: unknown service "ehco": did you mean "echo"' --peer server:7=ehco -- true
wrong 'a peer without a port' 2 '--peer: peer: expected an address with its port' --peer server=echo -- true
wrong 'a peer on an unknown port' 2 '--peer: peer: "htpt" is no port: expected' --peer server:htpt=echo -- true
wrong 'a peer on a port too large' 2 '--peer: peer: port is out of range' --peer server:99999=echo -- true
wrong 'a folder that is not there' 2 '--peer: peer: /no/such: No such file' --peer server:80=http:/no/such -- true
wrong 'a script that is not there' 2 '--peer: peer: /no/such: No such file' --peer server:80=script:/no/such -- true
wrong 'a file for a folder' 2 '--peer: peer: text: Not a directory' --peer server:80=http:text -- true
wrong 'a script with an unknown step' 2 '--peer: script: unknown step "expct": did' --peer 'server:7=do expct x' -- true
wrong 'a Unix peer in no directory' 2 '--peer: peer: bind: ENOENT: its directory is not there' --peer unix:/no/such/s=echo -- true
wrong 'two peers at one place' 2 '--peer: peer: bind: EADDRINUSE: somebody has it already' --peer server:7=echo --peer server:7=discard -- true
wrong 'an unknown sysctl' 2 '--sysctl: sysctl name: unknown sysctl "net.ipv4.tcp_syn_retry": did' --sysctl net.ipv4.tcp_syn_retry=1 -- true
wrong 'a sysctl without a value' 2 '--sysctl: net.ipv4.tcp_syn_retries: expected' --sysctl net.ipv4.tcp_syn_retries -- true
wrong 'a sysctl that is no number' 2 '--sysctl: sysctl value: "many" is no number: ' --sysctl net.ipv4.tcp_syn_retries=many -- true
wrong 'a rule of iptables' 2 '--iptables: iptables: unknown target "DORP": did you mean "DROP"?' --iptables '-A OUTPUT -j DORP' -- true
wrong 'a rule of nobody' 2 '--ip6tables: ip6tables: no host is called "nobody"' --ip6tables 'nobody:-F' -- true
wrong 'a sysctl of nobody' 2 '--sysctl: sysctl: no host is called "nobody"' --sysctl nobody:net.ipv4.tcp_syn_retries=1 -- true
wrong 'a trace in no directory' 2 '--trace /no/such/trace: cannot be written: No such file' --trace /no/such/trace -- true
wrong 'a capture that is a directory' 2 '--pcap www: cannot be written: Is a directory' --pcap www -- true

# ---- in one place, several ----

what='a host whose name begins as a Unix address does' tried=yes
in='hello\n'
once 1 --peer unixbox:7=echo -- nc -N unixbox 7
says out '^hello$'
