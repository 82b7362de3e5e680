"""Reads JUnit files with expat and prints what a reader sees: one JSON list, an object per file."""
import json
import sys
import xml.etree.ElementTree as tree


def read_case(case):
    outcome = next((child for child in case if child.tag in ("failure", "error", "skipped")), None)
    found = {"classname": case.get("classname"), "name": case.get("name"), "time": case.get("time"),
             "outcome": "passed", "message": "", "text": "", "output": case.findtext("system-out", "")}
    if outcome is not None:
        found.update(outcome=outcome.tag, message=outcome.get("message", ""), text=outcome.text or "")
    return found


def read(path):
    return {"cases": [read_case(case) for case in tree.parse(path).getroot().iterfind("testsuite/testcase")]}


json.dump([read(path) for path in sys.argv[1:]], sys.stdout)
