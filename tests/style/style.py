#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The style test: keeps out what would break the simulator's promises.

    style.py [--root TREE] [--no-format] [FILE...]

For each fault one line, FILE:LINE: what is there; expected what. Then "ok RULE" or "not ok RULE" for each rule, as
./check counts them. The rules are the tables below.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/single_file"))
import csource  # noqa: E402

MAX_LINES = 900
MAX_COLUMNS = 110
TAB = 8

# The layers of sim/, lowest first; those of one row are siblings, which do not know each other.
LAYERS = [
    ("base",),
    ("clock",),
    ("trace",),
    ("fault",),
    ("task",),
    ("packet",),
    ("link",),
    ("sock",),
    ("ip",),
    ("udp", "tcp", "unix"),
    ("host",),
    ("proc",),
    ("world",),
]
RANK = {name: rank for rank, row in enumerate(LAYERS) for name in row}
# What a layer must not see although it lies lower.
NEVER = {"unix": ("ip",), "fault": ("sock", "packet"), "tcp": ("host",)}

# The parts of the house, lowest first. The language of scenarios is parsed below the faces, which take lines of it.
PARTS = ["sim/", "scenarios/lang/", "api/", "scenarios/", "api/cmdline/", "tests/"]

# Identifiers that sim/ does not use: (what they are, the names, what to use).
IN_SIM = [
    (
        "clock call",
        "clock_gettime clock_getres clock_settime clock_nanosleep gettimeofday settimeofday time times ftime "
        "timespec_get nanosleep usleep sleep localtime localtime_r gmtime gmtime_r clock getitimer setitimer alarm "
        "timer_create timerfd_create __builtin_ia32_rdtsc __rdtsc",
        "the world's clock (sim/clock)",
    ),
    (
        "random number",
        "rand srand rand_r random srandom drand48 lrand48 mrand48 getrandom getentropy arc4random",
        "a stream of the world's seed (sim/base/random.h)",
    ),
    ("environment", "getenv secure_getenv setenv putenv environ getpid getppid gettid getuid", "an argument"),
    ("errno variable", "errno __errno_location perror strerror", "to return -errno"),
    (
        "socket call",
        "socket socketpair bind listen accept accept4 connect shutdown send sendto sendmsg sendmmsg recv recvfrom "
        "recvmsg recvmmsg getsockopt setsockopt getsockname getpeername read write readv writev close dup dup2 dup3 "
        "fcntl ioctl poll ppoll select pselect epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait open "
        "getaddrinfo gethostbyname syscall inet_ntop inet_pton inet_aton inet_addr inet_ntoa",
        "our own layers: libc's calls belong to the faces (api/)",
    ),
    (
        "heap",
        "malloc calloc realloc free reallocarray strdup strndup aligned_alloc posix_memalign mmap munmap sbrk alloca "
        "asprintf vasprintf",
        "the world's arena (sim/base/arena.h)",
    ),
    (
        "stdio",
        "printf fprintf dprintf sprintf snprintf vprintf vfprintf vsprintf vsnprintf puts fputs putchar fwrite fopen "
        "stderr stdout",
        "sim/base/str.h",
    ),
    ("exit", "exit _exit abort raise kill signal sigaction setjmp longjmp", "sim_fatal, or a table given from above"),
]
CALLS = {name: (what, instead) for what, names, instead in IN_SIM for name in names.split()}
# Names that count wherever they stand, not only when called.
BARE = {"errno", "environ", "stderr", "stdout"}
# Identifiers and prefixes that sim/ does not hold at all.
THREADS = re.compile(r"^(pthread_|thrd_|mtx_|cnd_|sem_|atomic_|__atomic_|__sync_)|^(_Thread_local|__thread|_Atomic)$")
FLOATS = re.compile(r"^(float|double|_Float\w*|long double)$")
FLOAT_NUMBER = re.compile(r"^(?!0[xX])[0-9]*(\.[0-9]*([eE][-+]?[0-9]+)?|[0-9][eE][-+]?[0-9]+)[fFlL]?$")
HEADERS_NOT_IN_SIM = {
    "pthread.h": "no threads",
    "threads.h": "no threads",
    "stdatomic.h": "no threads",
    "stdio.h": "sim/base/str.h",
    "stdlib.h": "sim/base",
    "unistd.h": "nothing of it",
    "time.h": "sim/clock",
    "math.h": "integers",
    "arpa/inet.h": "sim/packet",
}
# (file, name) pairs that have a reason.
ALLOWED = {
    ("sim/base/str.c", "vsnprintf"),
    ("sim/base/str.c", "stdio.h"),
    # cmocka's own, so that a failure in a spawned peer ends the test and not the stack.
    ("api/cmocka/cmocka.c", "_fail"),
    ("api/cmocka/cmocka.c", "_skip"),
}
UNBOUNDED = {
    "strcpy": "sim_str_copy or memcpy with a length",
    "strcat": "sim_str_add",
    "stpcpy": "memcpy with a length",
    "sprintf": "snprintf",
    "vsprintf": "vsnprintf",
    "gets": "fgets",
    "strtok": "strtok_r or a parser",
    "alloca": "an arena or a bounded array",
}
WORDS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
# Linkable names carry our prefix, but for these directories, whose business is libc's names or a program's own.
PREFIXED = ("sim/", "api/")
NOT_PREFIXED = ("api/dropin/", "api/cmdline/", "api/demo/")

