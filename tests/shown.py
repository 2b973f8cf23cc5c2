# SPDX-License-Identifier: GPL-2.0-or-later
"""What pages in Markdown show: commands, what these print, and links.

usage: shown commands PAGE...           lines PAGE:LINE, KIND, COMMAND, separated by tabs
       shown shape PAGE COMMAND         whether standard input looks as PAGE says COMMAND prints
       shown file PAGE NAME             the indented INI block before the first mention of NAME in PAGE
       shown links PAGE...              links that lead nowhere

KIND is "shown" (an indented line), "output" (the same, with what it printed below it, after "$ ") or "said" (in
`...` within a line). A "#" after two blanks or more begins a comment.

A shape is what the same command prints on any host. A line without figures, which is the head of a table, has to be
there in the same words, except for columns that a host may lack. A line with figures has to have one like it: the
same first word, and at least half of its other words (figures count as one word); or nearly all of its words, where
text is wrapped in another place. Of a verdict only the first word has to be there. Lines of "..." and numbered notes
differ from host to host and are not looked for. Status 1 and the lines that are missing, if any are.
"""
import os
import re
import sys

# Columns that a table may have or not: references, notes; cells of one configuration, of one backend.
OPTIONAL = {"x", "ref", "notes", "config", "backend"}
VERDICT = re.compile(r"\b(same|slower|faster|inconclusive|moved|decided|undecided|worth)\b|^ *=>")
# Figures in the heads of tables.
HEAD = re.compile(r"95 % (?=interval)|\(1 op\)|(?<=\bp)[0-9.]+\b")
FIGURE = re.compile(r"[-+±]?[0-9][0-9.,:/TZe-]*")
# A line of so many columns may go on in the next.
WIDE = 100
UNITS = {"ns", "us", "µs", "ms", "s", "%"}


def blocks(page):
    """Yields (line number, [lines]) of the indented blocks of a page; a blank line does not end one."""
    block, begin = [], 0
    with open(page, encoding="utf-8") as f:
        lines = f.read().split("\n")
    fenced = False
    for number, line in enumerate(lines + ["end"], 1):
        fenced ^= line.startswith("```")
        if line.startswith("    ") and not fenced:
            begin = begin if block else number
            block.append(line[4:])
        elif line == "" and block:
            block.append(line)
        elif block:
            yield begin, block
            block = []


def transcripts(page):
    """Yields (line number, command, [what it printed])."""
    for begin, block in blocks(page):
        command, printed, where = None, [], 0
        for number, line in enumerate(block + ["$ end"], begin):
            if line.startswith("$ "):
                if command and any(printed):
                    yield where, command, printed
                command, printed, where = line[2:], [], number
            elif command:
                printed.append(line)


def commands(page):
    told = {where: command for where, command, _ in transcripts(page)}
    for begin, block in blocks(page):
        is_output = False
        for number, line in enumerate(block, begin):
            is_output = is_output or line.startswith("$ ")
            command = line[2:] if line.startswith("$ ") else line
            if not re.match(r"(sudo )?(hvbench|make|apt|git|tests/\S+|scripts/\S+) ", command + " "):
                continue
            if line.startswith("$ ") or not is_output and not re.match(r"hvbench( [0-9.]+[,:]| \S+:)", command):
                kind = "output" if number in told else "shown"
                yield number, kind, re.sub(r"\s{2,}#.*|\s+# .*", "", command).strip()
    with open(page, encoding="utf-8") as f:
        text = f.read()
    text = re.sub(r"^```.*?^```|^    .*?$", lambda m: "\n" * m[0].count("\n"), text, flags=re.S | re.M)
    for m in re.finditer(r"`((?:sudo )?(?:hvbench|make) [^`]*)`", text):
        yield text.count("\n", 0, m.start()) + 1, "said", re.sub(r"\s+", " ", m[1]).replace("\\|", "|")


def words(line):
    line = FIGURE.sub(" # ", HEAD.sub("", line))
    found = [w for w in re.findall(r"#|[^\W\d_][\w:=+-]*|=>", line) if w not in UNITS]
    return [w for i, w in enumerate(found) if w != "#" or i == 0 or found[i - 1] != "#"]


def is_note(line):
    return re.match(r"\s*\d+ \S", line) is not None


def lines_of(text):
    """The lines, messages also without the command they are of, and items of a list ("* ...") as one line each."""
    lines = text.split("\n")
    return lines + re.findall(r"^hvbench \w+: (.*)", text, flags=re.M) + re.findall(r"^\* .*(?:\n  .*)*", text, flags=re.M)


def unwrapped(shown, real):
    """The lines, a wide one with what it goes on with: words that no printed line begins with."""
    firsts = {have[0] for have in real if have}
    last = 0
    for line in shown:
        if last >= WIDE and words(line)[:1] and words(line)[0] not in firsts:
            whole += " " + line.strip()
        else:
            if last:
                yield whole
            whole = line
        last = len(line) or 1
    if last:
        yield whole


def missing(shown, real):
    real = [words(line) for line in lines_of(real)]
    for line in unwrapped(shown, real):
        want = words(line)
        if not want or "…" in line or is_note(line):
            continue
        if VERDICT.search(line):
            found = any(have[:1] == want[:1] for have in real)
        elif "#" not in want:
            found = any(not set(want) - set(have) - OPTIONAL for have in real)
        else:
            found = any(have[:1] == want[:1] and 2 * len(set(want) & set(have)) >= len(set(want)) or
                        5 * len(set(want) & set(have)) >= 4 * len(set(want)) for have in real)
        if not found:
            yield line


def slug(heading):
    heading = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def links(page):
    with open(page, encoding="utf-8") as f:
        text = re.sub(r"^```.*?^```|^    .*?$", "", f.read(), flags=re.S | re.M)
    for m in re.finditer(r"\]\(([^)\s]+)\)", text):
        target, _, anchor = m[1].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = os.path.normpath(os.path.join(os.path.dirname(page), target)) if target else page
        if not os.path.exists(path):
            yield m[1]
        elif anchor:
            with open(path, encoding="utf-8") as f:
                if anchor not in {slug(h) for h in re.findall(r"^#+ +(.*)$", f.read(), flags=re.M)}:
                    yield m[1]


def main():
    what, *args = sys.argv[1:] or [""]
    wrong = False
    if what == "commands":
        for page in args:
            for number, kind, command in commands(page):
                print(f"{page}:{number}\t{kind}\t{command}")
    elif what == "links":
        for page in args:
            for link in links(page):
                wrong = True
                print(f"{page}: {link}")
    elif what == "shape":
        page, command = args
        real = sys.stdin.read()
        told = [printed for _, shown, printed in transcripts(page) if shown.split("  #")[0].strip() == command]
        if not told:
            print(f"{page} does not show what '{command}' prints")
            wrong = True
        for printed in told:
            for line in missing(printed, real):
                wrong = True
                print(f"shown, not printed: {line}")
    elif what == "file":
        page, name = args
        with open(page, encoding="utf-8") as f:
            mention = f.read().split(name)[0].count("\n") + 1
        ini = [b for begin, b in blocks(page) if begin < mention and re.match(r"\[", b[0])]
        print("\n".join(ini[-1]))
    else:
        sys.exit(__doc__)
    sys.exit(wrong)


main()
