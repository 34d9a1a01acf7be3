#!/usr/bin/python3
"""Calling hours at a faked time of day: people in several time zones, on do-not-call lists and in unknown places. Who was called is told
by the sandbox, and by the carrier's own records behind a real Asterisk."""

import time
import unittest

from outdial import Outdial, seconds
from sandbox import Sandbox
from telephony import Network, Unavailable

CALLER_ID = "+18005550199"
# A Wednesday. In New York it is nearly 10, in Chicago nearly 9, in Los Angeles nearly 7 in the morning; in London nearly 15, in Sydney nearly
# midnight.
DAEMON_STARTS = "2027-06-16 13:59:40"
CHICAGO_OPENS = "2027-06-16 14:00:00.000"
HOURS = {"zone": "contact", "default": "09:00-20:00", "sunday": "closed"}
FATE = "17"  # busy

OPEN = {"+12125550017": "New York", "+442071830017": "London, and the islands on its clock"}
OPENS_NEXT = {"+13125550017": "Chicago", "+18502005517": "Florida's panhandle, New York's clock or Chicago's",
              "+12125550117": "a number of New York, a person in Texas and perhaps on Denver's clock"}
CLOSED = {"+14155550017": "San Francisco", "+61412345617": "an Australian mobile", "+18005550017": "toll-free: nobody knows where",
          "+12125550217": "on the do-not-call list", "+12125550317": "a number of New York, a person in Hawaii",
          "+12125550417": "a number of New York, a person in California by ZIP code"}
COLUMNS = {"+12125550117": {"time_zone": "America/Denver", "state": "TX"}, "+12125550317": {"time_zone": "Pacific/Honolulu"},
           "+12125550417": {"postal_code": "94103"}}
# Denver opens an hour later than Chicago.
OPENS_NEXT.pop("+12125550117")
CLOSED["+12125550117"] = "a number of New York, a person on Denver's clock"


class CallingHours:
    def dial(self, server):
        self.outdial.configure(
            servers={"pbx1": server},
            trunks={"carrier-a": {"servers": ["pbx1"], "dial": self.dial_string, "channels": 100, "originates_per_second": 100,
                                  "caller_ids": [CALLER_ID]}},
            campaigns={"renewals": {"list": "customers", "trunks": ["carrier-a"], "ring_timeout": "5s", "calling_hours": HOURS,
                                    "on_answer": {"context": self.context, "exten": "{digits}", "priority": 1},
                                    "pacing": {"mode": "rate", "originates_per_second": 20, "channels": 50},
                                    "retry": {"max_attempts": 1}}})
        self.outdial.start(utc=DAEMON_STARTS)
        self.outdial.run("dnc", "add", "+12125550217")
        people = [*CLOSED, *OPENS_NEXT, *OPEN]
        columns = ("time_zone", "state", "postal_code")
        self.outdial.import_list("customers", [
            {"phone": number, **{column: COLUMNS.get(number, {}).get(column, "") for column in columns}} for number in people])
        self.outdial.run("campaign", "start", "renewals")

    def test_only_people_whose_hours_it_is_are_called_and_the_others_when_they_open(self):
        self.dial(self.server())
        self.outdial.wait_until(lambda: {row["number"] for row in self.outdial.attempts("renewals")} >= OPEN.keys(), "the first calls", 15)
        self.outdial.wait_until(lambda: {row["number"] for row in self.outdial.attempts("renewals")} >= OPENS_NEXT.keys(),
                                "the calls to Chicago", 40)
        time.sleep(2)
        claimed = {row["number"]: row["claimed_at"] for row in self.outdial.attempts("renewals")}
        self.assertEqual(claimed.keys(), OPEN.keys() | OPENS_NEXT.keys())
        for number in OPEN:
            self.assertLess(claimed[number], CHICAGO_OPENS)
        for number in OPENS_NEXT:
            self.assertGreaterEqual(claimed[number], CHICAGO_OPENS)
            self.assertLess(seconds(claimed[number]) - seconds(CHICAGO_OPENS), 3)
        status = self.outdial.run("status", "renewals")
        self.assertIn("outside the calling hours", status)
        self.assertIn("2027-06-16 15:00:00 UTC", status)  # Denver
        why = self.outdial.run("why", "renewals")
        self.assertRegex(why, r"waiting +outside hours +5 +2027-06-16 15:00:00 UTC")
        self.assertRegex(why, r"waiting +unknown time zone +1")
        self.assertRegex(why, r"done +do not call +1")
        explained = self.outdial.run("explain", "+14155550017")
        self.assertIn("may be called from 2027-06-16 16:00:00 UTC", explained)
        self.assertRegex(explained, r"no +calling hours +America/Los_Angeles in US-CA: opens 2027-06-16 16:00:00 UTC")
        self.assertRegex(explained, r"yes +do not call +on none of the lists")
        self.assertRegex(self.outdial.run("explain", "+12125550217"), r"no +contact +done in this campaign: do_not_call")
        self.assertRegex(self.outdial.run("explain", "+18005550017"), r"no +calling hours +nobody knows what time it is there")
        self.assertIn("Nobody with this number", self.outdial.run("explain", "+12125559999"))
        windows = {row["regions"]: row for row in self.outdial.query("select * from calling_window where campaign = 'renewals'")}
        self.assertEqual(windows["US-CA"]["opens_at"], "2027-06-16 16:00:00.000")
        self.assertEqual(windows["US-NY"]["closes_at"], "2027-06-17 00:00:00.000")
        self.assertEqual(windows[""]["hours"], "unknown_zone")
        self.assertEqual(self.numbers_called(len(OPEN) + len(OPENS_NEXT)), sorted([*OPEN, *OPENS_NEXT]))


