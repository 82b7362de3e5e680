#!/usr/bin/env python3
"""The outlets of a PDU, as snmpd's pass_persist asks for them: the device's side of the objects below one base.

  outlets.py FOLDER

FOLDER holds a file for each object that has a value, named after the object; `link-OBJECT` names another object that
shows what was written (with "VALUE=SHOWN" pairs), `late-OBJECT` for how many reads it still shows the old one, and
`deaf` is there when writes are taken and nothing happens."""

import sys
from pathlib import Path

folder = Path(sys.argv[1])


def say(*lines):
    print("\n".join(lines), flush=True)


def get(name):
    late = folder / f"late-{name}"
    shown = folder / name
    if late.exists():
        left = int(late.read_text())
        if left > 0:
            late.write_text(str(left - 1))
            return (folder / f"before-{name}").read_text()
        shown.write_text((folder / f"next-{name}").read_text())
        late.unlink()
    return shown.read_text() if shown.exists() else None


def put(name, value):
    link = folder / f"link-{name}"
    target, pairs = link.read_text().split(" ", 1) if link.exists() else (name, "")
    shown = dict(pair.split("=") for pair in pairs.split()).get(value, value)
    lateness = folder / f"lateness-{target}"
    if lateness.exists():
        (folder / f"before-{target}").write_text((folder / target).read_text())
        (folder / f"next-{target}").write_text(shown)
        (folder / f"late-{target}").write_text(lateness.read_text())
    else:
        (folder / target).write_text(shown)


for line in sys.stdin:
    command = line.strip()
    if command == "":  # snmpd ends a change with one
        continue
    if command == "PING":
        say("PONG")
        continue
    name = sys.stdin.readline().strip()
    if command == "get":
        found = get(name)
        if found is None:
            say("NONE")
        elif found.lstrip("-").isdigit():
            say(name, "integer", found)
        else:
            say(name, "string", found)
    elif command == "set":
        value = sys.stdin.readline().strip().split()[1]
        if not (folder / name).exists():
            say("not-writable")
            continue
        if not (folder / "deaf").exists():
            put(name, value)
        say("DONE")
    else:
        say("NONE")
