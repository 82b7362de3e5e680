"""The last line of ./dev test says what ctest wrote. Run by ctest."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

COUNTER = Path(__file__).resolve().parents[2] / "tools/count_tests.py"
PASSED = '<testcase name="a" status="run"/>'
FAILED = '<testcase name="b" status="fail"><failure message="x"/><system-out>[ RUN ]\nwanted 1\n</system-out></testcase>'
SKIPPED = ('<testcase name="c" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>'
           "<system-out>[ RUN ]\nx_test.cpp:7: Skipped\nno such folder\n</system-out></testcase>")


def count(*suites):
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, cases in enumerate(suites):
            paths.append(Path(folder, f"{number}.xml"))
            if cases is not None:
                paths[-1].write_text(f"<testsuite>{cases}</testsuite>")
        run = subprocess.run([sys.executable, COUNTER, *paths], capture_output=True, text=True, check=False)
        return run.returncode, run.stdout.splitlines()


class CountTests(unittest.TestCase):
    def test_sums_files(self):
        self.assertEqual(count(PASSED * 2, PASSED), (0, ["3 passed, 0 failed"]))

    def test_fails_and_names_what_failed(self):
        status, lines = count(PASSED + FAILED)
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertTrue(lines[0].endswith(": b"))
        self.assertEqual(lines[1], "    wanted 1")

    def test_says_why_tests_were_skipped(self):
        status, lines = count(PASSED + SKIPPED)
        self.assertEqual((status, lines[-1]), (0, "1 passed, 0 failed, 1 skipped"))
        self.assertTrue(lines[0].endswith(": c: no such folder"))

    def test_nothing_ran_is_a_failure(self):
        self.assertEqual(count("")[0], 1)
        self.assertEqual(count(SKIPPED)[0], 1)

    def test_a_missing_file_is_a_failure(self):
        self.assertEqual(count(PASSED, None)[1][-1], "1 passed, 1 failed")


if __name__ == "__main__":
    unittest.main()
