#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the single-file form: simsock.c and the public headers out of the modules' sources.

    single_file.py --root TREE --out DIRECTORY            the sources are found in the BUILD files
    single_file.py --root TREE --out DIRECTORY FILE...    the sources are given, in dependency order (Bazel)

Each project header is put in once, where it is first wanted; system headers stay includes. Names that a source
keeps to itself (static functions and variables, enum constants, tags, macros) and that another file defines too
are renamed there, NAME to NAME__PATH, or undefined at its end. A conflict that renaming cannot mend is an error
here, with file and line, and no surprise for a user's compiler.
"""

import argparse
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import csource  # noqa: E402

PUBLIC_HEADERS = ("api/simsock.h", "api/cmocka/simsock_cmocka.h")
# Written out for those who want them; simsock.c does without.
OPTIONAL_HEADERS = (
    "api/posix/simsock_posix.h",
    "api/posix/simsock_redirect.h",
    "api/raw/simsock_raw.h",
    "api/object/simsock_object.h",
)
TARGETS = ("//:simsock", "//:simsock_cmocka", "//api/object")
CMOCKA = "api/cmocka/"
FEATURE_MACROS = ("_GNU_SOURCE", "_DEFAULT_SOURCE", "_POSIX_C_SOURCE", "_XOPEN_SOURCE", "_FORTIFY_SOURCE")


class Mistake(Exception):
    pass


# ---- which sources, from the BUILD files ----


class Build:
    """Reads BUILD files, which are Python in all that our macros need."""

    def __init__(self, root):
        self.root = root
        self.packages = {}

    def package(self, name):
        if name in self.packages:
            return self.packages[name]
        rules = self.packages[name] = {}
        path = os.path.join(self.root, name, "BUILD")

        def library(**attributes):
            rules[attributes["name"]] = attributes

        def other(*_, **__):
            return []

        class Names(dict):
            def __missing__(self, key):
                return other

        names = Names(simsock_library=library, cc_library=library)
        names["__builtins__"] = {"range": range, "len": len, "True": True, "False": False, "None": None}
        with open(path, encoding="utf-8") as f:
            text = f.read()
        exec(compile(text, path, "exec"), names)  # our own BUILD file, in our own tree
        return rules

    @staticmethod
    def label(label, package):
        if label.startswith(":"):
            return package, label[1:]
        if not label.startswith("//"):
            return package, label
        path, _, name = label[2:].partition(":")
        return path, name or path.rsplit("/", 1)[-1]

    def sources(self, targets):
        """srcs and hdrs of the targets and of all that they depend on, dependencies first."""
        files, seen = [], set()

        def visit(label, package):
            where = self.label(label, package)
            if where in seen:
                return
            seen.add(where)
            rules = self.package(where[0])
            if where[1] not in rules:
                raise Mistake("%s/BUILD: no library '%s', which a dependency names" % where)
            rule = rules[where[1]]
            for dep in rule.get("deps", []) + rule.get("implementation_deps", []):
                visit(dep, where[0])
            for kind in ("hdrs", "textual_hdrs", "srcs"):
                files.extend(os.path.join(where[0], f) for f in rule.get(kind, []))

        for target in targets:
            visit(target, "")
        return files


# ---- one source ----


class Source:
    def __init__(self, root, path):
        self.path = path
        with open(os.path.join(root, path), encoding="utf-8") as f:
            self.text = f.read()
        self.code, self.directives = csource.split(self.text)
        self.declarations = csource.declarations(self.code)
        self.tags, self.constants = csource.tags_and_constants(self.code)
        self.macros = {}
        guard = self.guard()
        for d in self.directives:
            if d.name == "define" and d.macro() and d.macro() != guard:
                self.macros.setdefault(d.macro(), d.line)
        self.statics = {}
        for d in self.declarations:
            if d.static and d.kind != "typedef":
                self.statics.setdefault(d.name, d.line)
        self.typedefs = {d.name: d.line for d in self.declarations if d.kind == "typedef"}

    def is_header(self):
        return not self.path.endswith(".c")

    def guard(self):
        """The include guard's name, or None for a file that is meant to be included again and again."""
        ds = self.directives
        if len(ds) >= 2 and ds[0].name == "ifndef" and ds[1].name == "define" and ds[0].rest and ds[1].rest:
            if ds[0].rest[0].text == ds[1].rest[0].text and ds[-1].name == "endif" and ds[-1].depth == 0:
                return ds[0].rest[0].text
        if any(d.name == "pragma" and d.rest and d.rest[0].text == "once" for d in ds):
            return "#pragma once"
        return None

    def private(self):
        """{name: (kind, line)} of what this file defines at file scope and no linker sees."""
        names = {}
        for kind, table in (
            ("tag", self.tags),
            ("constant", self.constants),
            ("static", self.statics),
            ("typedef", self.typedefs),
            ("macro", self.macros),
        ):
            for name, line in table.items():
                names.setdefault((kind == "tag", name), (kind, line))
        return names


