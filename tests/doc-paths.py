# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks the sources' paths into documents against the schemas: a misspelt one would read as "not known".

usage: doc-paths [--list] [SOURCE.c...]		without any, all of bench/ and reports/

Every literal path of doc__at(), doc__text(), doc__number(), doc__bool() and doc__element() has to lead to a field
that some schema of bench/result/ describes, from any object there, or from a document or a cell where the first
argument is called so; and the field may be of the type asked for. Other strings that look like a path ("a.b" in a
table of columns) have to lead to a field as well. Status 1: one does not, with place and path.
"""
import glob
import json
import os
import re
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
CALL = re.compile(r"\bdoc__(at|text|number|bool|element)\(")
# Objects passed between parts of the program that are not documents.
INTERNAL = re.compile(r".*: chart|chart_sweep\.c: one|junit\.c: one")
WANTED = {"text": {"string"}, "number": {"number", "integer"}, "bool": {"boolean"}, "element": {"array"}, "at": None}
# Strings with a dot that are neither file names nor counters of KVM's.
DOTTED = re.compile(r'"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)"')
NO_PATH = re.compile(r"(vars|kvm|user)\..*|.*\.(h|dat|html|json|ini|img|elf|cfg|md|csv|xml|svg|png|txt|so)")
ROOMS = ("bench/commands", "bench/history", "bench/measure", "bench/profile", "bench/result", "reports")
COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|/\*.*?\*/|//[^\n]*', re.S)


class Schema:
    """Objects that a schema describes, with what lies below them."""

    def __init__(self, name):
        with open(name, encoding="utf-8") as file:
            self.top = json.load(file)
        self.objects = []       # all objects described
        self.cells = []         # those in an array of cells
        self.collect(self.top, set())

    def variants(self, node):
        """The node, or what it refers to and what it may be."""
        if not isinstance(node, dict):
            return []
        found = [node]
        if "$ref" in node:
            found += self.variants(self.top["$defs"][node["$ref"].rsplit("/", 1)[1]])
        for word in ("oneOf", "anyOf"):
            for variant in node.get(word, []):
                found += self.variants(variant)
        return found

    def collect(self, node, seen):
        for variant in self.variants(node):
            if id(variant) in seen:
                continue
            seen.add(id(variant))
            if "properties" in variant or isinstance(variant.get("additionalProperties"), dict):
                self.objects.append(variant)
            for name, below in variant.get("properties", {}).items():
                if name in ("cells", "base", "new"):
                    for cells in self.variants(below):
                        self.cells += self.variants(cells.get("items"))
                self.collect(below, seen)
            self.collect(variant.get("items"), seen)
            self.collect(variant.get("additionalProperties"), seen)

    def step(self, node, key, named):
        """What lies under the key; `named`: only if the schema knows it by name, not as one of a map."""
        found = []
        for variant in self.variants(node):
            more = variant.get("additionalProperties")
            if key in variant.get("properties", {}):
                found.append(variant["properties"][key])
            elif key.isdigit() and "items" in variant:
                found.append(variant["items"])
            # Where it may be anything else, no name is wrong, so none is right.
            elif isinstance(more, dict) and not named and True not in more.get("anyOf", []):
                found.append(more)
        return found

    def types(self, node):
        """Types it may be; None: any."""
        known = set()
        for variant in self.variants(node):
            kinds = variant.get("type", [])
            known.update([kinds] if isinstance(kinds, str) else kinds)
            for value in variant.get("enum", []) + ([variant["const"]] if "const" in variant else []):
                known.add("string" if isinstance(value, str) else "null")
        return known or None

    def leads(self, node, path, wanted):
        nodes = [node]
        for i, key in enumerate(path.split(".")):
            # In a map any name would be right.
            nodes = [below for at in nodes for below in self.step(at, key, not i)]
        return any(not wanted or self.types(at) is None or self.types(at) & wanted for at in nodes)


def arguments(text, start):
    """The arguments of the call whose parenthesis opens before `start`."""
    found, depth, begin, i = [], 0, start, start
    while i < len(text):
        c = text[i]
        if c == '"':
            i += 1
            while text[i] != '"':
                i += 2 if text[i] == "\\" else 1
        elif c in "([{":
            depth += 1
        elif c in ")]}" and depth:
            depth -= 1
        elif c == ")":
            return found + [text[begin:i].strip()]
        elif c == "," and not depth:
            found.append(text[begin:i].strip())
            begin = i + 1
        i += 1
    return found


def text_of(name):
    """The source with its comments emptied."""
    with open(name, encoding="utf-8") as file:
        return COMMENT.sub(lambda m: m.group(1) or "\n" * m.group(0).count("\n"), file.read())


def dotted(name, text):
    """(line, path) of each string that looks like one, where documents are read."""
    path = os.path.relpath(name, TOP)
    if path.startswith(("bench/", "probes/")) and not path.startswith(ROOMS):
        return
    for match in DOTTED.finditer(text):
        if not NO_PATH.fullmatch(match.group(1)):
            yield text.count("\n", 0, match.start()) + 1, match.group(1)


def calls(name, text):
    """(line, function, first argument, path) of each call with a literal path."""
    for match in CALL.finditer(text):
        args = arguments(text, match.end())
        if len(args) < 2 or INTERNAL.fullmatch(f"{os.path.basename(name)}: {args[0]}"):
            continue
        if re.fullmatch(r'"[^"\\]*"', args[1]):
            yield text.count("\n", 0, match.start()) + 1, match.group(1), args[0], args[1][1:-1]


def candidates(schema, argument):
    name = re.split(r"->|\.", argument)[-1]
    if name == "doc":
        return [schema.top]
    return schema.cells if name == "cell" else schema.objects


def main(args):
    show = "--list" in args
    schemas = [Schema(name) for name in sorted(glob.glob(os.path.join(TOP, "bench/result/*.schema.json")))]
    sources = [a for a in args if a != "--list"] or sorted(
        name for room in ("bench", "reports") for name in glob.glob(os.path.join(TOP, room, "**/*.c"), recursive=True))
    status, paths = 0, set()
    for source in sources:
        text = text_of(source)
        read = list(calls(source, text))
        taken = {(line, path) for line, _, _, path in read}
        others = set(dotted(source, text)) - taken
        wrong = [(line, f'doc__{function}({argument}, "{path}")') for line, function, argument, path in read
                 if not any(schema.leads(node, path, WANTED[function]) for schema in schemas
                            for node in candidates(schema, argument))]
        wrong += [(line, f'"{path}"') for line, path in sorted(others)
                  if not any(schema.leads(node, path, None) for schema in schemas for node in schema.objects)]
        for line, what in wrong:
            print(f"{os.path.relpath(source, TOP)}:{line}: {what}: no schema has it", file=sys.stderr)
            status = 1
        paths.update(path for _, path in taken | others)
    if show:
        print("\n".join(sorted(paths)))
    if not paths:
        print("doc-paths: no path found: the sources are elsewhere", file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
