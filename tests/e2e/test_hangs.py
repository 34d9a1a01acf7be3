#!/usr/bin/python3
"""Files and readers around the daemon that do not answer: nothing of it waits for them. Against the sandbox."""

import json
import os
import re
import select
import signal
import socket
import threading
import time
import unittest

from outdial import ENDS_WITHIN_S, OK, Outdial
from sandbox import Sandbox
from test_sandbox import configure

CALL_RECORDS_WITHIN_S = 30  # two lists of channels, and the read


class Hangs(unittest.TestCase):
    def setUp(self):
        self.outdial = Outdial()
        self.addCleanup(self.outdial.__exit__)
        self.sandbox = Sandbox("22")
        self.sandbox.start()
        self.addCleanup(self.sandbox.__exit__)
        configure(self.outdial, self.sandbox.server(), rate=40)

    def dial(self):
        """A campaign that goes on for longer than the test."""
        self.outdial.import_list("customers", [{"phone": f"1212{2000000 + index * 100 + 17}"} for index in range(3000)])
        self.outdial.run("campaign", "start", "renewals")
        self.outdial.wait_until(lambda: self.attempts() > 20, "the first calls")

    def attempts(self, condition="true"):
        return self.outdial.query(f"select count(*) as n from attempt_log where {condition}")[0]["n"]

    def stop_in_time(self):
        code, took_s = self.outdial.stop()
        self.assertEqual(code, OK)
        self.assertLess(took_s, ENDS_WITHIN_S)


class CallRecords(Hangs):
    """A pipe that nobody writes stands for a file on a file system that does not answer."""

    def test_calls_end_as_lost_and_a_stop_ends_where_the_records_do_not_answer(self):
        records = self.outdial.folder / "Master.csv"
        os.mkfifo(records)
        file = self.outdial.folder / "outdial.yaml"
        configuration = json.loads(file.read_text())
        configuration["servers"]["pbx1"]["cdr"] = {"csv": records.name}
        file.write_text(json.dumps(configuration))
        self.outdial.start()
        self.dial()
        self.sandbox.crash()  # its calls end unseen
        self.outdial.wait_until(lambda: self.attempts("disposition = 'lost'") > 0, "calls that are lost",
                                CALL_RECORDS_WITHIN_S)
        self.assertIn(f"{records}: it is no regular file", self.outdial.log.read_text())
        self.stop_in_time()


class Reload(Hangs):
    """Many campaigns of the size that a file may have, which take a second or more to read."""

    def setUp(self):
        super().setUp()
        self.outdial.start()
        campaigns = self.outdial.folder / "campaigns.d"
        template = json.loads((campaigns / "renewals.yaml").read_text())
        for index in range(150):
            template.update(name=f"big-{index}", list=f"list-{index}",
                            variables={f"V{number}": "x" * 400 for number in range(50)})
            (campaigns / f"big-{index}.yaml").write_text(json.dumps(template))

    def order_reload(self):
        """The connection on which the answer will come."""
        control = socket.socket(socket.AF_UNIX)
        self.addCleanup(control.close)
        control.settimeout(60)
        control.connect(str(self.outdial.folder / "control.sock"))
        control.sendall(b'{"command":"reload"}\n')
        return control

    def test_calls_and_orders_go_on_while_the_configuration_is_read(self):
        self.dial()
        attempts = self.attempts()
        reload = self.order_reload()
        answers = 0
        while not select.select([reload], [], [], 0)[0]:
            self.outdial.run("status")
            answers += 1
        self.assertTrue(json.loads(reload.recv(4000))["ok"])
        self.assertGreater(answers, 3)
        self.assertGreater(self.attempts(), attempts)
        self.assertEqual(len(json.loads(self.outdial.run("status", "--json"))["campaigns"]), 151)

    def test_a_stop_waits_for_no_reload(self):
        reload = self.order_reload()
        self.outdial.run("status")
        self.assertEqual(select.select([reload], [], [], 0)[0], [])  # under way
        self.stop_in_time()
        self.assertEqual(reload.recv(4000), b"")


class Overload(Hangs):
    """A machine that leaves the daemon no processor time, but for a moment now and then."""

    def test_a_daemon_without_processor_time_opens_its_sessions_anew_and_leaves_no_call_without_an_end(self):
        self.outdial.start()
        self.dial()
        log = self.outdial.log
        self.outdial.wait_until(lambda: self.starve() and "Outdial is overloaded" in log.read_text(),
                                "sessions that are opened anew")
        self.assertIn("Overloaded: short of processor time", self.outdial.run("status"))
        self.outdial.wait_until(lambda: "over: calls are started as configured" in log.read_text(), "its end")
        attempts = self.attempts()
        self.outdial.wait_until(lambda: self.attempts() > attempts + 20, "calls after it")
        # Those that ended while no session was open are lost: the server keeps no call detail records.
        newest = self.outdial.query("select max(attempt_id) as id from attempt_log")[0]["id"]
        self.outdial.wait_until(lambda: self.attempts(f"attempt_id <= '{newest}' and ended_at is null") == 0,
                                "the end of every call so far")
        self.assertNotIn("Overloaded", self.outdial.run("status"))
        self.stop_in_time()

    def starve(self):
        """2.2 s without time, and then enough for one look at how late it is."""
        os.kill(self.outdial.pid, signal.SIGSTOP)
        try:
            time.sleep(2.2)
        finally:
            os.kill(self.outdial.pid, signal.SIGCONT)
        time.sleep(0.1)
        return True


class Log(Hangs):
    """A pipe as standard error, as journald's socket is one."""

    def setUp(self):
        super().setUp()
        self.reader, writer = os.pipe()
        self.reading = os.fdopen(self.reader, "rb", buffering=0)
        self.addCleanup(self.reading.close)
        self.outdial.start(standard_error=writer)
        os.close(writer)

    def order(self, times):
        """Each leaves a line of some 300 bytes in the log."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(3)
            control.connect(str(self.outdial.folder / "control.sock"))
            for _ in range(times):
                control.sendall(b'{"command":"campaign","name":"' + b"z" * 250 + b'","order":"pause"}\n')
                control.recv(4000)

    def test_a_log_that_nobody_reads_holds_up_no_call_no_order_and_no_stop(self):
        self.order(1500)  # the pipe takes some 200 lines of them
        self.dial()
        self.outdial.run("status")
        self.stop_in_time()

    def test_what_a_log_that_nobody_read_has_lost_is_told_once_it_is_read_again(self):
        self.order(20_000)  # 4 MiB wait at most
        log = b""
        while not (told := re.search(rb"warning ([0-9]+) lines of this log are lost", log)):
            log += self.reading.read(65536)
        self.assertGreater(int(told[1]), 1000)
        rest = threading.Thread(target=self.read_to_the_end)
        rest.start()
        self.stop_in_time()
        rest.join()
        self.assertIn("stopped; calls that are up go on", self.last_lines)

    def read_to_the_end(self):
        text = b""
        while got := self.reading.read(65536):
            text = (text + got)[-4096:]
        self.last_lines = text.decode()

    def test_a_log_whose_reader_ends_does_not_end_the_daemon(self):
        self.reading.close()
        self.order(3)
        self.dial()
        self.stop_in_time()


if __name__ == "__main__":
    unittest.main()
