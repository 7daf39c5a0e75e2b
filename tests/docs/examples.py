#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keeps docs/ true: builds and runs what the pages show, and compares.

usage: examples.py [--update] [--calls CALLS.C] FORM PAGE...

FORM is a directory with the single-file form (simsock.c and its headers), and simsock.o if that is compiled already.

A code block that opens with the comment "/* example: NAME */" (or "// example: NAME") is the file NAME. A text block that opens with "$ " is a
terminal: its commands are run in a directory with the page's files and the single-file form, and must print the lines
that follow; `simsock`, the command line, must be on PATH. "..." in such a line stands for anything, alone on a line for any number of lines. Commands that need a
program of OPTIONAL that is not installed are skipped. The output is a terminal's, so that standard output and
standard error come in order.

Beside that: a page has under 200 lines, its links lead somewhere, and the lists that the pages must
not forget (functions, reasons, keys of rules, environment variables) are complete; with --calls, the table of a
scenario's calls, the scenario language's too.

A page that is no Markdown is a manual page: see manpage.py.

--update writes what was printed into the pages, but for texts with "...", which stay.
"""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import manpage  # noqa: E402

OPTIONAL = (
    "bazel busybox clang cmake curl g++ gdb meson nc openssl perl redis-cli socat ss strace tshark valgrind wget"
).split()
MAX_LINES = 199
TIMEOUT_S = 400  # the single-file form with sanitizers, beside other tests
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
EXAMPLE = re.compile(r"\A(?:/\*|//|#) example: (\S+)(?: \*/)?\n")


class TooLong(Exception):
    """A command that does not end."""


class Report:
    def __init__(self):
        self.failed = 0
        self.passed = 0

    def result(self, good, what, detail=""):
        print(("ok " if good else "not ok ") + what)
        self.passed += good
        if not good:
            self.failed += 1
            print(detail)

    @staticmethod
    def skip(what, why):
        print("skip %s: %s is not installed" % (what, why))


def environment():
    keep = {k: v for k, v in os.environ.items() if k in ("HOME", "PATH", "TMPDIR")}
    keep.setdefault("HOME", "/nonexistent")
    keep.update(LC_ALL="C", TERM="dumb", GCC_COLORS="", MAKEFLAGS="")
    return keep


def run_in_terminal(command, directory):
    """What a user would see: both streams through one terminal."""
    master, slave = pty.openpty()
    child = subprocess.Popen(
        ["sh", "-c", "stty -onlcr; " + command],
        cwd=directory,
        env=environment(),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    signal.alarm(TIMEOUT_S)
    chunks = []
    try:
        while True:
            try:
                chunk = os.read(master, 65536)
            except OSError:  # EIO: the last one has closed it
                break
            if not chunk:
                break
            chunks.append(chunk)
        child.wait()
    except TooLong:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        chunks.append(b"\n(no end after %d s)\n" % TIMEOUT_S)
    finally:
        signal.alarm(0)
        os.close(master)
    return b"".join(chunks).decode("utf-8", "replace").replace("\r\n", "\n")


def commands_of(text):
    """[(command, expected output)]; a command may go on after a backslash."""
    found = []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif found and found[-1][0].endswith("\\\n") and not found[-1][1]:
            found[-1][0] += line
        else:
            found[-1][1] += line
    return found


def pattern_of(expected):
    parts = []
    for line in expected.splitlines():
        if line.strip() == "...":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            parts.append(".*".join(re.escape(piece) for piece in line.split("...")) + r"\n")
    return re.compile("".join(parts))


def matches(expected, printed):
    return pattern_of(expected).fullmatch(printed) is not None


def missing_program(command):
    for program in OPTIONAL:
        if re.search(r"(?<![\w./-])%s(?![\w.-])" % re.escape(program), command) and not shutil.which(program):
            return program
    return None


class Page:
    def __init__(self, path, form, report, update):
        self.path = path
        self.name = os.path.basename(path)
        self.form = form
        self.report = report
        self.update = update
        with open(path, encoding="utf-8") as f:
            self.text = f.read()

    def run(self):
        self.check_length()
        self.check_links()
        with tempfile.TemporaryDirectory() as directory:
            for entry in os.listdir(self.form):
                os.symlink(os.path.join(self.form, entry), os.path.join(directory, entry))
            new = BLOCK.sub(lambda block: self.block(block, directory), self.text)
        if self.update and new != self.text:
            with open(self.path, "w", encoding="utf-8") as f:
                f.write(new)

    def check_length(self):
        lines = self.text.count("\n")
        self.report.result(lines <= MAX_LINES, "%s: short" % self.name, "%d lines, at most %d" % (lines, MAX_LINES))

    def check_links(self):
        here = os.path.dirname(os.path.realpath(self.path))
        prose = BLOCK.sub("", self.text)
        dead = [
            link
            for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose)
            if "://" not in link and not os.path.exists(os.path.join(here, link))
        ]
        self.report.result(not dead, "%s: links" % self.name, "lead nowhere: " + ", ".join(dead))

    def block(self, block, directory):
        language, text = block.groups()
        named = EXAMPLE.match(text)
        if named:
            path = os.path.join(directory, named.group(1))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            after = self.text[block.end() :]
            is_main = named.group(1).endswith(".c")  # headers and the like are used by others
            self.report.result(
                (named.group(1) if is_main else "\n$ ") in after,
                "%s: %s is used" % (self.name, named.group(1)),
                "no command after it names it",
            )
        if language == "text" and text.startswith("$ "):
            return "```text\n%s```" % self.terminal(text, directory)
        return block.group(0)

    def terminal(self, text, directory):
        new = ""
        for command, expected in commands_of(text):
            what = "%s: %s" % (self.name, " ".join(command.replace("\\\n", " ").split()))
            lacking = missing_program(command)
            if lacking:
                self.report.skip(what, lacking)
                new += "$ " + command + expected
                continue
            printed = run_in_terminal(command, directory)
            if printed and not printed.endswith("\n"):
                printed += "\n"
            good = matches(expected, printed)
            if self.update and not good and "..." not in expected:
                self.report.result(True, what + " (written)")
                expected = printed
            else:
                self.report.result(good, what, "--- the page says\n%s--- printed\n%s---" % (expected, printed))
            new += "$ " + command + expected
        return new


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def check_list(report, what, names, text):
    missing = sorted(n for n in names if not re.search(r"(?<![\w-])%s(?![\w-])" % re.escape(n), text))
    report.result(bool(names) and not missing, what, "forgotten: " + ", ".join(missing))


def why_keys(source):
    table = re.search(r"#define SIM_WHY_TABLE\(X\)(.*?[^\\])\n", source, re.S).group(1)
    return re.findall(r'X\(\w+,\s*"([\w-]+)"', table)


def check_calls(report, table, page):
    """The language's page names the calls that there are, and no others."""
    there = set(re.findall(r'^\t\{ "(\w+)",', read(table), re.M))
    section = re.search(r"^## Calls\n\n(.*?)\n\n", read(page), re.M | re.S)
    said = set(re.findall(r"`(\w+)`", section.group(1))) if section else set()
    report.result(
        bool(there) and there == said,
        "scenario-language.md names every call, and no other",
        "forgotten: %s; no call: %s" % (", ".join(sorted(there - said)), ", ".join(sorted(said - there))),
    )


