"""`outdial sandbox`: the simulated Asterisk, a process with its own record of what it was asked to dial."""

import csv
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from outdial import PROGRAM

START_TIMEOUT_S = 10
SECRET = "secret-of-the-sandbox"


class Sandbox:
    """Use as a context manager. Numbers decide their calls' fates by their last two digits: DISPOSITIONS."""

    # Other rules than the carrier's of fates.py: the sandbox has its own table (`outdial sandbox --help`).
    DISPOSITIONS = {
        "01": "answered", "02": "answered", "03": "invalid_number", "17": "busy", "18": "no_answer", "19": "no_answer",
        "20": "no_answer", "21": "rejected", "22": "invalid_number", "27": "unreachable", "28": "invalid_number",
        "34": "congestion", "38": "congestion", "58": "congestion", "66": "no_answer", "81": "machine",
        "98": "unreachable", "99": "declined",
    }

    def __init__(self, version="22", *options):
        self.version = version
        self.folder = Path(tempfile.mkdtemp(prefix="outdial-sandbox-"))
        self.port = None
        self._witness = self.folder / "witness.csv"
        self._options = options
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        secret_file, port_file = self.folder / "secret", self.folder / "port"
        secret_file.write_text(SECRET + "\n")
        secret_file.chmod(0o600)
        command = [PROGRAM, "sandbox", "--by-number", "--port", str(self.port or 0), "--port-file", port_file,
                   "--version", self.version, "--username", "outdial", "--secret-file", secret_file,
                   "--witness", self._witness, *self._options]
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (port_file.exists() and port_file.read_text().endswith("\n")):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("the sandbox did not start:\n" + (self.folder / "log").read_text())
            time.sleep(0.02)
        self.port = int(port_file.read_text())

    def stop(self):
        """Ends it, and with that completes its record."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    @property
    def pid(self):
        return self._process.pid

    def crash(self):
        """The simulated Asterisk loses its calls and its connections, and comes back two seconds later."""
        os.kill(self._process.pid, signal.SIGUSR1)

    def server(self, **options):
        """Its entry in `servers` of outdial.yaml."""
        return {"host": "127.0.0.1", "port": self.port, "username": "outdial", "secret": SECRET,
                "originates_per_second": 1000, "channels": 1000, **options}

    def disposition_of(self, number, _call):
        code = number[-2:]
        if self.version == "16" and code == "21":
            return "declined"  # it does not tell the SIP status: a refusal looks like a decline
        return self.DISPOSITIONS[code]

    def calls(self):
        """Every Originate it was sent, as dicts of text by the columns of its CSV; call after stop() for all of them."""
        with open(self._witness, newline="") as file:
            return list(csv.DictReader(file))