SPDX = {
    ".c": "/* SPDX-License-Identifier: MIT */",
    ".h": "/* SPDX-License-Identifier: MIT */",
    ".S": "/* SPDX-License-Identifier: MIT */",
    ".py": "# SPDX-License-Identifier: MIT",
    ".sh": "# SPDX-License-Identifier: MIT",
}
CODE = (".c", ".h", ".S")


class File:
    def __init__(self, root, path):
        self.path = path
        self.extension = os.path.splitext(path)[1]
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
            self.text = f.read()
        self.lines = self.text.split("\n")
        if self.lines and not self.lines[-1]:
            self.lines.pop()
        if self.is_code():
            self.code, self.directives = csource.split(self.text)
            # What a macro expands to is code as well.
            self.all_code = self.code + [t for d in self.directives if d.name == "define" for t in d.rest]

    def is_code(self):
        return self.extension in (".c", ".h")

    def in_sim(self):
        return self.path.startswith("sim/") and self.is_code() and not self.is_test()

    def is_test(self):
        return self.path.endswith("_test.c") or self.path.startswith("tests/")

    def layer(self):
        parts = self.path.split("/")
        return parts[1] if parts[0] == "sim" and len(parts) > 2 else None


# ---- the rules: each yields (file, line, what is there, what was expected) ----


def rule_licence(f):
    want = SPDX.get(f.extension)
    if want and not any(line.startswith(want) for line in f.lines[: 1 if f.extension in CODE else 2]):
        yield f, 1, "no licence line", "'%s' to open the file" % want


def rule_length(f):
    if f.extension in CODE + (".py", ".sh") and len(f.lines) > MAX_LINES:
        yield f, MAX_LINES + 1, "%d lines" % len(f.lines), "at most %d: look for a second noun" % MAX_LINES


def rule_lines(f):
    if f.extension not in CODE:
        return
    table = False
    for number, line in enumerate(f.lines, 1):
        if "clang-format o" in line:
            table = "clang-format off" in line
        if len(line.expandtabs(TAB)) > MAX_COLUMNS and not table:
            yield f, number, "%d columns" % len(line.expandtabs(TAB)), "at most %d" % MAX_COLUMNS
        if line != line.rstrip():
            yield f, number, "blanks at the end of the line", "none"


def rule_words(f):
    for number, line in enumerate(f.lines, 1):
        found = WORDS.search(line)
        if found:
            yield f, number, "'%s'" % found.group(), "the thing done, or an issue"


def rule_unbounded(f):
    if not f.is_code():
        return
    for before, token, after in around(f.all_code):
        if token.text in UNBOUNDED and after == "(" and before not in (".", "->"):
            yield f, token.line, "%s()" % token.text, UNBOUNDED[token.text]


def rule_calls(f):
    if not f.in_sim():
        return
    for before, token, after in around(f.all_code):
        name = token.text
        if name not in CALLS or before in (".", "->") or (f.path, name) in ALLOWED:
            continue
        what, instead = CALLS[name]
        if name in BARE or after == "(":
            yield f, token.line, "%s: %s" % (what, name), instead


def rule_headers(f):
    if not f.in_sim():
        return
    for d in f.directives:
        if d.name == "include" and d.system():
            name = d.included()
            if name in HEADERS_NOT_IN_SIM and (f.path, name) not in ALLOWED:
                yield f, d.line, "<%s>" % name, HEADERS_NOT_IN_SIM[name]


def rule_threads(f):
    if not f.in_sim():
        return
    for token in f.all_code:
        if token.kind == "name" and THREADS.match(token.text):
            yield f, token.line, token.text, "no threads in sim/: the carrier is supplied by api/"


def rule_floats(f):
    if not f.in_sim():
        return
    for token in f.all_code:
        if token.kind == "name" and FLOATS.match(token.text):
            yield f, token.line, token.text, "integers: a float differs between compilers"
        elif token.kind == "number" and FLOAT_NUMBER.match(token.text):
            yield f, token.line, token.text, "an integer"