def suffix_of(path):
    return "__" + re.sub(r"[^A-Za-z0-9]", "_", os.path.splitext(path)[0])


def renamed(text, names, tags, suffix):
    """The source with its names and tags given a suffix; members and strings are let alone."""
    tokens = csource.tokens_of(text)
    real = [t for t in tokens if t.kind not in csource.BLANK]
    nothing = csource.Token("", "", 0)
    members = []  # for each brace that is open: is it a struct's or a union's?
    for n, token in enumerate(real):
        before = real[n - 1].text if n else ""
        before2 = real[n - 2].text if n > 1 else ""
        after = (real[n + 1] if n + 1 < len(real) else nothing).text
        if token.text == "{":
            members.append(before in ("struct", "union") or before2 in ("struct", "union"))
        elif token.text == "}" and members:
            members.pop()
        if token.kind != "name":
            continue
        if before in ("struct", "union", "enum"):
            if token.text in tags:
                token.text += suffix
        elif token.text in names and before not in (".", "->"):
            # In a struct's body a static's name is a member's, and a constant is an array's length.
            declares = members and members[-1] and after != "]" and token.text not in names.constants
            if not declares:
                token.text += suffix
    return "".join(t.text for t in tokens)


class Names(set):
    """Names to change, and which of them are constants (which may stand in a struct's body)."""

    constants = frozenset()


# ---- all together ----


