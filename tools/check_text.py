#!/usr/bin/env python3
"""Reads file names from standard input and reports what no text of ours may hold: tabs, trailing blanks, a missing
last line feed, home folders, files over 1 MiB. Recordings, seeds and golden files keep their bytes as they came."""

import re
import sys
from pathlib import Path

OURS = {".cpp", ".hpp", ".py", ".sh", ".md", ".yaml", ".yml", ".json", ".txt", ".cmake", ""}
AS_THEY_CAME = ("fixtures/recordings/", "tests/fuzz/seeds/", "LICENSE", "golden/")
HOME = re.compile(rb"/(?:home|Users)/[a-z][a-z0-9_-]*/|(?<![\w.])[/]root/")
LARGEST = 1 << 20


def complaints(name, data):
    if len(data) > LARGEST:
        yield f"{name}: {len(data) >> 10} KiB, at most {LARGEST >> 10}"
        return
    if Path(name).suffix not in OURS or any(part in name for part in AS_THEY_CAME):
        return
    for number, line in enumerate(data.split(b"\n"), 1):
        if b"\t" in line:
            yield f"{name}:{number}: a tab"
        if line != line.rstrip():
            yield f"{name}:{number}: blanks at the end of the line"
        if HOME.search(line):
            yield f"{name}:{number}: somebody's home folder"
    if data and not data.endswith(b"\n"):
        yield f"{name}: no line feed at the end"


def main():
    found = [text for name in sys.stdin.read().split("\n") if name for text in complaints(name, Path(name).read_bytes())]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
