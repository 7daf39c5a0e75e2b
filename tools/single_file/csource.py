# SPDX-License-Identifier: MIT
"""C source as tokens, and the declarations at file scope: enough C for the single-file tool and the style test.

Knows the lexical grammar and the shape of an external declaration. Must not know simsock's directories.
"""

import re

TOKEN = re.compile(
    r"""
    (?P<comment>/\*.*?\*/|//(?:[^\n\\]|\\.)*)
  | (?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*")
  | (?P<char>[uUL]?'(?:[^'\\\n]|\\.)*')
  | (?P<number>\.?[0-9](?:[eEpP][+-]|[0-9a-zA-Z_.])*)
  | (?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
  | (?P<splice>\\\r?\n)
  | (?P<newline>\n)
  | (?P<space>[ \t\f\v\r]+)
  | (?P<punct>->|\.\.\.|\#\#|<<=|>>=|[-+*/%&|^=!<>]=|&&|\|\||<<|>>|\+\+|--|.)
    """,
    re.X | re.S,
)
BLANK = ("comment", "splice", "newline", "space")


class Token:
    __slots__ = ("kind", "text", "line")

    def __init__(self, kind, text, line):
        self.kind = kind
        self.text = text
        self.line = line

    def __repr__(self):
        return "%d:%s" % (self.line, self.text)


def tokens_of(text):
    """Every token, blanks and comments too, so that joining their texts gives the source back."""
    line = 1
    found = []
    for match in TOKEN.finditer(text):
        found.append(Token(match.lastgroup, match.group(), line))
        line += match.group().count("\n")
    return found


class Directive:
    """One preprocessor line: its name and the tokens after it, blanks left out."""

    def __init__(self, name, rest, line, depth):
        self.name = name
        self.rest = rest
        self.line = line
        self.depth = depth  # of the conditionals round it

    def included(self):
        """The name that an #include names, or None; system() says which kind."""
        if self.name != "include" or not self.rest:
            return None
        if self.rest[0].kind == "string":
            return self.rest[0].text[1:-1]
        return "".join(t.text for t in self.rest).strip("<>")

    def system(self):
        return self.name == "include" and self.rest and self.rest[0].text == "<"

    def macro(self):
        if self.name in ("define", "undef") and self.rest and self.rest[0].kind == "name":
            return self.rest[0].text
        return None


def split(text):
    """(code tokens without blanks, directives) of a source."""
    code, directives = [], []
    tokens = tokens_of(text)
    i, depth, start_of_line = 0, 0, True
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "newline":
            start_of_line = True
        elif token.kind in BLANK:
            pass
        elif token.text == "#" and start_of_line:
            line = []
            i += 1
            while i < len(tokens) and tokens[i].kind != "newline":
                if tokens[i].kind not in BLANK:
                    line.append(tokens[i])
                i += 1
            name = line[0].text if line else ""
            if name in ("endif", "else", "elif"):
                depth -= 1
            directives.append(Directive(name, line[1:], token.line, depth))
            if name in ("if", "ifdef", "ifndef", "else", "elif"):
                depth += 1
            continue
        else:
            start_of_line = False
            code.append(token)
        i += 1
    return code, directives


OPEN = {"(": ")", "[": "]", "{": "}"}


def closing(code, i):
    """The index of the bracket that closes the one at i."""
    depth = 0
    for j in range(i, len(code)):
        if code[j].text in OPEN:
            depth += 1
        elif code[j].text in OPEN.values():
            depth -= 1
            if depth == 0:
                return j
    return len(code) - 1


class Declaration:
    """An external declaration: kind is "function", "prototype", "variable", "typedef" or "type"."""

    def __init__(self, kind, name, line, words, static):
        self.kind = kind
        self.name = name
        self.line = line
        self.words = words  # specifiers and the declarator's tokens before the name, as text
        self.static = static

    def mutable(self):
        """Is it a variable that something could change? A pointer must itself be const."""
        if self.kind != "variable" or "extern" in self.words:
            return False
        if "*" in self.words:
            return "const" not in self.words[len(self.words) - self.words[::-1].index("*") :]
        return "const" not in self.words


SKIPPED_CALLS = (
    "__attribute__",
    "__attribute",
    "__asm__",
    "asm",
    "__asm",
    "_Alignas",
    "alignas",
    "__typeof__",
    "typeof",
    "_Atomic",
    "_Static_assert",
    "static_assert",
    "__declspec",
)
QUALIFIERS = (
    "static",
    "extern",
    "inline",
    "const",
    "volatile",
    "restrict",
    "_Noreturn",
    "noreturn",
    "_Thread_local",
    "__thread",
    "__extension__",
    "register",
    "__inline__",
    "__inline",
)


