# SPDX-License-Identifier: MIT
# What simsock needs of the machine, and how to get it. Sourced by ./simsock and ./check, which call
# setup_need GROUP...; a run with everything in place only looks at a few files. Everything it says goes to
# standard error.
#
# One row a package of Debian's: who needs it | the package | how its presence is seen.

setup_table='
build  | bazel-bootstrap     | cmd bazel
build  | gcc                 | cmd gcc
build  | libc6-dev           | hdr sys/socket.h
build  | libfaketime         | lib faketime/libfaketime.so.1
build  | python3-minimal     | cmd python3
test   | libcmocka-dev       | hdr cmocka.h
test   | python3             | py asyncio/__init__.py
test   | g++                 | cmd g++
test   | libhiredis-dev      | hdr hiredis/hiredis.h
full   | clang               | cmd clang
full   | libclang-rt-dev     | rt tsan
full   | llvm                | cmd llvm-symbolizer
full   | clang-format        | cmd clang-format
full   | clang-tidy          | cmd clang-tidy
full   | cmake               | cmd cmake
full   | make                | cmd make
full   | meson               | cmd meson
full   | ninja-build         | cmd ninja
full   | tshark              | cmd tshark
full   | valgrind            | cmd valgrind
full   | netcat-openbsd      | cmd nc.openbsd
full   | socat               | cmd socat
full   | curl                | cmd curl
full   | wget                | cmd wget
full   | perl                | cmd perl
full   | openssl             | cmd openssl
full   | redis-tools         | cmd redis-cli
full   | busybox-static      | cmd busybox
full   | strace              | cmd strace
full   | iproute2            | cmd ip
'

setup_say()
{
	printf '%s\n' "$*" >&2
}

# Is there a file of this name where compilers and the loader look?
setup_file()
{
	local dir
	for dir in "$@"; do
		[ -e "$dir" ] && return 0
	done
	return 1
}

setup_have()
{
	local kind=$1 what=$2
	case $kind in
	cmd) command -v "$what" >/dev/null 2>&1 ;;
	hdr) setup_file "/usr/include/$what" /usr/include/*-linux-gnu/"$what" "/usr/local/include/$what" ;;
	py) setup_file /usr/lib/python3.*/"$what" ;;
	lib) setup_file "/usr/lib/$what" /usr/lib/*-linux-gnu/"$what" "/usr/lib64/$what" "/usr/local/lib/$what" ;;
	rt) setup_file /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt."$what"-*.a \
		/usr/lib/clang/*/lib/linux/libclang_rt."$what"-*.a /usr/lib/clang/*/lib/*/libclang_rt."$what".a ;;
	esac
}

# The packages of the named groups that are not there.
setup_missing()
{
	local groups=" $* " group bar package kind what
	while read -r group bar package bar kind what; do
		case $groups in *" $group "*) ;; *) continue ;; esac
		setup_have "$kind" "$what" || printf '%s ' "$package"
	done <<-END
		$(printf '%s' "$setup_table" | sed '/^$/d')
	END
}

setup_apt()
{
	export DEBIAN_FRONTEND=noninteractive
	apt-get update >&2 </dev/null || setup_say "apt-get update failed; trying with the lists that are there"
	# The words of $1 are packages. One that a release does not have must not keep the others away.
	# shellcheck disable=SC2086
	apt-get install -y --no-install-recommends $1 >&2 </dev/null && return 0
	local package
	for package in $1; do
		apt-get install -y --no-install-recommends "$package" >&2 </dev/null
	done
}

# Makes sure that what the groups need is there: installs it as root on Debian or a descendant of it, and
# elsewhere names what is missing and fails.
setup_need()
{
	local missing
	missing=$(setup_missing "$@")
	missing=${missing% }
	[ -z "$missing" ] && return 0
	setup_say "missing: $missing"
	if ! command -v apt-get >/dev/null 2>&1; then
		setup_say "This is no Debian; please install what these packages of Debian's hold, then run this again:"
		setup_table_of "$missing"
		return 1
	fi
	if [ "$(id -u)" != 0 ]; then
		setup_say "Only root can install; please run"
		setup_say "    apt-get install --no-install-recommends $missing"
		return 1
	fi
	setup_apt "$missing"
	missing=$(setup_missing "$@")
	[ -z "$missing" ] && return 0
	setup_say "could not install: $missing"
	return 1
}

setup_table_of()
{
	local group bar package kind what
	while read -r group bar package bar kind what; do
		case " $1 " in *" $package "*) setup_say "    $package ($kind $what)" ;; esac
	done <<-END
		$(printf '%s' "$setup_table" | sed '/^$/d')
	END
}

# Bazel wants a home directory, which a bare environment (cron, a container) may not name.
setup_home()
{
	if [ -z "${HOME:-}" ] || [ ! -w "${HOME:-}" ]; then
		HOME=$1/.simsock/home
		mkdir -p "$HOME"
		export HOME
	fi
}
