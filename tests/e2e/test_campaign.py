#!/usr/bin/python3
"""The main job on real Asterisk: a call list is dialed, every outcome is named and retried by its rule, and the carrier's
own records agree with attempt_log call by call."""

import unittest
from collections import defaultdict

import fates
from expectation import expected_attempts
from outdial import Outdial, seconds
from telephony import Network, Unavailable

RETRY = {
    "max_attempts": 4,
    "busy": {"after": "1s", "times": 3},
    "no_answer": {"after": "1s", "times": 2},
    "technical": {"after": "1s", "times": 3},
    "lost": {"after": "1d"},
}
# Fates of length or outcome left to chance, or that need another dialplan than the one below.
LEFT_OUT = {"05", "06", "07", "09"}
# Rings longer than any fate that is answered, 03 with its 4 s left aside: that one is then a no_answer that rang.
RING_TIMEOUT = "3s"
CALLER_ID = "+18005550199"
# How far apart the carrier and we may see one call: from the Originate's bytes to the INVITE's arrival.
CLOCK_TOLERANCE_S = 1.0


def number(group, code):
    return f"1212555{group:02d}{code}"


def contacts_of_every_fate():
    contacts = [{"external_id": f"fate-{code}", "phone": number(1, code)} for code in fates.FATES
                if code not in LEFT_OUT]
    contacts += [{"external_id": f"sequence-{code}", "phone": number(1, code)} for code in fates.SEQUENCES]
    contacts += [
        {"external_id": "second-number-after-invalid", "phone": number(2, "11"), "phone2": number(2, "01")},
        {"external_id": "second-number-after-no-answer", "phone": number(3, "19"), "phone2": number(3, "01")},
        {"external_id": "same-number-after-busy", "phone": number(4, "70"), "phone2": number(4, "01")},
        {"external_id": "no-number-valid", "phone": number(5, "11"), "phone2": number(5, "22")},
    ]
    return contacts


def numbers_of(contact):
    return [contact[key] for key in ("phone", "phone2") if contact.get(key)]


