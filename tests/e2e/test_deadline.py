#!/usr/bin/python3
"""The deadline that each call carries, with the dialplan that Outdial ships, on real Asterisk 22."""

import os
import signal
import time
import unittest

from outdial import Outdial, seconds
from telephony import Network, Unavailable

CALLER_ID = "+18005550199"
# core/originate_order.hpp, and a second for what is on its way.
VALID_FOR_S = 10 + 1
# Longer than a link may be silent before it is given up, and than a call is valid.
STOPPED_S = 16


class Deadline(unittest.TestCase):
    version = "22"

    def setUp(self):
        self.network = Network(self.version)
        self.addCleanup(self.network.stop)
        try:
            self.network.start()
        except Unavailable as reason:
            self.skipTest(str(reason))
        self.outdial = Outdial()
        self.addCleanup(self.outdial.__exit__)

    def dial(self, rate, numbers):
        accounts = self.network.accounts
        self.outdial.configure(
            servers={"pbx1": {"host": "127.0.0.1", "port": self.network.ports.ami, "username": accounts.username,
                              "secret": accounts.secret, "originates_per_second": 200, "channels": 300}},
            trunks={"carrier-a": {"servers": ["pbx1"], "dial": "Local/{digits}@outdial-dial/n", "channels": 300,
                                  "originates_per_second": 200, "caller_ids": [CALLER_ID]}},
            campaigns={"renewals": {
                "list": "customers", "trunks": ["carrier-a"], "ring_timeout": "10s",
                "on_answer": {"context": "brief", "exten": "{digits}", "priority": 1},
                "pacing": {"mode": "rate", "originates_per_second": rate, "channels": 200},
                "retry": {"max_attempts": 1, "lost": {"after": "1d"}}}})
        self.outdial.start()
        self.outdial.import_list("customers", [{"external_id": number, "phone": number} for number in numbers])
        self.outdial.run("campaign", "start", "renewals")

    def test_calls_go_through_the_dialplan_and_end_as_what_they_are(self):
        wanted = {"12125550117": "busy", "12125550101": "answered", "12125550111": "invalid_number"}
        self.dial(10, wanted)
        self.outdial.wait_until_finished("renewals", 40)
        attempts = {attempt["number"].lstrip("+"): attempt["disposition"]
                    for attempt in self.outdial.attempts("renewals")}
        self.assertEqual(attempts, wanted)
        self.assertEqual(sorted(call.number.lstrip("+") for call in self.network.wait_for_calls(len(wanted))),
                         sorted(wanted))

    def test_an_asterisk_that_was_stopped_and_goes_on_dials_nothing_late(self):
        self.dial(40, [f"1212{200 + index // 100}{index % 100:02d}17" for index in range(1200)])
        self.outdial.wait_until(lambda: len(self.network.calls()) > 60, "calls", 30)
        os.kill(self.network.pid("pbx"), signal.SIGSTOP)
        try:
            time.sleep(STOPPED_S)
        finally:
            os.kill(self.network.pid("pbx"), signal.SIGCONT)
        resumed = time.time()
        self.outdial.wait_until_only_tomorrow_is_left()
        attempts = {attempt["number"].lstrip("+"): attempt for attempt in self.outdial.attempts("renewals")}
        calls = self.network.calls()
        dialed = [call.number.lstrip("+") for call in calls]
        self.assertEqual(len(dialed), len(set(dialed)), "a number was dialed twice")
        self.assertTrue(any(call.start > resumed for call in calls), "nothing was dialed afterwards")
        late = [(call.number, call.start - seconds(attempts[call.number.lstrip("+")]["originated_at"]))
                for call in calls
                if call.start - seconds(attempts[call.number.lstrip("+")]["originated_at"]) > VALID_FOR_S]
        self.assertEqual(late, [])
        # Those that the stopped Asterisk had in its hands: given up, and never dialed.
        given_up = [number for number, attempt in attempts.items() if attempt["disposition"] == "lost"]
        self.assertGreater(len(set(given_up) - set(dialed)), 0, given_up)


if __name__ == "__main__":
    unittest.main()
