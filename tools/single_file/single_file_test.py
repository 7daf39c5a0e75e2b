#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the single-file tool does with names that collide, tried on a tree of its own and compiled.

Prints "ok WHAT" or "not ok WHAT" for each case, as ./check counts them.
"""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import single_file  # noqa: E402

TOP = """
simsock_library(name = "simsock", visibility = [], deps = ["//api", "//sim/b"])
simsock_library(name = "simsock_cmocka", visibility = [], deps = [":simsock"])
"""
API = """
simsock_library(name = "api", visibility = [], hdrs = ["simsock.h"], srcs = ["api.c"], deps = ["//sim/b"])
"""
LIB = """
load("//tools/bazel:defs.bzl", "simsock_library")
simsock_library(name = "%s", visibility = ["//:x"], srcs = [%s], hdrs = ["%s.h"], deps = [%s])
"""
HEADER = "#ifndef %s_H\n#define %s_H\n%s\n#endif\n"

# What main() returns is the exit status expected.
CASES = {
    "statics of one name stay apart": (
        "static int f(void) { return 1; }\nint sim_a(void) { return f(); }",
        "static int f(void) { return 2; }\nint sim_b(void) { return f() + sim_a(); }",
        3,
    ),
    "a member of a static's name keeps its name": (
        "struct ops { int (*f)(void); };\nstatic int f(void) { return 1; }\n"
        "static const struct ops table = { .f = f };\nint sim_a(void) { return table.f(); }",
        "static int f(void) { return 2; }\nstatic const int table[] = { 4 };\n"
        "int sim_b(void) { return f() + sim_a() + table[0]; }",
        7,
    ),
    "enum constants of one name stay apart, as array lengths too": (
        "enum { NUM = 3 };\nstruct s { char room[NUM]; };\nint sim_a(void) { return sizeof(struct s); }",
        "enum { NUM = 5 };\nstruct s { char room[NUM]; };\nint sim_b(void) { return sizeof(struct s) * 10 + sim_a(); }",
        53,
    ),
    "tags of one name stay apart": (
        "struct walk { int x; };\nstatic int at(struct walk *w) { return w->x; }\n"
        "int sim_a(void) { struct walk w = { 1 }; return at(&w); }",
        "struct walk { char y; int z; };\nstatic int at(struct walk *w) { return w->z; }\n"
        "int sim_b(void) { struct walk w = { 1, 2 }; return at(&w) + sim_a(); }",
        3,
    ),
    "a macro of one file is nothing to the next": (
        "#define LIMIT 1\n#define walk 9\nint sim_a(void) { return LIMIT; }",
        "#define LIMIT 2\nint sim_b(void) { int walk = 0; return LIMIT + walk + sim_a(); }",
        3,
    ),
    "a macro of one file that is a function of the other": (
        "#define twice(x) ((x) * 2)\nint sim_a(void) { return twice(1); }",
        "static int twice(int x) { return x + x; }\nint sim_b(void) { return twice(2) + sim_a(); }",
        6,
    ),
    "a static's name in a string stays": (
        'static const char *f(void) { return "f"; }\nint sim_a(void) { return f()[1] == 0; }',
        'static const char *f(void) { return "ff"; }\nint sim_b(void) { return (f()[2] == 0) + sim_a(); }',
        2,
    ),
    "a table that a macro makes": (
        '#define ROW(n) { #n, n }\nstatic const int one = 1;\nstruct row { const char *name; int value; };\n'
        "int sim_a(void) { const struct row r = ROW(one); return r.value; }",
        "static const int one = 2;\nint sim_b(void) { return one + sim_a(); }",
        3,
    ),
}


def tree(directory, a, b, extra=None):
    files = {
        "BUILD": TOP,
        "api/BUILD": API,
        "api/object/BUILD": 'simsock_library(name = "object", visibility = [])',
        "api/simsock.h": HEADER % ("SIMSOCK", "SIMSOCK", "int sim_api(void);"),
        "api/api.c": '#include "api/simsock.h"\n#include "sim/b/b.h"\nint sim_api(void) { return sim_b(); }\n',
        "sim/a/BUILD": LIB % ("a", '"a.c"', "a", ""),
        "sim/a/a.h": HEADER % ("A", "A", "int sim_a(void);"),
        "sim/a/a.c": '#include "sim/a/a.h"\n' + a + "\n",
        "sim/b/BUILD": LIB % ("b", '"b.c"', "b", '"//sim/a"'),
        "sim/b/b.h": HEADER % ("B", "B", '#include "sim/a/a.h"\nint sim_b(void);'),
        "sim/b/b.c": '#include "sim/b/b.h"\n' + b + "\n",
    }
    files.update(extra or {})
    for path, text in files.items():
        path = os.path.join(directory, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    with open(os.path.join(directory, "main.c"), "w", encoding="utf-8") as f:
        f.write('#include "simsock.h"\nint main(void) { return sim_api(); }\n')


def run(directory, a, b, extra=None, lines=False):
    tree(directory, a, b, extra)
    out = os.path.join(directory, "out")
    status = single_file.main(["--root", directory, "--out", out] + (["--lines"] if lines else []))
    if status != 0:
        return "refused"
    program = os.path.join(out, "a.out")
    command = [os.environ.get("CC", "cc"), "-Wall", "-Wextra", "-Werror", "-I", out, "-o", program]
    command += [os.path.join(directory, "main.c"), os.path.join(out, "simsock.c")]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        return built.stderr
    return subprocess.run([program], check=False).returncode


def main():
    bad = 0

    def say(what, got, expected):
        nonlocal bad
        if got == expected:
            print("ok %s" % what)
        else:
            bad += 1
            print("not ok %s: got %s, expected %s" % (what, got, expected))

    for what, (a, b, expected) in CASES.items():
        for lines in (False, True):
            with tempfile.TemporaryDirectory() as directory:
                say(what + (" (with #line)" if lines else ""), run(directory, a, b, lines=lines), expected)
    plain = ("int sim_a(void) { return 1; }", "int sim_b(void) { return 1; }")
    stderr, sys.stderr = sys.stderr, open(os.devnull, "w", encoding="utf-8")
    with tempfile.TemporaryDirectory() as directory:
        other = {"sim/a/a.h": HEADER % ("A", "A", "int sim_a(void);\n#define WIDTH 1")}
        got = run(directory, plain[0], "#define WIDTH 2\n" + plain[1], other)
        say("a macro that a header and another source define is refused", got, "refused")
    with tempfile.TemporaryDirectory() as directory:
        got = run(directory, plain[0], '#include "sim/c/c.h"\n' + plain[1])
        say("an include that no library lists is refused", got, "refused")
    sys.stderr = stderr
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
