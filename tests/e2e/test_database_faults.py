#!/usr/bin/python3
"""What an operator, a script or a disk does to the database of a running daemon. Against the sandbox."""

import errno
import json
import os
import shutil
import subprocess
import threading
import time
import unittest
from pathlib import Path

import history
from kill_loop import Run, configuration, fresh_seed, people
from outdial import ENDS_WITHIN_S, FAILED, OK, PROGRAM, Outdial
from sandbox import Sandbox
from test_kill_loop import CODES, RETRY
from test_sandbox import configure

NOTICED_WITHIN_S = 5  # a check a second, on a machine that does other things too


class Database(unittest.TestCase):
    contacts = 3000
    rate = 40

    def setUp(self):
        self.outdial = Outdial()
        self.addCleanup(self.outdial.__exit__)
        self.sandbox = Sandbox("22")
        self.sandbox.start()
        self.addCleanup(self.sandbox.__exit__)
        configure(self.outdial, self.sandbox.server(), rate=self.rate)

    def dial(self):
        """A campaign that goes on for longer than the test."""
        self.outdial.start()
        self.outdial.import_list("customers", [{"phone": f"1212{2000000 + index * 100 + 17}"}
                                               for index in range(self.contacts)])
        self.outdial.run("campaign", "start", "renewals")
        self.outdial.wait_until(lambda: self.attempts() > 20, "the first calls")

    def attempts(self, table="attempt"):
        return self.outdial.query(f"select count(*) as n from {table}")[0]["n"]

    def status(self):
        return json.loads(self.outdial.run("status", "--json"))

    def why_not(self):
        status = self.status()
        status = status.get("status", status)
        return "" if status["dialing"] else status["not_dialing_because"]

    def wait_until_stopped(self, *words):
        """A start on the same file, say, first holds the lock: another reason comes before the lasting one."""
        why = self.outdial.wait_until(lambda: all(word in self.why_not() for word in words) and self.why_not(),
                                      f"the end of dialing with {words}", NOTICED_WITHIN_S)
        self.assertIn(why[:60], self.outdial.log_tail())

    def wait_until_dialing(self):
        self.outdial.wait_until(lambda: not self.why_not(), "dialing", NOTICED_WITHIN_S)
        before = self.attempts()
        self.outdial.wait_until(lambda: self.attempts() > before, "another call", NOTICED_WITHIN_S)

    def shell(self):
        """The sqlite3 program, as an operator has it open."""
        shell = subprocess.Popen(["sqlite3", self.outdial.database], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, bufsize=1)

        def end():
            shell.kill()
            shell.communicate()

        self.addCleanup(end)
        return shell

    @staticmethod
    def tell(shell, sql):
        shell.stdin.write(sql + ";\n.print done\n")
        shell.stdin.flush()
        while (line := shell.stdout.readline()) and line != "done\n":
            pass

    def test_a_shell_that_holds_the_write_lock_is_named_and_dialing_goes_on_after_it(self):
        self.dial()
        shell = self.shell()
        self.tell(shell, ".timeout 2000\nBEGIN IMMEDIATE")
        self.wait_until_stopped(f"process {shell.pid} (sqlite3) holds its write lock")
        held_since = self.attempts()
        time.sleep(2)
        self.assertEqual(self.attempts(), held_since)
        self.tell(shell, "ROLLBACK")
        self.wait_until_dialing()
        self.outdial.run("campaign", "pause", "renewals")
        self.outdial.wait_until(lambda: self.outdial.progress("renewals")["in_call"] == 0, "the calls' ends", 20)
        # What ended under the lock was kept, and is there.
        dispositions = {row["disposition"] for row in self.outdial.query("select disposition from attempt_log")}
        self.assertLessEqual(dispositions, {"busy", "canceled"})  # canceled: claimed when the pause came

    def test_sigterm_waits_for_a_shell_that_lets_the_write_lock_go_and_loses_no_outcome(self):
        self.dial()
        self.outdial.wait_until(lambda: self.attempts() > 100, "more calls")
        shell = self.shell()
        self.tell(shell, ".timeout 2000\nBEGIN IMMEDIATE")
        self.wait_until_stopped("holds its write lock")
        release = threading.Timer(2.5, self.tell, (shell, "ROLLBACK"))
        release.start()
        self.addCleanup(release.join)
        code, took_s = self.outdial.stop()
        self.assertEqual(code, OK, self.outdial.log_tail())
        self.assertGreater(took_s, 2)
        self.assertLess(took_s, ENDS_WITHIN_S)
        stopped_at = time.time() - took_s
        self.sandbox.stop()
        ended = {call["channel_id"] for call in self.sandbox.calls()
                 if call["ended_at_ms"] and int(call["ended_at_ms"]) / 1000 < stopped_at - 0.5}
        settled = {row["attempt_id"] for row in
                   self.outdial.query("select attempt_id from attempt_log where disposition is not null")}
        self.assertGreater(len(ended), 20)
        self.assertLessEqual(ended, settled)

    def test_sigterm_under_a_lock_that_stays_ends_in_time_and_says_how_many_outcomes_are_missing(self):
        self.dial()
        shell = self.shell()
        self.tell(shell, ".timeout 2000\nBEGIN IMMEDIATE")
        self.wait_until_stopped("holds its write lock")
        time.sleep(1)  # calls end meanwhile
        code, took_s = self.outdial.stop()
        self.assertEqual(code, FAILED)
        self.assertLess(took_s, ENDS_WITHIN_S)
        self.assertRegex(self.outdial.log_tail(), r"the outcomes of [1-9]\d* calls could not be stored: .*"
                         rf"process {shell.pid} \(sqlite3\) holds its write lock")

    def test_a_start_waits_for_a_shell_that_holds_the_write_lock_and_names_it(self):
        self.outdial.start()
        self.outdial.stop()
        shell = self.shell()
        self.tell(shell, ".timeout 2000\nBEGIN IMMEDIATE")
        starting = threading.Thread(target=self.outdial.start)
        starting.start()
        self.outdial.wait_until(lambda: f"process {shell.pid} (sqlite3) holds its write lock; waiting for it"
                                in self.outdial.log_tail(), "a word about the shell", NOTICED_WITHIN_S)
        time.sleep(1)
        self.tell(shell, "ROLLBACK")
        starting.join()
        self.outdial.run("status")

    def test_a_database_that_is_moved_away_stops_dialing_until_it_is_back(self):
        self.dial()
        away = self.outdial.folder / "away.db"
        self.outdial.database.rename(away)
        self.wait_until_stopped("moved, deleted or replaced", "put it back")
        away.rename(self.outdial.database)
        self.wait_until_dialing()

    def test_a_deleted_log_stops_dialing_and_says_what_to_do(self):
        self.dial()
        (self.outdial.folder / "outdial.db-wal").unlink()
        self.wait_until_stopped("outdial.db-wal was moved, deleted or replaced", "restart the daemon")

    def test_a_trigger_added_by_hand_stops_dialing_and_is_named_and_dropping_it_helps(self):
        self.dial()
        shell = self.shell()
        self.tell(shell, ".timeout 2000\nCREATE TRIGGER meddle AFTER INSERT ON attempt BEGIN SELECT 1; END")
        self.wait_until_stopped("trigger meddle was added by hand", "DROP trigger")
        self.tell(shell, "DROP TRIGGER meddle")
        self.wait_until_dialing()

    def test_yesterdays_copy_is_refused_and_accepted_only_on_order(self):
        self.outdial.start()
        self.outdial.import_list("customers", [{"phone": f"1212{2000000 + index * 100 + 17}"} for index in range(50)])
        self.outdial.stop()
        copy = self.outdial.folder / "yesterday.db"
        shutil.copy(self.outdial.database, copy)
        self.outdial.start()
        self.outdial.run("campaign", "start", "renewals")
        self.outdial.wait_until(lambda: self.attempts() > 10, "calls")
        time.sleep(1.2)  # the mirror is written once a second
        self.outdial.kill()
        for suffix in ("-wal", "-shm"):
            Path(f"{self.outdial.database}{suffix}").unlink()
        shutil.copy(copy, self.outdial.database)
        self.outdial.database.chmod(0o640)
        refused = subprocess.run([PROGRAM, "serve", "--config", self.outdial.folder / "outdial.yaml"],
                                 capture_output=True, text=True, timeout=20)
        self.assertEqual(refused.returncode, FAILED)
        self.assertIn("--accept-rollback", refused.stderr)
        daemon = subprocess.Popen([PROGRAM, "serve", "--accept-rollback", "--config",
                                   self.outdial.folder / "outdial.yaml"], stderr=subprocess.PIPE, text=True)
        self.addCleanup(daemon.communicate)
        self.addCleanup(daemon.terminate)
        self.assertIn("accepted by --accept-rollback", daemon.stderr.readline())

    def test_a_second_daemon_is_refused_and_with_the_lock_file_removed_the_first_dials_no_more(self):
        self.dial()
        second = subprocess.run([PROGRAM, "serve", "--config", self.outdial.folder / "outdial.yaml"],
                                capture_output=True, text=True, timeout=20)
        self.assertEqual(second.returncode, FAILED)
        self.assertIn(f"process {self.outdial.pid}", second.stderr)
        (self.outdial.folder / "outdial.db.lock").unlink()
        # With a socket of its own, as another installation on the same file has it.
        other = self.outdial.folder / "other.yaml"
        other.write_text((self.outdial.folder / "outdial.yaml").read_text().replace("control.sock", "other.sock"))
        daemon = subprocess.Popen([PROGRAM, "serve", "--config", other], stderr=subprocess.DEVNULL)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)
        self.wait_until_stopped("another `outdial serve` was started on it")

    def test_a_damaged_database_is_found_after_a_crash_and_stops_dialing(self):
        self.dial()
        self.outdial.kill()
        subprocess.run(["sqlite3", self.outdial.database, "PRAGMA wal_checkpoint(TRUNCATE)"], check=True,
                       capture_output=True)
        root = int(subprocess.run(["sqlite3", self.outdial.database, "SELECT rootpage FROM sqlite_schema WHERE name = "
                                   "'contact_by_primary_number'"], check=True, capture_output=True, text=True).stdout)
        with open(self.outdial.database, "r+b") as file:  # an index that no claim reads
            file.seek((root - 1) * 4096)
            file.write(os.urandom(4096))
        self.outdial.start()
        self.wait_until_stopped("it is damaged", "restore the newest backup")

    def test_a_file_that_everybody_can_read_is_refused_at_the_start_with_what_to_do(self):
        self.outdial.start()
        self.outdial.stop()
        self.outdial.database.chmod(0o644)
        refused = subprocess.run([PROGRAM, "serve", "--config", self.outdial.folder / "outdial.yaml"],
                                 capture_output=True, text=True, timeout=20)
        self.assertEqual(refused.returncode, FAILED)
        self.assertIn("chmod o-rwx", refused.stderr)