def rule_globals(f):
    if not f.in_sim():
        return
    for d in csource.declarations(f.code):
        if d.mutable():
            yield f, d.line, "mutable file-scope variable '%s'" % d.name, "const, or a member of the world"
    for line, name in local_statics(f.code):
        yield f, line, "mutable static variable '%s' in a function" % name, "const, or a member of the world"


def rule_prefix(f):
    if f.extension != ".c" or f.is_test() or not f.path.startswith(PREFIXED) or f.path.startswith(NOT_PREFIXED):
        return
    for d in linkable(f):
        if not d.name.startswith(("sim_", "sys_", "__")) and d.name != "main" and (f.path, d.name) not in ALLOWED:
            yield f, d.line, "linkable name '%s'" % d.name, "static, or the prefix sim_"


def linkable(f):
    """The definitions that the linker sees."""
    for d in csource.declarations(f.code):
        if d.kind == "function" or (d.kind == "variable" and "extern" not in d.words):
            if not d.static and "inline" not in d.words:
                yield d


def rule_unique(f):
    """Two modules of one name link as long as nobody wants both."""
    if f.extension != ".c" or f.is_test() or not f.path.startswith(PREFIXED) or f.path.startswith("api/cmdline/"):
        return
    for d in linkable(f):
        path, line = LINKABLE.setdefault(d.name, (f.path, d.line))
        if path != f.path:
            yield f, d.line, "linkable name '%s'" % d.name, "one of its own: %s:%d has it" % (path, line)


def rule_typedefs(f):
    if not f.is_code():
        return
    for i, token in enumerate(f.code):
        if token.text == "typedef" and i + 1 < len(f.code) and f.code[i + 1].text in ("struct", "union", "enum"):
            end = next((j for j in range(i, len(f.code)) if f.code[j].text in (";", "{", "(")), i)
            if f.code[end].text != "(":
                yield f, token.line, "typedef of a %s" % f.code[i + 1].text, "its tag, written out"


def rule_includes(f):
    if not f.is_code():
        return
    own = os.path.splitext(f.path)[0] + ".h"
    first = True
    for d in f.directives:
        name = d.included()
        if name is None:
            continue
        if name.endswith(".c"):
            yield f, d.line, 'includes "%s"' % name, "a testonly library"
        if not d.system():
            yield from include_order(f, d.line, name)
            if first and f.extension == ".c" and os.path.basename(own) == os.path.basename(name) and name != own:
                if f.path.startswith("sim/"):
                    yield f, d.line, '"%s"' % name, 'root-relative: "%s"' % own
        if first and f.extension == ".c" and own in ALL_PATHS and f.path.startswith(("sim/", "api/", "scenarios/")):
            if d.system() or os.path.basename(name) != os.path.basename(own):
                yield f, d.line, "the first include is %s" % name, 'the own header first: "%s"' % own
        first = False


def include_order(f, line, name):
    layer = f.layer()
    if not f.path.startswith("sim/") or f.is_test():
        return
    if not name.startswith("sim/"):
        yield f, line, '"%s"' % name, "only what lies in sim/"
        return
    other = name.split("/")[1]
    if layer not in RANK:
        yield f, line, "layer '%s'" % layer, "one of the table LAYERS in tests/style/style.py"
    elif other not in RANK:
        yield f, line, '"%s"' % name, "a layer of the table LAYERS in tests/style/style.py"
    elif RANK[other] > RANK[layer]:
        yield f, line, '%s includes "%s"' % (layer, name), "downward only: %s lies above" % other
    elif RANK[other] == RANK[layer] and other != layer:
        yield f, line, '%s includes "%s"' % (layer, name), "siblings do not know each other"
    elif other in NEVER.get(layer, ()):
        yield f, line, '%s includes "%s"' % (layer, name), "%s never sees %s" % (layer, other)


def rule_upward(f):
    """The parts of the house, too, include downward only."""
    if not f.is_code() or f.is_test():
        return
    for d in f.directives:
        name = d.included()
        if name and not d.system() and part_of(name) > part_of(f.path):
            yield f, d.line, '"%s"' % name, "downward only: " + ", ".join(PARTS)


def part_of(path):
    """Where in PARTS a file lies: the longest prefix counts; what is no part is below all."""
    fitting = [(len(prefix), rank) for rank, prefix in enumerate(PARTS) if path.startswith(prefix)]
    return max(fitting)[1] if fitting else -1


