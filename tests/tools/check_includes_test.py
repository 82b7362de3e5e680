"""The include checker finds what it must, in a tree made for it. Run by ctest."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def check(files):
    """Writes `files` (name -> text) into a new tree; returns (exit status, output) of the checker there."""
    with tempfile.TemporaryDirectory() as tree:
        for name, text in files.items():
            path = Path(tree, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        run = subprocess.run([sys.executable, ROOT / "tools/check_includes.py", tree], capture_output=True, text=True, check=False)
        return run.returncode, run.stdout


class CheckIncludes(unittest.TestCase):
    def test_names_file_line_and_folders(self):
        status, output = check({"harness/core/text.hpp": '#pragma once\n\n#include "harness/event/event.hpp"\n'})
        self.assertEqual(status, 1)
        self.assertEqual(output, "harness/core/text.hpp:3: folder core may not include harness/event/event.hpp\n")

    def test_forbids(self):
        for name, included in [
            ("harness/console/a.cpp", "harness/file/place.hpp"),
            ("harness/run/a.cpp", "drivers/replay/replay.hpp"),
            ("harness/run/a.cpp", "harness/cli/a.hpp"),
            ("harness/bench/a.cpp", "reports/junit/junit.hpp"),
            ("harness/scenario/a.cpp", "harness/device/power_switch.hpp"),
            ("drivers/relay/a.cpp", "drivers/replay/replay.hpp"),
            ("drivers/relay/a.cpp", "harness/scenario/scenario.hpp"),
            ("drivers/relay/a.cpp", "harness/bench/bench.hpp"),
            ("harness/bench/a.cpp", "drivers/web/web_device.hpp"),
            ("reports/junit/a.cpp", "harness/device/power_switch.hpp"),
            ("reports/junit/a.cpp", "reports/html/html.hpp"),
            ("harness/core/a.cpp", "tests/core/a.hpp"),
        ]:
            with self.subTest(name=name, included=included):
                self.assertEqual(check({name: f'#include "{included}"\n'})[0], 1)

    def test_allows(self):
        for name, included in [
            ("harness/console/a.cpp", "harness/console/b.hpp"),
            ("harness/run/a.cpp", "harness/bench/bench_file.hpp"),
            ("harness/cli/main.cpp", "drivers/catalog.hpp"),
            ("drivers/catalog.cpp", "drivers/replay/replay.hpp"),
            ("drivers/relay/a.cpp", "harness/device/power_switch.hpp"),
            ("drivers/relay/a.cpp", "harness/bench/catalog.hpp"),
            ("drivers/relay/a.cpp", "drivers/web/web_device.hpp"),
            ("reports/junit/a.cpp", "harness/measure/record.hpp"),
            ("harness/core/a.cpp", "vector"),
        ]:
            with self.subTest(name=name, included=included):
                self.assertEqual(check({name: f'#include "{included}"\n'}), (0, ""))


if __name__ == "__main__":
    unittest.main()
