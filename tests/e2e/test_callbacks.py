#!/usr/bin/python3
"""Callbacks: as an operator orders them, and as people choose a time in a call. The sandbox's own record says who was
called, and when."""

import json
import time
import unittest

from outdial import FAILED, USAGE, Outdial
from sandbox import Sandbox
from test_sandbox import configure

BUSY, ANSWERS, CALLS_BACK = "17", "81", "83"
# 20 s, as the sandbox's people say it.
CHOSEN_S = 20


def number(index, fate):
    return f"+1212555{index:02d}{fate}"


class Callbacks(unittest.TestCase):
    def setUp(self):
        self.outdial = Outdial()
        self.addCleanup(self.outdial.__exit__)
        self.sandbox = Sandbox()
        self.sandbox.start()
        self.addCleanup(self.sandbox.__exit__)

    def start(self, numbers, **options):
        configure(self.outdial, self.sandbox.server(), **{"retry": {"max_attempts": 1}, **options})
        self.outdial.start()
        self.outdial.import_list("customers", [{"phone": each} for each in numbers])

    def callbacks(self, columns="number, state"):
        return [tuple(row.values()) for row in
                self.outdial.query(f"select {columns} from callback_status order by made_at, contact_id")]

    def claimed(self):
        return [row["number"] for row in self.outdial.query("select number from attempt_log order by attempt_id")]

    def test_who_chooses_a_time_in_the_call_is_called_then_even_after_a_crash(self):
        self.start([number(0, CALLS_BACK)])
        self.outdial.run("campaign", "start", "renewals")
        self.outdial.wait_until(lambda: self.outdial.query("select 1 from callback where ended_at is null"), "the callback")
        self.outdial.kill()
        self.outdial.start()
        shown = self.outdial.run("explain", number(0, CALLS_BACK))
        self.assertIn("wants to be called at", shown)
        self.assertIn("1 of 1 used, and the callback is one more", shown)
        self.outdial.wait_until(lambda: len(self.claimed()) == 2, "the second call", 3 * CHOSEN_S)
        asked, kept = self.outdial.query("select attempt_id, claimed_at as at from attempt order by attempt_id")
        first = self.outdial.query("select * from callback order by callback_id")[0]
        self.assertEqual((first["asked_in"], first["attempt_id"]), (asked["attempt_id"], kept["attempt_id"]))
        self.assertGreaterEqual(kept["at"], first["at"])
        self.assertGreaterEqual(kept["at"] - asked["at"], CHOSEN_S * 1000)
        self.outdial.run("campaign", "stop", "renewals")

    def test_an_operators_callback_comes_before_people_not_called_yet_with_its_agent(self):
        people = [number(index, BUSY) for index in range(3)] + [number(3, ANSWERS)]
        self.start(people, rate=2, channels=1)
        told = self.outdial.run("callback", "add", "renewals", number(3, ANSWERS), "--at", "+1s", "--agent", "alice")
        self.assertIn(f"{number(3, ANSWERS)} is called back at", told)
        self.assertIn("But the campaign is draft", told)
        self.assertEqual(self.callbacks("number, agent, state"), [(number(3, ANSWERS), "alice", "waiting")])
        time.sleep(1.2)
        self.assertEqual(self.callbacks("state"), [("campaign_draft",)])
        self.outdial.run("campaign", "start", "renewals")
        self.outdial.wait_until_finished("renewals")
        self.assertEqual(self.claimed(), [people[3], *people[:3]])
        self.assertEqual(self.callbacks(), [(number(3, ANSWERS), "called")])
        self.assertIn("Nobody waits", self.outdial.run("callback", "list"))
        self.assertIn("alice", self.outdial.run("callback", "list", "renewals", "--all"))
        self.sandbox.stop()
        self.assertEqual(["+" + call["number"] for call in self.sandbox.calls()], [people[3], *people[:3]])

    def test_a_canceled_callback_is_not_made(self):
        self.start([number(0, BUSY)])
        self.outdial.run("campaign", "start", "renewals")
        self.outdial.wait_until_finished("renewals")
        self.outdial.run("campaign", "start", "renewals")
        self.outdial.run("callback", "add", "renewals", number(0, BUSY), "--at", "+1s")
        self.outdial.run("callback", "cancel", "renewals", number(0, BUSY))
        self.outdial.wait_until_finished("renewals")
        time.sleep(1.5)
        self.assertEqual(len(self.claimed()), 1)
        self.assertEqual(self.callbacks("state"), [("canceled",)])
        told = self.outdial.run("callback", "cancel", "renewals", number(0, BUSY), expect=FAILED)
        self.assertIn("waits for no callback in campaign 'renewals'", told)

    def test_what_is_wrong_is_refused_and_says_what_to_do(self):
        self.start([number(0, BUSY)])

        def refused(*arguments, expect=FAILED):
            return self.outdial.run("callback", "add", *arguments, expect=expect)

        self.assertIn("write it as 2026-11-24T15:00", refused("renewals", number(0, BUSY), "--at", "tomorrow"))
        self.assertIn("is past", refused("renewals", number(0, BUSY), "--at", "2020-01-01T10:00"))
        self.assertIn("no time zone", refused("renewals", number(0, BUSY), "--at", "2026-12-24T10:00", "--zone", "Berlin"))
        self.assertIn("days off", refused("renewals", number(0, BUSY), "--at", "2036-12-24T10:00Z"))
        self.assertIn("nobody with this number", refused("renewals", number(9, BUSY), "--at", "+1h"))
        self.assertIn("no campaign 'autumn' is loaded", refused("autumn", number(0, BUSY), "--at", "+1h"))
        self.assertIn("an agent's name", refused("renewals", number(0, BUSY), "--at", "+1h", "--agent", "a,b"))
        self.assertIn("500 bytes", refused("renewals", number(0, BUSY), "--at", "+1h", "--note", "x" * 501))
        refused("renewals", number(0, BUSY), expect=USAGE)
        refused("renewals", "--at", "+1h", expect=USAGE)
        self.assertEqual(self.outdial.query("select * from callback"), [])
        answer = json.loads(self.outdial.run("callback", "add", "renewals", number(0, BUSY), "--at", "+1h", "--json"))
        self.assertEqual((answer["number"], answer["replaced"]), (number(0, BUSY), False))
        self.assertTrue(json.loads(self.outdial.run("callback", "add", "renewals", number(0, BUSY), "--at", "+2h",
                                                    "--json"))["replaced"])
        self.assertNotIn(number(0, BUSY), self.outdial.log.read_text())


if __name__ == "__main__":
    unittest.main()
