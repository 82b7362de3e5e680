#!/usr/bin/env python3
"""Counts tests in JUnit files and ends with one line: "N passed, N failed[, N skipped]".

  count_tests.py FILE...                          fails when a test failed, or a file is missing or empty
  count_tests.py --write FILE [NAME passed|failed]...   writes results of something that is no ctest test
"""

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def outcome_of(case):
    """ctest writes run, fail, notrun or disabled; a skipped test is notrun with a <skipped> element."""
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        reason = case.find("skipped")
        # A program that could not be started is no test that chose to skip.
        if reason is not None and "Unable to find" in (reason.get("message") or ""):
            return "failed"
        return "skipped"
    return "passed"


def skip_reason(case):
    """What the test gave to GTEST_SKIP: the line below "file:line: Skipped"."""
    output = case.findtext("system-out") or ""
    found = re.search(r": Skipped\n(.+)", output)
    return found.group(1).strip() if found else "no reason given"


def words_of(case):
    """The end of what a failed test wrote, without GoogleTest's frame around it."""
    lines = [line for line in (case.findtext("system-out") or "").splitlines()
             if line.strip() and not re.match(r"Running main|Note: Google|\[[ =-]|[ \d]+ FAILED TEST", line)]
    return "".join(f"    {line}\n" for line in lines[-40:])


def read(path):
    """(passed, [(failed name, its words)], {skip reason: names}) of one JUnit file."""
    passed, failed, skipped = 0, [], {}
    for case in ET.parse(path).getroot().iter("testcase"):
        outcome = outcome_of(case)
        if outcome == "passed":
            passed += 1
        elif outcome == "failed":
            failed.append((case.get("name"), words_of(case)))
        else:
            skipped.setdefault(skip_reason(case), []).append(case.get("name"))
    return passed, failed, skipped


def write(path, words):
    suite = ET.Element("testsuite")
    for name, outcome in zip(words[::2], words[1::2]):
        case = ET.SubElement(suite, "testcase", name=name, status="run")
        if outcome != "passed":
            ET.SubElement(case, "failure", message=outcome)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def count(paths):
    passed, failed, skipped = 0, 0, 0
    for path in paths:
        folder = Path(path).parent.name
        try:
            ran, failures, skips = read(path)
        except (OSError, ET.ParseError) as problem:
            print(f"  no results in {path}: {problem}")
            failed += 1
            continue
        if ran + len(failures) + sum(map(len, skips.values())) == 0:
            print(f"  no test ran in {folder}")
            failed += 1
        for name, words in failures:
            print(f"  failed in {folder}: {name}\n{words}", end="")
        for reason, names in skips.items():
            shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            print(f"  skipped in {folder}: {shown}: {reason}")
        passed, failed, skipped = passed + ran, failed + len(failures), skipped + sum(map(len, skips.values()))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if passed > 0 and failed == 0 else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(count(sys.argv[1:]))
