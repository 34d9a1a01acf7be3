#!/usr/bin/python3
"""Numbers that must not be called: as an operator puts them on a list, by hand or by file, and as people ask for it in a
call. The sandbox's own record says who was called."""

import datetime
import json
import time
import unittest

from outdial import FAILED, OK, USAGE, Outdial
from sandbox import Sandbox
from test_sandbox import configure

BUSY, RINGS, OPTS_OUT = "17", "19", "82"
# For an order to come into force in a busy daemon, a program's start included.
IN_FORCE_WITHIN_S = 5


def number(index, fate):
    return f"+1212555{index:02d}{fate}"


class DoNotCall(unittest.TestCase):
    def setUp(self):
        self.outdial = Outdial()
        self.addCleanup(self.outdial.__exit__)
        self.sandbox = Sandbox()
        self.sandbox.start()
        self.addCleanup(self.sandbox.__exit__)

    def configure(self, do_not_call=None, **options):
        configure(self.outdial, self.sandbox.server(), **options)
        if do_not_call:
            self.change_campaign("renewals", do_not_call=do_not_call)

    def change_campaign(self, name, **keys):
        file = self.outdial.folder / "campaigns.d" / f"{name}.yaml"
        source = file if file.exists() else file.with_name("renewals.yaml")
        file.write_text(json.dumps({**json.loads(source.read_text()), "name": name, **keys}))

    def import_numbers(self, name, numbers):
        self.outdial.import_list(name, [{"phone": each} for each in numbers])

    def dnc_file(self, content):
        path = self.outdial.folder / "register.csv"
        path.write_text(content)
        return path

    def called(self):
        self.sandbox.stop()
        return {"+" + call["number"] for call in self.sandbox.calls()}

    def reasons(self, campaign="renewals"):
        return {row["number"]: row["reason"] for row in
                self.outdial.query("select number, reason from contact_status where campaign = ?", campaign)}

    def test_numbers_on_the_campaigns_lists_are_not_called_and_those_of_other_lists_are(self):
        self.configure(do_not_call=["internal"])
        # Without a daemon, and then with one.
        self.outdial.run("dnc", "add", number(0, BUSY), "--reason", "letter of 3 May")
        self.outdial.start()
        self.assertIn("1 number added to", self.outdial.run("dnc", "add", "212-555-0117", "--region", "US", "--list", "internal"))
        self.outdial.run("dnc", "import", "other", self.dnc_file(f"{number(2, BUSY)}\n"))
        everybody = [number(index, BUSY) for index in range(4)]
        self.import_numbers("customers", everybody)
        self.outdial.run("campaign", "start", "renewals")
        self.outdial.wait_until_finished("renewals")
        forbidden = {number(0, BUSY), number(1, BUSY)}
        self.assertEqual({each for each, reason in self.reasons().items() if reason == "do_not_call"}, forbidden)
        self.assertEqual(self.called(), set(everybody) - forbidden)
        self.assertEqual(self.outdial.query("select number, list, source, reason from do_not_call where list = 'global'"),
                         [{"number": number(0, BUSY), "list": "global", "source": "operator", "reason": "letter of 3 May"}])

    def test_a_number_that_is_added_while_it_rings_is_hung_up(self):
        # Without a rule for no_answer a canceled call would be tried again after a day.
        self.configure(retry={"max_attempts": 5})
        self.change_campaign("renewals", ring_timeout="60s")
        self.outdial.start()
        self.import_numbers("customers", [number(0, RINGS)])
        self.outdial.run("campaign", "start", "renewals")
        self.outdial.wait_until(lambda: self.outdial.query("select 1 from attempt_log where state = 'ringing'"), "a ringing call")
        ordered_at = time.monotonic()
        self.outdial.run("dnc", "add", number(0, RINGS))
        self.outdial.wait_until(lambda: self.outdial.query("select 1 from attempt_log where disposition = 'canceled'"),
                                "its end", IN_FORCE_WITHIN_S)
        self.assertLess(time.monotonic() - ordered_at, IN_FORCE_WITHIN_S)
        self.outdial.wait_until_finished("renewals")
        self.assertEqual(len(self.outdial.attempts("renewals")), 1)
        self.assertEqual(set(self.reasons().values()), {"do_not_call"})

    def test_who_asks_in_a_call_is_called_by_no_campaign_on_any_number_even_after_a_crash(self):
        self.configure()
        self.change_campaign("second", list="others")
        self.outdial.start()
        self.outdial.import_list("customers", [{"phone": number(0, OPTS_OUT), "phone2": number(1, BUSY)}])
        self.import_numbers("others", [number(1, BUSY), number(0, OPTS_OUT), number(2, BUSY)])
        self.outdial.run("campaign", "start", "renewals")
        self.outdial.wait_until(lambda: self.outdial.query("select 1 from do_not_call"), "the entry")
        self.outdial.kill()
        self.assertEqual({row["number"] for row in self.outdial.query("select number from do_not_call where source = 'caller'")},
                         {number(0, OPTS_OUT), number(1, BUSY)})
        self.outdial.start()
        self.outdial.run("campaign", "start", "second")
        self.outdial.wait_until_finished("second")
        self.assertEqual({row["number"] for row in self.outdial.attempts("second")}, {number(2, BUSY)})
        self.assertEqual(self.called(), {number(0, OPTS_OUT), number(2, BUSY)})

    def test_a_list_that_is_missing_undated_or_old_stops_its_campaigns_and_says_so(self):
        self.configure(do_not_call=[{"list": "us-national", "max_age": "31d"}])
        self.outdial.start()
        self.import_numbers("customers", [number(0, BUSY), number(1, BUSY)])
        self.outdial.run("campaign", "start", "renewals")
        register = self.dnc_file(f"212,555{0:02d}{BUSY}\n")
        today = datetime.datetime.now(datetime.timezone.utc).date()

        def is_told(text):
            self.outdial.wait_until(lambda: text in self.outdial.run("status", "renewals"), text, IN_FORCE_WITHIN_S)

        is_told("'us-national' is not in the database")
        self.outdial.run("dnc", "import", "us-national", register, "--region", "US")
        is_told("nobody knows how old")
        old = today - datetime.timedelta(days=33)
        self.outdial.run("dnc", "import", "us-national", register, "--region", "US", "--copied", old.isoformat())
        is_told(f"is a copy of {old}, and may be 31 days old")
        self.assertEqual(self.outdial.attempts("renewals"), [])
        self.outdial.run("dnc", "import", "us-national", register, "--region", "US", "--copied", today.isoformat())
        self.outdial.wait_until_finished("renewals")
        self.assertEqual(self.called(), {number(1, BUSY)})

    def test_a_file_with_lines_that_cannot_be_read_is_no_dated_copy_and_ends_with_failure(self):
        self.configure()
        self.outdial.start()
        register = self.dnc_file(f"phone\n{number(0, BUSY)}\nnobody\n{number(1, BUSY)}\n")
        self.outdial.run("dnc", "import", "us-national", register, "--copied", "2026-01-01", expect=FAILED)
        lists = {entry["list"]: entry for entry in json.loads(self.outdial.run("dnc", "list", "--json"))["lists"]}
        self.assertEqual((lists["us-national"]["numbers"], lists["us-national"]["copied_at"]), (2, None))
        self.assertIn("us-national", self.outdial.run("dnc", "list"))

    def test_what_is_wrong_is_refused_whole_and_taking_off_a_list_asks_first(self):
        self.configure()
        self.outdial.start()
        self.outdial.run("dnc", "add", number(0, BUSY), "12", expect=USAGE)
        self.outdial.run("dnc", "add", number(0, BUSY), "--until", "2020-01-01", expect=USAGE)
        self.outdial.run("dnc", "add", number(0, BUSY), "--list", "no/name", expect=FAILED)
        self.assertEqual(self.outdial.query("select * from do_not_call"), [])
        self.outdial.run("dnc", "add", number(0, BUSY), "--until", "2099-01-01")
        self.outdial.run("dnc", "remove", number(0, BUSY), expect=USAGE)  # nobody to ask
        self.outdial.run("dnc", "remove", number(0, BUSY), "--list", "nowhere", "--yes", expect=FAILED)
        self.assertEqual(len(self.outdial.query("select * from do_not_call")), 1)
        self.outdial.run("dnc", "remove", number(0, BUSY), "--yes", expect=OK)
        self.assertEqual(self.outdial.query("select * from do_not_call"), [])
        self.assertNotIn(number(0, BUSY), self.outdial.log.read_text())


if __name__ == "__main__":
    unittest.main()