class SingleFile:
    def __init__(self, root, files, lines):
        self.root = root
        self.lines = lines
        self.sources = {}
        self.order = []
        for path in files:
            if path.endswith((".S", ".s")):
                raise Mistake("%s: assembly must be inline in a .c file for the single-file form" % path)
            if path in self.sources:
                continue
            self.sources[path] = Source(root, path)
            if path.endswith(".c"):
                self.order.append(path)
        self.public = [p for p in PUBLIC_HEADERS if p in self.sources]
        self.inlined = set()

    def find(self, name, source):
        """The path in the tree of what source includes as "name"."""
        for path in (name, os.path.join(os.path.dirname(source.path), name)):
            path = os.path.normpath(path)
            if path in self.sources:
                return path
        for path in self.public:
            if os.path.basename(path) == name:
                return path
        raise Mistake('%s: includes "%s", which no library in deps lists' % (source.path, name))

    def conflicts(self):
        """{path: (names, tags, undefs)}: what to change in each .c file."""
        where = {}
        for path, source in self.sources.items():
            for key, (kind, _) in source.private().items():
                where.setdefault(key, []).append((path, kind))
        changes = {}
        for path in self.order:
            names, tags, undefs, constants = Names(), set(), [], set()
            for (is_tag, name), (kind, _) in self.sources[path].private().items():
                others = [p for p, _ in where[(is_tag, name)] if p != path]
                if kind == "macro":
                    # Undefined even where nobody else defines it: it may be somebody's local name.
                    self.refuse_macro(path, name, others)
                    undefs.append(name)
                elif not others:
                    continue
                elif is_tag:
                    tags.add(name)
                else:
                    names.add(name)
                    if kind == "constant":
                        constants.add(name)
            names.constants = frozenset(constants)
            changes[path] = (names, tags, undefs)
        self.refuse_header_conflicts(where)
        return changes

    def refuse_macro(self, path, name, others):
        if name in FEATURE_MACROS:
            return
        for other in others:
            if self.sources[other].is_header():
                line = self.sources[path].macros[name]
                raise Mistake("%s:%d: macro '%s' is defined in %s too" % (path, line, name, other))

    def refuse_header_conflicts(self, where):
        for (is_tag, name), places in where.items():
            headers = [(p, k) for p, k in places if self.sources[p].is_header()]
            kinds = {k for _, k in headers}
            if len(headers) > 1 and kinds != {"macro"} and not (is_tag is False and kinds == {"typedef"}):
                if len({p for p, _ in headers}) > 1:
                    raise Mistake(
                        "%s: '%s' is defined in %s too; two headers cannot both define it"
                        % (headers[0][0], name, headers[1][0])
                    )

    def marker(self, path, line):
        if self.lines:
            return '#line %d "%s"\n' % (line, path)
        return ""

    def body(self, source, text, in_public):
        """The text with project includes replaced by what they name."""
        at = {d.line: d for d in source.directives if d.name == "include"}
        guard_depth = 1 if source.is_header() and source.guard() not in (None, "#pragma once") else 0
        out = []
        for number, line in enumerate(text.split("\n"), 1):
            d = at.get(number)
            if d is None:
                if re.match(r"\s*#\s*(define|undef)\s+(%s)\b" % "|".join(FEATURE_MACROS), line):
                    line = ""
                elif re.match(r"\s*#\s*pragma\s+once\b", line):
                    line = ""
                out.append(line + "\n")
                continue
            if d.system():
                out.append(line + "\n")
                continue
            path = self.find(d.included(), source)
            header = self.sources[path]
            if path in self.public and not in_public:
                out.append('#include "%s"\n' % os.path.basename(path))
                continue
            if path in self.inlined:
                out.append("\n")
                continue
            # Within a conditional it may not count, and without a guard it is meant to come again.
            if header.guard() is not None and d.depth <= guard_depth:
                self.inlined.add(path)
            out.append("/* ---- %s ---- */\n" % path)
            out.append(self.marker(path, 1))
            out.append(self.body(header, header.text, in_public))
            out.append("/* ---- back in %s ---- */\n" % source.path)
            out.append(self.marker(source.path, number + 1))
        return "".join(out).rstrip("\n") + "\n"

    def implementation(self):
        changes = self.conflicts()
        out = [PREAMBLE, '#include "%s"\n' % os.path.basename(PUBLIC_HEADERS[0])]
        part, before = None, set()
        for path in self.order:
            source = self.sources[path]
            names, tags, undefs = changes[path]
            text = source.text
            if names or tags:
                text = renamed(text, names, tags, suffix_of(path))
            here = next((p for p in OPTIONAL if path.startswith(p)), None)
            if here != part:
                if part is not None:
                    out.append(OPTIONAL[part][1])
                    self.inlined = before  # a header put in there may be absent
                if here is not None:
                    out.append(OPTIONAL[here][0])
                    before = set(self.inlined)
                part = here
            out.append("\n/* ======== %s ======== */\n" % path)
            out.append(self.marker(path, 1))
            out.append(self.body(source, text, False))
            out.extend("#undef %s\n" % name for name in sorted(undefs) if name not in FEATURE_MACROS)
        if part is not None:
            out.append(OPTIONAL[part][1])
        return squeeze("".join(out), self.lines)

    def public_header(self, path):
        """A public header as it is, but for project headers that it includes, which are put in."""
        self.inlined = set()
        source = self.sources[path]
        others = [p for p in self.public if p != path]
        text = source.text
        for other in others:
            text = re.sub(
                r'(#\s*include\s+)"(?:%s|%s)"' % (re.escape(other), re.escape(os.path.basename(other))),
                r'\1"%s"' % os.path.basename(other),
                text,
            )
        at = {d.line: d for d in source.directives if d.name == "include" and not d.system()}
        out = []
        for number, line in enumerate(text.split("\n"), 1):
            d = at.get(number)
            if d is None or self.find(d.included(), source) in self.public:
                out.append(line)
                continue
            inner = self.sources[self.find(d.included(), source)]
            if inner.path not in self.inlined:
                self.inlined.add(inner.path)
                out.append(self.body(inner, inner.text, True).rstrip("\n"))
        return "\n".join(out).rstrip("\n") + "\n"


