# SPDX-License-Identifier: MIT
"""Keeps docs/man true: a manual page renders without warnings, forgets no flag and no errno, and its examples run.

The lines of each example, an .EX block in FLAGS or ERRORS, are put into the program that stands in EXAMPLES. A line
that ends in /* RESULT */ or /* -1 ERRNO */ must give that.
"""

import os
import re
import shutil
import subprocess

# What the descriptions of send(2) name.
FLAGS = "MSG_CONFIRM MSG_DONTROUTE MSG_DONTWAIT MSG_EOR MSG_MORE MSG_NOSIGNAL MSG_OOB".split()
ERRORS = (
    "EACCES EAGAIN EWOULDBLOCK EBADF ECONNRESET EDESTADDRREQ EFAULT EINTR EINVAL EISCONN EMSGSIZE ENOBUFS ENOMEM "
    "ENOTCONN ENOTSOCK EOPNOTSUPP EPIPE"
).split()
RENDERERS = (
    ["groff", "-man", "-ww", "-Tutf8", "-z"],
    ["mandoc", "-T", "lint", "-W", "warning"],
    ["man", "--warnings", "-l"],
)
RESULT = re.compile(r"^(\t*)(.+);\s*/\* (-?\d+)(?: (E\w+))? \*/$")
EXPECT = """
static int bad;

static void expect(const char *entry, const char *call, long result, long wanted, int err)
{
	if (result == wanted && (wanted >= 0 || errno == err))
		return;
	printf("%s: %s gives %ld, errno %d\\n", entry, call, result, errno);
	bad = 1;
}
"""


def plain(line):
    """A line of an example without the escapes of troff."""
    return line.replace("\\-", "-").replace("\\(aq", "'").replace("\\e", "\\")


class Entry:
    """A tagged paragraph of a section: its names, its text, the lines of its examples."""

    def __init__(self, tag):
        words = re.sub(r'^\.\w+ |[",]', " ", tag)
        self.names = re.findall(r"\b(?:MSG_\w+|E[A-Z]+)\b", words)
        self.text = ""
        self.lines = []


def sections(text):
    found = {}
    for part in re.split(r"^\.SH ", text, flags=re.M)[1:]:
        title, _, body = part.partition("\n")
        found[title.strip('"')] = body
    return found


def entries(body):
    """The entries of a section; what is indented within one (.RS) is its text."""
    found, depth, lines, i = [], 0, body.split("\n"), 0
    while i < len(lines):
        line = lines[i]
        depth += line.startswith(".RS") - line.startswith(".RE")
        if line == ".TP" and depth == 0:
            i += 1
            found.append(Entry(lines[i]))
        elif line == ".EX" and found:
            end = lines.index(".EE", i)
            found[-1].lines.extend(plain(x) for x in lines[i + 1 : end])
            i = end
        elif found:
            found[-1].text += line + "\n"
        i += 1
    return found


def frame(body):
    """The program of EXAMPLES, cut where the lines of an example stand: (before main, its head, its tail)."""
    program = plain(re.search(r"^\.EX\n(.*?)^\.EE$", body, re.M | re.S).group(1))
    before, _, main = program.partition("int main(void)\n{\n")
    head, _, tail = main.partition("\t/* the lines of an example, such as: */\n")
    return before, head, tail.partition("\n\n")[2]


def program(found, body):
    before, head, tail = frame(body)
    out = [before, EXPECT]
    for n, entry in enumerate(found):
        out.append("static int example_%d(void)\n{\n%s\n\tsignal(SIGPIPE, SIG_DFL);\n" % (n, head))
        for line in entry.lines:
            m = RESULT.match(line)
            if m:
                line = '%sexpect("%s", "%s", (long)(%s), %s, %s);' % (
                    m.group(1),
                    entry.names[0],
                    m.group(2).replace("\\", "\\\\").replace('"', '\\"'),
                    m.group(2),
                    m.group(3),
                    m.group(4) or "0",
                )
            out.append("\t" + line + "\n")
        out.append(tail)
    calls = "".join("\texample_%d();\n" % n for n in range(len(found)))
    out.append("int main(void)\n{\n%s\treturn bad;\n}\n" % calls)
    return "".join(out)


class ManPage:
    def __init__(self, path, form, report, environment):
        self.path = path
        self.name = os.path.basename(path)
        self.form = form
        self.report = report
        self.environment = dict(environment, LC_ALL="C.UTF-8", MANWIDTH="80", MANPAGER="cat")
        with open(path, encoding="utf-8") as f:
            self.sections = sections(f.read())

    def run(self):
        found = [e for title in ("FLAGS", "ERRORS") for e in entries(self.sections[title])]
        self.check_rendering()
        self.check_entries(found)
        self.check_examples(found)

    def check_rendering(self):
        for command in RENDERERS:
            what = "%s: %s renders it without a warning" % (self.name, command[0])
            if not shutil.which(command[0]):
                self.report.skip(what, command[0])
                continue
            done = self.call(command + [self.path])
            said = done.stderr if command[0] != "mandoc" else done.stdout + done.stderr
            self.report.result(done.returncode == 0 and not said, what, said)

    def check_entries(self, found):
        names = [n for e in found for n in e.names]
        missing = [n for n in FLAGS + ERRORS if n not in names]
        self.report.result(not missing, "%s: no flag and no errno is forgotten" % self.name, ", ".join(missing))
        bare = [e.names[0] for e in found if not any(RESULT.match(line) for line in e.lines)]
        self.report.result(not bare, "%s: every entry has an example" % self.name, ", ".join(bare))
        lost = [e.names[0] for e in found if "scenarios/send/%s.pkt" % e.names[0].lower() not in e.text]
        self.report.result(not lost, "%s: every entry names its scenario" % self.name, ", ".join(lost))

    def check_examples(self, found):
        source = os.path.join(self.form, "man_examples.c")
        with open(source, "w", encoding="utf-8") as f:
            f.write(program(found, self.sections["EXAMPLES"]))
        made = self.call(["cc", source, "simsock.o", "-lcmocka", "-o", "man_examples"])
        self.report.result(made.returncode == 0, "%s: the examples compile" % self.name, made.stderr)
        if made.returncode == 0:
            done = self.call(["./man_examples"])
            self.report.result(
                done.returncode == 0, "%s: the examples give what they say" % self.name, done.stdout + done.stderr
            )

    def call(self, command):
        return subprocess.run(
            command,
            cwd=self.form,
            env=self.environment,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=120,
        )
