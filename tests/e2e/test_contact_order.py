#!/usr/bin/python3
"""In which order a campaign calls, and whom it leaves out. One call at a time, so the sandbox's and the carrier's own records show the
order."""

import json
import unittest

from outdial import Outdial
from sandbox import Sandbox
from telephony import Network, Unavailable

CALLER_ID = "+18005550199"
BUSY = "17"
WHERE = "attributes.balance > 100 and state in ('TX', 'FL') and not (do_not_disturb is not null)"

# Who, and what the list says of them, in the list's order.
PEOPLE = {"ann": {"priority": "1", "balance": "500", "state": "TX"},
          "bob": {"priority": "", "balance": "100.01", "state": "FL"},
          "cid": {"priority": "9", "balance": "100", "state": "TX"},  # owes too little
          "dot": {"priority": "5", "balance": "2500", "state": "FL"},
          "eve": {"priority": "9", "balance": "900", "state": "CA"},  # elsewhere
          "fay": {"priority": "10", "balance": "101", "state": "TX"},
          "gus": {"priority": "5", "balance": "300", "state": "TX", "do_not_disturb": "yes"},
          "hal": {"priority": "5", "balance": "120", "state": "TX"},
          "ida": {"priority": "1", "balance": "3000", "state": "TX"}}
BY_PRIORITY = ["fay", "dot", "hal", "ann", "ida", "bob"]
LEFT_OUT = 3


def number(index):
    return f"+1212555{index:02d}{BUSY}"


NUMBERS = {name: number(index) for index, name in enumerate([*PEOPLE, "jim", "kay", "lea"])}


class ContactOrder:
    def campaign(self, **keys):
        return {"list": "customers", "trunks": ["carrier-a"], "ring_timeout": "5s", "retry": {"max_attempts": 1},
                "on_answer": {"context": self.context, "exten": "{digits}", "priority": 1},
                "pacing": {"mode": "rate", "originates_per_second": 10, "channels": 1}, **keys}

    def configure(self, server, **keys):
        self.outdial.configure(
            servers={"pbx1": server},
            trunks={"carrier-a": {"servers": ["pbx1"], "dial": self.dial_string, "channels": 1, "originates_per_second": 10,
                                  "caller_ids": [CALLER_ID]}},
            campaigns={"renewals": self.campaign(**keys)})

    def import_people(self, people):
        columns = ("priority", "balance", "state", "do_not_disturb")
        self.outdial.import_list("customers", [
            {"phone": NUMBERS[name], "external_id": name, **{column: what.get(column, "") for column in columns}}
            for name, what in people.items()])

    def test_the_highest_priority_is_called_first_and_who_is_filtered_never(self):
        server = self.server()
        self.configure(server, priority="attributes.priority", where=WHERE)
        self.outdial.start()
        self.import_people(PEOPLE)
        self.assertRegex(self.outdial.run("explain", NUMBERS["cid"]), r"no +filter +does not match: attributes.balance > 100")
        explained = self.outdial.run("explain", NUMBERS["dot"])
        self.assertRegex(explained, r"yes +filter +matches: attributes.balance > 100")
        self.assertRegex(explained, r"yes +order +highest attributes.priority first, then oldest first; its priority is 5")
        self.outdial.run("campaign", "start", "renewals")
        self.wait_for_finished(len(BY_PRIORITY))
        self.assertRegex(self.outdial.run("why", "renewals"), rf"done +filtered +{LEFT_OUT}")
        states = {row["external_id"]: row["reason"] for row in self.outdial.query("select external_id, reason from contact_status")}
        self.assertEqual({name for name, reason in states.items() if reason == "filtered"}, set(PEOPLE) - set(BY_PRIORITY))
        # The file says otherwise by now, and there are new people; one who was left out matches.
        self.configure(server, order={"by": "attributes.balance", "direction": "descending"}, where="balance >= 100")
        self.import_people({"jim": {"balance": "99"}, "kay": {"balance": "4000"}, "lea": {"balance": "100"}})
        self.outdial.run("reload")
        self.outdial.run("campaign", "start", "renewals")
        later = ["kay", "eve", "gus", "cid", "lea"]
        self.wait_for_finished(len(BY_PRIORITY + later))
        self.assertEqual(self.called(len(BY_PRIORITY + later)), [NUMBERS[name] for name in BY_PRIORITY + later])

    def wait_for_finished(self, calls):
        self.outdial.wait_until(
            lambda: json.loads(self.outdial.run("status", "--json"))["campaigns"][0]["state"] == "finished"
            and len(self.outdial.attempts("renewals")) >= calls, "the campaign's end", 60)


class OnTheSandbox(ContactOrder, unittest.TestCase):
    dial_string, context = "PJSIP/{digits}@carrier-a", "outdial"

    def setUp(self):
        self.outdial = Outdial()
        self.addCleanup(self.outdial.__exit__)
        self.sandbox = Sandbox()
        self.sandbox.start()
        self.addCleanup(self.sandbox.__exit__)

    def server(self):
        return self.sandbox.server()

    def called(self, _count):
        self.sandbox.stop()
        return ["+" + call["number"] for call in self.sandbox.calls()]


class Asterisk22(ContactOrder, unittest.TestCase):
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

    def called(self, count):
        return ["+" + call.number.lstrip("+") for call in self.network.wait_for_calls(count)]


if __name__ == "__main__":
    unittest.main()
