#!/usr/bin/python3
"""How often people are called, whatever campaigns, lists, retries and crashes there are; and rule packs, as the program shows
them. The sandbox's own record says who was called."""

import json
import unittest
from collections import Counter
from pathlib import Path

from outdial import CONFIGURATION, Outdial
from sandbox import Sandbox
from test_sandbox import configure

PACKS = Path(__file__).resolve().parents[2] / "config/compliance"
BUSY = "17"
PEOPLE = 12


def number(index):
    return f"+1212555{index:02d}{BUSY}"


class ContactLimits(unittest.TestCase):
    def setUp(self):
        self.outdial = Outdial()
        self.addCleanup(self.outdial.__exit__)
        self.sandbox = Sandbox()
        self.sandbox.start()
        self.addCleanup(self.sandbox.__exit__)
        configure(self.outdial, self.sandbox.server(),
                  retry={"max_attempts": 6, "busy": {"after": "1s", "times": 5}, "technical": {"after": "1s", "times": 5},
                         "lost": {"after": "1s"}})

    def change(self, name, **keys):
        file = self.outdial.folder / "campaigns.d" / f"{name}.yaml"
        source = file if file.exists() else file.with_name("renewals.yaml")
        file.write_text(json.dumps({**json.loads(source.read_text()), "name": name, **keys}))

    def reasons(self, campaign):
        return Counter(row["reason"] for row in self.outdial.query(
            "select reason from contact_status where campaign = ?", campaign))

    def run_two_campaigns(self, limit, contact):
        """Over a kill in the middle of it, until everybody waits."""
        self.change("renewals", limits=[limit])
        self.change("reminders", list="patients", limits=[limit])
        for name in ("customers", "patients"):
            self.outdial.import_list(name, [contact(name, index) for index in range(PEOPLE)])
        self.outdial.start()
        for name in ("renewals", "reminders"):
            self.outdial.run("campaign", "start", name)
        self.outdial.wait_until(lambda: len(self.outdial.query("select 1 from attempt_log")) > 4, "calls")
        self.outdial.kill()
        self.outdial.start()
        everybody = Counter({next(iter(limit_names(limit))): PEOPLE})
        self.outdial.wait_until(
            lambda: self.reasons("renewals") == everybody and self.reasons("reminders") == everybody,
            "everybody at the limit", timeout_s=90)
        self.sandbox.stop()
        return Counter("+" + call["number"] for call in self.sandbox.calls())

    def test_campaigns_do_not_add_up_on_a_number(self):
        limit = {"attempts": {"most": 2, "within": "24h", "per": "number"}}
        called = self.run_two_campaigns(limit, lambda _, index: {"phone": number(index)})
        self.assertEqual(set(called), {number(index) for index in range(PEOPLE)})
        self.assertLessEqual(max(called.values()), 2)

    def test_an_account_has_one_budget_over_all_its_contacts(self):
        limit = {"attempts": {"most": 3, "within": "24h", "per": "account"}}
        lists = {"customers": 0, "patients": 50}
        called = self.run_two_campaigns(
            limit, lambda name, index: {"phone": number(lists[name] + index), "account": f"A-{index}"})
        accounts = Counter()
        for each, calls in called.items():
            accounts[int(each[8:10]) % 50] += calls
        self.assertLessEqual(max(accounts.values()), 3)
        self.assertEqual(len(accounts), PEOPLE)


def limit_names(limit):
    for rule in limit.values():
        yield f"limit:{rule['most']}-in-{rule['within']}-per-{rule['per']}"


class RulePacks(unittest.TestCase):
    def setUp(self):
        self.outdial = Outdial()
        self.addCleanup(self.outdial.__exit__)
        configure(self.outdial, {"host": "127.0.0.1", "port": 5038, "username": "outdial", "secret": "x",
                                 "originates_per_second": 100, "channels": 100})
        self.file = self.outdial.folder / "campaigns.d/renewals.yaml"
        self.main = self.outdial.folder / "outdial.yaml"
        self.main.write_text(json.dumps({**json.loads(self.main.read_text()), "compliance": str(PACKS)}))

    def campaign(self, **keys):
        self.file.write_text(json.dumps({**json.loads(self.file.read_text()), **keys}))

    def test_check_shows_packs_duties_and_overrides_and_refuses_what_they_do_not_permit(self):
        self.campaign(compliance=["us-tcpa-tsr"], ring_timeout="30s")
        self.assertIn("[{list: NAME, max_age: 31d}]", self.outdial.run("check", expect=CONFIGURATION))
        self.campaign(do_not_call=[{"list": "us-national", "max_age": "31d"}], ring_timeout="5s")
        self.assertIn("wants 15s at least", self.outdial.run("check", expect=CONFIGURATION))
        self.campaign(ring_timeout="30s",
                      override=[{"rule": "us-tcpa-tsr/records", "reason": "our client does", "by": "J. Doe"}])
        said = self.outdial.run("check")
        self.assertIn("us-tcpa-tsr of 2026-11-24", said)
        self.assertIn("help, not legal advice", said)
        self.assertIn("you must show a caller id", said)
        self.assertNotIn("keep the records", said)
        self.assertIn("switches the rule us-tcpa-tsr/records off for this campaign, by J. Doe: our client does", said)
        answer = json.loads(self.outdial.run("check", "--json"))
        self.assertEqual(answer["compliance"][0]["packs"][0]["pack"], "us-tcpa-tsr")
        self.assertEqual(answer["compliance"][0]["overrides"][0]["by"], "J. Doe")


if __name__ == "__main__":
    unittest.main()
