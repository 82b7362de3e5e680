#!/usr/bin/env python3
"""clang-tidy over the product, in the pieces that a build compiles as one, several at a time; what was clean is
remembered. Tests are left to two compilers and three sanitizers: they are as many files again.

  tidy.py BUILD_FOLDER CACHE_FOLDER

A piece counts as unchanged while its text, the text of every header of ours that it includes, its compile command,
.clang-tidy and clang-tidy itself are."""

import hashlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TIDY = "clang-tidy-19"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
ROOT = Path.cwd()


def ours_included_by(path, seen):
    """`path` and every file of ours it includes, however far down."""
    if path in seen or not path.is_file():
        return seen
    seen.add(path)
    for name in INCLUDE.findall(path.read_text(errors="replace")):
        for candidate in (ROOT / name, path.parent / name):
            ours_included_by(candidate, seen)
    return seen


def key_of(entry, common):
    digest = hashlib.sha256(common)
    digest.update(entry["command"].encode())
    for path in sorted(ours_included_by(Path(entry["file"]), set())):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def check(entry, build, stamp):
    """Runs clang-tidy on one file; leaves `stamp` when it had nothing to say. Returns what it said."""
    run = subprocess.run([TIDY, "--quiet", "-p", build, entry["file"]], capture_output=True, text=True, check=False)
    if run.returncode == 0 and not run.stdout.strip():
        stamp.touch()
        return ""
    return run.stdout.strip() or run.stderr.strip() or f"{entry['file']}: {TIDY} ended with {run.returncode}"


def main(build, cache):
    Path(cache).mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    entries = [e for e in json.loads((Path(build) / "compile_commands.json").read_text())
               if Path(e["file"]).resolve().relative_to(Path(build).resolve()).parts[0] != "tests"]
    stamps = [(entry, Path(cache) / key_of(entry, common)) for entry in entries]
    changed = [(entry, stamp) for entry, stamp in stamps if not stamp.exists()]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = [text for text in pool.map(lambda item: check(item[0], build, item[1]), changed) if text]
    for text in said:
        print(text.replace(f"{ROOT}/", ""))
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