class OnTheSandbox(CallingHours, unittest.TestCase):
    dial_string, context = "PJSIP/{digits}@carrier-a", "outdial"

    def setUp(self):
        self.outdial = Outdial()
        self.addCleanup(self.outdial.__exit__)
        self.sandbox = Sandbox()
        self.sandbox.start()
        self.addCleanup(self.sandbox.__exit__)

    def server(self):
        return self.sandbox.server()

    def numbers_called(self, _count):
        self.sandbox.stop()
        return sorted("+" + call["number"] for call in self.sandbox.calls())


class Asterisk22(CallingHours, unittest.TestCase):
    dial_string, context = "PJSIP/{digits}@carrier-a", "brief"

    def setUp(self):
        self.network = Network("22")
        self.addCleanup(self.network.stop)
        try:
            self.network.start()
        except Unavailable as reason:
            self.skipTest(str(reason))
        self.outdial = Outdial()
        self.addCleanup(self.outdial.__exit__)

    def server(self):
        accounts = self.network.accounts
        return {"host": "127.0.0.1", "port": self.network.ports.ami, "username": accounts.username, "secret": accounts.secret,
                "originates_per_second": 200, "channels": 300}

    def numbers_called(self, count):
        return sorted("+" + call.number.lstrip("+") for call in self.network.wait_for_calls(count))


class RulePacks(OnTheSandbox):
    """On a Sunday, just before it is noon in Texas: Alabama and Louisiana forbid the day, Texas the morning, Florida and the federal
    rules neither."""

    test_only_people_whose_hours_it_is_are_called_and_the_others_when_they_open = None

    def test_each_state_has_its_own_sunday(self):
        florida, houston, birmingham, new_orleans = "+13055550017", "+17135550017", "+12055550017", "+15045550017"
        moved = "+13055550117"  # a number of Florida, a person in Alabama
        self.outdial.configure(
            servers={"pbx1": self.server()},
            trunks={"carrier-a": {"servers": ["pbx1"], "dial": self.dial_string, "channels": 100, "originates_per_second": 100,
                                  "caller_ids": [CALLER_ID]}},
            campaigns={"renewals": {"list": "customers", "trunks": ["carrier-a"], "ring_timeout": "30s",
                                    "compliance": ["us-tcpa-tsr", "us-states"],
                                    "do_not_call": [{"list": "us-national", "max_age": "31d"}],
                                    "on_answer": {"context": self.context, "exten": "{digits}", "priority": 1},
                                    "pacing": {"mode": "rate", "originates_per_second": 20, "channels": 50},
                                    "retry": {"max_attempts": 1}}})
        register = self.outdial.folder / "register.csv"
        register.write_text("+12125559917\n")
        self.outdial.start(utc="2027-06-20 16:59:45")
        self.outdial.run("dnc", "import", "us-national", register, "--copied", "2027-06-10")
        self.outdial.import_list("customers", [{"phone": number, "state": "AL" if number == moved else ""}
                                               for number in (birmingham, new_orleans, houston, moved, florida)])
        self.outdial.run("campaign", "start", "renewals")
        self.outdial.wait_until(lambda: {row["number"] for row in self.outdial.attempts("renewals")} == {florida, houston},
                                "the calls to Florida and Texas", 40)
        time.sleep(1)
        claimed = {row["number"]: row["claimed_at"] for row in self.outdial.attempts("renewals")}
        self.assertLess(claimed[florida], "2027-06-20 17:00:00")
        self.assertGreaterEqual(claimed[houston], "2027-06-20 17:00:00")
        # Alabama's Monday begins at eight, at 13:00 by UTC.
        self.assertRegex(self.outdial.run("explain", birmingham), r"may be called from 2027-06-21 13:00:00 UTC")
        self.assertEqual(self.numbers_called(2), sorted([florida, houston]))


if __name__ == "__main__":
    unittest.main()
