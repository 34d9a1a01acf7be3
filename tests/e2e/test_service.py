#!/usr/bin/python3
"""The systemd unit is valid, hardened, and says what the daemon relies on."""

import configparser
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

UNIT = Path(__file__).resolve().parents[2] / "systemd/outdial.service"
# `systemd-analyze security`: 0 is locked in, 10 exposed. What remains are the sockets that a daemon of the network needs.
HIGHEST_EXPOSURE = 1.0


def unit():
    parser = configparser.RawConfigParser(strict=False, comment_prefixes=("#",), inline_comment_prefixes=None)
    parser.optionxform = str
    parser.read(UNIT)
    return parser


@unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd-analyze: apt-get install systemd")
class Service(unittest.TestCase):
    def analyze(self, *arguments):
        """systemd-analyze on a copy whose program exists, since Outdial itself need not be installed here."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / UNIT.name
            copy.write_text(UNIT.read_text().replace("ExecStart=/usr/bin/outdial", "ExecStart=/bin/true"))
            done = subprocess.run(["systemd-analyze", *arguments, copy], capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

    def test_systemd_finds_no_fault_in_the_unit(self):
        status, output = self.analyze("verify")
        faults = [line for line in output.splitlines() if UNIT.name in line]
        self.assertEqual((status, faults), (0, []), output)

    def test_the_unit_is_hardened(self):
        _, output = self.analyze("security", "--offline=true")
        exposure = re.search(r"Overall exposure level for outdial.service: ([0-9.]+)", output)
        self.assertIsNotNone(exposure, output)
        print(f"exposure {exposure.group(1)}")
        self.assertLessEqual(float(exposure.group(1)), HIGHEST_EXPOSURE)

    def test_the_unit_uses_what_the_daemon_offers(self):
        service = unit()["Service"]
        self.assertEqual(service["Type"], "notify")
        self.assertIn("serve", service["ExecStart"])
        self.assertIn("-HUP", service["ExecReload"])
        self.assertEqual(service["KillSignal"], "SIGTERM")
        self.assertIn("WatchdogSec", service)
        self.assertEqual(service["Restart"], "on-failure")
        self.assertEqual(service["User"], "outdial")

    def test_the_daemon_is_never_given_up(self):
        self.assertEqual(unit()["Unit"]["StartLimitIntervalSec"], "0")


if __name__ == "__main__":
    unittest.main()
