#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does the style test see what it is there for? Each case is a fault that it must find, or fair code.

Prints "ok WHAT" or "not ok WHAT" for each case, as ./check counts them.
"""

import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import style  # noqa: E402

TOP = "/* SPDX-License-Identifier: MIT */\n"

# (file, its text after the licence line, line of the fault or None, what the message holds)
CASES = [
    ("sim/tcp/x.c", "int sim_x(void) { return rand(); }", 2, "random number: rand"),
    ("sim/tcp/x.c", "int sim_x(void) { return ops->send(1); }", None, ""),
    ("sim/tcp/x.c", "int sim_x(void) { return send(1); }", 2, "socket call: send"),
    ("sim/tcp/x.c", "/* send(2) */ int sim_x(void);", None, ""),
    ("sim/tcp/x.c", 'int sim_x(void) { return f("malloc(3)"); }', None, ""),
    ("sim/tcp/x.c", "#define GET() malloc(3)", 2, "heap: malloc"),
    ("sim/tcp/x.c", "int sim_x(void) { errno = 1; return 0; }", 2, "errno variable"),
    ("sim/tcp/x.c", "#include <errno.h>\nint sim_x(void) { return -EAGAIN; }", None, ""),
    ("api/posix/x.c", "int sim_x(void) { errno = 1; return 0; }", None, ""),
    ("sim/tcp/x.c", "#include <pthread.h>", 2, "<pthread.h>"),
    ("sim/tcp/x.c", "static _Thread_local int x;", 2, "_Thread_local"),
    ("sim/tcp/x.c", "int sim_x(void) { return 1.5 * 2; }", 2, "1.5"),
    ("sim/tcp/x.c", "int sim_x(void) { return 0x1e5 + 1e3; }", 2, "1e3"),
    ("sim/tcp/x.c", "int sim_x(void) { return 0x1e5 + 0xE0; }", None, ""),
    ("sim/tcp/x.c", "static int x;", 2, "mutable file-scope variable 'x'"),
    ("sim/tcp/x.c", "static const char *x[] = { 0 };", 2, "mutable file-scope variable 'x'"),
    ("sim/tcp/x.c", "static const char *const x[] = { 0 };", None, ""),
    ("sim/tcp/x.c", "static int f(int a, int b);\nextern const int sim_y;", None, ""),
    ("sim/tcp/x.c", "int sim_x(void) { static int n = 3; return n; }", 2, "in a function"),
    ("sim/tcp/x.c", "int sim_x(void) { static const int n[] = { 3 }; return n[0]; }", None, ""),
    ("sim/tcp/x.c", "int x(void) { return 0; }", 2, "linkable name 'x'"),
    ("sim/tcp/x.c", '#include "sim/host/host.h"', 2, "downward only"),
    ("sim/tcp/x.c", '#include "sim/udp/udp.h"', 2, "siblings"),
    ("sim/tcp/x.c", '#include "sim/ip/ip.h"', None, ""),
    ("sim/unix/x.c", '#include "sim/ip/ip.h"', 2, "unix never sees ip"),
    ("sim/new/x.c", '#include "sim/ip/ip.h"', 2, "layer 'new'"),
    ("sim/tcp/x.c", '#include "api/simsock.h"', 2, "only what lies in sim/"),
    ("api/calls/x.c", '#include "tests/x.h"', 2, "downward only"),
    ("api/control/x.c", '#include "scenarios/lang/serve.h"', None, ""),
    ("api/control/x.c", '#include "scenarios/demo/x.h"', 2, "downward only"),
    ("api/cmdline/x.c", '#include "scenarios/demo/x.h"', None, ""),
    ("scenarios/lang/x.c", '#include "api/simsock.h"', 2, "downward only"),
    ("api/control/x.c", "void(sim_at)(int n)\n{\n}", None, ""),
    ("api/control/x.c", "void(at)(int n)\n{\n}", 2, "linkable name 'at'"),
    ("api/calls/x.c", "int sim_f(char *a) { strcpy(a, a); return 0; }", 2, "strcpy()"),
    ("api/calls/x.c", "typedef struct x { int y; } z;", 2, "typedef of a struct"),
    ("api/calls/x.c", "/* TO" "DO: all of it */", 2, "TO" "DO"),
    ("api/calls/x.c", "int sim_a;" + " " * 100 + "int sim_b;", 2, "columns"),
    ("api/calls/x.c", "int sim_a; ", 2, "blanks"),
    ("api/calls/x.c", "int sim_a;\n" * 899 + "int sim_b;", 901, "901 lines"),
    ("sim/tcp/x_test.c", '#include "tests/x.h"\nint main(void) { return rand(); }', None, ""),
]


def faults_of(path, text):
    with tempfile.TemporaryDirectory() as root:
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full))
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)
        return [fault for _, faults in style.check(root, [path]) for fault in faults]


def main():
    bad = 0
    cases = [(p, TOP + t + "\n", n, m) for p, t, n, m in CASES]
    cases.append(("sim/tcp/x.c", "int sim_x(void);\n", 1, "no licence line"))
    cases.append(("sim/tcp/BUILD", 'simsock_library(srcs = glob(["*.c"]))\n', 1, "glob"))
    for path, text, line, message in cases:
        found = faults_of(path, text)
        if line is None:
            good = not found
        else:
            here = "%s:%d: " % (path, line)
            good = all(f.startswith(here) for f in found) and any(message in f for f in found)
        what = "%s in %s: %s" % (message or "nothing", path, text[len(TOP) : len(TOP) + 50].split("\n")[0])
        print("%s style sees %s%s" % ("ok" if good else "not ok", what, "" if good else ", not %s" % found))
        bad += not good
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