def _strip_calls(statement):
    """A declaration without its attributes."""
    kept, i = [], 0
    while i < len(statement):
        if statement[i].text in SKIPPED_CALLS:
            if i + 1 < len(statement) and statement[i + 1].text == "(":
                i = closing(statement, i + 1)
            elif statement[i].text in ("__asm__", "asm", "__asm"):
                pass
        else:
            kept.append(statement[i])
        i += 1
    return kept


def _declarators(statement):
    """Yields (name token, following token or None, tokens before the name) of a declaration without a body."""
    i, words, first = 0, [], True
    while i < len(statement):
        token = statement[i]
        following = statement[i + 1] if i + 1 < len(statement) else None
        text = token.text
        if text in ("struct", "union", "enum"):
            words.append(text)
            i += 1
            if i < len(statement) and statement[i].kind == "name":
                words.append(statement[i].text)
                i += 1
            if i < len(statement) and statement[i].text == "{":
                i = closing(statement, i) + 1
            continue
        if text == "(" and [t.text for t in statement[i + 2 : i + 4]] == [")", "("]:
            # void (name)(int): parentheses that keep a macro of that name away.
            yield following, statement[i + 3], list(words)
            return
        if text == "(" and following is not None and following.text == "*":
            end = closing(statement, i)
            names = [t for t in statement[i:end] if t.kind == "name" and t.text not in QUALIFIERS]
            if names:
                inner = [t.text for t in statement[i:end] if t is not names[0]]
                yield names[0], statement[end], words + inner
            while i < len(statement) and statement[i].text != ",":
                i = closing(statement, i) + 1 if statement[i].text in OPEN else i + 1
            i += 1
            continue
        if (
            token.kind == "name"
            and text not in QUALIFIERS
            and (following is None or following.text in ("(", "=", ",", "[", ":"))
            and [t.text for t in statement[i + 3 : i + 5]] != [")", "("]
        ):
            yield token, following, list(words)
            first = False
            while i < len(statement) and statement[i].text != ",":
                i = closing(statement, i) + 1 if statement[i].text in OPEN else i + 1
            if not first:
                while words and words[-1] == "*":
                    words.pop()
            i += 1
            continue
        words.append(text)
        i += 1


def declarations(code):
    """The external declarations among code tokens."""
    found, statement, i = [], [], 0
    while i < len(code):
        text = code[i].text
        if text == "{":
            end = closing(code, i)
            plain = _strip_calls(statement)
            words = [t.text for t in plain]
            is_type = any(w in ("struct", "union", "enum") for w in words[-2:]) and "(" not in words
            if words == ["extern"] or (len(words) == 2 and words[0] == "extern" and words[1].startswith('"')):
                statement = []
                i += 1  # extern "C" {: what is inside is file scope
                continue
            if "=" in words or is_type:
                statement.extend(code[i : end + 1])
                i = end + 1
                continue
            for name, following, before in _declarators(plain):
                if following is not None and following.text == "(":
                    found.append(Declaration("function", name.text, name.line, before, "static" in words))
                break
            statement = []
            i = end + 1
            continue
        if text in ("(", "["):
            end = closing(code, i)
            statement.extend(code[i : end + 1])
            i = end + 1
            continue
        if text == "}":
            statement = []  # the end of extern "C"
        elif text == ";":
            found.extend(_finish(statement))
            statement = []
        else:
            statement.append(code[i])
        i += 1
    return found


def _finish(statement):
    plain = _strip_calls(statement)
    # A macro's call that stands for a declaration: NAME(...) alone declares what we cannot see.
    if not plain or (len(plain) > 1 and plain[0].kind == "name" and plain[1].text == "("):
        return []
    top = [t.text for t in plain]
    static = "static" in top
    if top[0] == "typedef":
        return [Declaration("typedef", n.text, n.line, b, static) for n, _, b in _declarators(plain[1:])]
    found = []
    for name, following, before in _declarators(plain):
        kind = "prototype" if following is not None and following.text == "(" else "variable"
        found.append(Declaration(kind, name.text, name.line, before, static))
    return found


def tags_and_constants(code):
    """({tag: line} of the struct, union and enum types defined, {constant: line} of the enums), at any depth."""
    tags, constants = {}, {}
    for i, token in enumerate(code):
        if token.text not in ("struct", "union", "enum"):
            continue
        j = i + 1
        while j < len(code) and code[j].text in ("__attribute__", "__attribute"):
            j = closing(code, j + 1) + 1
        if j < len(code) and code[j].kind == "name":
            if j + 1 < len(code) and code[j + 1].text == "{":
                tags[code[j].text] = code[j].line
            j += 1
        if token.text == "enum" and j < len(code) and code[j].text == "{":
            end, expect = closing(code, j), True
            k = j + 1
            while k < end:
                if code[k].text in OPEN:
                    k = closing(code, k)
                elif code[k].text == ",":
                    expect = True
                elif expect and code[k].kind == "name" and code[k + 1].text in (",", "=", "}"):
                    constants[code[k].text] = code[k].line
                    expect = False
                k += 1
    return tags, constants
