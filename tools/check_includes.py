#!/usr/bin/env python3
"""Checks that each folder includes only what it may see (docs/decisions/0001, CONTRIBUTING.md).

  check_includes.py [ROOT]      prints "file:line: folder X may not include Y"; fails when it printed something

A folder is named by its place below harness/, or as drivers/NAME or reports/NAME. Tests may include what they test,
so tests/ is not looked at."""

import re
import sys
from pathlib import Path

MAY_INCLUDE = {
    "core": set(),
    "event": {"core"},
    "io": {"core"},
    "file": {"core"},
    "device": {"core", "event"},
    "import": {"core", "event"},
    "firmware": {"core"},
    "media": {"core", "device", "io"},
    "console": {"core", "event", "device"},
    "measure": {"core", "event", "device", "console"},
    "bench": {"core", "event", "device", "io", "file", "console", "measure"},
    "doctor": {"core", "event", "device", "io", "file", "bench"},
    "flashing": {"core", "event", "device", "io", "firmware", "bench"},
    "scenario": {"core", "event", "file", "console", "measure", "bench"},
    "run": {"core", "event", "device", "io", "file", "console", "measure", "import", "scenario", "bench", "firmware", "flashing"},
}
DRIVER = {"core", "event", "device", "io", "file", "import", "firmware", "media"}
SHARED_BY_DRIVERS = {"drivers/web", "drivers/ftdi"}  # what devices behind a web server, or an FTDI chip, have in common
DRIVER_OPENS_THROUGH = "harness/bench/catalog.hpp"  # what a bench hands to a driver, and nothing else of bench
REPORT = {"core", "event", "measure", "reports/plain"}  # reports/plain: what all reports make of console text
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]((?:harness|drivers|reports|tests)/[^">]+)[">]')


def folder_of(path):
    """"harness/console/x.hpp" -> "console"; "drivers/replay/x.hpp" -> "drivers/replay"; "drivers/catalog.hpp" ->
    "drivers", which names all drivers."""
    parts = path.split("/")
    if parts[0] == "harness":
        return parts[1]
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def allowed(folder, name):
    """Whether a file of `folder` may include the file `name`."""
    included = folder_of(name)
    top = folder.split("/")[0]
    if included == folder or folder == "cli":
        return True
    if top in ("drivers", "reports") and folder == top and included.startswith(f"{top}/"):
        return True
    if top == "drivers":
        return included in DRIVER | SHARED_BY_DRIVERS or name == DRIVER_OPENS_THROUGH
    if top == "reports":
        return included in REPORT
    return included in MAY_INCLUDE.get(folder, set())


def violations(root):
    for top in ("harness", "drivers", "reports"):
        for path in sorted((root / top).rglob("*.[ch]pp")):
            name = path.relative_to(root).as_posix()
            folder = folder_of(name)
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                found = INCLUDE.match(line)
                if found and not allowed(folder, found.group(1)):
                    yield f"{name}:{number}: folder {folder} may not include {found.group(1)}"


def main():
    found = list(violations(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
