#!/usr/bin/python3
"""scripts/soak counts, goes on where it stopped, and never calls a violation or a broken run a success."""

import json
import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

SOAK = Path(__file__).resolve().parents[2] / "scripts/soak"


def reports(done, violations, code=0):
    return f"""echo noise; echo '{{"row": "r", "done": {done}, "violations": {violations}}}'; exit {code}"""


class Soak(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.program = self.folder / "outdial"
        self.program.write_text("a program")
        self.environment = {**os.environ, "OUTDIAL_PROGRAM": str(self.program)}

    def rows(self, **scripts):
        path = self.folder / "rows.json"
        path.write_text(json.dumps([{"row": name, "unit": "runs", "wanted": 10, "command": ["/bin/sh", "-c", script]}
                                    for name, script in scripts.items()]))
        return [SOAK, "--rows", path, "--folder", self.folder / "soak"]

    def soak(self, script, *options):
        done = subprocess.run([*self.rows(r=script), "--hours", "1", "--runs", "1", *options], capture_output=True,
                              text=True, env=self.environment, timeout=60)
        line = next(line for line in done.stdout.splitlines()[::-1] if line.startswith("r "))
        return done.returncode, line.split(), done.stdout

    def test_a_run_without_violations_is_counted_and_the_next_goes_on_with_a_new_seed(self):
        code, line, output = self.soak(reports(5, 0))
        self.assertEqual((code, line[1], line[4]), (0, "5", "0"), output)
        code, line, output = self.soak(reports(2, 0))
        self.assertEqual((code, line[1]), (0, "7"))
        self.assertIn("seed 2", output)

    def test_violations_fail_it_now_and_when_it_goes_on(self):
        code, line, output = self.soak(reports(5, 3, code=1))
        self.assertEqual((code, line[4]), (1, "3"), output)
        self.assertIn("noise", (self.folder / "soak/r-1.log").read_text())
        self.assertEqual(self.soak(reports(5, 0))[0], 1)
        self.assertEqual(self.soak(reports(5, 0), "--fresh")[0], 0)

    def test_a_run_that_reports_nothing_or_breaks_off_is_a_failure(self):
        self.assertEqual(self.soak("echo all is well")[0], 1)
        self.assertEqual(self.soak(reports(5, 0, code=3), "--fresh")[0], 1)

    def test_a_row_that_cannot_run_here_says_so_and_is_no_success_counted(self):
        code, line, output = self.soak("echo no Asterisk here; exit 77")
        self.assertEqual((code, line[1]), (0, "0"))
        self.assertIn("no Asterisk here", output)
        self.assertIn("cannot run here", output)

    def test_another_program_begins_at_nothing(self):
        self.soak(reports(5, 0))
        self.program.write_text("another program")
        self.assertEqual(self.soak(reports(1, 0))[1][1], "1")

    def test_time_is_spread_over_the_rows(self):
        both = {name: f"sleep 0.05; echo '{{\"row\": \"{name}\", \"done\": 1, \"violations\": 0}}'" for name in "ab"}
        subprocess.run([*self.rows(**both), "--hours", "1", "--runs", "6"], capture_output=True, env=self.environment,
                       timeout=60)
        state, = json.loads((self.folder / "soak/state.json").read_text()).values()
        self.assertEqual(state["a"]["done"] + state["b"]["done"], 6)
        self.assertGreaterEqual(min(state["a"]["done"], state["b"]["done"]), 2)

    def test_an_interruption_ends_the_run_with_its_children_and_keeps_the_counts(self):
        self.soak(reports(5, 0))
        pid_file = self.folder / "child"
        script = f"sleep 60 & echo $! > {pid_file}.new; mv {pid_file}.new {pid_file}; wait"
        running = subprocess.Popen([*self.rows(r=script), "--hours", "1"], stdout=subprocess.PIPE, text=True, env=self.environment)
        deadline = time.monotonic() + 20
        while not pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        running.send_signal(signal.SIGTERM)
        output, _ = running.communicate(timeout=30)
        self.assertIn("interrupted", output)
        self.assertEqual(running.returncode, 0)
        while self.is_running(int(pid_file.read_text())):  # it may still be on its way out
            self.assertLess(time.monotonic(), deadline + 10)
            time.sleep(0.02)
        self.assertEqual(self.soak(reports(1, 0))[1][1], "6")

    def is_running(self, pid):
        """A child that was ended may remain as a zombie where nobody waits for orphans."""
        try:
            return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
        except FileNotFoundError:
            return False

    def test_every_row_of_the_table_has_a_program(self):
        for row in json.loads((SOAK.parents[1] / "tests/soak/rows.json").read_text()):
            with self.subTest(row=row["row"]):
                self.assertEqual(set(row), {"row", "unit", "wanted", "in_test", "command"})
                self.assertIn("{seed}", " ".join(row["command"]))

    def test_a_program_of_the_build_is_found_beside_the_daemon_and_a_missing_one_is_no_success(self):
        rows = self.folder / "rows.json"
        rows.write_text(json.dumps([{"row": "r", "unit": "runs", "wanted": 10, "command": ["{build}/prove", "{seed}00"]}]))
        command = [SOAK, "--rows", rows, "--folder", self.folder / "soak", "--hours", "1", "--runs", "1"]
        without = subprocess.run(command, capture_output=True, text=True, env=self.environment, timeout=60)
        self.assertIn("cannot run here", without.stdout)
        proof = self.folder / "prove"
        proof.write_text("""#!/bin/sh\necho '{"row": "r", "done": '$1', "violations": 0}'\n""")
        proof.chmod(0o755)
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, timeout=60)
        self.assertRegex(done.stdout, r"(?m)^r +200 ")

    def test_nothing_is_done_without_being_told_how_long(self):
        for options in ([], ["--hours", "0"], ["--row", "nonsense", "--hours", "1"], ["--nonsense"]):
            self.assertEqual(subprocess.run([SOAK, *options], capture_output=True, env=self.environment).returncode, 64)


if __name__ == "__main__":
    unittest.main()