def rule_build(f):
    if os.path.basename(f.path) != "BUILD":
        return
    for number, line in enumerate(f.lines, 1):
        # Scenarios are data: each one that lies there is meant.
        if re.search(r"\bglob\((?!\[.[a-z/*.]*\.pkt(\.txt)?.\]\))", line.split("#")[0]):
            yield f, number, "glob", "the files listed"
        if re.match(r"cc_(library|binary|test)\(", line):
            yield f, number, line.split("(")[0], "simsock_library, simsock_binary, ... of //tools/bazel:defs.bzl"


def around(code):
    """(text before, token, text after) of each name."""
    for i, token in enumerate(code):
        if token.kind == "name":
            before = code[i - 1].text if i else ""
            after = code[i + 1].text if i + 1 < len(code) else ""
            yield before, token, after


def local_statics(code):
    """(line, name) of static variables within functions that something could change."""
    depth, i = 0, 0
    while i < len(code):
        text = code[i].text
        if text == "{":
            depth += 1
        elif text == "}":
            depth -= 1
        elif text == "static" and depth > 0:
            end = i
            while end < len(code) and code[end].text != ";":
                end = csource.closing(code, end) + 1 if code[end].text in csource.OPEN else end + 1
            for d in csource.declarations(code[i : end + 1]):
                if d.mutable():
                    yield d.line, d.name
            i = end
        i += 1


RULES = [
    ("every file names its licence", rule_licence),
    ("no file is too long", rule_length),
    ("no line is too long or ends in blanks", rule_lines),
    ("nothing is left for later", rule_words),
    ("no unbounded string function", rule_unbounded),
    ("sim/ calls no clock, heap, socket or stdio", rule_calls),
    ("sim/ includes no header of these", rule_headers),
    ("sim/ has no threads", rule_threads),
    ("sim/ has no floating point", rule_floats),
    ("sim/ has no mutable globals", rule_globals),
    ("linkable names have our prefix", rule_prefix),
    ("linkable names are unique", rule_unique),
    ("no typedef hides a struct", rule_typedefs),
    ("includes in sim/ go downward", rule_includes),
    ("includes between the parts go downward", rule_upward),
    ("BUILD files list their files", rule_build),
]
ALL_PATHS = set()
LINKABLE = {}


def paths_of(root):
    """What git tracks or would track, else what lies there."""
    git = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    if git.returncode == 0:
        paths = sorted(p for p in git.stdout.decode().split("\0") if p)
    else:
        paths = []
        for directory, directories, files in os.walk(root):
            directories[:] = sorted(d for d in directories if not d.startswith((".", "bazel-")))
            paths.extend(os.path.relpath(os.path.join(directory, f), root) for f in sorted(files))
    wanted = (".c", ".h", ".S", ".py", ".sh", ".bzl", "BUILD", ".md")
    return [p for p in paths if p.endswith(wanted) and os.path.isfile(os.path.join(root, p))]


def check(root, paths):
    """[(rule's title, [fault as a line of text])]"""
    files = [File(root, p) for p in paths]
    ALL_PATHS.clear()
    LINKABLE.clear()
    ALL_PATHS.update(paths)
    results = []
    for title, rule in RULES:
        faults = []
        for f in files:
            if f.path.startswith("tests/style/") and rule in (rule_words,):
                continue
            for where, line, there, expected in rule(f):
                faults.append("%s:%d: %s; expected %s" % (where.path, line, there, expected))
        results.append((title, faults))
    return results


def check_format(root, paths):
    """The faults clang-format sees, or None without clang-format."""
    program = shutil.which("clang-format")
    if program is None:
        return None
    code = [p for p in paths if p.endswith((".c", ".h"))]
    if not code:
        return []
    run = subprocess.run(
        [program, "--style=file", "--dry-run"] + code, cwd=root, capture_output=True, text=True, check=False
    )
    places = {}
    for line in run.stderr.split("\n"):
        found = re.match(r"(\S+?):(\d+):\d+: (warning|error): code should be clang-formatted", line)
        if found:
            places.setdefault(found.group(1), []).append(int(found.group(2)))
    return [
        "%s:%d: not formatted (%d places); expected what scripts/format %s makes" % (path, lines[0], len(lines), path)
        for path, lines in places.items()
    ]


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--root", default=os.path.normpath(os.path.join(here, "../..")))
    parser.add_argument("--no-format", action="store_true", help="without clang-format")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args(argv)
    paths = args.files or paths_of(args.root)
    results = check(args.root, paths)
    formatted = None if args.no_format else check_format(args.root, paths)
    if formatted is not None:
        results.append(("the code is formatted", formatted))
    bad = False
    for title, faults in results:
        for fault in faults:
            print(fault)
        print("%s %s" % ("not ok" if faults else "ok", title))
        bad = bad or bool(faults)
    if formatted is None:
        print("skip the code is formatted: %s" % ("--no-format" if args.no_format else "clang-format is not installed"))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