def squeeze(text, lines):
    """No more than one blank line at a time (not with #line, which counts)."""
    return text if lines else re.sub(r"\n{3,}", "\n\n", text)


PREAMBLE = """\
/* SPDX-License-Identifier: MIT */
/*
 * simsock, a simulated socket layer for testing: all of it in one file. Made from the sources of the project,
 * which are where to read and to change it.
 *
 *     cc client_test.c client.c simsock.c -lcmocka && ./a.out
 *
 * Without cmocka's headers, or with -DSIMSOCK_NO_CMOCKA, the part for cmocka is left out. -DSIMSOCK_NO_DROPIN leaves
 * out libc's names, for programs that call sim_send() and its kin (simsock_posix.h).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
/* The fortified headers define the very names that are defined here. */
#undef _FORTIFY_SOURCE
/* Here everything is linked in, also what elsewhere may be absent, is therefore weak and asked for its address. */
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wunused-function"
#pragma clang diagnostic ignored "-Wignored-attributes"
#pragma clang diagnostic ignored "-Wpointer-bool-conversion"
#pragma clang diagnostic ignored "-Wtautological-pointer-compare"
#elif defined(__GNUC__)
#pragma GCC diagnostic ignored "-Waddress"
#endif
"""

# Parts that can be left out: {prefix of the path: (what opens the part, what closes it)}.
OPTIONAL = {
    "api/cmocka/": (
        """
#if !defined(SIMSOCK_NO_CMOCKA) && defined(__has_include)
#if __has_include(<cmocka.h>)
#define SIMSOCK_HAS_CMOCKA 1
#endif
#endif
#ifdef SIMSOCK_HAS_CMOCKA
""",
        """
#endif /* SIMSOCK_HAS_CMOCKA */
""",
    ),
    "api/dropin/": (
        """
#ifndef SIMSOCK_NO_DROPIN
""",
        """
#endif /* SIMSOCK_NO_DROPIN */
""",
    ),
}


def write(directory, name, text):
    path = os.path.join(directory, name)
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(path + ".new", path)


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--root", default=".", help="the source tree")
    parser.add_argument("--out", required=True, help="the directory to write to")
    parser.add_argument("--lines", action="store_true", help="#line directives, to see the original files in messages")
    parser.add_argument("--list", action="store_true", help="only print the sources, in order")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args(argv)
    try:
        files = args.files or Build(args.root).sources(TARGETS)
        if args.list:
            print("\n".join(files))
            return 0
        single = SingleFile(args.root, files, args.lines)
        implementation = single.implementation()
        optional = [p for p in OPTIONAL_HEADERS if p in single.sources]
        headers = {os.path.basename(p): single.public_header(p) for p in single.public + optional}
    except (Mistake, OSError) as mistake:
        print("single_file: %s" % mistake, file=sys.stderr)
        return 1
    os.makedirs(args.out, exist_ok=True)
    write(args.out, "simsock.c", implementation)
    for name, text in headers.items():
        write(args.out, name, text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