class FullDisk(unittest.TestCase):
    """The database on a file system of 16 MiB in memory; to mount one needs root."""

    def setUp(self):
        self.outdial = Outdial()
        self.addCleanup(self.outdial.__exit__)
        self.disk = self.outdial.folder / "disk"
        self.disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=0700", "tmpfs", self.disk],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"a small file system cannot be mounted: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=True)
        self.outdial.database = self.disk / "outdial.db"
        self.sandbox = Sandbox("22", "--speed", "5")
        self.sandbox.start()
        self.addCleanup(self.sandbox.__exit__)

    def fill(self):
        with open(self.disk / "filler", "wb", buffering=0) as file:
            for size in (1 << 16, 1 << 12):
                try:
                    while file.write(b"x" * size) == size:
                        pass
                except OSError as reason:
                    self.assertEqual(reason.errno, errno.ENOSPC)

    def why_not(self):
        return json.loads(self.outdial.run("status", "--json"))["not_dialing_because"]

    def test_on_a_full_disk_dialing_pauses_outcomes_are_written_from_the_reserve_and_room_resumes_it(self):
        run = Run(self.outdial, configuration(self.sandbox.server(), RETRY, 60, 200), people(900, CODES), fresh_seed())
        reserve = self.disk / "outdial.db.reserve"
        self.assertEqual(reserve.stat().st_size, 1 << 20)  # a sixteenth of the disk
        self.outdial.wait_until(lambda: run.attempts() > 100, "calls")
        self.fill()
        # For the moment between the commit that failed and the one from the reserve, it is the failure that is told.
        self.outdial.wait_until(lambda: "outcomes of calls are still written" in self.why_not(), "the pause", 20)
        self.assertFalse(reserve.exists())
        # The reserve is for outcomes alone: a list of some size would use it up.
        with self.assertRaisesRegex(AssertionError, "nothing is imported now"):
            self.outdial.import_list("more", [{"phone": f"1212{2_000_000 + index}"} for index in range(2000)])
        self.outdial.wait_until(lambda: self.outdial.progress("renewals")["in_call"] == 0, "the calls' outcomes", 30)
        made = run.attempts()
        time.sleep(2)  # retries are due meanwhile
        self.assertEqual(run.attempts(), made)
        self.assertLess(made, 900)
        (self.disk / "filler").unlink()
        self.outdial.wait_until(lambda: run.attempts() > made, "calls again", 10)
        self.assertTrue(reserve.exists())
        run.wait_until_all_is_told()
        self.outdial.stop()
        self.sandbox.stop()
        violations, told = run.judge(history.calls_of_sandbox(self.sandbox._witness, "pbx1"))
        self.assertEqual(violations, [], "\n".join(map(str, violations[:20])))
        self.assertNotIn("lost", {attempt.disposition for attempt in told.attempts})


if __name__ == "__main__":
    unittest.main()