def check_lists(report, form, pages):
    source = read(os.path.join(form, "simsock.c"))
    texts = {os.path.basename(p): read(p) for p in pages}
    everything = "\n".join(texts.values())
    functions = re.compile(r"^[a-z].*?\b(sim_\w+)\(", re.M)
    check_list(
        report,
        "control-api.md names every function of simsock.h",
        functions.findall(read(os.path.join(form, "simsock.h"))),
        texts["control-api.md"],
    )
    check_list(
        report,
        "cmocka.md names every macro and function of simsock_cmocka.h",
        [
            n
            for n in set(re.findall(r"#define (sim_\w+)\(", read(os.path.join(form, "simsock_cmocka.h"))))
            if not n.endswith("_")
        ],
        texts["cmocka.md"],
    )
    keys = why_keys(source)
    check_list(report, "why.md names every reason", keys, texts["why.md"])
    said = set(re.findall(r"^\| `([\w-]+)`", texts["why.md"], re.M))
    report.result(said <= set(keys), "why.md names no other reason", "no reason: " + ", ".join(said - set(keys)))
    check_list(
        report,
        "rules.md names every key of a rule",
        re.findall(r"\[KEY_\w+\] = \{ \"(\w+)\"", source),
        texts["rules.md"],
    )
    check_list(
        report,
        "docs name every variable of the environment",
        set(re.findall(r'"(SIMSOCK(?:_[A-Z]+)?)"', source)),
        everything,
    )


def on_alarm(*_):
    raise TooLong


def main(argv):
    update = argv[1:2] == ["--update"]
    rest = argv[1 + update :]
    table = rest[1] if rest[:1] == ["--calls"] else None
    if table:
        rest = rest[2:]
    form, pages = os.path.abspath(rest[0]), rest[1:]
    signal.signal(signal.SIGALRM, on_alarm)
    report = Report()
    with tempfile.TemporaryDirectory() as built:
        for entry in os.listdir(form):
            if re.fullmatch(r"simsock(_\w+)?\.[ch]", entry):
                os.symlink(os.path.join(form, entry), os.path.join(built, entry))
        compiled = os.path.join(form, "simsock.o")
        if os.path.exists(compiled):
            os.symlink(compiled, os.path.join(built, "simsock.o"))
        else:
            made = subprocess.run(["cc", "-g", "-c", "simsock.c"], cwd=built, env=environment(), check=False)
            report.result(made.returncode == 0, "simsock.o is built")
        for path in pages:
            if path.endswith(".md"):
                Page(path, built, report, update).run()
            else:
                manpage.ManPage(os.path.abspath(path), built, report, environment()).run()
        if any(os.path.basename(p) == "why.md" for p in pages):
            check_lists(report, built, pages)
        for path in pages:
            if table and os.path.basename(path) == "scenario-language.md":
                check_calls(report, table, path)
    print("%d passed, %d failed" % (report.passed, report.failed))
    return 1 if report.failed or not report.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
