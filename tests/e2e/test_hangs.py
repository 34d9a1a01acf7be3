#!/usr/bin/python3
"""Files and readers around the daemon that do not answer: nothing of it waits for them. Against the sandbox."""

import json
import os
import unittest

from outdial import OK, Outdial
from sandbox import Sandbox
from test_sandbox import configure

ENDS_WITHIN_S = 5  # what docs/reliability.md promises of a SIGTERM
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


if __name__ == "__main__":
    unittest.main()
