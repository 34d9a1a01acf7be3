"""Outdial itself, run as an operator would: files in a folder, the daemon, the program's commands, plain SQL."""

import datetime
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("OUTDIAL_PROGRAM") or REPOSITORY / "build/test/outdial")
# Whether the program has sanitizers in it, which shadow its memory and keep back what it frees.
SANITIZED = bool(os.environ.get("OUTDIAL_SANITIZE"))
# What docs/reliability.md promises of a SIGTERM; a program with sanitizers in it takes several times as long over all it does.
ENDS_WITHIN_S = 10 if SANITIZED else 5
# Debian's faketime, for a daemon at another time of day.
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
READY_TIMEOUT_S = 20
STOP_TIMEOUT_S = 2 * ENDS_WITHIN_S

# Exit codes of the program: scripts rely on them.
OK, FAILED, USAGE, NO_DAEMON, CONFIGURATION, INTERRUPTED = 0, 1, 64, 69, 78, 130


def seconds(text):
    """A view's UTC text as seconds since 1970."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc).timestamp()


class Outdial:
    """One installation in a folder of its own. Use as a context manager: the daemon is stopped, the folder removed."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="outdial-test-"))
        self.database = self.folder / "outdial.db"
        self.log = self.folder / "outdial.log"
        self.environment = {}  # beside the test's own
        self._daemon = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        if not os.environ.get("OUTDIAL_KEEP_LAB"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def configure(self, servers, trunks, campaigns, limits=None):
        """Writes outdial.yaml and one file a campaign. All are dicts as in YAML; JSON is YAML, so JSON is written.

        A server's `secret` goes into a file of its own, as it must. A campaign that says nothing of calling hours has none,
        because tests run at any hour."""
        (self.folder / "campaigns.d").mkdir(exist_ok=True)
        described = {}
        for name, server in servers.items():
            secret_file = self.folder / f"{name}.secret"
            secret_file.write_text(server["secret"] + "\n")
            secret_file.chmod(0o600)
            described[name] = {key: value for key, value in server.items() if key != "secret"}
            described[name]["secret_file"] = secret_file.name
        self._write("outdial.yaml", {
            "database": str(self.database.relative_to(self.folder)), "campaigns": "campaigns.d", "control": {"socket": "control.sock"},
            "limits": limits or {"originates_per_second": 1000, "channels": 1000}, "compliance": str(REPOSITORY / "config/compliance"),
            "servers": described, "trunks": trunks})
        for name, campaign in campaigns.items():
            self._write(f"campaigns.d/{name}.yaml", {"name": name, "calling_hours": "always", **campaign})

    def _write(self, name, content):
        (self.folder / name).write_text(json.dumps(content, indent=2) + "\n")

    def run(self, *arguments, expect=OK):
        """Runs one command of the program and checks its exit code. What it prints; where it is to fail, also its errors."""
        done = subprocess.run([PROGRAM, *arguments, "--config", self.folder / "outdial.yaml"], capture_output=True,
                              text=True, timeout=120, env={**os.environ, **self.environment})
        if done.returncode != expect:
            raise AssertionError(f"outdial {' '.join(map(str, arguments))} ended with {done.returncode}, "
                                 f"not {expect}:\n{done.stdout}{done.stderr}\n{self.log_tail()}")
        return done.stdout if expect == OK else done.stdout + done.stderr

    def start(self, user=None, program=PROGRAM, standard_error=subprocess.STDOUT, utc=None):
        """Starts the daemon, perhaps as another user, and waits until it answers. With `utc` ("2027-06-16 13:59:45") its wall
        clock begins there, and so does that of every command from then on."""
        if utc:
            self.environment |= {"LD_PRELOAD": str(FAKETIME), "FAKETIME": f"@{utc}", "TZ": "UTC", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        with open(self.log, "ab") as log:
            self._daemon = subprocess.Popen([program, "serve", "--config", self.folder / "outdial.yaml"], stdout=log,
                                            stderr=standard_error, stdin=subprocess.DEVNULL, user=user,
                                            env={**os.environ, **self.environment})
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            asked = subprocess.run([PROGRAM, "status", "--config", self.folder / "outdial.yaml"], capture_output=True)
            if asked.returncode == OK:
                return
            if self._daemon.poll() is not None:
                raise AssertionError(f"the daemon ended with {self._daemon.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"the daemon is not ready after {READY_TIMEOUT_S} s:\n{self.log_tail()}")
            time.sleep(0.05)

    def stop(self):
        """SIGTERM, as systemd does it; (exit code, seconds it took)."""
        began = time.monotonic()
        self._daemon.send_signal(signal.SIGTERM)
        try:
            code = self._daemon.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the daemon did not stop within {STOP_TIMEOUT_S} s:\n{self.log_tail()}") from None
        self._daemon = None
        return code, time.monotonic() - began

    def kill(self):
        """SIGKILL, as a crash does it."""
        if self._daemon is not None:
            self._daemon.kill()
            self._daemon.wait()
            self._daemon = None

    def abort(self):
        """SIGABRT, as a broken invariant does it; the status that wait(2) gives."""
        self._daemon.send_signal(signal.SIGABRT)
        _, status = os.waitpid(self._daemon.pid, 0)
        self._daemon.returncode = -signal.SIGABRT  # Popen would wait again
        self._daemon = None
        return status

    @property
    def pid(self):
        return self._daemon.pid

    def cpu_s(self):
        """What the daemon has used of a core's time."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_memory_mb(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024

    def import_file(self, name, content, *options):
        """Imports a CSV of exactly these bytes."""
        path = self.folder / f"{name}.csv"
        path.write_bytes(content)
        return self.run("import", name, path, "--region", "US", *options)

    def import_list(self, name, contacts, *options):
        """Imports contacts, dicts by column, through the program."""
        columns = list(dict.fromkeys(key for contact in contacts for key in contact))
        rows = [columns] + [[contact.get(key, "") for key in columns] for contact in contacts]
        return self.import_file(name, "".join(",".join(row) + "\n" for row in rows).encode(), *options)

    def query(self, sql, *parameters):
        """Rows as dicts, by a reader of its own, on the live file."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, parameters)]
        finally:
            connection.close()

    def attempts(self, campaign):
        return self.query("select * from attempt_log where campaign = ? order by originated_at, attempt_id", campaign)

    def progress(self, campaign):
        row, = self.query("select * from campaign_progress where campaign = ?", campaign)
        return row

    def wait_until(self, condition, what, timeout_s=60):
        deadline = time.monotonic() + timeout_s
        while not (found := condition()):
            if self._daemon is not None and self._daemon.poll() is not None:
                raise AssertionError(f"the daemon ended with {self._daemon.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {timeout_s} s in vain for {what}:\n{self.log_tail()}")
            time.sleep(0.05)
        return found

    def wait_until_finished(self, campaign, timeout_s=120):
        self.wait_until(lambda: self.progress(campaign)["state"] == "finished", f"the end of {campaign}", timeout_s)

    def wait_until_only_tomorrow_is_left(self, timeout_s=90):
        """Every contact is done, or waits for tomorrow: what was cut off or not seen may be left alone for a day.

        In one query: between two, a retry can fall due and its call begin.
        """
        still = ("from contact_status where state in ('ready', 'in_call') or "
                 "(state = 'waiting' and next_attempt_at < datetime('now', '+1 hours'))")
        try:
            self.wait_until(lambda: not self.query(f"select 1 {still} limit 1"), "the end of the list", timeout_s)
        except AssertionError as reason:
            waiting = self.query(f"select state, reason, count(*) as contacts {still} group by 1, 2")
            live = self.query("select * from attempt_log where state <> 'ended' limit 3")
            raise AssertionError(f"{reason}\n{waiting}\n{live}\n{self.run('status')}") from None

    def log_tail(self):
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""