class EveryVersion:
    version = ""

    @classmethod
    def setUpClass(cls):
        cls.network = Network(cls.version)
        cls.outdial = Outdial()
        try:
            cls.network.start()
            cls.dial_everything()
        except Unavailable as reason:
            cls.tearDownClass()
            raise unittest.SkipTest(str(reason)) from None
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def dial_everything(cls):
        """One campaign over a list with every fate, run to its end; the tests look at what came of it."""
        cls.contacts = contacts_of_every_fate()
        cls.outdial.configure(
            servers={"pbx1": {"host": "127.0.0.1", "port": cls.network.ports.ami, "originates_per_second": 100,
                              "channels": 100, "username": cls.network.accounts.username,
                              "secret": cls.network.accounts.secret}},
            trunks={"carrier-a": {"servers": ["pbx1"], "dial": "PJSIP/{digits}@carrier-a", "channels": 100,
                                  "originates_per_second": 50, "caller_ids": [CALLER_ID]}},
            campaigns={"renewals": {
                "list": "customers", "trunks": ["carrier-a"], "caller_id": {"name": "Renewals", "number": CALLER_ID},
                "ring_timeout": RING_TIMEOUT, "on_answer": {"context": "brief", "exten": "{digits}", "priority": 1},
                "pacing": {"mode": "rate", "originates_per_second": 20, "channels": 60}, "retry": RETRY}})
        cls.outdial.start()
        cls.outdial.import_list("customers", cls.contacts)
        cls.outdial.run("campaign", "start", "renewals")
        cls.outdial.wait_until_finished("renewals")
        cls.attempts = cls.outdial.attempts("renewals")
        cls.calls = cls.network.wait_for_calls(len(cls.attempts))

    @classmethod
    def tearDownClass(cls):
        cls.outdial.__exit__()
        cls.network.stop()

    def expected(self, contact):
        attempts = expected_attempts(numbers_of(contact), fates.disposition_on(self.version), RETRY)
        # 03 rings for 4 s, longer than we wait.
        return attempts if contact["external_id"] != "fate-03" else [(contact["phone"], "no_answer")] * (1 + RETRY["no_answer"]["times"])

    def test_each_contact_gets_the_attempts_its_rules_give_it_with_the_right_dispositions(self):
        made = defaultdict(list)
        for attempt in self.attempts:
            made[attempt["external_id"]].append((attempt["number"].lstrip("+"), attempt["disposition"]))
        for contact in self.contacts:
            with self.subTest(contact=contact["external_id"]):
                self.assertEqual(made[contact["external_id"]], self.expected(contact))
        self.assertEqual(set(made), {contact["external_id"] for contact in self.contacts})

    def test_the_carriers_records_and_attempt_log_agree_call_by_call(self):
        ours, theirs = defaultdict(list), defaultdict(list)
        for attempt in self.attempts:
            ours[attempt["number"].lstrip("+")].append(attempt)
        for call in self.calls:
            theirs[call.number].append(call)
        self.assertEqual({key: len(value) for key, value in theirs.items()},
                         {key: len(value) for key, value in ours.items()})
        for dialed, attempts in ours.items():
            for attempt, call in zip(attempts, theirs[dialed]):
                with self.subTest(number=dialed, attempt=attempt["attempt_id"]):
                    self.assertEqual(attempt["answered_at"] is not None, call.answered)
                    self.assertEqual(attempt["trunk"], call.trunk)
                    self.assertEqual(attempt["caller_id"].lstrip("+"), call.caller_id.lstrip("+"))
                    self.assertAlmostEqual(seconds(attempt["originated_at"]), call.start, delta=CLOCK_TOLERANCE_S)
                    self.assertAlmostEqual(seconds(attempt["ended_at"]), call.end, delta=CLOCK_TOLERANCE_S)

    def test_a_retry_waits_as_long_as_its_rule_says(self):
        by_contact = defaultdict(list)
        for attempt in self.attempts:
            by_contact[attempt["external_id"]].append(attempt)
        for contact, attempts in by_contact.items():
            for earlier, later in zip(attempts, attempts[1:]):
                with self.subTest(contact=contact):
                    pause = seconds(later["originated_at"]) - seconds(earlier["ended_at"])
                    after = 0.0 if earlier["disposition"] == "invalid_number" else 1.0
                    self.assertGreaterEqual(pause, after)
                    self.assertLess(pause, after + 3.0)

    def test_the_totals_balance_and_everybody_is_done(self):
        progress = self.outdial.progress("renewals")
        self.assertEqual(progress["contacts"], len(self.contacts))
        self.assertEqual(progress["done"], len(self.contacts))
        self.assertEqual((progress["ready"], progress["waiting"], progress["in_call"]), (0, 0, 0))
        self.assertEqual(progress["attempts"], len(self.attempts))
        summary = self.outdial.query("select sum(attempts) as attempts from disposition_summary")
        self.assertEqual(summary[0]["attempts"], len(self.attempts))

    def test_nothing_was_dialed_twice_at_once(self):
        for dialed in {call.number for call in self.calls}:
            calls = [call for call in self.calls if call.number == dialed]
            for earlier, later in zip(calls, calls[1:]):
                self.assertLessEqual(earlier.end, later.start)

    def test_every_answered_attempt_tells_how_long_was_talked(self):
        answered = [attempt for attempt in self.attempts if attempt["disposition"] == "answered"]
        self.assertTrue(answered)
        for attempt in answered:
            with self.subTest(number=attempt["number"]):
                # The dialplan of these calls hangs up after a second; a far end may do so earlier.
                self.assertTrue(500 <= attempt["talk_ms"] <= 2500, attempt["talk_ms"])


class Asterisk22(EveryVersion, unittest.TestCase):
    version = "22"


class Asterisk16(EveryVersion, unittest.TestCase):
    version = "16"


if __name__ == "__main__":
    unittest.main()
